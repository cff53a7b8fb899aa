"""The rows of streams as rules see them: lazily where one look is enough, held in order of time where rows ask of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from cdptool.rules.aggregates import Request, Rows
from cdptool.rules.book import Catalog
from cdptool.rules.moments import moment
from cdptool.rules.raw_columns import takes_rows
from cdptool.rules.references import event_columns, follow
from cdptool.rules.subjects import Needs
from cdptool.rules.timelines import Numbers, Timeline
from cdptool.rules.windows import bounds

KEY: Final = "profile_id"
WHO: Final = "#who"  # the number of a row's profile
ROW: Final = "#row"  # the place of a row among those of its stream
_MANY: Final = 2  # one profile in so many: from there on leaving out the others saves nothing


class Held:
    """
    The rows of a stream in memory that belong to a profile, with WHO; and in the order of their timeline.

    `is_whole`: no profile's row was left out.
    """

    def __init__(self, rows: pl.DataFrame, profiles: pl.Series, *, is_whole: bool) -> None:
        self.rows, self.is_whole = numbered(rows.rechunk(), profiles), is_whole
        at = self.rows["at"]
        self.line = Timeline(self.rows[WHO].to_numpy(), at.to_physical().to_numpy(), len(profiles))
        self._at = pl.Series("at", self.line.at).cast(at.dtype)

    def places(self, seen: pl.Expr) -> Numbers:
        """The places of the rows whose time (`at`) meets a condition."""
        return np.flatnonzero(self._at.to_frame().select(seen).to_series().to_numpy())

    def in_order(self, names: Collection[str], places: Numbers | None = None) -> pl.DataFrame:
        """ROW, WHO, `at` and those of the columns that the stream has; of all rows, or of those at some places."""
        order = self.line.order if places is None else np.take(self.line.order, places)
        own = {"at", *names} & {*self.rows.columns}
        rows = self.rows.select(WHO, *sorted(own))[order]
        row = np.arange(len(order), dtype=np.uint32) if places is None else places.astype(np.uint32)
        return rows.with_columns(pl.Series(ROW, row))


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

        Rows that are held have WHO as well. Any order.
        """
        rows = self._held[stream].rows.lazy() if self.has_numbers(stream) else self._new_rows(stream, None)
        return self._followed(rows, stream, names)

    def in_order(self, stream: str, names: Collection[str], places: Numbers | None = None) -> pl.DataFrame:
        """The rows held, or those at some places, in the order of their timeline: ROW, WHO, `at` and the names."""
        starts = {f"{stream}.{path[0]}" for path in self._references(stream, names)}
        rows = self.held(stream).in_order({*names} | starts, places)
        return self._followed(rows.lazy(), stream, names).collect() if starts else rows

    def _references(self, stream: str, names: Collection[str]) -> set[tuple[str, ...]]:
        """The paths over references behind names of columns."""
        paths = (path for path in self.needs.columns.get(stream, set()) if len(path) > 1)
        told = {path: f"{stream}." + ".".join(path) for path in paths}
        return {path for path, name in told.items() if name in names or f"{name}_currency" in names}

    def _followed(self, rows: pl.LazyFrame, stream: str, names: Collection[str]) -> pl.LazyFrame:
        schema = self.catalog.stream(stream)
        assert schema is not None
        paths = self._references(stream, names)
        return follow(rows, f"{stream}.", schema.columns, paths, self.catalog, self.tables)

    def numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the rows that belong to one of the profiles, with WHO."""
        return numbered(rows, self.profiles)

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
            if stream in self._asked():
                only = self._only()
                rows, is_whole = self._new_rows(stream, only), only is None
            else:
                rows, is_whole = self._new_rows(stream, None), stream in plain
                rows = rows if is_whole else rows.filter(self._asks(stream))
            self._held[stream] = Held(rows.collect(engine="streaming"), self.profiles, is_whole=is_whole)
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
            asked, asks = self._asked(), np.zeros(len(self.profiles), dtype=bool)
            for stream in sorted({request.rows.stream for request in self.requests if request.rows.nested}):
                if stream in asked:
                    rows = self.streams[stream].filter(self._asks(stream)).select(KEY).unique()
                    some = self.numbered(rows.drop_nulls().collect(engine="streaming"))
                else:
                    some = self.held(stream).rows.select(WHO, asks=self._asks(stream)).filter("asks")
                asks[some[WHO].to_numpy()] = True
            is_few = int(asks.sum()) * _MANY < len(asks)
            self._askers.append(self.profiles.filter(pl.Series(asks)) if is_few else None)
        return self._askers[0]

    def _new_rows(self, stream: str, only: pl.Series | None) -> pl.LazyFrame:
        schema = self.catalog.stream(stream)
        assert schema is not None
        paths = self.needs.columns.get(stream, set())
        own = event_columns(schema.columns, stream, paths)
        is_row = pl.col("at").is_not_null() & pl.col(KEY).is_not_null()
        named = [pl.col(name.removeprefix(f"{stream}.")).alias(name) for name in own]
        rows = self.streams[stream].filter(is_row).select(KEY, "at", "event_id", *named)
        if only is not None:
            rows = rows.filter(pl.col(KEY).is_in(only.implode()))
        return rows


def numbered(rows: pl.DataFrame, profiles: pl.Series) -> pl.DataFrame:
    """Those of the rows that belong to one of the profiles, with WHO."""
    ids, keys = profiles.to_numpy(), rows[KEY].to_numpy()
    number = np.minimum(np.searchsorted(ids, keys), max(len(ids) - 1, 0)).astype(np.uint32)
    is_known = np.take(ids, number) == keys if len(ids) else np.zeros(len(keys), dtype=bool)
    rows = rows.with_columns(pl.Series(WHO, number))
    return rows if is_known.all() else rows.filter(is_known)


def _nested(request: Request) -> Iterator[Request]:
    for each in request.rows.nested:
        yield each
        yield from _nested(each)


def in_window(rows: Rows, catalog: Catalog) -> pl.Expr:
    """Which rows lie in the window of a profile's aggregate."""
    seen = bounds(rows.window, rows.cut, rows.cut, ZoneInfo(catalog.tz), catalog.week_starts)
    inside = pl.col("at") <= moment(seen.last)
    return inside if seen.first is None else inside & (pl.col("at") >= moment(seen.first))


def columns_read(requests: Iterable[Request]) -> dict[str, set[str]]:
    """By stream the columns that requests read of rows, and what these ask of other rows reads of both."""
    found: dict[str, set[str]] = {}

    def read(request: Request) -> None:
        rows, column = request.rows, request.column
        names = found.setdefault(rows.stream, set())
        parts = [rows.condition, *((column.lo, column.currency) if column else ())]
        names.update(name for part in parts if part is not None for name in part.meta.root_names())
        names.update(own for own, _ in rows.equal)
        if takes_rows(request) or request.function == "mode":
            names.add("event_id")
        for nested in rows.nested:
            names.update(nested.rows.outer_columns)
            read(nested)

    for request in requests:
        read(request)
    return found
