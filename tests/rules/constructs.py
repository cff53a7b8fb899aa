"""Which constructs of the language a rule uses, so that a run of the oracle can say what it has covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cdptool.rules import Rule, RuleBook
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
    children,
)
from cdptool.rules.subjects import path_of
from cdptool.rules.windows import Calendar, Forward, Rolling, Window
from tests.rules.writer import PERIODS

# Everything that rules.md §2 lists; a run of the oracle must meet each of them.
EVERY = (
    *(f"aggregate {name}" for name in ("exists", "none", "count", "sum", "avg", "min", "max", "first", "last",
                                       "nunique", "mode")),
    *(f"window {name}" for name in ("none", "rolling", "range", "calendar", "calendar range", "forward", "since")),
    "where", "where in where", "where in where in where", "column", "column through a reference",
    "reference", "me.x", "outer.x", "outer.outer.x", "outer.<period>", "period of a row", "now",
    "profile field", "trait", "segment", "split", "trait in where", "segment in where", "split in where",
    "at", "at in where", "rule as of a row", "first: labels", "lines", "ntile", "ntile in at", "bucket",
    "bucket in where", "missing", "default", "matches", "in [list]", "in list of a profile", "and", "or", "not",
    "==", "!=", "<", "<=", ">", ">=", "chain", "+", "-", "*", "/", "negative", "text + text",
    "true/false", "time or date in quotes",
)  # fmt: skip


def count_constructs(rule: Rule, book: RuleBook, counts: Counter[str], times: int) -> None:
    """Add how often each construct of a rule was checked."""
    found = {name for line in rule.lines for name in _in(line, book, 0, False)}
    found |= {"first: labels"} if rule.labels else set()
    found |= {"lines"} if len(rule.lines) > 1 and not rule.labels else set()
    counts.update(dict.fromkeys(found, times))


def _in(node: Node, book: RuleBook, depth: int, moved: bool) -> Iterator[str]:
    """The constructs of a node: `depth` is how many rows are around it, `moved` whether `at(…)` is."""
    match node:
        case Name() | Attribute():
            yield from _named(path_of(node), book, depth, moved)
            return
        case Aggregate(function=function, selection=selection):
            yield f"aggregate {function}"
            yield f"window {_window(selection.window)}"
            if selection.column:
                yield "column through a reference" if len(selection.column) > 1 else "column"
            if selection.where is not None:
                yield " in ".join(["where"] * (depth + 1))
                yield from _in(selection.where, book, depth + 1, False)
            return
        case At():
            yield "at in where" if depth else "at"
            yield from _in(node.operand, book, depth, True)
            return
        case Call(function=function):
            yield function
            if function == "bucket" and depth:
                yield "bucket in where"
            if function == "ntile" and moved:
                yield "ntile in at"
        case Compare(operators=operators):
            yield from _compared(node)
            yield from (each for each in operators if "in" not in each)
        case Arithmetic(operator=operator, left=left):
            yield operator
            if operator == "+" and isinstance(left, Constant) and left.kind == "text":
                yield "text + text"
        case And() | Or() | Not() | Negative():
            yield type(node).__name__.lower()
        case Constant(kind="truth"):
            yield "true/false"
        case _:
            pass
    for inner in children(node):
        yield from _in(inner, book, depth, moved)


def _compared(node: Compare) -> Iterator[str]:
    if len(node.operators) > 1:
        yield "chain"
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        if operator in ("in", "not in"):
            yield "in [list]" if isinstance(operand, Options) else "in list of a profile"
        if isinstance(operand, Constant) and str(operand.value)[:2] in ("19", "20"):
            yield "time or date in quotes"


def _named(path: tuple[str, ...], book: RuleBook, depth: int, moved: bool) -> Iterator[str]:
    name, rules = path[0], {rule.name: "trait" for rule in book.traits}
    rules |= {rule.name: "segment" for rule in book.segments} | {split.name: "split" for split in book.splits}
    if name in rules:
        yield f"{rules[name]} in where" if depth else rules[name]
        if depth and moved and rules[name] != "split":
            yield "rule as of a row"
    elif name in ("me", "now"):
        yield {"me": "me.x", "now": "now"}[name]
    elif name == "outer":
        yield "outer.outer.x" if path[1] == "outer" else "outer.x"
        if path[-1] in PERIODS:
            yield "outer.<period>"
    elif name in PERIODS:
        yield "period of a row"
    elif not depth:
        yield "profile field"
    if len(path) > 1 and name not in ("me", "outer"):
        yield "reference"


def _window(window: Window | None) -> str:
    match window:
        case None:
            return "none"
        case Rolling(until=until):
            return "range" if until else "rolling"
        case Calendar(since=since, until=until):
            return "calendar" if since == until else "calendar range"
        case Forward(seconds):
            return "since" if seconds is None else "forward"
