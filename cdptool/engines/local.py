"""The engine of one machine: every kernel is called once with whole tables, lazily."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cdptool.engines.sinks import write_table
from cdptool.errors import StoreError
from cdptool.kernels import FileRef, Kernel, Keys


class LocalEngine:
    """
    Kernels on whole tables: the fastest engine while everything fits.

    >>> engine = LocalEngine()
    >>> count = lambda rows: rows.group_by("k").agg(pl.col("v").count())
    >>> rows = engine.of(pl.DataFrame({"k": [1, 1], "v": [1, 2]}))
    >>> engine.collect(engine.shuffle([rows], [("k",)], count)).rows()
    [(1, 2)]
    """

    def scan(self, ref: FileRef) -> pl.LazyFrame:
        """The table behind the files; columns a file lacks are null."""
        if not ref.uris:
            return pl.LazyFrame(schema=dict(ref.schema))
        return pl.scan_parquet(
            list(ref.uris),
            schema=dict(ref.schema),
            missing_columns="insert",
            glob=False,
            hive_partitioning=False,
        )

    def of(self, frame: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
        """A small frame as a table."""
        return frame.lazy()

    def map(self, table: pl.LazyFrame, kernel: Kernel) -> pl.LazyFrame:
        """Apply a row-local kernel."""
        return kernel(table)

    def shuffle(self, tables: Sequence[pl.LazyFrame], by: Sequence[Keys], kernel: Kernel) -> pl.LazyFrame:
        """Apply a kernel to tables; it sees all rows of all keys."""
        del by
        return kernel(*tables)

    def checkpoint(self, table: pl.LazyFrame, name: str) -> pl.LazyFrame:
        """Compute the table and cut its lineage: here it is kept in memory."""
        del name
        return table.collect(engine="streaming").lazy()

    def collect(self, table: pl.LazyFrame, limit: int = 100_000_000) -> pl.DataFrame:
        """
        Bring a table to the driver.

        Raises:
            StoreError: If it has more rows than the limit.
        """
        frame = table.head(limit + 1).collect(engine="streaming")
        if frame.height > limit:
            raise StoreError(f"a table of more than {limit:,} rows does not fit here")
        return frame

    def write(self, table: pl.LazyFrame, path: str) -> None:
        """Write the table as one Parquet file, whole or not at all."""
        write_table(table, Path(path))
