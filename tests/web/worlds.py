"""Random events of a few devices: pauses around the idle time, midnights, campaigns in columns and addresses, log-ins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl

from cdptool.web import EVENTS

START = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
STEPS = (0, 0, 1, 30, 300, 1_799, 1_800, 1_801, 5_000, 40_000)  # seconds between two events
QUERIES = (
    *[""] * 6,
    "?utm_source=google&utm_medium=cpc&utm_campaign=a",
    "?utm_campaign=b%20c&utm_source=facebook",
    "?x=1&gclid=abc",
    "?utm_medium=email&utm_source=news+letter",
    "?utm_source=",
    "?autm_sourcex=1",
)
LINKS = (
    None, None, None, "https://www.google.com.vn/", "https://shop.example.com/a", "https://example.com/",
    "https://pay.example.net/done", "https://m.facebook.com/x", "http://blog.example.org/post?q=1", "/a",
)  # fmt: skip


def random_worlds(rng: Random, n: int) -> pl.DataFrame:
    """EVENTS of `n` worlds that have nothing to do with one another, mixed up."""
    shift = (pl.col("device", "event_id") + 10_000 * i for i in range(n))
    worlds = [random_events(rng).with_columns(moved) for moved in shift]
    return pl.concat(worlds).sample(fraction=1, shuffle=True, seed=rng.randrange(1000))


def random_events(rng: Random) -> pl.DataFrame:
    """EVENTS in any order; some rows without a device, some without a time."""
    rows: list[dict[str, Any]] = []
    ids = rng.sample(range(10_000), 60)
    for device in (1, 2, 3, None)[: rng.randrange(1, 5)]:
        at, people = (
            START + timedelta(seconds=rng.randrange(90_000)),
            rng.sample(range(100, 104), rng.randrange(3)),
        )
        for _ in range(rng.randrange(14)):
            at += timedelta(seconds=rng.choice(STEPS))
            rows.append(_event(rng, device, None if rng.random() < 0.03 else at, ids.pop(), people))
    rng.shuffle(rows)
    return pl.DataFrame(rows, schema=EVENTS)


def _event(
    rng: Random, device: int | None, at: datetime | None, event_id: int, people: list[int]
) -> dict[str, Any]:
    is_known = bool(people) and rng.random() < 0.15
    is_page = rng.random() < 0.7
    has_url = is_page and rng.random() < 0.9
    beside = rng.random() < 0.1
    return {
        "device": device,
        "at": at,
        "event_id": event_id,
        "record_id": rng.choice(people) if is_known else 10 + (device or 0),
        "is_known": is_known,
        "is_page": is_page,
        "is_conversion": rng.random() < 0.05,
        "url": f"https://www.example.com/{rng.choice('abc')}{rng.choice(QUERIES)}" if has_url else None,
        "referrer": rng.choice(LINKS),
        "source": rng.choice(("zalo", "google")) if beside else None,
        "medium": "social" if beside and rng.random() < 0.5 else None,
        "campaign": None,
        "term": None,
        "content": "banner" if beside else None,
    }
