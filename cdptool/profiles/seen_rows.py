"""The rows that an aggregate of one profile looks at, which of them decided, and what is read of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.profiles.row_judging import Row, judged, judged_pairs, most_rows, numbered, rows_in
from cdptool.profiles.rule_tests import Told
from cdptool.profiles.worlds import World
from cdptool.rules import RuleBook
from cdptool.rules.book import find_column, kind_of
from cdptool.rules.nodes import (
    Aggregate,
    Attribute,
    Name,
    Node,
    Selection,
    children,
)
from cdptool.rules.subjects import path_of
from cdptool.rules.windows import Bounds, bounds
from cdptool.tables import MONEY_SCALE, StreamSchema

_MOST_SHOWN: Final = 5
_MOST_INNER: Final = 100  # judged, where there is a condition


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a row that the aggregate reads."""

    name: str
    type: str
    value: Told
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row, whether it counts (None: not known), what is read of it, and the rows that its own condition found."""

    stream: str
    event_id: int
    at: datetime
    counts: bool | None
    cells: tuple[Cell, ...] = ()
    inner: tuple[SeenRow, ...] = ()
    n_more: int = 0  # found too, and not among `inner`


@dataclass(frozen=True, slots=True)
class SeenRows:
    """
    What an aggregate looked at: its window (both ends included), how many rows lie in it, how many of them count.

    `rows` are those that decided: the ones that count, then those of which it is not known; where none does, some that
    do not. `n_unseen` rows are older than the newest that were looked at.
    """

    stream: str
    window: Bounds
    n_counting: int
    n_unknown: int
    n_not: int
    n_unseen: int
    rows: tuple[SeenRow, ...]


def seen_rows(world: World, node: Aggregate, ago: int, book: RuleBook) -> SeenRows:
    """
    The rows behind an aggregate.

    Args:
        world: Of one profile.
        node: The aggregate, asked of the profile.
        ago: As of how many seconds before the moment of the world.
        book: What its condition may name.
    """
    cut = world.as_of - timedelta(seconds=ago)
    selection = node.selection
    stream = world.catalog.stream(selection.stream)
    assert stream is not None  # the rules are checked
    window = _bounds(world, selection, cut, cut)
    held = numbered(world, stream.name)
    inside = [row for row in rows_in(held) if _lies(row.at, window) and row.at <= cut]
    looked = inside if selection.where is None else inside[-most_rows(world, node, book) :]
    truths = judged(world, selection, looked, ago, book)
    counts = dict(zip(looked, truths, strict=True))
    shown = _shown(node, held, counts)
    inner = _inner(world, selection, shown, ago, book)
    return SeenRows(
        stream=stream.name,
        window=window,
        n_counting=truths.count(True),
        n_unknown=truths.count(None),
        n_not=truths.count(False),
        n_unseen=len(inside) - len(looked),
        rows=tuple(
            SeenRow(
                stream.name,
                row.event_id,
                row.at,
                counts[row],
                _cells(world, stream, held.row(row.number, named=True), _read(node, stream)),
                inner.get(row, ())[:_MOST_SHOWN],
                max(0, len(inner.get(row, ())) - _MOST_SHOWN),
            )
            for row in shown
        ),
    )


def _bounds(world: World, selection: Selection, clock: datetime, cut: datetime) -> Bounds:
    catalog = world.catalog
    seen = bounds(selection.window, clock, cut, ZoneInfo(catalog.tz), catalog.week_starts)
    return Bounds(seen.first, min(seen.last, cut))


def _lies(at: datetime, window: Bounds) -> bool:
    return at <= window.last and (window.first is None or at >= window.first)


def _shown(node: Aggregate, held: pl.DataFrame, counts: dict[Row, bool | None]) -> list[Row]:
    """The rows that decided, the most telling first; at most a few of each kind."""
    newest = sorted(counts, key=lambda row: (row.at, row.event_id), reverse=node.function != "first")
    column = node.selection.column
    if node.function in ("min", "max") and len(column) == 1 and column[0] in held.columns:
        values = held[column[0]].to_list()
        filled = [row for row in newest if values[row.number] is not None]
        newest = sorted(filled, key=lambda row: values[row.number], reverse=node.function == "max")
    by_truth = {truth: [row for row in newest if counts[row] is truth] for truth in (True, None, False)}
    shown = by_truth[True][:_MOST_SHOWN] + by_truth[None][:_MOST_SHOWN]
    return shown or by_truth[False][:_MOST_SHOWN]


def _inner(
    world: World, selection: Selection, shown: Sequence[Row], ago: int, book: RuleBook
) -> dict[Row, tuple[SeenRow, ...]]:
    """For each shown row the rows that the aggregates of its own condition found."""
    found: dict[Row, list[SeenRow]] = {}
    cut = world.as_of - timedelta(seconds=ago)
    for node in _aggregates(selection.where):
        stream = world.catalog.stream(node.selection.stream)
        if stream is None or node.selection.stream not in world.streams:
            continue
        held = numbered(world, stream.name)
        is_same, most = stream.name == selection.stream, _most_around(world, node, len(shown), book)
        pairs = [
            (row, other)
            for row in shown
            for other in _around(world, row, node, rows_in(held), cut, is_same=is_same)[:most]
        ]
        truths = judged_pairs(world, selection, node, pairs, ago, book)
        for (row, other), counts in zip(pairs, truths, strict=True):
            if counts is not False:
                cells = _cells(world, stream, held.row(other.number, named=True), _read(node, stream))
                seen = SeenRow(stream.name, other.event_id, other.at, counts, cells)
                found.setdefault(row, []).append(seen)
    return {row: tuple(each) for row, each in found.items()}


def _around(
    world: World, row: Row, node: Aggregate, rows: Sequence[Row], cut: datetime, *, is_same: bool
) -> list[Row]:
    """The rows in the window around a row; never itself."""
    window = _bounds(world, node.selection, row.at, cut)
    near = [each for each in rows if _lies(each.at, window)]
    return [each for each in near if not (is_same and each.event_id == row.event_id)]


def _most_around(world: World, node: Aggregate, n_shown: int, book: RuleBook) -> int | None:
    """How many rows around each shown one are judged: a copy of the profile is made for each."""
    if node.selection.where is None:
        return None
    return max(1, min(_MOST_INNER, most_rows(world, node, book) // max(1, n_shown)))


def _aggregates(node: Node | None) -> Iterator[Aggregate]:
    """The aggregates of a condition, without those inside them."""
    if isinstance(node, Aggregate):
        yield node
    elif node is not None:
        for inner in children(node):
            yield from _aggregates(inner)


def _read(node: Aggregate, stream: StreamSchema) -> tuple[tuple[str, ...], ...]:
    """The columns of its rows that an aggregate reads, references as paths."""
    found = [node.selection.column] if node.selection.column else []
    found += _paths(node.selection.where)
    return tuple(dict.fromkeys(path for path in found if path and find_column(stream.columns, path[0])))


def _paths(node: Node | None) -> list[tuple[str, ...]]:
    match node:
        case None | Aggregate():
            return []
        case Name() | Attribute():
            return [path_of(node)]
    return [path for inner in children(node) for path in _paths(inner)]


def _cells(
    world: World, stream: StreamSchema, row: dict[str, object], paths: Sequence[tuple[str, ...]]
) -> tuple[Cell, ...]:
    return tuple(_cell(world, stream, row, path) for path in paths)


def _cell(world: World, stream: StreamSchema, row: dict[str, object], path: tuple[str, ...]) -> Cell:
    """A value of a row, references followed into the small tables."""
    column = find_column(stream.columns, path[0])
    assert column is not None
    name = path[0]
    for step in path[1:]:
        table = world.catalog.table(column.ref)
        small = world.tables.get(table.name) if table else None
        after = find_column(table.columns, step) if table else None
        if table is None or small is None or after is None or row.get(name) is None:
            return Cell(".".join(path), "text", None)
        found = small.filter(pl.col(table.key) == row[name]).sort(pl.all()).head(1).to_dicts()
        row, column, name = (found[0] if found else {}), after, step
    value, currency = row.get(name), row.get(f"{name}_currency")
    if kind_of(column) == "money" and isinstance(value, int):
        return Cell(
            ".".join(path), column.type, Decimal(value) / MONEY_SCALE, str(currency) if currency else None
        )
    assert value is None or isinstance(value, bool | int | float | str | date)
    return Cell(".".join(path), column.type, value)
