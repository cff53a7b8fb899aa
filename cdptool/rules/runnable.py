"""
Which rules can say anything with the data at hand, and what the others lack.

A rule is read as it is written: of an `and` every part must be there, of an `or` one is enough, `default(x, v)` has an
answer without x. Nothing is evaluated: it is asked of streams, columns, fields and tables only whether they hold
anything, from when until when, and whether references lead somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final
from zoneinfo import ZoneInfo

from cdptool.rules.book import Catalog, RuleBook, find_column
from cdptool.rules.nodes import (
    Aggregate,
    At,
    Attribute,
    Call,
    Constant,
    Name,
    Node,
    Options,
    Or,
    Selection,
    children,
)
from cdptool.rules.subjects import path_of
from cdptool.rules.windows import CALENDAR_UNITS, bounds
from cdptool.tables import StreamSchema

_STRAY_RATIO: Final = 0.01  # of rows with a reference, how many may lead nowhere
_HISTORY_RATIO: Final = 0.1  # of a window, how much may lie before the first row


class Level(IntEnum):
    """How much of something can be done."""

    CAN = 0
    PARTLY = 1
    CANNOT = 2


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is missing: why, and what to bring."""

    why: str
    bring: str
    level: Level = Level.CANNOT


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something can run, and what it lacks."""

    level: Level = Level.CAN
    lacks: tuple[Lack, ...] = ()


CAN: Final = Verdict()


@dataclass(frozen=True, slots=True)
class StreamAtHand:
    """What a stream holds up to as-of; `known_until` of a live feed how far it is complete."""

    rows: int
    first: datetime | None = None
    last: datetime | None = None
    known_until: datetime | None = None
    empty: frozenset[str] = frozenset()  # columns that are null in every row
    strays: Mapping[str, float] = field(
        default_factory=dict
    )  # reference → share of rows that it leads nowhere in


@dataclass(frozen=True, slots=True)
class TableAtHand:
    """What a reference table holds."""

    rows: int
    empty: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AtHand:
    """The data at hand: streams and tables by name, and by field how many profiles have it."""

    as_of: datetime
    streams: Mapping[str, StreamAtHand]
    tables: Mapping[str, TableAtHand]
    fields: Mapping[str, int]
    fed: frozenset[str]  # names of streams and tables that some source feeds
    made_of: Mapping[str, str] = field(default_factory=dict)  # sessions → the stream that is cut into them


def lacking(why: str, bring: str, level: Level = Level.CANNOT) -> Verdict:
    """The verdict of one thing that is missing."""
    return Verdict(level, (Lack(why, bring, level),))


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Every part is needed."""
    parts = tuple(verdicts)
    lacks: dict[str, Lack] = {}
    for lack in (lack for part in parts for lack in part.lacks):
        known = lacks.setdefault(lack.why, lack)
        if known.level < lack.level:
            lacks[lack.why] = lack
    return Verdict(max((part.level for part in parts), default=Level.CAN), tuple(lacks.values()))


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """
    One part is enough; what the others lack is still told.

    >>> any_of([CAN, lacking("no rows", "rows")]).level.name
    'PARTLY'
    """
    parts = tuple(verdicts)
    together = all_of(parts)
    if not parts or all(part.level == Level.CANNOT for part in parts):
        return together
    return partly(together)


def partly(verdict: Verdict) -> Verdict:
    """The same lacks, of something that can do without."""
    lacks = tuple(replace(lack, level=min(lack.level, Level.PARTLY)) for lack in verdict.lacks)
    return Verdict(min(verdict.level, Level.PARTLY), lacks)


