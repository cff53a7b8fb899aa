"""Where the rows of a retry go: to their tables, out of quarantine, and from one count of their file to another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cdptool.commands.ingest import stage_rows
from cdptool.commands.session import Session
from cdptool.sources import FileResult
from cdptool.tables import FILES, MENDED, QUARANTINE, StreamSchema, TableSchema
from cdptool.workspace import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class Work:
    """One run of the command: where it reads, and where its changes go (None = a dry run)."""

    session: Session
    staging: Path
    transaction: Transaction | None

    def snapshot(self) -> Snapshot:
        """The tables with what was changed so far."""
        return self.session.snapshot() if self.transaction is None else self.transaction.snapshot()

    def change(self, table: str, before: pl.DataFrame, after: pl.DataFrame) -> None:
        """Make this the table, where it is another."""
        if self.transaction is not None and not before.equals(after):
            self.transaction.replace(table, after)


def move_rows(
    work: Work,
    transaction: Transaction,
    result: FileResult,
    rows: pl.DataFrame,
    target: StreamSchema | TableSchema | None,
) -> None:
    """Move the rows that are good now: their tables, quarantine, the counts of their file, and what was mended."""
    for one in result.staged:
        if one.table != "quarantine":
            stage_rows(transaction, one, work.session.project, target)
    still = [pl.read_parquet(one.path) for one in result.staged if one.table == "quarantine"]
    left = pl.concat(still) if still else pl.DataFrame(schema=QUARANTINE)
    _requarantine(work, rows, left)
    _recount(work, result, rows.height - left.height)
    good = rows.filter("is_mended").join(left, on=["file_id", "row"], how="anti", maintain_order="left")
    before = work.snapshot().scan("mended", MENDED).collect()
    new = good.select(*MENDED).join(before, on=["file_id", "row", "raw"], how="anti", maintain_order="left")
    if new.height:
        older = before.join(new, on=["file_id", "row"], how="anti", maintain_order="left")
        work.change("mended", before, pl.concat([older, new]).sort("file_id", "row"))


def _requarantine(work: Work, rows: pl.DataFrame, left: pl.DataFrame) -> None:
    """Take the retried rows out of quarantine but those still bad; of these the record stays as the file had it."""
    place = ["file_id", "row"]
    kept = rows.select(*place, "raw_kept", pl.col("byte_offset").alias("byte_kept"))
    back = left.join(kept, on=place, how="left").with_columns(raw="raw_kept", byte_offset="byte_kept")
    quarantine = work.snapshot().scan("quarantine", QUARANTINE).select(*QUARANTINE).collect()
    others = quarantine.join(rows, on=place, how="anti", maintain_order="left")
    after = pl.concat([others, back.select(*QUARANTINE)]).sort(place, maintain_order=True)
    work.change("quarantine", quarantine.sort(place, maintain_order=True), after)


def _recount(work: Work, result: FileResult, n_left: int) -> None:
    """Add what was accepted, a duplicate or excluded to the file's counts; the rows read stay as many."""
    if not n_left:
        return
    new = result.file.row(0, named=True)
    files = work.snapshot().scan("files", FILES).select(*FILES).collect()
    is_it = pl.col("file_id") == new["file_id"]
    added = ("rows_accepted", "rows_duplicate", "rows_excluded", "rows_corrected")
    counts = {
        name: pl.when(is_it).then(pl.col(name).fill_null(0) + new[name]).otherwise(name) for name in added
    }
    newest = pl.max_horizontal("newest_at", pl.lit(new["newest_at"], FILES["newest_at"]))
    after = files.with_columns(
        **counts,
        rows_quarantined=pl.when(is_it)
        .then(pl.col("rows_quarantined") - n_left)
        .otherwise("rows_quarantined"),
        newest_at=pl.when(is_it).then(newest).otherwise("newest_at"),
    )
    work.change("files", files, after)
