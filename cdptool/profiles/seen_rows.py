"""
The rows that an aggregate of one profile looks at, and what its condition says of each.

A row is told apart by a number of its own: the profile is asked once per row, each time for the rows of one number. So every
row is judged by the same kernel that judges the rule, and there is no second meaning of conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.profiles.rule_tests import Told
from cdptool.profiles.worlds import World
from cdptool.rules import RuleBook
from cdptool.rules.book import Rule, find_column, kind_of
from cdptool.rules.narrowing import narrowed
from cdptool.rules.nodes import (
    Aggregate,
    And,
    At,
    Attribute,
    Call,
    Compare,
    Name,
    Node,
    Not,
    Selection,
    children,
    walk,
)
from cdptool.rules.subjects import path_of
from cdptool.rules.windows import Bounds, bounds
from cdptool.tables import MONEY_SCALE, UTC_TIME, Column, StreamSchema

MOST_ROWS: Final = 300  # looked at per aggregate
_MOST_CELLS: Final = 2_000_000  # rows times the rows they are judged beside
_MOST_DRAWN: Final = 30  # where each is judged in a world of its own
_MOST_SHOWN: Final = 5
_MOST_INNER: Final = 40
_ROW: Final = "row_of_trace_"
_ANSWERS: Final = ("traced_yes_", "traced_no_")
_ASKED: Final = ("asked_of_trace_1_", "asked_of_trace_2_")


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


class _Row(NamedTuple):
    number: int  # among the rows of the profile in its stream
    event_id: int
    at: datetime


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
    held = _numbered(world, stream.name)
    inside = [row for row in _rows(held) if _lies(row.at, window) and row.at <= cut]
    most = min(MOST_ROWS, max(1, _MOST_CELLS // max(1, sum(len(each) for each in world.streams.values()))))
    looked = inside[-most:] if not _draws(book) else inside[-_MOST_DRAWN:]
    truths = _judged(world, _exists(selection), looked, ago, book)
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
                inner.get(row, ()),
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


def _numbered(world: World, stream: str) -> pl.DataFrame:
    """The rows of the one profile, in order of time; the number of each is its place."""
    rows = world.streams.get(stream)
    if rows is None:
        return pl.DataFrame(schema={"at": UTC_TIME, "event_id": pl.Int64, _ROW: pl.Int64})
    ordered = rows.filter(pl.col("at").is_not_null()).sort("at", "event_id")
    return ordered.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(_ROW))


def _rows(numbered: pl.DataFrame) -> list[_Row]:
    return [_Row(*each) for each in numbered.select(_ROW, "event_id", "at").iter_rows()]


def _exists(selection: Selection) -> Aggregate:
    """Whether any row of the selection counts, whenever it was: the window is judged apart."""
    return Aggregate("exists", replace(selection, column=(), window=None), selection.place)


def _mine(selection: Selection, which: int) -> Node:
    """The row is the one that is asked about."""
    place = selection.place
    asked = Attribute(Name("me", place), _ASKED[which], place)
    return Compare((Name(_ROW, place), asked), ("==",), place)


def _of_mine(node: Aggregate, which: int, *, negated: bool = False) -> Aggregate:
    """The aggregate over the one row that is asked about, its condition turned round where `negated`."""
    selection = node.selection
    mine = _mine(selection, which)
    if selection.where is None:
        where = mine
    else:
        condition = Not(selection.where, selection.place) if negated else selection.where
        where = And((condition, mine), selection.place)
    return replace(node, selection=replace(selection, where=where))


def _judged(
    world: World, node: Aggregate, rows: Sequence[_Row], ago: int, book: RuleBook
) -> list[bool | None]:
    """What the condition of a selection says of each row."""
    if node.selection.where is None or not rows:
        return [True] * len(rows)
    asked = [(row.number, None) for row in rows]
    yes, no = _of_mine(node, 0), _of_mine(node, 0, negated=True)
    return _asked(world, (yes, no), asked, ago, book)


def _asked(
    world: World,
    nodes: tuple[Node, Node],
    numbers: Sequence[tuple[int, int | None]],
    ago: int,
    book: RuleBook,
) -> list[bool | None]:
    """For each pair of row numbers: True where the first condition holds, False where the second, else None."""
    asked = pl.DataFrame(numbers, schema=dict.fromkeys(_ASKED, pl.Int64), orient="row")
    lines = [At(ago, node, node.place) if ago else node for node in nodes]
    rules = tuple(Rule(name, (line,), line.place) for name, line in zip(_ANSWERS, lines, strict=True))
    part = narrowed(book, (), ((), rules))
    if _draws(part):  # what is drawn by the profile's id is not that of another id
        worlds = [_asking(world, asked[i : i + 1], is_alone=True) for i in range(len(asked))]
    else:
        worlds = [_asking(world, asked)]
    found = [row for each in worlds for row in each.answers(part).select(_ANSWERS).iter_rows()]
    return [True if yes else (False if no else None) for yes, no in found]


def _draws(book: RuleBook) -> bool:
    """Whether a rule of the book depends on the id of the profile."""
    nodes = [node for rule in book.rules().values() for line in rule.lines for node in walk(line)]
    return any(isinstance(node, Call) and node.function == "bucket" for node in nodes)


def _asking(world: World, asked: pl.DataFrame, *, is_alone: bool = False) -> World:
    """The world once per row that is asked about: a profile each, in their order, with a copy of every row."""
    catalog = replace(
        world.catalog,
        fields=(*world.catalog.fields, *(Column(name, "integer") for name in _ASKED)),
        streams=tuple(
            replace(each, columns=(*each.columns, Column(_ROW, "integer"))) for each in world.catalog.streams
        ),
    )
    streams = {name: _numbered(world, name) for name in world.streams}
    if is_alone:
        return replace(
            world, catalog=catalog, profiles=world.profiles.join(asked, how="cross"), streams=streams
        )
    copies = asked.with_row_index("profile_id").with_columns(pl.col("profile_id").cast(pl.Int64))
    return replace(
        world,
        catalog=catalog,
        profiles=world.profiles.drop("profile_id").join(copies, how="cross"),
        streams={
            name: rows.drop("profile_id", strict=False).join(copies.select("profile_id"), how="cross")
            for name, rows in streams.items()
        },
    )


def _shown(node: Aggregate, held: pl.DataFrame, counts: dict[_Row, bool | None]) -> list[_Row]:
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
    world: World, selection: Selection, shown: Sequence[_Row], ago: int, book: RuleBook
) -> dict[_Row, tuple[SeenRow, ...]]:
    """For each shown row the rows that the aggregates of its own condition found."""
    found: dict[_Row, list[SeenRow]] = {}
    cut = world.as_of - timedelta(seconds=ago)
    for node in _aggregates(selection.where):
        stream = world.catalog.stream(node.selection.stream)
        if stream is None or node.selection.stream not in world.streams:
            continue
        held = _numbered(world, stream.name)
        pairs = [
            (row, other)
            for row in shown
            for other in _around(world, row, node, _rows(held), cut, is_same=stream.name == selection.stream)
        ]
        truths = _judged_pairs(world, selection, node, pairs, ago, book)
        for (row, other), counts in zip(pairs, truths, strict=True):
            if counts is not False:
                cells = _cells(world, stream, held.row(other.number, named=True), _read(node, stream))
                seen = SeenRow(stream.name, other.event_id, other.at, counts, cells)
                found.setdefault(row, []).append(seen)
    return {row: tuple(each[:_MOST_SHOWN]) for row, each in found.items()}


def _around(
    world: World, row: _Row, node: Aggregate, rows: Sequence[_Row], cut: datetime, *, is_same: bool
) -> list[_Row]:
    """The rows in the window around a row; never itself."""
    window = _bounds(world, node.selection, row.at, cut)
    near = [each for each in rows if _lies(each.at, window)]
    return [each for each in near if not (is_same and each.event_id == row.event_id)][:_MOST_INNER]


def _judged_pairs(
    world: World,
    outer: Selection,
    node: Aggregate,
    pairs: Sequence[tuple[_Row, _Row]],
    ago: int,
    book: RuleBook,
) -> list[bool | None]:
    if node.selection.where is None or not pairs:
        return [True] * len(pairs)
    inner = replace(node, function="exists", selection=replace(node.selection, column=()))
    sides = []
    for negated in (False, True):
        where = And((_mine(outer, 0), _of_mine(inner, 1, negated=negated)), outer.place)
        bare = replace(outer, column=(), window=None, where=where)
        sides.append(Aggregate("exists", bare, outer.place))
    numbers = [(row.number, other.number) for row, other in pairs]
    return _asked(world, (sides[0], sides[1]), numbers, ago, book)


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
        if table is None or small is None or after is None:
            return Cell(".".join(path), "text", None)
        found = small.filter(pl.col(table.key) == row.get(name)).sort(pl.all()).head(1).to_dicts()
        row, column, name = (found[0] if found else {}), after, step
    value, currency = row.get(name), row.get(f"{name}_currency")
    if kind_of(column) == "money" and isinstance(value, int):
        return Cell(
            ".".join(path), column.type, Decimal(value) / MONEY_SCALE, str(currency) if currency else None
        )
    assert value is None or isinstance(value, bool | int | float | str | datetime)
    return Cell(".".join(path), column.type, value)
