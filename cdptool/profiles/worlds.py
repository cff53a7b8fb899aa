"""A world: profiles, what happened to them, what things are, and the moment it is seen from. Rules are asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from cdptool.profiles.evaluation import tagged_events
from cdptool.rules import Catalog, RuleBook, evaluate_kernel, needs


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """
    Everything that answers of rules depend on, small enough to be asked at once.

    `profiles` has `profile_id` and the fields of the catalog; each of `streams` has `profile_id`, `at`, `event_id` and
    its declared columns. The rest is as `evaluate_kernel` takes it.
    """

    catalog: Catalog
    as_of: datetime
    profiles: pl.DataFrame
    streams: Mapping[str, pl.DataFrame]
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    complete_until: Mapping[str, datetime] = field(default_factory=dict)
    gone_until: Mapping[str, datetime] = field(default_factory=dict)

    def answers(self, book: RuleBook) -> pl.DataFrame:
        """
        What a book says of every profile of the world.

        Returns:
            The table of `evaluate_kernel`, sorted by `profile_id`.

        Raises:
            ConfigError: If the book does not pass its checks.
        """
        catalog = _of_rows(self.catalog)
        wanted = needs(book, catalog, self.as_of)
        events = tagged_events({name: rows.lazy() for name, rows in self.streams.items()}, wanted, catalog)
        kernel = evaluate_kernel(
            book,
            catalog,
            as_of=self.as_of,
            complete_until=self.complete_until,
            gone_until=self.gone_until,
            tables=self.tables,
        )
        return kernel(self.profiles.lazy(), events).collect().sort("profile_id")


def _of_rows(catalog: Catalog) -> Catalog:
    """A world has rows: where days of a stream are kept as counts, it has as many rows as were counted."""
    return replace(catalog, streams=tuple(replace(stream, keep=None) for stream in catalog.streams))
