"""
Rows as counts of days, and back: what a stream with `keep:` has of the time before its rows.

The way back gives as many rows as there were, each at the first instant of its day and with the columns that were
kept. What rules may ask of them (`rules.signals`) has the same answer as of the rows themselves: whole days, and
sums that keep what was added apart from what was taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from cdptool.kernels import Kernel, NamedKernel
from cdptool.rules.moments import day_starts
from cdptool.tables import Signals

_DAY = ("record_id", "source", "day")


def kept_columns(keep: Signals, schema: Mapping[str, pl.DataType]) -> tuple[str, ...]:
    """The columns that counts are kept apart by: those declared, and the currencies beside money."""
    names = (*keep.by, *keep.sums)
    currencies = [f"{name}_currency" for name in names if f"{name}_currency" in schema]
    return (*keep.by, *(name for name in currencies if name not in keep.by))


def daily(keep: Signals, schema: Mapping[str, pl.DataType], tz: str) -> Kernel:
    """
    A kernel by `record_id` over rows of a stream, of an event one version: the counts of each day.

    Args:
        keep: By which columns, and with which sums.
        schema: The declared columns of the stream with their dtypes, currencies included.
        tz: The zone of the days.

    Returns:
        A kernel that gives SIGNALS, the columns of `by` with currencies, and the three of each sum; one row per
        record, source, day and values of these columns. No order. Lazy.
    """
    by = kept_columns(keep, schema)

    def kernel(rows: pl.LazyFrame) -> pl.LazyFrame:
        day = pl.col("at").dt.convert_time_zone(tz).dt.date().alias("day")
        parts = [pl.len().cast(pl.Int64).alias("n")]
        for name in keep.sums:
            value = pl.col(name)
            parts += [
                value.count().cast(pl.Int64).alias(f"{name}:n"),
                pl.when(value > 0).then(value).sum().alias(f"{name}:plus"),
                pl.when(value < 0).then(value).sum().alias(f"{name}:minus"),
            ]
        grouped = rows.with_columns(day).group_by(*_DAY, *by).agg(parts)
        return grouped.select(*_DAY, "n", *by, *(part.meta.output_name() for part in parts[1:]))

    return kernel


def signal_rows(keep: Signals, schema: Mapping[str, pl.DataType], tz: str) -> Kernel:
    """
    A row-local kernel over what `daily` gives: as many rows as were counted.

    Returns:
        A kernel that gives `event_id` (Int64, negative, not unique), `record_id`, `at` (the first instant of the
        day), `content` (null), then every column of the schema: kept ones with their values, sums spread over
        the rows (what was added on one, what was taken off on another), others null. No order. Lazy.
    """
    kept = kept_columns(keep, schema)

    def column(name: str, dtype: pl.DataType) -> pl.Expr:
        if name in kept:
            return pl.col(name)
        if name not in keep.sums:
            return pl.lit(None, dtype).alias(name)
        plus, minus, i = pl.col(f"{name}:plus"), pl.col(f"{name}:minus"), pl.col("i")
        first = pl.when(plus != 0).then(plus).otherwise(minus)
        second = pl.when(plus != 0).then(minus).otherwise(0)
        value = pl.when(i == 0).then(first).when(i == 1).then(second).otherwise(0)
        return pl.when(i < pl.col(f"{name}:n")).then(value).cast(dtype).alias(name)

    def kernel(counts: pl.LazyFrame) -> pl.LazyFrame:
        numbered = counts.with_columns(pl.int_ranges(0, "n").alias("i")).explode("i")
        return numbered.select(
            (-1 - pl.col("i")).alias("event_id"),
            "record_id",
            day_starts(pl.col("day"), tz).alias("at"),
            pl.lit(None, pl.Int64).alias("content"),
            *(column(name, dtype) for name, dtype in schema.items()),
        )

    return kernel


def not_counted(rows: pl.LazyFrame, counted: pl.LazyFrame) -> pl.LazyFrame:
    """A kernel by `event_id`: the rows whose event is not among those that were counted."""
    return rows.join(counted, on="event_id", how="anti")


KERNELS: Final = (NamedKernel("profiles.not_counted", (("event_id",), ("event_id",)), not_counted),)
