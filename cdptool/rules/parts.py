"""
A rule taken apart into questions of its own: every line, condition and value in it, each asked beside the whole.

A part is asked as of the moment its surroundings are: inside `at("90d", …)` it stays inside. What a part names (a trait, a
segment) is taken apart below it, once. Parts inside `.where(…)` are about rows and stand apart (`profiles.seen_rows`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cdptool.rules.book import Catalog, Rule, RuleBook
from cdptool.rules.narrowing import closure, rules_named
from cdptool.rules.nodes import (
    Aggregate,
    And,
    At,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Node,
    Not,
    Options,
    Or,
    children,
    to_text,
    walk,
)
from cdptool.rules.subjects import path_of


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """
    One question: a condition (`is_truth`) or a value, as of so many seconds ago, with the questions it is made of.

    `name` is what it is asked under. A named rule has its lines below it, unless they stand elsewhere in the tree.
    """

    name: str
    node: Node
    is_truth: bool
    ago: int
    label: str | None = None  # of a `first:` trait: what its value is if this line is true
    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """The part as it is written."""
        return to_text(self.node)

    @property
    def rule(self) -> Rule:
        """The part as a rule of its own."""
        node = At(self.ago, self.node, self.node.place) if self.ago else self.node
        return Rule(self.name, (node,), self.node.place)

    def all(self) -> Iterator[Part]:
        """The part and everything below it, outermost first."""
        yield self
        for part in self.parts:
            yield from part.all()


@dataclass(slots=True)
class _Taker:
    """Takes rules apart; `done` are the rules that are apart already, with how long ago."""

    book: RuleBook
    catalog: Catalog
    prefix: str
    done: set[tuple[str, int]] = field(default_factory=set)
    n: int = 0

    def lines(self, rule: Rule, ago: int) -> tuple[Part, ...]:
        if (rule.name, ago) in self.done:
            return ()
        self.done.add((rule.name, ago))
        is_truth = rule.labels or any(each.name == rule.name for each in self.book.segments)
        labels: tuple[str | None, ...] = rule.labels or (None,) * len(rule.lines)
        made = []
        for line, label in zip(rule.lines, labels, strict=True):
            part = self.truth(line, ago, label) if is_truth else self.value(line, ago)
            made += [] if part is None else [part]
        return tuple(made)

    def truth(self, node: Node, ago: int, label: str | None = None) -> Part:
        """A condition."""
        match node:
            case And(operands=operands) | Or(operands=operands):
                parts = [self.truth(each, ago) for each in operands]
            case Not(operand=operand):
                parts = [self.truth(operand, ago)]
            case At(seconds=seconds, operand=operand):
                parts = [self.truth(operand, ago + seconds)]
            case Name(name=name) if name in self.book.rules():
                return self._made(node, ago, True, self.lines(self.book.rules()[name], ago), label)
            case Aggregate():
                parts = []  # it is about rows: what its condition says of them is no question of the profile
            case _:
                parts = self.values(children(node), ago)
        return self._made(node, ago, True, tuple(parts), label)

    def value(self, node: Node, ago: int) -> Part | None:
        """A value; None for what says nothing new: constants, lists, `now`."""
        match node:
            case And() | Or() | Not() | Compare() | Call(function="missing" | "matches"):
                return self.truth(node, ago)
            case Aggregate(function="exists" | "none"):
                return self.truth(node, ago)
            case Constant() | Options() | Name(name="now"):
                return None
            case Name() | Attribute() if self._is_list(node):
                return None
            case At(seconds=seconds, operand=operand):
                inner = self.value(operand, ago + seconds)
                return None if inner is None else self._made(node, ago, inner.is_truth, (inner,))
            case Name(name=name) if name in self.book.rules():
                is_truth = any(each.name == name for each in self.book.segments)
                return self._made(node, ago, is_truth, self.lines(self.book.rules()[name], ago))
            case Name() | Attribute() | Aggregate():
                return self._made(node, ago, False, ())
        return self._made(node, ago, False, tuple(self.values(children(node), ago)))

    def _is_list(self, node: Node) -> bool:
        """Whether it is all values of a field, which no rule can have as its own."""
        path = path_of(node)
        name = path[1] if path[:1] == ("me",) and len(path) > 1 else path[0]
        return name in self.catalog.lists and self.catalog.field(name) is None

    def values(self, nodes: tuple[Node, ...], ago: int) -> list[Part]:
        return [part for node in nodes if (part := self.value(node, ago)) is not None]

    def _made(
        self, node: Node, ago: int, is_truth: bool, parts: tuple[Part, ...], label: str | None = None
    ) -> Part:
        self.n += 1
        return Part(f"{self.prefix}{self.n}", node, is_truth, ago, label, parts)


def parts_of(rule: Rule, book: RuleBook, catalog: Catalog, prefix: str = "part_") -> tuple[Part, ...]:
    """
    The lines of a rule, each taken apart.

    Args:
        rule: A rule of the book, or one that is asked beside it.
        book: What it may name.
        catalog: The names of profile fields.
        prefix: How the names of parts begin; no rule, field or column may begin so.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> here = Place("rules.yaml", 1, 1)
    >>> vip = Rule("vip", (parse('spend >= 100 and not missing(city)', here),), here)
    >>> spend = Rule("spend", (parse('sum(order.total["7d"])', here),), here)
    >>> (line,) = parts_of(vip, RuleBook((spend,), (vip,)), Catalog())
    >>> [part.text for part in line.all()]
    ['spend >= 100 and not missing(city)', 'spend >= 100', 'spend', 'sum(order.total["7d"])', 'not missing(city)', 'missing(city)', 'city']
    """
    return _Taker(book, catalog, prefix).lines(rule, 0)


def streams_of(node: Node, book: RuleBook) -> frozenset[str]:
    """The streams an expression looks at, through every rule it names."""
    rules = book.rules()
    nodes = [node, *(line for name in closure(rules_named([node], book), book) for line in rules[name].lines)]
    found = {each.selection.stream for one in nodes for each in walk(one) if isinstance(each, Aggregate)}
    return frozenset(found)
