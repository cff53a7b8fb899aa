"""Which kinds of values fit together: the type rules of the language, without names or places."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from cdptool.rules.book import Kind
from cdptool.rules.nodes import AggregateName, Comparison, Operator
from cdptool.rules.values import parse_iso

WORDS: Final[dict[Kind, str]] = {
    "number": "a number",
    "money": "an amount of money",
    "text": "a text",
    "time": "a time",
    "date": "a date",
    "truth": "a condition",
    "list": "a list",
}
_AMOUNTS: Final = frozenset({"number", "money"})
_MOMENTS: Final = frozenset({"time", "date"})


def comparable(operator: Comparison, left: Kind, right: Kind) -> bool:
    """
    May the two be compared with the operator? Texts beside times are for `reads_as_moment` to judge.

    >>> comparable("<", "money", "number"), comparable("<", "truth", "truth"), comparable("==", "text", "number")
    (True, False, False)
    """
    if "list" in (left, right):
        return False
    if left == right:
        return left != "truth" or operator in ("==", "!=")
    return {left, right} <= _AMOUNTS or {left, right} <= _MOMENTS


def reads_as_moment(text: object, kind: Kind, tz: str) -> bool:
    """Is it a text that can be compared with a date or time, because it is one in ISO form?"""
    return kind in _MOMENTS and isinstance(text, str) and parse_iso(text, kind, ZoneInfo(tz)) is not None


def arithmetic_kind(operator: Operator, left: Kind, right: Kind) -> Kind | None:
    """
    The kind of `left operator right`, or None where they do not fit.

    >>> arithmetic_kind("-", "time", "time"), arithmetic_kind("/", "money", "money"), arithmetic_kind("*", "money", "money")
    ('number', 'number', None)
    """
    kinds = {left, right}
    if kinds == {"number"}:
        return "number"
    if kinds <= _MOMENTS:
        return "number" if operator == "-" else None
    if kinds == {"text"}:
        return "text" if operator == "+" else None
    if not kinds <= _AMOUNTS:
        return None
    if operator in ("+", "-"):
        return "money"
    if operator == "*":
        return None if kinds == {"money"} else "money"
    if right == "number":
        return "money"
    return "number" if left == "money" else None


def aggregate_kind(function: AggregateName, column: Kind | None) -> Kind | None:
    """
    The kind an aggregate of a column (or of whole rows: None) has, or None where it cannot be made.

    >>> aggregate_kind("count", None), aggregate_kind("sum", None), aggregate_kind("last", "time")
    ('number', None, 'time')
    """
    if function in ("exists", "none"):
        return "truth"
    if function == "count":
        return "number"
    if column is None or column == "list":
        return None
    if function == "nunique":
        return "number"
    if function in ("sum", "avg"):
        return column if column in _AMOUNTS else None
    if function in ("min", "max"):
        return None if column == "truth" else column
    return column
