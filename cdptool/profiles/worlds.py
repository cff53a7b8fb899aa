"""A world: profiles, what happened to them, what things are, and the moment it is seen from. Rules are asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from cdptool.profiles.evaluation import event_rows
from cdptool.profiles.splits import arms_of
from cdptool.rules import Catalog, Question, RuleBook, answer_kernel, needs, ranking_pass
from cdptool.rules.ranks import CutPoints, Ranking


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """
    Everything that answers of rules depend on, small enough to be asked at once.

    `profiles` has `profile_id` and the fields of the catalog; each of `streams` has `profile_id`, `at`, `event_id` and
    its declared columns. `cuts` are rankings whose cut points were found over more profiles than these, `arms` the arms
    of splits that profiles have already. The rest is as `rules.Question` has it.
    """

    catalog: Catalog
    as_of: datetime
    profiles: pl.DataFrame
    streams: Mapping[str, pl.DataFrame]
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    complete_until: Mapping[str, datetime] = field(default_factory=dict)
    gone_until: Mapping[str, datetime] = field(default_factory=dict)
    cuts: Mapping[Ranking, CutPoints] = field(default_factory=dict)
    arms: pl.DataFrame | None = None

    def answers(self, book: RuleBook) -> pl.DataFrame:
        """
        What a book says of every profile of the world.

        Returns:
            The table of `rules.answer_kernel`, sorted by `profile_id`.

        Raises:
            ConfigError: If the book does not pass its checks.
        """
        world, question, events = self._split(book), self._question(book), self._events(book)
        kernel = answer_kernel(question, world._cuts(question, events))
        return kernel(world.profiles.lazy(), *events.values()).collect().sort("profile_id")

    def only(self, profile_id: int, book: RuleBook) -> World:
        """The same world with this profile alone; what the book ranks it among stays all profiles."""
        is_it, world = pl.col("profile_id") == profile_id, self._split(book)
        return replace(
            world,
            profiles=world.profiles.filter(is_it),
            streams={name: rows.filter(is_it) for name, rows in self.streams.items()},
            cuts=world._cuts(self._question(book), self._events(book)),
        )

    def _split(self, book: RuleBook) -> World:
        """The world with the arms of a book's splits; who is given one keeps it, the others draw."""
        if not book.splits:
            return self
        drawn = arms_of(
            book, self.profiles.drop([split.name for split in book.splits], strict=False), self.arms
        )
        given = [split.name for split in book.splits if split.name in self.profiles.columns]
        both = self.profiles.join(drawn, on="profile_id", how="left", suffix="#drawn")
        kept = [pl.coalesce(name, f"{name}#drawn").alias(name) for name in given]
        return replace(self, profiles=both.with_columns(kept).drop([f"{name}#drawn" for name in given]))

    def _cuts(self, question: Question, events: dict[str, pl.LazyFrame]) -> dict[Ranking, CutPoints]:
        cuts = dict(self.cuts)
        while (next_pass := ranking_pass(question, cuts)) is not None:
            cuts |= next_pass.cut_points(next_pass.kernel(self.profiles.lazy(), *events.values()).collect())
        return cuts

    def _question(self, book: RuleBook) -> Question:
        return Question(
            book,
            _of_rows(self.catalog),
            self.as_of,
            self.complete_until,
            self.gone_until,
            None,
            self.tables,
        )

    def _events(self, book: RuleBook) -> dict[str, pl.LazyFrame]:
        catalog = _of_rows(self.catalog)
        streams = {name: rows.lazy() for name, rows in self.streams.items()}
        return event_rows(streams, needs(book, catalog, self.as_of), catalog)


def _of_rows(catalog: Catalog) -> Catalog:
    """A world has rows: where days of a stream are kept as counts, it has as many rows as were counted."""
    return replace(catalog, streams=tuple(replace(stream, keep=None) for stream in catalog.streams))
