"""
Pairs counted by their pattern of levels, and patterns as two halves: a few hundred halves make tens of thousands of them.

Whatever is a sum over the fields (a log probability), or is summed field by field (how many pairs have a level), is
worked out on the halves, and only put together on the patterns.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.sorting import sorted_with_rows

Codes = NDArray[np.uint8] | NDArray[np.intp]
Floats = NDArray[np.float64]
Numbers = NDArray[np.int32] | NDArray[np.int64]
_MOST_NUMBERS: Final = 1 << 40  # leaves room for the rows when they are sorted
_LARGEST_TABLE: Final = 1 << 24
_TABLE_PER_COLUMN: Final = 16  # entries, that cost no more than to sort the columns


class Half(NamedTuple):
    """
    Some of the comparisons: `codes` (comparison × half pattern), and which of these each pattern has.

    `places`: which comparisons.
    """

    places: range
    codes: NDArray[np.intp]
    of_pattern: NDArray[np.intp]

    def summed(self, tables: list[Floats]) -> Floats:
        """Class × half pattern: the sum over these comparisons, from a table class × code of every comparison."""
        found = np.zeros((len(tables[0]), self.codes.shape[1]))
        for place, codes in zip(self.places, self.codes, strict=True):
            found += np.take(tables[place], codes, axis=1)
        return found

    def counted(self, held: Floats, n_codes: list[int]) -> list[Floats]:
        """Per comparison, how many pairs have each code, from how many have each pattern."""
        of_half = np.bincount(self.of_pattern, weights=held, minlength=self.codes.shape[1])
        return [
            np.bincount(codes, weights=of_half, minlength=n_codes[place]).astype(np.float64, copy=False)
            for place, codes in zip(self.places, self.codes, strict=True)
        ]


class Patterns(NamedTuple):
    """
    The different patterns of levels: `codes` (comparison × pattern), how many pairs have each, and which each pair has.

    `n_codes`: how many codes each comparison has.
    """

    codes: NDArray[np.intp]
    counts: Floats
    of_pair: NDArray[np.int32]
    n_codes: list[int]
    halves: tuple[Half, ...]

    def summed(self, tables: list[Floats]) -> Floats:
        """Class × pattern: the sum over all comparisons, from a table class × code of every comparison."""
        parts = [np.take(half.summed(tables), half.of_pattern, axis=1) for half in self.halves]
        for part in parts[1:]:
            parts[0] += part
        return parts[0]

    def counted(self, held: Floats) -> list[Floats]:
        """Per comparison, how many pairs have each code, from how many have each pattern."""
        return [table for half in self.halves for table in half.counted(held, self.n_codes)]

    def part(self, step: int) -> Patterns:
        """Every so many-th pattern, for as many pairs."""
        codes = np.ascontiguousarray(self.codes[:, ::step])
        return _of(codes, self.counts[::step] * step, self.of_pair[:0], self.n_codes)


def patterns(codes: NDArray[np.uint8], n_codes: list[int]) -> Patterns:
    """
    Count equal columns of codes.

    Args:
        codes: Comparison × pair.
        n_codes: How many there are of each comparison.

    >>> found = patterns(np.array([[1, 0, 1], [2, 2, 2]], dtype=np.uint8), [2, 3])
    >>> found.codes.tolist(), found.counts.tolist(), found.of_pair.tolist()
    ([[0, 1], [2, 2]], [1.0, 2.0], [1, 0, 1])
    """
    firsts, of_pair = _numbered(codes, n_codes)
    counts = np.bincount(of_pair, minlength=len(firsts)).astype(np.float64)
    return _of(np.take(codes, firsts, axis=1).astype(np.intp), counts, of_pair, n_codes)


def _of(codes: NDArray[np.intp], counts: Floats, of_pair: NDArray[np.int32], n_codes: list[int]) -> Patterns:
    middle = len(n_codes) // 2
    halves = []
    for places in (range(middle), range(middle, len(n_codes))):
        mine = codes[places.start : places.stop]
        firsts, of_pattern = _numbered(mine, n_codes[places.start : places.stop])
        halves.append(Half(places, np.take(mine, firsts, axis=1), of_pattern.astype(np.intp)))
    return Patterns(codes, counts, of_pair, n_codes, tuple(halves))


def _numbered(codes: Codes, n_codes: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Where a column of each kind stands, in order; and of what kind every column is."""
    n_columns, below = codes.shape[1], 1
    mixed: Numbers = np.zeros(n_columns, dtype=np.int64)
    most = _MOST_NUMBERS
    if n_columns * _TABLE_PER_COLUMN >= _LARGEST_TABLE:
        mixed, most = mixed.astype(np.int32), _LARGEST_TABLE
    for place, many in enumerate(n_codes):
        if below * many > most:
            places, dense = _dense(mixed, below)
            below = len(places)
            most = most if below * many <= most else _MOST_NUMBERS
            mixed = dense if most == _LARGEST_TABLE else dense.astype(np.int64)
        mixed *= many
        mixed += codes[place]
        below *= many
    return _dense(mixed, below)


def _dense(numbers: Numbers, below: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Where each different number stands, and the same numbers without gaps."""
    if below <= min(_LARGEST_TABLE, len(numbers) * _TABLE_PER_COLUMN):
        return _ticked_off(numbers, below)
    ordered, order = sorted_with_rows(numbers.astype(np.int64, copy=False), below)
    fresh = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
    dense = np.empty(len(order), dtype=np.int32)
    dense[order] = np.cumsum(fresh, dtype=np.int32) - np.int32(1)
    return order[np.flatnonzero(fresh)], dense


def _ticked_off(numbers: Numbers, below: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The same by a table of all the numbers that there may be: of many, cheaper than to sort them."""
    is_held = np.zeros(below, dtype=bool)
    is_held[numbers] = True
    held = np.flatnonzero(is_held)
    dense_of = np.empty(below, dtype=np.int32)
    dense_of[held] = np.arange(len(held), dtype=np.int32)
    dense = np.take(dense_of, numbers)
    places = np.empty(len(held), dtype=np.int64)
    places[dense] = np.arange(len(numbers))
    return places, dense
