"""A snapshot: which files and which schema every table has at one commit, and how to read them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from cdptool.errors import Place, SchemaError, StoreError
from cdptool.kernels import FileRef
from cdptool.tables import Schema
from cdptool.workspace import schemas
from cdptool.workspace.parquet import FileInfo


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One table at one commit: its schema, and its files in the order their rows are read."""

    schema: Mapping[str, pl.DataType]
    files: tuple[FileInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """One line of the history: the snapshot, the run that made it, and the tables it changed."""

    number: int
    committed_at: datetime
    run_id: str
    verb: str
    changed: tuple[str, ...]


class Snapshot:
    """The tables as one commit left them. Later commits do not change what it reads."""

    def __init__(self, root: Path, number: int, versions: Mapping[str, TableVersion]) -> None:
        self.number = number
        self.versions = versions
        self._root = root

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables, sorted."""
        return tuple(sorted(self.versions))

    def has(self, table: str) -> bool:
        """Whether the table was ever written; it may have no rows."""
        return table in self.versions

    def schema(self, table: str) -> dict[str, pl.DataType]:
        """The columns of a table and their dtypes, in order."""
        return dict(self._version(table).schema)

    def rows(self, table: str) -> int:
        """The number of rows of a table, from the catalog; 0 where it is absent."""
        return sum(file.rows for file in self.versions[table].files) if self.has(table) else 0

    def files(self, table: str) -> tuple[FileInfo, ...]:
        """The files of a table in the order their rows are read."""
        return self._version(table).files

    def digest(self, table: str) -> str:
        """One digest of a table's content, from the digests of its files, whatever their order."""
        digests = sorted(file.sha256 for file in self._version(table).files)
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def digests(self) -> dict[str, str]:
        """The digest of every table."""
        return {table: self.digest(table) for table in self.tables}

    def ref(self, table: str) -> FileRef:
        """The table as engines take it: absolute file names and the schema."""
        version = self._version(table)
        return FileRef(tuple(str(path) for path in self._paths(version)), tuple(version.schema.items()))

    def scan(self, table: str, schema: Schema | None = None) -> pl.LazyFrame:
        """
        The rows of a table.

        Args:
            table: Its name.
            schema: The columns the caller relies on.

        Returns:
            The stored columns in their order, null in files older than the column, then those columns of
            `schema` that are not stored, as nulls. An absent table is an empty frame of `schema`. Lazy.

        Raises:
            SchemaError: If a column is stored with another dtype than `schema` says.
            StoreError: If the table is absent and no schema is given, or a file is missing or cut.
        """
        if schema is not None and not self.has(table):
            return pl.LazyFrame(schema=schema)
        version = self._version(table)
        frame = scan_files(self._paths(version), version.schema)
        missing = {name: dtype for name, dtype in (schema or {}).items() if name not in version.schema}
        wrong = [
            f"`{table}.{name}` is {version.schema[name]} in the workspace, expected {dtype}"
            for name, dtype in (schema or {}).items()
            if name not in missing and version.schema[name] != dtype
        ]
        if wrong:
            raise SchemaError(*wrong, hint="a column keeps its type: start a new workspace to change it")
        return frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in missing.items())

    def _version(self, table: str) -> TableVersion:
        if table not in self.versions:
            hint = "the command that writes it did not run yet: see `cdptool status`"
            raise StoreError(
                f"there is no table `{table}` in the workspace", place=Place(str(self._root)), hint=hint
            )
        return self.versions[table]

    def _paths(self, version: TableVersion) -> tuple[Path, ...]:
        # Polars maps files: one that was cut kills the process instead of raising, so sizes come first.
        paths = tuple(self._root / file.path for file in version.files)
        for path, file in zip(paths, version.files, strict=True):
            if not path.exists() or path.stat().st_size != file.bytes:
                problem = "does not exist" if not path.exists() else "has another size than the catalog says"
                hint = (
                    "run `cdptool workspace verify`, then restore the workspace from a backup or ingest again"
                )
                raise StoreError(f"a file of the workspace {problem}", place=Place(str(path)), hint=hint)
        return paths


def scan_files(paths: tuple[Path, ...], schema: Schema) -> pl.LazyFrame:
    """Parquet files as one frame of an explicit schema; columns a file lacks are null."""
    if not paths:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(
        list(paths), schema=dict(schema), missing_columns="insert", glob=False, hive_partitioning=False
    )


def read_versions(db: sqlite3.Connection, number: int) -> dict[str, TableVersion]:
    """Every table as snapshot `number` sees it."""
    alive = "added_in <= :n AND (removed_in IS NULL OR removed_in > :n)"
    files: dict[str, list[FileInfo]] = {}
    for table, *file in db.execute(
        f"""SELECT table_name, path, rows, bytes, sha256 FROM member JOIN file ON file.id = member.file
        WHERE {alive} ORDER BY member.id""",
        {"n": number},
    ):
        files.setdefault(table, []).append(FileInfo(*file))
    tables = db.execute(
        f"SELECT table_name, columns FROM table_version JOIN schema ON schema.id = schema WHERE {alive}",
        {"n": number},
    )
    return {
        table: TableVersion(schemas.decode(columns), tuple(files.get(table, ()))) for table, columns in tables
    }


def read_history(db: sqlite3.Connection) -> tuple[SnapshotInfo, ...]:
    """Every kept snapshot, the newest first."""
    changed: dict[int, set[str]] = {}
    for table, added_in, removed_in in db.execute(
        "SELECT table_name, added_in, removed_in FROM table_version"
    ):
        for number in (added_in, removed_in):
            changed.setdefault(number, set()).add(table)
    rows = db.execute(
        """SELECT number, committed_at, run_id, verb FROM snapshot JOIN run ON run.id = snapshot.run
        ORDER BY number DESC"""
    )
    return tuple(
        SnapshotInfo(number, datetime.fromisoformat(at), run_id, verb, tuple(sorted(changed.get(number, ()))))
        for number, at, run_id, verb in rows
    )
