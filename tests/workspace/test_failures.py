"""What people see when the disk or the folder is at fault: place, problem and hint."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from cdptool.errors import BusyError, StoreError
from cdptool.workspace import Workspace, catalog, parquet
from cdptool.workspace.failures import catalog_error
from tests.workspace.writing import append, run_info

ROWS = pl.DataFrame({"record_id": [1]})


def refused(path: Path, *, create: bool = False) -> tuple[str, str | None]:
    with pytest.raises(StoreError) as error:
        Workspace.open(path, create=create)
    assert error.value.exit_code == 2
    [finding] = error.value.findings
    assert str(path) in str(finding.place)
    return finding.problem, finding.hint


def test_an_absent_workspace_is_not_created_by_opening_it(tmp_path: Path) -> None:
    problem, hint = refused(tmp_path / "ws")
    assert problem == "there is no workspace here yet"
    assert hint is not None
    assert "cdptool ingest" in hint
    assert list(tmp_path.iterdir()) == []


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert refused(tmp_path / "file" / "ws", create=True)[0] == "a part of the path is a file, not a folder"
    assert refused(tmp_path / "file", create=True)[0] == "is a file, not a folder"
    assert refused(tmp_path / "file" / "ws")[0] == "there is no workspace here yet"


@pytest.mark.parametrize("content", [b"not a database, but long enough to have a header" * 40, b"x"])
def test_a_foreign_file_is_not_taken_for_a_catalog(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / catalog.NAME).write_bytes(content)
    assert refused(tmp_path)[0] == "is not a catalog of cdptool"
    assert refused(tmp_path, create=True)[0] == "is not a catalog of cdptool"
    assert (tmp_path / catalog.NAME).read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / catalog.NAME)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    assert refused(tmp_path, create=True)[0] == "is not a catalog of cdptool"


def test_an_empty_catalog_is_finished_by_the_next_creator(tmp_path: Path) -> None:
    """What a creator killed at its first step leaves."""
    (tmp_path / catalog.NAME).touch()
    assert refused(tmp_path)[0] == "is not a catalog of cdptool"
    with Workspace.open(tmp_path, create=True) as workspace:
        assert append(workspace, "records", ROWS) == 1


def test_a_newer_format_is_refused(workspace: Workspace) -> None:
    other = sqlite3.connect(workspace.path / catalog.NAME)
    other.execute(f"PRAGMA user_version = {catalog.VERSION + 1}")
    other.close()
    assert refused(workspace.path) == (
        f"the workspace has format {catalog.VERSION + 1}, this cdptool knows formats up to {catalog.VERSION}",
        "upgrade cdptool",
    )


def test_a_damaged_catalog_is_named(workspace: Workspace) -> None:
    append(workspace, "records", ROWS)
    path = workspace.path / catalog.NAME
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StoreError, match="the catalog is damaged"), Workspace.open(workspace.path) as reader:
        reader.snapshot()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_changes_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The second is what Polars says on a full tmpfs."""
    append(workspace, "records", ROWS)

    def full(frame: pl.LazyFrame, path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(parquet, "write_rows", full)
    with pytest.raises(StoreError, match="the disk is full") as raised:
        append(workspace, "records", ROWS, 2)
    assert raised.value.findings[0].hint == "make room and run the command again: nothing was changed"
    monkeypatch.undo()
    assert workspace.snapshot().number == 1
    assert list((workspace.path / "staging").iterdir()) == []
    assert append(workspace, "records", ROWS, 3) == 2


def test_a_disk_full_at_the_commit_changes_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    with workspace.lease("run-1"), workspace.begin(run_info()) as changes:
        changes.append("records", ROWS)
        monkeypatch.setattr("cdptool.workspace.transaction.store_log", full)
        with pytest.raises(StoreError, match="the disk is full"):
            changes.commit()
    assert workspace.snapshot().number == 0
    assert list((workspace.path / "data").rglob("*.parquet")) == []


@pytest.mark.parametrize(
    ("name", "kind", "problem"),
    [
        ("SQLITE_BUSY", BusyError, "another process keeps the catalog locked"),
        ("SQLITE_BUSY_SNAPSHOT", BusyError, "another process keeps the catalog locked"),
        ("SQLITE_READONLY_DBMOVED", StoreError, "permission denied"),
        ("SQLITE_IOERR_WRITE", StoreError, "the disk reports an error"),
        ("SQLITE_CORRUPT_INDEX", StoreError, "the catalog is damaged"),
        ("SQLITE_ODD", StoreError, "the catalog is damaged"),
    ],
)
def test_every_trouble_of_sqlite_has_words(name: str, kind: type[StoreError], problem: str) -> None:
    error = sqlite3.OperationalError("a message that may quote a value")
    error.sqlite_errorname = name
    result = catalog_error(error, Path("ws/catalog.db"))
    assert type(result) is kind
    assert str(result) == f"ws/catalog.db: {problem}"
