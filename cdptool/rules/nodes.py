"""
The frozen nodes of a rule, and the one text each prints back to.

Nodes are compared and hashed by meaning: where a node stands (`place`) is carried along for messages and
takes no part. So two rules that ask for the same aggregate share one node, and the work behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from cdptool.errors import Place
from cdptool.rules.windows import Window, length_text, window_text

AggregateName = Literal[
    "exists", "none", "count", "sum", "avg", "min", "max", "first", "last", "nunique", "mode"
]
Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Operator = Literal["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, or true/false. The kind keeps `true` and `1` apart, which Python does not."""

    value: bool | int | float | str
    kind: Literal["number", "text", "truth"]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """A list of constants, on the right of `in`."""

    items: tuple[Node, ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """
    A bare name: a column of the current row, a trait, a segment, a profile field, or `now`.

    What is no word is a column of a file, written `row["Customer ID"]`.
    """

    name: str
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`base.name`: follow a reference (`sku.category`), the enclosing row (`outer.x`), the profile (`me.x`)."""

    base: Node
    name: str
    place: Place = field(compare=False, repr=False)
    name_place: Place | None = field(default=None, compare=False, repr=False)  # of the name behind the dot


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of a stream: in a window, meeting a condition, and the column looked at (a path over references)."""

    stream: str
    column: tuple[str, ...]
    window: Window | None
    where: Node | None
    place: Place = field(compare=False, repr=False)
    column_places: tuple[Place, ...] = field(
        default=(), compare=False, repr=False
    )  # one per name of the path


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value (or truth) made of the rows of a selection."""

    function: AggregateName
    selection: Selection
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values: missing, default, matches, ntile, bucket; same, near, differs in merge passes."""

    function: str
    arguments: tuple[Node, ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class At:
    """`at("90d", expr)`: the expression with the clock moved back and later rows hidden."""

    seconds: int
    operand: Node
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Three-valued not."""

    operand: Node
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """Three-valued and."""

    operands: tuple[Node, ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Three-valued or."""

    operands: tuple[Node, ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """A chain of comparisons: `1 <= n <= 2` has three operands and two operators."""

    operands: tuple[Node, ...]
    operators: tuple[Comparison, ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`."""

    operator: Operator
    left: Node
    right: Node
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """`-x`."""

    operand: Node
    place: Place = field(compare=False, repr=False)


Node = (
    Constant
    | Options
    | Name
    | Attribute
    | Aggregate
    | Call
    | At
    | Not
    | And
    | Or
    | Compare
    | Arithmetic
    | Negative
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside a node, in the order they are written."""
    match node:
        case Options(items=inner) | Call(arguments=inner):
            return inner
        case And(operands=inner) | Or(operands=inner) | Compare(operands=inner):
            return inner
        case Attribute(base=inner_node):
            return (inner_node,)
        case At(operand=inner_node) | Not(operand=inner_node) | Negative(operand=inner_node):
            return (inner_node,)
        case Arithmetic(left=left, right=right):
            return (left, right)
        case Aggregate(selection=selection):
            return () if selection.where is None else (selection.where,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and everything inside it, outermost first."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(children(node))


# How tightly each form binds; an operand that binds less tightly is put in parentheses.
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _NEGATIVE, _ATOM = range(8)


def to_text(node: Node) -> str:
    """
    The canonical text of a node: parsing it again gives an equal node.

    >>> from cdptool.rules.syntax import parse
    >>> to_text(parse("(not  a)and 5000000<=sum( order['24h':'3h'].total )", Place("a")))
    'not a and 5_000_000 <= sum(order.total["1d":"3h"])'
    """
    return _written(node)[0]


def _written(node: Node) -> tuple[str, int]:
    match node:
        case Or(operands=operands):
            return " or ".join(_inside(each, _OR + 1) for each in operands), _OR
        case And(operands=operands):
            return " and ".join(_inside(each, _AND + 1) for each in operands), _AND
        case Not(operand=operand):
            return f"not {_inside(operand, _NOT)}", _NOT
        case Compare(operands=operands, operators=operators):
            texts = [_inside(each, _COMPARE + 1) for each in operands]
            pairs = zip(operators, texts[1:], strict=True)
            return " ".join((texts[0], *(f"{operator} {text}" for operator, text in pairs))), _COMPARE
        case Arithmetic(operator=operator, left=left, right=right):
            level = _SUM if operator in ("+", "-") else _PRODUCT
            return f"{_inside(left, level)} {operator} {_inside(right, level + 1)}", level
        case Negative(operand=operand):
            # A bare number after the sign would read as a negative number, which is another node.
            level = _ATOM + 1 if isinstance(operand, Constant) else _NEGATIVE
            return f"-{_inside(operand, level)}", _NEGATIVE
        case _:
            return _atom(node)


def _atom(node: Node) -> tuple[str, int]:
    match node:
        case Constant():
            return _constant(node)
        case Options(items=items):
            return f"[{_list(items)}]", _ATOM
        case Name(name=name):
            return (name if name.isidentifier() else f"row[{json.dumps(name, ensure_ascii=False)}]"), _ATOM
        case Attribute(base=base, name=name):
            return f"{_inside(base, _ATOM)}.{name}", _ATOM
        case Aggregate(function=function, selection=selection):
            return f"{function}({_selection(selection)})", _ATOM
        case Call(function=function, arguments=arguments):
            return f"{function}({_list(arguments)})", _ATOM
        case At(seconds=seconds, operand=operand):
            return f'at("{length_text(seconds)}", {to_text(operand)})', _ATOM
    raise AssertionError(type(node).__name__)


def _inside(node: Node, least: int) -> str:
    text, level = _written(node)
    return text if level >= least else f"({text})"


def _list(nodes: tuple[Node, ...]) -> str:
    return ", ".join(to_text(each) for each in nodes)


def _selection(selection: Selection) -> str:
    path = ".".join((selection.stream, *selection.column))
    window = "" if selection.window is None else f"[{window_text(selection.window)}]"
    where = "" if selection.where is None else f".where({to_text(selection.where)})"
    return path + window + where


def _constant(node: Constant) -> tuple[str, int]:
    value = node.value
    if isinstance(value, bool):
        return ("true" if value else "false"), _ATOM
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False), _ATOM
    long_integer = isinstance(value, int) and abs(value) >= 10_000
    return (f"{value:_}" if long_integer else repr(value)), _NEGATIVE if value < 0 else _ATOM
