"""
The records that the rows of a stream make, each staged once.

A table of the record ids seen last keeps nearly all repetitions out while blocks stream past. It is bounded:
where a file has more records than it holds, or the source brought records before, the rest is done at the
end, in buckets by id.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]
_SLOTS = 1 << 16
LIMIT = 2_000_000  # records that are remembered; beyond, the table is emptied


class SeenRecords:
    """
    The record ids that were staged of late.

    An open-addressing table over arrays: ids are hashes already, so their low bits say where to look.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self.has_forgotten = False
        self._empty()

    def fresh(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The first row of each `record_id` that is not null and is not remembered; from now on it is."""
        column = rows["record_id"]
        ids: Ids = (column.fill_null(-1) if column.null_count() else column).to_numpy()
        at = np.flatnonzero(~self._holds(ids))
        if not at.size:
            return rows.clear()
        distinct, first = np.unique(ids[at], return_index=True)
        if self._n + distinct.size > self._limit:
            self.has_forgotten = True
            self._empty()
        self._insert(distinct)
        return rows[np.sort(at[first])]

    def _empty(self) -> None:
        self._n = 0
        self._slots: Ids = np.full(_SLOTS, -1, np.int64)

    def _holds(self, ids: Ids) -> Mask:
        """Which ids are in the table; -1 counts as such."""
        last = self._slots.size - 1
        there = self._slots[ids & last]
        found: Mask = there == ids  # most are where they are looked for first
        found |= ids == -1
        rest = np.flatnonzero(~found & (there != -1))
        at = (ids[rest] + 1) & last
        while rest.size:
            there = self._slots[at]
            is_it = there == ids[rest]
            found[rest[is_it]] = True
            goes_on = ~is_it & (there != -1)
            rest, at = rest[goes_on], (at[goes_on] + 1) & last
        return found

    def _insert(self, ids: Ids) -> None:
        """Put distinct ids that are not there yet into the table, at most half full."""
        self._n += ids.size
        if self._n * 2 > self._slots.size:
            held = self._slots[self._slots != -1]
            size = 1 << int(np.ceil(np.log2(self._n * 4)))
            self._slots = np.full(size, -1, np.int64)
            ids = np.concatenate((held, ids))
        at = ids & (self._slots.size - 1)
        while ids.size:
            is_free = self._slots[at] == -1
            self._slots[at[is_free]] = ids[is_free]  # of several in one place the last stays
            waits = self._slots[at] != ids
            ids, at = ids[waits], (at[waits] + 1) & (self._slots.size - 1)


def once_each(
    staged: pl.LazyFrame, known: pl.LazyFrame | None, bucket: int = LIMIT
) -> Iterator[pl.DataFrame]:
    """
    Of staged records, the first of each `record_id` that was not known before, by `row`, bucket by bucket.

    Args:
        staged: Records with `record_id` and `row`; the same record may stand in several rows.
        known: `id` of the records that are there already; None = none.
        bucket: About how many records are held at once.
    """
    n_buckets = max(1, -(-int(staged.select(pl.len()).collect().item()) // bucket))
    for number in range(n_buckets):
        mine = staged.filter(pl.col("record_id") % n_buckets == number).collect()
        first = mine.sort("row").unique("record_id", keep="first", maintain_order=True)
        if known is not None:
            there = known.select("id").filter(pl.col("id") % n_buckets == number).collect()
            first = first.join(there, left_on="record_id", right_on="id", how="anti", maintain_order="left")
        yield first
