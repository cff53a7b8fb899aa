"""
`cdptool quarantine retry`: quarantined rows read once more, under today's mapping or as people mended them.

A row that is good now is accepted under the file and line where it stood, with the ids it would have had at once,
and its file's counts move with it. Where the mapping changed in a way that may touch rows that were accepted, the
file itself is read again; where it is gone, only its quarantined rows are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from cdptool.commands.expiry import forget_again
from cdptool.commands.incoming import Folder
from cdptool.commands.ingest import (
    chosen_sources,
    ingest_source,
    source_context,
)
from cdptool.commands.known import known_again
from cdptool.commands.mended_rows import Given, read_given
from cdptool.commands.report import Grid, Report
from cdptool.commands.retried_rows import Work, move_rows
from cdptool.commands.session import Say, Session, Settings, open_session
from cdptool.errors import Finding, Place, SourceError
from cdptool.sources import (
    FileResult,
    ReadContext,
    SourceSpec,
    expand,
    file_digest,
    mapping_digest,
    mapping_text,
)
from cdptool.sources.csv_records import RAW_LIMIT
from cdptool.sources.mending import mapping_change
from cdptool.sources.raw import RawForm
from cdptool.sources.reading import read_again
from cdptool.sources.retrying import quarantined_source
from cdptool.tables import FILES, ISSUES, MENDED, QUARANTINE

COLUMNS: Final = ("source", "retried", "accepted", "duplicate", "excluded", "still quarantined", "read again")


@dataclass(slots=True)
class _Account:
    """What became of the rows of one source."""

    source: str
    n_retried: int = 0
    n_accepted: int = 0
    n_duplicate: int = 0
    n_excluded: int = 0
    n_quarantined: int = 0
    n_read_again: int = 0  # files
    findings: tuple[Finding, ...] = ()

    def add(self, result: FileResult, n_retried: int) -> None:
        """Count what reading some rows of a file gave."""
        self.n_retried += n_retried
        self.n_accepted += int(result.file["rows_accepted"][0])
        self.n_duplicate += int(result.file["rows_duplicate"][0])
        self.n_excluded += int(result.file["rows_excluded"][0])
        self.n_quarantined += int(result.file["rows_quarantined"][0])

    def row(self) -> tuple[str | int, ...]:
        """As shown to people, by COLUMNS."""
        counts = (self.n_retried, self.n_accepted, self.n_duplicate, self.n_excluded, self.n_quarantined)
        return (self.source, *counts, self.n_read_again)


def retry_rows(
    settings: Settings, names: tuple[str, ...], say: Say, *, mended: Path | None = None, dry_run: bool = False
) -> Report:
    """
    Run the command for all sources, or the named ones.

    Args:
        settings: Where the project is.
        names: Sources; none = all.
        say: Is told which source is being read.
        mended: A file that `quarantine show --export` wrote and somebody mended; only its rows are retried then.
        dry_run: Only count.

    Raises:
        UsageError: If a name is not a source of the project.
        SourceError: If the mended file is not one, or a file that must be read again cannot be.
    """
    with open_session(settings, writes=not dry_run) as session:
        specs = chosen_sources(session.project, names)
        given = None if mended is None else read_given(session, specs, mended)
        accounts = []
        with _working(session, dry_run=dry_run) as work:
            for spec in specs:
                if given is not None and spec.name != given.source:
                    continue
                say(spec.name)
                with session.timed(f"retry {spec.name}"):
                    accounts.append(_retry_source(work, spec, given, say))
            if work.transaction is not None:
                inputs = {} if mended is None else {mended.name: file_digest(str(mended))}
                forget_again(session, work.transaction)
                session.commit(work.transaction, _totals(accounts), inputs)
    return _report(session, accounts, given, dry_run=dry_run)


@contextmanager
def _working(session: Session, *, dry_run: bool) -> Iterator[Work]:
    if dry_run:
        with tempfile.TemporaryDirectory() as folder:
            yield Work(session, Path(folder), None)
        return
    with session.workspace.begin(session.manifest("quarantine retry", None, {})) as transaction:
        yield Work(session, transaction.staging, transaction)


def _retry_source(work: Work, spec: SourceSpec, given: Given | None, say: Say) -> _Account:
    account = _Account(spec.name)
    context = source_context(work.session.project, spec)
    mapping = mapping_digest(spec, context)
    changes = _changes(work, spec, context) if given is None else {}
    is_wide = "wide" in changes.values()
    if is_wide:
        _read_again(work, spec, account, say)
        account.findings = _gone(work, spec, mapping)
    else:
        _take_over(
            work, spec, mapping, [file_id for file_id, change in changes.items() if change == "narrow"]
        )
    if spec.unpivot is not None or (account.n_read_again and work.transaction is None):
        return account  # a line is several rows there: only reading the file again keeps them apart
    quarantine = (
        work.snapshot().scan("quarantine", QUARANTINE).filter(pl.col("source") == spec.name).collect()
    )
    files = work.snapshot().scan("files", FILES).filter(pl.col("source") == spec.name).collect()
    for file in files.sort("path", "file_id").iter_rows(named=True):
        rows = _rows_to_read(work, quarantine.filter(pl.col("file_id") == file["file_id"]), given)
        if is_wide and file["mapping"] == mapping:  # judged under today's mapping a moment ago
            rows = rows.filter("is_mended")
        if rows.is_empty():
            continue
        if file["raw_form"] is None:
            account.findings += (_without_form(work, file["path"], rows.height),)
            continue
        one = replace(context, shown_path=file["path"], digest=file["digest"], mapping=file["mapping"])
        one = replace(one, file_id=file["file_id"])
        result = _read(
            work,
            spec,
            replace(one, known=known_again(work.snapshot(), spec, one, file["file_id"])),
            rows,
            file,
        )
        account.add(result, rows.height)
        if work.transaction is not None:
            move_rows(work, work.transaction, result, rows, context.target)
    return account


def _changes(work: Work, spec: SourceSpec, context: ReadContext) -> dict[int, str]:
    """What the change of the mapping since each file was read may touch."""
    today = mapping_text(spec, context)
    told = {entry.key: str(entry.payload["declared"]) for entry in work.session.workspace.logs("mapping")}
    told[mapping_digest(spec, context)] = today
    snapshot = work.snapshot()
    is_mine = pl.col("source") == spec.name
    files = snapshot.scan("files", FILES).filter(is_mine).select("file_id", "mapping").collect()
    issues = snapshot.scan("issues", ISSUES).filter(is_mine).select("column").unique().collect()
    flawed = set(issues["column"])
    return {
        file_id: "wide" if mapping not in told else mapping_change(told[mapping], today, flawed)
        for file_id, mapping in files.iter_rows()
    }


def _read_again(work: Work, spec: SourceSpec, account: _Account, say: Say) -> None:
    """Read the files of the source that are still there, as ingest would after a change of the mapping."""
    files = work.session.snapshot().scan("files", FILES).filter(pl.col("source") == spec.name)
    digests = set(files.select("digest").collect()["digest"])
    try:
        expand(spec, str(work.session.project.root))
    except SourceError:
        return  # no file is there any more
    read = ingest_source(work.session, spec, Folder(work.staging, None), work.transaction, say, only=digests)
    account.n_read_again = read.n_files


def _gone(work: Work, spec: SourceSpec, mapping: str) -> tuple[Finding, ...]:
    """Tell of files that could not be read again: their accepted rows are as an older mapping reads them."""
    if work.transaction is None:
        return ()
    files = work.snapshot().scan("files", FILES).filter(pl.col("source") == spec.name).collect()
    gone = files.filter(pl.col("mapping") != mapping).sort("path")
    if gone.is_empty():
        return ()
    n = gone.height
    problem = (
        f"the file is gone (of `{spec.name}` {n:,}): only its quarantined rows are read under the new mapping"
    )
    return (Finding(problem, Place(work.session.shown(gone["path"][0])), None, "warning"),)


def _without_form(work: Work, path: str, n_rows: int) -> Finding:
    """Tell of rows that an older version set aside: it did not keep how they are written."""
    rows, are = ("row", "is") if n_rows == 1 else ("rows", "are")
    problem = f"{n_rows:,} {rows} {are} left in quarantine: an older cdptool read the file and did not keep its columns"
    hint = "correct the file itself, or a line of its mapping, and run `cdptool ingest`: it is read as a whole then"
    return Finding(problem, Place(work.session.shown(path)), hint, "warning")


def _take_over(work: Work, spec: SourceSpec, mapping: str, file_ids: list[int]) -> None:
    """Note that the accepted rows of these files are as today's mapping reads them."""
    if not file_ids or work.transaction is None:
        return
    files = work.snapshot().scan("files", FILES).collect()
    is_meant = pl.col("file_id").is_in(file_ids)
    work.change(
        "files",
        files,
        files.with_columns(mapping=pl.when(is_meant).then(pl.lit(mapping)).otherwise("mapping")),
    )
    text = mapping_text(spec, source_context(work.session.project, spec))
    work.transaction.log("mapping", mapping, {"declared": text})


