"""
Single rows of a profile, judged by the kernel that judges rules: there is no second meaning of conditions.

A row is told apart by a number of its own. The profile is asked once per row, each time for the row of one number; for rows
inside the condition of a row, once per pair of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

import polars as pl

from cdptool.profiles.worlds import World
from cdptool.rules import RuleBook
from cdptool.rules.book import Rule
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
    walk,
)
from cdptool.tables import UTC_TIME, Column

MOST_ROWS: Final = 300  # judged per aggregate
_MOST_CELLS: Final = 2_000_000  # rows times the rows they are judged beside
_MOST_DRAWN: Final = 30  # where each is judged in a world of its own
_ROW: Final = "row_of_trace_"
_ANSWERS: Final = ("traced_yes_", "traced_no_")
_ASKED: Final = ("asked_of_trace_1_", "asked_of_trace_2_")


class Row(NamedTuple):
    """A row of the profile in one stream."""

    number: int  # its place in time
    event_id: int
    at: datetime


def most_rows(world: World, node: Node, book: RuleBook) -> int:
    """How many rows of an aggregate can be judged at a bearable cost."""
    rule = Rule(_ANSWERS[0], (node,), node.place)
    if _draws(narrowed(book, (), ((rule,), ()))):
        return _MOST_DRAWN
    return min(MOST_ROWS, max(1, _MOST_CELLS // max(1, sum(len(rows) for rows in world.streams.values()))))


def numbered(world: World, stream: str) -> pl.DataFrame:
    """The rows of the one profile, in order of time; the number of each is its place."""
    rows = world.streams.get(stream)
    if rows is None:
        return pl.DataFrame(schema={"at": UTC_TIME, "event_id": pl.Int64, _ROW: pl.Int64})
    ordered = rows.filter(pl.col("at").is_not_null()).sort("at", "event_id")
    return ordered.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(_ROW))


def rows_in(held: pl.DataFrame) -> list[Row]:
    """The rows of what `numbered` gives."""
    return [Row(*each) for each in held.select(_ROW, "event_id", "at").iter_rows()]


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


def judged(
    world: World, selection: Selection, rows: Sequence[Row], ago: int, book: RuleBook
) -> list[bool | None]:
    """
    What the condition of a selection says of each row; None where it does not know.

    Args:
        world: Of one profile.
        selection: The rows are of its stream. Its window is not asked.
        rows: Which rows.
        ago: As of how many seconds before the moment of the world.
        book: What the condition may name.
    """
    if selection.where is None or not rows:
        return [True] * len(rows)
    node = _exists(selection)
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
    streams = {name: numbered(world, name) for name in world.streams}
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


def judged_pairs(
    world: World,
    outer: Selection,
    node: Aggregate,
    pairs: Sequence[tuple[Row, Row]],
    ago: int,
    book: RuleBook,
) -> list[bool | None]:
    """What the condition of an aggregate inside the condition of a row says of the rows it looks at, by pairs."""
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
