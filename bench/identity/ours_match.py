"""
Our matching in a process of its own, without the files that `dedupe` writes: from raw Parquet, or a normalised table.

`python ours_match.py normalise RAW TABLE` writes the match texts with their kinds in the names (`kind|field`);
`… match TABLE OUT` goes from there to clusters, as Splink does from its tidied table; `… raw RAW OUT` does both. The last two
print what was used as one JSON object, imports apart.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from cdptool.ids import hashes
from cdptool.matching import match
from cdptool.matching.columns import columns_of
from cdptool.matching.roles import roles
from cdptool.matching.sorting import sorted_with_rows
from cdptool.matching.texts import match_texts, match_values


def main() -> None:
    """Do what the first argument says."""
    what, source, target = sys.argv[1:]
    if what == "normalise":
        normalise(Path(source), Path(target))
        return
    wall, cpu = time.perf_counter(), time.process_time()
    labels = from_raw(Path(source)) if what == "raw" else from_table(Path(source))
    used = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    used["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = np.arange(1, len(labels) + 1)
    pl.DataFrame({"row": rows, "cluster_id": labels}).write_parquet(target)
    print(json.dumps(used))


def normalise(raw: Path, table: Path) -> None:
    """The compared texts of a file, one column per comparison."""
    whole = _read(raw)
    texts, kinds = match_texts(whole, roles(columns_of(whole)).fields)
    texts.rename({name: f"{kind}|{name}" for name, kind in kinds}).write_parquet(table)


def from_table(table: Path) -> np.ndarray:
    """The cluster of every row of a normalised table."""
    texts = pl.read_parquet(table)
    kinds = [(name, name.partition("|")[0]) for name in texts.columns]
    return np.asarray(match(texts, kinds).clusters)


def from_raw(raw: Path) -> np.ndarray:
    """The cluster of every row of a raw file, by the steps of `dedupe`."""
    table = _read(raw)
    columns = columns_of(table)
    _, order = sorted_with_rows(hashes("row", *table).to_numpy(), 1 << 63)
    del table
    fields = roles(columns).fields
    used = columns.only([name for role in fields for name in role.columns]).in_order(order)
    labels = np.empty(len(order), np.int64)
    labels[order] = match(*match_values(used, fields)).clusters
    return labels


def _read(raw: Path) -> pl.DataFrame:
    return pl.read_parquet(raw).select(pl.all().cast(pl.String))


if __name__ == "__main__":
    main()
