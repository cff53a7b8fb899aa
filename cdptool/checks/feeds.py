"""Demands on files and on time: how many rows a file has, how new the newest is, and which periods have none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.checks.spec import Expectation, Fresh, Result, SourceData
from cdptool.errors import Place
from cdptool.rules import Node, row_condition
from cdptool.tables import Column, StreamSchema

LEAST_HISTORY: Final = 3  # files; a median of fewer says nothing
_DAY: Final = 86_400
_FILE: Final = StreamSchema("file", (Column("rows", "integer"),))


def file_rows(expectation: Expectation, condition: Node, data: SourceData) -> Result:
    """Judge the number of rows of every new file."""
    new = data.files.filter(pl.col("is_new")).rename({"rows_read": "rows"})
    failing = new.filter(~row_condition(condition, _FILE))
    places = tuple(Place(path) for path in failing["path"])
    return Result(expectation, "held", new.height, failing.height, "file", places=places)


def volume(expectation: Expectation, tolerance: float, data: SourceData) -> Result:
    """Judge the number of rows of every new file by the median of all files before it, where there are three."""
    earlier: list[int] = []
    judged = 0
    places = []
    for path, n_rows, is_new in data.files.select("path", "rows_read", "is_new").iter_rows():
        if is_new and len(earlier) >= LEAST_HISTORY:
            usual = median(earlier)
            judged += 1
            if abs(n_rows - usual) > tolerance * usual:
                places.append(Place(path))
        earlier.append(n_rows)
    if not judged:
        detail = f"fewer than {LEAST_HISTORY} files before the new ones"
        return Result(expectation, "not judged", unit="file", detail=detail)
    return Result(expectation, "held", judged, len(places), "file", places=tuple(places))


def lateness(expectation: Expectation, data: SourceData) -> Result:
    """Judge the new files by the rows that came later than declared."""
    new = data.files.filter(pl.col("is_new"))
    late = new.filter(pl.col("rows_late") > 0)
    places = tuple(Place(path) for path in late["path"])
    return Result(
        expectation, "held", int(new["rows_read"].sum()), int(late["rows_late"].sum()), places=places
    )


def freshness(expectation: Expectation, form: Fresh, data: SourceData) -> Result:
    """Judge how long ago the newest time is; times after the moment do not count, for a feed cannot have them yet."""
    column = pl.col(form.column)
    newest = _until(data, form.column).select(column.max()).collect().item()
    if newest is None:
        return Result(expectation, "failed", 1, 1, "feed", "there is not a single row with a time before now")
    at = newest if isinstance(newest, datetime) else _midnight(newest, data.tz)
    late = data.moment - at > timedelta(seconds=form.seconds)
    behind = _length(data.moment - at)
    detail = f"the newest is of {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {behind} back"
    return Result(expectation, "held", 1, int(late), "feed", detail)


def periods(expectation: Expectation, seconds: int, data: SourceData) -> Result:
    """
    Judge whether every whole period between the first row and the moment has a row.

    Periods of whole days follow the calendar of the zone and begin with the day of the first row; shorter ones are
    cut in UTC. The period that the moment lies in is not over yet, so it is not judged.
    """
    in_days = seconds % _DAY == 0
    local = pl.col("at").dt.convert_time_zone(data.tz).dt.date().cast(pl.Int64)
    unit = local if in_days else pl.col("at").dt.epoch("s")
    found = _until(data, "at").select(unit.unique().alias("unit")).drop_nulls().collect()["unit"]
    if found.is_empty():
        return Result(
            expectation, "failed", 1, 1, "period", "there is not a single row with a time before now"
        )
    length = seconds // _DAY if in_days else seconds
    first = int(found.sort().item(0))
    first = first if in_days else first // length * length
    today = (data.moment.astimezone(ZoneInfo(data.tz)).date() - date(1970, 1, 1)).days
    now = today if in_days else int(data.moment.timestamp())
    n_periods = (now - first) // length
    seen = set(((found - first) // length).to_list())
    missing = [index for index in range(n_periods) if index not in seen]
    name = "day" if seconds == _DAY else "period"
    if not n_periods:
        return Result(expectation, "not judged", unit=name, detail="the first period is not over yet")
    detail = ""
    if missing:
        begins = _told(first + missing[0] * length, in_days=in_days)
        detail = f"{len(missing):,} of {n_periods:,} {name}s have no row, the first of them {begins}"
    return Result(expectation, "held", n_periods, len(missing), name, detail)


def _until(data: SourceData, column: str) -> pl.LazyFrame:
    dates = data.rows.collect_schema()[column] == pl.Date
    now = data.moment.astimezone(ZoneInfo(data.tz)).date() if dates else data.moment
    return data.rows.filter(pl.col(column) <= pl.lit(now))


def _midnight(day: date, tz: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(tz))


def _told(unit: int, *, in_days: bool) -> str:
    if in_days:
        return (date(1970, 1, 1) + timedelta(days=unit)).isoformat()
    return f"{datetime.fromtimestamp(unit, UTC):%Y-%m-%d %H:%M} UTC"


def _length(length: timedelta) -> str:
    """
    >>> _length(timedelta(hours=30)), _length(timedelta(minutes=90))
    ('1 d 6 h', '1 h 30 min')
    """
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest} min"
