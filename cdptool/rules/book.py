"""What a rule book is: named rules and splits, and the catalog of names they may speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from cdptool.errors import Place
from cdptool.rules.nodes import Node
from cdptool.rules.windows import WeekStart
from cdptool.tables import Column, StreamSchema, TableSchema

Kind = Literal["number", "money", "text", "time", "date", "truth", "list"]

# What the language sees of each field type; every other type is text to it.
_KINDS: Final[Mapping[str, Kind]] = {
    "integer": "number",
    "number": "number",
    "money": "money",
    "date": "date",
    "datetime": "time",
    "boolean": "truth",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A named trait or segment.

    Several lines are joined by AND, each counted for the waterfall. With `labels` (one per line, traits
    only) the rule is a `first:` list instead: its value is the label of the first line that is true.
    """

    name: str
    lines: tuple[Node, ...]
    place: Place = field(compare=False)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """
    A division of all profiles into arms by chance, which the salt and the profile's id decide.

    `arms` are names and shares. `by` are profile fields: the shares then hold within each value of them. In a
    `sticky` split who has an arm keeps it as long as there is such an arm, whatever becomes of the shares.
    """

    name: str
    salt: str
    arms: tuple[tuple[str, float], ...]
    place: Place = field(compare=False)
    by: tuple[str, ...] = ()
    sticky: bool = True
    places: tuple[tuple[str, Place], ...] = field(
        default=(), compare=False, repr=False
    )  # of its keys' values

    def place_of(self, key: str) -> Place:
        """Where the value of a key stands; the split itself where the key is left out."""
        return dict(self.places).get(key, self.place)

    @property
    def column(self) -> Column:
        """The arm of a profile, as rules see it."""
        return Column(self.name, "text")


@dataclass(frozen=True, slots=True)
class RuleBook:
    """rules.yaml, read: traits have values, segments are true, false or unknown of a profile, splits give it an arm."""

    traits: tuple[Rule, ...] = ()
    segments: tuple[Rule, ...] = ()
    splits: tuple[Split, ...] = ()

    def rules(self) -> dict[str, Rule]:
        """Every rule by its name, traits first."""
        return {rule.name: rule for rule in (*self.traits, *self.segments)}


@dataclass(frozen=True, slots=True)
class Catalog:
    """What rules may name: profile fields (and those that also have a list), streams, reference tables."""

    fields: tuple[Column, ...] = ()
    streams: tuple[StreamSchema, ...] = ()
    tables: tuple[TableSchema, ...] = ()
    lists: tuple[str, ...] = ()  # profile columns of type List(String), such as `emails`
    tz: str = "UTC"
    week_starts: WeekStart = "monday"

    def with_splits(self, book: RuleBook) -> Catalog:
        """The catalog with the arms of a book's splits as profile fields."""
        return replace(self, fields=(*self.fields, *(split.column for split in book.splits)))

    @property
    def keyed(self) -> dict[str, str]:
        """Tables that say something of profiles, by name, and the profile field that holds their key."""
        return {table.name: table.key for table in self.tables if table.file is not None}

    def with_keyed_tables(self) -> Catalog:
        """The catalog with a field for each such table, which refers to it: `scores.churn`."""
        known = {column.name: column for column in self.fields}
        made = [
            replace(known[key], name=name, ref=name)
            for name, key in self.keyed.items()
            if key in known and name not in known
        ]
        return replace(self, fields=(*self.fields, *made))

    def field(self, name: str) -> Column | None:
        """The profile field of that name."""
        return next((column for column in self.fields if column.name == name), None)

    def stream(self, name: str) -> StreamSchema | None:
        """The stream of that name."""
        return next((stream for stream in self.streams if stream.name == name), None)

    def table(self, name: str | None) -> TableSchema | None:
        """The reference table of that name."""
        return next((table for table in self.tables if table.name == name), None)

    def follow(self, column: Column | None, path: tuple[str, ...]) -> Column | None:
        """The column at the end of a path of references that starts at a column, or None."""
        for name in path:
            table = self.table(column.ref if column else None)
            if table is None:
                return None
            column = find_column(table.columns, name)
        return column


def find_column(columns: tuple[Column, ...], name: str) -> Column | None:
    """The column of that name."""
    return next((column for column in columns if column.name == name), None)


def kind_of(column: Column) -> Kind:
    """
    What the language sees of a column.

    >>> kind_of(Column("total", "money")), kind_of(Column("email", "email"))
    ('money', 'text')
    """
    return _KINDS.get(column.type, "text")
