"""`cdptool retain`: what is older than its `keep_for` leaves the workspace, its history included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

import polars as pl

from cdptool.commands import fit, merge, segment
from cdptool.commands.as_of import AsOf, resolve_as_of
from cdptool.commands.expiry import Expiry
from cdptool.commands.refusals import standing_refusals
from cdptool.commands.report import Grid, Report
from cdptool.commands.rolling import due, rolled_streams
from cdptool.commands.session import Say, Session, Settings, is_done, open_session
from cdptool.commands.unknowns import unknown_before
from cdptool.errors import Finding, Place
from cdptool.rules.windows import length_text
from cdptool.tables import EXPIRED, Schema
from cdptool.workspace import Snapshot, Transaction

VERB = "retain"
COLUMNS = ("source", "keep_for", "older than", "table", "rows")


def retain_data(settings: Settings, say: Say, *, dry_run: bool = False) -> Report:
    """Run the command: who is who, what is too old, who is who without it, and the old snapshots."""
    with open_session(settings, writes=not dry_run) as session:
        as_of = resolve_as_of(session.project, session.snapshot(), settings.as_of, session.now)
        if dry_run:
            return retain(session, as_of, dry_run=True)
        _merge(session, say)
        say(VERB)
        report = retain(session, as_of)
        if report.data["rows"] or report.data["rolled"]:
            _merge(session, say)
            if session.project.models and session.snapshot().has(fit.FIGURES):
                say("fit")
                fit.fit(session, as_of)
            if session.project.rules is not None and session.snapshot().has("traits"):
                say("segment")
                segment.segment(session, as_of, unknown=unknown_before(session))
        return _with(report, purge(session))


def is_declared(session: Session) -> bool:
    """Whether any source says how long it is kept, or any stream how."""
    return bool(_lengths(session) or rolled_streams(session))


def retain(session: Session, as_of: AsOf, *, dry_run: bool = False) -> Report:
    """
    Take out what is older than its source's `keep_for` before the moment, and commit.

    A moment beyond the clock counts as now, so that a slip in `--as-of` erases nothing early. Merge first: whose
    a refusal is, is known from the last merge.
    """
    moment = min(as_of.moment, session.now)
    lengths = _lengths(session)
    cutoffs = {name: moment - timedelta(seconds=seconds) for name, seconds in lengths.items()}
    snapshot = session.snapshot()
    expiry = Expiry(session, snapshot, cutoffs, standing_refusals(session, snapshot, moment))
    with session.timed(VERB):
        if dry_run:
            expiry.sweep(cast(Transaction, _Pretended(snapshot)))
            rolled = due(session, snapshot, moment)
        else:
            expiry.roll = moment
            _commit(session, expiry, as_of)
            rolled = {each["table"][0].removeprefix("stream_"): each.height for each in expiry.counted}
    return _report(session, expiry, lengths, rolled, dry_run=dry_run)


def purge(session: Session) -> tuple[Finding, ...]:
    """Drop the snapshots that still hold what left; a warning where another process keeps them for now."""
    kept = session.workspace.history()
    if len(kept) < 2 or all(one.verb != VERB for one in kept):
        return ()
    if not session.workspace.gc(1).is_postponed:
        return ()
    problem = "another process reads the workspace: the snapshots that hold what left are kept for now"
    hint = "the next `cdptool run` drops them"
    return (Finding(problem, Place(session.shown(session.project.workspace)), hint, "warning"),)


def _lengths(session: Session) -> dict[str, int]:
    """How long each source is kept, in seconds; a reference table says how things are now, and has no age."""
    return {
        spec.name: spec.keep_for_seconds
        for spec in session.project.sources
        if spec.keep_for_seconds is not None and spec.feeds != "table"
    }


def _commit(session: Session, expiry: Expiry, as_of: AsOf) -> None:
    with session.workspace.begin(session.manifest(VERB, as_of.moment, {})) as transaction:
        expiry.sweep(transaction)
        if expiry.rows or expiry.counted or expiry.n_reduced:
            counts = expiry.counts()
            by_name = {f"{source} {table}": rows for source, table, rows in counts.iter_rows()}
            transaction.log(VERB, as_of.moment.isoformat(), {"left": by_name, "reduced": expiry.n_reduced})
            inputs = {name: expiry.snapshot.digest(name) for name in expiry.snapshot.tables}
            session.commit(transaction, by_name, inputs)
        else:
            transaction.abort("done")  # nothing is too old: no change, and no failure either


def _merge(session: Session, say: Say) -> None:
    if session.project.merge is None or is_done(session, "merge", merge.fingerprint_of(session)):
        return
    say("merge")
    merge.merge(session)


def _with(report: Report, findings: tuple[Finding, ...]) -> Report:
    return replace(report, findings=(*report.findings, *findings))


class _Pretended:
    """What a transaction would leave, for a dry run: tables with filters, nothing written."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._keeps: dict[str, list[Callable[[pl.LazyFrame], pl.LazyFrame]]] = {}

    def snapshot(self) -> _Pretended:
        return self

    def has(self, table: str) -> bool:
        return self._snapshot.has(table)

    def scan(self, table: str, schema: Schema | None = None) -> pl.LazyFrame:
        rows = self._snapshot.scan(table, schema)
        for keep in self._keeps.get(table, ()):
            rows = keep(rows)
        return rows

    def keep_only(self, table: str, keep: Callable[[pl.LazyFrame], pl.LazyFrame]) -> int:
        before = int(self.scan(table).select(pl.len()).collect().item())
        self._keeps.setdefault(table, []).append(keep)
        return before - int(self.scan(table).select(pl.len()).collect().item())

    def append(self, table: str, rows: pl.DataFrame, schema: Schema) -> None:
        """Rows that would be added are not looked at again."""

    def replace(self, table: str, rows: pl.DataFrame, schema: Schema) -> None:
        """Nor is what would be remembered."""


