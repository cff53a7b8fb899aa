"""What the libraries say, once more as plain loops over the rows of one person: slow, and obvious."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Rows = list[Row]
DAY = timedelta(days=1)
CHANNELS = {"email": "email", "sms": "phone", "push": "push_token"}
ENGAGED, CAME = ("opened", "clicked"), ("delivered", "opened", "clicked")
LOST = ("soft_bounced", "hard_bounced", "failed", "undelivered")
LOG_IN = ("login", "identify", "sign_up", "register")


@dataclass(frozen=True)
class Person:
    """A profile and its rows by stream, oldest first, none later than the moment."""

    fields: Row
    streams: Mapping[str, Rows]
    as_of: datetime
    tz: str

    def rows(self, stream: str, days: float | None = None) -> Rows:
        rows = self.streams.get(stream, [])
        return rows if days is None else [row for row in rows if row["at"] > self.as_of - days * DAY]

    def bought(self, days: float | None = None) -> Rows:
        return [row for row in self.rows("order", days) if row["total"] >= 0]

    def days_since(self, at: datetime) -> float:
        return (self.as_of - at) / DAY


def numbers(rows: Iterable[Row]) -> int:
    return len({row["order_id"] for row in rows})


def money(rows: Iterable[Row]) -> int:
    return sum(row["total"] for row in rows)


def later(row: Row, rows: Rows) -> Rows:
    return [other for other in rows if other["at"] >= row["at"] and other is not row]


def satisfaction(who: Person) -> dict[str, Any]:
    answers = who.rows("survey", 180)
    nps = [row["score"] for row in answers if row["kind"] == "nps"]
    csat = [row["score"] for row in answers if row["kind"] == "csat"]
    last = nps[-1] if nps else None
    group = "promoter" if (last or 0) >= 9 else "passive" if (last or 0) >= 7 else "detractor"
    average = sum(csat) / len(csat) if csat else None
    return {
        "nps_score": last,
        "nps_group": "no_answer" if last is None else group,
        "csat_average": average,
        "csat_answers": len(csat),
        "promoters": bool(nps) and group == "promoter",
        "detractors": bool(nps) and group == "detractor",
        "not_satisfied": average is not None and average <= 2,
    }


def basket(who: Person) -> dict[str, Any]:
    bought = who.bought(365)
    n = numbers(bought)
    collected = numbers(row for row in bought if row["channel"] == "web")  # as the test has it
    return {
        "purchases": n,
        "average_basket": money(who.rows("order", 365)) / n if n else None,
        "rows_per_basket": len(bought) / n if n else None,
        "collect_share": collected / n if n else None,
        "collects_in_store": n > 0 and collected / n >= 0.5,
    }


def devices(who: Person) -> dict[str, Any]:
    rows = who.rows("browse", 90)
    n_app = sum(row["platform"] == "app" for row in rows)
    n_devices = len({row["device"] for row in rows} - {None})
    return {
        "devices": n_devices,
        "push_tokens_seen": len({row["token"] for row in rows} - {None}),
        "app_share": n_app / len(rows) if rows else None,
        "several_devices": n_devices >= 2,
        "in_the_app": n_app > 0,
    }


def engagement(who: Person) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for channel in CHANNELS:
        rows = [row for row in who.rows("sent", 180) if row["channel"] == channel]
        n, clicks = (
            sum(row["status"] not in LOST for row in rows),
            sum(row["status"] == "clicked" for row in rows),
        )
        found |= {
            f"{channel}_sends": n,
            f"{channel}_clicks": clicks,
            f"{channel}_click_rate": (clicks + 20 * 0.02) / (n + 20),
        }
        if channel == "email":
            opens = sum(row["status"] in ENGAGED for row in rows)
            found |= {"email_opens": opens, "email_open_rate": (opens + 20 * 0.2) / (n + 20)}
            found["ignores_email"] = n >= 5 and opens == 0
    clicked = [name for name in ("email", "push", "sms") if found[f"{name}_clicks"]]
    best = max(clicked, key=lambda name: found[f"{name}_click_rate"]) if clicked else None
    engaged = [row["at"] for row in who.rows("sent") if row["status"] in ENGAGED]
    return {**found, "best_channel": best, "last_engaged_at": engaged[-1] if engaged else None}


def festive(who: Person) -> dict[str, Any]:
    n = numbers(who.bought(365))
    is_dear = n > 0 and money(who.rows("order", 365)) / n >= 2_000_000 * 10_000
    return {"festive": 1 <= n <= 2 and is_dear and numbers(who.bought()) >= 3}


def identification(who: Person) -> dict[str, Any]:
    rows = who.rows("browse")
    told = [row["at"] for row in rows if row["action"] in LOG_IN]
    month = who.as_of.astimezone(ZoneInfo(who.tz)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = [row for row in rows if row["action"] not in LOG_IN and (not told or row["at"] < told[0])]
    return {
        "first_seen_at": rows[0]["at"] if rows else None,
        "identified_at": told[0] if told else None,
        "days_anonymous": (told[0] - rows[0]["at"]) / DAY if told else None,
        "events_before_known": len(before),
        "anonymous_visitor": bool(rows) and not told,
        "identified_this_month": bool(told) and told[0] >= month,
    }


def lifecycle(who: Person) -> dict[str, Any]:
    times = [row["at"] for row in who.bought()]
    if not times:
        return {"lifecycle_stage": "prospect", "lifecycle_rhythm": None, "lifecycle_quiet": None}
    rhythm = ((times[-1] - times[0]) / DAY + 120) / numbers(who.bought())
    quiet = who.days_since(times[-1])
    gaps = zip([None, *times], times, strict=False)
    is_back = any(
        before is not None and now - before >= 365 * DAY and now > who.as_of - 30 * DAY
        for before, now in gaps
    )
    stages = {"active": 1.5, "at_risk": 3, "lapsed": 6}
    stage = next((name for name, times_ in stages.items() if quiet <= times_ * rhythm), "lost")
    stage = "new" if times[0] > who.as_of - 30 * DAY else "back" if is_back else stage
    return {"lifecycle_stage": stage, "lifecycle_rhythm": rhythm, "lifecycle_quiet": quiet}


def loyalty(who: Person) -> dict[str, Any]:
    points = who.fields["points"]
    tiers = {
        "diamond": money(who.rows("order", 30)) >= 5_000_000 * 10_000,
        "gold": money(who.rows("order", 90)) >= 4_000_000 * 10_000,
        "silver": (points or 0) >= 500 or numbers(who.bought(90)) >= 3,
        "member": points is not None or bool(who.rows("order")),
    }
    tier = next((name for name, is_so in tiers.items() if is_so), "no_tier")
    return {"tier": tier, **{f"tier_{name}": tier == name for name in ("diamond", "gold", "silver")}}


def renewal(who: Person, products: Mapping[str, Row]) -> dict[str, Any]:
    def kind(row: Row, what: str) -> Any:
        return products.get(row["sku"], {}).get(what)

    def is_due(row: Row) -> bool:
        lasts, age = kind(row, "renewal_days") or 0, who.days_since(row["at"])
        again = [
            other
            for other in later(row, who.rows("order"))
            if kind(other, "category") == kind(row, "category")
        ]
        return lasts > 0 and 0.9 * lasts <= age <= 1.5 * lasts and not again

    return {"renewal_due": any(is_due(row) for row in who.bought(730))}


def second_purchase(who: Person) -> dict[str, Any]:
    times = [row["at"] for row in who.bought()]
    again = [at for at in times if at - times[0] >= timedelta(seconds=1)]
    is_once = bool(times) and not again
    return {
        "first_purchase_at": times[0] if times else None,
        "second_purchase_at": again[0] if again else None,
        "days_to_second": (again[0] - times[0]) / DAY if again else None,
        "bought_once": is_once,
        "nudge_second": is_once and 30 < who.days_since(times[0]) <= 45,
    }


def reachability(who: Person) -> dict[str, Any]:
    found: dict[str, Any] = {}
    sent = who.rows("sent")
    for channel, address in CHANNELS.items():
        said = [
            row for row in who.rows("consent") if (row["channel"], row["purpose"]) == (channel, "marketing")
        ]
        mine = [row for row in sent if row["channel"] == channel]
        state = said[-1]["state"] if said else "never asked"
        left = any(
            row["status"] == "unsubscribed"
            and not any(yes["state"] == "granted" for yes in said if yes["at"] >= row["at"])
            for row in mine
        )
        dead = any(
            row["status"] == "hard_bounced" and not any(other["status"] in CAME for other in later(row, mine))
            for row in mine
        )
        complained = any(row["status"] == "complained" for row in sent)
        is_stopped = left or dead or complained
        found[f"{channel}_consent"] = state
        found[f"reachable_{channel}"] = (
            who.fields[address] is not None and state == "granted" and not is_stopped
        )
    return {**found, "reachable": any(found[f"reachable_{channel}"] for channel in CHANNELS)}


def measures(who: Person) -> dict[str, Any]:
    """Of RFM."""
    bought = who.bought()
    return {
        "rfm_recency": who.days_since(bought[-1]["at"]) if bought else None,
        "rfm_frequency": numbers(bought),
        "rfm_monetary": money(who.rows("order")),
    }


def parts(people: Mapping[int, Person]) -> dict[int, dict[str, Any]]:
    """Of RFM the scores: 1 and five times the share of those with less, rounded down; None for who did not buy."""
    values = {key: measures(who) for key, who in people.items() if who.bought()}
    found: dict[int, dict[str, Any]] = {
        key: dict.fromkeys(("rfm_r", "rfm_f", "rfm_m")) for key in people if key not in values
    }
    ranked: tuple[tuple[str, Callable[[dict[str, Any]], float]], ...] = (
        ("rfm_r", lambda each: -each["rfm_recency"]),
        ("rfm_f", lambda each: each["rfm_frequency"]),
        ("rfm_m", lambda each: each["rfm_monetary"]),
    )
    for name, of in ranked:
        worth = [of(each) for each in values.values()]
        for key, each in values.items():
            found.setdefault(key, {})[name] = 1 + 5 * sum(one < of(each) for one in worth) // len(worth)
    return found


LIBRARIES = (
    satisfaction, basket, devices, engagement, festive, identification, lifecycle, loyalty, second_purchase,
    reachability, measures,
)  # fmt: skip
