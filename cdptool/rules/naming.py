"""The names of a rule book: which rule needs which, cycles, wrong names, and the nearest real one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from cdptool.errors import Finding
from cdptool.rules.book import Catalog, Rule, RuleBook
from cdptool.rules.nodes import Aggregate, At, Attribute, Call, Name, Node, walk

RESERVED: Final = ("now", "me", "outer", "row", "at", "profile_id", "true", "false")


def order(book: RuleBook) -> tuple[str, ...]:
    """Names of traits and segments so that each comes after those it names; otherwise as they are written."""
    rules = book.rules()
    done: dict[str, None] = {}
    path: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name in path:
            return
        path.add(name)
        for other in _named(rules[name]):
            if other in rules:
                visit(other)
        path.discard(name)
        done[name] = None

    for name in rules:
        visit(name)
    return tuple(done)


def part_of(book: RuleBook, names: Iterable[str]) -> RuleBook:
    """The rules of these names, those that they need, and every split; names of no rule are passed over."""
    rules = book.rules()
    needed: set[str] = set()
    waiting = [name for name in names if name in rules]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [other for other in _named(rules[name]) if other in rules]
    return replace(
        book,
        traits=tuple(rule for rule in book.traits if rule.name in needed),
        segments=tuple(rule for rule in book.segments if rule.name in needed),
    )


def speaks_of(rule: Rule, names: Iterable[str], *, only_in_the_past: bool = False) -> tuple[str, ...]:
    """Which of the names stand in a rule, in any place; or only inside an `at(…)`, which looks from earlier."""
    nodes = [node for line in rule.lines for node in walk(line)]
    if only_in_the_past:
        nodes = [inner for node in nodes if isinstance(node, At) for inner in walk(node)]
    found = {node.name for node in nodes if isinstance(node, Name)}
    found |= {node.name for node in nodes if isinstance(node, Attribute) and _is_me(node)}
    return tuple(name for name in names if name in found)


def _is_me(node: Attribute) -> bool:
    return isinstance(node.base, Name) and node.base.name == "me"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """
    A hint with the nearest real name.

    >>> nearest("ordr", ["order", "cart"])
    'did you mean `order`?'
    """
    found = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else None


def _named(rule: Rule) -> Iterator[str]:
    """The names a rule uses, inside `.where()` too: what is a column there cannot be the name of a rule."""
    for line in rule.lines:
        yield from _names_of(line)


def _names_of(node: Node) -> Iterator[str]:
    for inner in walk(node):
        if isinstance(inner, Name):
            yield inner.name


def without_row_clock(book: RuleBook) -> frozenset[str]:
    """The rules that cannot be asked as of each row: they rank profiles or ask for rules inside `.where()`."""
    rules, found = book.rules(), set[str]()
    for name in order(book):
        rule = rules[name]
        ranks = any(
            isinstance(node, Call) and node.function == "ntile" for line in rule.lines for node in walk(line)
        )
        inside = any(other in rules for line in rule.lines for other in _names_in_rows(line))
        if ranks or inside or any(other in found for other in _named(rule)):
            found.add(name)
    return frozenset(found)


def _names_in_rows(line: Node) -> Iterator[str]:
    for node in walk(line):
        if isinstance(node, Aggregate) and node.selection.where is not None:
            yield from _names_of(node.selection.where)


def cycles(book: RuleBook) -> Iterator[tuple[str, ...]]:
    """Each cycle of rules once, from the first rule of it that is written."""
    rules, finished = book.rules(), set[str]()

    def follow(name: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if name in path:
            yield (*path[path.index(name) :], name)
        elif name not in finished:
            for other in _named(rules[name]):
                if other in rules:
                    yield from follow(other, (*path, name))
            finished.add(name)

    for name in rules:
        yield from follow(name, ())


def wrong_names(book: RuleBook, catalog: Catalog) -> Iterator[Finding]:
    """Names of rules that are not names, stand twice, or clash with a profile field."""
    seen: set[str] = set()
    fields = {column.name for column in catalog.fields} | set(catalog.lists)
    for rule in (*book.traits, *book.segments):
        if not rule.name.isidentifier() or rule.name in RESERVED:
            hint = "use letters, digits and _, and none of the language's words"
            yield Finding(f"`{rule.name}` cannot be the name of a rule", rule.place, hint)
        if rule.name in seen:
            yield Finding(f"`{rule.name}` is the name of two rules", rule.place, "rename one of the two")
        if rule.name in fields:
            yield Finding(f"`{rule.name}` is also a profile field", rule.place, "rename one of the two")
        if not rule.lines:
            yield Finding(f"`{rule.name}` has no condition", rule.place)
        seen.add(rule.name)
    for split in book.splits:
        if split.name in seen:
            yield Finding(
                f"`{split.name}` is the name of a split and of a rule", split.place, "rename one of the two"
            )
        if split.name in fields:
            yield Finding(f"`{split.name}` is also a profile field", split.place, "rename one of the two")
