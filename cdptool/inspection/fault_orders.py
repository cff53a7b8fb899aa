"""Pairs of columns of which one is never above the other, but for a few rows."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cdptool.inspection.columns import Column, Floats, Mask
from cdptool.inspection.findings import Accused, Fault, Table, percent, written
from cdptool.inspection.headings import has_hint, words_of

LEAST_ROWS: Final = 30
LEAST_HOLD: Final = 0.95
SLACK: Final = 1e-9


class Order(NamedTuple):
    """`low` <= `high` in nearly every row."""

    low: str
    high: str
    is_broken: Mask
    share: float
    gap: float


def broken_orders(table: Table, accused: Accused) -> list[Fault]:
    """
    End before start, delivered before ordered, minimum above maximum.

    An order is believed only where far more rows keep it than would if the two columns were drawn apart.
    """
    orders = sorted(_orders(table, accused), key=lambda order: order.gap)
    faults: list[Fault] = []
    told = np.zeros(table.n_rows, np.bool_)
    for order in orders:
        if _is_implied(order, orders):
            continue
        faults += _fault(order, order.is_broken)
        told |= order.is_broken
    for order in orders:
        if _is_implied(order, orders):
            faults += _fault(order, order.is_broken & ~told)
    return faults


def _fault(order: Order, broken: Mask) -> list[Fault]:
    rows = np.flatnonzero(broken)
    if not len(rows):
        return []
    evidence = f"`{order.low}` <= `{order.high}` in {percent(order.share)} of the rows that have both"
    return [
        Fault(
            "broken_order",
            (order.low, order.high),
            rows,
            evidence,
            f"{written(order.low)} <= {written(order.high)}",
        )
    ]


def _is_implied(order: Order, orders: list[Order]) -> bool:
    """Whether a column stands between the two: then the orders on either side tell more."""
    below = {o.high for o in orders if o.low == order.low and o is not order}
    above = {o.low for o in orders if o.high == order.high and o is not order}
    return bool(below & above)


def _orders(table: Table, accused: Accused) -> list[Order]:
    found = []
    dates = table.of_kind("date")[:12]
    for first in dates:
        for second in dates:
            if first.name != second.name:
                found += _order(first, second, _day(first, second), _day(second, first), accused)
    numbers = table.of_kind("number")
    for first in numbers:
        for second in numbers:
            if first.name != second.name and _are_bounds(first.name, second.name):
                found += _order(first, second, first.numbers, second.numbers, accused)
    return found


def _day(column: Column, other: Column) -> Floats:
    """Days, without the time where only one of the two has it."""
    return column.days if column.dates.has_time and other.dates.has_time else np.floor(column.days)


def _are_bounds(low: str, high: str) -> bool:
    """min_price and max_price: the same words but for low and high."""
    rest_low, rest_high = (set(words_of(n)) for n in (low, high))
    return has_hint(low, "low") and has_hint(high, "high") and len(rest_low ^ rest_high) <= 2 and (
        len(rest_low) == len(rest_high)
    )  # fmt: skip


def _order(first: Column, second: Column, low: Floats, high: Floats, accused: Accused) -> list[Order]:
    low = np.where(accused.of(first.name), np.nan, low)
    high = np.where(accused.of(second.name), np.nan, high)
    both = ~np.isnan(low) & ~np.isnan(high)
    n = int(both.sum())
    if n < LEAST_ROWS:
        return []
    with np.errstate(invalid="ignore"):
        broken = both & (low > high + SLACK)
        is_strict = float((both & (low < high - SLACK)).sum()) / n
    rate = float(broken.sum()) / n
    if rate > 1 - LEAST_HOLD or is_strict < 0.1:
        return []
    apart = _rate_apart(low[both], high[both])
    is_chance = rate > 0.3 * apart or not _is_bound_together(n, apart)
    if rate > 0 and apart > 0.002 and is_chance and not _are_bounds(first.name, second.name):
        return []
    gap = float(np.median(high[both] - low[both]))
    return [Order(first.name, second.name, broken, 1 - rate, gap)]


def _rate_apart(low: Floats, high: Floats) -> float:
    """How often the order would be broken if the columns had nothing to do with each other."""
    ordered = np.sort(high)
    return float(np.searchsorted(ordered, low, side="left").mean()) / len(ordered)


def _is_bound_together(n: int, apart: float) -> bool:
    """Where chance alone would keep the order often, enough rows must have had the chance to break it."""
    return apart >= 0.05 or n * apart >= 5
