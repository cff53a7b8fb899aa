"""
Everything that can be wrong with a rule book without data: names, kinds, cycles, clashes, windows.

All findings of a book at once, each at its place inside the expression. What the language has but this
version cannot evaluate yet is refused here, in words, so that evaluation never meets it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.errors import Finding, Place
from cdptool.rules.book import Catalog, Kind, Rule, RuleBook, find_column, kind_of
from cdptool.rules.compile import Compiler, path_of
from cdptool.rules.kinds import WORDS, aggregate_kind, arithmetic_kind, comparable, reads_as_moment
from cdptool.rules.lint import lint
from cdptool.rules.naming import cycles, nearest, order, wrong_names
from cdptool.rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    At,
    Attribute,
    Call,
    Compare,
    Comparison,
    Constant,
    Name,
    Negative,
    Node,
    Not,
    Options,
    Or,
)
from cdptool.rules.windows import CALENDAR_UNITS, Forward, day_start
from cdptool.tables import Column, StreamSchema

# The end of a leap year, its quarter, month and week; and of weeks that begin on Sunday or Saturday.
_LONGEST: Final = ((2028, 12, 31), (2028, 12, 30), (2028, 12, 29))
_PAIRS: Final = ("same", "near", "differs")


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose names a node may use: a profile's, or those of a row of a stream inside a row or a profile."""

    stream: StreamSchema | None = None
    outer: _Scope | None = None


