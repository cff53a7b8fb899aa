"""
How far the values of a column have moved since earlier: the population stability index.

Source: Siddiqi, *Credit Risk Scorecards* (2006): the sum over bins of (new - old) · ln(new / old), where below 0.1 is
read as no change and from 0.25 as a large one. It never says which values moved.
"""

from __future__ import annotations

from math import log
from typing import Final

import polars as pl

from cdptool.checks.spec import Expectation, Result, SourceData, Steady

LEAST_ROWS: Final = 100  # on each side; with fewer the index is mostly chance
_BINS: Final = 10
_MOST_CATEGORIES: Final = 20  # the most frequent ones; all others count as one


def stability(expectation: Expectation, form: Steady, data: SourceData) -> Result:
    """
    Judge the new files by the earlier ones; where all files are new, the last of them by those before it.

    Numbers and dates are binned at the deciles of the earlier rows, all else by value; empty is a bin of its own.
    """
    new_files, old_files = _sides(data.files)
    counts = _counts(form.column, new_files, old_files, data)
    n_new, n_old = (sum(side) for side in counts)
    if n_new < LEAST_ROWS or n_old < LEAST_ROWS:
        detail = f"{n_new:,} new and {n_old:,} earlier rows; it takes {LEAST_ROWS} of each"
        return Result(expectation, "not judged", unit="column", detail=detail)
    found = index(*counts)
    detail = f"the stability index is {found:.3f} over {n_new:,} new and {n_old:,} earlier rows"
    return Result(expectation, "held", 1, int(found >= form.below), "column", detail)


def index(new: list[int], old: list[int]) -> float:
    """
    The index of two lists of counts per bin; half a row is added to every bin, so that empty ones can be compared.

    >>> round(index([50, 50], [50, 50]), 3), round(index([90, 10], [50, 50]), 2)
    (0.0, 0.85)
    """
    total_new, total_old = sum(new) + len(new) / 2, sum(old) + len(old) / 2
    shares = [((a + 0.5) / total_new, (b + 0.5) / total_old) for a, b in zip(new, old, strict=True)]
    return sum((a - b) * log(a / b) for a, b in shares)


def _sides(files: pl.DataFrame) -> tuple[list[int], list[int]]:
    new = files.filter(pl.col("is_new"))["file_id"].to_list()
    old = files.filter(~pl.col("is_new"))["file_id"].to_list()
    return (new, old) if old or len(new) < 2 else (new[-1:], new[:-1])


def _counts(
    column: str, new_files: list[int], old_files: list[int], data: SourceData
) -> tuple[list[int], list[int]]:
    is_new, is_old = (pl.col("file_id").is_in(ids) for ids in (new_files, old_files))
    dtype = data.rows.collect_schema()[column]
    values = data.rows.filter(is_new | is_old).select(value=_comparable(column, dtype), is_new=is_new)
    if dtype.is_numeric() or dtype.is_temporal():
        passed = [(pl.col("value") > cut).cast(pl.Int64) for cut in _cuts(values)]
        number = pl.sum_horizontal(pl.lit(0, pl.Int64), *passed)
        bin_of = pl.when(pl.col("value").is_not_null()).then(number).otherwise(None)
    else:
        common = values.filter(~pl.col("is_new")).drop_nulls().group_by("value").agg(n=pl.len())
        kept = common.sort(["n", "value"], descending=[True, False]).head(_MOST_CATEGORIES).collect()["value"]
        others = pl.when(pl.col("value").is_not_null()).then(pl.lit(""))
        bin_of = pl.when(pl.col("value").is_in(kept.to_list())).then("=" + pl.col("value")).otherwise(others)
    table = values.group_by(bin_of.alias("bin")).agg(
        new=pl.col("is_new").sum(), old=(~pl.col("is_new")).sum()
    )
    counted = table.sort("bin", nulls_last=True).collect()
    return counted["new"].to_list(), counted["old"].to_list()


def _comparable(column: str, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_temporal():
        return pl.col(column).to_physical().cast(pl.Float64)
    if dtype.is_numeric():
        return pl.col(column).cast(pl.Float64).fill_nan(None)
    return pl.col(column).cast(pl.String)


def _cuts(values: pl.LazyFrame) -> list[float]:
    """The inner deciles of the earlier values, each once."""
    quantiles = [pl.col("value").quantile(i / _BINS).alias(str(i)) for i in range(1, _BINS)]
    found = values.filter(~pl.col("is_new")).select(quantiles).collect().row(0)
    return sorted({cut for cut in found if cut is not None})
