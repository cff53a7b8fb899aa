"""How engines write Parquet: bytes that depend on the rows alone, and a full disk said in words."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.errors import Place, StoreError

# As the workspace writes: equal rows give equal bytes, whatever the plan and the threads (workspace/parquet.py).
ROW_GROUP: Final = 65_536
ONE_PAGE: Final = 1 << 30
# While a table is split, every open bucket holds up to a row group: 32 of the default size took 400 MB more.
SPILL_GROUP: Final = 8_192
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def write_table(table: pl.LazyFrame, path: Path) -> None:
    """Write a table as one Parquet file (0600), whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        with _full_disk_named(path):
            table.sink_parquet(part, row_group_size=ROW_GROUP, data_page_size=ONE_PAGE, sync_on_close="all")
            part.chmod(0o600)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def spill_table(table: pl.LazyFrame, target: Path | pl.PartitionBy, folder: Path) -> None:
    """Write a table, fast and for a short life, to a file or to many."""
    with _full_disk_named(folder):
        table.sink_parquet(target, mkdir=True, compression="lz4", row_group_size=SPILL_GROUP)


@contextmanager
def _full_disk_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        # Polars wraps what the disk says; the number stays in the text.
        number = re.search(r"\(os error (\d+)\)", str(error))
        code = error.errno if isinstance(error, OSError) else int(number[1]) if number else None
        if code not in _FULL:
            raise
        hint = "make room, or let the workspace lie on a larger disk"
        raise StoreError("the disk is full", place=Place(str(path)), hint=hint) from error
