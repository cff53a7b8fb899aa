"""What a rule reads: columns of streams with the windows they are looked at in, profile fields, tables, other rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdptool.rules.book import Catalog, Rule, RuleBook, find_column
from cdptool.rules.narrowing import closure
from cdptool.rules.nodes import Aggregate, Attribute, Name, Node, children
from cdptool.rules.subjects import path_of
from cdptool.rules.windows import Window
from cdptool.tables import StreamSchema


@dataclass(frozen=True, slots=True)
class StreamRead:
    """A stream that is read: its columns, sorted, and the windows asked of profiles (None = all time) and of rows."""

    stream: str
    columns: tuple[str, ...]
    windows: tuple[Window | None, ...]


@dataclass(frozen=True, slots=True)
class Reads:
    """Everything a rule reads, through all rules it names; `rules` are those that stand in it itself."""

    streams: tuple[StreamRead, ...]
    fields: tuple[str, ...]
    tables: tuple[str, ...]  # as `products.category`
    rules: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    catalog: Catalog
    rules: dict[str, Rule]
    columns: dict[str, set[str]]
    windows: dict[str, dict[Window | None, None]]
    fields: set[str]
    tables: set[str]

    def node(self, node: Node, stream: StreamSchema | None, outer: StreamSchema | None) -> None:
        if isinstance(node, Name | Attribute):
            self.path(path_of(node), stream, outer)
            return
        if not isinstance(node, Aggregate):
            for inner in children(node):
                self.node(inner, stream, outer)
            return
        selection = node.selection
        schema = self.catalog.stream(selection.stream)
        if schema is None:
            return
        self.columns.setdefault(schema.name, set())
        self.windows.setdefault(schema.name, {})[selection.window] = None
        if selection.column:
            self.path(selection.column, schema, None)
        if selection.where is not None:
            self.node(selection.where, schema, stream)

    def path(self, path: tuple[str, ...], stream: StreamSchema | None, outer: StreamSchema | None) -> None:
        if path[:1] == ("outer",) and outer is not None:
            self.path(path[1:], outer, None)
            return
        if path[:1] == ("me",):
            self.path(path[1:], None, None)
            return
        if not path or path[0] in ("now", "at"):
            return
        column = find_column(stream.columns, path[0]) if stream else None
        if stream is not None and column is not None:
            self.columns[stream.name].add(path[0])
        elif path[0] in self.rules:
            return
        else:
            column = self.catalog.field(path[0])
            if column is not None or path[0] in self.catalog.lists:
                self.fields.add(path[0])
        for step in path[1:]:
            table = self.catalog.table(column.ref if column else None)
            if table is None:
                return
            self.tables.add(f"{table.name}.{step}")
            column = find_column(table.columns, step)


def reads_of(rule: Rule, book: RuleBook, catalog: Catalog) -> Reads:
    """
    What a rule reads.

    Args:
        rule: A rule of the book.
        book: The project's rules, checked.
        catalog: The names they may speak of, splits included.
    """
    rules = book.rules()
    found = _Found(catalog, rules, {}, {}, set(), set())
    needed = closure([rule.name], book)
    for name in (each for each in rules if each in needed):
        for line in rules[name].lines:
            found.node(line, None, None)
    streams = tuple(
        StreamRead(name, tuple(sorted(columns)), tuple(found.windows[name]))
        for name, columns in sorted(found.columns.items())
    )
    named = tuple(dict.fromkeys(name for line in rule.lines for name in _named(line, rules)))
    return Reads(streams, tuple(sorted(found.fields)), tuple(sorted(found.tables)), named)


def _named(node: Node, rules: dict[str, Rule]) -> Iterator[str]:
    if isinstance(node, Name) and node.name in rules:
        yield node.name
    for inner in children(node):
        yield from _named(inner, rules)
