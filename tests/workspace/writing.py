"""What the tests of this room write with: one commit in one call, and the loop that gets killed."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from cdptool.workspace import RunInfo, Workspace

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
SET = ("records", "stream_order", "files")


def run_info(number: int = 1, verb: str = "ingest") -> RunInfo:
    """A manifest; later numbers start later."""
    return RunInfo(f"run-{number}", verb, NOON + timedelta(minutes=number))


def append(
    workspace: Workspace, table: str, frame: pl.DataFrame | pl.LazyFrame, number: int = 1
) -> int | None:
    """Append to one table and commit."""
    with workspace.lease(f"run-{number}"), workspace.begin(run_info(number)) as changes:
        changes.append(table, frame)
        return changes.commit()


def replace(workspace: Workspace, table: str, frame: pl.DataFrame, number: int = 1) -> int | None:
    """Replace one table and commit."""
    with workspace.lease(f"run-{number}"), workspace.begin(run_info(number)) as changes:
        changes.replace(table, frame)
        return changes.commit()


def write_sets(path: Path, acknowledged: Path, first: int) -> None:
    """Until killed: replace three tables by the same number, append it to a fourth, then write it down."""
    descriptor = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Workspace.open(path, create=True) as workspace:
        number = first
        while True:
            with workspace.lease("writer"), workspace.begin(run_info(number)) as changes:
                for table in SET:
                    changes.replace(table, pl.DataFrame({"number": [number] * 2000}))
                changes.append("stream_log", pl.DataFrame({"number": [number]}))
                changes.commit()
            os.write(descriptor, f"{number}\n".encode())
            number += 1


def append_numbers(path: Path, numbers: range, wait_seconds: float) -> None:
    """Append each number in a run of its own."""
    with Workspace.open(path, create=True) as workspace:
        for number in numbers:
            with (
                workspace.lease(f"run-{number}", wait_seconds=wait_seconds),
                workspace.begin(run_info(number)) as changes,
            ):
                changes.append("stream_log", pl.DataFrame({"number": [number]}))
                changes.commit()


def hold(path: Path, ready: Path) -> None:
    """Take the lease, say so, and never give it back."""
    with Workspace.open(path) as workspace, workspace.lease("holder"):
        ready.touch()
        while True:
            time.sleep(1)