def _report(
    session: Session, expiry: Expiry, lengths: Mapping[str, int], rolled: Mapping[str, int], *, dry_run: bool
) -> Report:
    counts = expiry.counts()
    rows = tuple(
        (
            source,
            length_text(lengths[source]),
            f"{expiry.cutoffs[source]:%Y-%m-%d %H:%M} UTC",
            table.removeprefix("stream_"),
            n,
        )
        for source, table, n in counts.iter_rows()
    )
    total = int(counts["rows"].sum())
    what = "would leave" if dry_run else "left"
    summary = (
        f"{total:,} rows {what}: they are older than their `keep_for`" if total else "nothing is too old"
    )
    if expiry.n_outliving or expiry.n_reduced:
        summary += (
            f"; {expiry.n_outliving:,} refusals outlive it, and of {expiry.n_reduced:,} records"
            " of who refused only what tells who it is"
        )
    if rolled:
        told = ", ".join(f"{n:,} of `{name}`" for name, n in rolled.items())
        summary = (
            f"{summary}; " if total else ""
        ) + f"rows {'would become' if dry_run else 'became'} signals: {told}"
    timeless = _without_time(session, expiry.snapshot, lengths)
    return Report(
        verb=VERB,
        summary=summary,
        data={
            "rows": total,
            "outliving": expiry.n_outliving,
            "reduced": expiry.n_reduced,
            "rolled": dict(rolled),
            "sources": [dict(zip(("source", "table", "rows"), row, strict=True)) for row in counts.rows()],
            "older_than": {name: at.isoformat() for name, at in expiry.cutoffs.items()},
            "expired": _expired(expiry.snapshot if dry_run else session.snapshot()),
            "dry_run": dry_run,
        },
        grids=(Grid("Too old", COLUMNS, rows),) if rows else (),
        findings=timeless,
        timings=tuple(session.timings.items()),
    )


def _expired(snapshot: Snapshot) -> int:
    """How many rows have left in all."""
    return int(snapshot.scan("expired", EXPIRED).select(pl.col("rows").sum()).collect().item() or 0)


def _without_time(session: Session, snapshot: Snapshot, lengths: Mapping[str, int]) -> tuple[Finding, ...]:
    """Tell how many rows of a source that is to be forgotten have no time: their age is not known."""
    found = []
    for spec in session.project.sources:
        if spec.name not in lengths:
            continue
        table, at = ("records", "observed_at") if spec.feeds == "records" else (f"stream_{spec.target}", "at")
        if not snapshot.has(table):
            continue
        rows = snapshot.scan(table).filter((pl.col("source") == spec.name) & pl.col(at).is_null())
        n = int(rows.select(pl.len()).collect().item())
        if n:
            problem = (
                f"{n:,} rows of source `{spec.name}` have no time, so `keep_for` cannot be asked of them"
            )
            found.append(Finding(problem, spec.place, "they stay; declare `at:` with a time", "warning"))
    return tuple(found)
