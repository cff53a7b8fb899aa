"""The same input in another order: rows inside their files, and files among those of their source."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import polars as pl


def shuffle_inputs(folder: Path, seed: int) -> int:
    """
    Permute the rows of every input file below a folder, and give the files of each glob other names.

    Returns:
        How many files have their rows in another order now.
    """
    chance = random.Random(seed)
    changed = 0
    for path in sorted(
        each for each in folder.rglob("*") if each.suffix in (".csv", ".txt", ".gz", ".parquet")
    ):
        before = path.read_bytes()
        if path.suffix == ".parquet":
            pl.read_parquet(path).sample(fraction=1, shuffle=True, seed=seed).write_parquet(path)
        elif path.suffix == ".gz":
            path.write_bytes(gzip.compress(_permuted(gzip.decompress(before), chance), mtime=0))
        else:
            path.write_bytes(_permuted(before, chance))
        changed += path.read_bytes() != before
    months = sorted((folder / "pos").glob("orders_*.csv.gz"))
    for path in months:
        path.rename(path.with_name(f"moved_{path.name}"))
    for number, path in enumerate(reversed(months)):
        path.with_name(f"moved_{path.name}").rename(path.with_name(f"orders_{number:02}.csv.gz"))
    return changed


def records(text: bytes) -> list[bytes]:
    """
    The records of a CSV file with their line ends: one that quotes a line end is several lines.

    >>> records(b'a,b\\n1,"x\\ny"\\n2,z')
    [b'a,b\\n', b'1,"x\\ny"\\n', b'2,z']
    """
    found: list[bytes] = []
    is_open = False
    for line in text.splitlines(keepends=True):
        if is_open:
            found[-1] += line
        else:
            found.append(line)
        is_open = found[-1].count(b'"') % 2 == 1
    assert not is_open, "a quote is never closed: lines would hide in it"
    return found


def _permuted(text: bytes, chance: random.Random) -> bytes:
    head, *rows = records(text)
    end = b"\r\n" if head.endswith(b"\r\n") else b"\n"
    rows = [row if row.endswith(b"\n") else row + end for row in rows]
    chance.shuffle(rows)
    return b"".join((head, *rows))
