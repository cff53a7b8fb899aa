"""
One test of two records, read: `same(f)`, `near(f, 0.88)`, `missing(a.f)`, `a.x < b.x`, `-3 <= a.day - b.day <= 3`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Final, TypeAlias

from cdptool.config.forms import Reading, check_known, refused
from cdptool.identity.conditions import NUMERIC, Gap, Missing, Near, Operand, Ordered, Same
from cdptool.identity.conditions import Value as FieldOf
from cdptool.identity.similarity import SPELT, WORDED
from cdptool.rules.nodes import (
    Arithmetic,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Negative,
    Node,
    Not,
    to_text,
)

Test: TypeAlias = Same | Near | Missing | Ordered
_TESTS: Final = (
    "a test of two records is `same(f)`, `near(f, 0.88)`, `differs(f)`, `missing(a.f)` or `a.f < b.f`"
)
_EPOCH: Final = date(1970, 1, 1)


def pair_test(node: Node, reading: Reading) -> tuple[Test, ...]:
    """
    The tests that a node asks for, all of them: a chain of comparisons is several.

    Raises:
        ConfigError: It is no test of two records, names no field, or asks of a type what it cannot answer.
    """
    match node:
        case Call(function="same", arguments=(Name() as name,)):
            return (Same(_known(name, reading)),)
        case Call(function="missing", arguments=(Name() as name,)):
            return (Missing(_known(name, reading)),)
        case Call(function="missing", arguments=(Attribute() as value,)):
            found = _value(value, reading)
            return (Missing(found.field, found.side),)
        case Call(function="near", arguments=(Name() as name, Constant(kind="number", value=least) as given)):
            return (_near(name, float(least), given, reading),)
        case Compare(operands=operands, operators=operators):
            read = [_operand(each, reading) for each in operands]
            _check_types(node, read, reading.types("field"))
            has_order = any(_order_of(reading.types("field")[name]) != "text" for name in _names(read))
            sides = [_as_day(one, at) if has_order else one for one, at in zip(read, operands, strict=True)]
            found_tests = []
            for sign, (left, right) in zip(operators, pairwise(sides), strict=True):
                if sign == "in" or sign == "not in":
                    raise refused(f"`{sign}` is no test of two records", node.place, _TESTS)
                found_tests.append(Ordered(left, sign, right))
            return tuple(found_tests)
        case _:
            raise refused(f"{spoken(node)} is no test of two records", node.place, _TESTS)


def _known(name: Name, reading: Reading) -> str:
    check_known("field", name.name, name.place, reading)
    return name.name


def _near(name: Name, least: float, given: Constant, reading: Reading) -> Near:
    field = _known(name, reading)
    kind = reading.types("field")[field]
    if kind not in (*WORDED, *SPELT):
        hint = "compare it as a number: `-1 <= a.x - b.x <= 1`" if kind in NUMERIC else "use `same`"
        raise refused(
            f"`{field}` is of type `{kind}`, whose values are not more or less near", name.place, hint
        )
    if not 0 < least <= 1:
        raise refused("how near is a number above 0 and up to 1", given.place, "write `near(name, 0.88)`")
    return Near(field, least)


def _operand(node: Node, reading: Reading) -> Operand:
    match node:
        case Attribute():
            return _value(node, reading)
        case Constant(value=bool()):
            pass
        case Constant(value=str() as words):
            return words
        case Constant(value=number):
            return float(number)
        case Negative(operand=Constant(kind="number", value=number)):
            return -float(number)
        case Arithmetic(operator="-", left=Attribute() as left, right=Attribute() as right):
            return Gap(_value(left, reading), _value(right, reading))
        case _:
            pass
    hint = "compare `a.field`, `b.field`, `a.field - b.field`, a number or a text"
    raise refused(f"{spoken(node)} cannot be compared here", node.place, hint)


def _value(node: Attribute, reading: Reading) -> FieldOf:
    match node.base:
        case Name(name="a" | "b" as side):
            check_known("field", node.name, node.place, reading)
            return FieldOf("a" if side == "a" else "b", node.name)
        case _:
            hint = "the two records are called `a` and `b`"
            raise refused(f"{spoken(node)} is no field of one of the records", node.place, hint)


def _check_types(node: Compare, operands: list[Operand], types: Mapping[str, str]) -> None:
    """One kind of value on every side; texts are equal or not, numbers and dates have an order."""
    kinds = {_order_of(types[name]) for name in _names(operands)}
    for each in operands:
        if isinstance(each, Gap) and "text" in {_order_of(types[name]) for name in _names([each])}:
            raise refused("texts have no difference", node.place, "use `near(f, 0.88)`")
    if not kinds:
        raise refused("this compares no field", node.place, "compare `a.field` with `b.field` or a constant")
    if len(kinds) > 1:
        raise refused("this compares fields of different kinds", node.place, "compare fields of one type")
    if kinds == {"text"} and set(node.operators) - {"==", "!="}:
        raise refused("texts have no order here", node.place, "use `==` or `!=`")
    if kinds == {"text"} and any(isinstance(each, float) for each in operands):
        raise refused("this compares a text with a number", node.place, "write the number in quotes")
    written = [where for each, where in zip(operands, node.operands, strict=True) if isinstance(each, str)]
    if kinds == {"number"} and written:
        raise refused("this compares a number with a text", written[0].place, "write it without quotes")
    if kinds & {"day", "time"}:
        _check_days(node, operands, written)


def _check_days(node: Compare, operands: list[Operand], written: list[Node]) -> None:
    """A date is compared with a date, and the days between two dates with a number."""
    are_gaps = {isinstance(each, Gap) for each in operands if isinstance(each, Gap | FieldOf)}
    if len(are_gaps) > 1:
        raise refused("this compares a date with days between two dates", node.place, "compare two dates")
    if True in are_gaps and written:
        raise refused("this compares days between two dates with a text", written[0].place, "write a number")
    if False in are_gaps and any(isinstance(each, float) for each in operands):
        hint = "write a date in quotes, or compare `a.date - b.date`"
        raise refused("this compares a date with a number", node.place, hint)


def _names(operands: list[Operand]) -> list[str]:
    """The fields that operands are, or are made of."""
    found = []
    for each in operands:
        match each:
            case FieldOf(field=name):
                found.append(name)
            case Gap(left=left, right=right):
                found += [left.field, right.field]
    return found


def _order_of(kind: str) -> str:
    return {"date": "day", "datetime": "time"}.get(kind, "number" if kind in NUMERIC else "text")


def _as_day(operand: Operand, written: Node) -> Operand:
    """A day in quotes as the number that dates are compared by."""
    if not isinstance(operand, str):
        return operand
    try:
        return float((date.fromisoformat(operand) - _EPOCH).days)
    except ValueError:
        raise refused("this is no day", written.place, "write it as `1990-01-31`") from None


def spoken(node: Node) -> str:
    """A node in a message: its first word where it is a call, else as it is written."""
    match node:
        case Call(function=function):
            return f"`{function}`"
        case Not():
            return "`not`"
        case _:
            return f"`{to_text(node)}`"
