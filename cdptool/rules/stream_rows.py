"""The rows of streams as rules see them: lazily where one look is enough, held in order of time where rows ask of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from cdptool.rules.aggregates import Request, takes_rows
from cdptool.rules.book import Catalog
from cdptool.rules.references import event_columns, follow
from cdptool.rules.subjects import Needs
from cdptool.rules.timelines import Timeline

KEY: Final = "profile_id"
WHO: Final = "#who"  # the number of a row's profile
ROW: Final = "#row"  # the place of a row among those of its stream


class Held:
    """
    The rows of a stream in memory, and in the order of their timeline those that belong to a profile.

    Columns are brought into that order when they are first asked for.
    """

    def __init__(self, rows: pl.DataFrame, profiles: pl.Series) -> None:
        numbers = pl.DataFrame({KEY: profiles}).with_row_index(WHO)
        who = rows.select(KEY).join(numbers, on=KEY, how="left", maintain_order="left")[WHO]
        known = np.flatnonzero(who.is_not_null().to_numpy())
        at = np.take(rows["at"].to_physical().to_numpy(), known)
        self.rows = rows.with_columns(who)
        self.line = Timeline(np.take(who.fill_null(0).to_numpy(), known), at, len(profiles))
        self._order = pl.Series(np.take(known, self.line.order))
        at_in_order = pl.Series("at", self.line.at).cast(rows.schema["at"])
        self._sorted = {WHO: pl.Series(WHO, self.line.who), "at": at_in_order}

    def in_order(self, names: Collection[str]) -> pl.DataFrame:
        """ROW, WHO, `at` and those of the columns that the stream has."""
        for name in sorted({*names} & {*self.rows.columns} - {*self._sorted}):
            self._sorted[name] = self.rows[name].gather(self._order)
        wanted = [column for name, column in self._sorted.items() if name in (WHO, "at", *names)]
        return pl.DataFrame(wanted).with_row_index(ROW)


@dataclass(frozen=True, slots=True, eq=False)
class StreamRows:
    """
    The rows behind the rules.

    `streams` are by name the rows (`profile_id`, `at`, `event_id` and the needed columns), `tables` the reference
    tables, `profiles` the ids of the profiles, whose places are their numbers.
    """

    catalog: Catalog
    needs: Needs
    streams: Mapping[str, pl.LazyFrame]
    tables: Mapping[str, pl.DataFrame]
    profiles: pl.Series
    _held: dict[str, Held] = field(default_factory=dict)

    def scan(self, stream: str) -> pl.LazyFrame:
        """
        Every row of a stream: `profile_id`, `at`, `event_id`, `<stream>.<column>` and what it refers to. Any order.

        Held rows have WHO as well, null for who is no profile.
        """
        if self.is_held(stream):
            return self._held[stream].rows.lazy()
        schema = self.catalog.stream(stream)
        assert schema is not None
        paths = self.needs.columns.get(stream, set())
        own = event_columns(schema.columns, stream, paths)
        is_row = pl.col("at").is_not_null() & pl.col(KEY).is_not_null()
        named = [pl.col(name.removeprefix(f"{stream}.")).alias(name) for name in own]
        rows = self.streams[stream].filter(is_row).select(KEY, "at", "event_id", *named)
        return follow(rows, f"{stream}.", schema.columns, paths, self.catalog, self.tables)

    def is_held(self, stream: str) -> bool:
        """Whether the rows of a stream are in memory."""
        return stream in self._held

    def held(self, stream: str) -> Held:
        """The rows of a stream in memory."""
        if not self.is_held(stream):
            self._held[stream] = Held(self.scan(stream).collect(engine="streaming"), self.profiles)
        return self._held[stream]


def columns_read(requests: Iterable[Request]) -> dict[str, set[str]]:
    """By stream the columns that requests read of rows that ask of rows, and of those they ask."""
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
        if request.rows.nested:
            read(request)
    return found