@dataclass(slots=True)
class Judge:
    """Judges the rules of a book by the data at hand."""

    book: RuleBook
    catalog: Catalog
    data: AtHand
    models: dict[str, Verdict] = field(default_factory=dict)  # fields that models make
    _known: dict[str, Verdict] = field(default_factory=dict)  # of rules judged before

    def rule(self, name: str) -> Verdict:
        """A trait or segment, with the rules that it names."""
        if name not in self._known:
            self._known[name] = CAN
            rule = self.book.rules()[name]
            lines = [self._node(line, (), self.data.as_of) for line in rule.lines]
            self._known[name] = any_of(lines) if rule.labels else all_of(lines)
        return self._known[name]

    def name(self, name: str) -> Verdict:
        """What a bare name stands for: a rule, a split, a model, a profile field or the list of one."""
        if name in self.book.rules():
            return self.rule(name)
        if name in self.models:
            return self.models[name]
        if name in ("now", "profile_id") or any(split.name == name for split in self.book.splits):
            return CAN
        own = name if self.catalog.field(name) or name not in self.catalog.lists else name.removesuffix("s")
        if self.data.fields.get(own, 1):
            return CAN
        return lacking(f"no profile has `{own}`", f"records with `{own}`")

    def stream(self, name: str) -> Verdict:
        """Whether a stream has rows."""
        name = self.data.made_of.get(name, name)
        known = self.data.streams.get(name)
        if known is None or known.rows:
            return CAN
        if name not in self.data.fed:
            return lacking(f"no source feeds stream `{name}`", f"a source that feeds stream `{name}`")
        return lacking(f"stream `{name}` has no rows", f"files with rows of stream `{name}`")

    def _node(self, node: Node, rows: tuple[StreamSchema, ...], now: datetime) -> Verdict:
        """A node, asked of a row of the innermost of the streams, or of a profile."""
        match node:
            case Constant() | Options():
                return CAN
            case Name() | Attribute():
                return self._path(path_of(node), rows)
            case Aggregate(selection=selection):
                return self._selection(selection, rows, now)
            case At(seconds=seconds, operand=operand):
                return self._node(operand, rows, now - timedelta(seconds=seconds))
            case Or(operands=operands):
                return any_of(self._node(each, rows, now) for each in operands)
            case Call(function="default", arguments=(value, _)):
                return partly(self._node(value, rows, now))
            case Call(function="missing", arguments=(Name() | Attribute(),)):
                return CAN
        return all_of(self._node(each, rows, now) for each in children(node))

    def _selection(self, selection: Selection, rows: tuple[StreamSchema, ...], now: datetime) -> Verdict:
        schema = self.catalog.stream(selection.stream)
        there = self.stream(selection.stream)
        if schema is None or there.level == Level.CANNOT:
            return there
        parts = [there] if rows else [there, self._window(selection, now)]
        if selection.column:
            parts.append(self._column(schema, selection.column))
        if selection.where is not None:
            parts.append(self._node(selection.where, (*rows, schema), now))
        return all_of(parts)

    def _window(self, selection: Selection, now: datetime) -> Verdict:
        """Whether the rows reach as far as a window seen from as-of, back and on."""
        name, known = selection.stream, self.data.streams.get(selection.stream)
        of = self.data.made_of.get(name, name)
        if known is None or known.first is None or known.last is None:
            return CAN
        seen = bounds(selection.window, now, now, ZoneInfo(self.catalog.tz), self.catalog.week_starts)
        if seen.first is not None and max(known.last, known.known_until or known.last) < seen.first:
            why = f"stream `{name}` ends {self._minute(known.last)}, its window begins {self._minute(seen.first)}"
            return lacking(why, f"newer rows of stream `{of}`")
        parts = []
        if known.known_until is not None and known.known_until < seen.last:
            why = f"stream `{name}` is known until {self._minute(known.known_until)}, its window ends {self._minute(seen.last)}"
            parts.append(lacking(why, f"newer rows of stream `{of}`", Level.PARTLY))
        if seen.first is not None and known.first - seen.first > _HISTORY_RATIO * (seen.last - seen.first):
            why = f"stream `{name}` begins {self._day(known.first)}, its window {self._day(seen.first)}"
            parts.append(lacking(why, f"older rows of stream `{of}`", Level.PARTLY))
        return all_of(parts)

    def _day(self, moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(self.catalog.tz)):%Y-%m-%d}"

    def _minute(self, moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(self.catalog.tz)):%Y-%m-%d %H:%M}"

    def _path(self, path: tuple[str, ...], rows: tuple[StreamSchema, ...]) -> Verdict:
        if path[0] == "me":
            return self._of_profile(path[1:])
        if path[0] == "outer":
            return self._path(path[1:], rows[:-1])
        if rows and (path[0] in ("at", *CALENDAR_UNITS) or find_column(rows[-1].columns, path[0])):
            return self._column(rows[-1], path)
        return self._of_profile(path)

    def _of_profile(self, path: tuple[str, ...]) -> Verdict:
        start, parts = self.catalog.field(path[0]), [self.name(path[0])]
        if len(path) > 1 and path[0] not in self.models and start is not None:
            parts.append(self._table(start.ref, path[1]))
        return all_of(parts)

    def _column(self, schema: StreamSchema, path: tuple[str, ...]) -> Verdict:
        """A column of a stream, and what its references lead to."""
        known, column = self.data.streams.get(schema.name), find_column(schema.columns, path[0])
        if known is None or column is None:
            return CAN
        if column.name in known.empty:
            why = f"column `{column.name}` of stream `{schema.name}` is always empty"
            return lacking(why, f"`{column.name}` in the rows of stream `{schema.name}`")
        if len(path) == 1:
            return CAN
        stray = known.strays.get(column.name, 0)
        parts = [self._table(column.ref, path[1])]
        if stray > _STRAY_RATIO and parts[0].level == Level.CAN:
            why = f"{stray:.0%} of the rows of stream `{schema.name}` name a `{column.name}` that table `{column.ref}` lacks"
            bring = f"the other rows of table `{column.ref}`"
            parts.append(lacking(why, bring, Level.CANNOT if stray == 1 else Level.PARTLY))
        for i in range(2, len(path)):
            base = self.catalog.follow(column, path[1:i])
            parts.append(self._table(base.ref if base else None, path[i]))
        return all_of(parts)

    def _table(self, table: str | None, column: str) -> Verdict:
        known = self.data.tables.get(table or "")
        if known is None:
            return CAN
        if not known.rows and table not in self.data.fed:
            return lacking(f"no source feeds table `{table}`", f"a source that feeds table `{table}`")
        if not known.rows:
            return lacking(f"table `{table}` has no rows", f"files with rows of table `{table}`")
        if column in known.empty:
            return lacking(
                f"column `{column}` of table `{table}` is always empty",
                f"`{column}` in the rows of table `{table}`",
            )
        return CAN
