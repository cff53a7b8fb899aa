"""`--to FILE`: a table of an answer as a file of its own, CSV or Parquet by how its name ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.commands.files import write_file
from cdptool.destinations.encode import parquet_bytes
from cdptool.errors import UsageError

_WRITERS: Final[dict[str, Callable[[pl.DataFrame], bytes]]] = {
    ".csv": lambda rows: rows.write_csv().encode(),
    ".parquet": parquet_bytes,
}


def require_table_file(path: Path | None) -> None:
    """
    Refuse a name that says no form, before anything is computed; None is no file at all.

    >>> require_table_file(Path("who.txt"))
    Traceback (most recent call last):
    cdptool.errors.UsageError: `--to` is neither a CSV nor a Parquet file
    """
    if path is not None and path.suffix not in _WRITERS:
        raise UsageError("`--to` is neither a CSV nor a Parquet file", hint="end it in .csv or .parquet")


def write_table_file(path: Path, rows: pl.DataFrame) -> None:
    """
    Write the rows as they are, whole or not at all, for the owner's eyes only.

    Args:
        path: Ends in .csv or .parquet (`require_table_file`).
        rows: In the order they are to stand in.

    Raises:
        StoreError: If the folder or the disk refuses; then the old file is as it was.
    """
    write_file(path, _WRITERS[path.suffix](rows))
