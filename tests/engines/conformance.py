"""
Whether a kernel keeps the contract: the same rows whole, in buckets, in any input order, and none from none.

Most faults of a kernel (a global rank, a `unique` beyond its keys, an order taken from the input, a schema
taken from the data) show here on one machine, long before a cluster is there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.engines.buckets import BucketEngine
from cdptool.engines.local import LocalEngine
from cdptool.kernels import Kernel, Keys

BUCKETS: Final = (1, 3, 8)
SEEDS: Final = (1, 2, 3)


def check_kernel(kernel: Kernel, frames: Sequence[pl.DataFrame], by: Sequence[Keys]) -> tuple[str, ...]:
    """
    Run a kernel in every way an engine may, and compare.

    Args:
        kernel: The kernel.
        frames: Its input, one frame for each table.
        by: The keys of each table; empty for a row-local kernel of one table, which is run on slices.

    Returns:
        One line for each way that gave another result than the whole run; empty when it conforms. Rows are
        compared in sorted order, exactly.

    >>> ranked = lambda rows: rows.with_columns(pl.col("k").rank("ordinal").cast(pl.Int64).alias("r"))
    >>> check_kernel(ranked, [pl.DataFrame({"k": [3, 2, 1, 4, 5, 6, 7, 8]})], [("k",)])
    ('in 3 buckets: other rows', 'in 8 buckets: other rows')
    """
    whole = _result(LocalEngine(), kernel, frames, by)
    faults = []
    for n in BUCKETS:
        with tempfile.TemporaryDirectory() as folder, BucketEngine(n, Path(folder), slice_rows=n) as engine:
            faults.append(_difference(f"in {n} buckets", whole, _result(engine, kernel, frames, by)))
    for seed in SEEDS:
        shuffled = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in frames]
        faults.append(_difference(f"shuffled ({seed})", whole, _result(LocalEngine(), kernel, shuffled, by)))
    empty = _result(LocalEngine(), kernel, [frame.clear() for frame in frames], by)
    faults.append(_difference("on empty frames", whole.clear(), empty))
    return tuple(fault for fault in faults if fault)


def _result(
    engine: LocalEngine, kernel: Kernel, frames: Sequence[pl.DataFrame], by: Sequence[Keys]
) -> pl.DataFrame:
    tables = [engine.of(frame) for frame in frames]
    table = engine.shuffle(tables, by, kernel) if by else engine.map(tables[0], kernel)
    return canonical(engine.collect(table))


def canonical(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a frame in the one order that its values give, whatever their dtypes."""
    return frame.sort(frame.columns) if frame.width else frame


def _difference(way: str, expected: pl.DataFrame, actual: pl.DataFrame) -> str | None:
    if actual.schema != expected.schema:
        return f"{way}: other columns"
    if actual.height != expected.height:
        return f"{way}: {actual.height} rows, expected {expected.height}"
    return None if actual.equals(expected) else f"{way}: other rows"
