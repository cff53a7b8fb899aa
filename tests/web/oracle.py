"""Sessions, owners and touches once more, slowly and plainly: one event after the other, one session after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from cdptool.web import Cutting

Event = dict[str, Any]
Campaign = tuple[str | None, ...]
PARTS = ("source", "medium", "campaign", "term", "content")
ENGINES = {"google.com.vn": "google"}


@dataclass
class Visit:
    """A session while it is put together."""

    events: list[Event] = field(default_factory=list)
    campaign: Campaign | None = None  # the first it came in by
    latest: Campaign | None = None
    has_page: bool = False


def campaign_of(event: Event) -> Campaign | None:
    """What the columns say, else the address."""
    said = dict(parse_qsl(urlsplit(event["url"] or "").query))
    beside = {part: event[part] for part in PARTS}
    told = {part: said.get(f"utm_{part}") for part in PARTS}
    if told["source"] is None and told["medium"] is None and "gclid" in said:
        told["source"], told["medium"] = "google", "cpc"
    both = tuple(beside[part] if beside[part] is not None else told[part] for part in PARTS)
    return both if any(part is not None for part in both) else None


def visits_of(events: list[Event], cutting: Cutting) -> list[Visit]:
    """The sessions of one device."""
    visits: list[Visit] = []
    for event in sorted(events, key=lambda one: (one["at"], one["event_id"])):
        campaign = campaign_of(event)
        if not visits or _begins(visits[-1], event, campaign, cutting):
            visits.append(Visit())
        visit = visits[-1]
        visit.events.append(event)
        if campaign is not None:
            visit.campaign = visit.campaign or campaign
            visit.latest = campaign
        visit.has_page = visit.has_page or event["is_page"]
    return visits


def _begins(visit: Visit, event: Event, campaign: Campaign | None, cutting: Cutting) -> bool:
    last = visit.events[-1]["at"]
    if event["at"] - last > timedelta(seconds=cutting.idle_seconds):
        return True
    if cutting.at_midnight_of:
        zone = ZoneInfo(cutting.at_midnight_of)
        if event["at"].astimezone(zone).date() != last.astimezone(zone).date():
            return True
    if not cutting.at_campaign or campaign is None:
        return False
    if visit.latest is None:
        return visit.has_page
    return visit.latest[:3] != campaign[:3]


def owner_of(event: Event, visit: Visit, visits: list[Visit]) -> tuple[int, str | None]:
    """Whose an event is, by the rule as it is written in settled.md."""
    order = [one for each in visits for one in each.events]
    place = order.index(event)
    inside = [(order.index(one), one) for one in visit.events if one["is_known"]]
    before = [one for i, one in inside if i <= place]
    if before:
        return before[-1]["record_id"], "login"
    if inside:
        return inside[0][1]["record_id"], "login"
    earlier = [one for one in order[:place] if one["is_known"]]
    if earlier:
        return earlier[-1]["record_id"], "earlier"
    later = [one for one in order[place:] if one["is_known"]]
    if later:
        return later[0]["record_id"], "later"
    return event["record_id"], None


def told(visit: Visit, number: int, cutting: Cutting, as_of: datetime) -> dict[str, Any]:
    """What is said of a session, but for its id and owner."""
    events = visit.events
    pages = [one for one in events if one["is_page"]]
    landing = pages[0] if pages else events[0]
    source, medium, campaign, term, content = visit.campaign or (None,) * 5
    site = _outside(landing, cutting.ignore_referrers)
    if visit.campaign is None and site is not None:
        source, medium = ENGINES.get(site, site), "organic" if site in ENGINES else "referral"
    seconds = (events[-1]["at"] - events[0]["at"]).total_seconds()
    conversions = sum(one["is_conversion"] for one in events)
    is_open = as_of - events[-1]["at"] <= timedelta(seconds=cutting.idle_seconds)
    engaged = seconds >= 10 or len(pages) >= 2 or conversions > 0
    bounced = len(pages) <= 1 and not conversions
    logins = [one["at"] for one in events if one["is_known"]]
    return {
        "at": events[0]["at"],
        "ended_at": events[-1]["at"],
        "seconds": int(seconds),
        "events": len(events),
        "pages": len(pages),
        "conversions": conversions,
        "engaged": engaged if engaged or not is_open else None,
        "bounced": bounced if not bounced or not is_open else None,
        "is_open": is_open,
        "entry_page": _page(pages[0]) if pages else None,
        "exit_page": _page(pages[-1]) if pages else None,
        "referrer": site,
        "traffic_source": source,
        "traffic_medium": medium,
        "campaign": campaign,
        "term": term,
        "ad_content": content,
        "number": number,
        "identified_at": logins[0] if logins else None,
    }


def _page(event: Event) -> str | None:
    if event["url"] is None:
        return None
    parts = urlsplit(event["url"])
    return parts.netloc + parts.path


def _site(address: str | None) -> str | None:
    name = urlsplit(address or "").hostname
    return name.removeprefix("www.") if name else None


def _outside(event: Event, ignored: tuple[str, ...]) -> str | None:
    here, there = _site(event["url"]), _site(event["referrer"])
    if there is None:
        return None
    if any(there == name or there.endswith(f".{name}") for name in ignored):
        return None
    if here and (here == there or here.endswith(f".{there}") or there.endswith(f".{here}")):
        return None
    return there


def credited(sessions: list[dict[str, Any]], lookback: timedelta) -> dict[int, int]:
    """Of each session of one person the id of the session it is credited to."""
    order = sorted(sessions, key=lambda one: (one["at"], one["event_id"]))
    result = {}
    for place, one in enumerate(order):
        chosen = one
        if one["channel"] == "Direct":
            for other in reversed(order[:place]):
                if other["channel"] != "Direct":
                    chosen = other if one["at"] - other["at"] <= lookback else one
                    break
        result[one["event_id"]] = chosen["event_id"]
    return result
