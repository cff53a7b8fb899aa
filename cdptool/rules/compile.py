"""
Nodes to values: a node is read for a *subject* that has a *clock*, and becomes Polars expressions.

The subject is the profile (clock: as-of) or, inside `.where()`, a row (clock: its time). Whatever needs
other rows becomes a `Request` of the subject; the frames behind requests are built in `frames.py`. Equal
nodes asked of one subject share one request. The book is taken as checked (`check.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.errors import Finding, Place
from cdptool.rules.aggregates import Request, Rows, result
from cdptool.rules.book import Catalog, Rule, RuleBook, find_column, kind_of
from cdptool.rules.moments import moment, moment_bounds, period_starts
from cdptool.rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    At,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Negative,
    Node,
    Not,
    Options,
    Or,
    Selection,
)
from cdptool.rules.signals import takes_whole_days, unanswerable
from cdptool.rules.values import (
    Value,
    align,
    arithmetic,
    compare,
    constant,
    default,
    exact,
    matches,
    negative,
    within,
)
from cdptool.rules.windows import CALENDAR_UNITS, Forward, Window, bounds
from cdptool.tables import Column, StreamSchema

ME = "me:"
OUTER = "outer:"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Who a node is read for: a profile (no stream) or a row of a stream; and what it asks of other rows."""

    cut: datetime
    stream: StreamSchema | None = None
    outer: Subject | None = None
    earliest: datetime | None = None  # no clock of this subject is before; None = unknown
    requests: dict[Aggregate, Request] = field(default_factory=dict)
    rows: dict[tuple[str, Window | None, Node | None], Rows] = field(default_factory=dict)
    outer_columns: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Needs:
    """What the compiled nodes read: columns of streams (as paths), how far back, and profile fields."""

    columns: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    since: dict[str, datetime | None] = field(default_factory=dict)
    fields: set[tuple[str, ...]] = field(default_factory=set)
    fields_in_rows: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)


