"""
How many new pairs a blocking key would bring, told from a part of the records before the key is made.

What chance alone brings is known from how common the values are. Relatives, branches and flatmates bring many more: so
the records of some values of the key's most telling part are put in blocks, and their pairs counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np

from cdptool.matching.blocks import blocks, drawn_pairs, hashed, one_in_so_many
from cdptool.matching.parts import Part
from cdptool.matching.values import Rows

_RECORDS: Final = 10_000
_PAIRS: Final = 1_000
_FEW: Final = 10_000  # values, of which some are held by very many records
_VALUES: Final = 100  # drawn at least


class Prices:
    """The prices of keys; a key is the numbers of its parts."""

    def __init__(self, pieces: Sequence[Part], n_records: int, largest: int) -> None:
        """`largest`: the largest block that is paired."""
        self.n_records = n_records
        self._pieces = pieces
        self._largest = largest
        self._rows: dict[tuple[int, ...], Rows] = {}

    def n_new(self, key: Sequence[int], taken: Sequence[Sequence[int]]) -> float:
        """About how many pairs a key would bring that none of those `taken` has brought."""
        rows, one_in = self._some(key)
        found = blocks(*hashed(*(self._pieces[number].at(rows) for number in key)), self._largest)
        if not found.n_pairs:
            return 0.0
        drawn = drawn_pairs(found, np.arange(0, found.n_pairs, max(found.n_pairs // _PAIRS, 1)))
        left, right = (np.take(rows, side) for side in drawn)
        agrees = {number: self._pieces[number].agrees(left, right) for number in {*chain(*taken)}}
        known = np.zeros(len(left), dtype=bool)
        for other in taken:
            known |= np.logical_and.reduce([agrees[number] for number in other])
        return found.n_pairs * one_in * float(1 - known.mean())

    def _some(self, key: Sequence[int]) -> tuple[Rows, int]:
        """The records of one in so many values of the key's most telling part, or of its two if that one has few."""
        by = tuple(sorted(key, key=lambda number: self._pieces[number].agreeing)[:2])
        one_in = max(self.n_records // _RECORDS, 1)
        n_values = self._pieces[by[0]].n_values
        if n_values >= _FEW:
            by, one_in = by[:1], min(one_in, n_values // _VALUES)
        if by not in self._rows:
            self._rows[by] = one_in_so_many(one_in, *(self._pieces[number].numbered()[0] for number in by))
        return self._rows[by], one_in
