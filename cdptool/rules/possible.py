"""
Which values a condition leaves possible: stretches of numbers, and sets of constants.

What can be said without data: a count is no negative number, a bucket lies below 1, a row of `order["30d"]` is less
than 30 days old. Two conditions on one value contradict each other where what they leave has nothing in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Final

from cdptool.rules.nodes import (
    Aggregate,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Name,
    Negative,
    Node,
    Options,
)
from cdptool.rules.windows import Rolling, Window

_DAY: Final = 86_400
Known = bool | int | float | str
OPPOSITE: Final[dict[Comparison, Comparison]] = {
    "==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "not in": "in",
}  # fmt: skip
TURNED: Final[dict[Comparison, Comparison]] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers from `low` to `high`; an end that is open does not belong to it."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def meet(self, other: Stretch) -> Stretch:
        """
        What both hold.

        >>> Stretch(low=3).meet(Stretch(high=3, high_open=True)).is_empty
        True
        """
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, high_closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Stretch(low, high, low_open, not high_closed)


@dataclass(frozen=True, slots=True)
class Possible:
    """
    What a value can still be: a number of a stretch, one of some constants (None: no such list), none of others.

    Whole numbers have no room between 2 and 3.
    """

    stretch: Stretch = Stretch()
    among: frozenset[Known] | None = None
    without: frozenset[Known] = frozenset()
    is_whole: bool = False

    @property
    def is_empty(self) -> bool:
        if self.among is not None:
            return not any(self._holds(each) for each in self.among)
        stretch = self._whole() if self.is_whole else self.stretch
        if stretch.is_empty:
            return True
        return stretch.low == stretch.high and stretch.low in self.without

    def meet(self, other: Possible) -> Possible:
        """What both leave."""
        among = self.among if other.among is None else other.among
        if self.among is not None and other.among is not None:
            among = self.among & other.among
        return Possible(
            self.stretch.meet(other.stretch),
            among,
            self.without | other.without,
            self.is_whole or other.is_whole,
        )

    def _holds(self, value: Known) -> bool:
        if value in self.without:
            return False
        if isinstance(value, str | bool):
            return self.stretch == Stretch()
        return not self.stretch.meet(Stretch(value, value)).is_empty

    def _whole(self) -> Stretch:
        low, high = self.stretch.low, self.stretch.high
        if abs(low) != inf:
            low = int(low // 1) + 1 if self.stretch.low_open or low % 1 else low
        if abs(high) != inf:
            high = -int(-high // 1) - 1 if self.stretch.high_open or high % 1 else high
        return Stretch(low, high)


def number_of(node: Node) -> float | None:
    """The number that a rule spells out, arithmetic of numbers included; None where it is no such number."""
    match node:
        case Constant(value=value, kind="number"):
            return float(value)
        case Negative(operand=operand):
            inner = number_of(operand)
            return None if inner is None else -inner
        case Arithmetic(operator=operator, left=left, right=right):
            one, other = number_of(left), number_of(right)
            if one is None or other is None or (operator == "/" and other == 0):
                return None
            return {"+": one + other, "-": one - other, "*": one * other}.get(operator, one / (other or 1))
    return None


def left_by(operator: Comparison, right: Node) -> Possible | None:
    """What `value operator right` leaves possible of the value, where the right side is spelled out."""
    if isinstance(right, Options):
        items = frozenset(item.value for item in right.items if isinstance(item, Constant))
        return Possible(among=items) if operator == "in" else Possible(without=items)
    constant: Known | None = number_of(right)
    if constant is None and isinstance(right, Constant) and right.kind == "text":
        constant = right.value
    if constant is None:
        return None
    if operator == "==":
        return Possible(among=frozenset({constant}))
    if operator == "!=":
        return Possible(without=frozenset({constant}))
    if isinstance(constant, str):
        return None  # the order of texts and of dates is left alone
    upper = operator in ("<", "<=")
    is_open = operator in ("<", ">")
    stretch = Stretch(high=constant, high_open=is_open) if upper else Stretch(low=constant, low_open=is_open)
    return Possible(stretch)


def from_the_start(node: Node, window: Window | None, *, in_rows: bool) -> tuple[Possible, str] | None:
    """
    What a node can be at all, and that in words.

    Args:
        node: The value.
        window: Of a row the window it was found in, seen from as-of; None where it has none or is not known.
        in_rows: Whether the node is asked of a row.
    """
    match node:
        case Aggregate(function="count" | "nunique" as function):
            return Possible(Stretch(low=0), is_whole=True), f"`{function}` is 0 or more"
        case Call(function="bucket"):
            return Possible(Stretch(0, 1, high_open=True)), "`bucket` is at least 0 and below 1"
        case Call(function="ntile", arguments=(_, Constant(value=n))) if isinstance(n, int) and n > 1:
            return Possible(Stretch(1, n), is_whole=True), f"`ntile` counts from 1 to {n} here"
        case Arithmetic(operator="-", left=Name(name="now"), right=Name(name="at")) if in_rows:
            return _age(window)
        case Arithmetic(operator="-", left=Name(name="now"), right=Aggregate() as made) if not in_rows:
            selection = made.selection
            if selection.column == ("at",) and made.function in ("first", "last", "min", "max"):
                return _age(selection.window)
    return None


def _age(window: Window | None) -> tuple[Possible, str]:
    if not isinstance(window, Rolling):
        return Possible(Stretch(low=0)), "what is looked at lies before now"
    since, until = window.since / _DAY, window.until / _DAY
    words = f"the window holds what is {until:g} to {since:g} days old"
    return Possible(Stretch(until, since, high_open=True)), words


def opposite(possible: Possible) -> Possible | None:
    """Everything else, where that is of one piece."""
    if possible.among is not None:
        return Possible(without=possible.among)
    if possible.without:
        return Possible(among=possible.without)
    stretch = possible.stretch
    if stretch.low == -inf:
        return replace(possible, stretch=Stretch(low=stretch.high, low_open=not stretch.high_open))
    if stretch.high == inf:
        return replace(possible, stretch=Stretch(high=stretch.low, high_open=not stretch.low_open))
    return None
