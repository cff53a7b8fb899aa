"""
What an expression over two records says: conditions in disjunctive form, and which pairs meet them.

A condition is true, false or unknown; unknown where a value is missing, and then neither it nor its `not` holds. The
two records of a pair have no order: an expression that tells `a` from `b` holds where it holds one way or the other.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.fields import field_type
from cdptool.identity.similarity import similarity
from cdptool.matching.values import Rows, Values, encoded
from cdptool.tables import MONEY_SCALE

Truths: TypeAlias = NDArray[np.bool_]
Strengths: TypeAlias = NDArray[np.float64]
Side = Literal["a", "b"]
SOURCE: Final = "source"  # of a record; no profile field may be called so
NUMERIC: Final = ("integer", "number", "money", "date", "datetime")
_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Same:
    """Both values are known and agree as `same(field)` means it."""

    field: str


@dataclass(frozen=True, slots=True)
class Near:
    """Both values are known and at least so alike, from 0 to 1."""

    field: str
    at_least: float


@dataclass(frozen=True, slots=True)
class Missing:
    """One of the records, or (`side`) this one, has no value."""

    field: str
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A field of one of the records."""

    side: Side
    field: str


@dataclass(frozen=True, slots=True)
class Gap:
    """One value less another, of dates in days."""

    left: Value
    right: Value


Operand: TypeAlias = Value | Gap | float | str


@dataclass(frozen=True, slots=True)
class Ordered:
    """Two operands compared."""

    left: Operand
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    right: Operand


@dataclass(frozen=True, slots=True)
class Condition:
    """A test, or that it is known to be false."""

    test: Same | Near | Missing | Ordered
    holds: bool = True


Branch: TypeAlias = tuple[Condition, ...]
# What a pass that only links asks of every pair: it compares no two records of one source.
OF_TWO_SOURCES: Final = Condition(Same(SOURCE), holds=False)
_OPERATORS: Final = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _values(operand: Operand) -> tuple[Value, ...]:
    match operand:
        case Value():
            return (operand,)
        case Gap(left=left, right=right):
            return (left, right)
        case _:
            return ()


def features(branches: Sequence[Branch], types: Mapping[str, str]) -> dict[str, pl.Expr]:
    """
    What the conditions need of a record, by the name of the feature.

    `f` is the match key of a field, `f #` its number (dates as days), `f ?` whether it has a value: records that do
    not differ in these are one to the conditions, and are compared once.
    """
    found: dict[str, pl.Expr] = {}
    for name in sorted({name for branch in branches for name in feature_names(branch, types)}):
        column, _, how = name.partition(" ")
        values = pl.col(column)
        if name == SOURCE:
            found[name] = values
        elif how == "?":
            found[name] = values.is_not_null()
        elif how == "#":
            found[name] = _number(values, types[column])
        else:
            found[name] = field_type(types[column]).match_key(values)
    return {name: expression.alias(name) for name, expression in found.items()}


def _number(values: pl.Expr, kind: str) -> pl.Expr:
    if kind == "date":
        return values.cast(pl.Int32).cast(pl.Float64)
    if kind == "datetime":
        return values.cast(pl.Int64).cast(pl.Float64) / (_SECONDS * 1e6)
    if kind == "money":
        return values.cast(pl.Float64) / MONEY_SCALE
    return values.cast(pl.Float64)


def feature_names(branch: Branch, types: Mapping[str, str]) -> tuple[str, ...]:
    """The features of one branch, sorted."""
    found = set()
    for condition in branch:
        match condition.test:
            case Missing(field=name):
                found.add(f"{name} ?")
            case Ordered(left=left, right=right):
                values = [value.field for each in (left, right) for value in _values(each)]
                found |= {_feature(name, types) for name in values}
            case test:
                found.add(test.field)
    return tuple(sorted(found))


def _feature(name: str, types: Mapping[str, str]) -> str:
    return f"{name} #" if types[name] in NUMERIC else name


