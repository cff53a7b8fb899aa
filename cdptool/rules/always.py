"""
Conditions that are always or never true, whatever the data: slips of a comparison, and conditions that contradict.

Only what can be shown is told. A contradiction is looked for between the operands of one `and` (the lines of a
segment are one), and its opposite between those of one `or`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cdptool.errors import Finding, Place
from cdptool.rules.book import Rule
from cdptool.rules.nodes import (
    Aggregate,
    And,
    At,
    Compare,
    Comparison,
    Node,
    Not,
    Options,
    Or,
    Selection,
    children,
)
from cdptool.rules.possible import OPPOSITE, TURNED, Possible, from_the_start, left_by, number_of, opposite
from cdptool.rules.windows import Calendar, Forward, Rolling, Window

_SWAP_OR: Final = "no value is both; if either is meant, write `or` or `in [...]`"


@dataclass(frozen=True, slots=True)
class _Row:
    """Whether a node is asked of a row, and the window that row was found in, where that is seen from as-of."""

    inside: bool = False
    window: Window | None = None
    knows_now: bool = True


@dataclass(frozen=True, slots=True)
class _Claim:
    """One comparison of a value with what is spelled out."""

    value: Node
    possible: Possible
    place: Place


def always(rule: Rule, *, is_segment: bool) -> Iterator[Finding]:
    """Everything in a rule that is always or never true, as warnings at their places."""
    for line in rule.lines:
        yield from _inside(line, _Row())
    if is_segment and len(rule.lines) > 1:
        yield from _contradictions(_flat(rule.lines, And))
    yield from _never_reached(rule)


def _inside(node: Node, row: _Row) -> Iterator[Finding]:
    match node:
        case Compare():
            findings = [*_slips(node, row)]
            yield from findings or _contradictions((node,))
        case And(operands=operands):
            yield from _contradictions(_flat(operands, And))
        case Or(operands=operands):
            yield from _certainties(_flat(operands, Or))
    for inner in children(node):
        yield from _inside(inner, _around(node, row))


def _around(node: Node, row: _Row) -> _Row:
    match node:
        case At():
            return _Row(row.inside, None, knows_now=False)
        case Aggregate(selection=selection):
            window = None if row.inside or not row.knows_now else selection.window
            return _Row(True, window, knows_now=row.knows_now)
    return row


def _flat(nodes: Sequence[Node], kind: type[And] | type[Or]) -> tuple[Node, ...]:
    flat: list[Node] = []
    for node in nodes:
        flat += (
            _flat(node.operands, kind) if isinstance(node, And | Or) and isinstance(node, kind) else [node]
        )
    return tuple(flat)


def _pairs(node: Compare) -> Iterator[tuple[Node, Comparison, Node]]:
    for left, operator, right in zip(node.operands, node.operators, node.operands[1:], strict=False):
        if number_of(left) is not None and number_of(right) is None and operator in TURNED:
            yield right, TURNED[operator], left
        else:
            yield left, operator, right


def _slips(node: Compare, row: _Row) -> Iterator[Finding]:
    """Comparisons that need no others to be always or never true."""
    for left, operator, right in _pairs(node):
        if isinstance(right, Options) and not right.items:
            yield _told(operator == "not in", right.place, "the list is empty")
            continue
        if left == right:
            yield _told(operator in ("==", "<=", ">="), right.place, "both sides are the same")
            continue
        known = from_the_start(left, row.window, in_rows=row.inside) if row.knows_now else None
        number = number_of(left)
        if number is not None:
            known = Possible(among=frozenset({number})), "both sides are spelled out"
        claim = left_by(operator, right)
        if known is None or claim is None:
            continue
        possible, words = known
        otherwise = left_by(OPPOSITE[operator], right)
        if possible.meet(claim).is_empty:
            yield _told(False, left.place, words)
        elif otherwise is not None and possible.meet(otherwise).is_empty:
            yield _told(True, left.place, words)


def _told(is_true: bool, place: Place, why: str) -> Finding:
    return Finding(f"this is {'always' if is_true else 'never'} true", place, why, "warning")


def _claims(nodes: Sequence[Node]) -> Iterator[_Claim]:
    for node in nodes:
        if not isinstance(node, Compare):
            continue
        for left, operator, right in _pairs(node):
            possible = left_by(operator, right)
            if possible is not None and number_of(left) is None:
                yield _Claim(left, possible, left.place)


def _contradictions(nodes: Sequence[Node]) -> Iterator[Finding]:
    """Operands of one `and` that cannot be true together, each told once, beside the first that it contradicts."""
    claims = tuple(_claims(nodes))
    for i, claim in enumerate(claims):
        for earlier in claims[:i]:
            if earlier.value == claim.value and _is_new_contradiction(earlier, claim):
                texts = bool(claim.possible.among) and bool(earlier.possible.among)
                yield _together(claim.place, earlier.place, _SWAP_OR if texts else None)
                break
    for i, node in enumerate(nodes):
        for before in nodes[:i]:
            if (isinstance(node, Not) and node.operand == before) or before == Not(node, node.place):
                yield _together(node.place, before.place, None)
                break
    yield from _counted(nodes)


def _is_new_contradiction(one: _Claim, other: _Claim) -> bool:
    both = one.possible.meet(other.possible)
    start = from_the_start(one.value, None, in_rows=True)
    both = both.meet(start[0]) if start else both
    return both.is_empty and not one.possible.is_empty and not other.possible.is_empty


def _together(place: Place, other: Place, hint: str | None) -> Finding:
    where = f"{other.line}:{other.column}" if other.line else "before"
    return Finding(f"this is never true together with what stands at {where}", place, hint, "warning")


def _certainties(nodes: Sequence[Node]) -> Iterator[Finding]:
    """Operands of one `or` of which one is always true, where the value is known."""
    singles = [node for node in nodes if isinstance(node, Compare) and len(node.operators) == 1]
    claims = tuple(_claims(singles))
    for i, claim in enumerate(claims):
        for earlier in claims[:i]:
            rest, others = opposite(claim.possible), opposite(earlier.possible)
            if earlier.value == claim.value and rest and others and rest.meet(others).is_empty:
                hint = "no value fails both; if both are meant, write `and` or `not in [...]`"
                where = f"{earlier.place.line}:{earlier.place.column}"
                yield Finding(f"this or what stands at {where} is always true", claim.place, hint, "warning")
                break


def _counted(nodes: Sequence[Node]) -> Iterator[Finding]:
    """Rows that must be there in a window, and must not be in one that holds it."""
    there = [(each, least) for each in nodes if (least := _least(each)) is not None]
    absent = [(each, most) for each in nodes if (most := _most(each)) is not None]
    for (one, least), (other, most) in ((one, other) for one in there for other in absent):
        few, many = _selection(one), _selection(other)
        if one is not other and few is not None and many is not None and least > most and _is_part(few, many):
            first, second = sorted(
                (one, other), key=lambda node: (node.place.line or 0, node.place.column or 0)
            )
            if not (isinstance(one, Compare) and isinstance(other, Compare) and few == many):
                yield _together(second.place, first.place, "the one window lies inside the other")


def _selection(node: Node) -> Selection | None:
    match node:
        case Aggregate(selection=selection):
            return selection
        case Compare(operands=(Aggregate(function="count", selection=selection), _)):
            return selection
    return None


def _least(node: Node) -> float | None:
    match node:
        case Aggregate(function="exists"):
            return 1
        case Compare(operands=(Aggregate(function="count"), right), operators=(operator,)):
            number = number_of(right)
            steps = {">=": 0, "==": 0, ">": 1}
            return None if number is None or operator not in steps else number + steps[operator]
    return None


def _most(node: Node) -> float | None:
    match node:
        case Aggregate(function="none"):
            return 0
        case Compare(operands=(Aggregate(function="count"), right), operators=(operator,)):
            number = number_of(right)
            steps = {"<=": 0, "==": 0, "<": -1}
            return None if number is None or operator not in steps else number + steps[operator]
    return None


def _is_part(few: Selection, many: Selection) -> bool:
    """Whether every row of the one selection is surely a row of the other."""
    if few.stream != many.stream or few.column != many.column:
        return False
    asked = set(_flat((few.where,), And)) if few.where is not None else set[Node]()
    also = set(_flat((many.where,), And)) if many.where is not None else set[Node]()
    return also <= asked and _lies_in(few.window, many.window)


def _lies_in(short: Window | None, long: Window | None) -> bool:
    match short, long:
        case _, _ if short == long:
            return True
        case (Rolling() | Calendar(), None):
            return True
        case (Rolling(), Rolling()):
            return short.since <= long.since and short.until >= long.until
        case (Calendar(), Calendar()):
            return short.unit == long.unit and short.since <= long.since and short.until >= long.until
        case (Forward(), _) | (_, Forward()):
            return False
    return False


def _never_reached(rule: Rule) -> Iterator[Finding]:
    """Labels of `first:` that an earlier line always takes."""
    for i, label in enumerate(rule.labels):
        for j in range(i):
            if _implies(rule.lines[i], rule.lines[j]):
                problem = f"label `{label}` is never given: `{rule.labels[j]}` before it takes all of these"
                yield Finding(
                    problem,
                    rule.lines[i].place,
                    "the first line that is true wins: put the narrower first",
                    "warning",
                )
                break


def _implies(narrow: Node, wide: Node) -> bool:
    if narrow == wide:
        return True
    wide_claims = tuple(_claims((wide,)))
    if not isinstance(wide, Compare) or len(wide.operators) != 1 or len(wide_claims) != 1:
        return False
    rest = opposite(wide_claims[0].possible)
    claims = [each for each in _claims(_flat((narrow,), And)) if each.value == wide_claims[0].value]
    return rest is not None and any(each.possible.meet(rest).is_empty for each in claims)