def _rows_to_read(work: Work, quarantined: pl.DataFrame, given: Given | None) -> pl.DataFrame:
    """The rows of one file to retry: `row`, `raw` as mended or as it stood, `is_mended`, and what quarantine says."""
    held = quarantined.filter(pl.col("raw").bin.size() < RAW_LIMIT)
    place = ["file_id", "row"]
    mended = work.snapshot().scan("mended", MENDED).select(*place, "raw").collect()
    if given is not None:
        held = held.join(given.rows, on=place, how="semi", maintain_order="left")
        mended = given.rows
    mended = mended.unique(place, keep="last", maintain_order=True).rename({"raw": "raw_mended"})
    rows = held.join(mended, on=place, how="left", maintain_order="left")
    return rows.with_columns(
        raw_kept=pl.col("raw"),
        raw=pl.coalesce("raw_mended", "raw"),
        is_mended=pl.col("raw_mended").is_not_null(),
    ).drop("raw_mended")


def _read(
    work: Work, spec: SourceSpec, context: ReadContext, rows: pl.DataFrame, file: dict[str, Any]
) -> FileResult:
    folder = Path(tempfile.mkdtemp(dir=work.staging))
    source = quarantined_source(rows.select("row", "raw"), RawForm.from_text(file["raw_form"]), spec)
    return read_again(source, spec, str(folder), context)


