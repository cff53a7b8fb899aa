"""
For whom a node is read: the profile, whose clock is as-of, or a row of a stream, whose clock is its time.

`at(…)` moves the clock of either and hides what is later. Of a row the hidden part begins at a time of its own, so
it is not one moment but a `RowTime`. Names of columns say whose they are: `me:` of the profile, `outer:` of the
enclosing row, `outer:outer:` of the one around that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from cdptool.errors import Place
from cdptool.rules.aggregates import Request, Rows
from cdptool.rules.book import kind_of
from cdptool.rules.moments import moment
from cdptool.rules.nodes import Aggregate, Attribute, Name, Node
from cdptool.rules.values import Value, align, exact
from cdptool.rules.windows import Window
from cdptool.tables import Column, StreamSchema

ME = "me:"
OUTER = "outer:"


@dataclass(frozen=True, slots=True)
class RowTime:
    """A moment that each row has of its own: the time of the row `levels` further out, `seconds` earlier."""

    levels: int
    seconds: int

    @property
    def expression(self) -> pl.Expr:
        return pl.col(OUTER * self.levels + "at") - pl.lit(timedelta(seconds=self.seconds))


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """
    Who a node is read for: a profile (no stream) or a row of a stream; and what it asks of other rows.

    Rows after `cut` are hidden; inside `at(…)` of a row those after `moved` as well, and the row's clock stands
    `shift` seconds before its time. A `profile_names` row stands for the profile at that clock: its names are the
    profile's. What a row and its moved selves ask is asked of one frame, so they share their dictionaries.
    """

    cut: datetime
    stream: StreamSchema | None = None
    outer: Subject | None = None
    earliest: datetime | None = None  # no clock of this subject is before; None = unknown
    shift: int = 0
    moved: RowTime | None = None
    profile_names: bool = False
    requests: dict[tuple[int, Aggregate], Request] = field(default_factory=dict)
    rows: dict[tuple[int, str, Window | None, Node | None], Rows] = field(default_factory=dict)
    outer_columns: set[str] = field(default_factory=set)

    @property
    def clock(self) -> pl.Expr:
        """The clock of a row."""
        return pl.col("at") - pl.lit(timedelta(seconds=self.shift)) if self.shift else pl.col("at")

    @property
    def now(self) -> pl.Expr:
        """As-of, as it stands for this subject."""
        return moment(self.cut) if self.moved is None else self.moved.expression

    def carry(self, name: str, levels: int) -> None:
        """Have a column of the row `levels` further out beside this one, and beside all rows between."""
        subject: Subject | None = self
        for further in reversed(range(levels)):
            assert subject is not None
            subject.outer_columns.add(OUTER * further + name)
            subject = subject.outer


@dataclass(slots=True)
class Needs:
    """What the compiled nodes read: columns of streams (as paths), how far back, and profile fields."""

    columns: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    since: dict[str, datetime | None] = field(default_factory=dict)
    fields: set[tuple[str, ...]] = field(default_factory=set)
    fields_in_rows: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    rules_in_rows: dict[str, dict[str, int]] = field(
        default_factory=dict
    )  # columns, and the stage that makes them


def declared(column: Column, name: str) -> Value:
    """A declared column as a value; NaN is null, for a comparison with NaN would be true."""
    kind = kind_of(column)
    if kind == "money":
        return Value(kind, pl.col(name), currency=pl.col(f"{name}_currency"))
    return exact(kind, pl.col(name).fill_nan(None) if column.type == "number" else pl.col(name))


def path_of(node: Node) -> tuple[str, ...]:
    """The names of `a.b.c`, in order."""
    match node:
        case Name(name=name):
            return (name,)
        case Attribute(base=base, name=name):
            return (*path_of(base), name)
    return ()


def places_of(node: Node) -> tuple[Place, ...]:
    """Where each name of `a.b.c` stands, in order."""
    match node:
        case Name(place=place):
            return (place,)
        case Attribute(base=base, place=place, name_place=name_place):
            return (*places_of(base), name_place or place)
    return ()


def align_moments(left: Value, right: Value, tz: str) -> tuple[Value, Value]:
    """Bring a date beside a time to the start of its day; leave all else."""
    if {left.kind, right.kind} & {"time", "date"}:
        return align(left, right, tz)
    return left, right
