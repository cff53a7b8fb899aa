"""
Segments that differ in one window only are rungs of a ladder: their windows should meet without gap or overlap.

`cart["5h":"3h"]`, `cart["7h":"5h"]`, `cart["9h":"7h"]` tile time. Windows that hold one another, as "14d" and "90d",
are no rungs, nor are windows that lie far apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from cdptool.errors import Finding, Place
from cdptool.rules.book import Rule, RuleBook
from cdptool.rules.nodes import Aggregate, And, Compare, Node, Not
from cdptool.rules.windows import Rolling, length_text


@dataclass(frozen=True, slots=True)
class _Rung:
    name: str
    window: Rolling
    place: Place

    @property
    def length(self) -> int:
        return self.window.since - self.window.until


def ladder_findings(book: RuleBook) -> Iterator[Finding]:
    """Gaps and overlaps between the windows of segments that are the same otherwise, as warnings."""
    ladders: dict[tuple[Node, ...], list[_Rung]] = {}
    for rule in book.segments:
        for rest, rung in _rungs(rule):
            ladders.setdefault(rest, []).append(rung)
    for rungs in ladders.values():
        yield from _of_ladder(rungs)


def _rungs(rule: Rule) -> Iterator[tuple[tuple[Node, ...], _Rung]]:
    """The segment without its window, and the window: of the first aggregate that has a range."""
    for i, line in enumerate(rule.lines):
        found = _first(line)
        if found is None or not isinstance(found.selection.window, Rolling):
            continue
        rest = _without(line, found)
        rung = _Rung(rule.name, found.selection.window, found.selection.place)
        yield (*rule.lines[:i], rest, *rule.lines[i + 1 :]), rung
        return


def _first(node: Node) -> Aggregate | None:
    match node:
        case Aggregate():
            return node
        case And(operands=operands) | Compare(operands=operands):
            return next((found for each in operands if (found := _first(each))), None)
        case Not(operand=operand):
            return _first(operand)
    return None


def _without(node: Node, aggregate: Aggregate) -> Node:
    """The node with the window of one of its aggregates taken out."""
    if node is aggregate:
        return replace(aggregate, selection=replace(aggregate.selection, window=None))
    match node:
        case And(operands=operands) | Compare(operands=operands):
            return replace(node, operands=tuple(_without(each, aggregate) for each in operands))
        case Not(operand=operand):
            return replace(node, operand=_without(operand, aggregate))
    return node


def _of_ladder(rungs: list[_Rung]) -> Iterator[Finding]:
    steps = sorted(
        (rung for rung in rungs if not any(_holds(rung, other) for other in rungs if other is not rung)),
        key=lambda rung: (rung.window.until, rung.window.since),
    )
    has_tiles = any(lower.window.since == upper.window.until for lower, upper in pairwise(steps))
    for lower, upper in pairwise(steps):
        gap = upper.window.until - lower.window.since
        if gap == 0 or (gap > 0 and not has_tiles and gap >= min(lower.length, upper.length)):
            continue
        length = length_text(abs(gap))
        what = f"leaves a gap of {length} to that of `{lower.name}`"
        if gap < 0:
            what = f"overlaps that of `{lower.name}` by {length}"
        problem = f"the window of `{upper.name}` {what}"
        since = f'"{length_text(upper.window.since)}":"{length_text(lower.window.since)}"'
        yield Finding(problem, upper.place, f"they are the same otherwise; {since} would meet it", "warning")


def _holds(long: _Rung, short: _Rung) -> bool:
    return long.window.since >= short.window.since and long.window.until <= short.window.until
