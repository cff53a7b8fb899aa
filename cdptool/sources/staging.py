"""Parquet files in the staging folder: one streamed from a generator of frames, others gathered in parts."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from cdptool.errors import Place, StoreError
from cdptool.sources.spec import StagedFile
from cdptool.tables import Schema

ROW_GROUP = 125_000
_LEVEL = 1  # of zstd: most of what we write are hashes, which more effort does not make smaller
_PART_BYTES = 64 << 20


_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


@contextmanager
def disk_of(folder: str) -> Iterator[None]:
    """
    A disk that is full inside the block is told as one; Polars hides the number of the error in its message.

    Raises:
        StoreError: At the folder.
    """
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        told = re.search(r"\(os error (\d+)\)", str(error))
        number = int(told[1]) if told else getattr(error, "errno", None)
        if number not in _FULL:
            raise
        hint = "make room and run the command again: nothing was changed"
        raise StoreError(_FULL[number], place=Place(folder), hint=hint) from None


def write_streaming(frames: Iterator[pl.DataFrame], schema: Schema, path: str) -> None:
    """
    Write frames as one Parquet file, holding a few of them at a time.

    The bytes depend on the rows alone, not on how they were cut into frames. What the generator raises is raised.
    """

    def generate(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        assert with_columns is None
        assert predicate is None
        assert n_rows is None
        del batch_size
        yield from frames

    source = register_io_source(generate, schema=dict(schema))
    source.sink_parquet(
        path,
        compression="zstd",
        compression_level=_LEVEL,
        row_group_size=ROW_GROUP,
        maintain_order=True,
        engine="streaming",
    )


def read_in_order(path: str) -> Iterator[pl.DataFrame]:
    """The rows of a staged file again, a row group at a time."""
    scan = pl.scan_parquet(path)
    n_rows = int(scan.select(pl.len()).collect().item())
    for offset in range(0, n_rows, ROW_GROUP):
        yield scan.slice(offset, ROW_GROUP).collect()


@dataclass(slots=True)
class Spool:
    """Gathers the rows of one side table and writes them in parts, so that memory stays bounded."""

    table: str
    schema: Schema
    stem: str  # path without the number of the part and `.parquet`
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _held: int = 0
    _staged: list[StagedFile] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Take rows; the columns must be the schema's."""
        if frame.is_empty():
            return
        self._frames.append(frame.select(pl.col(name).cast(dtype) for name, dtype in self.schema.items()))
        self._held += int(frame.estimated_size())
        if self._held > _PART_BYTES:
            self._write()

    def close(self) -> tuple[StagedFile, ...]:
        """Write what is left; returns all parts."""
        if self._frames:
            self._write()
        return tuple(self._staged)

    def _write(self) -> None:
        frame = pl.concat(self._frames)
        path = f"{self.stem}-{len(self._staged)}.parquet"
        frame.write_parquet(path, compression="zstd", compression_level=_LEVEL, row_group_size=ROW_GROUP)
        self._staged.append(StagedFile(self.table, path, frame.height))
        self._frames, self._held = [], 0


def discard(staging: str, stem: str) -> None:
    """Remove what was staged for a file that will not be committed."""
    for path in Path(staging).glob(f"{stem}-*.parquet"):
        path.unlink(missing_ok=True)
