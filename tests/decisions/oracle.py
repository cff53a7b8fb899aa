"""
The slow, obvious version of consent, caps and plan: plain loops over rows, written from the specification.

It shares no code with the package but the dataclasses of the plan.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cdptool.decisions.spec import Campaign, Cap, Channel, Plan
from tests.decisions.worlds import Row, World, promo

OLDEST = datetime(1, 1, 1, tzinfo=UTC)
STRICTNESS = {"granted": 0, "withdrawn": 1, "denied": 2}


def clean(text: str | None) -> str | None:
    return (text or "").strip().lower() or None


def scope(text: str | None) -> str:
    return clean(text) or "all"


def visible(row: Row, as_of: datetime) -> bool:
    return row["at"] is None or row["at"] <= as_of


def held_by(world: World, profile: int) -> set[tuple[str, str]]:
    return {(i["field"], i["value"]) for i in world.identifiers if i["profile_id"] == profile}


def state_of(row: Row) -> str | None:
    state = clean(row["state"])
    return state if state is None or state in STRICTNESS else "denied"


def identifier_says(events: list[Row], channel: str | None, purpose: str, as_of: datetime) -> Row | None:
    """The deciding event of one identifier's events, or None when it said nothing about the pair."""
    said = []
    for row in events:
        state = state_of(row)
        if state is None or not visible(row, as_of) or (row["at"] is None and state == "granted"):
            continue
        if scope(row["purpose"]) in ("all", purpose):
            said.append({**row, "state": state, "channel": scope(row["channel"])})
    if channel is None:
        channels = sorted({row["channel"] for row in said})
        latest = [
            decider([r for r in said if r["channel"] in ("all", one)], newest_first=True) for one in channels
        ]
        return decider([row for row in latest if row], newest_first=False)
    return decider([row for row in said if row["channel"] in ("all", channel)], newest_first=True)


def decider(rows: list[Row], *, newest_first: bool) -> Row | None:
    def key(row: Row) -> tuple[Any, ...]:
        at, strict = row["at"] or OLDEST, STRICTNESS[row["state"]]
        return (at, strict, row["event_id"]) if newest_first else (strict, at, row["event_id"])

    return max(rows, key=key, default=None)


def consent(world: World, profile: int, channel: str | None, purpose: str, as_of: datetime) -> Row | None:
    """The deciding event of a profile, or None: it never said anything about the pair."""
    answers = []
    for f, v in held_by(world, profile):
        events = [row for row in world.ledger if (row["field"], row["value"]) == (f, v)]
        answer = identifier_says(events, channel, purpose, as_of)
        if answer:
            answers.append(answer)
    return decider(answers, newest_first=False)


def status_rows(world: World, profile: int, statuses: tuple[str, ...], as_of: datetime) -> list[Row]:
    held = held_by(world, profile)
    return [
        row
        for row in world.log
        if (row["field"], row["value"]) in held and clean(row["status"]) in statuses and visible(row, as_of)
    ]


def has_left(world: World, profile: int, channel: str, purpose: str, as_of: datetime) -> bool:
    """Whether one of the profile's identifiers unsubscribed from `channel` with no newer grant for it."""
    for row in status_rows(world, profile, ("unsubscribed",), as_of):
        if scope(row["channel"]) != channel:
            continue
        newest = max(
            other["at"] or OLDEST
            for other in status_rows(world, profile, ("unsubscribed",), as_of)
            if (other["field"], other["value"]) == (row["field"], row["value"])
            and scope(other["channel"]) == channel
        )
        lifted = any(
            grant["at"] is not None
            and grant["at"] <= as_of
            and clean(grant["state"]) == "granted"
            and (grant["field"], grant["value"]) == (row["field"], row["value"])
            and scope(grant["channel"]) == channel
            and scope(grant["purpose"]) in ("all", purpose)
            and grant["at"] > newest
            for grant in world.ledger
        )
        if not lifted:
            return True
    return False