@dataclass(slots=True)
class _Checker:
    catalog: Catalog
    book: RuleBook
    findings: list[Finding] = field(default_factory=list)
    kinds: dict[str, Kind | None] = field(default_factory=dict)

    def rule(self, rule: Rule, is_segment: bool) -> None:
        kinds = [self.kind(line, _Scope()) for line in rule.lines]
        if is_segment or rule.labels:
            for line, kind in zip(rule.lines, kinds, strict=True):
                self.expect_truth(line, kind)
        if is_segment:
            self.kinds[rule.name] = "truth"
        elif rule.labels:
            self.kinds[rule.name] = "text"
        else:
            self.kinds[rule.name] = kinds[0] if len(kinds) == 1 else None
            if len(kinds) != 1:
                self.say(f"trait `{rule.name}` has {len(kinds)} lines, expected one expression", rule.place)
            elif kinds[0] == "list":
                self.say(f"trait `{rule.name}` is a list, expected one value", rule.place)

    def say(self, problem: str, place: Place, hint: str | None = None) -> None:
        self.findings.append(Finding(problem, place, hint))

    def expect_truth(self, node: Node, kind: Kind | None) -> None:
        if kind is not None and kind != "truth":
            self.say(f"this is {WORDS[kind]}, expected a condition", node.place, "compare it with something")

    def kind(self, node: Node, scope: _Scope) -> Kind | None:
        """The kind of a node, or None where a finding already says what is wrong with it."""
        match node:
            case Constant(kind=spelled):
                return spelled
            case Name() | Attribute():
                return self.path(node, path_of(node), scope)
            case And(operands=operands) | Or(operands=operands):
                for operand in operands:
                    self.expect_truth(operand, self.kind(operand, scope))
                return "truth"
            case Not(operand=operand):
                self.expect_truth(operand, self.kind(operand, scope))
                return "truth"
            case Compare():
                return self.comparison(node, scope)
            case Arithmetic(operator=operator, left=left, right=right):
                first, second = self.kind(left, scope), self.kind(right, scope)
                if first is None or second is None:
                    return None
                result = arithmetic_kind(operator, first, second)
                if result is None:
                    self.say(f"`{operator}` does not fit {WORDS[first]} and {WORDS[second]}", node.place)
                return result
            case Negative(operand=operand):
                kind = self.kind(operand, scope)
                if kind not in (None, "number", "money"):
                    self.say(f"`-` does not fit {WORDS[kind]}", node.place)
                    return None
                return kind
            case Aggregate():
                return self.aggregate(node, scope)
            case At(operand=operand):
                if scope.stream is not None:
                    self.say("`at(…)` inside `.where(…)` is not supported yet", node.place)
                return self.kind(operand, scope)
            case Call():
                return self.call(node, scope)
            case Options():
                self.say("a list is not allowed here", node.place, "lists stand on the right of `in`")
        return None

    def comparison(self, node: Compare, scope: _Scope) -> Kind:
        for left, operator, right in zip(node.operands, node.operators, node.operands[1:], strict=False):
            kind = self.kind(left, scope)
            if operator not in ("in", "not in"):
                self.compared(operator, (left, kind), (right, self.kind(right, scope)))
            elif isinstance(right, Options):
                for item in right.items:
                    self.compared("==", (left, kind), (item, self.kind(item, scope)))
            else:
                held = self.kind(right, scope)
                if held not in (None, "list"):
                    self.say(f"`{operator}` wants a list, found {WORDS[held]}", right.place)
                elif kind not in (None, "text"):
                    self.say(f"the list holds texts, found {WORDS[kind]}", left.place)
        return "truth"

    def compared(
        self, operator: Comparison, left: tuple[Node, Kind | None], right: tuple[Node, Kind | None]
    ) -> None:
        (one, kind), (other, other_kind) = left, right
        if kind is None or other_kind is None or comparable(operator, kind, other_kind):
            return
        for text, beside in ((one, other_kind), (other, kind)):
            if isinstance(text, Constant) and text.kind == "text" and beside in ("date", "time"):
                if not reads_as_moment(text.value, beside, self.catalog.tz):
                    self.say(f"this text is not {WORDS[beside]}", text.place, "write it as 2026-01-31")
                return
        self.say(f"`{operator}` does not fit {WORDS[kind]} and {WORDS[other_kind]}", other.place)

    def call(self, node: Call, scope: _Scope) -> Kind | None:
        name, arguments = node.function, node.arguments
        if name in _PAIRS:
            self.say(f"`{name}` compares two records", node.place, "it belongs in the passes of merge.yaml")
            return None
        if name in ("ntile", "bucket"):
            self.say(f"`{name}` is not supported yet", node.place)
            return None
        kind = self.kind(arguments[0], scope)
        if name == "missing":
            if isinstance(arguments[0], Compare | And | Or | Not | Constant) or self._is_segment(
                arguments[0]
            ):
                self.say("`missing` takes a value, found a condition", arguments[0].place)
            return "truth"
        if name == "matches":
            if kind not in (None, "text"):
                self.say(f"`matches` takes a text, found {WORDS[kind]}", arguments[0].place)
            self.pattern(arguments[1])
            return "truth"
        self.compared("==", (arguments[0], kind), (arguments[1], self.kind(arguments[1], scope)))
        return kind

    def _is_segment(self, node: Node) -> bool:
        return isinstance(node, Name) and any(rule.name == node.name for rule in self.book.segments)

    def pattern(self, node: Node) -> None:
        if not isinstance(node, Constant) or not isinstance(node.value, str):
            self.say("`matches` takes a regular expression in quotes", node.place)
            return
        try:
            pl.Series([""]).str.contains(node.value)
        except pl.exceptions.ComputeError:
            self.say(
                "this is not a regular expression",
                node.place,
                "look-around and back references are not known",
            )

    def aggregate(self, node: Aggregate, scope: _Scope) -> Kind | None:
        selection = node.selection
        stream = self.catalog.stream(selection.stream)
        if stream is None:
            names = [each.name for each in self.catalog.streams]
            self.say(
                f"unknown stream `{selection.stream}`", selection.place, nearest(selection.stream, names)
            )
            return None
        if isinstance(selection.window, Forward) and scope.stream is None:
            self.say(
                "a forward window is not allowed here",
                selection.place,
                "it looks on from a row, inside `.where(…)`",
            )
        row = _Scope(stream, scope if scope.stream is not None else None)
        if selection.where is not None:
            self.expect_truth(selection.where, self.kind(selection.where, row))
        column = None
        if selection.column:
            column = self.column(stream, selection.column, selection.place)
            if column is None:
                return None
        kind = aggregate_kind(node.function, column)
        if kind is None:
            found = "whole rows" if column is None else WORDS[column]
            hint = f"name a column: {node.function}({selection.stream}.column)" if column is None else None
            self.say(f"`{node.function}` does not fit {found}", node.place, hint)
        return kind

    def column(self, stream: StreamSchema, path: tuple[str, ...], place: Place) -> Kind | None:
        """The kind of a column of a stream's row, references followed."""
        name = path[0]
        column = find_column(stream.columns, name)
        if column is not None:
            return self.follow(column, path[1:], place)
        if name == "at" or name in CALENDAR_UNITS:
            if len(path) > 1:
                self.say(f"`{name}` has no `{path[1]}`", place)
                return None
            return "time" if name == "at" else "date"
        names = ["at", *(each.name for each in stream.columns)]
        self.say(f"unknown column `{name}` of stream `{stream.name}`", place, nearest(name, names))
        return None

    def follow(self, column: Column, path: tuple[str, ...], place: Place) -> Kind | None:
        for name in path:
            table = self.catalog.table(column.ref)
            if table is None:
                self.say(f"`{column.name}` refers to no table, so it has no `{name}`", place)
                return None
            found = find_column(table.columns, name)
            if found is None:
                names = [each.name for each in table.columns]
                self.say(f"unknown column `{name}` of table `{table.name}`", place, nearest(name, names))
                return None
            column = found
        return kind_of(column)

    def path(self, node: Node, path: tuple[str, ...], scope: _Scope) -> Kind | None:
        name, place = path[0], node.place
        if name in ("me", "outer"):
            return self.elsewhere(name, path[1:], place, scope)
        if name == "now" and len(path) == 1:
            return "time"
        rule = name in self.kinds or name in self.book.rules()
        if scope.stream is None:
            if rule and len(path) == 1:
                return self.kinds.get(name)
            return self.field(path, place, [*self.book.rules()])
        if name == "at" or find_column(scope.stream.columns, name) or name in CALENDAR_UNITS:
            if rule:
                hint = "rename one of the two"
                self.say(f"`{name}` is a column of `{scope.stream.name}` and a rule", place, hint)
            return self.column(scope.stream, path, place)
        if rule:
            self.say(f"trait or segment `{name}` inside `.where(…)` is not supported yet", place)
            return None
        return self.field(path, place, [column.name for column in scope.stream.columns])

    def elsewhere(self, word: str, path: tuple[str, ...], place: Place, scope: _Scope) -> Kind | None:
        if not path:
            self.say(f"`{word}` needs a name after it", place, f"write {word}.column")
        elif word == "me":
            return self.field(path, place, [])
        elif scope.outer is None or scope.outer.stream is None:
            self.say("`outer` is not allowed here", place, "it names the enclosing row, two `.where(…)` deep")
        elif path[0] in CALENDAR_UNITS or path[0] == "outer":
            self.say(f"`outer.{path[0]}` is not supported yet", place)
        else:
            return self.column(scope.outer.stream, path, place)
        return None

    def field(self, path: tuple[str, ...], place: Place, others: list[str]) -> Kind | None:
        """The kind of a profile field, references followed."""
        column = self.catalog.field(path[0])
        if column is not None:
            return self.follow(column, path[1:], place)
        if path[0] in self.catalog.lists and len(path) == 1:
            return "list"
        names = [*others, *(each.name for each in self.catalog.fields), *self.catalog.lists, "now"]
        self.say(f"unknown name `{path[0]}`", place, nearest(path[0], names))
        return None


