"""The rows of streams as rules see them: lazily where one look is enough, held in order of time where rows ask of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from cdptool.rules.book import Catalog
from cdptool.rules.references import event_columns, follow
from cdptool.rules.subjects import Needs
from cdptool.rules.timelines import Timeline

KEY: Final = "profile_id"
WHO: Final = "#who"  # the number of a row's profile
ROW: Final = "#row"  # the place of a row among those of its stream


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """All rows of a stream that belong to a profile, in the order of their timeline, with WHO and ROW."""

    rows: pl.DataFrame
    line: Timeline


@dataclass(frozen=True, slots=True, eq=False)
class StreamRows:
    """
    The rows behind the rules.

    Args of the constructor: the catalog and what is needed of it; by stream its rows (`profile_id`, `at`, `event_id`
    and the needed columns); the reference tables; the ids of the profiles, whose places are their numbers.
    """

    catalog: Catalog
    needs: Needs
    streams: Mapping[str, pl.LazyFrame]
    tables: Mapping[str, pl.DataFrame]
    profiles: pl.Series
    _held: dict[str, Held] = field(default_factory=dict)

    def scan(self, stream: str) -> pl.LazyFrame:
        """Every row of a stream: `profile_id`, `at`, `event_id`, `<stream>.<column>` and what it refers to. Any order."""
        if stream in self._held:
            return self._held[stream].rows.lazy()
        schema = self.catalog.stream(stream)
        assert schema is not None
        paths = self.needs.columns.get(stream, set())
        own = event_columns(schema.columns, stream, paths)
        is_row = pl.col("at").is_not_null() & pl.col(KEY).is_not_null()
        named = [pl.col(name.removeprefix(f"{stream}.")).alias(name) for name in own]
        rows = self.streams[stream].filter(is_row).select(KEY, "at", "event_id", *named)
        return follow(rows, f"{stream}.", schema.columns, paths, self.catalog, self.tables)

    def held(self, stream: str) -> Held:
        """The rows of a stream that belong to one of the profiles, in memory."""
        if stream not in self._held:
            numbers = pl.LazyFrame({KEY: self.profiles}).with_row_index(WHO)
            rows = self.scan(stream).join(numbers, on=KEY).collect(engine="streaming")
            who = rows[WHO].to_numpy().astype(np.int64)
            line = Timeline(who, rows["at"].to_physical().to_numpy(), len(self.profiles))
            self._held[stream] = Held(rows[line.order].with_row_index(ROW), line)
        return self._held[stream]
