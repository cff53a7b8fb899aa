"""
Turns what the disk and SQLite complain about into `StoreError`s with a place and a next step.

Nothing of a lower layer's message is passed on: it may quote values.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.errors import BusyError, Place, StoreError

_DISK: Final[dict[int, tuple[str, str]]] = {
    errno.ENOSPC: ("the disk is full", "make room and run the command again: nothing was changed"),
    errno.EDQUOT: ("the disk quota is used up", "make room and run the command again: nothing was changed"),
    errno.EACCES: ("permission denied", "the workspace must be writable for the user who runs cdptool"),
    errno.EPERM: ("permission denied", "the workspace must be writable for the user who runs cdptool"),
    errno.EROFS: ("the file system is read-only", "choose another `workspace:` in project.yaml"),
    errno.ENOENT: (
        "does not exist",
        "run `cdptool workspace verify`, or restore the workspace from a backup",
    ),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "correct `workspace:` in project.yaml"),
    errno.EEXIST: ("is a file, not a folder", "correct `workspace:` in project.yaml"),
    errno.EISDIR: ("is a folder, not a file", "correct `workspace:` in project.yaml"),
}
_DAMAGED: Final = (
    "the catalog is damaged",
    "restore the workspace from a backup, or remove it and ingest again",
)
_SQLITE: Final[dict[str, tuple[str, str]]] = {
    "SQLITE_FULL": _DISK[errno.ENOSPC],
    "SQLITE_READONLY": _DISK[errno.EACCES],
    "SQLITE_CANTOPEN": ("the catalog cannot be opened", "check that the folder is readable and writable"),
    "SQLITE_NOTADB": ("is not a catalog of cdptool", "correct `workspace:` in project.yaml"),
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_IOERR": ("the disk reports an error", "check the disk, then run `cdptool workspace verify`"),
}


def store_error(error: OSError, path: Path) -> StoreError:
    """The `StoreError` for an error of the operating system at a path."""
    problem, hint = _DISK.get(error.errno or 0, (os.strerror(error.errno or errno.EIO).lower(), None))
    return StoreError(problem, place=Place(str(path)), hint=hint)


def catalog_error(error: sqlite3.Error, path: Path) -> StoreError:
    """The `StoreError` (or `BusyError`) for an error of SQLite in the catalog at a path."""
    # Extended codes such as SQLITE_READONLY_DBMOVED start with their primary code.
    name = getattr(error, "sqlite_errorname", None) or "SQLITE_CORRUPT"
    primary = "_".join(name.split("_")[:2])
    if primary in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        return BusyError("another process keeps the catalog locked", place=Place(str(path)), hint="try again")
    problem, hint = _SQLITE.get(primary, _DAMAGED)
    return StoreError(problem, place=Place(str(path)), hint=hint)


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """
    Errors of the disk and of SQLite inside the block leave it as `StoreError`s placed at `path`.

    Polars wraps the errors of the disk it meets while writing; they are known by their number.

    >>> with mapped(Path("workspace")):
    ...     raise OSError(errno.ENOSPC, "x")
    Traceback (most recent call last):
    cdptool.errors.StoreError: workspace: the disk is full
    """
    try:
        yield
    except sqlite3.Error as error:
        raise catalog_error(error, path) from error
    except OSError as error:
        raise store_error(error, path) from error
    except pl.exceptions.ComputeError as error:
        number = re.search(r"\(os error (\d+)\)", str(error))
        if number is None:
            raise
        raise store_error(OSError(int(number[1]), ""), path) from error
