"""
The kinds of the nodes of a rule, found from the inside out, and every finding on the way at its place.

A node of which a finding already says what is wrong has no kind, so that one mistake is told once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import polars as pl

from cdptool.errors import Finding, Place
from cdptool.rules.book import Catalog, Kind, Rule, RuleBook, find_column, kind_of
from cdptool.rules.kinds import WORDS, aggregate_kind, arithmetic_kind, comparable, reads_as_moment
from cdptool.rules.misfits import aggregate_hint, arithmetic_hint, comparison_hint
from cdptool.rules.naming import nearest
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
from cdptool.rules.ranks import MOST_BUCKETS, RANKED
from cdptool.rules.subjects import path_of, places_of
from cdptool.rules.windows import CALENDAR_UNITS, Forward
from cdptool.tables import Column, StreamSchema

Places: TypeAlias = tuple[Place, ...]
_NO_NAME: Final = "names are those of fields, traits, segments and splits; a text stands in quotes"
_PAIRS: Final = ("same", "near", "differs")


@dataclass(frozen=True, slots=True)
class Scope:
    """
    Whose names a node may use: a profile's, or those of a row of a stream inside a row or a profile.

    Inside `at(…)` of a row (`moved`) traits and segments are asked as of that row's clock; in rows around such a
    clock (`around_moved`) they have no moment that could be one for all profiles.
    """

    stream: StreamSchema | None = None
    outer: Scope | None = None
    moved: bool = False
    around_moved: bool = False


@dataclass(slots=True)
class Checker:
    catalog: Catalog
    book: RuleBook
    findings: list[Finding] = field(default_factory=list)
    kinds: dict[str, Kind | None] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()  # rules that have an answer as of one moment for all profiles only

    def rule(self, rule: Rule, is_segment: bool) -> None:
        kinds = [self.kind(line, Scope()) for line in rule.lines]
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
                problem = f"trait `{rule.name}` has {len(kinds)} lines, expected one expression"
                place = rule.lines[1].place if len(kinds) > 1 else rule.place
                self.say(problem, place, "give each a name of its own; lines joined by `and` are a segment")
            elif kinds[0] == "list":
                hint = "a trait has one value; segments may ask `in` it"
                self.say(f"trait `{rule.name}` is a list, expected one value", rule.lines[0].place, hint)
        if self.catalog.field(rule.name) is not None:
            self.kinds[rule.name] = (
                None  # what is called like a field is told once, and not where it is named
            )

    def say(self, problem: str, place: Place, hint: str | None = None) -> None:
        self.findings.append(Finding(problem, place, hint))

    def expect_truth(self, node: Node, kind: Kind | None) -> None:
        if kind is not None and kind != "truth":
            self.say(f"this is {WORDS[kind]}, expected a condition", node.place, "compare it with something")

    def kind(self, node: Node, scope: Scope) -> Kind | None:
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
                    fault = left if arithmetic_kind(operator, first, first) is None else right
                    problem = f"`{operator}` does not fit {WORDS[first]} and {WORDS[second]}"
                    self.say(problem, fault.place, arithmetic_hint(operator, first, second))
                return result
            case Negative(operand=operand):
                kind = self.kind(operand, scope)
                if kind not in (None, "number", "money"):
                    self.say(f"`-` does not fit {WORDS[kind]}", node.place, "it turns numbers and money")
                    return None
                return kind
            case Aggregate():
                return self.aggregate(node, scope)
            case At(operand=operand):
                return self.kind(operand, replace(scope, moved=scope.stream is not None))
            case Call():
                return self.call(node, scope)
            case Options():
                self.say("a list is not allowed here", node.place, "lists stand on the right of `in`")
        return None

    def comparison(self, node: Compare, scope: Scope) -> Kind:
        for left, operator, right in zip(node.operands, node.operators, node.operands[1:], strict=False):
            kind = self.kind(left, scope)
            if operator not in ("in", "not in"):
                self.compared(operator, (left, kind), (right, self.kind(right, scope)))
            elif isinstance(right, Options):
                for item in right.items:
                    self.compared("==", (left, kind), (item, self.kind(item, scope)), operator)
            else:
                held = self.kind(right, scope)
                if held not in (None, "list"):
                    hint = 'write `==`, or a list in square brackets: ["a", "b"]'
                    self.say(f"`{operator}` wants a list, found {WORDS[held]}", right.place, hint)
                elif kind not in (None, "text"):
                    hint = 'put quotes around it, as in "0912" in phones'
                    self.say(f"the list holds texts, found {WORDS[kind]}", left.place, hint)
        return "truth"

    def compared(
        self,
        operator: Comparison,
        left: tuple[Node, Kind | None],
        right: tuple[Node, Kind | None],
        written: str | None = None,
    ) -> bool:
        """
        Whether two kinds can be compared; if not, a finding says so.

        Args:
            operator: The comparison.
            left, right: What is compared, with its kind.
            written: What stands there in place of the operator.
        """
        (one, kind), (other, other_kind) = left, right
        if kind is None or other_kind is None or comparable(operator, kind, other_kind):
            return True
        for text, beside in ((one, other_kind), (other, kind)):
            if isinstance(text, Constant) and text.kind == "text" and beside in ("date", "time"):
                is_moment = reads_as_moment(text.value, beside, self.catalog.tz)
                if not is_moment:
                    self.say(f"this text is not {WORDS[beside]}", text.place, "write it as 2026-01-31")
                return is_moment
        problem = f"`{written or operator}` does not fit {WORDS[kind]} and {WORDS[other_kind]}"
        stands_in = "the second stands where the first is missing: both are of one kind"
        hint = stands_in if written == "default" else comparison_hint((one, kind), (other, other_kind))
        self.say(problem, other.place, hint)
        return False

    def call(self, node: Call, scope: Scope) -> Kind | None:
        name, arguments = node.function, node.arguments
        if name in _PAIRS:
            self.say(f"`{name}` compares two records", node.place, "it belongs in the passes of merge.yaml")
            return None
        if name == "ntile":
            return self.ranking(node, scope)
        if name == "bucket":
            if not isinstance(arguments[0], Constant) or not str(arguments[0].value).strip():
                self.say(
                    "`bucket` takes a salt in quotes", arguments[0].place, 'such as bucket("winback-v1")'
                )
            return "number"
        kind = self.kind(arguments[0], scope)
        if name == "missing":
            if isinstance(arguments[0], Compare | And | Or | Not | Constant) or self._is_segment(
                arguments[0]
            ):
                hint = "such as missing(city); `not` asks whether a condition is not so"
                self.say("`missing` takes a value, found a condition", arguments[0].place, hint)
            return "truth"
        if name == "matches":
            if kind not in (None, "text"):
                hint = "compare it with ==, < or >"
                self.say(f"`matches` takes a text, found {WORDS[kind]}", arguments[0].place, hint)
            self.pattern(arguments[1])
            return "truth"
        second = (arguments[1], self.kind(arguments[1], scope))
        return kind if self.compared("==", (arguments[0], kind), second, name) else None

    def ranking(self, node: Call, scope: Scope) -> Kind | None:
        value, n = node.arguments
        if scope.stream is not None:
            hint = "name it as a trait outside, and ask for that trait here"
            self.say("`ntile` ranks profiles, not rows", node.place, hint)
            return None
        kind = self.kind(value, scope)
        if kind is not None and kind not in RANKED:
            self.say(f"`ntile` does not rank {WORDS[kind]}", value.place, "it ranks numbers, money and times")
        if not isinstance(n, Constant) or type(n.value) is not int or not 2 <= n.value <= MOST_BUCKETS:
            problem = f"`ntile` takes a whole number from 2 to {MOST_BUCKETS}"
            self.say(problem, n.place, "such as ntile(spend, 10), of which 10 is the highest tenth")
        return "number"

    def _is_segment(self, node: Node) -> bool:
        return isinstance(node, Name) and any(rule.name == node.name for rule in self.book.segments)

    def pattern(self, node: Node) -> None:
        if not isinstance(node, Constant) or not isinstance(node.value, str):
            self.say("`matches` takes a regular expression in quotes", node.place, 'such as "^H"')
            return
        try:
            pl.Series([""]).str.contains(node.value)
        except pl.exceptions.ComputeError:
            self.say(
                "this is not a regular expression",
                node.place,
                "look-around and back references are not known",
            )

    def aggregate(self, node: Aggregate, scope: Scope) -> Kind | None:
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
        row = Scope(
            stream,
            scope if scope.stream is not None else None,
            around_moved=scope.moved or scope.around_moved,
        )
        if selection.where is not None:
            self.expect_truth(selection.where, self.kind(selection.where, row))
        column = None
        if selection.column:
            places = selection.column_places or (selection.place,) * len(selection.column)
            column = self.column(stream, selection.column, places)
            if column is None:
                return None
        kind = aggregate_kind(node.function, column)
        if kind is None:
            found = "whole rows" if column is None else WORDS[column]
            takes = aggregate_hint(node.function)
            hint = f"name a column: {node.function}({selection.stream}.column)" if column is None else takes
            self.say(f"`{node.function}` does not fit {found}", node.place, hint)
        return kind

    def column(self, stream: StreamSchema, path: tuple[str, ...], places: Places) -> Kind | None:
        """The kind of a column of a stream's row, references followed; each name of the path has its place."""
        name = path[0]
        column = find_column(stream.columns, name)
        if column is not None:
            return self.follow(column, path[1:], places[1:])
        if name == "at" or name in CALENDAR_UNITS:
            if len(path) > 1:
                what = "the time of the row" if name == "at" else f"the {name} of the row"
                self.say(f"`{name}` has no `{path[1]}`", places[1], f"it is {what}")
                return None
            return "time" if name == "at" else "date"
        names = ["at", *(each.name for each in stream.columns)]
        self.say(f"unknown column `{name}` of stream `{stream.name}`", places[0], nearest(name, names))
        return None

    def follow(self, column: Column, path: tuple[str, ...], places: Places) -> Kind | None:
        for name, place in zip(path, places, strict=True):
            table = self.catalog.table(column.ref)
            if table is None:
                hint = "a column with `ref:` in project.yaml has the columns of that table"
                self.say(f"`{column.name}` refers to no table, so it has no `{name}`", place, hint)
                return None
            found = find_column(table.columns, name)
            if found is None:
                names = [each.name for each in table.columns]
                self.say(f"unknown column `{name}` of table `{table.name}`", place, nearest(name, names))
                return None
            column = found
        return kind_of(column)

    def path(self, node: Node, path: tuple[str, ...], scope: Scope) -> Kind | None:
        name, places = path[0], places_of(node)
        place = places[0]
        if name in ("me", "outer"):
            return self.elsewhere(name, path[1:], places, scope)
        if name == "now" and len(path) == 1:
            return "time"
        rule = name in self.kinds or name in self.book.rules()
        if scope.stream is None:
            if rule and len(path) == 1:
                return self.kinds.get(name)
            return self.field(path, places, [*self.book.rules()])
        if name == "at" or find_column(scope.stream.columns, name) or name in CALENDAR_UNITS:
            if rule:
                hint = "rename one of the two"
                self.say(f"`{name}` is a column of `{scope.stream.name}` and a rule", place, hint)
            return self.column(scope.stream, path, places)
        if not rule or len(path) > 1:
            return self.field(
                path, places, [*self.book.rules(), *(each.name for each in scope.stream.columns)]
            )
        if scope.moved or scope.around_moved:
            self.as_of_row(name, place, scope)
        return self.kinds.get(name)

    def as_of_row(self, name: str, place: Place, scope: Scope) -> None:
        """Refuse what has no answer as of a row: only windows and columns move with each row's clock."""
        if scope.around_moved and not scope.moved:
            hint = "ask for it outside of `at(…)`, or inside an `at(…)` of its own"
            self.say(f"`{name}` is asked inside rows that `at(…)` of another row hides", place, hint)
        elif name in self.fixed:
            hint = "it ranks profiles, or asks for a trait inside `.where(…)`: name it outside of `at(…)`"
            self.say(f"`{name}` cannot be asked as of each row", place, hint)

    def elsewhere(self, word: str, path: tuple[str, ...], places: Places, scope: Scope) -> Kind | None:
        """What stands behind `me.` or `outer.`; the first of the places is that of the word itself."""
        place, behind = places[0], places[1:]
        if not path:
            self.say(f"`{word}` needs a name after it", place, f"write {word}.column")
        elif word == "me":
            return self.field(path, behind, [])
        elif scope.outer is None or scope.outer.stream is None:
            self.say("`outer` is not allowed here", place, "it names the enclosing row, two `.where(…)` deep")
        elif path[0] == "outer":
            return self.elsewhere("outer", path[1:], behind, scope.outer)
        else:
            return self.column(scope.outer.stream, path, behind)
        return None

    def field(self, path: tuple[str, ...], places: Places, others: list[str]) -> Kind | None:
        """The kind of a profile field, references followed."""
        column = self.catalog.field(path[0])
        if column is not None:
            return self.follow(column, path[1:], places[1:])
        if path[0] in self.catalog.lists and len(path) == 1:
            return "list"
        names = [*others, *(each.name for each in self.catalog.fields), *self.catalog.lists, "now"]
        near = self.elsewhere_known(path[0]) or nearest(path[0], names)
        hint = near or (_NO_NAME if self.catalog.fields else f"the columns are {', '.join(others)}")
        self.say(f"unknown name `{path[0]}`", places[0], hint)
        return None

    def elsewhere_known(self, name: str) -> str | None:
        """What to do about a name that is not known here, and is that of a stream or of a column of one."""
        if self.catalog.stream(name) is not None:
            return f"it is a stream: ask for its rows in an aggregate, such as count({name})"
        held = [stream.name for stream in self.catalog.streams if find_column(stream.columns, name)]
        if held:
            return f"it is a column of stream `{held[0]}`: name it in an aggregate, such as last({held[0]}.{name})"
        return None
