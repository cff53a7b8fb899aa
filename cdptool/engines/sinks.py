"""How engines write: Parquet whose bytes depend on the rows alone, spill folders that go with their process."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.errors import Place, StoreError

# As the workspace writes (workspace/parquet.py): equal rows give equal bytes, whatever the plan.
ROW_GROUP: Final = 65_536
ONE_PAGE: Final = 1 << 30
# While a table is split, every open bucket holds up to a row group: 32 of the default size took 400 MB more.
SPILL_GROUP: Final = 8_192
_TROUBLES: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EEXIST: "is a file, not a folder",
}


def write_table(table: pl.LazyFrame, path: Path) -> None:
    """Write a table as one Parquet file (0600), whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        with _disk_trouble_named(path):
            table.sink_parquet(part, row_group_size=ROW_GROUP, data_page_size=ONE_PAGE, sync_on_close="all")
            part.chmod(0o600)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def spill_table(table: pl.LazyFrame, target: Path | pl.PartitionBy, folder: Path) -> None:
    """Write a table, fast and for a short life, to a file or to many."""
    with _disk_trouble_named(folder):
        table.sink_parquet(target, mkdir=True, compression="lz4", row_group_size=SPILL_GROUP)


class SpillFolder:
    """
    A private folder that belongs to this process for as long as it lives: a lock on it says so.

    Making one removes those of killed processes beside it: what is spilled holds personal values.
    """

    def __init__(self, parent: Path) -> None:
        with _disk_trouble_named(parent):
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One at a time, so that a folder just made is not taken for an abandoned one.
            guard = os.open(parent, os.O_RDONLY)
            try:
                _is_locked(guard, fcntl.LOCK_EX)
                for folder in parent.glob("buckets-*"):
                    _remove_if_abandoned(folder)
                self.path = Path(tempfile.mkdtemp(prefix="buckets-", dir=parent))
                self._lock = os.open(self.path, os.O_RDONLY)
                _is_locked(self._lock, fcntl.LOCK_EX)
            finally:
                os.close(guard)

    def remove(self) -> None:
        """Remove the folder with everything in it; twice is once."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _remove_if_abandoned(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if _is_locked(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind)
    except OSError:  # another process has it, or this file system has no locks: then nothing is removed
        return False
    return True


@contextmanager
def _disk_trouble_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        # Polars wraps what the disk says; the number stays in the text.
        number = re.search(r"\(os error (\d+)\)", str(error))
        code = error.errno if isinstance(error, OSError) else int(number[1]) if number else None
        if code not in _TROUBLES:
            raise
        hint = "tables are spilled there: it must be writable and roomy"
        raise StoreError(_TROUBLES[code], place=Place(str(path)), hint=hint) from error
