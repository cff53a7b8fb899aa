"""
The workspace: immutable Parquet files and one SQLite catalog that commits all tables of a run at once.

>>> from tempfile import mkdtemp
>>> from datetime import UTC, datetime
>>> from pathlib import Path
>>> import polars as pl
>>> with Workspace.open(Path(mkdtemp()), create=True) as workspace, workspace.lease("run-1"):
...     with workspace.begin(RunInfo("run-1", "ingest", datetime(2026, 1, 10, tzinfo=UTC))) as changes:
...         changes.append("records", pl.DataFrame({"record_id": [1, 2]}))
...         number = changes.commit()
...     number, workspace.snapshot().rows("records")
(1, 2)
"""

from cdptool.workspace.parquet import FileInfo
from cdptool.workspace.runs import LogEntry, RunInfo
from cdptool.workspace.snapshot import Snapshot, SnapshotInfo
from cdptool.workspace.transaction import Transaction
from cdptool.workspace.upkeep import GcResult
from cdptool.workspace.workspace import Workspace

__all__ = (
    "FileInfo",
    "GcResult",
    "LogEntry",
    "RunInfo",
    "Snapshot",
    "SnapshotInfo",
    "Transaction",
    "Workspace",
)
