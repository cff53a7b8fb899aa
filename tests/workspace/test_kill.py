"""
What SIGKILL, two writers and dead holders do to a workspace.

Processes are forked from one that has Polars imported but never used: 20 kills take seconds, not a minute.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from cdptool.errors import BusyError
from cdptool.workspace import Workspace
from tests.workspace import writing

KILLS = 20 * int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))
SEED = int(os.environ.get("CDPTOOL_SEED", "0")) or time.time_ns() % 1_000_000
forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(["tests.workspace.writing"])


def start(target: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    process = forked.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, "the process did not get ready"
        time.sleep(0.01)


def test_a_writer_killed_at_any_moment_leaves_one_consistent_set(tmp_path: Path) -> None:
    """Three tables always hold the same number, and no acknowledged append is lost."""
    path, acknowledged = tmp_path / "ws", tmp_path / "acknowledged"
    moments = random.Random(SEED)
    with Workspace.open(path, create=True) as reader:
        first = 1
        for _ in range(KILLS):
            process = start(writing.write_sets, path, acknowledged, first)
            until = time.monotonic() + moments.uniform(0.05, 0.6)
            while time.monotonic() < until:
                check_set(reader)
            process.kill()
            process.join()
            process.close()
            stored = check_set(reader)
            written = acknowledged.read_text().split() if acknowledged.exists() else []
            assert {int(line) for line in written} <= stored, f"seed {SEED}"
            first = max(stored, default=0) + 1
        assert len(stored) > KILLS / 2, "the writer hardly wrote anything: the test shows nothing"
        assert reader.verify() == ()
        reader.gc(1)
        named = {file.path for table in reader.snapshot().tables for file in reader.snapshot().files(table)}
        on_disk = {file.relative_to(path).as_posix() for file in (path / "data").rglob("*.parquet")}
        assert on_disk == named
        assert not (path / "staging").exists()


def check_set(reader: Workspace) -> set[int]:
    """Read everything of one snapshot; gives the numbers that were appended."""
    snapshot = reader.snapshot()
    if not snapshot.tables:
        return set()
    numbers = [snapshot.scan(table).unique().collect()["number"].to_list() for table in writing.SET]
    appended = set(snapshot.scan("stream_log").collect()["number"])
    assert numbers == [[max(appended)]] * 3, f"a mixed set, seed {SEED}"
    return appended


def test_two_writers_that_wait_both_get_everything_in(tmp_path: Path) -> None:
    path = tmp_path / "ws"
    processes = [start(writing.append_numbers, path, range(n, n + 8), 20.0) for n in (0, 100)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    with Workspace.open(path) as workspace:
        numbers = workspace.snapshot().scan("stream_log").collect()["number"].sort().to_list()
        assert numbers == [*range(8), *range(100, 108)]


def test_a_second_writer_is_told_who_is_at_work_and_a_dead_one_is_replaced(
    workspace: Workspace, tmp_path: Path
) -> None:
    process = start(writing.hold, workspace.path, tmp_path / "ready")
    wait_for(tmp_path / "ready")
    with pytest.raises(
        BusyError, match=f"run `holder` holds the workspace \\(process {process.pid} on "
    ) as busy:
        writing.append(workspace, "records", pl.DataFrame({"record_id": [1]}))
    assert busy.value.exit_code == 4
    process.kill()
    process.join()
    assert writing.append(workspace, "records", pl.DataFrame({"record_id": [1]})) == 1


def test_a_waiting_writer_goes_on_when_the_holder_dies(workspace: Workspace, tmp_path: Path) -> None:
    process = start(writing.hold, workspace.path, tmp_path / "ready")
    wait_for(tmp_path / "ready")
    waiting = start(writing.append_numbers, workspace.path, range(1), 20.0)
    time.sleep(0.3)
    process.kill()
    waiting.join()
    assert waiting.exitcode == 0
    assert workspace.snapshot().rows("stream_log") == 1