def _totals(accounts: list[_Account]) -> dict[str, int]:
    return {
        "rows_retried": sum(one.n_retried for one in accounts),
        "rows_accepted": sum(one.n_accepted for one in accounts),
        "rows_duplicate": sum(one.n_duplicate for one in accounts),
        "rows_excluded": sum(one.n_excluded for one in accounts),
        "rows_quarantined": sum(one.n_quarantined for one in accounts),
        "files_read_again": sum(one.n_read_again for one in accounts),
    }


def _report(session: Session, accounts: list[_Account], given: Given | None, *, dry_run: bool) -> Report:
    total = _totals(accounts)
    shown = tuple(one.row() for one in accounts if one.n_retried or one.n_read_again)
    would = "would be " if dry_run else ""
    summary = (
        f"{total['rows_retried']:,} row{'s' * (total['rows_retried'] != 1)} {would}retried = {total['rows_accepted']:,} accepted"
        f" + {total['rows_duplicate']:,} duplicate + {total['rows_quarantined']:,} still quarantined"
        + (f" + {total['rows_excluded']:,} excluded by `only`" if total["rows_excluded"] else "")
    )
    if total["files_read_again"]:
        summary += (
            f"; the mapping changed for other rows too: {total['files_read_again']} files {would}read again"
        )
    return Report(
        verb="quarantine retry",
        summary=summary if shown else "no row in quarantine to retry",
        data={
            **total,
            "sources": [dict(zip(COLUMNS, row, strict=True)) for row in shown],
            "dry_run": dry_run,
        },
        grids=(Grid("Retried", COLUMNS, shown),) if shown else (),
        findings=(() if given is None else given.findings)
        + tuple(f for one in accounts for f in one.findings),
        timings=tuple(session.timings.items()),
    )
