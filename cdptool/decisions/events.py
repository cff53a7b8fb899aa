"""
What happened to people, as decisions read it: consent given or taken, sends made, sends planned.

The ledger and the log are kept by identifier (an address that asked to be left alone stays so, whoever turns
out to own it). Here they meet the profiles: `events_by_profile` gives every event to *every* profile that
holds one of its identifiers, so that a shared family phone carries its denial to the whole family. What the
events mean is decided in `consent`, `standing` and `caps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import polars as pl

from cdptool.decisions.spec import Plan
from cdptool.kernels import Kernel
from cdptool.tables import DECISIONS, IDENTIFIERS, UTC_TIME, require

Tag = Literal["consent", "sent", "planned"]

ALL: Final = "all"  # a channel or purpose that stands for every channel or purpose; so does an empty one

LEDGER: Final[dict[str, pl.DataType]] = {
    "event_id": pl.Int64(),
    "at": UTC_TIME,
    "field": pl.String(),  # kind of identifier: email, phone, customer_id, …
    "value": pl.String(),  # canonical
    "channel": pl.String(),
    "purpose": pl.String(),
    "state": pl.String(),  # granted, denied or withdrawn
}
LOG: Final[dict[str, pl.DataType]] = {
    "event_id": pl.Int64(),
    "at": UTC_TIME,
    "field": pl.String(),
    "value": pl.String(),
    "channel": pl.String(),
    "campaign": pl.String(),
    "kind": pl.String(),  # as it was when the message was sent
    "status": pl.String(),
    "dispatch_id": pl.String(),
    # … then one Boolean `cap:<id>` for each cap with a condition
}
PLANNED: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "at": UTC_TIME,
    "channel": pl.String(),
    "campaign": pl.String(),
    "kind": pl.String(),
    "status": pl.String(),
    "dispatch_id": pl.String(),
    # … then one Boolean `cap:<id>` for each cap with a condition
}
EVENTS: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "tag": pl.String(),
    **LEDGER,
    **{name: dtype for name, dtype in LOG.items() if name not in LEDGER},
    # … then one Boolean `cap:<id>` for each cap with a condition
}


def by_identifier(fields: Sequence[str]) -> Kernel:
    """
    A kernel by `record_id` over stream rows and records: who a row is about, in the words of its record.

    Args:
        fields: The key fields (String) of the records.

    Returns:
        A kernel of (rows, records) that gives the columns of the rows without `record_id`, then `field`, `value`
        (String): one row per row and identifier its record holds. A row whose record holds none says nothing about
        anybody and is left out. All versions of an event stay: of two that differ the stricter decides.
    """

    def kernel(rows: pl.LazyFrame, records: pl.LazyFrame) -> pl.LazyFrame:
        held = (
            records.select("record_id", *fields)
            .unpivot(on=list(fields), index="record_id", variable_name="field", value_name="value")
            .filter(pl.col("value").is_not_null())
            .select("record_id", "field", pl.col("value").cast(pl.String))
            .unique()
        )
        return rows.join(held, on="record_id").drop("record_id")

    return kernel


def events_by_profile(
    identifiers: pl.LazyFrame,
    *,
    ledger: pl.LazyFrame | None = None,
    log: pl.LazyFrame | None = None,
    planned: pl.LazyFrame | None = None,
    cap_columns: tuple[str, ...] = (),
) -> pl.LazyFrame:
    """
    The tagged long frame that every decision reads.

    Args:
        identifiers: IDENTIFIERS: who holds which value.
        ledger: LEDGER, one row per event and identifier.
        log: LOG, one row per event and identifier, with `cap_columns`.
        planned: PLANNED, with `cap_columns` (see `reservations`).
        cap_columns: The Boolean columns `cap:<id>` to keep.

    Returns:
        EVENTS and the cap columns; no order. Texts of channel, purpose, state and status are trimmed and in
        lower case; an empty channel or purpose is `all`. Events of identifiers nobody holds are left out. Lazy.

    Joins by (`field`, `value`), so it may run in buckets of these; `planned` has its profile already.
    """
    require(identifiers, IDENTIFIERS, "identifiers")
    caps = dict.fromkeys(cap_columns, pl.Boolean())
    parts = [_shaped(pl.LazyFrame(schema=EVENTS), "consent", caps)]
    if ledger is not None:
        require(ledger, LEDGER, "the consent ledger")
        parts.append(_shaped(_attached(ledger, identifiers), "consent", caps))
    if log is not None:
        require(log, {**LOG, **caps}, "the send log")
        parts.append(_shaped(_attached(log, identifiers), "sent", caps))
    if planned is not None:
        require(planned, {**PLANNED, **caps}, "the planned sends")
        parts.append(_shaped(planned, "planned", caps))
    return pl.concat(parts)


def reservations(decisions: pl.LazyFrame, plan: Plan, *, as_of: datetime) -> pl.LazyFrame:
    """
    The sends that earlier runs planned: they fill caps until the log reports them.

    Args:
        decisions: DECISIONS of all runs, under today's profile ids.
        plan: For the kind of each campaign; a campaign that is gone has none.
        as_of: Only runs of an earlier `as_of` count, so that a repeated run gives the same answer.

    Returns:
        PLANNED, one row per planned send. No order. Lazy. The caller adds the columns `cap:<id>`.
    """
    require(decisions, DECISIONS, "decisions")
    kinds = pl.LazyFrame(
        {"campaign": [c.name for c in plan.campaigns], "kind": [c.kind for c in plan.campaigns]},
        schema={"campaign": pl.String, "kind": pl.String},
    )
    return (
        decisions.filter((pl.col("as_of") < as_of) & (pl.col("decision") == "send"))
        .join(kinds, on="campaign", how="left")
        .select(
            "profile_id",
            pl.col("as_of").alias("at"),
            "channel",
            "campaign",
            "kind",
            pl.lit("planned").alias("status"),
            "dispatch_id",
        )
    )


def tagged(events: pl.LazyFrame, tag: Tag, *, as_of: datetime) -> pl.LazyFrame:
    """The events of one tag that had happened by `as_of`; those without a time stay in (and sort first)."""
    return events.filter((pl.col("tag") == tag) & (pl.col("at").is_null() | (pl.col("at") <= as_of)))


def folded(text: str) -> str:
    """A text of the plan as it is compared with events: trimmed, lower case."""
    return text.strip().lower()


def plain(column: str) -> pl.Expr:
    """A text as it is compared: trimmed, lower case, the empty one null."""
    text = pl.col(column).str.strip_chars().str.to_lowercase()
    return pl.when(text != "").then(text).alias(column)


def _attached(rows: pl.LazyFrame, identifiers: pl.LazyFrame) -> pl.LazyFrame:
    holders = identifiers.select("profile_id", "field", "value").unique()
    return rows.join(holders, on=["field", "value"], how="inner")


def _shaped(rows: pl.LazyFrame, tag: Tag, caps: dict[str, pl.Boolean]) -> pl.LazyFrame:
    """The rows in the shape of EVENTS, with the columns they lack as nulls."""
    wanted = {**EVENTS, **caps}
    present = rows.collect_schema().names()
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in wanted.items() if name not in present]
    scoped = [plain(name).fill_null(ALL) for name in ("channel", "purpose")]
    return (
        rows.with_columns(missing)
        .with_columns(pl.lit(tag).alias("tag"), *scoped, plain("state"), plain("status"), plain("kind"))
        .select(*wanted)
    )
