"""
Rules as sentences for people who do not read the language: what is true of somebody, or what a value is.

A sentence says what the expression says, part by part; nothing is summed up that the text does not say.
"""

from __future__ import annotations

from typing import Final

from cdptool.rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    At,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Negative,
    Node,
    Not,
    Options,
    Or,
    Selection,
    to_text,
)
from cdptool.rules.subjects import path_of
from cdptool.rules.windows import LENGTHS, Calendar, Forward, Rolling, Window

_UNITS: Final = {"d": "day", "h": "hour", "m": "minute", "s": "second"}
_COMPARED: Final = {
    "==": "is", "!=": "is not", "<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least",
}  # fmt: skip
_AGGREGATES: Final = {
    "count": "the number of", "sum": "the sum of {} over", "avg": "the average of {} over", "min": "the least {} of",
    "max": "the greatest {} of", "first": "the first {} of", "last": "the last {} of",
    "nunique": "the number of different {} among", "mode": "the most frequent {} among",
}  # fmt: skip
_TIME: Final = "the time of "
_EVER: Final = 36_500 * LENGTHS["d"]  # a window that means all time before something
_MOVED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}  # with its sides changed over
_EDGES: Final = {"min": "first", "first": "first", "max": "last", "last": "last"}  # of times
_ARITHMETIC: Final = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


def condition_in_words(node: Node, segments: frozenset[str] = frozenset(), *, in_row: bool = False) -> str:
    """
    A condition as a clause.

    Args:
        node: The condition.
        segments: The names that are segments: of them one is a member.
        in_row: Whether it is about a row of a stream, whose time is the clock.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> said = lambda text: condition_in_words(parse(text, Place("a")), frozenset({"vip"}))
    >>> said('exists(cart["5h":"3h"].where(none(order["+"]))) and not vip')
    'there is a row of `cart` from 5 hours to 3 hours ago where (there is no row of `order` from then up to now) and they are not in `vip`'
    >>> said('1 <= spend <= 2 or missing(city)')
    '`spend` is between 1 and 2, or `city` is empty'
    """

    def inside(each: Node) -> str:
        said = condition_in_words(each, segments, in_row=in_row)
        return f"({said})" if isinstance(each, Or | And) else said

    match node:
        case And(operands=operands):
            return " and ".join(inside(each) for each in operands)
        case Or(operands=operands):
            return ", or ".join(inside(each) for each in operands)
        case Not(operand=Name(name=name)) if name in segments:
            return f"they are not in `{name}`"
        case Not(operand=Call(function="missing", arguments=(value,))):
            return f"{_value(value, segments, in_row)} is known"
        case Not(operand=operand):
            return f"it is not so that {inside(operand)}"
        case Name(name=name) if name in segments:
            return f"they are in `{name}`"
        case Aggregate(function="exists" | "none" as function, selection=selection):
            return f"there is {'a' if function == 'exists' else 'no'} {_row(selection, segments, in_row)}"
        case Call(function="missing", arguments=(value,)):
            return f"{_value(value, segments, in_row)} is empty"
        case Call(function="matches", arguments=(value, pattern)):
            return f"{_value(value, segments, in_row)} matches the pattern {to_text(pattern)}"
        case At(seconds=seconds, operand=Name(name=name)) if name in segments:
            return f"they were in `{name}` {length_in_words(seconds)} earlier"
        case At(seconds=seconds, operand=operand):
            return f"{length_in_words(seconds)} earlier, {inside(operand)}"
        case Compare():
            return _comparison(node, segments, in_row)
        case Constant():
            return f"always ({to_text(node)})"
    return f"{_value(node, segments, in_row)} is true"


def value_in_words(node: Node, segments: frozenset[str] = frozenset()) -> str:
    """
    A value as a phrase.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> value_in_words(parse('sum(order.total["month-1"].where(channel == "store"))', Place("a")))
    'the sum of `total` over the rows of `order` in the month before this one where (`channel` is “store”)'
    >>> value_in_words(parse('now - last(order.at)', Place("a")))
    'the number of days since the last row of `order`'
    """
    return _value(node, segments, False)


