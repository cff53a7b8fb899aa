"""
What can be wrong with a plan before it is run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, time

from cdptool.decisions.events import folded
from cdptool.decisions.spec import Campaign, Cap, Channel, Plan
from cdptool.errors import Finding


def plan_findings(plan: Plan) -> tuple[Finding, ...]:
    """
    Everything wrong with a plan that needs no data: errors first where they stand, then what is only odd.

    >>> from cdptool.decisions.spec import Window
    >>> cap = Cap("sms_day", 1, Window(seconds=86_400), channel="sms")
    >>> [str(f) for f in plan_findings(Plan((), (cap,), (), None, None))]
    ['cap `sms_day` names channel `sms`, which the plan does not declare']
    """
    channels = {channel.name for channel in plan.channels}
    return (
        *(finding for channel in plan.channels for finding in _of_channel(channel)),
        *(finding for cap in plan.caps for finding in _of_cap(cap, channels)),
        *(finding for campaign in plan.campaigns for finding in _of_campaign(campaign, channels, plan)),
        *_repeated(plan),
    )


def _of_channel(channel: Channel) -> Iterator[Finding]:
    ends = (channel.quiet_from, channel.quiet_until)
    named = f"channel `{channel.name}`"
    if (ends[0] is None) != (ends[1] is None):
        yield Finding(f"{named} has one end of its quiet hours only", channel.place, "write both ends")
    if any(end is not None and not _parses(time, end) for end in ends):
        yield Finding(f"{named} has quiet hours that are no times", channel.place, "write `22:00`")
    elif ends[0] is not None and ends[0] == ends[1]:
        yield Finding(f"{named} is quiet all day", channel.place, "the two ends are equal", "warning")


def _of_cap(cap: Cap, channels: set[str]) -> Iterator[Finding]:
    if cap.channel is not None and cap.channel not in channels:
        yield Finding(
            f"cap `{cap.id}` names channel `{cap.channel}`, which the plan does not declare", cap.place
        )
    if cap.max < 0:
        yield Finding(f"cap `{cap.id}` has a negative `max`", cap.place)
    if (cap.per.seconds is None) == (cap.per.calendar is None):
        yield Finding(f"cap `{cap.id}` needs one window", cap.place, "such as `24h` or `week`")


def _of_campaign(campaign: Campaign, channels: set[str], plan: Plan) -> Iterator[Finding]:
    named, place = f"campaign `{campaign.name}`", campaign.place
    if not campaign.channels:
        yield Finding(f"{named} names no channel", place)
    for name in campaign.channels:
        if name not in channels:
            yield Finding(f"{named} uses channel `{name}`, which the plan does not declare", place)
    days = (campaign.starts_on, campaign.ends_on)
    if any(day is not None and not _parses(date, day) for day in days):
        yield Finding(f"{named} has a start or end that is no date", place, "write `2026-12-31`")
    elif days[0] is not None and days[1] is not None and days[0] > days[1]:
        yield Finding(f"{named} ends before it starts", place)
    others = [c.name for c in plan.campaigns if not c.exempt and folded(c.kind) == folded(campaign.kind)]
    if campaign.exempt and others:
        yield Finding(
            f"{named} is exempt but shares its kind with `{others[0]}`, which is not: its sends will fill caps",
            place,
            "give exempt campaigns a kind of their own, such as `transactional`",
            "warning",
        )


def _repeated(plan: Plan) -> Iterator[Finding]:
    kinds = (("channel", plan.channels), ("campaign", plan.campaigns))
    for kind, things in kinds:
        for name, count in Counter(thing.name for thing in things).items():
            if count > 1:
                yield Finding(f"{kind} `{name}` is declared {count} times")
    for cap_id, count in Counter(cap.id for cap in plan.caps).items():
        if count > 1:
            yield Finding(f"cap `{cap_id}` is declared {count} times")


def _parses(kind: type[date] | type[time], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True
