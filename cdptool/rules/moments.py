"""The bounds of a window for a column of clocks: what `windows.bounds` says, as Polars expressions."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import polars as pl

from cdptool.rules.windows import (
    ONE_MICROSECOND,
    SKIPPED,
    Calendar,
    CalendarUnit,
    Forward,
    Rolling,
    WeekStart,
    Window,
    first_weekday,
)
from cdptool.tables import UTC_TIME


class MomentBounds(NamedTuple):
    """First and last microsecond per row, both included. None as first = since ever."""

    first: pl.Expr | None
    last: pl.Expr


@cache
def moment(value: datetime) -> pl.Expr:
    """A constant time, UTC microseconds."""
    return pl.lit(value, dtype=UTC_TIME)


def moment_bounds(
    window: Window | None, clock: pl.Expr, cut: pl.Expr, tz: str, week_starts: WeekStart
) -> MomentBounds:
    """
    The stretch of time a window covers for each row.

    Args:
        window: The window; None is everything up to the row's time.
        clock: The row's time (Datetime[us, UTC]).
        cut: As-of (Datetime[us, UTC]): `"+"` ends there.
        tz: The zone of calendar windows.
        week_starts: The first day of a week.

    Returns:
        First and last microsecond (Datetime[us, UTC]), row by row what `windows.bounds` gives.
    """
    match window:
        case None:
            return MomentBounds(None, clock)
        case Rolling(since, until):
            first = clock - pl.lit(timedelta(seconds=since) - ONE_MICROSECOND)
            return MomentBounds(first, clock - pl.lit(timedelta(seconds=until)))
        case Forward(None):
            return MomentBounds(clock, cut)
        case Forward(seconds):
            return MomentBounds(clock, clock + pl.lit(timedelta(seconds=seconds or 0) - ONE_MICROSECOND))
        case Calendar(unit, since, until):
            today = clock.dt.convert_time_zone(tz).dt.date()
            start = day_starts(period_starts(today, unit, since, week_starts), tz)
            end = day_starts(period_starts(today, unit, until - 1, week_starts), tz)
            return MomentBounds(start, pl.min_horizontal(end - pl.lit(ONE_MICROSECOND), clock))


def period_starts(day: pl.Expr, unit: CalendarUnit, ago: int, week_starts: WeekStart) -> pl.Expr:
    """The first day (Date) of the period that lies `ago` periods before the one holding `day`."""
    if unit == "day":
        return day - pl.lit(timedelta(days=ago))
    if unit == "week":
        since_start = (day.dt.weekday().cast(pl.Int64) - 1 - first_weekday(week_starts)) % 7
        return day - pl.duration(days=since_start + 7 * ago)
    every = {"month": "1mo", "quarter": "1q", "year": "1y"}[unit]
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    return day.dt.truncate(every).dt.offset_by(f"{-ago * months}mo")


def day_starts(day: pl.Expr, tz: str) -> pl.Expr:
    """The first instant (Datetime[us, UTC]) of each local day; where midnight is skipped, that of the change."""
    midnight = day.cast(pl.Datetime("us"))
    tries = [
        (midnight + pl.lit(later)).dt.replace_time_zone(tz, ambiguous="earliest", non_existent="null")
        for later in SKIPPED
    ]
    return pl.coalesce(tries).dt.convert_time_zone("UTC")
