"""
Forward windows that may still be open: rows so young that what follows them is not known yet.

How long before as-of the youngest row of a selection lies is seen from its window: 3 hours for `cart["7d":"3h"]`, so
a look 3 hours on from it is always closed. What cannot be told, as after `"month-1"`, is not warned of.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Final

from cdptool.errors import Finding
from cdptool.rules.nodes import Aggregate, At, Node, Selection, children
from cdptool.rules.windows import Calendar, Forward, Rolling, Window, length_text

_YEAR: Final = 365 * 86_400
_ENDLESS: Final = 'what "+" finds may be as young as now: give it a length, such as "+3h", and end the window so much earlier'


def open_windows(line: Node) -> Iterator[Finding]:
    """A warning for every selection of a line whose rows may not be decided yet."""
    if isinstance(line, Aggregate):
        yield from _of(line.selection)
        return
    for inner in children(line):
        yield from open_windows(inner)


def _of(selection: Selection) -> Iterator[Finding]:
    if selection.where is None:
        return
    age = _age(selection.window, 0)
    longest = max(_beyond(selection.where, age), default=0)
    if longest <= 0:
        return
    # What is open after the oldest of rows is open because "+" looks on up to now: no other window mends it.
    is_endless = max(_beyond(selection.where, inf), default=0) > 0
    yield Finding(
        "rows of this window may not be decided yet: a forward window after them is still open",
        selection.place,
        _ENDLESS if is_endless else _hint(selection, int(age + longest)),
        "warning",
    )


def _beyond(node: Node, age: float) -> Iterator[float]:
    """By how many seconds forward windows asked of rows of that age reach beyond as-of."""
    match node:
        case At():
            return
        case Aggregate(selection=selection):
            window = selection.window
            if isinstance(window, Forward) and window.seconds is not None:
                yield window.seconds - age
            if selection.where is not None:
                yield from _beyond(selection.where, _age(window, age))
        case _:
            for inner in children(node):
                yield from _beyond(inner, age)


def _age(window: Window | None, clock: float) -> float:
    """How old the youngest row is that a clock of that age finds in the window."""
    match window:
        case Forward(seconds=None):
            return 0
        case Forward(seconds=seconds):
            return max(0, clock - (seconds or 0))
        case Rolling(until=until):
            return clock + until
        case Calendar(until=until) if until:
            return inf
    return clock


def _hint(selection: Selection, seconds: int) -> str:
    end = length_text(seconds)
    if isinstance(selection.window, Rolling) and selection.window.since > seconds:
        start = length_text(selection.window.since)
        return f'end the window earlier, such as {selection.stream}["{start}":"{end}"]'
    if isinstance(selection.window, Rolling):
        return f"the window is over before the forward window is: look back further than {end}, and end there"
    if seconds < _YEAR:
        return f'end the window {end} before now, such as {selection.stream}["{length_text(_YEAR)}":"{end}"]'
    return f"end the window {end} before now"