def has_bounced(world: World, person: Row, channel: Channel, as_of: datetime) -> bool:
    profile = person["profile_id"]
    held = held_by(world, profile)
    for row in status_rows(world, profile, ("hard_bounced",), as_of):
        if scope(row["channel"]) not in ("all", channel.name):
            continue
        names_address = any(
            other["event_id"] == row["event_id"]
            and other["field"] == channel.address
            and (other["field"], other["value"]) in held
            for other in world.log
        )
        if names_address and (row["field"] != channel.address or row["value"] != person[channel.address]):
            continue
        works_again = any(
            (other["field"], other["value"]) == (row["field"], row["value"])
            and scope(other["channel"]) == channel.name
            and other["at"] is not None
            and other["at"] > (row["at"] or OLDEST)
            for other in status_rows(world, profile, ("delivered", "opened", "clicked"), as_of)
        )
        if not works_again:
            return True
    return False


def period_start(day: date, unit: str, week_starts: str) -> date:
    first_month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}
    if unit == "day":
        return day
    if unit == "week":
        first = {"monday": 0, "saturday": 5, "sunday": 6}[week_starts]
        while day.weekday() != first:
            day -= timedelta(days=1)
        return day
    return date(day.year, first_month[unit], 1)


def in_window(at: datetime, cap: Cap, plan: Plan, as_of: datetime) -> bool:
    if cap.per.seconds is not None:
        return as_of - timedelta(seconds=cap.per.seconds) < at <= as_of
    zone, unit = ZoneInfo(plan.tz), str(cap.per.calendar)
    today, day = as_of.astimezone(zone).date(), at.astimezone(zone).date()
    same = period_start(day, unit, plan.week_starts) == period_start(today, unit, plan.week_starts)
    return same and at <= as_of


def sends_of(world: World, plan: Plan, profile: int, as_of: datetime) -> list[Row]:
    """Sends that count: reported ones, and planned ones that no report answers."""
    counted = {clean(s) for s in plan.sends.counted} if plan.sends else set()
    exempt = {c.kind for c in plan.campaigns if c.exempt} - {c.kind for c in plan.campaigns if not c.exempt}
    held = held_by(world, profile)
    dispatches: dict[tuple[Any, ...], list[Row]] = {}
    for row in world.log:
        if (row["field"], row["value"]) in held and row["at"] is not None and row["at"] <= as_of:
            name = row["dispatch_id"] or ("event", row["event_id"])
            dispatches.setdefault((row["campaign"], scope(row["channel"]), name), []).append(row)
    sends = []
    for (_, channel, _), rows in dispatches.items():
        if any(clean(row["status"]) == "hard_bounced" for row in rows):
            continue
        good = [r for r in rows if clean(r["status"]) in counted and r["kind"] not in exempt]
        if good:
            is_promo = any(promo(row["kind"]) in (True, None) for row in good)
            sends.append({"at": min(row["at"] for row in good), "channel": channel, "promo": is_promo})
    planned = {}
    kinds = {c.name: c.kind for c in plan.campaigns}
    for row in world.decisions:
        key = (row["campaign"], row["channel"], row["dispatch_id"])
        mine = row["profile_id"] == profile and row["decision"] == "send" and row["as_of"] < as_of
        kind = kinds.get(row["campaign"])
        if mine and key not in dispatches and kind not in exempt:
            at = min(row["as_of"], planned[key]["at"]) if key in planned else row["as_of"]
            planned[key] = {"at": at, "channel": row["channel"], "promo": promo(kind) in (True, None)}
    return sends + list(planned.values())


def covers(cap: Cap, send: Row, plan: Plan, as_of: datetime) -> bool:
    return (
        in_window(send["at"], cap, plan, as_of)
        and (cap.channel is None or send["channel"] in ("all", cap.channel))
        and (cap.where is None or send["promo"])
    )


def used(cap: Cap, sends: list[Row], plan: Plan, as_of: datetime) -> int:
    return sum(covers(cap, send, plan, as_of) for send in sends)


