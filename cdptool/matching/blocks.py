"""
Blocks: records that share a key, and the pairs of them. Keys are 64-bit mixes of value numbers; strings are not read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.values import Ids, Rows

Keys = NDArray[np.uint64]
Flags = NDArray[np.bool_]


def hashed(*columns: Ids) -> tuple[Keys, Flags]:
    """One key per record from several value numbers, and whether the record has all of them."""
    keys = np.zeros(len(columns[0]), dtype=np.uint64)
    known = np.ones(len(columns[0]), dtype=bool)
    for ids in columns:
        known &= ids >= 0
        keys = (keys ^ (ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))) * np.uint64(
            0xBF58476D1CE4E5B9
        )
        keys ^= keys >> np.uint64(29)
    return keys, known


def pairs_of_blocks(keys: Keys, known: Flags, largest: int) -> tuple[Rows, Rows]:
    """
    Every pair within a block of at most `largest` records, the smaller row first.

    The low bits of a key make room for the row number, so that one plain sort groups the rows.

    >>> left, right = pairs_of_blocks(*hashed(np.array([1, 2, 1, 1, -1], dtype=np.int32)), largest=10)
    >>> sorted(zip(left.tolist(), right.tolist()))
    [(0, 2), (0, 3), (2, 3)]
    """
    bits = np.uint64(max(len(keys) - 1, 1).bit_length())
    packed = np.sort((keys >> bits << bits | np.arange(len(keys), dtype=np.uint64))[known])
    ordered, order = packed >> bits, (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(order) else np.zeros(0, int)
    sizes = np.diff(np.append(starts, len(order)))
    kept = (sizes > 1) & (sizes <= largest)
    starts, sizes = starts[kept], sizes[kept]
    lefts, rights = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for distance in range(1, int(sizes.max(initial=1))):
        reach = sizes > distance
        firsts, many = starts[reach], sizes[reach] - distance
        offsets = np.repeat(firsts - np.append(0, np.cumsum(many)[:-1]), many) + np.arange(many.sum())
        lefts.append(order[offsets])
        rights.append(order[offsets + distance])
    return np.concatenate(lefts), np.concatenate(rights)
