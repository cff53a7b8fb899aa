"""
Values that may not be known yet: intervals, and three-valued truth over them.

A value is exact (`lo` is it, null means null) or an interval: every number, text, time or truth between
`lo` and `hi`, where a null bound is unbounded and `empty` says whether the value itself is null (three-valued).
A comparison decides only when every value of the interval agrees; whatever may be null is undecided.
Truth is a Polars Boolean whose null is *unknown*, so `&`, `|` and `~` are Kleene's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.rules.book import Kind
from cdptool.rules.moments import day_starts, moment
from cdptool.rules.nodes import Comparison, Operator
from cdptool.rules.windows import CalendarUnit, day_start
from cdptool.tables import MONEY_SCALE

UNKNOWN: Final = pl.lit(None, dtype=pl.Boolean)
MICROSECONDS_OF_A_DAY: Final = 86_400_000_000
_MOST_WHOLE: Final = 2.0**63
_FAR_OFF: Final = (
    2.0**62
)  # a whole number that wrapped is at least 2^64 off, and two thirds of what it should be
_FAR_OFF_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """
    An exact value or an interval of them (see the module).

    `constant` is set for what a rule spells out, `period` for the calendar period that the time of a row lies in.
    """

    kind: Kind
    lo: pl.Expr
    hi: pl.Expr | None = None
    empty: pl.Expr | None = None
    constant: bool | int | float | str | None = None
    currency: pl.Expr | None = None
    period: CalendarUnit | None = None

    @property
    def is_exact(self) -> bool:
        return self.hi is None

    @property
    def upper(self) -> pl.Expr:
        return self.lo if self.hi is None else self.hi

    @property
    def is_empty(self) -> pl.Expr:
        """Is it null? Three-valued."""
        if self.hi is None:
            return self.lo.is_null()
        return UNKNOWN if self.empty is None else self.empty

    @property
    def truth(self) -> pl.Expr:
        """A truth value as a Boolean whose null is unknown."""
        if self.hi is None:
            return self.lo
        return pl.when(self.is_known).then(self.lo)

    @property
    def is_known(self) -> pl.Expr:
        """Is there but one value it can have, and is that not null? Never null."""
        if self.hi is None:
            return self.lo.is_not_null()
        return _certain(~self.is_empty & (self.lo == self.hi))


def constant(value: bool | int | float | str, kind: Kind) -> Value:
    """A value that a rule spells out."""
    return Value(kind, pl.lit(value), constant=value)


def exact(kind: Kind, expression: pl.Expr) -> Value:
    """A value known exactly; null means null."""
    return Value(kind, expression)


def interval(kind: Kind, lo: pl.Expr, hi: pl.Expr, empty: pl.Expr) -> Value:
    """Every value between two bounds."""
    return Value(kind, lo, hi, empty)


def as_money(value: Value) -> Value:
    """A number of currency units as ten-thousandths; a constant keeps its decimals exactly."""
    if value.kind != "number":
        return value
    if isinstance(value.constant, int | float):
        scaled = Decimal(str(value.constant)) * MONEY_SCALE
        is_whole = scaled == scaled.to_integral_value() and abs(scaled) < _MOST_WHOLE
        return constant(int(scaled) if is_whole else float(scaled), "money")
    scale = pl.lit(MONEY_SCALE)
    hi = None if value.hi is None else _times(value.hi, scale)
    return replace(value, kind="money", lo=_times(value.lo, scale), hi=hi)


def parse_iso(text: str, kind: Kind, zone: ZoneInfo) -> date | datetime | None:
    """
    A text that is compared with a date or a time, read as ISO; a time without a zone is local.

    >>> parse_iso("2026-01-31", "date", ZoneInfo("UTC"))
    datetime.date(2026, 1, 31)
    >>> parse_iso("31/01/2026", "date", ZoneInfo("UTC"))
    """
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return day if kind == "date" else day_start(day, zone)
        if kind == "date":
            return None
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def align(left: Value, right: Value, tz: str) -> tuple[Value, Value]:
    """Bring two comparable values to one kind: money, times, dates."""
    if "money" in (left.kind, right.kind):
        return as_money(left), as_money(right)
    if left.kind != right.kind:
        if right.kind in ("time", "date"):
            return _as_moment(left, right.kind, tz), (
                _day_to_time(right, tz) if left.kind == "time" else right
            )
        if left.kind in ("time", "date"):
            return (_day_to_time(left, tz) if right.kind == "time" else left), _as_moment(
                right, left.kind, tz
            )
    return left, right


def _as_moment(value: Value, kind: Kind, tz: str) -> Value:
    if isinstance(value.constant, str):
        parsed = parse_iso(value.constant, kind, ZoneInfo(tz))
        return exact(kind, moment(parsed) if isinstance(parsed, datetime) else pl.lit(parsed))
    return _day_to_time(value, tz) if kind == "time" else value


def _day_to_time(value: Value, tz: str) -> Value:
    if value.kind != "date":
        return value
    hi = None if value.hi is None else day_starts(value.hi, tz)
    return replace(value, kind="time", lo=day_starts(value.lo, tz), hi=hi)


_EXACT: Final[dict[Comparison, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def compare(operator: Comparison, left: Value, right: Value) -> pl.Expr:
    """
    One comparison of two values of one kind, three-valued.

    >>> some = interval("number", pl.lit(3), pl.lit(None, pl.Int64), pl.lit(False))
    >>> pl.select(a=compare(">=", some, constant(2, "number")), b=compare("<", some, constant(5, "number"))).row(0)
    (True, None)
    """
    if left.is_exact and right.is_exact:
        return _EXACT[operator](left.lo, right.lo)
    match operator:
        case "!=":
            return ~compare("==", left, right)
        case ">":
            return compare("<", right, left)
        case ">=":
            return compare("<=", right, left)
        case "==":
            always = left.is_known & right.is_known & _certain(left.lo == right.lo)
            never = _certain(left.upper < right.lo) | _certain(left.lo > right.upper)
        case "<":
            always, never = _certain(left.upper < right.lo), _certain(left.lo >= right.upper)
        case _:
            always, never = _certain(left.upper <= right.lo), _certain(left.lo > right.upper)
    is_there = _certain(~(left.is_empty | right.is_empty))
    return pl.when(is_there & always).then(True).when(is_there & never).then(False)


def within(value: Value, options: tuple[Value, ...], tz: str) -> pl.Expr:
    """`value in [options]`, three-valued: unknown where the value is not known to be or not to be there."""
    if not options:
        return pl.when(value.is_empty == pl.lit(False)).then(False)
    if value.is_exact and value.kind == "text":
        return value.lo.is_in([option.constant for option in options])
    equal = [compare("==", *align(value, option, tz)) for option in options]
    return reduce(or_, equal)


def arithmetic(operator: Operator, left: Value, right: Value) -> Value:
    """
    `left operator right` of kinds that fit together (see `kinds.arithmetic_kind`).

    Division by zero is null, and so is a result too large to be told. Text is joined by `+`. The difference of two times is
    a number of days.
    """
    if left.kind == "text":
        return _join(left, right)
    if left.kind in ("time", "date"):
        return _difference(left, right, lambda later, earlier: days(later - earlier))
    money = "money" in (left.kind, right.kind)
    if operator in ("+", "-") and money:
        left, right = as_money(left), as_money(right)
    currency = _either(left.currency, right.currency)
    match operator:
        case "+":
            result = _sum(left, right)
        case "-":
            result = _difference(left, right, _minus)
        case "*":
            result = _product(left, right)
        case _:
            result = _quotient(left, right)
            money = left.kind == "money" and right.kind != "money"
    return replace(result, kind="money" if money else "number", currency=currency if money else None)


def negative(value: Value) -> Value:
    """`-value`."""
    if value.is_exact:
        return replace(value, lo=-value.lo, constant=None)
    return replace(value, lo=-value.upper, hi=-value.lo)


def default(value: Value, other: Value) -> Value:
    """The value, or the other one where the value is null."""
    currency = _either(value.currency, other.currency)
    if value.is_exact and other.is_exact:
        return Value(value.kind, pl.coalesce(value.lo, other.lo), currency=currency)
    empty, either = value.is_empty, [value.lo, other.lo]
    lo = pl.when(value.lo.is_null() | other.lo.is_null()).then(None).otherwise(pl.min_horizontal(either))
    highs = [value.upper, other.upper]
    hi = pl.when(highs[0].is_null() | highs[1].is_null()).then(None).otherwise(pl.max_horizontal(highs))
    is_empty, is_there = _certain(empty), _certain(~empty)
    return Value(
        value.kind,
        pl.when(is_there).then(value.lo).when(is_empty).then(other.lo).otherwise(lo),
        pl.when(is_there).then(value.upper).when(is_empty).then(other.upper).otherwise(hi),
        empty & other.is_empty,
        currency=currency,
    )


def matches(value: Value, pattern: str) -> pl.Expr:
    """Does the text hold a match of the regular expression? Unknown where the text is."""
    return pl.when(value.is_known).then(value.lo.str.contains(pattern))


def days(difference: pl.Expr) -> pl.Expr:
    """A difference of two times or dates as a number of days (Float64)."""
    return difference.dt.total_microseconds() / MICROSECONDS_OF_A_DAY


def _certain(truth: pl.Expr) -> pl.Expr:
    return truth.fill_null(False)


def _times(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return _told(left * right, left.cast(pl.Float64) * right.cast(pl.Float64))


def _plus(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return _told(left + right, left.cast(pl.Float64) + right.cast(pl.Float64))


def _minus(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return _told(left - right, left.cast(pl.Float64) - right.cast(pl.Float64))


def _over(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    quotient = left / right
    return pl.when(quotient.is_finite()).then(quotient)


def _told(made: pl.Expr, about: pl.Expr) -> pl.Expr:
    """
    A number, null where it is too large to be told: whole numbers beyond 64 bits wrap, others have no end.

    Args:
        made: The number, which may have wrapped.
        about: The same worked out in floats.

    >>> large, small = pl.lit(3_000_000_000_000, pl.Int64), pl.lit(3, pl.Int64)
    >>> pl.select(a=_times(large, large), b=_times(large, small), c=_times(pl.lit(1e200), pl.lit(1e200))).row(0)
    (None, 9000000000000, None)
    """
    off = (made.cast(pl.Float64) - about).abs()
    return pl.when(off < _FAR_OFF + _FAR_OFF_SHARE * about.abs()).then(made)


def _either(left: pl.Expr | None, right: pl.Expr | None) -> pl.Expr | None:
    if left is None or right is None:
        return right if left is None else left
    return pl.coalesce(left, right)


def _sum(left: Value, right: Value) -> Value:
    if left.is_exact and right.is_exact:
        return exact("number", _plus(left.lo, right.lo))
    lo, hi = _plus(left.lo, right.lo), _plus(left.upper, right.upper)
    return interval("number", lo, hi, left.is_empty | right.is_empty)


def _difference(left: Value, right: Value, minus: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Value:
    if left.is_exact and right.is_exact:
        return exact("number", minus(left.lo, right.lo))
    lo, hi = minus(left.lo, right.upper), minus(left.upper, right.lo)
    return interval("number", lo, hi, left.is_empty | right.is_empty)


def _join(left: Value, right: Value) -> Value:
    joined = left.lo + right.lo
    if left.is_exact and right.is_exact:
        return exact("text", joined)
    known = pl.when(left.is_known & right.is_known).then(joined)
    return interval("text", known, known, left.is_empty | right.is_empty)


def _product(left: Value, right: Value) -> Value:
    if left.is_exact and right.is_exact:
        return exact("number", _times(left.lo, right.lo))
    empty = left.is_empty | right.is_empty
    by_left = _ordered(left.lo >= 0, _times(right.lo, left.lo), _times(right.upper, left.lo), empty)
    by_right = _ordered(right.lo >= 0, _times(left.lo, right.lo), _times(left.upper, right.lo), empty)
    if left.is_exact or right.is_exact:
        return by_left if left.is_exact else by_right
    corners = [_times(a, b) for a in (left.lo, left.upper) for b in (right.lo, right.upper)]
    hull = _either_of(right.is_known, by_right, _hull(corners, empty))
    return _either_of(left.is_known, by_left, hull)


def _quotient(left: Value, right: Value) -> Value:
    if left.is_exact and right.is_exact:
        return exact("number", _over(left.lo, pl.when(right.lo != 0).then(right.lo)))
    empty = left.is_empty | right.is_empty
    divisor = pl.when(right.lo != 0).then(right.lo)
    by_right = _ordered(
        divisor > 0, _over(left.lo, divisor), _over(left.upper, divisor), empty | divisor.is_null()
    )
    if right.is_exact:
        return by_right
    is_zero = _certain((right.lo == 0) & (right.upper == 0))
    spares_zero = _certain((right.lo > 0) | (right.upper < 0))
    corners = [
        pl.when(spares_zero).then(_over(a, b)) for a in (left.lo, left.upper) for b in (right.lo, right.upper)
    ]
    may_be_zero = pl.when(is_zero).then(True).when(spares_zero).then(False)
    return _either_of(right.is_known, by_right, _hull(corners, empty | may_be_zero))


def _either_of(is_first: pl.Expr, first: Value, second: Value) -> Value:
    lo, hi, empty = (
        pl.when(is_first).then(one).otherwise(other)
        for one, other in (
            (first.lo, second.lo),
            (first.upper, second.upper),
            (first.is_empty, second.is_empty),
        )
    )
    return interval("number", lo, hi, empty)


def _ordered(upwards: pl.Expr, first: pl.Expr, second: pl.Expr, empty: pl.Expr) -> Value:
    lo = pl.when(upwards).then(first).otherwise(second)
    hi = pl.when(upwards).then(second).otherwise(first)
    return interval("number", lo, hi, empty)


def _hull(corners: Sequence[pl.Expr], empty: pl.Expr) -> Value:
    bounded = pl.all_horizontal([corner.is_not_null() for corner in corners])
    lo = pl.when(bounded).then(pl.min_horizontal(corners))
    hi = pl.when(bounded).then(pl.max_horizontal(corners))
    return interval("number", lo, hi, empty)
