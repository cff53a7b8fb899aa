"""
Pairs gathered key by key within a budget, each kept once: sorted only when the budget may be reached, and at the end.

Most pairs of one person come with key after key. Those of the first keys are known by their blocks: two records that
share one are a pair already, and are not gathered again.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.blocks import Keys, Neighbours
from cdptool.matching.values import Rows

_KEY_BITS: Final = 8
_LAST_KEY: Final = (1 << _KEY_BITS) - 1
_TELLING: Final = 50_000  # pairs, that say how many of all are new
_FAR_OVER: Final = 1.1
_FIRST_KEYS: Final = 2  # whose blocks are known: they bring most of what comes again


class Gathered:
    """
    The pairs of the keys so far, each as one number: left row, right row, and in the last bits the key that brought it.

    >>> pairs = Gathered(n_records=9, budget=3)
    >>> for order in ([0, 2, 1, 5], [1, 5, 4, 8], [0, 8]):
    ...     print(pairs.add(Neighbours(np.array(order), np.arange(len(order)) % 2 == 0)))
    2
    2
    None
    >>> [side.tolist() for side in pairs.all()]
    [[0, 1, 4], [2, 5, 8], [2, 1]]
    """

    def __init__(self, n_records: int, budget: int) -> None:
        self._n_records = n_records
        self._row_bits = max(n_records - 1, 1).bit_length()
        self.budget = budget
        self._batches: list[NDArray[np.int64]] = []
        self._n_gathered = 0  # pairs at most; exactly, once the batches are one
        self._n_settled = 0  # different pairs for certain
        self._n_keys = 0
        self._blocks: Keys | None = None  # of the first keys, per record

    def has_room(self, n_pairs: float) -> bool:
        """Whether so many new pairs are within the budget."""
        if n_pairs > self.budget - self._n_settled:
            return False
        if n_pairs > self.budget - self._n_gathered:
            self._settle()
        return n_pairs <= self.budget - self._n_gathered

    def add(self, found: Neighbours) -> int | None:
        """Take in the pairs of one more key; how many it brings, or None if the new ones are over the budget."""
        left, right, n_brought = found.pairs(self._blocks, self.budget)
        if n_brought > self.budget:
            return None
        more = (left << self._row_bits | right) << _KEY_BITS
        more |= min(self._n_keys, _LAST_KEY)
        if self._are_too_many(more):
            return None
        more.sort()
        if len(more) > self.budget - self._n_gathered:
            more = self._unknown(more)
            if self._n_gathered == self._n_settled and len(more) > self.budget - self._n_settled:
                return None  # all of them are new
        if len(more) > self.budget - self._n_gathered:
            together = _each_once([*self._batches, more])
            if len(together) > self.budget:
                return None
            self._batches = [together]
            self._n_gathered = self._n_settled = len(together)
        elif len(more):  # a batch without pairs would stand for all of them, once they are settled
            self._batches.append(more)
            self._n_gathered += len(more)
        if self._n_keys < _FIRST_KEYS:
            self._remember(found)
        self._n_keys += 1
        return n_brought

    def _remember(self, found: Neighbours) -> None:
        """Keep in which block each record is, of the first key in the high bits; where there is none, in one of its own."""
        numbers = found.numbers(self._n_records).view(np.uint32)
        if self._blocks is None:
            self._blocks = np.arange(self._n_records, dtype=np.uint64)
            self._blocks |= numbers.astype(np.uint64) << np.uint64(32)
        else:
            self._blocks >>= np.uint64(32)
            self._blocks <<= np.uint64(32)
            self._blocks |= numbers

    def _are_too_many(self, more: NDArray[np.int64]) -> bool:
        """Whether these pairs would go far over the budget, as a part of them says: the others need not be looked up."""
        step = len(more) // _TELLING
        if step < 2 or not self._n_settled or len(more) <= self.budget - self._n_settled:
            return False
        n_new = len(self._unknown(np.sort(more[::step]))) * step
        return n_new > _FAR_OVER * (self.budget - self._n_settled)

    def _unknown(self, more: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some sorted pairs that are not settled: looking them up is cheaper than merging all."""
        if not self._n_settled:
            return more
        settled, pairs = self._batches[0], more >> _KEY_BITS
        places = np.searchsorted(settled, pairs << _KEY_BITS)
        np.minimum(places, len(settled) - 1, out=places)
        return np.compress(np.take(settled, places) >> _KEY_BITS != pairs, more)

    def count(self) -> int:
        """How many different pairs there are so far."""
        self._settle()
        return self._n_settled

    def is_spent(self, share: float) -> bool:
        """Whether so much of the budget is known to be used."""
        return self._n_settled >= share * self.budget

    def all(self) -> tuple[Rows, Rows, Rows]:
        """Left and right rows, sorted, and how many pairs each key was the first to bring."""
        self._settle()
        codes = self._batches.pop() if self._batches else np.zeros(0, np.int64)
        n_new = np.bincount((codes & _LAST_KEY).astype(np.uint8), minlength=self._n_keys)
        codes >>= _KEY_BITS
        right = codes & ((1 << self._row_bits) - 1)
        codes >>= self._row_bits
        return codes, right, n_new[: self._n_keys]

    def _settle(self) -> None:
        if self._n_gathered > self._n_settled:
            self._batches = [_each_once(self._batches)]
            self._n_gathered = self._n_settled = len(self._batches[0])


def _each_once(batches: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Every pair once, with the first key that brought it; the batches are sorted."""
    together = np.concatenate(batches)
    together.sort(kind="stable")  # a merge of what is in order
    pairs = together >> _KEY_BITS
    is_fresh = np.ones(len(pairs), dtype=bool)
    np.not_equal(pairs[1:], pairs[:-1], out=is_fresh[1:])
    del pairs
    return np.compress(is_fresh, together)
