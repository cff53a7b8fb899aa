"""
The expressions of merge.yaml: passes become branches of fields that must all agree, never-rules one field.

A pass is read by the rule language and put into disjunctive form; every branch must hold a `same(...)`,
or it would compare every pair of records.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from cdptool.config.forms import Reading, check_known, refused
from cdptool.config.reader import Scalar, Value
from cdptool.config.scalars import text
from cdptool.errors import ConfigError, Finding
from cdptool.rules.nodes import And, Attribute, Call, Name, Node, Not, Or
from cdptool.rules.syntax import parse

Branch: TypeAlias = tuple[str, ...]

_MOST_BRANCHES: Final = 64
_TODAY: Final = "this version joins by `same(field)`, `and`, `or` and parentheses"


def parse_condition(value: Value, reading: Reading) -> Node:
    """A value read by the rule language."""
    written = text(value, reading)
    place = value.text_place if isinstance(value, Scalar) else value.place
    return parse(written, place)


def pass_branches(name: str, value: Value, reading: Reading) -> tuple[Branch, ...]:
    """
    The branches of a pass, in the order written, no field twice in a branch and no branch twice.

    Raises:
        ConfigError: For what the language has and this version does not, and for a branch without `same`.
    """
    findings: list[Finding] = []
    branches = _branches(parse_condition(value, reading), findings, reading)
    if any(not branch for branch in branches):
        problem = f"pass `{name}` would compare every pair of records"
        findings.append(Finding(problem, value.place, "add `same(...)` to each branch of it"))
    if len(branches) > _MOST_BRANCHES:
        problem = f"pass `{name}` has {len(branches)} branches, expected at most {_MOST_BRANCHES}"
        findings.append(Finding(problem, value.place, "split it into several passes"))
    if findings:
        raise ConfigError(*findings)
    return branches


def _branches(node: Node, findings: list[Finding], reading: Reading) -> tuple[Branch, ...]:
    match node:
        case Or(operands=operands):
            found = [branch for each in operands for branch in _branches(each, findings, reading)]
            return tuple(dict.fromkeys(found))
        case And(operands=operands):
            joined: tuple[Branch, ...] = ((),)
            for each in operands:
                right = _branches(each, findings, reading)
                if len(joined) * len(right) > _MOST_BRANCHES**2:
                    break  # far over the limit, which is reported once
                joined = tuple(_both(left, more) for left in joined for more in right)
            return tuple(dict.fromkeys(joined))
        case Call(function="same", arguments=(Name(name=field, place=place),)):
            try:
                check_known("field", field, place, reading)
            except ConfigError as error:
                findings.extend(error.findings)
            return ((field,),)
        case _:
            findings.append(Finding(f"{_spoken(node)} is not supported yet in a pass", node.place, _TODAY))
            return ((),)


def _both(left: Branch, right: Branch) -> Branch:
    return tuple(dict.fromkeys((*left, *right)))


def _spoken(node: Node) -> str:
    match node:
        case Call(function=function):
            return f"`{function}`"
        case Not():
            return "`not`"
        case Attribute():
            return "`a.x` or `b.x`"
        case _:
            return "this"


def never_field(value: Value, reading: Reading) -> str:
    """The field of a never-rule: `differs(field)`."""
    node = parse_condition(value, reading)
    if isinstance(node, Call) and node.function == "differs":
        (argument,) = node.arguments
        if isinstance(argument, Name):
            check_known("field", argument.name, argument.place, reading)
            return argument.name
    hint = "this version knows `differs(field)`"
    raise refused(f"{_spoken(node)} is not supported yet in a never-rule", node.place, hint)
