"""
One run's changes: files are written and synced first, then one SQLite transaction makes all of them visible.

A transaction killed at any moment leaves files nobody names (`gc` removes them) and the workspace as it was.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import polars as pl

from cdptool.errors import SchemaError, StoreError
from cdptool.tables import Schema
from cdptool.workspace import parquet, schemas
from cdptool.workspace.catalog import Catalog
from cdptool.workspace.failures import mapped
from cdptool.workspace.lease import Lease
from cdptool.workspace.parquet import FileInfo
from cdptool.workspace.runs import RunInfo, store_log, store_run, time_text
from cdptool.workspace.snapshot import Snapshot, TableVersion, scan_files

Rows = pl.DataFrame | pl.LazyFrame | Path
DATA: Final = "data"
STAGING: Final = "staging"


@dataclass(slots=True)
class _Draft:
    """A table as the commit will leave it: files that keep their order, and appended ones."""

    schema: dict[str, pl.DataType]
    kept: tuple[FileInfo, ...]
    added: list[FileInfo]

    def version(self) -> TableVersion:
        # By digest, so that the order in which a run appends (say, its input files) decides nothing.
        return TableVersion(self.schema, self.kept + tuple(sorted(self.added, key=lambda file: file.sha256)))


class Transaction:
    """
    Collects a run's changes; `commit` makes them visible together, leaving without it drops them.

    `staging` is a private folder for whatever the run wants to spill; it goes when the transaction ends.
    """

    def __init__(self, root: Path, catalog: Catalog, lease: Lease, base: Snapshot, run: RunInfo) -> None:
        self.run = run
        self.staging = root / STAGING / f"{lease.holder.token}-{secrets.token_hex(4)}"
        self.is_open = True
        self._root = root
        self._catalog = catalog
        self._lease = lease
        self._base = base
        self._drafts: dict[str, _Draft | None] = {}  # None: dropped
        self._logs: list[tuple[str, str, str]] = []
        self._created: list[Path] = []
        with mapped(self.staging):
            self.staging.parent.mkdir(mode=0o700, exist_ok=True)
            self.staging.mkdir(mode=0o700)

    def append(self, table: str, rows: Rows, schema: Schema | None = None) -> None:
        """
        Add rows to a table, which is made where it is absent.

        Args:
            table: Its name.
            rows: A frame, or a Parquet file (moved when it lies in `staging`, copied otherwise).
            schema: What the rows must be: exactly these columns. Without it the rows' own.

        Raises:
            SchemaError: If the rows do not fit the schema, or a column is stored with another dtype.
            StoreError: If the disk refuses.

        New columns are allowed (older rows have null there), and so are missing ones. No rows: no file.
        """
        new = self._checked(table, rows, schema)
        draft = self._draft(table)
        draft.schema = schemas.grown(table, draft.schema, new)
        schemas.encode(draft.schema)
        draft.added.extend(self._stored(table, rows, new))

    def replace(self, table: str, rows: Rows | Sequence[Rows], schema: Schema | None = None) -> None:
        """
        Make these rows the whole table, in this order; its dtypes may change with them.

        Raises:
            SchemaError: If the rows do not fit the schema or one another.
            StoreError: If the disk refuses.
        """
        parts = (rows,) if isinstance(rows, pl.DataFrame | pl.LazyFrame | Path) else tuple(rows)
        merged: dict[str, pl.DataType] = dict(schema or {})
        files: list[FileInfo] = []
        for part in parts:
            new = self._checked(table, part, schema)
            merged = schemas.grown(table, merged, new)
            schemas.encode(merged)
            files.extend(self._stored(table, part, new))
        self._drafts[table] = _Draft(merged, tuple(files), [])

    def keep_only(self, table: str, keep: Callable[[pl.LazyFrame], pl.LazyFrame]) -> int:
        """
        Rewrite the files of a table that hold rows to be dropped; the others stay as they are, and so does the order.

        Args:
            table: Its name; an absent one has nothing to drop.
            keep: Rows of one file in, those that stay out, in the same order and with the same columns. Lazy.

        Returns:
            How many rows went. Earlier snapshots keep them until `gc` drops these.
        """
        now = self.snapshot()
        if not now.has(table):
            return 0
        schema, files, dropped = now.schema(table), list[FileInfo](), 0
        for file in now.files(table):
            kept = keep(scan_files((self._root / file.path,), schema))
            n_gone = file.rows - int(kept.select(pl.len()).collect().item())
            files.extend(self._stored(table, kept, schema) if n_gone else (file,))
            dropped += n_gone
        if dropped:
            self._drafts[table] = _Draft(schema, tuple(files), [])
        return dropped

    def drop(self, table: str) -> None:
        """Remove a table; earlier snapshots keep it. An absent one is left alone."""
        self._drafts[table] = None

    def log(self, kind: str, key: str, payload: Mapping[str, Any]) -> None:
        """Add an entry to the small logs. No personal values: logs are not erased with a person."""
        self._logs.append((kind, key, json.dumps(payload, sort_keys=True, ensure_ascii=False)))

    def snapshot(self) -> Snapshot:
        """The tables as a commit would leave them now: a later step of a run reads an earlier one."""
        return Snapshot(self._root, self._base.number, self._target())

    def commit(self, run: RunInfo | None = None) -> int | None:
        """
        Make all changes visible at once.

        Args:
            run: The finished manifest (counts, timings, end); without it the one given at the start, as done.

        Returns:
            The number of the new snapshot, or None where every table has the same files as before. The
            manifest and the logs are stored either way.

        Raises:
            BusyError: If the lease was lost meanwhile.
            StoreError: If the disk refuses; then nothing was changed.
        """
        run = run or self.run
        run = replace(run, outcome="done") if run.outcome == "running" else run
        target = self._target()
        before = self._base.versions
        changed = tuple(
            table for table in sorted({*before, *target}) if before.get(table) != target.get(table)
        )
        self._sync_names()
        with self._catalog.writing() as db:
            self._lease.require(db)
            row = store_run(db, run)
            store_log(db, row, self._logs)
            number = _store_snapshot(db, row, run) if changed else None
            for table in changed if number is not None else ():
                _store_version(db, number or 0, table, before.get(table), target.get(table))
        self._end()
        return number

    def abort(self, outcome: str = "failed") -> None:
        """Drop all changes and the files written for them; the run is recorded with this outcome."""
        if not self.is_open:
            return
        with suppress(StoreError), self._catalog.writing() as db:
            store_run(db, replace(self.run, outcome=outcome))
            # Only under the lease: without it another run may have committed files of the same content.
            self._lease.require(db)
            for path in self._created:
                path.unlink(missing_ok=True)
        self._end()

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _target(self) -> dict[str, TableVersion]:
        target = {**self._base.versions}
        for table, draft in self._drafts.items():
            if draft is None:
                target.pop(table, None)
            else:
                target[table] = draft.version()
        return target

    def _draft(self, table: str) -> _Draft:
        if table not in self._drafts and table in self._base.versions:
            base = self._base.versions[table]
            self._drafts[table] = _Draft(dict(base.schema), base.files, [])
        draft = self._drafts.get(table) or _Draft({}, (), [])
        self._drafts[table] = draft
        return draft

    def _checked(self, table: str, rows: Rows, schema: Schema | None) -> dict[str, pl.DataType]:
        if not table.isidentifier():
            raise SchemaError(f"`{table}` cannot be the name of a table")
        if isinstance(rows, Path):
            with mapped(rows):
                actual = schemas.plain(pl.read_parquet_schema(rows))
        else:
            actual = schemas.plain(rows.lazy().collect_schema())
        if schema is None or actual == dict(schema):
            return actual
        names = sorted({*actual, *schema})
        wrong = [
            f"`{table}.{name}` is {actual.get(name, 'missing')}, expected {schema.get(name, 'no such column')}"
            for name in names
            if actual.get(name) != schema.get(name)
        ]
        if wrong:
            raise SchemaError(*wrong)
        return dict(schema)

    def _stored(self, table: str, rows: Rows, schema: Schema) -> tuple[FileInfo, ...]:
        """Write the rows into the table's folder under the name of their digest."""
        staged = self.staging / f"{secrets.token_hex(8)}.parquet"
        with mapped(self._root / DATA / table):
            if not isinstance(rows, Path):
                parquet.write_rows(rows.lazy().select(list(schema)), staged)
            elif rows.is_relative_to(self.staging):
                rows.replace(staged)
            else:
                shutil.copyfile(rows, staged)
            staged.chmod(0o600)
            n_rows = parquet.count_rows(staged)
            if not n_rows:
                staged.unlink()
                return ()
            parquet.sync(staged)
            return (self._placed(table, staged, n_rows),)

    def _placed(self, table: str, staged: Path, n_rows: int) -> FileInfo:
        digest = parquet.sha256(staged)
        name = f"{DATA}/{table}/{digest[:32]}.parquet"
        path = self._root / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            self._created.append(path)
        size = staged.stat().st_size
        staged.replace(path)  # over an equal file that is there already: this mends a damaged one
        return FileInfo(name, n_rows, size, digest)

    def _sync_names(self) -> None:
        folders = {path.parent for path in self._created}
        for folder in sorted(folders | {self._root / DATA} if folders else folders):
            with mapped(folder):
                parquet.sync(folder)

    def _end(self) -> None:
        self.is_open = False
        shutil.rmtree(self.staging, ignore_errors=True)


