"""Which rows lie in the windows of profiles' aggregates, as expressions over their times and as masks of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.rules.aggregates import Rows
from cdptool.rules.book import Catalog
from cdptool.rules.moments import moment
from cdptool.rules.timelines import Mask, Numbers
from cdptool.rules.windows import ONE_MICROSECOND, Bounds, Window, bounds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(when: datetime) -> int:
    """A time as microseconds since 1970.

    >>> instant(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    return (when - _EPOCH) // ONE_MICROSECOND


def span(rows: Rows, catalog: Catalog) -> Bounds:
    """The stretch of time of a profile's aggregate."""
    return bounds(rows.window, rows.cut, rows.cut, ZoneInfo(catalog.tz), catalog.week_starts)


def in_window(rows: Rows, catalog: Catalog) -> pl.Expr:
    """Which rows lie in the window of a profile's aggregate."""
    return between(span(rows, catalog))


class Spans:
    """The windows of some aggregates over one stream."""

    def __init__(self, specs: Sequence[Rows], catalog: Catalog) -> None:
        self._of: dict[tuple[Window | None, datetime], Bounds] = {}
        for rows in specs:
            key = (rows.window, rows.cut)
            if key not in self._of:
                self._of[key] = span(rows, catalog)
        self._masks: dict[tuple[Window | None, datetime], Mask | None] = {}

    @property
    def is_one(self) -> bool:
        """Whether they all have the same."""
        return len(self._of) == 1

    @property
    def widest(self) -> Bounds:
        """From the first of them to the last."""
        firsts = [each.first for each in self._of.values()]
        known = [first for first in firsts if first is not None]
        first = min(known) if len(known) == len(firsts) else None
        return Bounds(first, max(each.last for each in self._of.values()))

    def mask(self, rows: Rows, at: Numbers) -> Mask | None:
        """Which of these times lie in the window of an aggregate; None for all."""
        key = (rows.window, rows.cut)
        if key not in self._masks:
            seen = self._of[key]
            mask: Mask = at <= instant(seen.last)
            if seen.first is not None:
                mask &= at >= instant(seen.first)
            self._masks[key] = None if mask.all() else mask
        return self._masks[key]


def between(seen: Bounds) -> pl.Expr:
    """Which rows lie in a stretch of time, by their `at`."""
    inside = pl.col("at") <= moment(seen.last)
    return inside if seen.first is None else inside & (pl.col("at") >= moment(seen.first))