class Compiler:
    """Compiles the rules of a book for one as-of. `layers` are the columns it makes, in order."""

    prefix = "{stream}."  # columns of rows are named as in the tagged frame

    def __init__(
        self,
        book: RuleBook,
        catalog: Catalog,
        as_of: datetime,
        complete_until: Mapping[str, datetime],
        gone_until: Mapping[str, datetime] | None = None,
        rolled_until: Mapping[str, datetime] | None = None,
    ) -> None:
        self.book, self.catalog, self.as_of = book, catalog, as_of
        self.complete_until, self.gone_until = complete_until, gone_until or {}
        self.rolled_until = rolled_until or {}
        self.refused: list[Finding] = []  # what days that are kept as signals cannot answer
        self.zone = ZoneInfo(catalog.tz)
        self.rules = book.rules()
        self.segments = frozenset(rule.name for rule in book.segments)
        self.needs = Needs()
        self.layers: list[list[pl.Expr]] = []
        self.profiles: dict[datetime, Subject] = {}
        self.shortened: dict[
            Place, str
        ] = {}  # selections that look back beyond what retention left, by stream
        self._named: dict[tuple[str, datetime], Value] = {}
        self._count = 0

    def profile(self, cut: datetime) -> Subject:
        """The profile as of a moment."""
        return self.profiles.setdefault(cut, Subject(cut, earliest=cut))

    def rule(self, name: str, cut: datetime) -> Value:
        """A trait or segment as of a moment: columns of a layer of their own, made once."""
        if (name, cut) not in self._named:
            column = name if cut == self.as_of else f"{name}@{self._next()}"
            self._named[name, cut] = self._layer(self.rules[name], column, self.profile(cut))
        return self._named[name, cut]

    def truth(self, node: Node, subject: Subject) -> pl.Expr:
        """A condition as a Boolean expression; null is unknown."""
        match node:
            case And(operands=operands):
                return reduce(and_, [self.truth(each, subject) for each in operands])
            case Or(operands=operands):
                return reduce(or_, [self.truth(each, subject) for each in operands])
            case Not(operand=operand):
                return ~self.truth(operand, subject)
            case Compare():
                return self._comparison(node, subject)
            case Call(function="missing", arguments=(argument,)):
                return self.value(argument, subject).is_empty
            case Call(function="matches", arguments=(argument, Constant(value=str(pattern)))):
                return matches(self.value(argument, subject), pattern)
        return self.value(node, subject).truth

    def value(self, node: Node, subject: Subject) -> Value:
        """A node as a value."""
        match node:
            case Constant(value=value, kind=kind):
                return constant(value, kind)
            case Name(name=name):
                return self._path((name,), subject)
            case Attribute():
                return self._path(path_of(node), subject)
            case Aggregate():
                return self._aggregate(node, subject)
            case At(seconds=seconds, operand=operand):
                return self.value(operand, self.profile(subject.cut - timedelta(seconds=seconds)))
            case Arithmetic(operator=operator, left=left, right=right):
                pair = align_moments(self.value(left, subject), self.value(right, subject), self.catalog.tz)
                return arithmetic(operator, *pair)
            case Negative(operand=operand):
                return negative(self.value(operand, subject))
            case Call(function="default", arguments=(first, second)):
                return default(
                    *align(self.value(first, subject), self.value(second, subject), self.catalog.tz)
                )
        return exact("truth", self.truth(node, subject))

    def _comparison(self, node: Compare, subject: Subject) -> pl.Expr:
        steps = []
        for left, operator, right in zip(node.operands, node.operators, node.operands[1:], strict=False):
            value = self.value(left, subject)
            if operator in ("in", "not in"):
                inside = self._inside(value, right, subject)
                steps.append(inside if operator == "in" else ~inside)
            else:
                steps.append(compare(operator, *align(value, self.value(right, subject), self.catalog.tz)))
        return reduce(and_, steps)

    def _inside(self, value: Value, right: Node, subject: Subject) -> pl.Expr:
        if isinstance(right, Options):
            options = tuple(self.value(item, subject) for item in right.items)
            return within(value, options, self.catalog.tz)
        held = self.value(right, subject).lo
        return pl.when(value.is_known & held.is_not_null()).then(held.list.contains(value.lo))

    def _path(self, path: tuple[str, ...], subject: Subject) -> Value:
        name = path[0]
        if name == "now":
            return exact("time", moment(subject.cut))
        if name == "me":
            return self._field(path[1:], subject)
        if name == "outer" and subject.outer is not None:
            return self._outer(path[1:], subject, subject.outer)
        if subject.stream is not None:
            if name == "at" or find_column(subject.stream.columns, name) or name in CALENDAR_UNITS:
                return self.column(subject.stream, path)
            return self._field(path, subject)
        if name in self.rules:
            return self.rule(name, subject.cut)
        return self._field(path, subject)

    def column(self, stream: StreamSchema, path: tuple[str, ...]) -> Value:
        """A column of a stream's row: its time, a calendar period of it, a declared column, a reference."""
        name = path[0]
        if name == "at":
            return exact("time", pl.col("at"))
        column = self.catalog.follow(find_column(stream.columns, name), path[1:])
        if column is None:
            today = pl.col("at").dt.convert_time_zone(self.catalog.tz).dt.date()
            unit = next(unit for unit in CALENDAR_UNITS if unit == name)
            return exact("date", period_starts(today, unit, 0, self.catalog.week_starts))
        self.needs.columns.setdefault(stream.name, set()).add(path)
        return declared(column, self.prefix.format(stream=stream.name) + ".".join(path))

    def _field(self, path: tuple[str, ...], subject: Subject) -> Value:
        self.needs.fields.add(path)
        prefix = ""
        if subject.stream is not None:
            self.needs.fields_in_rows.setdefault(subject.stream.name, set()).add(path)
            prefix = ME
        column = self.catalog.follow(self.catalog.field(path[0]), path[1:])
        if column is None:
            return exact("list", pl.col(prefix + path[0]))
        return declared(column, prefix + ".".join(path))

    def _outer(self, path: tuple[str, ...], subject: Subject, outer: Subject) -> Value:
        assert outer.stream is not None
        inner = self.column(outer.stream, path)
        name = "at" if path == ("at",) else f"{outer.stream.name}.{'.'.join(path)}"
        subject.outer_columns.add(name)
        return Value(inner.kind, pl.col(OUTER + name))

    def _aggregate(self, node: Aggregate, subject: Subject) -> Value:
        if node not in subject.requests:
            subject.requests[node] = self._request(node, subject)
        return result(subject.requests[node])

    def _request(self, node: Aggregate, subject: Subject) -> Request:
        selection = node.selection
        stream = self.catalog.stream(selection.stream)
        assert stream is not None
        self.needs.columns.setdefault(stream.name, set())
        known = min(self.complete_until.get(stream.name, self.as_of), subject.cut)
        self._require_rows(node, stream, known, subject)
        rows = self._rows(selection, stream, subject)
        column = self.column(stream, selection.column) if selection.column else None
        declared_column = None
        if selection.column and selection.column[0] != "at":
            start = find_column(stream.columns, selection.column[0])
            declared_column = self.catalog.follow(start, selection.column[1:])
        return Request(
            id=f"#{self._next()}",
            function=node.function,
            rows=rows,
            column=column,
            is_float=declared_column is not None and declared_column.type == "number",
            open=self._open(selection.window, known, subject),
            complete_until=known,
            short=self._short(selection, subject),
        )

    def _require_rows(self, node: Aggregate, stream: StreamSchema, known: datetime, subject: Subject) -> None:
        """Refuse what reaches into days kept as signals and asks for more than these tell."""
        selection, until = node.selection, self.rolled_until.get(stream.name)
        earliest = self._earliest(selection.window, subject)
        if until is None or (earliest is not None and earliest >= until):
            return
        if subject.stream is not None:
            lacking: str | None = "a look around each row"
        else:
            seen = bounds(selection.window, subject.cut, subject.cut, self.zone, self.catalog.week_starts)
            is_whole = known >= until and takes_whole_days(seen, until, self.zone)
            lacking = unanswerable(node, stream) if is_whole else "parts of days"
        if lacking is not None:
            problem = f"this reaches into days of `{stream.name}` that are kept as signals, which cannot tell {lacking}"
            hint = (
                "ask for whole days and kept columns, look back less far, or keep more: `raw`, `by`, `sums`"
            )
            self.refused.append(Finding(problem, node.place, hint))

    def _short(self, selection: Selection, subject: Subject) -> bool | pl.Expr:
        """Whether the window begins before the newest row that retention took away."""
        gone = self.gone_until.get(selection.stream)
        if gone is None:
            return False
        if subject.stream is None:
            seen = bounds(selection.window, subject.cut, subject.cut, self.zone, self.catalog.week_starts)
            is_short = seen.first is None or (seen.first <= gone and seen.first <= seen.last)
            if is_short:
                self.shortened.setdefault(selection.place, selection.stream)
            return is_short
        around = moment_bounds(
            selection.window, pl.col("at"), subject.cut, self.catalog.tz, self.catalog.week_starts
        )
        if around.first is None:
            return True
        return (around.first <= moment(gone)) & (around.first <= around.last)

    def _open(self, window: Window | None, known: datetime, subject: Subject) -> bool | pl.Expr:
        if subject.stream is None:
            seen = bounds(window, subject.cut, subject.cut, self.zone, self.catalog.week_starts)
            return seen.last > known and (seen.first is None or seen.first <= seen.last)
        around = moment_bounds(window, pl.col("at"), subject.cut, self.catalog.tz, self.catalog.week_starts)
        reaches = around.last > moment(known)
        return reaches if around.first is None else reaches & (around.first <= around.last)

    def _rows(self, selection: Selection, stream: StreamSchema, subject: Subject) -> Rows:
        key = (stream.name, selection.window, selection.where)
        if key not in subject.rows:
            subject.rows[key] = self._new_rows(selection, stream, subject)
        return subject.rows[key]

    def _new_rows(self, selection: Selection, stream: StreamSchema, subject: Subject) -> Rows:
        earliest = self._earliest(selection.window, subject)
        since = self.needs.since.get(stream.name, subject.cut)
        self.needs.since[stream.name] = None if earliest is None or since is None else min(since, earliest)
        row = Subject(subject.cut, stream, subject if subject.stream else None, earliest)
        condition = None if selection.where is None else self.truth(selection.where, row)
        return Rows(
            id=f"#{self._next()}",
            stream=stream.name,
            window=selection.window,
            cut=subject.cut,
            condition=condition,
            nested=tuple(row.requests.values()),
            outer_columns=tuple(sorted(row.outer_columns)),
        )

    def _earliest(self, window: Window | None, subject: Subject) -> datetime | None:
        if isinstance(window, Forward) or subject.earliest is None:
            return subject.earliest
        return bounds(window, subject.earliest, subject.cut, self.zone, self.catalog.week_starts).first

    def _layer(self, rule: Rule, column: str, subject: Subject) -> Value:
        if rule.name in self.segments:
            running = [self.truth(line, subject) for line in rule.lines]
            lines = [f"{column}#{i + 1}" for i in range(len(running))]
            self.layers.append([line.alias(name) for line, name in zip(running, lines, strict=True)])
            # The waterfall's step is the truth of all lines so far.
            steps = [reduce(and_, [pl.col(each) for each in lines[: i + 1]]) for i in range(len(lines))]
            named = zip((*lines, column), (*steps, steps[-1]), strict=True)
            self.layers.append([step.alias(name) for name, step in named])
            return exact("truth", pl.col(column))
        value = self._labelled(rule, subject) if rule.labels else self.value(rule.lines[0], subject)
        parts = (
            {"": value.lo}
            if value.is_exact
            else {".lo": value.lo, ".hi": value.upper, ".empty": value.is_empty}
        )
        if value.currency is not None:
            parts["_currency"] = value.currency
        self.layers.append([part.alias(column + suffix) for suffix, part in parts.items()])
        currency = None if value.currency is None else pl.col(f"{column}_currency")
        if value.is_exact:
            return Value(value.kind, pl.col(column), currency=currency)
        lo, hi, empty = (pl.col(column + suffix) for suffix in (".lo", ".hi", ".empty"))
        return Value(value.kind, lo, hi, empty, currency=currency)

    def _labelled(self, rule: Rule, subject: Subject) -> Value:
        """The label of the first line that is true; unknown as soon as a line before it is."""
        truths = [self.truth(line, subject) for line in rule.lines]
        unknown, label = pl.lit(False), pl.lit(None, pl.String)
        for truth, name in reversed(list(zip(truths, rule.labels, strict=True))):
            label = pl.when(truth).then(pl.lit(name)).otherwise(label)
            unknown = pl.when(truth.is_null()).then(True).when(truth).then(False).otherwise(unknown)
        known = pl.when(~unknown).then(label)
        return Value("text", known, known, pl.when(~unknown).then(label.is_null()))

    def _next(self) -> int:
        self._count += 1
        return self._count


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


def align_moments(left: Value, right: Value, tz: str) -> tuple[Value, Value]:
    """Bring a date beside a time to the start of its day; leave all else."""
    if {left.kind, right.kind} & {"time", "date"}:
        return align(left, right, tz)
    return left, right
