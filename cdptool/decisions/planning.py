"""
The plan: one decision per person and campaign, with its reason.

Everybody meets the campaigns in one order (priority, then name), so a plan is a loop over campaigns and
channels of column steps, with what each cap has used carried along as columns: a send accepted earlier in the
run counts for every later one. A message tries its channels in order, each through the whole pipeline, and
takes the first that nothing stops.

Key-local by `profile_id`: `plan_kernel` runs whole or in buckets of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

import polars as pl

from cdptool.decisions.caps import used_column
from cdptool.decisions.facts import facts
from cdptool.decisions.pipeline import SUPPRESSED_BY, Program
from cdptool.decisions.spec import Campaign, Cap, Plan
from cdptool.decisions.telling import NOT_TRIED, story, story_columns, told, tries
from cdptool.errors import ConfigError
from cdptool.ids import hash63
from cdptool.kernels import Kernel
from cdptool.tables import DECISIONS, UTC_TIME

Applies = Callable[[Cap, Campaign, str], bool]  # whether a campaign's message on a channel meets `cap.where`

SUPPRESSED: Final[dict[str, pl.DataType]] = {
    name: DECISIONS[name] for name in ("profile_id", "campaign", "channel", "reason", "rule", "reasons")
}

_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"


class Decided(NamedTuple):
    """What was decided: DECISIONS, and of these who was stopped and why (SUPPRESSED); both sorted, lazy."""

    decisions: pl.LazyFrame
    suppressed: pl.LazyFrame


def plan(
    people: pl.LazyFrame,
    events: pl.LazyFrame,
    plan: Plan,
    *,
    as_of: datetime,
    applies: Applies,
) -> Decided:
    """
    Decide for every person and campaign whether to send, on which channel, or why not.

    Args:
        people: One row per profile; see `facts.people_schema`.
        events: EVENTS with `cap:<id>` (`events_by_profile`, with `reservations` of earlier runs).
        plan: plan.yaml.
        as_of: The instant of every send of this run, UTC.
        applies: Whether a campaign's message on a channel meets a cap's condition.

    Returns:
        Decided: one decision per candidate (profile, campaign), sorted by `campaign`, `profile_id`. Lazy.

    Raises:
        ConfigError: If a campaign names a channel the plan does not declare.
        SchemaError: If a column is missing or has another dtype.
    """
    decisions = plan_kernel(plan, as_of=as_of, applies=applies)(people, events)
    ordered = decisions.sort("campaign", "profile_id")
    return Decided(ordered, suppressed_report(ordered))


def plan_kernel(plan: Plan, *, as_of: datetime, applies: Applies) -> Kernel:
    """
    The kernel behind `plan`, for `Engine.shuffle([people, events], [("profile_id",), ("profile_id",)], …)`.

    Returns:
        A kernel of (people, events) whose result is DECISIONS in no order.
    """
    return partial(_decide, program=compile_program(plan, as_of=as_of, applies=applies))


def suppressed_report(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """Who was not sent what, and why: SUPPRESSED, sorted by `campaign`, `profile_id`."""
    stopped = decisions.filter(pl.col("decision") == "suppress").select(*SUPPRESSED)
    return stopped.sort("campaign", "profile_id")


def compile_program(plan: Plan, *, as_of: datetime, applies: Applies) -> Program:
    """
    Settle what can be known before any person is looked at.

    Raises:
        ConfigError: If a campaign names a channel the plan does not declare, or none.
    """
    known = {channel.name for channel in plan.channels}
    wrong = [f"campaign `{c.name}` names no channel" for c in plan.campaigns if not c.channels]
    wrong += [
        f"campaign `{c.name}` uses channel `{name}`, which the plan does not declare"
        for c in plan.campaigns
        for name in c.channels
        if name not in known
    ]
    if wrong:
        raise ConfigError(*wrong)
    capped = frozenset(
        (cap.id, campaign.name, channel)
        for cap in plan.caps
        for campaign in plan.campaigns
        for channel in campaign.channels
        if cap.channel in (None, channel) and (cap.where is None or applies(cap, campaign, channel))
    )
    return Program(plan, as_of, capped)


def _decide(people: pl.LazyFrame, events: pl.LazyFrame, *, program: Program) -> pl.LazyFrame:
    order = program.order()
    if not order:
        return pl.LazyFrame(schema=DECISIONS)
    is_candidate = pl.any_horizontal(pl.col(f"to:{campaign.name}").fill_null(False) for campaign in order)
    table = facts(people.filter(is_candidate), events, program)
    for campaign in order:
        table = _served(table, campaign, program)
    served = [f"served:{campaign.name}" for campaign in order]
    return table.select("profile_id", SUPPRESSED_BY, *served).map_batches(
        partial(_written, program=program), schema=dict(DECISIONS)
    )


def _written(table: pl.DataFrame, *, program: Program) -> pl.DataFrame:
    """
    The served campaigns as decisions.

    Eager, and behind `map_batches`: the rows are read twice (for their different stories, and for themselves), and
    lazily all before them would be computed twice.
    """
    rows = [
        table.lazy().select("profile_id", SUPPRESSED_BY, served).drop_nulls(served).unnest(served)
        for served in (f"served:{campaign.name}" for campaign in program.order())
    ]
    as_of = pl.lit(program.as_of, UTC_TIME).alias("as_of")
    dispatch_id = _dispatch_id(program.as_of).alias("dispatch_id")
    return told(pl.concat(rows), program).with_columns(as_of, dispatch_id).select(*DECISIONS).collect()


def _served(table: pl.LazyFrame, campaign: Campaign, program: Program) -> pl.LazyFrame:
    """The table with one campaign served: `served:<campaign>` (null for who is no candidate), its sends counted."""
    stories = story_columns(program)
    pipelines = tries(program, campaign)
    told_at = stories[: len(pipelines)]
    is_candidate = pl.col(f"to:{campaign.name}").fill_null(False)
    sent_at = pl.coalesce([pl.when(pl.col(name) == 0).then(at) for at, name in enumerate(told_at)])
    served = pl.struct(pl.lit(campaign.name).alias("campaign"), *_tried(stories, len(pipelines)))
    return (
        table.with_columns(story(found).alias(name) for name, found in zip(told_at, pipelines, strict=True))
        .with_columns(pl.when(is_candidate).then(sent_at).alias("sent_at"))
        .with_columns(
            pl.when(is_candidate).then(served).alias(f"served:{campaign.name}"), *_counted(campaign, program)
        )
        .drop("sent_at", *told_at)
    )


def _tried(stories: tuple[str, ...], n_channels: int) -> list[pl.Expr]:
    """The stories of the channels that were tried: each one up to the first that was clear."""
    tried, is_tried = [], pl.lit(True)
    for position, name in enumerate(stories):
        if position >= n_channels:
            tried.append(pl.lit(NOT_TRIED, pl.Int64).alias(name))
            continue
        tried.append(pl.when(is_tried).then(name).otherwise(pl.lit(NOT_TRIED, pl.Int64)).alias(name))
        is_tried &= pl.col(name) > 0
    return tried


def _counted(campaign: Campaign, program: Program) -> list[pl.Expr]:
    """The used caps after the campaign's sends; an exempt campaign fills none."""
    if campaign.exempt:
        return []
    covering = {at: program.caps_of(campaign, name) for at, name in enumerate(campaign.channels)}
    return [
        pl.col(used_column(cap)) + pl.col("sent_at").is_in(positions).fill_null(False).cast(pl.Int64)
        for cap in program.plan.caps
        if (positions := [at for at, caps in covering.items() if cap in caps])
    ]


def _dispatch_id(as_of: datetime) -> pl.Expr:
    """The printed id that a provider's report of a planned send carries back; null where nothing is sent."""
    instant = as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    number = hash63("dispatch", pl.lit(instant), pl.col("campaign"), pl.col("profile_id"))
    return pl.when(pl.col("decision") == "send").then(_printed(number, "d"))


def _printed(number: pl.Expr, prefix: str) -> pl.Expr:
    """`tables.printed_id` of a column: 64 bits in letters of five, the last one padded with a zero bit."""
    places = [number // 2**shift % 32 for shift in range(59, -1, -5)] + [number % 16 * 2]
    letters = [pl.lit(_BASE32).str.slice(place, 1) for place in places]
    return pl.concat_str(pl.lit(f"{prefix}_"), *letters)
