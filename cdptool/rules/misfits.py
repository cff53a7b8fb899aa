"""Kinds that do not fit together: what was probably meant, and what to write."""

from __future__ import annotations

from typing import Final

from cdptool.rules.book import Kind
from cdptool.rules.nodes import AggregateName, Constant, Node, Operator

_DAYS: Final = "times subtract to a number of days, such as now - last(order.at) > 30"
_TAKES: Final[dict[AggregateName, str]] = {
    "sum": "it adds numbers and money",
    "avg": "it adds numbers and money",
    "min": "it takes what has an order: numbers, money, dates, times, texts",
    "max": "it takes what has an order: numbers, money, dates, times, texts",
}


def comparison_hint(left: tuple[Node, Kind], right: tuple[Node, Kind]) -> str:
    """The next step where two kinds cannot be compared."""
    kinds = {left[1], right[1]}
    if "list" in kinds:
        return 'ask whether it holds a text: "a" in emails'
    for node, _ in (left, right):
        if isinstance(node, Constant) and node.kind == "text" and _is_number(str(node.value)):
            return "write the number without quotes"
        if isinstance(node, Constant) and node.kind == "number" and "text" in kinds:
            return f'put quotes around it: "{node.value}"'
    if "truth" in kinds:
        return "a condition stands alone: leave the comparison out, or write `not`"
    if kinds & {"time", "date"} and kinds & {"number", "money"}:
        return _DAYS
    return "both sides have to be of one kind"


def arithmetic_hint(operator: Operator, left: Kind, right: Kind) -> str | None:
    """The next step where two kinds cannot be reckoned with."""
    kinds = {left, right}
    if kinds <= {"time", "date", "number"} and kinds & {"time", "date"}:
        return _DAYS
    if operator == "+":
        return "`+` adds two amounts, or joins two texts"
    return "texts are joined with `+`" if "text" in kinds else None


def aggregate_hint(function: AggregateName) -> str | None:
    """What an aggregate takes, in words."""
    return _TAKES.get(function)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
