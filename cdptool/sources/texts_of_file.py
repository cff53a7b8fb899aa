"""A file nobody declared, read as texts: whole where it fits into memory, else every k-th block of it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.errors import Place
from cdptool.sources.blocks import open_source
from cdptool.sources.csv_blocks import TextBlock
from cdptool.sources.csv_records import read_record
from cdptool.sources.raw import RawForm
from cdptool.sources.spec import Dialect
from cdptool.sources.texts import as_text, is_supported

MOST_BYTES: Final = 512 << 20  # of texts that are held at once


class FileTexts(NamedTuple):
    """
    The rows of a file as texts.

    `frame`: its columns by name (String, null where empty). `rows`: per row its number among the data rows (from
    1); `lines`: where it begins. `rejected`: per record that is no row, its row number and why. In a sample
    (`is_sample`) only some blocks of the file's `n_rows` are held.
    """

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    lines: NDArray[np.int64]
    rejected: tuple[tuple[int, int, str], ...]
    n_rows: int
    is_sample: bool
    notes: tuple[str, ...]
    lost: tuple[str, ...] = ()


def read_texts(
    path: str, place: Place, dialect: Dialect | None = None, *, most_bytes: int = MOST_BYTES
) -> FileTexts:
    """
    Read a file in any format as texts, under a dialect where it needs one.

    Where the texts would need more than `most_bytes`, every second block is let go, then every second of the
    rest, and so on: what is held is spread evenly over the file, and each block of it is whole.

    Raises:
        SourceError: It is missing, or nothing that can be read.
    """
    source = open_source(path, dialect or Dialect(), place)
    wanted = tuple(str(i) for i in range(len(source.names)))
    held: list[tuple[pl.DataFrame, NDArray[np.int64], NDArray[np.int64]]] = []
    rejected: list[tuple[int, int, str]] = []
    texts: list[str] = []
    stride, number, n_rows, size = 1, 0, 0, 0
    for block in source.blocks(wanted):
        block = _with_foreign_rows(block, source.raw_form, len(wanted))
        lost = np.array(sorted(r.line for r in block.rejected), np.int64)
        rows = n_rows + 1 + np.arange(len(block.lines)) + np.searchsorted(lost, block.lines)
        for record in block.rejected:
            row = n_rows + 1 + int(np.searchsorted(np.sort(np.r_[block.lines, lost]), record.line))
            rejected.append((row, record.line, record.fault.reason))
            texts.append(record.raw.decode(errors="replace"))
        n_rows += len(block.lines) + len(block.rejected)
        if not len(block.lines):
            continue
        if number % stride == 0:
            frame = _texts(block.frame)
            held.append((frame, rows, np.asarray(block.lines)))
            size += int(frame.estimated_size())
        number += 1
        while size > most_bytes and len(held) > 1:
            held, stride = held[::2], stride * 2
            size = sum(int(frame.estimated_size()) for frame, _, _ in held)
    schema = dict.fromkeys(wanted, pl.String())
    frames = [frame.select(wanted) for frame, _, _ in held] or [pl.DataFrame(schema=schema)]
    frame = pl.concat(frames).rename(dict(zip(wanted, _different(source.names), strict=True)))
    none = [np.empty(0, np.int64)]
    return FileTexts(
        frame,
        np.concatenate([rows for _, rows, _ in held] or none),
        np.concatenate([lines for _, _, lines in held] or none),
        tuple(rejected),
        n_rows,
        stride > 1,
        source.notes,
        tuple(texts),
    )


def _with_foreign_rows(block: TextBlock, form: RawForm, n_columns: int) -> TextBlock:
    """Records that were rejected for their bytes alone, put back with U+FFFD for what cannot be read."""
    foreign = [record for record in block.rejected if record.fault.rule == "encoding"]
    if not foreign or form.shape is None:
        return block
    rows, lines, kept = [], [], []
    for record in block.rejected:
        text = record.raw.decode(errors="replace").encode().removesuffix(b"\n") + b"\n"
        is_foreign = record.fault.rule == "encoding"
        fields = read_record(text, 0, form.shape, is_last=True).fields if is_foreign else None
        if fields is None:
            kept.append(record)
            continue
        rows.append(tuple(field.decode() or None for field in fields[:n_columns]))
        lines.append(record.line)
    if not rows:
        return block
    schema = {str(i): pl.String() for i in range(n_columns)}
    added = pl.DataFrame(rows, schema=schema, orient="row")
    frame = (
        pl.concat([block.frame.select(list(schema)).cast(pl.String()), added]) if len(block.lines) else added
    )
    order = np.argsort(np.r_[block.lines, lines], kind="stable")
    return TextBlock(frame[order], np.r_[block.lines, lines][order], tuple(kept), block.n_blank)


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        [
            as_text(c) if is_supported(c.dtype) else pl.Series(c.name, [None] * len(c), dtype=pl.String)
            for c in frame
        ]
    )


def _different(names: tuple[str, ...]) -> list[str]:
    """The names, repeated ones with their number.

    >>> _different(("a", "b", "a"))
    ['a', 'b', 'a (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
