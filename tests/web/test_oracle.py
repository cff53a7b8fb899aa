"""Thousands of random worlds: the arrays and the slow plain reading say the same of every event and session."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from cdptool.ids import hashes
from cdptool.web import Cutting, last_non_direct_kernel, owners_kernel, sessions_kernel
from tests.frames import ROUNDS
from tests.web.oracle import credited, owner_of, told, visits_of
from tests.web.worlds import START, random_worlds

WORLDS = 80  # in each of 15 rounds


@pytest.mark.parametrize("seed", range(15 * ROUNDS))
def test_every_session_is_what_the_slow_reading_says(seed: int) -> None:
    rng = Random(seed)
    events = random_worlds(rng, WORLDS)
    cutting = Cutting(
        rng.choice((1_800, 300)),
        rng.choice((None, "Asia/Ho_Chi_Minh", "America/New_York", "Europe/Berlin")),
        rng.random() < 0.5,
        rng.choice(((), ("example.net", "facebook.com"))),
    )
    as_of = START + timedelta(seconds=rng.randrange(300_000))
    found = sessions_kernel(cutting, as_of)(events.lazy()).collect()
    owned = owners_kernel(cutting)(events.lazy()).collect()
    sessions, owners = expected(events, cutting, as_of)
    assert {
        row["event_id"]: row for row in found.drop("source", "content", "channel").to_dicts()
    } == sessions, seed
    assert {row["event_id"]: row for row in owned.to_dicts()} == owners, seed


def expected(events: pl.DataFrame, cutting: Cutting, as_of: Any) -> tuple[dict[int, Any], dict[int, Any]]:
    """By id what the oracle says of each session, and of each event."""
    sessions, owners = {}, {}
    for (device,), part in events.drop_nulls(["device", "at"]).group_by("device"):
        rows = part.to_dicts()
        visits = visits_of(rows, cutting)
        for number, visit in enumerate(visits, 1):
            session_id = hashes("session", pl.Series([visit.events[0]["event_id"]]))[0]
            for event in visit.events:
                record_id, known_by = owner_of(event, visit, visits)
                owners[event["event_id"]] = {
                    "event_id": event["event_id"],
                    "session_id": session_id,
                    "record_id": record_id,
                    "known_by": known_by,
                }
            first = owners[visit.events[0]["event_id"]]
            whose = {"record_id": first["record_id"], "known_by": first["known_by"], "device": device}
            sessions[session_id] = {"event_id": session_id, **whose, **told(visit, number, cutting, as_of)}
    return sessions, owners


def test_a_direct_visit_is_credited_to_the_last_that_was_not() -> None:
    for seed in range(200 * ROUNDS):
        rng = Random(seed)
        n = rng.randrange(1, 20)
        rows = pl.DataFrame(
            {
                "person": pl.Series([rng.randrange(3) for _ in range(n)], dtype=pl.Int64),
                "event_id": pl.Series(rng.sample(range(1000), n), dtype=pl.Int64),
                "at": [START + timedelta(hours=rng.randrange(30)) for _ in range(n)],
                "channel": [rng.choice(("Direct", "Direct", "Email", "Paid Search")) for _ in range(n)],
                "traffic_source": [f"s{i}" for i in range(n)],
                "traffic_medium": [None] * n,
                "campaign": [None] * n,
            },
            schema_overrides={"traffic_medium": pl.String(), "campaign": pl.String()},
        )
        found = last_non_direct_kernel(36_000)(rows.lazy()).collect()
        names = dict(rows.select("traffic_source", "event_id").iter_rows())
        actual = {row["event_id"]: names[row["touch_source"]] for row in found.to_dicts()}
        slow: dict[int, int] = {}
        for (_,), part in rows.group_by("person"):
            slow |= credited(part.to_dicts(), timedelta(hours=10))
        assert actual == slow, seed
