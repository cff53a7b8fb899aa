"""
Windows: which stretch of time a selection looks at, seen from a clock.

A letter is a length (`d` is 24 hours exactly), a word is calendar. Bounds are whole microseconds, both ends
included, so a rolling `(t-w, t]`, a calendar `[start, end)` cut at t and a forward `[t, t+w)` are one shape.
The moment of a bound is taken against one clock (a Python datetime) here, and against a column of clocks in
`moments.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

CalendarUnit = Literal["day", "week", "month", "quarter", "year"]
WeekStart = Literal["monday", "sunday", "saturday"]

LENGTHS: Final[dict[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
CALENDAR_UNITS: Final[tuple[CalendarUnit, ...]] = ("day", "week", "month", "quarter", "year")
ONE_MICROSECOND: Final = timedelta(microseconds=1)
# How much of a day's start a change of the clocks has skipped, somewhere, ever (Apia lost a whole day).
SKIPPED: Final = tuple(timedelta(minutes=minutes) for minutes in (0, 30, 60, 120, 1440))
LONGEST_SECONDS: Final = 36_600 * 86_400  # a hundred years: bounds stay inside what datetimes can hold
MOST_PERIODS: Final[dict[CalendarUnit, int]] = {
    "day": 36_600,
    "week": 5_229,
    "month": 1_200,
    "quarter": 400,
    "year": 100,
}
# Between these, windows of that length end inside the calendar as well, also one around the other.
EARLIEST, LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

_LENGTH = re.compile(r"([0-9]{1,9})([smhdw])")
_CALENDAR = re.compile(r"(day|week|month|quarter|year)(?:-([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Rolling:
    """From `since` seconds back (excluded) to `until` seconds back (included): `"90d"`, `"24h":"3h"`."""

    since: int
    until: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whole periods: from the start of the period `since` ago to the end of the one `until` ago, cut at the clock."""

    unit: CalendarUnit
    since: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Forward:
    """From the clock on: `seconds` long (end excluded), or up to as-of where it is None (`"+"`)."""

    seconds: int | None = None


Window = Rolling | Calendar | Forward


class Bounds(NamedTuple):
    """The first and the last microsecond of a window, both included. None as first = since ever."""

    first: datetime | None
    last: datetime


def parse_length(text: str) -> int:
    """
    The seconds of a length such as `90d`.

    Raises:
        ValueError: If the text is no length, is zero, or is longer than a hundred years.

    >>> parse_length("36h")
    129600
    """
    match = _LENGTH.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a length; write a number and one of s m h d w, such as `90d`")
    seconds = int(match[1]) * LENGTHS[match[2]]
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError(f"`{text}` is out of range; a length lies between 1s and a hundred years")
    return seconds


def parse_window(text: str, until: str | None = None) -> Window:
    """
    A window from its text, or from the two texts of a range.

    Raises:
        ValueError: Saying what is wrong, without a place.

    >>> parse_window("24h", "3h")
    Rolling(since=86400, until=10800)
    >>> parse_window("month-1")
    Calendar(unit='month', since=1, until=1)
    """
    if until is not None:
        return _range(text, until)
    if text == "+":
        return Forward()
    if text.startswith("+"):
        return Forward(parse_length(text[1:]))
    period = _period(text)
    if period is not None:
        return Calendar(period[0], period[1], period[1])
    if text[:1].isalpha():
        units = ", ".join(CALENDAR_UNITS)
        raise ValueError(f"`{text}` is not a window; calendar windows are {units}, or such as `month-1`")
    return Rolling(parse_length(text))


def window_text(window: Window) -> str:
    """
    The canonical text of a window, quotes included.

    >>> window_text(Rolling(86400, 10800))
    '"1d":"3h"'
    """
    match window:
        case Rolling(since, 0):
            return f'"{length_text(since)}"'
        case Rolling(since, until):
            return f'"{length_text(since)}":"{length_text(until)}"'
        case Calendar(unit, since, until):
            first, last = (unit if ago == 0 else f"{unit}-{ago}" for ago in (since, until))
            return f'"{first}"' if since == until else f'"{first}":"{last}"'
        case Forward(None):
            return '"+"'
        case Forward(seconds):
            return f'"+{length_text(seconds or 0)}"'


