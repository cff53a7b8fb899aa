"""Local days beside Polars' own: zones whose clocks change at midnight, just after it, and by a whole day."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from cdptool.rules.days import distinct_periods, local_days
from cdptool.rules.moments import period_starts
from cdptool.rules.windows import CALENDAR_UNITS, CalendarUnit

ZONES = (
    ("Asia/Ho_Chi_Minh", 2026),
    ("Europe/Berlin", 2025),
    ("America/Sao_Paulo", 2017),  # midnight is skipped
    ("America/St_Johns", 2008),  # one minute after midnight it is yesterday again
    ("Pacific/Apia", 2011),  # a day is skipped
    ("Africa/Casablanca", 2024),
    ("Asia/Kathmandu", 1985),
    ("UTC", 1990),
)


def instants(year: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    chance = np.random.default_rng(seed)
    start = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    whole = start + chance.integers(0, 800 * 86_400, 20_000) * 1_000_000
    return np.concatenate((whole, start + np.arange(0, 800 * 96) * 900_000_000, whole - 1))


@pytest.mark.parametrize(("tz", "year"), ZONES)
def test_days_are_those_of_the_zone(tz: str, year: int) -> None:
    at = instants(year, year)
    times = pl.Series(at).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(tz).dt.date()
    assert local_days(at, tz).tolist() == times.to_physical().to_list()


@pytest.mark.parametrize("at", [[-1, 5], [0, 9_000_000_000_000_000], [], [7]])
def test_days_long_ago_and_far_ahead(at: list[int]) -> None:
    times = pl.Series(at, dtype=pl.Int64).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone("Europe/Paris")
    found = local_days(np.array(at, dtype=np.int64), "Europe/Paris")
    assert found.tolist() == times.dt.date().to_physical().to_list()


@pytest.mark.parametrize("unit", CALENDAR_UNITS)
def test_periods_are_equal_where_their_starts_are(unit: CalendarUnit) -> None:
    at, tz = instants(2024, 1)[:5_000], "Europe/Berlin"
    day = pl.Series("day", at).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(tz).dt.date()
    starts = day.to_frame().select(period_starts(pl.col("day"), unit, 0, "sunday")).to_series()
    found = pl.Series(distinct_periods(at, unit, tz, "sunday"))
    pairs = pl.DataFrame({"found": found, "start": starts}).unique()
    assert pairs.height == pairs["found"].n_unique() == pairs["start"].n_unique()