def check_rules(book: RuleBook, catalog: Catalog) -> tuple[Finding, ...]:
    """
    Check a rule book against the names it may speak of, without data.

    Args:
        book: Traits and segments.
        catalog: Profile fields, streams and reference tables.

    Returns:
        Every finding, sorted by place. Those of severity `error` forbid evaluation.
    """
    checker = _Checker(catalog, book)
    checker.findings += wrong_names(book, catalog)
    checker.findings += [
        Finding(f"`{names[0]}` depends on itself: {' → '.join(names)}", book.rules()[names[0]].place)
        for names in cycles(book)
    ]
    segments = {rule.name for rule in book.segments}
    rules = book.rules()
    for name in order(book):
        checker.rule(rules[name], name in segments)
    if not any(finding.severity == "error" for finding in checker.findings):
        checker.findings += _beyond_signals(book, catalog)
    warnings = lint(book)
    unique = dict.fromkeys((*checker.findings, *warnings))
    return tuple(sorted(unique, key=lambda finding: (_at(finding.place), finding.problem)))


def _beyond_signals(book: RuleBook, catalog: Catalog) -> list[Finding]:
    """What streams that are kept as signals cannot answer, on the day when calendar windows are longest."""
    if all(stream.keep is None for stream in catalog.streams):
        return []
    zone, found = ZoneInfo(catalog.tz), list[Finding]()
    for day in _LONGEST:
        as_of = datetime(*day, 23, 59, 30, tzinfo=zone).astimezone(UTC)
        rolled = {
            stream.name: day_start(
                (as_of - timedelta(seconds=stream.keep.raw_seconds)).astimezone(zone).date(), zone
            )
            for stream in catalog.streams
            if stream.keep is not None
        }
        compiler = Compiler(book, catalog, as_of, {}, rolled_until=rolled)
        for name in order(book):
            compiler.rule(name, as_of)
        found += compiler.refused
    return found


def check_condition(node: Node, stream: StreamSchema, catalog: Catalog) -> tuple[Finding, ...]:
    """Check a condition over single rows of a stream, such as the `where` of a cap. Every finding."""
    checker = _Checker(catalog, RuleBook())
    checker.expect_truth(node, checker.kind(node, _Scope(stream)))
    return tuple(sorted(checker.findings, key=lambda finding: _at(finding.place)))


def expression_kind(
    node: Node, stream: StreamSchema, catalog: Catalog
) -> tuple[Kind | None, tuple[Finding, ...]]:
    """The kind of an expression over single rows of a stream, and every finding; no kind only with a finding."""
    checker = _Checker(catalog, RuleBook())
    kind = checker.kind(node, _Scope(stream))
    return kind, tuple(sorted(checker.findings, key=lambda finding: _at(finding.place)))


def _at(place: Place | None) -> tuple[str, int, int]:
    return (place.file, place.line or 0, place.column or 0) if place else ("", 0, 0)
