"""
Our matching in a process of its own, without the files that `dedupe` writes: from raw Parquet, or a normalised table.

`python ours_match.py normalise RAW TABLE` writes the match texts with their kinds in the names (`kind|field`);
`… match TABLE OUT` goes from there to clusters, as Splink does from its tidied table; `… raw RAW OUT` does both. These two
print what was used as one JSON object, imports apart. `… keys TABLE OUT` writes the blocking keys that are taken, for others
to block on.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from cdptool.cli.memory import reuse_memory

# ruff: noqa: E402  the allocator of Polars reads its settings when it is imported
reuse_memory()  # as the command line does

import numpy as np
import numpy.ma  # Polars and numpy import these when they are first needed
import numpy.random
import polars as pl

from cdptool.ids import hashes
from cdptool.matching import comparisons, match
from cdptool.matching.blocks import hashed
from cdptool.matching.candidates import LARGEST_BLOCK, candidates
from cdptool.matching.recapture import columns_of_keys
from cdptool.matching.sorting import sorted_with_rows
from cdptool.roles.columns import columns_of
from cdptool.roles.proposal import roles
from cdptool.roles.texts import match_texts, match_values


def main() -> None:
    """Do what the first argument says."""
    what, source, target = sys.argv[1:]
    if what in ("normalise", "keys"):
        (normalise if what == "normalise" else keys)(Path(source), Path(target))
        return
    # Splink's tidied table is in memory when its clock starts, and so is ours; what is raw is read on the clock.
    texts = pl.read_parquet(source) if what == "match" else pl.DataFrame()
    wall, cpu = time.perf_counter(), time.process_time()
    labels, n_pairs = from_raw(Path(source)) if what == "raw" else from_table(texts)
    used: dict[str, float] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    used["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = np.arange(1, len(labels) + 1)
    pl.DataFrame({"row": rows, "cluster_id": labels}).write_parquet(target)
    print(json.dumps(used | {"pairs": n_pairs}))


def normalise(raw: Path, table: Path) -> None:
    """The compared texts of a file, one column per comparison."""
    whole = _read(raw)
    texts, kinds = match_texts(whole, roles(columns_of(whole)).fields)
    texts.rename({name: f"{kind}|{name}" for name, kind in kinds}).write_parquet(table)


def keys(table: Path, target: Path) -> None:
    """
    The blocking keys that are taken for a normalised table: columns `k01`, … (whole numbers), row by row.

    Null where a record has no such key, and where more records share it than ours takes: who blocks on equal numbers
    compares the pairs that ours compares, and no others.
    """
    texts = pl.read_parquet(table)
    fields = comparisons(texts, _kinds(texts))
    names = tuple(key.name for key in candidates(fields, len(texts)).keys)
    found = {}
    for number, columns in enumerate(columns_of_keys(fields, names), start=1):
        mixed, rows = hashed(*columns)
        order = np.argsort(mixed)
        ordered = mixed[order]
        dense = np.cumsum(np.append(False, ordered[1:] != ordered[:-1])[: len(ordered)])
        is_taken = np.bincount(dense)[dense] <= LARGEST_BLOCK
        ids = np.full(len(texts), -1, dtype=np.int32)
        ids[rows[order[is_taken]]] = dense[is_taken]
        found[f"k{number:02}"] = pl.Series(ids).replace(-1, None)
    pl.DataFrame(found).write_parquet(target)


def from_table(texts: pl.DataFrame) -> tuple[np.ndarray, int]:
    """The cluster of every row of a normalised table, and how many pairs were compared."""
    matching = match(texts, _kinds(texts))
    return np.asarray(matching.clusters), len(matching.log_odds)


def _kinds(texts: pl.DataFrame) -> list[tuple[str, str]]:
    return [(name, name.partition("|")[0]) for name in texts.columns]


def from_raw(raw: Path) -> tuple[np.ndarray, int]:
    """The same of a raw file, by the steps of `dedupe`."""
    table = _read(raw)
    columns = columns_of(table)
    _, order = sorted_with_rows(hashes("row", *table).to_numpy(), 1 << 63)
    del table
    fields = roles(columns).fields
    used = columns.only([name for role in fields for name in role.columns]).in_order(order)
    labels = np.empty(len(order), np.int64)
    matching = match(*match_values(used, fields))
    labels[order] = matching.clusters
    return labels, len(matching.log_odds)


def _read(raw: Path) -> pl.DataFrame:
    return pl.read_parquet(raw).select(pl.all().cast(pl.String))


if __name__ == "__main__":
    main()
