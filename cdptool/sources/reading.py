"""
One declared file becomes staged Parquet files: read, map, identify, account, in one pass over its blocks.

Memory is bounded whatever the file's size: blocks stream into the staging file, and what must be known of every
row goes to disk. Where the end of the file shows that rows were seen twice, the staged file is written once more without
them. Every row read is accepted, a duplicate or quarantined; where that does not add up, the run stops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cdptool.errors import Place
from cdptool.ids import hash63
from cdptool.sources.accounting import Accounts, AccountsAgain, Settlement
from cdptool.sources.blocks import OpenedSource, open_source
from cdptool.sources.csv_blocks import BLOCK
from cdptool.sources.footer_rows import FooterRows
from cdptool.sources.ids import (
    copy_ids,
    copy_keys,
    key_checks,
    minimal_records,
    record_ids,
    record_rows,
    stream_rows,
    table_rows,
)
from cdptool.sources.judging import QuarantinedRows
from cdptool.sources.mapping import AT, WHO, Mapper, needed_columns
from cdptool.sources.outputs import main_schema, main_table, records_schema
from cdptool.sources.seen_records import SeenRecords, once_each
from cdptool.sources.set_aside import SetAside, rejected_rows
from cdptool.sources.spec import FileResult, Known, ReadContext, SourceSpec, StagedFile
from cdptool.sources.staging import Spool, discard, disk_of, read_in_order, write_streaming
from cdptool.tables import FILES, ISSUES, TableSchema


def read_file(
    path: str, spec: SourceSpec, staging: str, context: ReadContext, *, block: int = BLOCK
) -> FileResult:
    """
    Read one declared file into the staging folder.

    Args:
        path: Where the file is.
        spec: What its source declares.
        staging: An existing folder for Parquet files; the caller commits them.
        context: The project's defaults and schemas, and what earlier files of the source have brought.
        block: About how many bytes of text are handled at once; never changes the result.

    Returns:
        The file's row for `files` and the staged files: the table that the source feeds, `records` of a stream
        (one per distinct identifier set not in `context.known`), `quarantine` and `issues`. Tables without
        rows are not staged.

    Raises:
        SourceError: The file is missing, unreadable or not as declared, or more rows are quarantined than is
            usual. Nothing is left in the staging folder then.
        CheckFailed: More rows are quarantined than the source's own `max_quarantined` allows.
    """
    return _run(_FileReading(path, spec, staging, context, block))


def read_again(source: OpenedSource, spec: SourceSpec, staging: str, context: ReadContext) -> FileResult:
    """
    Read some rows of a file once more, from what was kept of them.

    Args:
        source: The rows, under the provenance that they had; its `blocks` can be asked for twice.
        spec: What their source declares today.
        staging: As for `read_file`.
        context: As for `read_file`, with the digest of their file; `known.earlier` are the rows that it has
            brought already.

    Returns:
        As `read_file`, for these rows alone. However many are quarantined, none is refused.
    """
    return _run(_FileReading("", spec, staging, context, BLOCK, source))


def _run(reading: _FileReading) -> FileResult:
    with disk_of(reading.staging):
        try:
            return reading.run()
        except BaseException:
            discard(reading.staging, reading.stem)
            raise


class _FileReading:
    """The reading of one file: what is counted and gathered while its blocks stream past."""

    def __init__(
        self,
        path: str,
        spec: SourceSpec,
        staging: str,
        context: ReadContext,
        block: int,
        source: OpenedSource | None = None,
    ) -> None:
        self._path, self._spec, self._context, self._block = path, spec, context, block
        self._is_again, self.staging = source is not None, staging
        self._place = Place(context.shown_path)
        made = pl.select(hash63("file", spec.name, context.digest)).item()
        self._file_id = int(made) if context.file_id is None else context.file_id
        self.stem = f"{spec.name}-{self._file_id:016x}"
        self._base = str(Path(staging) / self.stem)
        self._source = source or self._opened()
        self._mapper = Mapper(
            spec,
            context,
            self._source.raw_form,
            is_mixed=self._source.is_mixed,
        )
        self._footer = FooterRows(spec, self._mapper, self._source.raw_form)
        self._table = main_table(spec, context)
        self._schema = main_schema(spec, context)
        accounts = Accounts if source is None and not context.part.start else AccountsAgain
        self._accounts = accounts(spec, self._place, staging)
        self._seen = SeenRecords()
        self._aside = SetAside(spec, self._file_id, f"{self._base}-quarantine")
        self._issues = Spool("issues", ISSUES, f"{self._base}-issues")
        self._records = Spool("records", records_schema(context), f"{self._base}-records")
        self._n_read = self._n_excluded = self._n_blank = self._n_corrected = self._n_late = 0
        self._newest: Any = None

    def _opened(self) -> OpenedSource:
        wanted = tuple(sorted(needed_columns(self._spec)))
        dialect, part = self._spec.dialect, self._context.part
        source = open_source(self._path, dialect, self._place, block=self._block, wanted=wanted, part=part)
        if self._spec.query is None:
            return source
        return replace(source, notes=("query", *source.notes[1:]), is_typed=False)  # all its values are texts

    def run(self) -> FileResult:
        staged = f"{self._base}-0.parquet"
        write_streaming(self._frames(), self._schema, staged)
        settlement = self._accounts.settle(self._known())
        self._n_corrected = settlement.n_corrected
        n_duplicate = 0
        if not settlement.is_final:
            final = f"{self._base}-1.parquet"
            n_duplicate = (
                int(np.count_nonzero(settlement.is_duplicate)) if settlement.is_duplicate is not None else 0
            )
            write_streaming(self._settled(staged, settlement), self._schema, final)
            Path(staged).unlink()
            staged = final
        n_quarantined = self._aside.n_rows
        n_accepted = int(pl.scan_parquet(staged).select(pl.len()).collect().item())
        if self._n_read != n_accepted + n_duplicate + n_quarantined + self._n_excluded:
            raise AssertionError(
                f"{self._place}: {self._n_read} rows read, but {n_accepted} accepted + {n_duplicate} duplicate"
                f" + {n_quarantined} quarantined + {self._n_excluded} excluded"
            )
        if not self._is_again:
            self._aside.refuse_too_many(self._place, self._context.part, self._n_read)
        first_late = self._count_late(staged)
        main = (StagedFile(self._table, staged, n_accepted),) if n_accepted else ()
        if not n_accepted:
            Path(staged).unlink()
        side = (*self._close_records(), *self._aside.close(), *self._issues.close())
        return FileResult(
            self._file_row(n_accepted, n_duplicate, n_quarantined),
            (*main, *side),
            self._source.notes,
            self._aside.rules,
            first_late,
        )

    def _count_late(self, staged: str) -> int | None:
        """Count the accepted rows that should have come before; the first of them."""
        if self._context.late_before is None:
            return None
        at = pl.col("observed_at" if self._spec.feeds == "records" else "at")
        late = pl.scan_parquet(staged).filter(at < self._context.late_before)
        first: int | None
        self._n_late, first = late.select(pl.len(), pl.col("row").min()).collect().row(0)
        return first

    def _known(self) -> Known:
        """What earlier files have brought; the rows of a table get their ids here, where the mapping is known."""
        known, target = self._context.known, self._context.target
        if known.table is None or not isinstance(target, TableSchema):
            return known
        rows = table_rows(known.table.collect(), self._spec, self._mapper.filled, target.key)
        return replace(known, rows=rows.lazy().select(pl.col("key_id").alias("id"), "content"))

    def _frames(self) -> Iterator[pl.DataFrame]:
        for block in self._source.blocks(self._mapper.needed):
            self._n_blank += block.n_blank
            self._n_read += len(block.lines) + len(block.rejected)
            self._aside.add(rejected_rows(block))
            if not len(block.lines):
                continue
            chosen = self._mapper.chosen(block.frame, block.lines, block.raw)
            self._n_read += chosen.n_rows - len(block.lines)
            self._n_excluded += chosen.n_excluded
            if not len(chosen.lines):
                continue
            typed = self._mapper.read(chosen.frame, chosen.lines, chosen.raw)
            self._aside.add(typed.quarantined)
            if typed.issues.height:
                self._issues.add(
                    typed.issues.with_columns(file_id=self._file_id, source=pl.lit(self._spec.name))
                )
            if typed.rows.height:
                self._footer.see(typed.rows)
                yield self._identified(typed.rows)
        in_footer = self._footer.found(self._source.footer)
        self._n_read += len(in_footer.rows)
        self._aside.add(in_footer)

    def _identified(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with their ids, taken into account, in the columns of their table."""
        spec, filled = self._spec, self._mapper.filled
        checks = key_checks(rows, spec)
        has_time = (
            AT in rows.columns and spec.feeds != "table"
        )  # a table's own `at` is a column like any other
        newest = rows[AT].max() if has_time else None
        self._newest = max((t for t in (self._newest, newest) if t is not None), default=None)
        if spec.feeds == "records":
            rows, id_name = record_rows(rows, spec, filled), "record_id"
        elif spec.feeds == "stream":
            rows, id_name = stream_rows(rows, spec, filled), "event_id"
            self._keep_records(rows)
        else:
            assert isinstance(self._context.target, TableSchema)
            rows, id_name = table_rows(rows, spec, filled, self._context.target.key), "key_id"
        self._accounts.add(rows[id_name], rows["content"], checks)
        rows = rows.with_columns(source=pl.lit(spec.name), file_id=pl.lit(self._file_id, pl.Int64))
        return rows.select(*self._schema)

    def _keep_records(self, rows: pl.DataFrame) -> None:
        if not self._spec.identifiers:
            return
        who = [WHO + identifier.name for identifier in self._spec.identifiers]
        fresh = self._seen.fresh(rows.select("record_id", "row", *who))
        if fresh.height:
            records = minimal_records(fresh, self._spec)
            wanted = records_schema(self._context)
            nulls = {n: pl.lit(None, dtype) for n, dtype in wanted.items() if n not in records.columns}
            self._records.add(
                records.with_columns(**nulls).with_columns(
                    source=pl.lit(self._spec.name), file_id=pl.lit(self._file_id, pl.Int64)
                )
            )

    def _close_records(self) -> tuple[StagedFile, ...]:
        """The staged records, each once and none that was there before."""
        staged, known = self._records.close(), self._context.known.record_ids
        brings_known = known is not None and not known.head(1).collect().is_empty()
        if not staged or not (brings_known or self._seen.has_forgotten):
            return staged
        once = Spool("records", records_schema(self._context), f"{self._base}-records-once")
        for frame in once_each(pl.scan_parquet([one.path for one in staged]), known):
            once.add(frame)
        for one in staged:
            Path(one.path).unlink()
        return once.close()

    def _settled(self, staged: str, settlement: Settlement) -> Iterator[pl.DataFrame]:
        """The staged rows without those seen before, and with the ids of further copies."""
        offset = 0
        for frame in read_in_order(staged):
            part = slice(offset, offset + frame.height)
            copies = settlement.copies_in(offset, frame.height)
            offset += frame.height
            if copies is not None:
                frame = self._copied(frame, copies)
            keep = np.ones(frame.height, np.bool_)
            if settlement.is_duplicate is not None:
                keep &= ~settlement.is_duplicate[part]
            if settlement.is_conflict is not None:
                conflicts = np.flatnonzero(settlement.is_conflict[part])
                self._aside.add(self._conflicting(frame, conflicts))
                keep &= ~settlement.is_conflict[part]
            yield frame.filter(pl.Series(keep))

    def _copied(self, frame: pl.DataFrame, copies: pl.Series) -> pl.DataFrame:
        if self._spec.feeds == "stream":
            return frame.with_columns(copy_ids(frame["content"], copies).alias("event_id"))
        keys = copy_keys(frame["content"], copies)
        return frame.with_columns(keys, record_ids(keys, self._spec))

    def _conflicting(
        self, frame: pl.DataFrame, at: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> QuarantinedRows:
        target, n = self._context.target, len(at)
        column, reason = ", ".join(self._spec.key), "the key of an earlier row, with other content"
        if isinstance(target, TableSchema):
            column = next((m.column for m in self._spec.columns if m.name == target.key), None) or target.key
            reason = "the same key with other content"
        rows = frame["row"].gather(at)
        return QuarantinedRows(rows.to_list(), [column] * n, ["key"] * n, [reason] * n, self._raws(rows))

    def _raws(self, rows: pl.Series) -> list[bytes]:
        """The raw records of these rows: few, and known only now, so the file is read once more for them."""
        wanted, raw = rows.to_numpy(), self._source.raw_form
        found: dict[int, bytes] = {}
        for block in (self._source if self._is_again else self._opened()).blocks(self._mapper.needed):
            at = np.flatnonzero(np.isin(block.lines, wanted))
            raws = raw.write(block.frame, at) if block.raw is None else map(block.raw, at.tolist())
            found.update(zip(block.lines[at].tolist(), raws, strict=True))
        return [found[row] for row in rows]

    def _file_row(self, n_accepted: int, n_duplicate: int, n_quarantined: int) -> pl.DataFrame:
        values = {
            "file_id": self._file_id,
            "source": self._spec.name,
            "path": self._context.shown_path,
            "digest": self._context.digest,
            "bytes": self._size(),
            "mapping": self._context.mapping,
            "dialect": ", ".join(self._source.notes),
            "rows_read": self._n_read,
            "rows_accepted": n_accepted,
            "rows_duplicate": n_duplicate,
            "rows_quarantined": n_quarantined,
            "rows_excluded": self._n_excluded,
            "rows_corrected": self._n_corrected,
            "rows_late": self._n_late,
            "blank_lines": self._n_blank,
            "newest_at": self._newest,
            "raw_form": self._source.raw_form.to_text(),
        }
        return pl.DataFrame([values], schema=FILES)

    def _size(self) -> int:
        """How many bytes of the file are read by now."""
        if self._context.part.end is not None:
            return self._context.part.end
        return Path(self._path).stat().st_size if self._path else 0
