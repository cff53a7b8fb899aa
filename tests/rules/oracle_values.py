"""What the slow evaluator works on: values with two bounds, rows, the world of one profile; and sums over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cdptool.rules.nodes import Name, Node

TICK = timedelta(microseconds=1)
Truth = bool | None


@dataclass(frozen=True)
class Val:
    lo: Any
    hi: Any
    empty: Truth
    kind: str


@dataclass(frozen=True)
class Row:
    stream: str
    at: datetime
    id: int
    cells: dict[str, Any] = field(compare=False, hash=False)


@dataclass
class World:
    """Everything known of one profile, and the declarations behind it."""

    fields: dict[str, Any]
    rows: list[Row]
    kinds: dict[str, str]  # of `stream.column`, `table.column`, and fields
    refs: dict[str, str]  # `stream.column` to table
    tables: dict[str, dict[Any, dict[str, Any]]]
    complete: dict[str, datetime]
    rules: dict[str, list[Node]]
    segments: set[str]
    labels: dict[str, tuple[str, ...]]
    zone: ZoneInfo
    week_starts: str
    profile: int = 0
    everyone: list[World] = field(default_factory=list)  # the worlds of all profiles, this one too
    ranked: dict[Any, Val] = field(default_factory=dict)  # what was ranked before; shared by everyone


@dataclass(frozen=True)
class Here:
    """Who a node is read for, and its clock."""

    clock: datetime
    cut: datetime
    row: Row | None = None
    outer: Here | None = None


def exactly(value: Any, kind: str) -> Val:
    return Val(value, value, value is None, kind)


def known(val: Val) -> bool:
    return val.empty is False and val.lo is not None and val.lo == val.hi


def part_of(own: Val, others: list[Val], n: int) -> Val:
    """In which of n parts a value lies: with the fewest others below it that there may be, and with the most."""
    if own.empty is True:
        return Val(None, None, True, "number")
    least, most = [0, 1], [0, 1]  # how many are smaller, how many there are
    for other in others:
        is_below = other.hi is not None and own.lo is not None and other.hi < own.lo
        may_be_below = other.lo is None or own.hi is None or other.lo < own.hi
        if other.empty is False:
            least = [least[0] + is_below, least[1] + 1]
            most = [most[0] + may_be_below, most[1] + 1]
        elif other.empty is None:
            least[1] += not is_below
            most = [most[0] + may_be_below, most[1] + may_be_below]
    lo, hi = (1 + smaller * n // count for smaller, count in (least, most))
    return Val(lo, hi, own.empty, "number")


# Kleene
def k_not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def k_and(truths: list[Truth]) -> Truth:
    return False if False in truths else (None if None in truths else True)


def k_or(truths: list[Truth]) -> Truth:
    return True if True in truths else (None if None in truths else False)


def average(values: list[Any]) -> float:
    return sum(sorted(values)) / len(values)


def mode(found: list[tuple[Row, bool, Any, str]]) -> Any:
    counts: dict[Any, tuple[int, datetime, int]] = {}
    for row, _, value, _ in found:
        counts[value] = (counts.get(value, (0,))[0] + 1, row.at, row.id)
    return max(counts, key=lambda value: counts[value])


def money(val: Val) -> Val:
    if val.kind != "number":
        return val
    return Val(*(None if end is None else end * 10_000 for end in (val.lo, val.hi)), val.empty, "money")


def both(a: Any, b: Any, op: str) -> Any:
    if a is None or b is None:
        return None
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[op]()


def days(a: Any, b: Any) -> float | None:
    return None if a is None or b is None else (a - b) / TICK / 86_400_000_000


def defaulted(val: Val, other: Val) -> Val:
    if val.empty is False:
        return val
    if val.empty is True:
        return other
    ends = [(val.lo, other.lo), (val.hi, other.hi)]
    lo, hi = (None if None in pair else pick(pair) for pair, pick in zip(ends, (min, max), strict=True))
    return Val(lo, hi, k_and([val.empty, other.empty]), val.kind)


def spelled(node: Node) -> list[str]:
    return [node.name] if isinstance(node, Name) else [*spelled(node.base), node.name]


def period(day: date, unit: str, ago: int, week_starts: int) -> date:
    """The first day of a period, by stepping back day by day."""

    def first(day: date) -> bool:
        return {
            "day": True,
            "week": day.weekday() == week_starts,
            "month": day.day == 1,
            "quarter": day.day == 1 and day.month in (1, 4, 7, 10),
            "year": day.day == 1 and day.month == 1,
        }[unit]

    one = timedelta(days=1)
    while not first(day):
        day -= one
    for _ in range(abs(ago)):
        day -= one if ago > 0 else -one
        while not first(day):
            day -= one if ago > 0 else -one
    return day
