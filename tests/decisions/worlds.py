"""Random small worlds: people who share identifiers, a ledger, a log, earlier plans, and a plan for all of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from cdptool.decisions import cap_columns, events_by_profile, people_schema, reservations
from cdptool.decisions.caps import cap_column
from cdptool.decisions.events import LEDGER, LOG, PLANNED
from cdptool.decisions.spec import Campaign, Cap, Channel, ConsentSpec, Plan, SendLog, Window
from cdptool.errors import Place
from cdptool.rules.syntax import parse
from cdptool.tables import DECISIONS, IDENTIFIERS

Row = dict[str, Any]
IS_PROMO = parse('kind == "promo"', Place("plan.yaml"))
PURPOSES = ("marketing", "advertising")
MOMENTS = (  # near the edges of days, weeks, months, quarters, quiet hours
    datetime(2026, 11, 21, 13, 0, tzinfo=UTC),
    datetime(2026, 10, 1, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 1, 16, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 1, 1, 4, 30, tzinfo=UTC),
    datetime(2026, 11, 23, 17, 0, tzinfo=UTC),
)


@dataclass
class World:
    """Rows of everything a plan reads; profile ids and values of different cases never meet."""

    identifiers: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    log: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)

    def shuffled(self, seed: int) -> World:
        """The same rows in another order."""
        rng = random.Random(seed)
        names = ("identifiers", "ledger", "log", "decisions", "people")
        return World(**{name: rng.sample(rows := getattr(self, name), len(rows)) for name in names})

    def cases(self) -> list[World]:
        """The small worlds this one is made of."""
        found: dict[int, World] = {}
        for name in ("identifiers", "ledger", "log", "decisions", "people"):
            for row in getattr(self, name):
                case = row["event_id"] // 100 if "event_id" in row else row["profile_id"] // 10
                getattr(found.setdefault(case, World()), name).append(row)
        return [found[case] for case in sorted(found)]


def applies(cap: Cap, campaign: Campaign, channel: str) -> bool:
    """The one condition of these plans, asked of a campaign."""
    return campaign.kind == "promo"


def promo(kind: str | None) -> bool | None:
    """The one condition of these plans, asked of a send."""
    return None if kind is None else kind == "promo"


def frames(world: World, plan: Plan, as_of: datetime) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """People and events as `plan` takes them."""
    conditions = [
        (pl.col("kind") == "promo").alias(cap_column(cap)) for cap in plan.caps if cap.where is not None
    ]
    decisions = pl.LazyFrame(world.decisions, schema=dict(DECISIONS))
    events = events_by_profile(
        pl.LazyFrame(world.identifiers, schema=dict(IDENTIFIERS)),
        ledger=pl.LazyFrame(world.ledger, schema=LEDGER),
        log=pl.LazyFrame(world.log, schema=LOG).with_columns(conditions),
        planned=reservations(decisions, plan, as_of=as_of).select(*PLANNED).with_columns(conditions),
        cap_columns=cap_columns(plan),
    )
    return pl.LazyFrame(world.people, schema=dict(people_schema(plan))), events


def random_plan(rng: random.Random) -> Plan:
    """Two to four campaigns, three channels, up to five caps."""
    channels = (
        Channel("email", "email"),
        Channel("sms", "phone", quiet_from="22:00", quiet_until="07:00"),
        Channel(
            "push", "push_token", needs_consent=rng.random() < 0.5, quiet_from="21:00", quiet_until="23:00"
        ),
    )
    names = [c.name for c in channels]
    windows = [Window(seconds=86_400), Window(seconds=7 * 86_400)]
    windows += [Window(calendar=unit) for unit in ("day", "week", "month", "quarter", "year")]
    caps = tuple(
        Cap(
            f"cap{i}",
            rng.choice((0, 1, 1, 2, 3)),
            rng.choice(windows),
            channel=rng.choice((None, None, *names)),
            where=rng.choice((None, None, IS_PROMO)),
            only=rng.choice((None, None, "vip")),
        )
        for i in range(rng.randint(0, 5))
    )
    campaigns = tuple(
        Campaign(
            name,
            to="all",
            channels=tuple(rng.sample(names, rng.randint(1, 3))),
            purpose=rng.choice(PURPOSES),
            priority=rng.choice((10, 50, 90)),
            kind=rng.choice(("promo", "news")),
            starts_on=rng.choice((None, None, None, "2026-06-01")),
            ends_on=rng.choice((None, None, None, "2026-10-01")),
        )
        for name in ("winter", "cart", "birthday", "news")[: rng.randint(1, 4)]
    )
    if rng.random() < 0.5:
        kind = rng.choice(("transactional", "transactional", "promo"))
        campaigns += (
            Campaign("otp", "all", ("sms", "email"), "service", priority=100, kind=kind, exempt=True),
        )
    starts = rng.choice(("monday", "sunday", "saturday"))
    zone = rng.choice(("Asia/Ho_Chi_Minh", "UTC", "America/New_York"))
    return Plan(channels, caps, campaigns, ConsentSpec("consent"), SendLog("sent"), zone, starts)


def random_world(rng: random.Random, plan: Plan, as_of: datetime, *, cases: int) -> World:
    """Many small cases in one world; each has one to three people, of whom some share a phone."""
    world = World()
    for case in range(cases):
        _add_case(world, rng, plan, as_of, case)
    return world


def _add_case(world: World, rng: random.Random, plan: Plan, as_of: datetime, case: int) -> None:
    profiles = [case * 10 + i for i in range(rng.randint(1, 3))]
    held: list[tuple[str, str]] = []
    for profile in profiles:
        mine = [("email", f"e{profile}"), ("customer_id", f"c{profile}"), ("push_token", f"t{profile}")]
        mine.append(("phone", f"shared{case}" if rng.random() < 0.4 else f"p{profile}"))
        mine.append(("email", f"old{profile}"))
        mine = [one for one in mine if rng.random() < 0.85]
        held += mine
        world.identifiers += [{"profile_id": profile, "field": f, "value": v} for f, v in mine]
        world.people.append(_person(rng, plan, profile, dict(reversed(mine))))
    held += [("email", f"nobody{case}")]
    for number in range(rng.randint(0, 10)):
        world.ledger += _consent_event(rng, as_of, case * 100 + number, held)
    for number in range(rng.randint(0, 8)):
        world.log += _log_event(rng, plan, as_of, case * 100 + 50 + number, held, case)
    for _ in range(rng.choice((0, 0, 1, 2))):
        world.decisions.append(_decision(rng, plan, as_of, rng.choice(profiles), case))


def _person(rng: random.Random, plan: Plan, profile: int, held: dict[str, str]) -> Row:
    flags = {name: rng.choice((True, True, True, False, None)) for name in people_schema(plan) if ":" in name}
    addresses = {name: held.get(name) for name in ("email", "phone", "push_token")}
    listed = rng.choice((None,) * 18 + ("erased", "do_not_contact"))
    return {"profile_id": profile, "suppressed_by": listed, **addresses, **flags}


def _moment(rng: random.Random, as_of: datetime) -> datetime | None:
    """Mostly a few hours or days back, often an exact edge, sometimes later than `as_of`, rarely unknown."""
    back = rng.choice((0, 1, 2, 24, 24, 7 * 24, 30 * 24, 80 * 24, -3)) * 3600
    fine = rng.choice((0, 0, 1, -1)) * timedelta(microseconds=1)
    wide = timedelta(seconds=rng.choice((0, 0, rng.randint(0, 3600 * 24 * 9))))
    return None if rng.random() < 0.04 else as_of - timedelta(seconds=back) + fine - wide


def _consent_event(
    rng: random.Random, as_of: datetime, event_id: int, held: list[tuple[str, str]]
) -> list[Row]:
    row = {
        "event_id": event_id,
        "at": _moment(rng, as_of),
        "channel": rng.choice(("email", "sms", "push", "Email ", "all", None, "fax")),
        "purpose": rng.choice((*PURPOSES, "marketing", "all", "", "service")),
        "state": rng.choice(
            ("granted",) * 9 + ("Granted", "denied", "withdrawn", "withdrawn", "maybe", "", None)
        ),
    }
    chosen = sorted(set(rng.choices(held, k=rng.choice((1, 1, 2)))))
    return [{**row, "field": f, "value": v} for f, v in chosen]


def _log_event(
    rng: random.Random, plan: Plan, as_of: datetime, event_id: int, held: list[tuple[str, str]], case: int
) -> list[Row]:
    statuses = ("sent", "Delivered", "delivered", "opened", "clicked", "soft_bounced", "failed", None)
    row = {
        "event_id": event_id,
        "at": _moment(rng, as_of),
        "channel": rng.choice(("email", "email", "sms", "sms", "push", None)),
        "campaign": rng.choice(("winter", "cart", "gone", None)),
        "kind": rng.choice(("promo", "promo", "news", "transactional", None)),
        "status": rng.choice(statuses * 3 + ("hard_bounced", "hard_bounced", "unsubscribed", "complained")),
        "dispatch_id": rng.choice((None, f"d{case}a", f"d{case}b")),
    }
    chosen = sorted(set(rng.choices(held, k=rng.choice((1, 1, 2)))))
    return [{**row, "field": f, "value": v} for f, v in chosen]


def _decision(rng: random.Random, plan: Plan, as_of: datetime, profile: int, case: int) -> Row:
    return {
        "as_of": as_of - timedelta(hours=rng.choice((0, 1, 24, 48))),
        "campaign": rng.choice(("winter", "cart", "gone")),
        "profile_id": profile,
        "decision": rng.choice(("send", "send", "suppress")),
        "channel": rng.choice(("email", "sms", "push")),
        "reason": "ok",
        "rule": None,
        "reasons": [],
        "dispatch_id": rng.choice((f"d{case}a", f"d{case}b", f"d{case}x")),
    }
