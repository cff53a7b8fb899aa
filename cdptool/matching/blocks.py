"""
Blocks: records that share a key, and the pairs of them. Keys are 64-bit mixes of value numbers; strings are not read.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.values import Ids, Rows

Keys = NDArray[np.uint64]
_BITS: Final = 64


def hashed(*columns: Ids) -> tuple[Keys, Rows]:
    """
    One key from several value numbers for each record that has all of them, and the rows of these records.

    Where the numbers are few enough they are the high bits as they stand, else these are mixed.
    """
    known = columns[0] >= 0
    for ids in columns[1:]:
        known &= ids >= 0
    rows = np.flatnonzero(known)
    bounds = [int(ids.max(initial=-1)) + 1 for ids in columns]
    bits = int(rows.max(initial=1)).bit_length()
    below = math.prod(bounds)
    mix = _mixed if below.bit_length() + bits > _BITS else _side_by_side
    keys = np.zeros(len(rows), dtype=np.uint64)
    for ids, bound in zip(columns, bounds, strict=True):
        mix(keys, np.take(ids, rows), bound)
    return (keys if mix is _mixed else keys << np.uint64(bits)), rows


def _side_by_side(keys: Keys, ids: Ids, bound: int) -> None:
    keys *= np.uint64(bound)
    keys += ids.view(np.uint32)


def _mixed(keys: Keys, ids: Ids, _bound: int) -> None:
    keys ^= ids.view(np.uint32) + np.uint64(0x9E3779B97F4A7C15)
    keys *= np.uint64(0xBF58476D1CE4E5B9)
    keys ^= keys >> np.uint64(29)


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
    order = (packed & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)
    packed >>= bits
    is_bound = np.ones(len(packed) + 1, dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=is_bound[1:-1])
    bounds = np.flatnonzero(is_bound)
    sizes = np.diff(bounds)
    kept = np.flatnonzero((sizes > 1) & (sizes <= largest))
    return Blocks(order, np.take(bounds, kept), np.take(sizes, kept))


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
