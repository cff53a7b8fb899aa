"""The columns of a compiled book for all profiles: stage by stage, and of many profiles piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import polars as pl

from cdptool.rules.aggregates import Request, mixed_currency
from cdptool.rules.book import Catalog
from cdptool.rules.compile import Compiler
from cdptool.rules.currencies import with_known_currencies
from cdptool.rules.frames import Frames
from cdptool.rules.pieces import pieces
from cdptool.rules.references import by_key, references, with_currency
from cdptool.rules.runs import WHO
from cdptool.rules.stream_rows import KEY, StreamRows

MIXED_CURRENCY = "#mixed_currency"
_FEW: Final = 100  # profiles


def computed(
    compiler: Compiler,
    tables: Mapping[str, pl.DataFrame],
    profiles: pl.LazyFrame,
    streams: Mapping[str, pl.LazyFrame],
    output: Callable[[pl.LazyFrame], pl.LazyFrame],
) -> pl.LazyFrame:
    """
    What a compiled book says of profiles.

    Args:
        compiler: The book, compiled.
        tables: The reference tables.
        profiles: One row per `profile_id`, with the fields the rules need.
        streams: The rows of each stream.
        output: What is told of the profiles with every column that requests and layers make.

    Returns:
        What `output` gives, in the order of `profile_id`. Profiles and rows are read when it is called.
    """
    found, catalog = compiler.needs, compiler.catalog
    columns = sorted({name for path in found.fields for name in field_columns(catalog, path[0])})
    known = [pl.col(catalog.keyed.get(name, name)).alias(name) for name in columns]
    small = by_key(tables, catalog)
    behind = references("", catalog.fields, found.fields, catalog, small)
    lazy = behind.join(profiles.select(KEY, *known))
    frame = lazy.collect(engine="streaming")
    frame = frame if frame[KEY].is_sorted() else frame.sort(KEY)
    asked = (request for each in compiler.profiles.values() for request in each.requests.values())
    first = pl.col(KEY) <= pl.lit(frame[KEY].head(_FEW).max(), pl.Int64)
    requests = with_known_currencies(asked, streams, first)
    parts = list[pl.DataFrame]()
    for some, rows in pieces(frame, streams, KEY):
        made = output(_of(compiler, requests, small, some, rows))
        if some.height == frame.height:
            return made
        parts.append(made.collect(engine="streaming"))
    return pl.concat(parts, rechunk=False).lazy()


def _of(
    compiler: Compiler,
    requests: tuple[Request, ...],
    tables: Mapping[str, pl.DataFrame],
    profiles: pl.DataFrame,
    streams: Mapping[str, pl.LazyFrame],
) -> pl.LazyFrame:
    """Profiles with every column that requests and layers make, stage by stage."""
    frame = profiles.with_row_index(WHO)
    lazy, layers = frame.lazy(), compiler.layers
    rows = StreamRows(compiler.catalog, compiler.needs, streams, tables, frame[KEY], requests)
    stages = {request.rows.reads.stage for request in requests} | {stage for stage, _ in layers}
    mixed = list[pl.Expr]()
    for stage in sorted(stages):
        frame = lazy.collect(engine="streaming") if stage else frame
        now = [request for request in requests if request.rows.reads.stage == stage]
        lazy, settled = Frames(rows, frame, stage).with_aggregates(now)
        mixed += [mixed_currency(request) for request in settled if request.checks_currency]
        for level in _levels(layer for of, layer in layers if of == stage):
            lazy = lazy.with_columns(level)
    return lazy.with_columns(pl.any_horizontal(pl.lit(False), *mixed).alias(MIXED_CURRENCY))


def _levels(layers: Iterable[list[pl.Expr]]) -> list[list[pl.Expr]]:
    """The same columns in as few layers as what they need of each other allows: every layer costs a look at all columns."""
    level_of, levels = dict[str, int](), list[list[pl.Expr]]()
    for layer in layers:
        level = max((level_of.get(name, 0) for part in layer for name in part.meta.root_names()), default=0)
        level_of |= dict.fromkeys((part.meta.output_name() for part in layer), level + 1)
        levels += [] if level < len(levels) else [[]]
        levels[level] += layer
    return levels


def field_columns(catalog: Catalog, name: str) -> tuple[str, ...]:
    """The columns that a field of profiles consists of; a split is one of its own."""
    column = catalog.field(name)
    return (name,) if column is None else with_currency(column)