def _store_snapshot(db: sqlite3.Connection, row: int, run: RunInfo) -> int:
    at = time_text(run.ended_at or run.started_at)
    return int(db.execute("INSERT INTO snapshot (run, committed_at) VALUES (?, ?)", (row, at)).lastrowid or 0)


def _store_version(
    db: sqlite3.Connection, number: int, table: str, before: TableVersion | None, after: TableVersion | None
) -> None:
    """Write what changed for one table: files that stay at the front of the list keep their rows."""
    old = before.files if before else ()
    new = after.files if after else ()
    if old != new[: len(old)]:
        db.execute(
            "UPDATE member SET removed_in = ? WHERE table_name = ? AND removed_in IS NULL", (number, table)
        )
        old = ()
    for file in new[len(old) :]:
        file_id = db.execute(
            """INSERT INTO file (path, rows, bytes, sha256) VALUES (?, ?, ?, ?)
            ON CONFLICT (path) DO UPDATE SET path = excluded.path RETURNING id""",
            (file.path, file.rows, file.bytes, file.sha256),
        ).fetchone()[0]
        db.execute(
            "INSERT INTO member (table_name, file, added_in) VALUES (?, ?, ?)", (table, file_id, number)
        )
    db.execute(
        "UPDATE table_version SET removed_in = ? WHERE table_name = ? AND removed_in IS NULL", (number, table)
    )
    if after:
        columns = schemas.encode(after.schema)
        db.execute("INSERT OR IGNORE INTO schema (columns) VALUES (?)", (columns,))
        schema_id = db.execute("SELECT id FROM schema WHERE columns = ?", (columns,)).fetchone()[0]
        db.execute(
            "INSERT INTO table_version (table_name, schema, added_in) VALUES (?, ?, ?)",
            (table, schema_id, number),
        )
