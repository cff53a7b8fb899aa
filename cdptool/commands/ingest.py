"""`cdptool ingest`: declared files → records, streams and reference tables; every row accounted for."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from cdptool.commands.drift import Drift
from cdptool.commands.expiry import forget_again
from cdptool.commands.grown import count_together, growths, replaced_by
from cdptool.commands.incoming import (
    Folder,
    fewer_than_before,
    found_inputs,
    fresh_inputs,
    outdated_files,
    read_before,
)
from cdptool.commands.known import known_again, known_rows, with_staged
from cdptool.commands.late import correction_findings, late_findings, watermark
from cdptool.commands.piping import spool_stdin
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Say, Session, Settings, open_session
from cdptool.config import Project
from cdptool.errors import CdptoolError, Finding, UsageError
from cdptool.sources import (
    FileResult,
    InputFile,
    Known,
    ReadContext,
    SourceSpec,
    StagedFile,
    mapping_digest,
    mapping_text,
    read_file,
)
from cdptool.sources.outputs import declared_schema
from cdptool.sources.spec import Part
from cdptool.tables import FILES, ISSUES, QUARANTINE, StreamSchema, TableSchema, records_schema
from cdptool.workspace import Transaction

COUNTS = ("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "rows_excluded")
COLUMNS = (
    *("source", "files", "read", "accepted", "duplicate", "quarantined", "excluded"),
    *("corrected", "values set to null", "dialect"),
)


@dataclass(slots=True)
class _Account:
    """What one source brought in this run."""

    source: str
    n_files: int = 0
    n_issues: int = 0
    dialects: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)  # path → digest, for the manifest
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    n_corrected: int = 0
    findings: tuple[Finding, ...] = ()

    def add(self, result: FileResult) -> None:
        self.n_files += 1
        self.dialects.add(str(result.file["dialect"][0]))
        self.digests[str(result.file["path"][0])] = str(result.file["digest"][0])
        self.n_issues += sum(staged.n_rows for staged in result.staged if staged.table == "issues")
        self.n_corrected += int(result.file["rows_corrected"][0])
        for name in COUNTS:
            self.counts[name] += int(result.file[name][0])

    def row(self) -> tuple[str | int, ...]:
        return (
            self.source,
            self.n_files,
            *self.counts.values(),
            self.n_corrected,
            self.n_issues,
            "; ".join(sorted(self.dialects)),
        )


def ingest_files(settings: Settings, names: tuple[str, ...], say: Say, *, dry_run: bool = False) -> Report:
    """Run the command for all sources, or the named ones."""
    with open_session(settings, writes=not dry_run, needs_workspace=False) as session:
        return ingest(session, names, say, dry_run=dry_run)


def ingest(session: Session, names: tuple[str, ...], say: Say, *, dry_run: bool = False) -> Report:
    """
    Read every new file of the sources and commit all of them in one transaction.

    A file whose bytes were read before under the same mapping is left alone.

    Raises:
        UsageError: If a name is not a source of the project.
        SourceError: If a file cannot be read as declared; then nothing of this run is committed.
        CheckFailed: If more rows of a file are quarantined than its source allows; nor then.
    """
    specs = chosen_sources(session.project, names)
    accounts: list[_Account] = []
    with _staging(session, dry_run=dry_run) as (staging, transaction):
        spooled = spool_stdin(specs, staging, is_asked_for=bool(names))
        for spec in specs:
            with session.timed(f"ingest {spec.name}"):
                account = ingest_source(session, spec, Folder(staging, spooled), transaction, say)
            accounts.append(account)
        if transaction is not None:
            total = {name: sum(account.counts[name] for account in accounts) for name in COUNTS}
            inputs = {path: digest for account in accounts for path, digest in account.digests.items()}
            forget_again(session, transaction)
            session.commit(transaction, total, inputs)
    return _report(session, accounts, dry_run=dry_run)


def chosen_sources(project: Project, names: tuple[str, ...]) -> tuple[SourceSpec, ...]:
    known = {spec.name: spec for spec in project.sources}
    unknown = [name for name in names if name not in known]
    if unknown:
        hint = f"the project has: {', '.join(known) or 'none'}"
        raise UsageError(f"there is no source `{unknown[0]}`", hint=hint)
    return tuple(spec for name, spec in known.items() if not names or name in names)


@contextmanager
def _staging(session: Session, *, dry_run: bool) -> Iterator[tuple[Path, Transaction | None]]:
    """Where files are staged: inside the transaction, or in a folder that goes away."""
    if dry_run:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder), None
        return
    with session.workspace.begin(session.manifest("ingest", None, {})) as transaction:
        yield transaction.staging, transaction


def ingest_source(
    session: Session,
    spec: SourceSpec,
    folder: Folder,
    transaction: Transaction | None,
    say: Say,
    *,
    only: Collection[str] | None = None,
) -> _Account:
    """Read the new files of a source, or of those the ones with these digests."""
    project, snapshot, account = session.project, session.snapshot(), _Account(spec.name)
    context = source_context(project, spec)
    target, mapping = context.target, mapping_digest(spec, context)
    found = found_inputs(session, spec, mapping, folder, is_again=only is not None)
    fresh = fresh_inputs(found.inputs, read_before(snapshot, spec, mapping))
    fresh = {digest: file for digest, file in fresh.items() if only is None or digest in only}
    grown = growths(snapshot, spec, mapping, fresh)
    outdated = (
        *outdated_files(snapshot, spec, fresh, None if only is not None else mapping),
        *replaced_by(grown),
    )
    if transaction is not None and outdated:
        _withdraw(transaction, target, outdated)
    known = known_rows(snapshot, spec, target, outdated) if fresh else Known()
    late, late_before = [], watermark(snapshot, spec)
    drift = Drift.since(snapshot, spec.name) if fresh else Drift()
    for digest, file in fresh.items():
        say(file.shown)
        staging = tempfile.mkdtemp(dir=folder.staging)
        one = replace(context, shown_path=file.shown, digest=digest, mapping=mapping, known=known)
        one = replace(one, late_before=late_before)
        growth = grown.get(digest)
        one = replace(one, part=Part(end=file.end)) if growth is None else growth.context(one, file.end)
        if one.part.start:
            now = snapshot if transaction is None else transaction.snapshot()
            one = replace(one, known=known_again(now, spec, one, one.file_id or 0))
        with _placed(file), file.unpacked(staging) as path:
            result = drift.noted(read_file(path, spec, staging, one), file.place.file)
        account.add(result)
        late += late_findings(spec, result, late_before, file.place)
        if transaction is None:
            known = with_staged(known, result, spec, target)
        else:
            _stage(transaction, result, project, target)
            if one.part.start and growth is not None:
                count_together(transaction, growth, result)
            # What was outdated is withdrawn by now; the ids of those files are those of their new rows.
            known = known_rows(transaction.snapshot(), spec, target, ())
    if fresh and transaction is not None:  # what a later mapping is compared with
        transaction.log("mapping", mapping, {"declared": mapping_text(spec, context)})
    if transaction is not None and only is None:
        for entry in found.memories:
            transaction.log(*entry)
    lost = fewer_than_before(snapshot, spec, outdated, account.counts["rows_accepted"])
    corrected = correction_findings(spec, account.n_corrected)
    account.findings = (*drift.findings, *lost, *late, *corrected)
    return account


def source_context(project: Project, spec: SourceSpec) -> ReadContext:
    """What reading a file of the source needs to know, but for the file."""
    target = source_target(project, spec)
    return ReadContext(
        shown_path="",
        digest="",
        mapping="",
        profile_fields=project.fields,
        target=target,
        tz=target.tz if isinstance(target, StreamSchema) else None,
        region=project.region,
        currency=project.currency,
    )


@contextmanager
def _placed(file: InputFile) -> Iterator[None]:
    """Errors name a file from where people stand; the workspace knows it from where the project is."""
    try:
        yield
    except CdptoolError as error:
        findings = [
            replace(one, place=replace(one.place, file=file.place.file))
            if one.place and one.place.file == file.shown
            else one
            for one in error.findings
        ]
        raise type(error)(*findings) from None


def source_target(project: Project, spec: SourceSpec) -> StreamSchema | TableSchema | None:
    """The declared stream or table that the source feeds; None for records."""
    if spec.feeds == "stream":
        return next(stream for stream in project.streams if stream.name == spec.target)
    if spec.feeds == "table":
        return next(table for table in project.tables if table.name == spec.target)
    return None


def _withdraw(
    transaction: Transaction, target: StreamSchema | TableSchema | None, outdated: tuple[int, ...]
) -> None:
    """
    Take back what files brought under an older mapping, so that no row counts twice.

    Records that stream rows made stay: rows of other files may belong to them.
    """
    tables = ("records" if target is None else target.table, "quarantine", "issues", "files", "expired")
    snapshot = transaction.snapshot()
    for table in tables:
        if snapshot.has(table):
            transaction.replace(table, snapshot.scan(table).filter(~pl.col("file_id").is_in(list(outdated))))


def _stage(
    transaction: Transaction, result: FileResult, project: Project, target: StreamSchema | TableSchema | None
) -> None:
    """Hand what one file brought to the transaction."""
    for one in result.staged:
        stage_rows(transaction, one, project, target)
    transaction.append("files", result.file, FILES)


def stage_rows(
    transaction: Transaction, one: StagedFile, project: Project, target: StreamSchema | TableSchema | None
) -> None:
    """Hand one staged table to the transaction."""
    schemas = {
        "records": records_schema(declared_schema(project.fields)),
        "quarantine": QUARANTINE,
        "issues": ISSUES,
    }
    if isinstance(target, TableSchema) and one.table == target.table:
        replace_by_key(transaction, target, Path(one.path))
    else:
        transaction.append(one.table, Path(one.path), schemas.get(one.table))


def replace_by_key(transaction: Transaction, target: TableSchema, path: Path) -> None:
    """A reference table says how things are now: a later file replaces the rows of the same key."""
    new = pl.read_parquet(path)
    old = transaction.snapshot().scan(target.table, new.schema).collect()
    kept = old.join(new, on=target.key, how="anti").select(new.columns)
    transaction.replace(target.table, pl.concat([kept, new]).sort(target.key))


def _report(session: Session, accounts: list[_Account], *, dry_run: bool) -> Report:
    total = {name: sum(account.counts[name] for account in accounts) for name in COUNTS}
    n_files = sum(account.n_files for account in accounts)
    what = "would be read" if dry_run else "read"
    if n_files == 0:
        summary = f"nothing new in {len(accounts)} sources"
    else:
        summary = (
            f"{total['rows_read']:,} rows {what} = {total['rows_accepted']:,} accepted"
            f" + {total['rows_duplicate']:,} duplicate + {total['rows_quarantined']:,} quarantined"
            + (f" + {total['rows_excluded']:,} excluded" if total["rows_excluded"] else "")
        )
    n_corrected = sum(account.n_corrected for account in accounts)
    seldom = {"excluded": total["rows_excluded"], "corrected": n_corrected}
    shown = [i for i, name in enumerate(COLUMNS) if seldom.get(name, 1)]
    rows = tuple(tuple(account.row()[i] for i in shown) for account in accounts if account.n_files)
    columns = tuple(COLUMNS[i] for i in shown)
    return Report(
        verb="ingest",
        summary=summary,
        data={
            "files": n_files,
            **total,
            "rows_corrected": n_corrected,
            "sources": [dict(zip(COLUMNS, account.row(), strict=True)) for account in accounts],
            "dry_run": dry_run,
        },
        grids=(Grid("Ingested", columns, rows),) if rows else (),
        findings=tuple(finding for account in accounts for finding in account.findings),
        timings=tuple(session.timings.items()),
    )
