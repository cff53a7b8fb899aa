"""
Many profiles in pieces: the rows of some profiles at a time, so that arrays stay small and memory is used again.

Where the rows of a stream stand in the order of profiles, a piece is a range of ids, and a scan reads only the parts of
files that hold it. Other streams are read once and brought into that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

PIECE: Final = 200_000  # profiles
_FIRST: Final = 10_000  # rows that tell of most streams that they are in no order

Piece = tuple[pl.DataFrame, Mapping[str, pl.LazyFrame]]


def pieces(
    profiles: pl.DataFrame, streams: Mapping[str, pl.LazyFrame], key: str, *, size: int = PIECE
) -> Iterator[Piece]:
    """
    The profiles with their rows, some at a time.

    Args:
        profiles: One row per `key`, rising.
        streams: By name rows with `key`, in any order.
        key: The name of the column of ids.
        size: About how many profiles go together.

    Yields:
        Profiles, in their order, with the rows of each stream that may be theirs; all at once where they are few.
    """
    n_pieces = round(profiles.height / size)
    if n_pieces < 2:
        yield profiles, streams
        return
    ready = {name: rows if _is_in_order(rows, key) else _ordered(rows, key) for name, rows in streams.items()}
    ends = [profiles.height * i // n_pieces for i in range(n_pieces + 1)]
    for first, last in pairwise(ends):
        some = profiles.slice(first, last - first)
        least, most = some[key][0], some[key][-1]
        yield some, {name: _within(rows, key, least, most) for name, rows in ready.items()}


def _is_in_order(rows: pl.LazyFrame, key: str) -> bool:
    """
    Whether rows stand in the order of their profiles, as far as the first ones tell.

    Where later ones do not, answers are the same, and more of the files is read for each piece.
    """
    return rows.select(key).head(_FIRST).collect(engine="streaming")[key].drop_nulls().is_sorted()


def _ordered(rows: pl.LazyFrame, key: str) -> pl.DataFrame:
    found = rows.filter(pl.col(key).is_not_null()).collect(engine="streaming")
    return found[np.argsort(found[key].to_numpy())].rechunk()


def _within(rows: pl.LazyFrame | pl.DataFrame, key: str, least: int, most: int) -> pl.LazyFrame:
    if isinstance(rows, pl.LazyFrame):
        return rows.filter(pl.col(key).is_between(least, most))
    first, last = np.searchsorted(rows[key].to_numpy(), [least, most + 1])
    return rows.slice(int(first), int(last - first)).lazy()
