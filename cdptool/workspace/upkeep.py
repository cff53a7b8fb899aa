"""What keeps a workspace healthy: checking every byte, forgetting old snapshots, merging small files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdptool.errors import Finding, Place
from cdptool.workspace import parquet
from cdptool.workspace.catalog import Catalog
from cdptool.workspace.failures import mapped
from cdptool.workspace.parquet import FileInfo
from cdptool.workspace.transaction import DATA, STAGING, Transaction

SMALL_FILES: Final = 64
_HINT: Final = "restore the workspace from a backup, or ingest again into a new one"


@dataclass(frozen=True, slots=True)
class GcResult:
    """What `gc` removed. `is_postponed`: a reader kept the old snapshots, only abandoned files went."""

    snapshots: int
    files: int
    bytes: int
    is_postponed: bool = False


def verify(root: Path, catalog: Catalog) -> tuple[Finding, ...]:
    """Read every file of every kept snapshot and compare it with the catalog. No finding: all is well."""
    with catalog.reading() as db:
        damage = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        files = [
            FileInfo(*row) for row in db.execute("SELECT path, rows, bytes, sha256 FROM file ORDER BY path")
        ]
    findings = [Finding("the catalog is damaged", Place(str(catalog.path)), _HINT)] if damage else []
    for file in files:
        problem = _fault(root / file.path, file)
        if problem:
            findings.append(Finding(problem, Place(str(root / file.path)), _HINT))
    return tuple(findings)


def _fault(path: Path, file: FileInfo) -> str | None:
    try:
        size = path.stat().st_size
        if size != file.bytes:
            return f"{size} bytes, expected {file.bytes}"
        return None if parquet.sha256(path) == file.sha256 else "the bytes are not those that were written"
    except FileNotFoundError:
        return "the file is missing"
    except OSError:
        return "the file cannot be read"


def forget_snapshots(catalog: Catalog, keep: int) -> int:
    """Drop all but the newest snapshots and the files only they name from the catalog; gives their number."""
    with catalog.writing() as db:
        numbers = [row[0] for row in db.execute("SELECT number FROM snapshot ORDER BY number DESC")]
        dropped = numbers[max(keep, 1) :]
        if dropped:
            oldest = numbers[max(keep, 1) - 1]
            db.execute("DELETE FROM snapshot WHERE number < ?", (oldest,))
            db.execute("DELETE FROM member WHERE removed_in <= ?", (oldest,))
            db.execute("DELETE FROM table_version WHERE removed_in <= ?", (oldest,))
            db.execute("DELETE FROM file WHERE id NOT IN (SELECT file FROM member)")
    return len(dropped)


def remove_abandoned(root: Path, catalog: Catalog) -> tuple[int, int]:
    """
    Unlink the files no snapshot names and all staging folders; gives their number and bytes.

    Only under the lease and outside a transaction: then nobody can be writing them.
    """
    with catalog.reading() as db:
        named = {row[0] for row in db.execute("SELECT path FROM file")}
    count = size = 0
    with mapped(root / DATA):
        for path in sorted((root / DATA).glob("*/*.parquet")):
            if path.relative_to(root).as_posix() not in named:
                count, size = count + 1, size + path.stat().st_size
                path.unlink()
        for folder in (root / DATA).iterdir():
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    clear_staging(root)
    return count, size


def clear_staging(root: Path) -> None:
    """Remove what killed runs left in staging. Only under the lease, before a transaction begins."""
    shutil.rmtree(root / STAGING, ignore_errors=True)


def merge_small_files(transaction: Transaction, more_than: int = SMALL_FILES) -> None:
    """Rewrite each table of more files than that as one, its rows in the order they are read now."""
    snapshot = transaction.snapshot()
    for table in snapshot.tables:
        if len(snapshot.files(table)) > more_than:
            transaction.replace(table, snapshot.scan(table))
