"""
Which rows of a file are new, which were seen before: decided once, over the ids of the whole file.

While blocks stream past, only three numbers per row stay in memory. In the end most files turn out to hold
nothing twice, and what was staged is final.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.errors import Place, SourceError
from cdptool.sources.ids import copy_ids, copy_keys, record_ids
from cdptool.sources.spec import Known, SourceSpec

Mask = NDArray[np.bool_]
Ids = NDArray[np.int64]
_SLOTS = 1 << 16


@dataclass(slots=True)
class Settlement:
    """
    What becomes of the staged rows, in their order.

    `is_duplicate`: seen before in this file or an earlier one. `is_conflict`: the same table key with other
    content. `copies`: how many identical rows without a key stand before it. None = no row is concerned.
    """

    is_duplicate: Mask | None = None
    is_conflict: Mask | None = None
    copies: pl.Series | None = None

    @property
    def is_final(self) -> bool:
        """Whether the staged rows can stay as they are."""
        return self.is_duplicate is None and self.is_conflict is None and self.copies is None


@dataclass(slots=True)
class Accounts:
    """The ids, content hashes and key checks of a file's rows, block by block."""

    spec: SourceSpec
    place: Place
    _ids: list[pl.Series] = field(default_factory=list)
    _contents: list[pl.Series] = field(default_factory=list)
    _checks: list[NDArray[np.uint32]] = field(default_factory=list)

    def add(self, ids: pl.Series, contents: pl.Series, checks: NDArray[np.uint32] | None) -> None:
        """Take the rows of a block into account."""
        self._ids.append(ids.alias("id"))
        if not (self.spec.feeds == "stream" and not self.spec.key):  # there the id is the content
            self._contents.append(contents.alias("content"))
        if checks is not None:
            self._checks.append(checks)

    def settle(self, known: Known) -> Settlement:
        """
        Decide about every row that was added.

        Raises:
            SourceError: Two different keys have the same 63-bit id.
        """
        if not self._ids:
            return Settlement()
        ids = pl.concat(self._ids, rechunk=False)
        contents = pl.concat(self._contents, rechunk=False) if self._contents else ids.alias("content")
        if self.spec.feeds == "table":
            return self._settle_table(ids, contents)
        repeated = _repeated(ids)
        if self.spec.key:
            twice = self._settle_keys(ids, contents, repeated)
            return Settlement(is_duplicate=_or(twice, _among(ids, contents, known)))
        copies = None
        if repeated is not None:
            copies = pl.Series(np.zeros(len(ids), np.int64))
            nth = repeated.to_frame("row").with_columns(ids.gather(repeated).alias("id"))
            counted = nth.select(pl.int_range(pl.len(), dtype=pl.Int64).over("id")).to_series()
            copies = copies.scatter(repeated, counted)
            ids = self._copied(contents, copies)
        return Settlement(is_duplicate=_among(ids, contents, known), copies=copies)

    def _copied(self, contents: pl.Series, copies: pl.Series) -> pl.Series:
        if self.spec.feeds == "stream":
            return copy_ids(contents, copies)
        return record_ids(copy_keys(contents, copies), self.spec)

    def _settle_keys(self, ids: pl.Series, contents: pl.Series, repeated: pl.Series | None) -> Mask | None:
        if repeated is None:
            return None
        checks = pl.Series(np.concatenate(self._checks)).gather(repeated)
        found = pl.DataFrame(
            {"id": ids.gather(repeated), "content": contents.gather(repeated), "check": checks}
        )
        if found.group_by("id").agg(pl.col("check").n_unique()).filter(pl.col("check") > 1).height:
            raise SourceError(
                "two different keys have the same 63-bit id", place=self.place, hint="rename the source"
            )
        again = repeated.filter(~found.select(pl.struct("id", "content").is_first_distinct()).to_series())
        return _mask(len(ids), again)

    def _settle_table(self, ids: pl.Series, contents: pl.Series) -> Settlement:
        repeated = _repeated(ids)
        if repeated is None:
            return Settlement()
        found = pl.DataFrame(
            {"at": repeated, "id": ids.gather(repeated), "content": contents.gather(repeated)}
        )
        # The smallest content hash wins, not the first row: a shuffled file must give the same table.
        is_other = pl.col("content") != pl.col("content").min().over("id")
        is_again = ~pl.struct("id", "content").is_first_distinct()
        marked = found.with_columns(is_other=is_other, is_again=is_again)
        return Settlement(
            is_duplicate=_mask(len(ids), marked.filter(~pl.col("is_other") & pl.col("is_again"))["at"]),
            is_conflict=_mask(len(ids), marked.filter("is_other")["at"]),
        )


class SeenRecords:
    """
    The record ids that were staged or are known, so that a stream stages each of its records once.

    An open-addressing table over arrays: ids are hashes already, so their low bits say where to look.
    """

    def __init__(self, known: pl.Series | None) -> None:
        self._n = 0
        self._slots: Ids = np.full(_SLOTS, -1, np.int64)
        if known is not None:
            self._insert(np.unique(known.to_numpy()))

    def fresh(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The first row of each `record_id` that is not null and was never seen; from now on it is."""
        ids = rows["record_id"].fill_null(-1).to_numpy()
        at = np.flatnonzero(~self._holds(ids))
        if not at.size:
            return rows.clear()
        distinct, first = np.unique(ids[at], return_index=True)
        self._insert(distinct)
        return rows[np.sort(at[first])]

    def _holds(self, ids: Ids) -> Mask:
        """Which ids are in the table; -1 counts as such."""
        found: Mask = ids == -1
        rest = np.flatnonzero(~found)
        at = ids[rest] & (self._slots.size - 1)
        while rest.size:
            there = self._slots[at]
            is_it = there == ids[rest]
            found[rest[is_it]] = True
            goes_on = ~is_it & (there != -1)
            rest, at = rest[goes_on], (at[goes_on] + 1) & (self._slots.size - 1)
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


def _repeated(ids: pl.Series) -> pl.Series | None:
    """Positions of ids that stand more than once, or None."""
    if ids.n_unique() == len(ids):
        return None
    return ids.is_duplicated().arg_true().cast(pl.Int64)


def _among(ids: pl.Series, contents: pl.Series, known: Known) -> Mask | None:
    """Which rows an earlier file has brought with the same content."""
    if known.rows is None or known.rows.is_empty():
        return None
    rows = pl.DataFrame({"id": ids, "content": contents}).with_row_index("at")
    found = rows.join(known.rows.select("id", "content"), on=["id", "content"], how="semi")["at"]
    return _mask(len(ids), found)


def _mask(length: int, positions: pl.Series) -> Mask | None:
    if not len(positions):
        return None
    mask = np.zeros(length, np.bool_)
    mask[positions.to_numpy()] = True
    return mask


def _or(left: Mask | None, right: Mask | None) -> Mask | None:
    if left is None or right is None:
        return left if right is None else right
    return left | right
