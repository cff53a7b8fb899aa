"""Bounds of windows: half-open as the specification says, and on days the clocks change."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cdptool.rules.moments import moment, moment_bounds
from cdptool.rules.windows import EARLIEST, LATEST, Bounds, bounds, day_start, parse_window, window_text
from cdptool.tables import UTC_TIME
from tests.frames import ROUNDS

TICK = timedelta(microseconds=1)
WINDOWS = (
    "1h",
    "36h",
    "day",
    "day-1",
    "week",
    "week-1",
    "month",
    "month-13",
    "quarter",
    "quarter-2",
    "year-1",
    "+3h",
    "+",
)
ZONES = ("Asia/Ho_Chi_Minh", "America/Sao_Paulo", "Australia/Lord_Howe", "America/New_York", "Pacific/Apia", "Asia/Beirut",
         "Africa/Cairo", "America/Havana", "Asia/Kathmandu")  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "until", "clock", "first", "last"),
    [
        ("3h", None, "2026-11-21T14:00", at("2026-11-21T11:00") + TICK, at("2026-11-21T14:00")),
        ("5h", "3h", "2026-11-21T14:00", at("2026-11-21T09:00") + TICK, at("2026-11-21T11:00")),
        ("day", None, "2026-11-21T18:00", at("2026-11-21T17:00"), at("2026-11-21T18:00")),
        ("day-1", None, "2026-11-21T18:00", at("2026-11-20T17:00"), at("2026-11-21T17:00") - TICK),
        ("week", None, "2026-11-21T14:00", at("2026-11-15T17:00"), at("2026-11-21T14:00")),
        ("month-1", None, "2026-03-31T14:00", at("2026-01-31T17:00"), at("2026-02-28T17:00") - TICK),
        ("week-4", "week-1", "2026-11-21T14:00", at("2026-10-18T17:00"), at("2026-11-15T17:00") - TICK),
        ("quarter", None, "2026-11-21T14:00", at("2026-09-30T17:00"), at("2026-11-21T14:00")),
        ("year-1", None, "2026-11-21T14:00", at("2024-12-31T17:00"), at("2025-12-31T17:00") - TICK),
        ("+3h", None, "2026-11-21T13:00", at("2026-11-21T13:00"), at("2026-11-21T16:00") - TICK),
    ],
)  # fmt: skip
def test_a_window_has_these_bounds(
    window: str, until: str | None, clock: str, first: datetime, last: datetime
) -> None:
    found = bounds(parse_window(window, until), at(clock), at(clock), ZoneInfo("Asia/Ho_Chi_Minh"), "monday")
    assert found == Bounds(first, last)


def test_a_ladder_of_ranges_tiles_time() -> None:
    """No gap and no overlap between 3 h, 5 h and 7 h."""
    clock = at("2026-11-21T14:00")
    steps = [
        bounds(parse_window(a, b), clock, clock, ZoneInfo("UTC"), "monday")
        for a, b in (("5h", "3h"), ("7h", "5h"))
    ]
    assert steps[1].last + TICK == steps[0].first


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00"),  # midnight is skipped
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-26T22:00"),
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00"),  # midnight happens twice: the first one
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00"),  # the day is skipped
        ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00"),  # half an hour, later in the night
    ],
)
def test_a_day_starts_at_its_first_instant(zone: str, day: date, start: str) -> None:
    assert day_start(day, ZoneInfo(zone)) == at(start)


@pytest.mark.parametrize("zone", ZONES)
def test_bounds_of_a_column_are_those_of_each_clock(zone: str) -> None:
    rng = random.Random(zone)
    cut = at("2026-11-21T14:00")
    clocks = [cut - timedelta(minutes=rng.randrange(60 * 24 * 365 * 20)) for _ in range(60 * ROUNDS)]
    clocks += [
        day_start(day, ZoneInfo(zone)) for day in (date(2018, 11, 4), date(2011, 12, 31), date(2026, 3, 8))
    ]
    frame = pl.DataFrame({"at": clocks}, schema={"at": UTC_TIME})
    for text in WINDOWS:
        window, starts = parse_window(text), rng.choice(("monday", "sunday", "saturday"))
        first, last = moment_bounds(window, pl.col("at"), moment(cut), zone, starts)
        assert first is not None
        found = frame.select(first=first, last=last).rows()
        expected = [tuple(bounds(window, clock, cut, ZoneInfo(zone), starts)) for clock in clocks]
        assert found == expected, (text, starts)


@pytest.mark.parametrize(
    "text", ["0d", "90", "d", "1y", "month+1", "+month", "week-1w", "", "١d", "99999999d"]
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_window(text)


@pytest.mark.parametrize(
    "pair", [("week-1", "month"), ("7d", "week"), ("week-1", "week-4"), ("3h", "3h"), ("7d", "+1d")]
)
def test_what_is_no_range_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"range"):
        parse_window(*pair)


def test_windows_print_back() -> None:
    for text in ('"90d"', '"1d":"3h"', '"month-1"', '"week-4":"week-1"', '"+3h"', '"+"'):
        assert window_text(parse_window(*(part.strip('"') for part in text.split(":")))) == text


@pytest.mark.parametrize(
    "window", ["day-36601", "week-5230", "month-1201", "quarter-401", "year-101", "year-99999"]
)
def test_a_period_lies_at_most_a_hundred_years_back(window: str) -> None:
    """Further back the calendar ends, and no bound could be told."""
    with pytest.raises(ValueError, match="at most a hundred years"):
        parse_window(window)


@pytest.mark.parametrize("clock", [EARLIEST, LATEST - TICK])
@pytest.mark.parametrize(
    "window", ["36600d", "+36600d", "day-36600", "week-5229", "month-1200", "quarter-400", "year-100", "year"]
)
def test_every_window_of_every_moment_has_bounds(clock: datetime, window: str) -> None:
    bounds(parse_window(window), clock, clock, ZoneInfo("Asia/Ho_Chi_Minh"), "monday")
