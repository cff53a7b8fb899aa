"""
Parquet files whose bytes depend on their rows alone, durable before anybody hears of them.

Polars' defaults let the chunks of a frame, and so the plan and the number of threads, decide where pages of
list columns end. Row groups of a fixed size with one page per column leave nothing to chance: the same rows
in the same order give the same bytes, and a file can be named by its digest.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

ROW_GROUP: Final = 65_536
ONE_PAGE: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file of a table: its path inside the workspace, rows, bytes and digest."""

    path: str
    rows: int
    bytes: int
    sha256: str


def write_rows(frame: pl.LazyFrame, path: Path) -> None:
    """Stream a frame into a new Parquet file (zstd, 0600), in the frame's order, synced to the disk."""
    frame.sink_parquet(
        path, row_group_size=ROW_GROUP, data_page_size=ONE_PAGE, maintain_order=True, sync_on_close="all"
    )
    path.chmod(0o600)


def count_rows(path: Path) -> int:
    """The rows of a Parquet file, read from its footer."""
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
