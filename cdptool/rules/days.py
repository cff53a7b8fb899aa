"""The local days of many instants: found by the starts of days, and asked of the zone only where its clocks change."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from cdptool.rules.moments import period_starts
from cdptool.rules.spans import EPOCH, instant
from cdptool.rules.timelines import Mask, Numbers
from cdptool.rules.windows import CalendarUnit, WeekStart, day_start
from cdptool.tables import UTC_TIME

_DAY: Final = 86_400_000_000
_LATEST: Final = 130 * 366 * _DAY  # about 2100
_MOST_DAYS: Final = 5_000


def local_days(at: Numbers, tz: str) -> Numbers:
    """
    The local day of each instant, as days since 1970.

    Args:
        at: Microseconds since 1970, UTC.
        tz: The name of the zone.

    >>> local_days(np.array([0, 15 * 3_600_000_000, 16 * 3_600_000_000]), "Asia/Ho_Chi_Minh").tolist()
    [0, 0, 1]
    """
    least, most = (int(end) for end in (at.min(initial=_LATEST), at.max(initial=0)))
    if not len(at) or least < 0 or most >= _LATEST or most - least > _MOST_DAYS * _DAY:
        return _asked(at, tz)
    first = (EPOCH + timedelta(microseconds=least)).astimezone(ZoneInfo(tz)).date() - timedelta(days=1)
    starts, are_unsure = _days(first, (most - least) // _DAY + 4, tz)
    found: Numbers = (at - starts[0]) // _DAY
    if _are_alike(starts) and not are_unsure.any():  # every day has 24 hours
        found += (first - EPOCH.date()).days
        return found
    while (is_later := at >= np.take(starts, found + 1)).any():
        found += is_later
    while (is_earlier := at < np.take(starts, found)).any():
        found -= is_earlier
    unsure = np.flatnonzero(np.take(are_unsure, found))
    found += (first - EPOCH.date()).days
    found[unsure] = _asked(np.take(at, unsure), tz)
    return found


def _are_alike(starts: Numbers) -> bool:
    return bool((np.diff(starts) == _DAY).all())


def _asked(at: Numbers, tz: str) -> Numbers:
    days = pl.Series(at, dtype=pl.Int64).cast(UTC_TIME).dt.convert_time_zone(tz).dt.date()
    return days.to_physical().to_numpy().astype(np.int64)


@lru_cache(maxsize=16)
def _days(first: date, n: int, tz: str) -> tuple[Numbers, Mask]:
    """The starts of so many days, and whether the clocks change on them or the day before or after."""
    zone = ZoneInfo(tz)
    starts = [day_start(first + timedelta(days=i), zone) for i in range(n + 1)]
    offsets = np.array([each.astimezone(zone).utcoffset() for each in starts])
    changes = np.append(offsets[1:] != offsets[:-1], False)
    near = changes.copy()
    near[1:] |= changes[:-1]
    near[:-1] |= changes[1:]
    return np.array([instant(each) for each in starts]), near


def distinct_periods(at: Numbers, unit: CalendarUnit, tz: str, week_starts: WeekStart) -> Numbers:
    """A number for the calendar period of each instant, the same where the periods are."""
    days = local_days(at, tz)
    if unit == "day" or not len(days):
        return days
    least = int(days.min())
    every = pl.select(pl.int_range(least, int(days.max()) + 1, dtype=pl.Int32).cast(pl.Date).alias("day"))
    starts = every.select(period_starts(pl.col("day"), unit, 0, week_starts)).to_series().to_physical()
    return np.take(starts.to_numpy().astype(np.int64), days - least)
