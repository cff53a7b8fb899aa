"""What ran: the manifest of a run and the small logs it leaves, as rows of the catalog."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RunInfo:
    """
    The manifest of one command: what it read, under which configuration, and what came out.

    Times are aware and given by the caller: the workspace puts no time into a manifest itself. `outcome`
    is `running` until the run ends as `done` or `failed`; one that ended in neither is shown as
    `interrupted`.
    """

    run_id: str
    verb: str
    started_at: datetime
    as_of: datetime | None = None
    config_digest: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)  # path or table → digest
    counts: Mapping[str, int] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)  # step → seconds
    versions: Mapping[str, str] = field(default_factory=dict)
    ended_at: datetime | None = None
    outcome: str = "running"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a small log: its kind and key, the run that wrote it, and what it says."""

    kind: str
    key: str
    run_id: str
    payload: Mapping[str, Any]
    at: datetime  # when the run that wrote it ended


def time_text(at: datetime) -> str:
    """
    A moment as the catalog stores it: UTC, microseconds, sortable as text.

    >>> time_text(datetime(2026, 1, 10, tzinfo=UTC))
    '2026-01-10T00:00:00.000000+00:00'
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def store_run(db: sqlite3.Connection, run: RunInfo) -> int:
    """Write the manifest, over an earlier one of the same run and verb; gives the row's id."""
    manifest = {
        "as_of": time_text(run.as_of) if run.as_of else None,
        "config_digest": run.config_digest,
        "inputs": dict(run.inputs),
        "counts": dict(run.counts),
        "timings": dict(run.timings),
        "versions": dict(run.versions),
        "ended_at": time_text(run.ended_at) if run.ended_at else None,
    }
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    row = db.execute(
        """INSERT INTO run (run_id, verb, started_at, outcome, manifest) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (run_id, verb) DO UPDATE SET
            started_at = excluded.started_at, outcome = excluded.outcome, manifest = excluded.manifest
        RETURNING id""",
        (run.run_id, run.verb, time_text(run.started_at), run.outcome, text),
    ).fetchone()
    return int(row[0])


def read_runs(db: sqlite3.Connection, limit: int) -> tuple[RunInfo, ...]:
    """The newest runs first. A run that is neither ended nor holding the lease was interrupted."""
    live = {row[0] for row in db.execute("SELECT run_id FROM lease")}
    rows = db.execute(
        """SELECT run_id, verb, started_at, outcome, manifest FROM run
        ORDER BY started_at DESC, id DESC LIMIT ?""",
        (limit,),
    ).fetchall()
    runs = tuple(_run(row) for row in rows)
    return tuple(
        replace(run, outcome="interrupted") if run.outcome == "running" and run.run_id not in live else run
        for run in runs
    )


def store_log(db: sqlite3.Connection, run: int, entries: list[tuple[str, str, str]]) -> None:
    """Write log entries (kind, key, JSON) of a run."""
    db.executemany(
        "INSERT INTO log (run, kind, key, payload) VALUES (?, ?, ?, ?)", [(run, *entry) for entry in entries]
    )


def read_logs(db: sqlite3.Connection, kind: str) -> tuple[LogEntry, ...]:
    """The entries of one kind, in the order they were written."""
    rows = db.execute(
        """SELECT kind, key, run_id, payload, coalesce(json_extract(manifest, '$.ended_at'), started_at)
        FROM log JOIN run ON run.id = log.run WHERE kind = ? ORDER BY log.id""",
        (kind,),
    )
    return tuple(
        LogEntry(kind, key, run_id, json.loads(payload), datetime.fromisoformat(at))
        for kind, key, run_id, payload, at in rows
    )


def _run(row: tuple[str, str, str, str, str]) -> RunInfo:
    run_id, verb, started_at, outcome, text = row
    manifest = json.loads(text)
    as_of, ended_at = _time(manifest.pop("as_of")), _time(manifest.pop("ended_at"))
    start = datetime.fromisoformat(started_at)
    return RunInfo(run_id, verb, start, outcome=outcome, as_of=as_of, ended_at=ended_at, **manifest)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
