"""Expectations judged by plain loops over rows: slow, and obvious."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from tests.checks.data import NOW, PRODUCTS, ZONE

Row = dict[str, Any]
Truth = bool | None


def fails_both(left: Truth, right: Truth) -> Truth:
    """`and` of three values."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def of(name: str, test: Callable[[Any], bool]) -> Callable[[Row], Truth]:
    return lambda row: None if row[name] is None else test(row[name])


# A condition and what it comes to for one row: true, false or unknown.
CONDITIONS: dict[str, Callable[[Row], Truth]] = {
    "quantity > 0": of("quantity", lambda q: q > 0),
    'status in ["paid", "open"]': of("status", lambda s: s in ("paid", "open")),
    "not missing(status)": lambda row: row["status"] is not None,
    'matches(order_id, "^o[12]$")': of("order_id", lambda o: re.search("^o[12]$", o) is not None),
    "total >= 2": of("total", lambda t: t >= 20_000),
    "at <= now": of("at", lambda at: at <= NOW),
    "0 < quantity <= 2": lambda row: fails_both(
        of("quantity", lambda q: q > 0)(row), of("quantity", lambda q: q <= 2)(row)
    ),
    "quantity > 0 and total >= 2": lambda row: fails_both(
        of("quantity", lambda q: q > 0)(row), of("total", lambda t: t >= 20_000)(row)
    ),
    "sku in products": of("sku", lambda sku: sku in PRODUCTS),
}


def failing_rows(text: str, files: list[tuple[bool, list[Row]]]) -> list[str]:
    """The places of the new rows that fail a condition or a demand for unique values, in order."""
    if text.startswith("unique"):
        names = [name.strip() for name in text.removeprefix("unique(").removesuffix(")").split(",")]
        keys = Counter(key(row, names) for _, rows in files for row in rows)

        def test(row: Row) -> Truth:
            return keys[key(row, names)] == 1 if key(row, names) else None
    else:
        test = CONDITIONS[text]
    return sorted(
        f"f{number}.csv:{i + 2}"
        for number, (new, rows) in enumerate(files)
        for i, row in enumerate(rows)
        if new and test(row) is False
    )


def key(row: Row, names: list[str]) -> tuple[Any, ...] | None:
    values = tuple(row[name] for name in names)
    return None if None in values else values


def failing_files(tolerance: float, files: list[tuple[bool, list[Row]]]) -> list[str]:
    """The new files whose size is not around the median of those before, where there are three."""
    sizes = [len(rows) for _, rows in files]
    return [
        f"f{i}.csv"
        for i, (new, _) in enumerate(files)
        if new and i >= 3 and abs(sizes[i] - median(sizes[:i])) > tolerance * median(sizes[:i])
    ]


def missing_days(files: list[tuple[bool, list[Row]]]) -> int | None:
    """How many whole days of the zone since the first row have none; None without a row."""
    zone = ZoneInfo(ZONE)
    times = [row["at"] for _, rows in files for row in rows if row["at"] is not None and row["at"] <= NOW]
    if not times:
        return None
    days = {at.astimezone(zone).date() for at in times}
    day, missing = min(days), 0
    while day < NOW.astimezone(zone).date():
        missing += day not in days
        day += timedelta(days=1)
    return missing


def is_late(seconds: int, files: list[tuple[bool, list[Row]]]) -> bool:
    times = [row["at"] for _, rows in files for row in rows if row["at"] is not None and row["at"] <= NOW]
    return not times or NOW - max(times) > timedelta(seconds=seconds)
