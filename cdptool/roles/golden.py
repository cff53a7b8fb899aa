"""One row per cluster: of every column the value that most of its rows hold, the longest where several do."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.values import MISSING, Ids, Rows, Values, encoded
from cdptool.roles.columns import Columns


def golden_rows(columns: Columns, clusters: pl.Series) -> pl.DataFrame:
    """
    The golden row of every cluster.

    Args:
        columns: Columns of texts; null and the empty text say nothing.
        clusters: The cluster of every row (String, no nulls), in the order of the columns.

    Returns:
        `cluster`, `records` (how many rows), then the columns; sorted by cluster. A column of the table that is
        called like one of the two gets `_in_file` after its name.

    >>> from cdptool.roles.columns import columns_of
    >>> rows = pl.DataFrame({"name": ["An", "Anna", "Anna", None], "city": [None, "Huế", None, "Vinh"]})
    >>> golden_rows(columns_of(rows), pl.Series(["c", "c", "c", "d"])).rows()
    [('c', 3, 'Anna', 'Huế'), ('d', 1, None, 'Vinh')]
    """
    of_row = encoded(clusters)
    order = of_row.texts.arg_sort().to_numpy().astype(np.int64)
    golden = {"cluster": of_row.of(order), "records": pl.Series(of_row.counts[order], dtype=pl.UInt32)}
    for name, one in columns.by_name.items():
        kept = f"{name}_in_file" if name in ("cluster", "cluster_id", "records") else name
        said = np.take(_most_said(of_row, one), order)
        golden[kept] = one.texts.gather(pl.Series(said).set(pl.Series(said == MISSING), None).cast(pl.UInt32))
    return pl.DataFrame(golden)


def _most_said(clusters: Values, column: Values) -> Ids:
    """Per cluster the value that most rows hold; of several the longest, then the first in the alphabet."""
    best = np.full(len(clusters.texts), MISSING, dtype=np.int32)
    known = np.flatnonzero(column.ids >= 0)
    numbers = np.take(clusters.ids, known)
    is_alone = np.take(clusters.counts, numbers) == 1
    best[numbers[is_alone]] = column.ids[known[is_alone]]
    together = ~is_alone
    runs = _runs(numbers[together], column.ids[known[together]], len(column.texts))
    if not len(runs[0]):
        return best
    cluster, value, times = runs
    lengths = column.texts.str.len_chars().to_numpy().astype(np.int64)
    score = times << 32 | np.take(lengths, value)
    starts = np.flatnonzero(np.append(True, cluster[1:] != cluster[:-1]))
    highest = np.repeat(np.maximum.reduceat(score, starts), np.diff(np.append(starts, len(cluster))))
    top = np.flatnonzero(score == highest)
    cluster, value = cluster[top], value[top]
    is_tied = np.append(False, cluster[1:] == cluster[:-1])
    is_tied[:-1] |= is_tied[1:].copy()
    best[cluster[~is_tied]] = value[~is_tied]
    tied = pl.DataFrame({"cluster": cluster[is_tied], "value": value[is_tied]})
    ranked = tied.with_columns(column.of(tied["value"].to_numpy()).alias("text")).sort("cluster", "text")
    first = ranked.unique("cluster", keep="first", maintain_order=True)
    best[first["cluster"].to_numpy()] = first["value"].to_numpy()
    return best


def _runs(clusters: Ids, values: Ids, n_values: int) -> tuple[Rows, Rows, NDArray[np.int64]]:
    """Every cluster and value that stand together, by cluster, and in how many rows they do."""
    codes = clusters.astype(np.int64) * n_values + values
    codes.sort()
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])[: len(codes)])
    cluster, value = np.divmod(codes[starts], max(n_values, 1))
    return cluster, value, np.diff(np.append(starts, len(codes)))
