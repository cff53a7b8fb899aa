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
_HALF: Final = np.uint64(32)


def hashed(*columns: Ids) -> tuple[Keys, Rows]:
    """
    One key from several value numbers for each record that has all of them, and the rows of these records.

    Where the numbers are few enough they are the high bits as they stand, else these are mixed; the low bits are left
    free for the row.
    """
    known = columns[0]
    for ids in columns[1:]:
        known = known | ids  # negative where one of them is
    rows = np.flatnonzero(known >= 0)
    bounds = [int(ids.max(initial=-1)) + 1 for ids in columns]
    bits = int(rows.max(initial=1)).bit_length()
    parts = [np.take(ids, rows) for ids in columns]
    if math.prod(bounds).bit_length() + bits > _BITS:
        return _mixed(parts) >> np.uint64(bits) << np.uint64(bits), rows
    keys = parts[0].astype(np.int64)
    for ids, bound in zip(parts[1:], bounds[1:], strict=True):
        keys *= bound
        keys += ids
    keys <<= bits
    return keys.view(np.uint64), rows


def one_in_so_many(n: int, *columns: Ids) -> Rows:
    """The rows of one in so many keys of these value numbers: all that share one, or none."""
    if n == 1:
        return np.arange(len(columns[0]))
    if len(columns) == 1:  # values are numbered by their hashes
        return np.flatnonzero(columns[0].view(np.uint32) <= columns[0].max(initial=0) // n)
    return np.flatnonzero(_mixed(list(columns)) >> _HALF < np.uint64((1 << 32) // n))


def _mixed(parts: list[Ids]) -> Keys:
    keys = np.zeros(len(parts[0]), dtype=np.uint64)
    for ids in parts:
        keys ^= ids.view(np.uint32) + np.uint64(0x9E3779B97F4A7C15)
        keys *= np.uint64(0xBF58476D1CE4E5B9)
        keys ^= keys >> np.uint64(29)
    return keys


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
    """The blocks of two to `largest` records."""
    packed, order = _ordered(keys, rows)
    is_bound = np.ones(len(packed) + 1, dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=is_bound[1:-1])
    bounds = np.flatnonzero(is_bound)
    sizes = np.diff(bounds)
    kept = np.flatnonzero((sizes > 1) & (sizes <= largest))
    return Blocks(order, np.take(bounds, kept), np.take(sizes, kept))


def _ordered(keys: Keys, rows: Rows) -> tuple[Keys, Rows]:
    """The high bits of the keys in order, and the row of each; equal ones by row: one plain sort of both together."""
    bits = np.uint64(int(rows.max(initial=1)).bit_length())
    packed = keys | rows.view(np.uint64)
    packed.sort()
    order = (packed & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)
    packed >>= bits
    return packed, order


def pairs_of_blocks(keys: Keys, rows: Rows, largest: int) -> tuple[Rows, Rows]:
    """
    Every pair within a block of at most `largest` records.

    >>> left, right = pairs_of_blocks(*hashed(np.array([1, 2, 1, 1, -1], dtype=np.int32)), largest=10)
    >>> sorted(zip(left.tolist(), right.tolist()))
    [(0, 2), (0, 3), (2, 3)]
    """
    left, right, _ = Neighbours.of(keys, rows, largest).pairs()
    return left, right


class Neighbours(NamedTuple):
    """Records block by block in `order`, and whether the next one is of the same block (of not too many)."""

    order: Rows
    is_next: NDArray[np.bool_]

    @classmethod
    def of(cls, keys: Keys, rows: Rows, largest: int) -> Neighbours:
        """The blocks of at most `largest` records."""
        packed, order = _ordered(keys, rows)
        is_next = np.zeros(len(packed), dtype=bool)
        np.equal(packed[1:], packed[:-1], out=is_next[:-1])
        _leave_out(is_next, packed, largest)
        return cls(order, is_next)

    def pairs(self, known: Keys | None = None, most: float = math.inf) -> tuple[Rows, Rows, int]:
        """
        Every pair within a block, and how many there are.

        Args:
            known: Per record its blocks of two earlier keys, half the bits for each: pairs of these are left out,
                but for the count.
            most: Of more pairs none is made; the count is then more than this, and no more.
        """
        places = np.flatnonzero(self.is_next)
        steps: list[Rows] = []  # by distance, the places of the first of two
        n_pairs = 0
        while len(places) or not steps:
            steps.append(places)
            n_pairs += len(places)
            if n_pairs > most:
                return np.zeros(0, np.int64), np.zeros(0, np.int64), n_pairs
            places = np.compress(np.take(self.is_next, places + len(steps)), places)
        blocks = None if known is None else np.take(known, self.order)
        firsts: list[Rows] = []
        seconds: list[Rows] = []
        for distance, these in enumerate(steps, start=1):
            others = these + distance
            if blocks is not None:
                apart = np.take(blocks, these) ^ np.take(blocks, others)
                fresh = np.flatnonzero((apart >> _HALF != 0) & (apart << _HALF != 0))
                these, others = np.take(these, fresh), np.take(others, fresh)
            firsts.append(np.take(self.order, these))
            seconds.append(np.take(self.order, others))
        return np.concatenate(firsts), np.concatenate(seconds), n_pairs

    def some(self, n: int) -> tuple[Rows, Rows]:
        """So many pairs of records that follow each other in a block, at even distances; fewer where there are not so many."""
        places = np.flatnonzero(self.is_next)
        if len(places) > n:
            places = np.take(places, np.linspace(0, len(places) - 1, n).astype(np.int64))
        return np.take(self.order, places), np.take(self.order, places + 1)

    def numbers(self, n_records: int) -> Ids:
        """Per record the number of its block; of its own where it shares none."""
        found = np.arange(-n_records, 0, dtype=np.int32)
        found[self.order] = np.cumsum(np.append(True, ~self.is_next[:-1])[: len(self.order)], dtype=np.int32)
        return found


def _leave_out(is_next: NDArray[np.bool_], packed: Keys, largest: int) -> None:
    """Let no record of a block of more than `largest` be followed by another of it."""
    far = np.flatnonzero(packed[largest:] == packed[:-largest])
    if len(far):
        inside = np.zeros(len(packed) + 1, dtype=np.int32)
        inside[far] += 1
        inside[far + largest] -= 1
        is_next[np.cumsum(inside[: len(is_next)]) > 0] = False


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