class Units:
    """Different combinations of features, ready to be compared pair by pair. Rows of the frame are the units."""

    def __init__(self, frame: pl.DataFrame, types: Mapping[str, str]) -> None:
        self._frame = frame
        self._types = types
        self._encoded: dict[str, Values] = {}

    def met(self, branch: Branch, left: Rows, right: Rows) -> tuple[Truths, Strengths]:
        """Which pairs meet all conditions one way or the other; how alike the least alike of the near fields is."""
        one_way, strength = self._met(branch, left, right)
        if not any(_is_one_sided(condition) for condition in branch):
            return one_way, strength
        other_way, turned = self._met(branch, right, left)
        return one_way | other_way, np.where(one_way, strength, turned)

    def _met(self, branch: Branch, left: Rows, right: Rows) -> tuple[Truths, Strengths]:
        met, strength = np.ones(len(left), dtype=bool), np.ones(len(left))
        # The dear tests come last, for the pairs that are left.
        for condition in sorted(branch, key=lambda one: isinstance(one.test, Near)):
            rows = np.flatnonzero(met)
            a, b = left[rows], right[rows]
            match condition.test:
                case Near(field=name, at_least=least):
                    known, alike = self._alike(name, a, b)
                    met[rows] = known & ((alike >= least) == condition.holds)
                    if condition.holds:
                        strength[rows] = np.minimum(strength[rows], alike)
                case Same(field=name):
                    ids = self._ids(name)
                    known = (ids[a] >= 0) & (ids[b] >= 0)
                    met[rows] = known & ((ids[a] == ids[b]) == condition.holds)
                case Missing(field=name, side=side):
                    has = self._frame[f"{name} ?"].to_numpy()
                    lacks = {"a": ~has[a], "b": ~has[b], None: ~has[a] | ~has[b]}[side]
                    met[rows] = lacks == condition.holds
                case Ordered() as test:
                    known, truth = self._compared(test, a, b)
                    met[rows] = known & (truth == condition.holds)
        return met, strength

    def _text(self, name: str) -> Values:
        if name not in self._encoded:
            self._encoded[name] = encoded(self._frame[name])
        return self._encoded[name]

    def _ids(self, name: str) -> NDArray[np.int32]:
        return self._text(name).ids

    def _alike(self, name: str, left: Rows, right: Rows) -> tuple[Truths, Strengths]:
        values = self._text(name)
        a, b = np.take(values.ids, left), np.take(values.ids, right)
        known = (a >= 0) & (b >= 0)
        alike = np.zeros(len(left))
        alike[known] = similarity(self._types[name], values, a[known], b[known])
        return known, alike

    def _compared(self, test: Ordered, left: Rows, right: Rows) -> tuple[Truths, Truths]:
        """Whether both operands are known, and whether the comparison holds."""
        ends: dict[Side, Rows] = {"a": left, "b": right}
        names = [value.field for each in (test.left, test.right) for value in _values(each)]
        if any(self._types[name] in NUMERIC for name in names):
            one, other = self._amount(test.left, ends), self._amount(test.right, ends)
            known = ~np.isnan(one) & ~np.isnan(other)
            return known, np.asarray(_OPERATORS[test.operator](one, other))
        texts = [self._said(each, names[0], ends) for each in (test.left, test.right)]
        known = (texts[0].is_not_null() & texts[1].is_not_null()).to_numpy()
        return known, (texts[0] == texts[1]).fill_null(False).to_numpy() == (test.operator == "==")

    def _amount(self, operand: Operand, ends: Mapping[Side, Rows]) -> Strengths:
        match operand:
            case Value(side=side, field=name):
                values = self._frame[f"{name} #"].fill_null(float("nan")).to_numpy()
                return np.asarray(values[ends[side]])
            case Gap(left=one, right=other):
                return np.asarray(self._amount(one, ends) - self._amount(other, ends))
            case _:
                return np.full(len(ends["a"]), float(operand))

    def _said(self, operand: Operand, field: str, ends: Mapping[Side, Rows]) -> pl.Series:
        if isinstance(operand, Value):
            return self._frame[operand.field].gather(ends[operand.side])
        key = pl.select(field_type(self._types[field]).match_key(pl.lit(str(operand)))).to_series()
        return key.new_from_index(0, len(ends["a"]))


def _is_one_sided(condition: Condition) -> bool:
    match condition.test:
        case Missing(side=side):
            return side is not None
        case test:
            return isinstance(test, Ordered)
