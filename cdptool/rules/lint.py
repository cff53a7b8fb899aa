"""What is allowed but is probably not meant: warnings about whole segments, never errors."""

from __future__ import annotations

from collections.abc import Iterator

from cdptool.errors import Finding
from cdptool.rules.book import RuleBook
from cdptool.rules.nodes import Aggregate, And, At, Name, Node, Not, Or, walk
from cdptool.rules.windows import Calendar, Forward, Rolling, Window


def lint(book: RuleBook) -> Iterator[Finding]:
    """Warnings: segments made of negations only; forward windows that may still be open."""
    for segment in book.segments:
        if segment.lines and all(_is_negation(line) for line in segment.lines):
            yield Finding(
                f"segment `{segment.name}` only says what people did not do",
                segment.place,
                "it holds everyone who never did anything; add what they did",
                "warning",
            )
    for rule in (*book.traits, *book.segments):
        for line in rule.lines:
            yield from _open_windows(line)


def _is_negation(node: Node) -> bool:
    match node:
        case Aggregate(function="none"):
            return True
        case Not(operand=operand):
            return isinstance(
                operand, Aggregate | Name | At
            )  # `not missing(email)` says that something is there
        case And(operands=operands) | Or(operands=operands):
            return all(_is_negation(each) for each in operands)
        case At(operand=operand):
            return _is_negation(operand)
    return False


def _open_windows(line: Node) -> Iterator[Finding]:
    for node in walk(line):
        if not isinstance(node, Aggregate) or node.selection.where is None:
            continue
        if not _reaches_now(node.selection.window):
            continue
        for inner in walk(node.selection.where):
            if isinstance(inner, Aggregate) and isinstance(inner.selection.window, Forward):
                seconds = inner.selection.window.seconds
                if seconds is not None:
                    yield Finding(
                        "rows of this window may not be decided yet: a forward window after them is still open",
                        node.selection.place,
                        "end the window earlier by the length of the forward window",
                        "warning",
                    )


def _reaches_now(window: Window | None) -> bool:
    match window:
        case None | Rolling(until=0) | Calendar(until=0):
            return True
    return False
