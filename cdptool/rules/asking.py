"""
What a subject asks of other rows: an aggregate becomes a `Request`, with the rows it is made of and how open it is.

Equal aggregates asked of one subject share one request, and selections that differ only in what is made of their
rows share the rows. The frames behind requests are built in `frames.py`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.errors import Finding, Place
from cdptool.rules.aggregates import Reads, Request, Rows, result
from cdptool.rules.book import Catalog, find_column
from cdptool.rules.moments import MomentBounds, moment, moment_bounds
from cdptool.rules.nodes import Aggregate, And, Compare, Node, Selection
from cdptool.rules.signals import takes_whole_days, unanswerable
from cdptool.rules.subjects import OUTER, Needs, RowTime, Subject, path_of
from cdptool.rules.values import Value
from cdptool.rules.windows import Forward, Window, bounds
from cdptool.tables import StreamSchema


class Asking:
    """The half of the compiler that makes requests; the other half reads conditions and columns."""

    def __init__(
        self,
        catalog: Catalog,
        as_of: datetime,
        complete_until: Mapping[str, datetime],
        gone_until: Mapping[str, datetime] | None = None,
        rolled_until: Mapping[str, datetime] | None = None,
    ) -> None:
        self.catalog, self.as_of = catalog, as_of
        self.complete_until, self.gone_until = complete_until, gone_until or {}
        self.rolled_until = rolled_until or {}
        self.zone = ZoneInfo(catalog.tz)
        self.needs = Needs()
        self.refused: list[Finding] = []  # what days that are kept as signals cannot answer
        self.shortened: dict[
            Place, str
        ] = {}  # selections that look back beyond what retention left, by stream
        self.reads = Reads()
        self._count = 0

    @abstractmethod
    def truth(self, node: Node, subject: Subject) -> pl.Expr:
        """A condition as a Boolean expression; null is unknown."""

    @abstractmethod
    def column(self, stream: StreamSchema, path: tuple[str, ...], around: str = "") -> Value:
        """A column of a stream's row."""

    @contextmanager
    def reading(self) -> Iterator[Reads]:
        """Note what is read inside apart from what is read around it; whoever opens it adds the one to the other."""
        around, self.reads = self.reads, Reads()
        try:
            yield self.reads
        finally:
            self.reads = around

    def aggregate(self, node: Aggregate, subject: Subject) -> Value:
        """An aggregate as a value over the columns that its request makes."""
        key = (subject.shift, node)
        if key not in subject.requests:
            subject.requests[key] = self._request(node, subject)
        request = subject.requests[key]
        self.reads.add(request.rows.reads)
        return result(request)

    def next(self) -> int:
        """A number that no column has yet."""
        self._count += 1
        return self._count

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
            id=f"#{self.next()}",
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
        around = self._around(selection.window, subject)
        if around.first is None:
            return True
        return (around.first <= moment(gone)) & (around.first <= around.last)

    def _open(self, window: Window | None, known: datetime, subject: Subject) -> bool | pl.Expr:
        """Whether the window reaches past what is known of its stream."""
        if subject.stream is None:
            seen = bounds(window, subject.cut, subject.cut, self.zone, self.catalog.week_starts)
            return seen.last > known and (seen.first is None or seen.first <= seen.last)
        around, until = self._around(window, subject), moment(known)
        if isinstance(window, Forward) and subject.moved is not None:
            until = pl.min_horizontal(until, subject.now)
        reaches = around.last > until
        return reaches if around.first is None else reaches & (around.first <= around.last)

    def _around(self, window: Window | None, subject: Subject) -> MomentBounds:
        """The stretch of time a window covers around each row."""
        if isinstance(window, Forward) and subject.moved is not None:
            subject.carry("at", subject.moved.levels)
        return moment_bounds(window, subject.clock, subject.now, self.catalog.tz, self.catalog.week_starts)

    def _rows(self, selection: Selection, stream: StreamSchema, subject: Subject) -> Rows:
        key = (subject.shift, stream.name, selection.window, selection.where)
        if key not in subject.rows:
            with self.reading() as reads:
                subject.rows[key] = self._new_rows(selection, stream, subject, reads)
        return subject.rows[key]

    def _new_rows(self, selection: Selection, stream: StreamSchema, subject: Subject, reads: Reads) -> Rows:
        earliest = self._earliest(selection.window, subject)
        since = self.needs.since.get(stream.name, subject.cut)
        self.needs.since[stream.name] = None if earliest is None or since is None else min(since, earliest)
        enclosing = subject if subject.stream else None
        moved = None if subject.moved is None else RowTime(subject.moved.levels + 1, subject.moved.seconds)
        row = Subject(subject.cut, stream, enclosing, earliest, moved=moved)
        condition = None if selection.where is None else self.truth(selection.where, row)
        parts = _conjuncts(selection.where)
        rest = [self.truth(part, row) for part in parts if not any(self._equal(part, row))]
        return Rows(
            id=f"#{self.next()}",
            stream=stream.name,
            window=selection.window,
            cut=subject.cut,
            condition=condition,
            nested=tuple(row.requests.values()),
            outer_columns=tuple(sorted(row.outer_columns)),
            equal=tuple(pair for part in parts for pair in self._equal(part, row)),
            rest=reduce(and_, rest) if rest else None,
            around=None if enclosing is None else self._limited(selection.window, subject),
            since=earliest,
            is_deep=self._is_deep(selection.window, subject, row),
            reads=reads,
        )

    def _equal(self, where: Node, row: Subject) -> Iterator[tuple[str, str]]:
        """Columns of a row and of the one around it that hold one text wherever the condition can be true."""
        if not isinstance(where, Compare) or where.operators != ("==",):
            return
        mine, other = sorted(
            (path_of(side) for side in where.operands), key=lambda path: path[:1] == ("outer",)
        )
        outer, own = row.outer, row.stream
        if not mine or mine[0] in ("outer", "me") or other[:1] != ("outer",) or other[1:2] == ("outer",):
            return
        if own is None or outer is None or outer.stream is None or not find_column(own.columns, mine[0]):
            return
        values = self.column(own, mine), self.column(outer.stream, other[1:], OUTER)
        if all(value.kind == "text" for value in values):
            names = [value.lo.meta.output_name() for value in values]
            yield names[0], names[1]

    def _limited(self, window: Window | None, subject: Subject) -> MomentBounds:
        """The stretch of time around each row in which rows are visible to it."""
        around = self._around(window, subject)
        if not isinstance(window, Forward) or window.seconds is None:
            return around  # it ends at the clock or at as-of, never after what is visible
        return MomentBounds(around.first, pl.min_horizontal(around.last, subject.now))

    def _is_deep(self, window: Window | None, subject: Subject, row: Subject) -> bool:
        """Whether what is around a row depends on the row that encloses it, so that pairs of the two are needed."""
        looks_on = isinstance(window, Forward) and subject.moved is not None and subject.moved.levels > 0
        return looks_on or any(name.startswith(OUTER) for name in row.outer_columns)

    def _earliest(self, window: Window | None, subject: Subject) -> datetime | None:
        if isinstance(window, Forward) or subject.earliest is None:
            return subject.earliest
        return bounds(window, subject.earliest, subject.cut, self.zone, self.catalog.week_starts).first


def _conjuncts(node: Node | None) -> tuple[Node, ...]:
    """What all has to be true."""
    if node is None:
        return ()
    return (
        tuple(part for each in node.operands for part in _conjuncts(each))
        if isinstance(node, And)
        else (node,)
    )


def earlier(moment_: datetime | None, seconds: int) -> datetime | None:
    """A moment moved back, where there is one."""
    return None if moment_ is None else moment_ - timedelta(seconds=seconds)