def length_text(seconds: int) -> str:
    """
    A length in its largest whole unit.

    >>> length_text(7776000), length_text(604800)
    ('90d', '7d')
    """
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % LENGTHS[unit] == 0)
    return f"{seconds // LENGTHS[unit]}{unit}"


def bounds(
    window: Window | None, clock: datetime, cut: datetime, zone: ZoneInfo, week_starts: WeekStart
) -> Bounds:
    """
    The stretch of time a window covers, seen from a clock.

    Args:
        window: The window; None is everything up to the clock.
        clock: The subject's time, UTC.
        cut: As-of, UTC: `"+"` ends there. A forward window with a length may end after it (it is open then).
        zone: The zone of calendar windows.
        week_starts: The first day of a week.

    Returns:
        First and last microsecond, in UTC. The last may lie before the first: the window is empty.

    >>> bounds(Rolling(3600), datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 12), ZoneInfo("UTC"), "monday")
    Bounds(first=datetime.datetime(2026, 1, 1, 11, 0, 0, 1), last=datetime.datetime(2026, 1, 1, 12, 0))
    """
    match window:
        case None:
            return Bounds(None, clock)
        case Rolling(since, until):
            first = clock - timedelta(seconds=since) + ONE_MICROSECOND
            return Bounds(first, clock - timedelta(seconds=until))
        case Forward(seconds):
            return Bounds(
                clock, cut if seconds is None else clock + timedelta(seconds=seconds) - ONE_MICROSECOND
            )
        case Calendar(unit, since, until):
            today = clock.astimezone(zone).date()
            start = day_start(period_start(today, unit, since, week_starts), zone)
            end = day_start(period_start(today, unit, until - 1, week_starts), zone)
            return Bounds(start, min(end - ONE_MICROSECOND, clock))


def period_start(day: date, unit: CalendarUnit, ago: int, week_starts: WeekStart) -> date:
    """
    The first day of the period that lies `ago` periods before the one holding `day` (negative = after).

    >>> period_start(date(2026, 1, 15), "month", 1, "monday"), period_start(date(2026, 1, 15), "week", 0, "sunday")
    (datetime.date(2025, 12, 1), datetime.date(2026, 1, 11))
    """
    if unit == "day":
        return day - timedelta(days=ago)
    if unit == "week":
        return day - timedelta(days=(day.weekday() - first_weekday(week_starts)) % 7 + 7 * ago)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = (day.year * 12 + day.month - 1) // months * months - ago * months
    return date(index // 12, index % 12 + 1, 1)


def first_weekday(week_starts: WeekStart) -> int:
    """The first day of the week as Python counts days: Monday is 0."""
    return {"monday": 0, "saturday": 5, "sunday": 6}[week_starts]


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """
    The first instant of a local day, in UTC. Where the clocks skip midnight it is the instant of the change.

    >>> day_start(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
    datetime.datetime(2018, 11, 4, 3, 0, tzinfo=datetime.timezone.utc)
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    for later in SKIPPED:
        instant = (midnight + later).astimezone(UTC)  # arithmetic on a zoned time is wall-clock arithmetic
        if instant.astimezone(zone).replace(tzinfo=None) == (midnight + later).replace(tzinfo=None):
            return instant
    return midnight.astimezone(UTC)


def _period(text: str) -> tuple[CalendarUnit, int] | None:
    match = _CALENDAR.fullmatch(text)
    if match is None:
        return None
    unit = next(unit for unit in CALENDAR_UNITS if unit == match[1])
    ago = int(match[2] or 0)
    if ago > MOST_PERIODS[unit]:
        raise ValueError(f"`{text}` is out of range; a period lies at most a hundred years back")
    return unit, ago


def _range(text: str, until: str) -> Window:
    first, last = _period(text), _period(until)
    if first and last:
        if first[0] != last[0]:
            raise ValueError(f"a range has one calendar unit, found `{first[0]}` and `{last[0]}`")
        if first[1] < last[1]:
            raise ValueError(f'a range runs from the older end: write "{until}":"{text}"')
        return Calendar(first[0], first[1], last[1])
    if first or last or text.startswith("+") or until.startswith("+"):
        raise ValueError("both ends of a range are lengths back, or both are calendar periods")
    window = Rolling(parse_length(text), parse_length(until))
    if window.since <= window.until:
        raise ValueError(f'a range runs from the older end: write "{until}":"{text}"')
    return window
