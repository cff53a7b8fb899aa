"""
The engine for when memory is short: tables are split into hash buckets on disk, kernels see one at a time.

Memory is bounded by the largest bucket, not by the table. A null is a key value like any other, so all rows
without a key share a bucket.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import polars as pl

from cdptool.engines.local import LocalEngine
from cdptool.engines.sinks import SpillFolder, spill_table
from cdptool.errors import SchemaError
from cdptool.ids import hash63
from cdptool.kernels import Kernel, Keys

_BUCKET: Final = "_bucket"
SLICE_ROWS: Final = 1_000_000


class BucketEngine(LocalEngine):
    """
    Kernels on `n` hash buckets, one after the other, through Parquet files in a folder of its own.

    `shuffle`, `map` and `checkpoint` work at once, not lazily; what they return reads files that `close`
    removes. Use it in a `with` block.
    """

    def __init__(self, n: int, spill: Path, *, slice_rows: int = SLICE_ROWS) -> None:
        self.n = n
        self.slice_rows = slice_rows
        self._spill = SpillFolder(spill)
        self._steps = 0

    def close(self) -> None:
        """Remove everything that was spilled."""
        self._spill.remove()

    def __enter__(self) -> BucketEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def map(self, table: pl.LazyFrame, kernel: Kernel) -> pl.LazyFrame:
        """Apply a row-local kernel to slices of at most `slice_rows` rows."""
        step = self._step()
        spill_table(table, pl.PartitionBy(step / "in", max_rows_per_file=self.slice_rows), step)
        schema = table.collect_schema()
        slices = ((_read((path,), schema),) for path in sorted((step / "in").rglob("*.parquet")))
        return self._each(step, slices, kernel, (schema,))

    def shuffle(self, tables: Sequence[pl.LazyFrame], by: Sequence[Keys], kernel: Kernel) -> pl.LazyFrame:
        """
        Apply a kernel to tables, bucket by bucket.

        Raises:
            SchemaError: If the tables' keys differ in dtype, or a bucket's columns from the empty run's.
        """
        schemas = tuple(table.collect_schema() for table in tables)
        types = {tuple(schema[key] for key in keys) for schema, keys in zip(schemas, by, strict=True)}
        if len(types) > 1:
            raise SchemaError(f"the keys {' and '.join(str(keys) for keys in by)} differ in dtype")
        step = self._step()
        for i, (table, keys) in enumerate(zip(tables, by, strict=True)):
            self._split(table, keys, step / f"in{i}")
        return self._each(step, self._buckets(step, schemas), kernel, schemas)

    def checkpoint(self, table: pl.LazyFrame, name: str) -> pl.LazyFrame:
        """Write the table to a file and go on from there."""
        path = self._step() / f"{name}.parquet"
        schema = table.collect_schema()
        spill_table(table, path, path)
        return _read((path,), schema)

    def _split(self, table: pl.LazyFrame, keys: Keys, folder: Path) -> None:
        bucket = hash63(*(pl.col(key) for key in keys)) % self.n
        partition = pl.PartitionBy(folder, key=_BUCKET, include_key=False)
        spill_table(table.with_columns(bucket.alias(_BUCKET)), partition, folder)

    def _buckets(self, step: Path, schemas: tuple[pl.Schema, ...]) -> Iterator[tuple[pl.LazyFrame, ...]]:
        for bucket in range(self.n):
            folders = [step / f"in{i}" / f"{_BUCKET}={bucket}" for i in range(len(schemas))]
            files = [tuple(sorted(folder.glob("*.parquet"))) for folder in folders]
            if any(files):
                yield tuple(_read(paths, schema) for paths, schema in zip(files, schemas, strict=True))
                for folder in folders:
                    shutil.rmtree(folder, ignore_errors=True)

    def _each(
        self,
        step: Path,
        parts: Iterator[tuple[pl.LazyFrame, ...]],
        kernel: Kernel,
        schemas: tuple[pl.Schema, ...],
    ) -> pl.LazyFrame:
        """Run the kernel on every part, each result to a file of its own; read them as one table."""
        schema = kernel(*(pl.LazyFrame(schema=s) for s in schemas)).collect_schema()
        files: list[Path] = []
        for part in parts:
            result = kernel(*part)
            if result.collect_schema() != schema:
                raise SchemaError(
                    "a kernel's columns depend on its data: its schema is not that of the empty run"
                )
            files.append(step / f"out{len(files):06d}.parquet")
            spill_table(result, files[-1], step)
        return _read(tuple(files), schema)

    def _step(self) -> Path:
        self._steps += 1
        step = self._spill.path / f"{self._steps:04d}"
        step.mkdir()
        return step


def _read(paths: tuple[Path, ...], schema: pl.Schema) -> pl.LazyFrame:
    if not paths:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(list(paths), schema=schema, glob=False, hive_partitioning=False)
