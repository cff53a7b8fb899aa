"""
Nodes to values: a node is read for a *subject* that has a *clock*, and becomes Polars expressions.

The subject is the profile (clock: as-of) or, inside `.where()`, a row (clock: its time). Whatever needs
other rows is asked for (`asking.py`). The book is taken as checked (`check.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_

import polars as pl

from cdptool.ids import hash63
from cdptool.rules.aggregates import Reads
from cdptool.rules.asking import Asking, earlier
from cdptool.rules.book import Catalog, Rule, RuleBook, find_column
from cdptool.rules.moments import period_starts
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
)
from cdptool.rules.ranks import CutPoints, Ranking, ranked
from cdptool.rules.subjects import ME, OUTER, RowTime, Subject, align_moments, declared, path_of
from cdptool.rules.values import (
    UNKNOWN,
    Value,
    align,
    arithmetic,
    compare,
    constant,
    default,
    exact,
    interval,
    matches,
    negative,
    within,
)
from cdptool.rules.windows import CALENDAR_UNITS
from cdptool.tables import StreamSchema


class Compiler(Asking):
    """
    Compiles the rules of a book for one as-of. `layers` are the columns it makes, each with the stage it belongs to.

    A stage is a pass over the rows; a later one lets rows ask what traits and segments of an earlier one say. Without
    the cut points of a ranking its bucket is null: `rankings` says which are asked for.
    """

    prefix = "{stream}."  # columns of rows say whose they are

    def __init__(
        self,
        book: RuleBook,
        catalog: Catalog,
        as_of: datetime,
        complete_until: Mapping[str, datetime],
        gone_until: Mapping[str, datetime] | None = None,
        rolled_until: Mapping[str, datetime] | None = None,
        cuts: Mapping[Ranking, CutPoints] | None = None,
    ) -> None:
        super().__init__(catalog, as_of, complete_until, gone_until, rolled_until)
        self.book, self.cuts = book, cuts or {}
        self.rules = book.rules()
        self.segments = frozenset(rule.name for rule in book.segments)
        self.layers: list[tuple[int, list[pl.Expr]]] = []
        self.profiles: dict[datetime, Subject] = {}
        self.rankings: dict[Ranking, tuple[Value, Reads]] = {}
        self._named: dict[tuple[str, datetime], tuple[Value, Reads]] = {}
        self._buckets: dict[Ranking, tuple[Value, Reads]] = {}

    def profile(self, cut: datetime) -> Subject:
        """The profile as of a moment."""
        return self.profiles.setdefault(cut, Subject(cut, earliest=cut))

    def rule(self, name: str, cut: datetime) -> Value:
        """A trait or segment as of a moment: columns of a layer of their own, made once."""
        value, reads = self._rule(name, cut)
        self.reads.add(reads)
        return value

    def _rule(self, name: str, cut: datetime) -> tuple[Value, Reads]:
        if (name, cut) not in self._named:
            column = name if cut == self.as_of else f"{name}@{self.next()}"
            with self.reading() as reads:
                self._named[name, cut] = self._layer(self.rules[name], column, self.profile(cut)), reads
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
                return self.aggregate(node, subject)
            case At(seconds=seconds, operand=operand):
                return self.value(operand, self._moved(subject, seconds))
            case Arithmetic(operator=operator, left=left, right=right):
                pair = align_moments(self.value(left, subject), self.value(right, subject), self.catalog.tz)
                return arithmetic(operator, *pair)
            case Negative(operand=operand):
                return negative(self.value(operand, subject))
            case Call(function="ntile", arguments=(operand, Constant(value=int(n)))):
                return self._ranked(Ranking(operand, n, subject.cut), subject)
            case Call(function="bucket", arguments=(Constant(value=str(salt)),)):
                return exact("number", share_of(salt))
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

    def _moved(self, subject: Subject, seconds: int) -> Subject:
        """The subject with its clock moved back and what is later hidden."""
        if subject.stream is None:
            return self.profile(subject.cut - timedelta(seconds=seconds))
        shift = subject.shift + seconds
        earliest = earlier(subject.earliest, seconds)
        return replace(subject, shift=shift, moved=RowTime(0, shift), earliest=earliest)

    def _ranked(self, ranking: Ranking, subject: Subject) -> Value:
        """The bucket of a value; both get columns of their own, for each is asked for many times in what follows."""
        if ranking not in self._buckets:
            with self.reading() as reads:
                value = self._kept(self.value(ranking.value, subject), f"#{self.next()}")
                self.rankings[ranking] = (value, replace(reads))
                cuts = self.cuts.get(ranking)
                reads.waits |= cuts is None
                nothing = pl.lit(None, pl.Int64)
                bucket = (
                    interval("number", nothing, nothing, UNKNOWN) if cuts is None else ranked(value, cuts)
                )
                self._buckets[ranking] = self._kept(bucket, f"#{self.next()}"), reads
        bucket, reads = self._buckets[ranking]
        self.reads.add(reads)
        return bucket

    def _path(self, path: tuple[str, ...], subject: Subject) -> Value:
        name = path[0]
        if name == "now":
            return exact("time", self._now(subject))
        if name == "me":
            return self._field(path[1:], subject)
        if name == "outer":
            return self._outer(path, subject)
        row = None if subject.profile_names else subject.stream
        if row is not None and (name == "at" or find_column(row.columns, name) or name in CALENDAR_UNITS):
            return self.column(row, path)
        if name not in self.rules:
            return self._field(path, subject)
        if subject.stream is None:
            return self.rule(name, subject.cut)
        if subject.moved is None:
            return self._rule_in_row(name, subject, subject.stream)
        profile = replace(subject, profile_names=True)
        return self._value_of(self.rules[name], profile)

    def _now(self, subject: Subject) -> pl.Expr:
        if subject.moved is not None:
            subject.carry("at", subject.moved.levels)
        return subject.now

    def _rule_in_row(self, name: str, subject: Subject, stream: StreamSchema) -> Value:
        """What a trait or segment says of the profile of a row, as of the moment that is asked for."""
        value, reads = self._rule(name, subject.cut)
        self.reads.add(reads, later=1)
        columns = self.needs.rules_in_rows.setdefault(stream.name, {})

        def mine(part: pl.Expr | None) -> pl.Expr | None:
            if part is None:
                return None
            columns[part.meta.output_name()] = reads.stage
            return pl.col(ME + part.meta.output_name())

        lo = mine(value.lo)
        assert lo is not None
        return Value(value.kind, lo, mine(value.hi), mine(value.empty), currency=mine(value.currency))

    def column(self, stream: StreamSchema, path: tuple[str, ...], around: str = "") -> Value:
        """A column of a stream's row: its time, a calendar period of it, a declared column, a reference."""
        name = path[0]
        if name == "at":
            return exact("time", pl.col(around + "at"))
        column = self.catalog.follow(find_column(stream.columns, name), path[1:])
        if column is None:
            today = pl.col(around + "at").dt.convert_time_zone(self.catalog.tz).dt.date()
            unit = next(unit for unit in CALENDAR_UNITS if unit == name)
            return Value("date", period_starts(today, unit, 0, self.catalog.week_starts), period=unit)
        self.needs.columns.setdefault(stream.name, set()).add(path)
        return declared(column, around + self.prefix.format(stream=stream.name) + ".".join(path))

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

    def _outer(self, path: tuple[str, ...], subject: Subject) -> Value:
        """A column of an enclosing row: `outer.x` of the nearest, `outer.outer.x` of the one around it."""
        row, levels = subject, 0
        while path[0] == "outer":
            assert row.outer is not None
            row, levels, path = row.outer, levels + 1, path[1:]
        assert row.stream is not None
        value = self.column(row.stream, path, OUTER * levels)
        for part in (value.lo, value.currency):
            for name in part.meta.root_names() if part is not None else ():
                subject.carry(name.removeprefix(OUTER * levels), levels)
        return value

    def _layer(self, rule: Rule, column: str, subject: Subject) -> Value:
        if rule.name in self.segments:
            running = [self.truth(line, subject) for line in rule.lines]
            lines = [f"{column}#{i + 1}" for i in range(len(running))]
            self._add([line.alias(name) for line, name in zip(running, lines, strict=True)])
            # The waterfall's step is the truth of all lines so far.
            steps = [reduce(and_, [pl.col(each) for each in lines[: i + 1]]) for i in range(len(lines))]
            named = zip((*lines, column), (*steps, steps[-1]), strict=True)
            self._add([step.alias(name) for name, step in named])
            return exact("truth", pl.col(column))
        return self._kept(self._value_of(rule, subject), column)

    def _kept(self, value: Value, column: str) -> Value:
        """The value over columns of a layer that hold it."""
        parts = (
            {"": value.lo}
            if value.is_exact
            else {".lo": value.lo, ".hi": value.upper, ".empty": value.is_empty}
        )
        if value.currency is not None:
            parts["_currency"] = value.currency
        self._add([part.alias(column + suffix) for suffix, part in parts.items()])
        currency = None if value.currency is None else pl.col(f"{column}_currency")
        if value.is_exact:
            return Value(value.kind, pl.col(column), currency=currency)
        lo, hi, empty = (pl.col(column + suffix) for suffix in (".lo", ".hi", ".empty"))
        return Value(value.kind, lo, hi, empty, currency=currency)

    def _add(self, columns: list[pl.Expr]) -> None:
        self.layers.append((self.reads.stage, columns))

    def _value_of(self, rule: Rule, subject: Subject) -> Value:
        """What a rule says of a subject, without columns of its own."""
        if rule.name in self.segments:
            return exact("truth", reduce(and_, [self.truth(line, subject) for line in rule.lines]))
        return self._labelled(rule, subject) if rule.labels else self.value(rule.lines[0], subject)

    def _labelled(self, rule: Rule, subject: Subject) -> Value:
        """The label of the first line that is true; unknown as soon as a line before it is."""
        truths = [self.truth(line, subject) for line in rule.lines]
        unknown, label = pl.lit(False), pl.lit(None, pl.String)
        for truth, name in reversed(list(zip(truths, rule.labels, strict=True))):
            label = pl.when(truth).then(pl.lit(name)).otherwise(label)
            unknown = pl.when(truth.is_null()).then(True).when(truth).then(False).otherwise(unknown)
        known = pl.when(~unknown).then(label)
        return Value("text", known, known, pl.when(~unknown).then(label.is_null()))


def share_of(salt: str) -> pl.Expr:
    """
    `bucket(salt)`: a number in [0, 1) that depends on the profile's id and the salt alone.

    It changes with the id only: who is merged into another profile takes the share of the id that stays.

    >>> pl.DataFrame({"profile_id": [7, 7, 8]}).select(share_of("a"))["id"].n_unique()
    2
    """
    return draw("bucket", salt)


def draw(*salts: str) -> pl.Expr:
    """
    A number in [0, 1) that each profile draws from its id, independent of what it draws with other salts.

    `hash63` of other constants is the same hash moved on by as much for everybody, so it is hashed once more.
    """
    return (hash63(hash63(*salts, pl.col("profile_id"))) // 2**10) / 2**53
