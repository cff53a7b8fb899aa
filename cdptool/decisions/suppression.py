"""
Who may not be reached: the last gate before anything leaves, and the lists that other systems need.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

import polars as pl

from cdptool.decisions.events import ALL, folded
from cdptool.decisions.facts import facts
from cdptool.decisions.pipeline import CAPPED, ERASED, LISTED, Program, is_full
from cdptool.decisions.spec import Plan
from cdptool.decisions.standing import bounces, permissions
from cdptool.tables import UTC_TIME

STOPPED: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "reason": pl.String(),
    "rule": pl.String(),  # the list, purpose or cap that is named for the reason
    "since": UTC_TIME,  # null where it has no moment
}

# from strict to lax; the position decides which reason is told first
_STANDINGS: Final = ("complained", "unsubscribed_all", "unsubscribed", "denied", "withdrawn")


class Consented(NamedTuple):
    """Who may leave (`profile_id`) and who may not (STOPPED); both sorted by `profile_id`, lazy.

    Everybody is in exactly one of them. `pl.collect_all` works both out at once.
    """

    kept: pl.LazyFrame
    dropped: pl.LazyFrame


def consented(
    profiles: pl.LazyFrame,
    events: pl.LazyFrame,
    plan: Plan,
    *,
    as_of: datetime,
    purpose: str,
    channel: str | None = None,
    suppressed: pl.LazyFrame | None = None,
) -> Consented:
    """
    Part people into those who may leave for a purpose and those who may not. The last step of every export.

    Args:
        profiles: `profile_id` (Int64) of who is about to leave; repeated ids count once.
        events: EVENTS (`events_by_profile`).
        plan: For its channels and the statuses of its log.
        as_of: Events after it are not seen.
        purpose: What the data will be used for.
        channel: The channel it will be used on; None where there is none (an ad audience): then the strictest
            of the channels spoken about decides, and of unsubscribes only one from every channel stops.
        suppressed: `profile_id`, `suppressed_by`: people on a list that stops them altogether.

    Returns:
        Consented. `dropped` has one row per stopped profile with the first reason that stops it, in the order of
        the pipeline: erased, suppressed, complained, unsubscribed_all, unsubscribed, denied, withdrawn, no_consent.
        Lazy; key-local by `profile_id` but for the order.

    Whether the address works is not asked here. A channel that needs no consent lets silence pass.
    """
    everyone = profiles.select("profile_id").unique()
    told = _told(events, plan, as_of, (channel,), (purpose,))
    lists = _listed(suppressed)
    stops = pl.concat([lists, told.filter(pl.col("reason") != "granted")])
    dropped = everyone.join(_first_reason(stops), on="profile_id", how="inner")
    needs_consent = channel is None or all(c.needs_consent for c in plan.channels if c.name == channel)
    if needs_consent:
        granted = told.filter(pl.col("reason") == "granted").select("profile_id")
        silent = everyone.join(granted, on="profile_id", how="anti").join(
            dropped, on="profile_id", how="anti"
        )
        no_consent = silent.select(
            "profile_id",
            pl.lit("no_consent").alias("reason"),
            pl.lit(purpose).alias("rule"),
            pl.lit(None, UTC_TIME).alias("since"),
        )
        dropped = pl.concat([dropped, no_consent])
    kept = everyone.join(dropped, on="profile_id", how="anti")
    return Consented(kept.sort("profile_id"), dropped.sort("profile_id"))


def unsubscribed(
    events: pl.LazyFrame, plan: Plan, *, as_of: datetime, channel: str, purposes: tuple[str, ...]
) -> pl.LazyFrame:
    """
    Everybody who wants nothing more on a channel, for any of the purposes: complained, unsubscribed, denied or withdrawn.

    Returns:
        STOPPED, one row per profile with its strictest reason, sorted by `profile_id`. Lazy.
    """
    told = _told(events, plan, as_of, (channel,), purposes)
    return _first_reason(told.filter(pl.col("reason") != "granted")).sort("profile_id")


def bounced_addresses(events: pl.LazyFrame, plan: Plan, *, as_of: datetime, channel: str) -> pl.LazyFrame:
    """
    Every address of a channel that bounced hard and has not worked since, used today or not.

    Args:
        events: EVENTS.
        plan: For the channels and the statuses of its log.
        as_of: Events after it are not seen.
        channel: A channel of the plan.

    Returns:
        `profile_id`, `address` (String), each pair once, sorted. A bounce that names no address is not
        among them. Lazy.
    """
    found = bounces(events, plan, as_of=as_of).filter(
        (pl.col("channel") == channel) & pl.col("address").is_not_null()
    )
    return found.select("profile_id", "address").unique().sort("profile_id", "address")


def capped(
    people: pl.LazyFrame, events: pl.LazyFrame, program: Program, *, channel: str | None = None
) -> pl.LazyFrame:
    """
    Everybody for whom a cap is full.

    Args:
        people: As for `plan` (`facts.people_schema`).
        events: EVENTS; with the reservations of the run itself it is the state after that run.
        program: `compile_program`.
        channel: Only caps that hold on this channel; None = any cap.

    Returns:
        STOPPED with the first full cap in file order as `rule`, sorted by `profile_id`. Lazy. A cap of some sends
        only (`where`) counts like any other: `rule` says which it is.
    """
    caps = [c for c in program.plan.caps if channel is None or c.channel in (None, channel)]
    full = [pl.when(is_full(cap)).then(pl.lit(cap.id)) for cap in caps]
    rule = pl.coalesce(full) if full else pl.lit(None, pl.String)
    return (
        facts(people, events, program)
        .select(
            "profile_id",
            pl.lit(CAPPED).alias("reason"),
            rule.alias("rule"),
            pl.lit(None, UTC_TIME).alias("since"),
        )
        .filter(pl.col("rule").is_not_null())
        .sort("profile_id")
    )


def _told(
    events: pl.LazyFrame,
    plan: Plan,
    as_of: datetime,
    channels: tuple[str | None, ...],
    purposes: tuple[str, ...],
) -> pl.LazyFrame:
    """What the ledger and the log say about a profile on these channels, as STOPPED (`granted` included)."""
    pairs = tuple((channel, purpose) for channel in channels for purpose in purposes)
    own = [folded(channel) for channel in channels if channel is not None]
    is_all = pl.col("channel") == ALL
    reason = (
        pl.when((pl.col("standing") == "unsubscribed") & is_all)
        .then(pl.lit("unsubscribed_all"))
        .otherwise(pl.col("standing"))
    )
    stands = permissions(events, plan, as_of=as_of, pairs=pairs)
    is_elsewhere = (pl.col("standing") == "unsubscribed") & ~is_all & ~pl.col("channel").is_in(own)
    return stands.filter(~is_elsewhere).select(
        "profile_id", reason.alias("reason"), pl.col("purpose").alias("rule"), "since"
    )


def _listed(suppressed: pl.LazyFrame | None) -> pl.LazyFrame:
    if suppressed is None:
        return pl.LazyFrame(schema=STOPPED)
    by = pl.col("suppressed_by")
    return suppressed.filter(by.is_not_null()).select(
        "profile_id",
        pl.when(by == ERASED).then(pl.lit(ERASED)).otherwise(pl.lit("suppressed")).alias("reason"),
        by.alias("rule"),
        pl.lit(None, UTC_TIME).alias("since"),
    )


def _first_reason(stops: pl.LazyFrame) -> pl.LazyFrame:
    """One row per profile: the strictest reason, the newest of its rows."""
    order = {reason: at for at, reason in enumerate((*LISTED, *_STANDINGS, "hard_bounced"))}
    rank = pl.col("reason").replace_strict(order, return_dtype=pl.Int64)
    return stops.sort(rank, "since", "rule", descending=[False, True, False], nulls_last=True).unique(
        ["profile_id"], keep="first", maintain_order=True
    )