def is_quiet(channel: Channel, now: time) -> bool:
    if channel.quiet_from is None or channel.quiet_until is None:
        return False
    start, end = time.fromisoformat(channel.quiet_from), time.fromisoformat(channel.quiet_until)
    if start < end:
        return start <= now < end
    return now >= start or now < end


def failures(
    world: World,
    plan: Plan,
    person: Row,
    campaign: Campaign,
    channel: Channel,
    sends: list[Row],
    as_of: datetime,
) -> list[tuple[str, str | None]]:
    """Every (reason, rule) that stops the campaign on the channel, in the order of the pipeline."""
    profile, purpose, local = person["profile_id"], campaign.purpose, as_of.astimezone(ZoneInfo(plan.tz))
    said = consent(world, profile, channel.name, purpose, as_of)
    state = said["state"] if said else None
    listed = person["suppressed_by"]
    found: list[tuple[str, str | None]] = []
    if listed is not None:
        found.append(("erased" if listed == "erased" else "suppressed", listed))
    if status_rows(world, profile, ("complained",), as_of):
        found.append(("complained", None))
    if has_left(world, profile, "all", purpose, as_of):
        found.append(("unsubscribed_all", None))
    if has_left(world, profile, channel.name, purpose, as_of):
        found.append(("unsubscribed", None))
    if has_bounced(world, person, channel, as_of):
        found.append(("hard_bounced", None))
    if not campaign.exempt:
        if state in ("denied", "withdrawn"):
            found.append((state, purpose))
        elif state is None and channel.needs_consent:
            found.append(("no_consent", purpose))
    if person[channel.address] is None:
        found.append(("no_address", None))
    if not campaign.exempt and is_quiet(channel, local.time()):
        found.append(("quiet_hours", None))
    if campaign.starts_on and local.date() < date.fromisoformat(campaign.starts_on):
        found.append(("not_started", None))
    if campaign.ends_on and local.date() > date.fromisoformat(campaign.ends_on):
        found.append(("ended", None))
    if not campaign.exempt:
        this = {"at": as_of, "channel": channel.name, "promo": campaign.kind == "promo"}
        for cap in plan.caps:
            is_subject = cap.only is None or person[f"only:{cap.id}"] in (True, None)
            if is_subject and covers(cap, this, plan, as_of) and used(cap, sends, plan, as_of) >= cap.max:
                found.append(("capped", cap.id))
    return found


def decide(world: World, plan: Plan, as_of: datetime) -> list[Row]:
    """Every decision, sorted by campaign and profile, without the dispatch id."""
    by_name = {channel.name: channel for channel in plan.channels}
    rows = []
    for person in world.people:
        sends = sends_of(world, plan, person["profile_id"], as_of)
        for campaign in sorted(plan.campaigns, key=lambda c: (-c.priority, c.name)):
            if person[f"to:{campaign.name}"] is not True:
                continue
            first, reasons, sent_on = None, [], None
            for name in campaign.channels:
                found = failures(world, plan, person, campaign, by_name[name], sends, as_of)
                if not found:
                    sent_on = name
                    break
                first = first or found[0]
                reasons += [f"{name}:{r}:{rule}" if r == "capped" else f"{name}:{r}" for r, rule in found]
            if sent_on and not campaign.exempt:
                sends.append({"at": as_of, "channel": sent_on, "promo": campaign.kind == "promo"})
            reason, rule = ("ok", None) if sent_on or first is None else first
            rows.append(
                {
                    "as_of": as_of,
                    "campaign": campaign.name,
                    "profile_id": person["profile_id"],
                    "decision": "send" if sent_on else "suppress",
                    "channel": sent_on or campaign.channels[0],
                    "reason": reason,
                    "rule": rule,
                    "reasons": reasons,
                }
            )
    return sorted(rows, key=lambda row: (row["campaign"], row["profile_id"]))
