"""From streams that know their profile to the answers of a rule book: one co-group by profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import polars as pl

from cdptool.errors import ConfigError, Finding
from cdptool.fields import field_type
from cdptool.kernels import Engine, Kernel
from cdptool.profiles.splits import arms_of
from cdptool.rules import (
    MIXED_CURRENCY,
    BookNeeds,
    Catalog,
    Question,
    StreamNeed,
    answer_kernel,
    ranking_pass,
)
from cdptool.rules.book import kind_of
from cdptool.rules.ranks import CutPoints, Ranking
from cdptool.tables import UTC_TIME, require

Table = TypeVar("Table")
KEY = ("profile_id",)


def event_rows(
    streams: Mapping[str, pl.LazyFrame], needs: BookNeeds, catalog: Catalog
) -> dict[str, pl.LazyFrame]:
    """
    The rows of each stream that rules read: only the columns and the times they need.

    Args:
        streams: By name: `profile_id` (Int64), `at`, `event_id`, then the declared columns. One row per event:
            versions of an event are already reduced to one. A stream that is needed and not given is empty.
        needs: What the rules read.
        catalog: The declared columns, which give the dtypes.

    Returns:
        By stream, in the order of `needs`: `profile_id`, `at`, `event_id`, then the needed columns. The schemas depend
        on the needs alone. Rows in any order. Lazy.

    Raises:
        SchemaError: If a stream lacks a needed column or has it with another dtype.
    """
    found = {}
    for name, need in needs.streams.items():
        schema = event_schema(name, need, catalog)
        if name in streams:
            require(streams[name], schema, f"stream_{name}")
        found[name] = _needed_rows(streams[name], need) if name in streams else pl.LazyFrame(schema=schema)
    return found


def _needed_rows(rows: pl.LazyFrame, need: StreamNeed) -> pl.LazyFrame:
    """The rows of a stream that rules need, with the columns they need. Any order. Lazy."""
    if need.since is not None:
        rows = rows.filter(pl.col("at") >= pl.lit(need.since, dtype=UTC_TIME))
    return rows.select("profile_id", "at", "event_id", *need.columns)


def event_schema(name: str, need: StreamNeed, catalog: Catalog) -> dict[str, pl.DataType]:
    """The columns and dtypes of the rows of a stream."""
    stream = catalog.stream(name)
    assert stream is not None
    dtypes: dict[str, pl.DataType] = {}
    for column in stream.columns:
        dtypes[column.name] = field_type(column.type).dtype
        if kind_of(column) == "money":
            dtypes[f"{column.name}_currency"] = pl.String()
    fixed: dict[str, pl.DataType] = {"profile_id": pl.Int64(), "at": UTC_TIME, "event_id": pl.Int64()}
    return fixed | {column: dtypes[column] for column in need.columns}


def evaluate(engine: Engine[Table], profiles: Table, events: Mapping[str, Table], kernel: Kernel) -> Table:
    """
    Answer a rule book for every profile.

    Args:
        engine: Where it runs: whole, in buckets, or on a cluster.
        profiles: One row per `profile_id`, with the fields the rules need.
        events: What `event_rows` gives.
        kernel: What `evaluate_kernel` gives.

    Returns:
        The kernel's table: one row per profile with its traits and segments.
    """
    return engine.shuffle((profiles, *events.values()), (KEY,) * (1 + len(events)), kernel)


def answer(engine: Engine[Table], profiles: Table, events: Mapping[str, Table], question: Question) -> Table:
    """
    Answer a rule book for every profile, after the passes over all profiles that its splits and rankings need.

    Args:
        engine: Where it runs.
        profiles: One row per `profile_id`, with the fields the rules need; all there are.
        events: What `event_rows` gives.
        question: The book, and what it is asked of.

    Returns:
        What `rules.answer_kernel` describes. Collects ids where there are splits, and the values that are ranked.

    Raises:
        ConfigError: If the book does not pass its checks, or would rank amounts of two currencies.
    """
    if question.book.splits:
        profiles = with_arms(engine, profiles, question)
    cuts: dict[Ranking, CutPoints] = {}
    while (next_pass := ranking_pass(question, cuts)) is not None:
        values = engine.collect(evaluate(engine, profiles, events, next_pass.kernel))
        cuts |= next_pass.cut_points(values)
    return evaluate(engine, profiles, events, answer_kernel(question, cuts))


def with_arms(engine: Engine[Table], profiles: Table, question: Question) -> Table:
    """The profiles with the arm of each split of a book; collects ids and the fields that splits are by."""
    fields = sorted({name for split in question.book.splits for name in split.by})
    people = engine.collect(engine.map(profiles, lambda rows: rows.select("profile_id", *fields)))
    found = engine.of(arms_of(question.book, people, question.arms))
    return engine.shuffle((profiles, found), (KEY, KEY), with_drawn)


def with_drawn(profiles: pl.LazyFrame, drawn: pl.LazyFrame) -> pl.LazyFrame:
    """The profiles beside the arms that were drawn for them."""
    return profiles.join(drawn, on="profile_id", how="left")


def require_one_currency(answers: pl.DataFrame) -> None:
    """
    Refuse answers in which amounts of two currencies were added up or compared for one profile.

    Raises:
        ConfigError: With the number of profiles; the project declares no rate table.
    """
    mixed = int(answers[MIXED_CURRENCY].sum())
    if mixed:
        problem = f"amounts of two currencies meet in one aggregate of {mixed} profiles"
        raise ConfigError(
            Finding(problem, hint="keep one with .where(…), or declare rates (not supported yet)")
        )