def length_in_words(seconds: int) -> str:
    """
    >>> length_in_words(5400), length_in_words(86400), length_in_words(7776000)
    ('90 minutes', '1 day', '90 days')
    """
    unit = next(unit for unit in _UNITS if seconds % LENGTHS[unit] == 0)
    n = seconds // LENGTHS[unit]
    return f"{n} {_UNITS[unit]}{'s' * (n != 1)}"


def window_in_words(window: Window | None, *, in_row: bool = False) -> str:
    """
    >>> window_in_words(Rolling(86400)), window_in_words(Calendar("week", 3, 1)), window_in_words(None, in_row=True)
    ('in the last 24 hours', 'from the week 3 weeks ago to the week before this one', 'before it')
    """
    match window:
        case None:
            return "before it" if in_row else "at any time"
        case Rolling(since, 0):
            length = "24 hours" if since == LENGTHS["d"] else length_in_words(since)  # no calendar day
            return f"in the {length} before it" if in_row else f"in the last {length}"
        case Rolling(since, until) if since >= _EVER:
            return f"until {length_in_words(until)} {'before it' if in_row else 'ago'}"
        case Rolling(since, until):
            ends = "before it" if in_row else "ago"
            return f"from {length_in_words(since)} to {length_in_words(until)} {ends}"
        case Calendar(unit, since, until):
            of = "its" if in_row else "this"
            first, last = (_period(unit, ago, of) for ago in (since, until))
            return f"in {first}" if since == until else f"from {first} to {last}"
        case Forward(None):
            return "from then up to now"
        case Forward(seconds):
            return f"in the {length_in_words(seconds or 0)} from then"


def _period(unit: str, ago: int, of: str) -> str:
    if ago == 0:
        return f"{of} {unit} so far"
    if ago == 1:
        return f"the {unit} before {'this one' if of == 'this' else f'{of} {unit}'}"
    return f"the {unit} {ago} {unit}s ago" if of == "this" else f"the {unit} {ago} {unit}s before"


def _comparison(node: Compare, segments: frozenset[str], in_row: bool) -> str:
    def value(each: Node) -> str:
        return _value(each, segments, in_row)

    if len(node.operands) == 2 and node.operators[0] in ("==", "!=") and _is_same_outside(*node.operands):
        return f"{value(node.operands[0])} {_COMPARED[node.operators[0]]} that of the row around it"
    if len(node.operands) == 3 and set(node.operators) <= set(_MOVED):
        least, middle, most = (value(each) for each in node.operands)
        if node.operators == ("<=", "<="):
            return f"{middle} is between {least} and {most}"
        first, second = (_COMPARED[each] for each in (_MOVED[node.operators[0]], node.operators[1]))
        return f"{middle} {first} {least} and {second.removeprefix('is ')} {most}"
    said = []
    for left, operator, right in zip(node.operands, node.operators, node.operands[1:], strict=False):
        if operator in ("in", "not in"):
            is_or_not = "is" if operator == "in" else "is not"
            said.append(f"{value(left)} {is_or_not} {_options(right, value(right))}")
        else:
            said.append(f"{value(left)} {_COMPARED[operator]} {value(right)}")
    return " and ".join(said)


def _is_same_outside(left: Node, right: Node) -> bool:
    """Whether the right side is what the left one is, of the row around it."""
    if not (isinstance(left, Name | Attribute) and isinstance(right, Attribute)):
        return False
    return path_of(right) == ("outer", *path_of(left))


def _options(node: Node, said: str) -> str:
    if not isinstance(node, Options):
        return f"among {said}"
    return said if len(node.items) == 1 else f"one of {said}"


