"""
CSV files in two copies: clean, and with bad rows of ten kinds whose lines and rules are known.

Seeded; every chunk of rows is made by itself, so that files of any size come from little memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CHUNK_ROWS = 250_000


@dataclass(frozen=True)
class Table:
    """
    A kind of file: how `chunk(number, rows)` makes its text, and its bad rows with the rule each must break.

    Every row begins with `first`, and no line inside a quoted field does: so a bad row is put between rows.
    """

    name: str
    header: bytes
    first: bytes
    chunk: Callable[[int, int], bytes]
    bad_rows: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True)
class Files:
    """The two copies, how many rows the clean one has, and the physical line and rule of each bad row."""

    clean: Path
    dirty: Path
    n_rows: int
    planted: list[tuple[int, str]]


def write(table: Table, folder: Path, megabytes: int, n_bad: int) -> Files:
    """Write `<name>.csv` and `<name>.dirty.csv` of about so many megabytes, with at least so many bad rows."""
    folder.mkdir(parents=True, exist_ok=True)
    clean, dirty = folder / f"{table.name}.csv", folder / f"{table.name}.dirty.csv"
    planted: list[tuple[int, str]] = []
    number, line = 0, 2
    with clean.open("wb") as good, dirty.open("wb") as bad:
        good.write(table.header)
        bad.write(table.header)
        while good.tell() < megabytes * 1_000_000:
            text = table.chunk(number, CHUNK_ROWS)
            good.write(text)
            chunks = -(-megabytes * 1_000_000 // len(text))
            parts, where = _planted(table, text, number, -(-n_bad // chunks))
            bad.writelines(parts)
            planted += [(line + at, rule) for at, rule in where]
            line += text.count(b"\n") + len(where)
            number += 1
    return Files(clean, dirty, number * CHUNK_ROWS, planted)


def _planted(table: Table, text: bytes, number: int, n_bad: int) -> tuple[list[bytes], list[tuple[int, str]]]:
    """The chunk with bad rows between its rows, and the line of each from the chunk's start."""
    rng = np.random.default_rng((8, number))
    parts: list[bytes] = []
    where = []
    start, line = 0, 0
    for k in range(n_bad):
        size = (len(text) - start) // (n_bad - k + 1)
        end = text.index(b"\n" + table.first, start + size) + 1
        line += text.count(b"\n", start, end)
        row, rule = table.bad_rows[(number * n_bad + k + int(rng.integers(0, 2))) % len(table.bad_rows)]
        parts += [text[start:end], row]
        where.append((line, rule))
        start, line = end, line + 1
    return [*parts, text[start:]], where
