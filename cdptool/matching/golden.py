"""One row per cluster: of every column the value that most of its rows hold, the longest where several do."""

from __future__ import annotations

import polars as pl


def golden_rows(table: pl.DataFrame, clusters: pl.Series) -> pl.DataFrame:
    """
    The golden row of every cluster.

    Args:
        table: Columns of texts (String); null says nothing.
        clusters: The cluster of every row, in the order of the table.

    Returns:
        `cluster`, `records` (how many rows), then the columns; sorted by cluster. A column of the table that is
        called like one of the two gets `_in_file` after its name.

    >>> rows = pl.DataFrame({"name": ["An", "Anna", "Anna", None], "city": [None, "Huế", None, "Vinh"]})
    >>> golden_rows(rows, pl.Series([0, 0, 0, 3])).rows()
    [(0, 3, 'Anna', 'Huế'), (3, 1, None, 'Vinh')]
    """
    taken = [name for name in ("cluster", "cluster_id", "records") if name in table.columns]
    table = table.rename({name: f"{name}_in_file" for name in taken})
    keyed = table.with_columns(clusters.alias("#cluster"))
    sizes = keyed.group_by("#cluster").agg(records=pl.len())
    alone = keyed.filter(pl.len().over("#cluster") == 1)
    several = keyed.filter(pl.len().over("#cluster") > 1)
    if several.height:
        golden = several.select("#cluster").unique()
        for name in table.columns:
            golden = golden.join(_most_said(several, name), on="#cluster", how="left")
        alone = pl.concat([alone.select(golden.columns), golden])
    return sizes.join(alone, on="#cluster").sort("#cluster").rename({"#cluster": "cluster"})


def _most_said(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Per cluster the value that most rows hold; of several the longest, then the first in the alphabet."""
    counted = rows.filter(pl.col(name).is_not_null()).group_by("#cluster", name).agg(pl.len().alias("#n"))
    ranked = counted.with_columns(pl.col(name).str.len_chars().alias("#long"))
    best = ranked.sort("#cluster", "#n", "#long", name, descending=[False, True, True, False])
    return best.unique("#cluster", keep="first", maintain_order=True).select("#cluster", name)
