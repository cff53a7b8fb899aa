"""Who may write: recycled process ids, silence from elsewhere, lost leases."""

from __future__ import annotations

import os
import time
from pathlib import Path

import polars as pl
import pytest

from cdptool.errors import BusyError
from cdptool.workspace import Workspace, lease
from cdptool.workspace.catalog import Catalog
from tests.workspace.writing import append, run_info

ROWS = pl.DataFrame({"record_id": [1]})


def plant(workspace: Workspace, **changes: object) -> None:
    """Write a holder into the catalog as another process would have."""
    now = time.time()
    row = {
        "token": "other",
        "run_id": "other",
        "pid": os.getpid(),
        "host": "there",
        "machine": lease.machine(),
        "process": lease.process_mark(os.getpid()),
        "since": now,
        "beat_at": now,
        **changes,
    }
    catalog = Catalog.open(workspace.path)
    with catalog.writing() as db:
        db.execute("INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(row.values()))
    catalog.close()


@pytest.mark.parametrize(
    ("changes", "is_busy"),
    [
        ({}, True),
        ({"process": "1"}, False),  # the process id was given to another process
        ({"pid": 2**22 + 1}, False),  # no such process
        ({"beat_at": 0.0}, True),  # silent, but alive on this machine
        ({"machine": "elsewhere"}, True),
        ({"machine": "elsewhere", "beat_at": 0.0}, False),
    ],
)
def test_a_holder_counts_while_it_lives_or_is_heard_of(
    workspace: Workspace, changes: dict[str, object], is_busy: bool
) -> None:
    plant(workspace, **changes)
    if is_busy:
        with pytest.raises(BusyError):
            append(workspace, "records", ROWS)
    else:
        assert append(workspace, "records", ROWS) == 1


def test_waiting_ends_with_its_time(workspace: Workspace) -> None:
    plant(workspace)
    before = time.monotonic()
    with pytest.raises(BusyError), workspace.lease("run-1", wait_seconds=0.3):
        pass
    assert 0.3 <= time.monotonic() - before < 5


def test_a_run_that_lost_its_lease_commits_nothing_and_removes_nothing(workspace: Workspace) -> None:
    """The other run may have committed a file of the same content meanwhile."""
    with workspace.lease("run-1"), workspace.begin(run_info()) as changes:
        changes.append("records", ROWS)
        plant(workspace)
        with pytest.raises(BusyError, match="took its place"):
            changes.commit()
    assert workspace.snapshot().number == 0
    assert len(list((workspace.path / "data").rglob("*.parquet"))) == 1


def test_the_holder_is_heard_of_while_it_works(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.02)
    with workspace.lease("run-1") as held:
        deadline = time.monotonic() + 10
        beat_at = held.holder.beat_at
        while beat_at == held.holder.beat_at:
            assert time.monotonic() < deadline
            catalog = Catalog.open(workspace.path)
            with catalog.reading() as db:
                holder = lease.read_holder(db)
            catalog.close()
            assert holder is not None
            beat_at = holder.beat_at


def test_a_lease_inside_a_lease_is_the_same_one(workspace: Workspace) -> None:
    with workspace.lease("run-1") as outer:
        with workspace.lease("step") as inner:
            assert inner is outer
        assert append(workspace, "records", ROWS) == 1
    with Workspace.open(workspace.path) as other, other.lease("run-2"):
        pass


def test_begin_without_a_lease_is_a_bug(workspace: Workspace) -> None:
    with pytest.raises(RuntimeError):
        workspace.begin(run_info())


def test_a_name_with_parentheses_does_not_hide_the_start_time(tmp_path: Path) -> None:
    assert lease.process_mark(os.getpid()).isdigit()
    assert lease.process_mark(2**22 + 1) == ""
