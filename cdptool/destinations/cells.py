"""
One column of a file from one source of the audience: normalised, hashed, spread over its repeats.

Works on one long frame of values, so that a refused value can be named with its reason and the next good
value takes its place.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cdptool.destinations.hashing import hash_values
from cdptool.destinations.normalize import normalize
from cdptool.destinations.spec import FileColumn


class ColumnCells(NamedTuple):
    """The cells of one column: a frame with one String column per repeat, refused values, values too many."""

    cells: pl.DataFrame  # columns "0", "1", …; rows aligned with the prepared audience
    refused: pl.DataFrame  # row, header, reason
    n_beyond: int  # good values for which the repeats did not suffice


def column_cells(prepared: pl.DataFrame, column: FileColumn) -> ColumnCells:
    """
    Make the cells of one column.

    Args:
        prepared: `row` (UInt32, 0 … n-1 in order) and `from:<source>` (String or List(String)).
        column: Steps, hash and repeats.

    Returns:
        The cells in the order of `prepared`. Equal values of one row are written once; null = empty cell.
    """
    values = pl.col(f"from:{column.source}").alias("raw")
    long = prepared.lazy().select("row", values)
    if isinstance(long.collect_schema()["raw"], pl.List):
        long = long.explode("raw") if column.join is None else long.with_columns(_joined(column.join))
    long = normalize(long.filter(pl.col("raw").is_not_null()).with_columns(value="raw"), column.normalize)
    judged = hash_values(long, column).collect()
    refused = judged.filter(pl.col("reason").is_not_null()).select(
        "row", pl.lit(column.header).alias("header"), "reason"
    )
    good = (
        judged.filter(pl.col("value").is_not_null())
        .group_by("row", maintain_order=True)
        .agg(pl.col("value").unique(maintain_order=True))
    )
    spread = prepared.select("row").join(good, on="row", how="left", maintain_order="left")
    cells = spread.select(
        pl.col("value").list.get(position, null_on_oob=True).alias(str(position))
        for position in range(column.repeat)
    )
    beyond = (good["value"].list.len().cast(pl.Int64) - column.repeat).clip(lower_bound=0)
    return ColumnCells(cells, refused, int(beyond.sum()))


def _joined(separator: str) -> pl.Expr:
    """A list as one text; an empty list is no text."""
    return pl.when(pl.col("raw").list.len() > 0).then(pl.col("raw").list.join(separator, ignore_nulls=True))
