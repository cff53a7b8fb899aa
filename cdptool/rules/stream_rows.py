"""The rows of streams as rules see them: lazily where one look is enough, held in order of time where rows ask of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Final

import numpy as np
import polars as pl

from cdptool.rules.aggregates import Request
from cdptool.rules.book import Catalog
from cdptool.rules.moments import moment
from cdptool.rules.raw_columns import needs_ids
from cdptool.rules.references import Keyed, References, event_columns, references
from cdptool.rules.runs import WHO, Runs, in_order_of
from cdptool.rules.spans import bounds_of, in_window, mask_of, span
from cdptool.rules.subjects import Needs
from cdptool.rules.timelines import Mask, Numbers, Timeline
from cdptool.rules.windows import Bounds

KEY: Final = "profile_id"
ROW: Final = "#row"  # the place of a row among those of its stream
_MANY: Final = 2  # one profile in so many: from there on leaving out the others saves nothing


class Held:
    """
    The rows of a stream in memory that belong to a profile, in the order of profiles, with WHO and ROW.

    What their keys tell is gathered for those who read it. `is_whole`: no profile's row was left out.
    """

    def __init__(
        self, rows: pl.DataFrame, keyed: tuple[Keyed, ...], n_profiles: int, *, is_whole: bool
    ) -> None:
        at = rows["at"].rechunk()  # in one piece numpy sees it where it is, and what is made of it too
        self.rows, self._keyed, self.is_whole = rows.with_columns(at).with_row_index(ROW), keyed, is_whole
        self.at: Numbers = at.to_physical().to_numpy()
        self.who = self.rows[WHO].to_numpy()
        self._n_profiles = n_profiles

    @cached_property
    def bounds(self) -> Bounds:
        """The stretch of time that the rows lie in."""
        return bounds_of(self.at)

    @cached_property
    def line(self) -> Timeline:
        """The rows by profile and time."""
        return Timeline(self.who, self.at, self._n_profiles)

    @cached_property
    def runs(self) -> Runs:
        """The rows by profile."""
        return Runs(self.who, None, self._n_profiles)

    def counted(self, mask: Mask | None) -> Runs:
        """The rows that count, by profile."""
        return self.runs if mask is None else Runs(self.who, np.flatnonzero(mask), self._n_profiles)

    def places(self, *seen: Bounds) -> Numbers:
        """The places of the rows that lie in one of these stretches of time."""
        masks = [mask_of(each, self.at, self.bounds) for each in seen]
        given = [mask for mask in masks if mask is not None]
        if len(given) < len(masks):
            return np.arange(len(self.at))
        return np.flatnonzero(reduce(or_, given))

    def some(self, names: Collection[str], places: Numbers | None = None) -> pl.DataFrame:
        """ROW, WHO, `at` and those of the columns that the stream has; of all rows, or of those at some places."""
        own = {"at", *names} & {*self.rows.columns}
        rows = self.rows.select(ROW, WHO, *sorted(own))
        places = None if places is None or len(places) == rows.height else places
        told = (
            each.gathered([name for name in each.attributes if name in names], places) for each in self._keyed
        )
        rows = rows if places is None else rows[places]
        return rows.hstack([column for each in told for column in each])

    def told(self, looks: Mapping[str, pl.Expr], told_apart: Collection[str]) -> list[pl.Series]:
        """What is looked at that keys alone tell, worked out once a key; of keys that are only told apart, their codes."""
        found = [
            column for each in self._keyed for column in each.gathered([*each.looked_at(looks).values()])
        ]
        for each in self._keyed:
            if not self.rows[each.told.columns[0]].null_count():
                found += [each.codes.alias(name) for name in told_apart if each.is_key(looks[name])]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class StreamRows:
    """
    The rows behind the rules.

    `streams` are by name the rows (`profile_id`, `at`, `event_id` and the needed columns), `tables` the reference
    tables (`references.by_key`), `profiles` the ids of the profiles in order, whose places are their numbers.
    """

    catalog: Catalog
    needs: Needs
    streams: Mapping[str, pl.LazyFrame]
    tables: Mapping[str, pl.DataFrame]
    profiles: pl.Series
    requests: tuple[Request, ...] = ()  # all that is asked of rows for profiles
    _held: dict[str, Held] = field(default_factory=dict)
    _askers: list[pl.Series | None] = field(default_factory=list)

    def scan(self, stream: str, names: Collection[str]) -> pl.LazyFrame:
        """
        Every row of a stream: `profile_id`, `at`, `event_id`, `<stream>.<column>`, and the names it refers to.

        Rows that are held have WHO as well, and are in the order of profiles; others are in any order.
        """
        if self.has_numbers(stream):
            return self._held[stream].some({KEY, "event_id", *names}).lazy()
        is_row = pl.col("at").is_not_null() & pl.col(KEY).is_not_null()
        return self._references(stream, names).join(self.lazily(stream).filter(is_row))

    def lazily(self, stream: str) -> pl.LazyFrame:
        """What the rules read of a stream, before references are followed. Any order; ids and times may be null."""
        schema = self.catalog.stream(stream)
        assert schema is not None
        own = event_columns(schema.columns, stream, self.needs.columns.get(stream, set()))
        named = [pl.col(name.removeprefix(f"{stream}.")).alias(name) for name in own]
        return self.streams[stream].select(KEY, "at", "event_id", *named)

    def collected(
        self,
        rows: pl.LazyFrame,
        stream: str,
        names: Collection[str],
        looks: Mapping[str, pl.Expr] | None = None,
        seen: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """Some rows of a stream, in any order: `profile_id`, `at` and the names, references `followed`, of rows `seen`."""
        behind = self._references(stream, names)
        some = rows if seen is None else behind.narrowed(rows, seen)
        return behind.followed(self._read(some, stream, names), looks)

    def _read(self, rows: pl.LazyFrame, stream: str, names: Collection[str]) -> pl.DataFrame:
        """`profile_id`, `at` and those of the names that are columns of the rows, or their keys."""
        keys = {f"{stream}.{path[0]}" for path in self._paths(stream, names)}
        wanted = ({*names} | keys) & {*rows.collect_schema()} - {KEY, "at"}
        read = rows.select(KEY, "at", *sorted(wanted)).collect(engine="streaming")
        return read.filter(pl.col("at").is_not_null()) if read["at"].null_count() else read

    def _references(self, stream: str, names: Collection[str]) -> References:
        """How the references behind names of columns are followed."""
        declared = self.catalog.stream(stream)
        assert declared is not None
        paths = self._paths(stream, names)
        return references(f"{stream}.", declared.columns, paths, self.catalog, self.tables)

    def has_later(self, stream: str, last: datetime) -> bool:
        """
        Whether a row may be left out because of its time: it is later than this, or has none.

        Where files keep the least and greatest values of their parts, the times themselves are not read for that.
        """
        is_out = (pl.col("at") > moment(last)) | pl.col("at").is_null()
        return not self.streams[stream].filter(is_out).select("at").head(1).collect().is_empty()

    def refers(self, stream: str, names: Collection[str]) -> bool:
        """Whether some of the names are those of references."""
        return bool(self._paths(stream, names))

    def _paths(self, stream: str, names: Collection[str]) -> set[tuple[str, ...]]:
        """The paths over references behind names of columns."""
        paths = (path for path in self.needs.columns.get(stream, set()) if len(path) > 1)
        told = {path: f"{stream}." + ".".join(path) for path in paths}
        return {path for path, name in told.items() if name in names or f"{name}_currency" in names}

    def in_order(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the rows that belong to one of the profiles, in their order, with WHO."""
        return in_order_of(rows, KEY, self.profiles)

    def has_numbers(self, stream: str) -> bool:
        """Whether all rows of a stream are in memory."""
        return stream in self._held and self._held[stream].is_whole

    def held(self, stream: str) -> Held:
        """
        The rows in memory that matter where rows ask of rows.

        Of a stream that is asked, those of the profiles with a row that asks; of one that only asks, the rows that do.
        """
        if stream not in self._held:
            plain = {request.rows.stream for request in self.requests if not request.rows.nested}
            asked, asks = self._asked(), {each.rows.stream for each in self.requests if each.rows.nested}
            only = self._only() if stream in asked and stream not in asks else None
            rows, is_whole = self.lazily(stream), only is None
            if only is not None:
                rows = rows.filter(pl.col(KEY).is_in(only.implode()))
            if stream not in asked and stream not in plain:
                rows, is_whole = rows.filter(self._asks(stream)), False
            names = columns_read(self.requests)[stream]
            read = self.in_order(self._read(rows, stream, names))
            found, keyed = self._references(stream, names).with_keys(read)
            self._held[stream] = Held(found, keyed, len(self.profiles), is_whole=is_whole)
        return self._held[stream]

    def _asked(self) -> set[str]:
        """The streams whose rows other rows ask for."""
        return {each.rows.stream for request in self.requests for each in _nested(request)}

    def _asks(self, stream: str) -> pl.Expr:
        """Which rows of a stream ask of rows."""
        rows = {request.rows.id: request.rows for request in self.requests if request.rows.nested}
        return pl.any_horizontal(
            in_window(each, self.catalog) for each in rows.values() if each.stream == stream
        )

    def _only(self) -> pl.Series | None:
        """The profiles with a row that asks of rows; None where they are many."""
        if not self._askers:
            asks = np.zeros(len(self.profiles), dtype=bool)
            for stream in sorted({request.rows.stream for request in self.requests if request.rows.nested}):
                held = self.held(stream)
                spans = (
                    span(each.rows, self.catalog)
                    for each in self.requests
                    if each.rows.nested and each.rows.stream == stream
                )
                asks[held.who[held.places(*spans)]] = True
            is_few = int(asks.sum()) * _MANY < len(asks)
            self._askers.append(self.profiles.filter(pl.Series(asks)) if is_few else None)
        return self._askers[0]


def _nested(request: Request) -> Iterator[Request]:
    for each in request.rows.nested:
        yield each
        yield from _nested(each)


def columns_read(requests: Iterable[Request]) -> dict[str, set[str]]:
    """By stream the columns that requests read of rows, and what these ask of other rows reads of both."""
    found: dict[str, set[str]] = {}

    def read(request: Request) -> None:
        rows, column = request.rows, request.column
        names = found.setdefault(rows.stream, set())
        parts = [rows.condition, *((column.lo, column.currency) if column else ())]
        names.update(name for part in parts if part is not None for name in part.meta.root_names())
        names.update(own for own, _ in rows.equal)
        if needs_ids(request):
            names.add("event_id")
        for nested in rows.nested:
            names.update(nested.rows.outer_columns)
            read(nested)

    for request in requests:
        read(request)
    return found