def _value(node: Node, segments: frozenset[str], in_row: bool) -> str:
    def value(each: Node) -> str:
        said = _value(each, segments, in_row)
        return f"({said})" if isinstance(each, Arithmetic) else said

    def bracketed(each: Node) -> str:
        return f"({value(each)})" if isinstance(each, Aggregate) else value(each)

    match node:
        case Constant(value=str(text)):
            return f"“{text}”"
        case Constant(value=bool()):
            return to_text(node)
        case Constant(value=number):
            return f"{number:,}"
        case Options(items=items):
            return ", ".join(value(item) for item in items)
        case Name() | Attribute():
            return _named(path_of(node), in_row)
        case Aggregate(function="exists" | "none"):
            return f"whether {condition_in_words(node, segments, in_row=in_row)}"
        case Aggregate(function=function, selection=selection) if _is_edge(node):
            edge = _row(selection, segments, in_row).replace(" at any time", "", 1)
            return f"{_TIME}the {_EDGES[function]} {edge}"
        case Aggregate(function=function, selection=selection):
            column = _named(selection.column, True).removeprefix("its ") if selection.column else ""
            return f"{_AGGREGATES[function].format(column)} {_rows(selection, segments, in_row)}"
        case At(seconds=seconds, operand=operand):
            return f"{value(operand)}, {length_in_words(seconds)} earlier"
        case Arithmetic(operator="-", left=Name(name="now"), right=Constant(value=int() | float() as n)):
            return f"{n:,} day{'s' * (n != 1)} before now"
        case Arithmetic(operator="-", left=Name(name="now"), right=right) if _is_time(right):
            return f"the number of days since {value(right).removeprefix(_TIME)}"
        case Arithmetic(operator="-", left=left, right=right) if _is_time(left) and _is_time(right):
            first, last = (value(each).removeprefix(_TIME) for each in (right, left))
            return f"the number of days from {first} to {last}"
        case Arithmetic(operator=operator, left=left, right=right):
            return f"{bracketed(left)} {_ARITHMETIC[operator]} {bracketed(right)}"
        case Negative(operand=operand):
            return f"minus {value(operand)}"
        case Call(function="default", arguments=(first, second)):
            return f"{value(first)} (or {value(second)} where it is empty)"
        case Call(function="ntile", arguments=(first, Constant(value=n))):
            return f"the part that {value(first)} falls in (of {n} equal parts of all who have one, 1 is the lowest)"
        case Call(function="bucket", arguments=(salt,)):
            return f"a number from 0 to 1 drawn for the profile by the salt {value(salt)}"
        case Call():
            return f"`{to_text(node)}`"
    return f"whether {condition_in_words(node, segments, in_row=in_row)}"


def _is_edge(node: Node) -> bool:
    """Whether it is the time of the first or last of some rows."""
    return isinstance(node, Aggregate) and node.function in _EDGES and node.selection.column == ("at",)


def _is_time(node: Node) -> bool:
    """Whether it is a time for sure, as far as names tell: those of times end in `_at`, of days in `_on`."""
    if isinstance(node, Name | Attribute):
        name = path_of(node)[-1]
        return name == "at" or name.endswith(("_at", "_on"))
    return _is_edge(node)


def _named(path: tuple[str, ...], in_row: bool) -> str:
    """A name in words: `now`, the time of a row, a column, what a reference leads to."""
    if path == ("now",):
        return "now"
    if path == ("at",):
        return "its time" if in_row else "the time"
    if path[0] == "outer":
        return f"that of the row around it, {_named(path[1:], True)}"
    if path[0] == "me":
        return f"the profile's {_named(path[1:], False)}"
    if len(path) == 1:
        return f"`{path[0]}`"
    return f"the `{path[-1]}` of {_named(path[:-1], in_row)}"


def _rows(selection: Selection, segments: frozenset[str], in_row: bool) -> str:
    """Several rows, for a count without an article."""
    is_all = selection.window is None and not in_row
    said = _described(selection, segments, "" if is_all else window_in_words(selection.window, in_row=in_row))
    if not selection.column:
        return f"rows of {said}"
    return f"{'all' if is_all else 'the'} rows of {said}"


def _row(selection: Selection, segments: frozenset[str], in_row: bool) -> str:
    return f"row of {_described(selection, segments, window_in_words(selection.window, in_row=in_row))}"


def _described(selection: Selection, segments: frozenset[str], window: str) -> str:
    where = ""
    if selection.where is not None:
        said = condition_in_words(selection.where, segments, in_row=True)
        where = f"where ({said})"  # so that nobody takes what comes after for part of it
    return " ".join(part for part in (f"`{selection.stream}`", window, where) if part)
