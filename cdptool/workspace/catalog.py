"""
The catalog: one SQLite file that says which Parquet files make up each snapshot.

A snapshot is a number. A file belongs to a table from the snapshot that added it until the one that removed
it, so history costs nothing and a commit writes a few rows. The rollback journal (`DELETE`) is used
everywhere instead of WAL: a reader then needs no side files (reads never create any, a read-only copy can be
read), network file systems are safe, and the catalog is small enough that the few milliseconds of a commit
do not count. Connections are opened read-write so that a journal left by a killed writer is rolled back by
whoever comes next; without permission to write, SQLite falls back to reading.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cdptool.errors import Place, StoreError
from cdptool.workspace.failures import mapped

NAME: Final = "catalog.db"
APPLICATION: Final = 0x43445054  # "CDPT" in the file's header
VERSION: Final = 1
LOCK_SECONDS: Final = 30.0  # how long one short transaction waits for another
_HEADER_BYTES: Final = 100

_TABLES: Final = (
    """CREATE TABLE run (
        id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, verb TEXT NOT NULL, started_at TEXT NOT NULL,
        outcome TEXT NOT NULL, manifest TEXT NOT NULL, UNIQUE (run_id, verb))""",
    # AUTOINCREMENT: the number of a dropped snapshot is never given to another one.
    """CREATE TABLE snapshot (
        number INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run,
        committed_at TEXT NOT NULL)""",
    "CREATE TABLE schema (id INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE)",
    """CREATE TABLE table_version (
        table_name TEXT NOT NULL, schema INTEGER NOT NULL REFERENCES schema,
        added_in INTEGER NOT NULL, removed_in INTEGER)""",
    """CREATE TABLE file (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL)""",
    """CREATE TABLE member (
        id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, file INTEGER NOT NULL REFERENCES file,
        added_in INTEGER NOT NULL, removed_in INTEGER)""",
    """CREATE TABLE log (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run, kind TEXT NOT NULL, key TEXT NOT NULL,
        payload TEXT NOT NULL)""",
    """CREATE TABLE lease (
        one INTEGER PRIMARY KEY CHECK (one = 1), token TEXT NOT NULL, run_id TEXT NOT NULL,
        pid INTEGER NOT NULL, host TEXT NOT NULL, machine TEXT NOT NULL, process TEXT NOT NULL,
        since REAL NOT NULL, beat_at REAL NOT NULL)""",
    "CREATE INDEX member_by_table ON member (table_name, removed_in)",
    "CREATE INDEX log_by_kind ON log (kind, key)",
)


class Catalog:
    """A connection to the catalog, and the two kinds of transaction on it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, root: Path) -> Catalog:
        """
        Open the catalog of an existing workspace.

        Raises:
            StoreError: If there is none, it is damaged, foreign, or written by a newer cdptool.
        """
        path = root / NAME
        with mapped(path):
            if not path.exists():
                hint = "run `cdptool ingest` to fill it, or correct `workspace:` in project.yaml"
                raise StoreError("there is no workspace here yet", place=Place(str(root)), hint=hint)
        catalog = cls(path, _connect(path))
        try:
            catalog._check()
        except BaseException:
            catalog.close()
            raise
        return catalog

    @classmethod
    def create(cls, root: Path) -> Catalog:
        """Open the catalog, made first where it is missing. Two processes may do this at once."""
        path = root / NAME
        with mapped(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            if 0 < path.stat().st_size < _HEADER_BYTES:  # SQLite would take it for an empty database
                raise _foreign(path)
        catalog = cls(path, _connect(path))
        try:
            with catalog.writing() as db:
                if not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    for statement in _TABLES:
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id = {APPLICATION}")
                    db.execute(f"PRAGMA user_version = {VERSION}")
            catalog._check()
        except BaseException:
            catalog.close()
            raise
        return catalog

    def _check(self) -> None:
        with self.reading() as db:
            application = db.execute("PRAGMA application_id").fetchone()[0]
            version = db.execute("PRAGMA user_version").fetchone()[0]
        place = Place(str(self.path))
        if application != APPLICATION:
            raise _foreign(self.path)
        if version > VERSION:
            problem = f"the workspace has format {version}, this cdptool knows formats up to {VERSION}"
            raise StoreError(problem, place=place, hint="upgrade cdptool")

    def another(self) -> Catalog:
        """A second connection to the same file, for another thread."""
        return Catalog(self.path, _connect(self.path))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the catalog. Keep it short: a commit waits for it."""
        with mapped(self.path), self._transaction("BEGIN"):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing, on the disk when the block ends."""
        with mapped(self.path), self._transaction("BEGIN IMMEDIATE"):
            yield self._connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._connection.execute(begin)
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _foreign(path: Path) -> StoreError:
    hint = "correct `workspace:` in project.yaml"
    return StoreError("is not a catalog of cdptool", place=Place(str(path)), hint=hint)


def _connect(path: Path) -> sqlite3.Connection:
    with mapped(path):
        uri = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            for pragma in ("synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection
