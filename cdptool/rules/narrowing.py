"""Fewer rules than a book has: only those of some names, and all that these speak of, splits included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cdptool.rules.book import Rule, RuleBook
from cdptool.rules.naming import part_of, speaks_of
from cdptool.rules.nodes import Name, Node, walk


def rules_named(nodes: Iterable[Node], book: RuleBook) -> Iterator[str]:
    """The traits and segments that expressions name, `.where(…)` included; a name may come more than once."""
    rules = book.rules()
    for node in nodes:
        for inner in walk(node):
            if isinstance(inner, Name) and inner.name in rules:
                yield inner.name


def closure(names: Iterable[str], book: RuleBook) -> frozenset[str]:
    """
    These rules and every rule that they need, whatever the steps between.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> here = Place("rules.yaml")
    >>> rules = {name: Rule(name, (parse(text, here),), here) for name, text in
    ...          (("a", "b and c"), ("b", "d"), ("c", "missing(x)"), ("d", "true"), ("e", "a"))}
    >>> sorted(closure(["b"], RuleBook(segments=tuple(rules.values()))))
    ['b', 'd']
    """
    return frozenset(part_of(book, names).rules())


def narrowed(
    book: RuleBook, names: Iterable[str], more: tuple[tuple[Rule, ...], tuple[Rule, ...]] = ((), ())
) -> RuleBook:
    """
    The book of these rules and those they need.

    Args:
        book: The whole one.
        names: Which of its rules are asked for.
        more: Traits and segments that the book does not have, and that may name any of its rules.
    """
    traits, segments = more
    lines = [line for rule in (*traits, *segments) for line in rule.lines]
    part = part_of(book, (*names, *rules_named(lines, book)))
    named = tuple(split.name for split in book.splits)
    spoken = {
        name for rule in (*part.rules().values(), *traits, *segments) for name in speaks_of(rule, named)
    }
    return replace(
        part,
        traits=(*part.traits, *traits),
        segments=(*part.segments, *segments),
        splits=tuple(split for split in book.splits if split.name in spoken),
    )
