"""`cdptool status`: what is in the workspace, how fresh each source is, and what ran."""

from __future__ import annotations

import polars as pl

from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings, open_session
from cdptool.tables import FILES
from cdptool.workspace import Snapshot

SOURCE = ("source", "files", "read", "accepted", "duplicate", "quarantined", "excluded", "newest")
_EXCLUDED = SOURCE.index("excluded")


def show_status(settings: Settings) -> Report:
    """Read only: nothing is created or changed."""
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        tables = tuple((name, snapshot.rows(name), len(snapshot.files(name))) for name in snapshot.tables)
        sources = _sources(snapshot)
        runs = tuple(
            (f"{run.started_at:%Y-%m-%d %H:%M:%S}", run.verb, run.outcome, run.run_id)
            for run in session.workspace.runs(limit=10)
        )
    n_rows = sum(rows for _, rows, _ in tables)
    return Report(
        verb="status",
        summary=f"snapshot {snapshot.number}: {len(tables)} tables, {n_rows:,} rows",
        data={
            "snapshot": snapshot.number,
            "tables": [dict(zip(("table", "rows", "files"), row, strict=True)) for row in tables],
            "sources": [dict(zip(SOURCE, row, strict=True)) for row in sources],
            "runs": [
                dict(zip(("started_at", "verb", "outcome", "run_id"), row, strict=True)) for row in runs
            ],
        },
        grids=(
            _source_grid(sources),
            Grid("Tables", ("table", "rows", "files"), tables),
            Grid("Latest runs (UTC)", ("started_at", "verb", "outcome", "run_id"), runs),
        ),
        is_answer=True,
    )


def _source_grid(sources: tuple[tuple[str | int | None, ...], ...]) -> Grid:
    """The accounts of the sources; `excluded` only where rows are."""
    if any(row[_EXCLUDED] for row in sources):
        return Grid("Sources", SOURCE, sources)
    rows = tuple(row[:_EXCLUDED] + row[_EXCLUDED + 1 :] for row in sources)
    return Grid("Sources", SOURCE[:_EXCLUDED] + SOURCE[_EXCLUDED + 1 :], rows)


def _sources(snapshot: Snapshot) -> tuple[tuple[str | int | None, ...], ...]:
    """The accounts of each source: its files, its rows, the newest time it speaks of."""
    counts = ("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "rows_excluded")
    by_source = (
        snapshot.scan("files", FILES)
        .group_by("source")
        .agg(
            pl.len(),
            *(pl.col(name).sum() for name in counts),
            pl.col("newest_at").max().dt.to_string("%Y-%m-%d %H:%M"),
        )
        .sort("source")
        .collect()
    )
    return tuple(by_source.rows())
