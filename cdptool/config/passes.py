"""
The expressions of merge.yaml: passes and never-rules over two records, as branches of conditions.

An expression is read by the rule language and put into disjunctive form. Every branch of a pass must hold a
`same(...)`, or it would compare every pair of records. `pair_tests` reads what stands between `and` and `or`.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from cdptool.config.forms import Reading, refused
from cdptool.config.pair_tests import pair_test, spoken
from cdptool.config.reader import Scalar, Value
from cdptool.config.scalars import text
from cdptool.errors import ConfigError, Finding
from cdptool.identity.conditions import Condition, Same
from cdptool.rules.nodes import And, Call, Node, Not, Or
from cdptool.rules.syntax import parse

Branch: TypeAlias = tuple[str, ...]
Conditions: TypeAlias = tuple[Condition, ...]

_MOST_BRANCHES: Final = 64


class PassBranches(NamedTuple):
    """Per branch the fields that must be the same, and what is asked besides; no field or condition twice."""

    fields: tuple[Branch, ...]
    conditions: tuple[Conditions, ...]


def parse_condition(value: Value, reading: Reading) -> Node:
    """A value read by the rule language."""
    if isinstance(value, Scalar) and not value.text.strip():
        raise refused("expected an expression, found nothing", value.place, 'such as exists(order["90d"])')
    written = text(value, reading)
    place = value.text_place if isinstance(value, Scalar) else value.place
    return parse(written, place)


def pass_branches(name: str, value: Value, reading: Reading) -> PassBranches:
    """
    The branches of a pass, in the order written, no branch twice.

    Raises:
        ConfigError: For what is no test of two records, and for a branch without `same`.
    """
    node = parse_condition(value, reading)
    findings: list[Finding] = []
    found = _branches(node, True, findings, reading)
    split = [(_same_fields(branch), _besides(branch)) for branch in found]
    if not findings:
        findings += _without_same(name, node, reading)
    if len(split) > _MOST_BRANCHES:
        problem = f"pass `{name}` has {len(split)} branches, expected at most {_MOST_BRANCHES}"
        findings.append(Finding(problem, value.place, "split it into several passes"))
    if findings:
        raise ConfigError(*findings)
    return PassBranches(tuple(fields for fields, _ in split), tuple(besides for _, besides in split))


def never_branches(value: Value, reading: Reading) -> tuple[str, tuple[Conditions, ...]]:
    """The field of `differs(field)`, which needs no pairs, or the branches of any other never-rule."""
    findings: list[Finding] = []
    found = _branches(parse_condition(value, reading), True, findings, reading)
    if findings:
        raise ConfigError(*findings)
    match found:
        case ((Condition(test=Same(field=field), holds=False),),):
            return field, ()
        case _:
            return "", found


def _same_fields(branch: Conditions) -> Branch:
    return tuple(one.test.field for one in branch if isinstance(one.test, Same) and one.holds)


def _besides(branch: Conditions) -> Conditions:
    return tuple(one for one in branch if not (isinstance(one.test, Same) and one.holds))


def _without_same(name: str, node: Node, reading: Reading) -> list[Finding]:
    """The alternatives, as written, that some branch without `same` comes from."""
    parts = node.operands if isinstance(node, Or) else (node,)
    problem = f"pass `{name}` would compare every pair of records"
    return [
        Finding(problem, part.place, f"add `same(...)` to each branch of it: {spoken(part)} has none")
        for part in parts
        if any(not _same_fields(branch) for branch in _branches(part, True, [], reading))
    ]


def _branches(node: Node, holds: bool, findings: list[Finding], reading: Reading) -> tuple[Conditions, ...]:
    """The disjunctive form of a node, or (`holds` false) of its opposite."""
    match node:
        case Not(operand=operand):
            return _branches(operand, not holds, findings, reading)
        case Or(operands=operands) | And(operands=operands):
            parts = [_branches(each, holds, findings, reading) for each in operands]
            return _either(parts) if isinstance(node, Or) == holds else _all(parts)
        case Call(function="differs", arguments=arguments):
            same = Call("same", arguments, node.place)
            return _branches(same, not holds, findings, reading)
        case _:
            try:
                tests = pair_test(node, reading)
            except ConfigError as error:
                findings.extend(error.findings)
                return ((),)
            if holds:
                return (tuple(Condition(test) for test in tests),)
            return tuple((Condition(test, holds=False),) for test in tests)


def _either(parts: list[tuple[Conditions, ...]]) -> tuple[Conditions, ...]:
    return tuple(dict.fromkeys(branch for part in parts for branch in part))


def _all(parts: list[tuple[Conditions, ...]]) -> tuple[Conditions, ...]:
    joined: tuple[Conditions, ...] = ((),)
    for part in parts:
        if len(joined) * len(part) > _MOST_BRANCHES**2:
            break  # far over the limit, which is reported once
        joined = tuple(tuple(dict.fromkeys((*left, *right))) for left in joined for right in part)
    return tuple(dict.fromkeys(joined))
