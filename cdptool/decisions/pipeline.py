"""
The pipeline: the steps that may stop one message on one channel, in the one order that decides the reason.

erased → suppressed list → complained → unsubscribed from all → unsubscribed from the channel → hard bounce →
denied, withdrawn or no consent → no address → quiet hours → campaign not started or ended → caps.

An exempt campaign (an order confirmation, a one-time code) asks for no consent and obeys no quiet hours and no
cap, and fills none. Everything before consent holds for it too: who complained or left a channel altogether
said so to every message of it; a withdrawal that is meant for advertising belongs in the ledger, with its
purpose, and does not stop it. On a channel that needs no consent silence is enough, but a denial or a
withdrawal still stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.decisions.caps import used_column
from cdptool.decisions.events import ALL, folded
from cdptool.decisions.spec import Campaign, Cap, Channel, Plan

ERASED: Final = "erased"
CAPPED: Final = "capped"
LISTED: Final = (ERASED, "suppressed")  # the reasons whose rule is the list itself
SUPPRESSED_BY: Final = "suppressed_by"  # column of people: the list that stops them; `erased` is one of them


@dataclass(frozen=True, slots=True)
class Program:
    """A plan at an instant, with what is known before any person is looked at."""

    plan: Plan
    as_of: datetime
    capped: frozenset[tuple[str, str, str]]  # (cap, campaign, channel): the cap covers such a message

    def order(self) -> tuple[Campaign, ...]:
        """The campaigns as they are served: by priority (highest first), then by name."""
        return tuple(sorted(self.plan.campaigns, key=lambda c: (-c.priority, c.name)))

    def caps_of(self, campaign: Campaign, channel: str) -> tuple[Cap, ...]:
        """The caps that cover the campaign's message on the channel, in file order."""
        return tuple(cap for cap in self.plan.caps if (cap.id, campaign.name, channel) in self.capped)

    def channel(self, name: str) -> Channel:
        """The plan's channel of that name."""
        return next(channel for channel in self.plan.channels if channel.name == name)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that may stop a message: the condition, its reason, and the purpose or cap that is named for it."""

    fails: pl.Expr  # never null
    reason: str
    rule: str | None = None

    def text(self, channel: str) -> str:
        """How the step is written into `reasons`: channel, reason and, where several caps may fail, the cap."""
        named = self.rule if self.reason == CAPPED else None
        return ":".join(part for part in (channel, self.reason, named) if part)


def flag(standing: str, channel: str | None = None, purpose: str | None = None) -> str:
    """The name of the Boolean column of facts that says a profile has a standing."""
    return ":".join(["is", standing, *(part for part in (channel, purpose) if part is not None)])


def steps(program: Program, campaign: Campaign, channel: Channel) -> tuple[Step, ...]:
    """
    Every step of the pipeline for one campaign on one channel, in order.

    The expressions read the columns of facts: `suppressed_by`, the flags of `flag`, the channel's address,
    `only:<cap>` and the running `used:<cap>`.
    """
    caps = () if campaign.exempt else program.caps_of(campaign, channel.name)
    return (
        *_lists(campaign, channel),
        *(() if campaign.exempt else _consent(campaign, channel)),
        Step(pl.col(channel.address).is_null(), "no_address"),
        *_times(program, campaign, channel),
        *(Step(is_full(cap), CAPPED, cap.id) for cap in caps),
    )


def is_full(cap: Cap) -> pl.Expr:
    """Whether a person is under the cap and has used it up; who may be a member of `only` is under it."""
    is_used_up = pl.col(used_column(cap)) >= cap.max
    return is_used_up if cap.only is None else is_used_up & pl.col(f"only:{cap.id}").fill_null(True)


def is_quiet(channel: Channel, tz: str, *, as_of: datetime) -> bool:
    """
    Whether the channel must be silent at `as_of`, local time: `quiet_from` is quiet, `quiet_until` no longer.

    Hours may pass midnight; equal ends mean the whole day. Without both ends it is never quiet.
    """
    if channel.quiet_from is None or channel.quiet_until is None:
        return False
    start, end = time.fromisoformat(channel.quiet_from), time.fromisoformat(channel.quiet_until)
    now = as_of.astimezone(ZoneInfo(tz)).time()
    return start <= now < end if start < end else now >= start or now < end


def _lists(campaign: Campaign, channel: Channel) -> tuple[Step, ...]:
    suppressed_by = pl.col(SUPPRESSED_BY)
    is_erased = (suppressed_by == ERASED).fill_null(False)
    return (
        Step(is_erased, ERASED),
        Step(suppressed_by.is_not_null() & ~is_erased, "suppressed"),
        Step(pl.col(flag("complained")), "complained"),
        Step(pl.col(flag("unsubscribed", ALL, campaign.purpose)), "unsubscribed_all"),
        Step(pl.col(flag("unsubscribed", folded(channel.name), campaign.purpose)), "unsubscribed"),
        Step(pl.col(flag("hard_bounced", channel.name)), "hard_bounced"),
    )


def _consent(campaign: Campaign, channel: Channel) -> tuple[Step, ...]:
    purpose = campaign.purpose
    denied, withdrawn, granted = (
        pl.col(flag(state, channel.name, purpose)) for state in ("denied", "withdrawn", "granted")
    )
    silence = ~(granted | denied | withdrawn) if channel.needs_consent else pl.lit(False)
    return (
        Step(denied, "denied", purpose),
        Step(withdrawn, "withdrawn", purpose),
        Step(silence, "no_consent", purpose),
    )


def _times(program: Program, campaign: Campaign, channel: Channel) -> tuple[Step, ...]:
    tz = program.plan.tz
    today = program.as_of.astimezone(ZoneInfo(tz)).date()
    is_early = campaign.starts_on is not None and today < date.fromisoformat(campaign.starts_on)
    is_late = campaign.ends_on is not None and today > date.fromisoformat(campaign.ends_on)
    quiet = not campaign.exempt and is_quiet(channel, tz, as_of=program.as_of)
    found = ((quiet, "quiet_hours"), (is_early, "not_started"), (is_late, "ended"))
    return tuple(Step(pl.lit(True), reason) for fails, reason in found if fails)
