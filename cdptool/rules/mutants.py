"""
Rules with one condition left out: what tests must be able to tell from the rule itself.

A condition that no test would miss is one that no test is about. Left out are lines, operands of `and` and `or` at any
depth, and the condition of a `.where(…)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cdptool.errors import Place
from cdptool.rules.book import Rule
from cdptool.rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    At,
    Call,
    Compare,
    Negative,
    Node,
    Not,
    Or,
    to_text,
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule without one of its conditions: the condition, where it stands, and what is left."""

    text: str
    place: Place
    rule: Rule


def mutants(rule: Rule) -> Iterator[Mutant]:
    """
    Every rule that lacks one condition of this one; all have its name.

    >>> from cdptool.rules.syntax import parse
    >>> here = Place("rules.yaml", 1, 1)
    >>> lines = (parse('exists(order["7d"].where(paid))', here), parse("a or b", here))
    >>> for each in mutants(Rule("r", lines, here)):
    ...     print(each.text, "|", "; ".join(to_text(line) for line in each.rule.lines))
    exists(order["7d"].where(paid)) | a or b
    a or b | exists(order["7d"].where(paid))
    paid | exists(order["7d"]); a or b
    a | exists(order["7d"].where(paid)); b
    b | exists(order["7d"].where(paid)); a
    """
    if len(rule.lines) > 1:
        for i, line in enumerate(rule.lines):
            labels = (*rule.labels[:i], *rule.labels[i + 1 :])
            rest = (*rule.lines[:i], *rule.lines[i + 1 :])
            yield Mutant(to_text(line), line.place, replace(rule, lines=rest, labels=labels))
    for i, line in enumerate(rule.lines):
        for removed, left in _without(line):
            lines = (*rule.lines[:i], left, *rule.lines[i + 1 :])
            yield Mutant(to_text(removed), removed.place, replace(rule, lines=lines))


def _without(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each condition inside a node, with the node that lacks it."""
    match node:
        case And(operands=operands) | Or(operands=operands):
            for i, operand in enumerate(operands):
                rest = (*operands[:i], *operands[i + 1 :])
                yield operand, rest[0] if len(rest) == 1 else replace(node, operands=rest)
            for removed, changed in _in_each(operands):
                yield removed, replace(node, operands=changed)
        case Compare(operands=operands):
            for removed, changed in _in_each(operands):
                yield removed, replace(node, operands=changed)
        case Call(arguments=arguments):
            for removed, changed in _in_each(arguments):
                yield removed, replace(node, arguments=changed)
        case Not(operand=operand) | Negative(operand=operand) | At(operand=operand):
            for removed, left in _without(operand):
                yield removed, replace(node, operand=left)
        case Arithmetic(left=first, right=second):
            for removed, left in _without(first):
                yield removed, replace(node, left=left)
            for removed, left in _without(second):
                yield removed, replace(node, right=left)
        case Aggregate(selection=selection) if selection.where is not None:
            if not isinstance(selection.where, And | Or):
                yield selection.where, replace(node, selection=replace(selection, where=None))
            for removed, left in _without(selection.where):
                yield removed, replace(node, selection=replace(selection, where=left))


def _in_each(parts: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    for i, part in enumerate(parts):
        for removed, left in _without(part):
            yield removed, (*parts[:i], left, *parts[i + 1 :])
