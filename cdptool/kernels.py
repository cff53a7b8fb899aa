"""
The contract between the core and the engines: what a kernel is, and the six verbs an engine has.

A kernel is a function from lazy frames to a lazy frame, given *all rows of some keys*. On one machine it is called
once with everything, or once per hash bucket when memory is short; a cluster shuffles by the key and calls the same
function in each partition (one that groups two tables at most puts the others into one, each row with its table). So a kernel has no global sort, rank, unique or
row number, opens no file, reads no clock, and its output schema does not depend on data: it is taken by
running it on empty frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import polars as pl

Kernel = Callable[..., pl.LazyFrame]
Keys = tuple[str, ...]
Table = TypeVar("Table")


@dataclass(frozen=True, slots=True)
class FileRef:
    """Where a table's files are: URIs and the schema they share. Never "a local path"."""

    uris: tuple[str, ...]
    schema: tuple[tuple[str, pl.DataType], ...]


class Engine(Protocol[Table]):
    """Where kernels run. The workspace, not the engine, commits what `write` returns."""

    def scan(self, ref: FileRef) -> Table:
        """The table behind the files."""
        ...

    def of(self, frame: pl.DataFrame | pl.LazyFrame) -> Table:
        """A small frame of the driver as a table."""
        ...

    def map(self, table: Table, kernel: Kernel) -> Table:
        """Apply a row-local kernel; it may change the number of rows."""
        ...

    def shuffle(self, tables: Sequence[Table], by: Sequence[Keys], kernel: Kernel) -> Table:
        """Apply a kernel to tables (a co-group) so that it sees all rows of some keys."""
        ...

    def checkpoint(self, table: Table, name: str) -> Table:
        """Make the table durable and cut its lineage."""
        ...

    def collect(self, table: Table, limit: int = 100_000_000) -> pl.DataFrame:
        """Bring a table to the driver; refuse when it has more rows than the limit."""
        ...

    def write(self, table: Table, path: str) -> None:
        """Write the table as one Parquet file."""
        ...


@dataclass(frozen=True, slots=True)
class NamedKernel:
    """A kernel with the name and keys the conformance test knows it by."""

    name: str
    keys: tuple[Keys, ...]
    kernel: Kernel


def over_all_rows(
    rows: pl.LazyFrame, work: Callable[[pl.DataFrame], pl.DataFrame], schema: Mapping[str, pl.DataType]
) -> pl.LazyFrame:
    """
    A step of a kernel that needs its rows at once: sorted arrays say runs of rows more plainly than a lazy plan.

    Args:
        rows: What the kernel was given.
        work: Called once with all of them.
        schema: Of what it gives.

    >>> over_all_rows(pl.LazyFrame({"k": [2, 1]}), lambda rows: rows.sort("k"), {"k": pl.Int64()}).collect().rows()
    [(1,), (2,)]
    """
    return rows.map_batches(
        work, schema=dict(schema), predicate_pushdown=False, projection_pushdown=False, slice_pushdown=False
    )
