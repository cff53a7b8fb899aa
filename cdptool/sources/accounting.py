"""
Which rows of a file are new, which were seen before: decided once, over the ids of the whole file.

While blocks stream past, the ids and content hashes of their rows go to disk. In the end they are looked at in
buckets by id, so that memory is bounded whatever the file and its history hold; in most files nothing stands
twice, and what was staged is final.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.errors import Place, SourceError
from cdptool.sources.ids import copy_ids, copy_keys, record_ids
from cdptool.sources.spec import Known, SourceSpec
from cdptool.sources.spill import Spill

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]
BUCKET = 2_000_000  # rows that are looked at together


@dataclass(slots=True)
class Settlement:
    """
    What becomes of the staged rows, in their order.

    `is_duplicate`: seen before in this file or an earlier one. `is_conflict`: the same table key with other
    content. `copies`: `row` (position) and `n`, how many identical rows without a key stand before it, where
    that is not 0; ascending. None = no row is concerned. `n_corrected`: how many of the rows that stay correct one of
    the same key, of this file or an earlier one.
    """

    is_duplicate: Mask | None = None
    is_conflict: Mask | None = None
    copies: pl.DataFrame | None = None
    n_corrected: int = 0

    @property
    def is_final(self) -> bool:
        """Whether the staged rows can stay as they are."""
        return self.is_duplicate is None and self.is_conflict is None and self.copies is None

    def copies_in(self, start: int, height: int) -> pl.Series | None:
        """How many copies stand before each row of a stretch; None where none has any."""
        if self.copies is None:
            return None
        rows = self.copies["row"].to_numpy()
        first, last = np.searchsorted(rows, (start, start + height))
        numbers = np.zeros(height, np.int64)
        numbers[rows[first:last] - start] = self.copies["n"][int(first) : int(last)].to_numpy()
        return pl.Series("n", numbers)


class Accounts:
    """The ids, content hashes and key checks of a file's rows, block by block."""

    def __init__(
        self, spec: SourceSpec, place: Place, folder: str | None = None, *, bucket: int = BUCKET
    ) -> None:
        self._spec, self._place, self._bucket = spec, place, bucket
        self._ids, self._contents = Spill(np.int64, folder), Spill(np.int64, folder)
        self._checks = Spill(np.uint32, folder)

    def add(self, ids: pl.Series, contents: pl.Series, checks: NDArray[np.uint32] | None) -> None:
        """Take the rows of a block into account."""
        self._ids.append(ids.to_numpy())
        self._contents.append(contents.to_numpy())
        if checks is not None:
            self._checks.append(checks)

    def settle(self, known: Known) -> Settlement:
        """
        Decide about every row that was added.

        Raises:
            SourceError: Two different keys have the same 63-bit id.
        """
        repeated = self._repeated()
        if self._spec.feeds == "table":
            return self._settle_table(repeated)
        if self._spec.key:
            return self._settle_keyed(repeated, known)
        copies = self._copies(_numbered(repeated)) if repeated.height else None
        return Settlement(is_duplicate=self._mask(self._among(known)), copies=copies)

    def _settle_keyed(self, repeated: pl.DataFrame, known: Known) -> Settlement:
        """Rows with the key of another: the same again, or a correction, which stays or is refused."""
        again = self._again(repeated) if repeated.height else repeated["row"]
        same, other = self._held(known)
        is_duplicate = self._mask(again, same)
        once = repeated.join(pl.concat([again, same]).to_frame("row"), on="row", how="anti")
        # Of several versions in one file the smallest content comes first, whatever the order of the rows.
        further = once.filter(pl.col("content") != pl.col("content").min().over("id"))["row"]
        if is_duplicate is not None:
            other = other.filter(pl.Series(~is_duplicate[other.to_numpy()]))
        corrected = self._mask(further, other)
        if corrected is None:
            return Settlement(is_duplicate)
        if self._spec.corrections is None or self._spec.corrections.keep != "refuse":
            return Settlement(is_duplicate, n_corrected=int(np.count_nonzero(corrected)))
        if is_duplicate is not None:  # a row that says the same as a refused one is refused, too
            refused = repeated.filter(pl.Series(corrected[repeated["row"].to_numpy()]))
            alike = repeated.join(refused, on=["id", "content"], how="semi")["row"]
            further_too = self._mask(alike)
            corrected = corrected if further_too is None else corrected | further_too
            is_duplicate &= ~corrected
        return Settlement(is_duplicate, is_conflict=corrected)

    def _n_buckets(self, n_more: int = 0) -> int:
        n_buckets = -(-(len(self._ids) + n_more) // self._bucket)
        return 1 << max(0, n_buckets - 1).bit_length()  # a power of two, so that `&` tells the bucket

    def _ids_of(self, bucket: int, n_buckets: int) -> Positions:
        """The ids of a bucket, in the order of their rows."""
        parts = (part for _, part in self._ids.parts())
        return _joined([part[part & (n_buckets - 1) == bucket] for part in parts])

    def _rows_of(self, bucket: int, n_buckets: int) -> pl.DataFrame:
        """`row` and `id` of a bucket, in order."""
        parts = (
            (start, np.flatnonzero(part & (n_buckets - 1) == bucket)) for start, part in self._ids.parts()
        )
        rows = _joined([there + start for start, there in parts])
        return pl.DataFrame({"row": rows, "id": self._ids_of(bucket, n_buckets)})

    def _repeated(self) -> pl.DataFrame:
        """`row`, `id` and `content` of the rows whose id stands more than once, by row."""
        found = [pl.DataFrame(schema={"row": pl.Int64, "id": pl.Int64})]
        n_buckets = self._n_buckets()
        for bucket in range(n_buckets):
            # Numbers alone are sorted faster than they are put into a table of hashes.
            ordered = np.sort(self._ids_of(bucket, n_buckets))
            if (ordered[1:] == ordered[:-1]).any():
                found.append(self._rows_of(bucket, n_buckets).filter(pl.col("id").is_duplicated()))
        return self._with_contents(pl.concat(found).sort("row"))

    def _with_contents(self, rows: pl.DataFrame) -> pl.DataFrame:
        contents = self._contents.at(rows["row"].to_numpy())
        return rows.with_columns(pl.Series("content", contents, dtype=pl.Int64))

    def _again(self, repeated: pl.DataFrame) -> pl.Series:
        """Of rows with one key and one content, all but the first."""
        checks = pl.Series("check", self._checks.at(repeated["row"].to_numpy()), dtype=pl.UInt32)
        by_id = repeated.with_columns(checks).group_by("id").agg(pl.col("check").n_unique())
        if by_id.filter(pl.col("check") > 1).height:
            raise SourceError(
                "two different keys have the same 63-bit id", place=self._place, hint="rename the source"
            )
        return repeated.filter(~pl.struct("id", "content").is_first_distinct())["row"]

    def _copies(self, numbered: pl.DataFrame) -> pl.DataFrame:
        """The further copies of identical rows, whose ids are made anew here too."""
        copies = numbered.filter(pl.col("n") > 0)
        ids = self._copy_ids(copies["content"], copies["n"])
        self._ids.put(copies["row"].to_numpy(), ids.to_numpy())
        return copies.select("row", "n")

    def _copy_ids(self, contents: pl.Series, copies: pl.Series) -> pl.Series:
        if self._spec.feeds == "stream":
            return copy_ids(contents, copies)
        return record_ids(copy_keys(contents, copies), self._spec)

    def _settle_table(self, repeated: pl.DataFrame) -> Settlement:
        # The smallest content hash wins, not the first row: a shuffled file must give the same table.
        is_other = pl.col("content") != pl.col("content").min().over("id")
        is_again = ~pl.struct("id", "content").is_first_distinct()
        marked = repeated.with_columns(is_other=is_other, is_again=is_again)
        return Settlement(
            is_duplicate=self._mask(marked.filter(~pl.col("is_other") & pl.col("is_again"))["row"]),
            is_conflict=self._mask(marked.filter("is_other")["row"]),
        )

    def _among(self, known: Known) -> pl.Series:
        """The rows that an earlier file has brought with the same content."""
        return self._held(known)[0]

    def _held(self, known: Known) -> tuple[pl.Series, pl.Series]:
        """The rows whose id an earlier file has brought: with the same content, and with another only."""
        same, other = [pl.Series("row", [], dtype=pl.Int64)], [pl.Series("row", [], dtype=pl.Int64)]
        if known.rows is None or not len(self._ids) or not (n_known := _height(known.rows)):
            return same[0], other[0]
        n_buckets = self._n_buckets(n_known)
        for bucket in range(n_buckets):
            there = known.rows.filter(pl.col("id") % n_buckets == bucket).select("id", "content")
            held = there.collect(engine="streaming")
            rows = self._rows_of(bucket, n_buckets)
            rows = self._with_contents(rows.join(held, on="id", how="semi", maintain_order="left"))
            same.append(rows.join(held, on=["id", "content"], how="semi")["row"])
            other.append(rows.join(held, on=["id", "content"], how="anti")["row"])
        return pl.concat(same), pl.concat(other)

    def _mask(self, *positions: pl.Series) -> Mask | None:
        if not any(len(rows) for rows in positions):
            return None
        mask = np.zeros(len(self._ids), np.bool_)
        for rows in positions:
            mask[rows.to_numpy()] = True
        return mask


class AccountsAgain(Accounts):
    """The accounts of a few rows that are read again: their file has brought its other rows already."""

    def settle(self, known: Known) -> Settlement:
        """As for a file; but further copies of its rows are no duplicates, and a table's rows keep their keys."""
        if self._spec.feeds == "table":
            return self._among_keys(super().settle(known), known)
        if self._spec.key:
            return super().settle(known)
        rows = _numbered(self._with_contents(self._rows_of(0, 1)))
        before = self._copies_before(rows["content"], known)
        copies = self._copies(rows.with_columns(n=pl.col("n") + before))
        return Settlement(
            is_duplicate=self._mask(self._among(known)), copies=copies if copies.height else None
        )

    def _copies_before(self, contents: pl.Series, known: Known) -> pl.Series:
        """
        How many identical rows the same file had before, per row.

        Counted by the ids of its copies: those that an earlier file had too were left out, and stand before them.
        """
        sought = contents.to_frame("content")
        if known.earlier is None or known.rows is None:
            return pl.Series("n", [0], dtype=pl.Int64).new_from_index(0, len(contents))
        is_sought = pl.col("content").is_in(contents.unique().implode())
        mine, there = known.earlier.filter(is_sought).collect(), known.rows.filter(is_sought).collect()
        copies = (
            there.group_by("content")
            .agg(n=pl.int_range(pl.len(), dtype=pl.Int64))
            .explode("n")
            .sort("content", "n")
        )
        ids = self._copy_ids(copies["content"], copies["n"]).alias("id")
        found = copies.with_columns(ids).join(mine.select("id"), on="id", how="semi")
        counts = found.group_by("content").agg(pl.col("n").max() + 1)
        return sought.join(counts, on="content", how="left", maintain_order="left")["n"].fill_null(0)

    def _among_keys(self, settled: Settlement, known: Known) -> Settlement:
        """A row whose key the table has: seen before where it says the same, else a conflict."""
        if known.rows is None:
            return settled
        rows = self._with_contents(self._rows_of(0, 1))
        held = rows.join(known.rows.unique("id").collect(), on="id", how="inner", suffix="_held")
        is_same = pl.col("content") == pl.col("content_held")
        conflict = _either(settled.is_conflict, self._mask(held.filter(~is_same)["row"]))
        duplicate = _either(settled.is_duplicate, self._mask(held.filter(is_same)["row"]))
        if duplicate is not None and conflict is not None:
            duplicate &= ~conflict
        return Settlement(duplicate, conflict)


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `n`: how many of the same id stand before each."""
    return rows.with_columns(n=pl.int_range(pl.len(), dtype=pl.Int64).over("id"))


def _either(left: Mask | None, right: Mask | None) -> Mask | None:
    if left is None or right is None:
        return left if right is None else right
    return left | right


def _height(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect().item())


def _joined(parts: list[Positions]) -> Positions:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
