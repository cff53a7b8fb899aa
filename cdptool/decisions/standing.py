"""
Where a profile stands with us: what it consented to, and the lists it is on.

Complaints, unsubscribes and hard bounces come from the send log, by identifier like consent, the latest word
deciding:
- a complaint stands on every channel, and no later event lifts it;
- an unsubscribe of a channel (or of all) is lifted only by a *newer* grant for the same channel, and only for
  the purpose that grant names: re-subscribing to order news does not bring marketing back;
- a hard bounce belongs to the address it was sent to: it stops whoever uses that address today, until a later
  delivery to it. Where the event does not name the address, its other identifiers stand for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from cdptool.decisions.consent import Pair, consent_states, grants
from cdptool.decisions.events import ALL, folded, plain, tagged
from cdptool.decisions.spec import Channel, Plan, SendLog
from cdptool.tables import UTC_TIME

DELIVERED: Final = ("delivered", "opened", "clicked")  # proof that an address works again
STANDING: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "standing": pl.String(),  # granted, withdrawn, denied, complained, unsubscribed or hard_bounced
    "channel": pl.String(),  # `all`: every channel; null: asked without a channel
    "purpose": pl.String(),  # null: every purpose
    "address": pl.String(),  # of a hard bounce; null: whatever the address
    "since": UTC_TIME,
    "event_id": pl.Int64(),
}

_IDENTIFIER = ("profile_id", "field", "value")


def plan_pairs(plan: Plan) -> tuple[Pair, ...]:
    """The (channel, purpose) that the plan's campaigns need, each once."""
    return tuple(dict.fromkeys((name, c.purpose) for c in plan.campaigns for name in c.channels))


def standing(
    events: pl.LazyFrame, plan: Plan, *, as_of: datetime, pairs: tuple[Pair, ...] | None = None
) -> pl.LazyFrame:
    """
    Everything the ledger and the log say about each profile.

    Args:
        events: EVENTS (`events_by_profile`).
        plan: For its channels and the statuses of its log.
        as_of: Events after it are not seen.
        pairs: The (channel, purpose) to answer for; those of the plan's campaigns if not given.

    Returns:
        STANDING. Per profile: one row of consent per pair it spoke about; one if it complained; one per
        unsubscribed channel (and `all`) and purpose; one per channel and bounced address. No order. Lazy;
        key-local by `profile_id`.
    """
    asked = plan_pairs(plan) if pairs is None else pairs
    return pl.concat(
        [permissions(events, plan, as_of=as_of, pairs=asked), bounces(events, plan, as_of=as_of)]
    )


def permissions(
    events: pl.LazyFrame, plan: Plan, *, as_of: datetime, pairs: tuple[Pair, ...]
) -> pl.LazyFrame:
    """The part of `standing` that is the person's own word: consent, complaints and unsubscribes; STANDING."""
    purposes = tuple(dict.fromkeys(purpose for _, purpose in pairs))
    states = consent_states(events, pairs=pairs, as_of=as_of).rename({"state": "standing"})
    log = plan.sends or SendLog("")
    return pl.concat(
        [
            _shaped(states),
            _shaped(_complaints(events, log, as_of)),
            _shaped(_unsubscribes(events, log, purposes, as_of)),
        ]
    )


def bounces(events: pl.LazyFrame, plan: Plan, *, as_of: datetime) -> pl.LazyFrame:
    """The part of `standing` that is about addresses: the hard bounces that stand on each channel; STANDING."""
    log = plan.sends or SendLog("")
    found = [_shaped(_bounces(events, log, channel, as_of)) for channel in plan.channels]
    return pl.concat([pl.LazyFrame(schema=STANDING), *found])


def _complaints(events: pl.LazyFrame, log: SendLog, as_of: datetime) -> pl.LazyFrame:
    return _newest(_with_status(events, log.complained, as_of), ("profile_id",)).select(
        "profile_id", pl.lit("complained").alias("standing"), pl.lit(ALL).alias("channel"), "at", "event_id"
    )


def _unsubscribes(
    events: pl.LazyFrame, log: SendLog, purposes: tuple[str, ...], as_of: datetime
) -> pl.LazyFrame:
    asked = pl.LazyFrame({"asked": purposes}, schema={"asked": pl.String})
    left = _newest(_with_status(events, log.unsubscribed, as_of), (*_IDENTIFIER, "channel"))
    back = (
        grants(events, as_of=as_of)
        .join(asked, how="cross")
        .filter((pl.col("purpose") == ALL) | (pl.col("purpose") == plain("asked")))
        .group_by(*_IDENTIFIER, "channel", "asked")
        .agg(pl.col("at").max().alias("back_at"))
    )
    return _newest(
        left.join(asked, how="cross")
        .join(back, on=[*_IDENTIFIER, "channel", "asked"], how="left")
        .filter(~_is_lifted("back_at")),
        ("profile_id", "channel", "asked"),
    ).select(
        "profile_id",
        pl.lit("unsubscribed").alias("standing"),
        "channel",
        pl.col("asked").alias("purpose"),
        "at",
        "event_id",
    )


def _bounces(events: pl.LazyFrame, log: SendLog, channel: Channel, as_of: datetime) -> pl.LazyFrame:
    """The hard bounces of one channel, by address where the event names it."""
    name = folded(channel.name)
    is_address = pl.col("field") == channel.address
    mine = _with_status(events, log.hard_bounced, as_of).filter(pl.col("channel").is_in([name, ALL]))
    addressed = mine.filter(is_address).select("profile_id", "event_id").unique()
    unaddressed = mine.join(addressed, on=["profile_id", "event_id"], how="anti")
    bounced = _newest(pl.concat([mine.filter(is_address), unaddressed]), _IDENTIFIER)
    delivered = (
        _with_status(events, DELIVERED, as_of)
        .filter(pl.col("channel") == name)
        .group_by(_IDENTIFIER)
        .agg(pl.col("at").max().alias("delivered_at"))
    )
    standing_bounces = (
        bounced.join(delivered, on=_IDENTIFIER, how="left")
        .filter(~_is_lifted("delivered_at"))
        .with_columns(pl.when(is_address).then(pl.col("value")).alias("address"))
    )
    return _newest(standing_bounces, ("profile_id", "address")).select(
        "profile_id",
        pl.lit("hard_bounced").alias("standing"),
        pl.lit(channel.name).alias("channel"),
        "address",
        "at",
        "event_id",
    )


def _with_status(events: pl.LazyFrame, statuses: tuple[str, ...], as_of: datetime) -> pl.LazyFrame:
    wanted = [folded(status) for status in statuses]
    return tagged(events, "sent", as_of=as_of).filter(pl.col("status").is_in(wanted))


def _is_lifted(later: str) -> pl.Expr:
    """Whether a known later moment lies strictly after `at`; an event without a time is the oldest."""
    return pl.col(later).is_not_null() & (pl.col("at").is_null() | (pl.col(later) > pl.col("at")))


def _newest(rows: pl.LazyFrame, keys: tuple[str, ...]) -> pl.LazyFrame:
    """The newest row of each key; rows without a time sort first."""
    return rows.sort("at", "event_id").unique(keys, keep="last", maintain_order=True)


def _shaped(rows: pl.LazyFrame) -> pl.LazyFrame:
    present = rows.collect_schema().names()
    renamed = rows if "since" in present else rows.rename({"at": "since"})
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in STANDING.items() if name not in present]
    return renamed.with_columns(m for m in missing if m.meta.output_name() != "since").select(*STANDING)
