"""Which rows lie in the windows of profiles' aggregates, as expressions over their times and as masks of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from cdptool.rules.aggregates import Rows
from cdptool.rules.book import Catalog
from cdptool.rules.moments import moment
from cdptool.rules.timelines import Mask, Numbers
from cdptool.rules.windows import ONE_MICROSECOND, Bounds, Window, bounds

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def instant(when: datetime) -> int:
    """A time as microseconds since 1970.

    >>> instant(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    return (when - EPOCH) // ONE_MICROSECOND


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
        self._places: dict[tuple[Window | None, datetime], Numbers | None] = {}

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

    def places(self, rows: Rows, at: Numbers) -> Numbers | None:
        """Which of these times lie in the window of an aggregate, by their places; None for all."""
        key = (rows.window, rows.cut)
        if key not in self._places:
            self._look(at)
        return self._places[key]

    def _look(self, at: Numbers) -> None:
        """Find the places of all windows, each among those of the narrowest found before that holds it."""
        whole = bounds_of(at)
        found: list[tuple[Bounds, Numbers | None, Numbers]] = [(whole, None, at)]
        for key, window in sorted(self._of.items(), key=lambda each: _length(each[1]), reverse=True):
            seen = Bounds(window.first, min(window.last, whole.last))
            wide, places, times = next(each for each in reversed(found) if _holds(each[0], seen))
            mask = mask_of(seen, times, wide)
            if mask is not None and not mask.all():
                own = np.flatnonzero(mask)
                places = own if places is None else np.take(places, own)
                times = np.take(times, own)
            found.append((seen, places, times))
            self._places[key] = places


def bounds_of(at: Numbers) -> Bounds:
    """The stretch of time that some times (microseconds) lie in; since ever where there are none."""
    if not len(at):
        return Bounds(None, _LAST)
    latest = min(max(int(at.max()), instant(_FIRST)), instant(_LAST))
    return Bounds(None, EPOCH + latest * ONE_MICROSECOND)


def mask_of(seen: Bounds, at: Numbers, wide: Bounds) -> Mask | None:
    """Which times (microseconds) lie in a stretch of time, of times that lie in a wider one; None for all."""
    masks: list[Mask] = []
    if seen.last < wide.last:
        masks.append(at <= instant(seen.last))
    if seen.first is not None and (wide.first is None or wide.first < seen.first):
        masks.append(at >= instant(seen.first))
    return reduce(and_, masks) if masks else None


def _length(seen: Bounds) -> timedelta:
    return seen.last - (_FIRST if seen.first is None else seen.first)


def _holds(wide: Bounds, narrow: Bounds) -> bool:
    is_first = wide.first is None or (narrow.first is not None and wide.first <= narrow.first)
    return is_first and narrow.last <= wide.last


def between(seen: Bounds) -> pl.Expr:
    """Which rows lie in a stretch of time, by their `at`."""
    inside = pl.col("at") <= moment(seen.last)
    return inside if seen.first is None else inside & (pl.col("at") >= moment(seen.first))
