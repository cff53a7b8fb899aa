"""
Frequency caps: how many of the sends already made each cap counts at one instant.

A cap is `count(sent[per].where(…)) < max`, asked again for every planned send. One dispatch of a campaign on
a channel is one send, however many rows the log has of it, and it happened when it was first reported. What
is sent under an exempt kind does not count, nor does what bounced hard. The kind is the one stored with the
send: renaming a campaign's kind today does not change what was sent. Unknown counts: a send whose channel or
condition cannot be told fills the cap, because a cap protects the person.

Without deferral every candidate is sent at `as_of`, after everything counted, so the only window that can
break is the one ending at `as_of`: the test looks back only. It must become two-sided (activation.md §4.2)
with the first send that may be planned for later.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.decisions.events import ALL, folded, tagged
from cdptool.decisions.spec import Cap, Plan, SendLog
from cdptool.errors import SchemaError
from cdptool.rules.windows import Bounds, Calendar, Rolling, bounds

_DISPATCH: Final = ("profile_id", "campaign", "channel", "dispatch_id", "lone_event_id")


def cap_column(cap: Cap) -> str:
    """The Boolean column of sends that says whether a row meets the cap's condition."""
    return f"cap:{cap.id}"


def used_column(cap: Cap) -> str:
    """The column that counts what has been used of the cap."""
    return f"used:{cap.id}"


def cap_columns(plan: Plan) -> tuple[str, ...]:
    """The columns `cap:<id>` that sends must carry: one for each cap with a condition."""
    return tuple(cap_column(cap) for cap in plan.caps if cap.where is not None)


def exempt_kinds(plan: Plan) -> tuple[str, ...]:
    """The kinds that only exempt campaigns use: sends of these kinds fill no cap."""
    counted = {folded(c.kind) for c in plan.campaigns if not c.exempt}
    exempt = {folded(c.kind) for c in plan.campaigns if c.exempt}
    return tuple(sorted(exempt - counted))


def cap_window(cap: Cap, plan: Plan, *, as_of: datetime) -> Bounds:
    """
    The first and last microsecond that the cap looks at, both included, in UTC.

    Rolling windows are (as_of - w, as_of]; calendar ones run from the first instant of the period in the
    plan's zone to `as_of`.
    """
    if cap.per.calendar is not None:
        window: Rolling | Calendar = Calendar(cap.per.calendar)
    else:
        window = Rolling(cap.per.seconds or 0)
    return bounds(window, as_of, as_of, ZoneInfo(plan.tz), plan.week_starts)


def cap_counts(events: pl.LazyFrame, plan: Plan, *, as_of: datetime) -> pl.LazyFrame:
    """
    How much of every cap each profile has used by `as_of`.

    Args:
        events: EVENTS with the columns `cap:<id>` of `cap_columns(plan)`.
        plan: Its caps, zone, and the statuses of its log.
        as_of: Sends after it are not seen.

    Returns:
        One row per profile with any send: `profile_id`, then `used:<id>` (Int64, >= 0) in the order of the
        plan's caps. No order. Lazy; key-local by `profile_id`.

    Raises:
        SchemaError: If a cap has a condition and the events lack its column.
    """
    present = events.collect_schema().names()
    lacking = [name for name in cap_columns(plan) if name not in present]
    if lacking:
        raise SchemaError(*(f"the sends lack column `{name}`" for name in lacking))
    sends = _sends(events, plan, as_of)
    return sends.group_by("profile_id").agg(_used(cap, plan, as_of) for cap in plan.caps)


def _sends(events: pl.LazyFrame, plan: Plan, as_of: datetime) -> pl.LazyFrame:
    """One row per send that counts: the dispatch keys, `at`, and the columns of the caps' conditions."""
    log = plan.sends or SendLog("")
    counted = [folded(status) for status in log.counted]
    bounced = [folded(status) for status in log.hard_bounced]
    is_report = pl.col("tag") == "sent"
    is_exempt = pl.col("kind").is_in(exempt_kinds(plan)).fill_null(False)
    rows = pl.concat([tagged(events, "sent", as_of=as_of), tagged(events, "planned", as_of=as_of)])
    return (
        rows.filter(pl.col("at").is_not_null())
        .with_columns(
            # a report without a dispatch id is a send of its own
            pl.when(pl.col("dispatch_id").is_null()).then("event_id").alias("lone_event_id"),
        )
        .with_columns(is_report.any().over(_DISPATCH).alias("is_reported"))
        .filter(is_report | ~pl.col("is_reported"))
        .with_columns(
            pl.col("status").is_in(bounced).fill_null(False).any().over(_DISPATCH).alias("is_bounced")
        )
        .filter(~pl.col("is_bounced"), ~is_exempt, ~is_report | pl.col("status").is_in(counted))
        .group_by(_DISPATCH)
        .agg(pl.col("at").min(), *(pl.col(name).fill_null(True).any() for name in cap_columns(plan)))
    )


def _used(cap: Cap, plan: Plan, as_of: datetime) -> pl.Expr:
    window = cap_window(cap, plan, as_of=as_of)
    counts = pl.col("at").is_between(window.first, window.last)
    if cap.channel is not None:
        counts &= pl.col("channel").is_in([folded(cap.channel), ALL])
    if cap.where is not None:
        counts &= pl.col(cap_column(cap))
    return counts.sum().cast(pl.Int64).alias(used_column(cap))
