"""
Blocks: records that share a key, and the pairs of them. Keys are 64-bit mixes of value numbers; strings are not read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.values import Ids, Rows

Keys = NDArray[np.uint64]


def hashed(*columns: Ids) -> tuple[Keys, Rows]:
    """One key from several value numbers for each record that has all of them, and the rows of these records."""
    known = columns[0] >= 0
    for ids in columns[1:]:
        known &= ids >= 0
    rows = np.flatnonzero(known)
    keys = np.zeros(len(rows), dtype=np.uint64)
    for ids in columns:
        keys ^= np.take(ids, rows).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        keys *= np.uint64(0xBF58476D1CE4E5B9)
        keys ^= keys >> np.uint64(29)
    return keys, rows


class Blocks(NamedTuple):
    """Records by key: `order` lists them block by block; where the blocks of two and more start, and their sizes."""

    order: Rows
    starts: Rows
    sizes: Rows

    @property
    def n_pairs(self) -> int:
        """Pairs within the blocks."""
        return int((self.sizes * (self.sizes - 1) // 2).sum())


def blocks(keys: Keys, rows: Rows, largest: int) -> Blocks:
    """
    The blocks of two to `largest` records.

    The low bits of a key make room for the row number, so that one plain sort groups the rows.
    """
    bits = np.uint64(int(rows.max(initial=1)).bit_length())
    packed = keys >> bits
    packed <<= bits
    packed |= rows.view(np.uint64)
    packed.sort()
    order = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    packed >>= bits
    starts = np.flatnonzero(np.append(True, packed[1:] != packed[:-1])) if len(order) else np.zeros(0, int)
    sizes = np.diff(np.append(starts, len(order)))
    kept = (sizes > 1) & (sizes <= largest)
    return Blocks(order, starts[kept], sizes[kept])


def pairs_of_blocks(keys: Keys, rows: Rows, largest: int) -> tuple[Rows, Rows]:
    """
    Every pair within a block of at most `largest` records, the smaller row first.

    >>> left, right = pairs_of_blocks(*hashed(np.array([1, 2, 1, 1, -1], dtype=np.int32)), largest=10)
    >>> sorted(zip(left.tolist(), right.tolist()))
    [(0, 2), (0, 3), (2, 3)]
    """
    order, starts, sizes = blocks(keys, rows, largest)
    firsts = [np.zeros(0, np.int64)]
    distances = [0]
    most = int(sizes.max(initial=1))
    for distance in range(1, most):
        reach = sizes > distance
        starts, sizes = starts[reach], sizes[reach]  # ever fewer blocks reach so far
        many = sizes - distance
        ends = np.cumsum(many)
        firsts.append(np.repeat(starts - ends + many, many) + np.arange(ends[-1]))
        distances.append(distance)
    offsets = np.concatenate(firsts)
    left = np.take(order, offsets)
    offsets += np.repeat(distances, [len(part) for part in firsts])
    return left, np.take(order, offsets)


def drawn_pairs(found: Blocks, numbers: Rows) -> tuple[Rows, Rows]:
    """
    Some pairs of blocks, by their numbers below `n_pairs`, without making the others.

    >>> found = blocks(*hashed(np.array([1, 1, 1, 2, 2], dtype=np.int32)), largest=10)
    >>> sorted(zip(*(side.tolist() for side in drawn_pairs(found, np.arange(found.n_pairs)))))
    [(0, 1), (0, 2), (1, 2), (3, 4)]
    """
    ends = np.cumsum(found.sizes * (found.sizes - 1) // 2)
    block = np.searchsorted(ends, numbers, side="right")
    within = numbers - np.append(0, ends)[block]
    later = ((1 + np.sqrt(1 + 8 * within.astype(np.float64))) / 2).astype(np.int64)
    earlier = within - later * (later - 1) // 2
    first = np.take(found.starts, block)
    return np.take(found.order, first + earlier), np.take(found.order, first + later)
