"""
Rows of profiles in order of time, and how many of them lie around a moment: two look-ups in one sorted array.

Profiles are numbers here, and a profile with a time is one integer; so the rows of all profiles stand in one sorted
array, a window around a row is the stretch between two places in it, and what counts there is a difference of two
running totals.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
_BITS: Final = 64
_MANY: Final = 10_000
_BLOCK: Final = 2_000
_NO_KEY: Final = np.uint64((1 << 64) - 1)
_UNITS: Final = (1, 1_000_000, 1_000)  # microseconds


class Timeline:
    """
    The rows of a stream, sorted by profile and time.

    Args:
        who: The number of each row's profile, 0 to `n_profiles` - 1.
        at: The time of each row in microseconds.
        n_profiles: Profiles in all.

    >>> line = Timeline(np.array([1, 0, 1]), np.array([30, 10, 20]), 2)
    >>> line.order.tolist(), line.between(np.array([1, 1]), np.array([20, 21]), np.array([30, 30]), None).tolist()
    ([1, 2, 0], [2, 1])
    """

    def __init__(self, who: NDArray[Any], at: Numbers, n_profiles: int) -> None:
        self._earliest = int(at.min()) if len(at) else 0
        since = at - self._earliest
        bits = _BITS - n_profiles.bit_length()
        self._unit, self._coarser = _ticks(since, bits)
        self._most = int(since.max(initial=0)) // self._unit + 1
        self._bits = np.uint64(bits)
        self.n_profiles = n_profiles
        self._who, self._at = who, at

    @cached_property
    def order(self) -> Numbers:
        """The places of the rows in the order of profiles and time."""
        keys = self._key(self._who, self._at)
        order = np.argsort(keys)
        if self._coarser:
            self._sort_ties(order, np.take(keys, order))
        return order

    @cached_property
    def keys(self) -> NDArray[np.uint64]:
        """Profile and time of each row as one number, rising."""
        keys = self._key(self._who, self._at)
        keys.sort()  # several times faster than finding the order
        return keys

    @cached_property
    def who(self) -> NDArray[Any]:
        """The number of each row's profile, in their order."""
        return np.take(self._who, self.order)

    @cached_property
    def at(self) -> Numbers:
        """The time of each row, in their order."""
        return np.take(self._at, self.order)

    def _key(self, who: NDArray[Any], moments: Numbers) -> NDArray[np.uint64]:
        ticks = moments - self._earliest
        if self._unit > 1:
            ticks = -(-ticks // self._unit)
        np.clip(ticks, 0, self._most, out=ticks)
        ticks >>= self._coarser
        keys = who.astype(np.uint64)
        keys <<= self._bits
        keys |= ticks.view(np.uint64)
        return keys

    def _sort_ties(self, order: Numbers, keys: NDArray[np.uint64]) -> None:
        """Bring the few rows that share a key into the order of time."""
        is_tie = keys[1:] == keys[:-1]
        tied = np.flatnonzero(np.append(is_tie, False) | np.append(False, is_tie))
        rows = order[tied]
        order[tied] = rows[np.lexsort((self._at[rows], keys[tied]))]

    def between(self, who: Numbers, first: Numbers | None, last: Numbers, counts: Mask | None) -> Numbers:
        """
        How many rows that count lie in a stretch of time, both ends included. Stretches in order are found faster.

        Args:
            who: The number of the profile whose rows are meant.
            first: The earliest time in microseconds; None for all times.
            last: The latest time.
            counts: Which rows of the timeline count; None for all.
        """
        before = self._starts(who) if first is None else self._before(who, first)
        upto = self._before(who, last + 1)
        if counts is not None:
            total = np.zeros(len(counts) + 1, dtype=np.int64)
            np.cumsum(counts, out=total[1:])
            before, upto = np.take(total, before), np.take(total, upto)
        found: Numbers = np.maximum(upto - before, 0)
        return found

    def _before(self, who: NDArray[Any], moments: Numbers) -> Numbers:
        keys = self._key(who, moments)
        place = _searched(self.keys, keys, self._bits)
        behind = np.arange(len(place) if self._coarser else 0)
        while len(behind):  # within a tick that several rows share their times decide
            behind = behind[place[behind] < len(self.keys)]
            now = place[behind]
            behind = behind[(self.keys[now] == keys[behind]) & (self.at[now] < moments[behind])]
            place[behind] += 1
        return place

    def has_some(self, who: Numbers, first: Numbers, last: Numbers, counts: Mask | None) -> Mask:
        """Whether a row that counts lies in a stretch of time: one look-up, where `between` takes two."""
        if not len(self._at):
            return np.zeros(len(who), dtype=bool)
        place = self._before(who, first)
        if counts is None and not self._coarser:
            following = np.take(self.keys, place, mode="clip")
            following[place == len(self.keys)] = _NO_KEY
            is_near: Mask = following < self._key(who, last + 1)
            return is_near
        if counts is not None:
            own = np.where(counts, np.arange(len(counts)), len(counts))
            following = np.append(np.minimum.accumulate(own[::-1])[::-1], len(counts))
            place = np.take(following, place)
        is_there = place < len(self._at)
        place[~is_there] = 0
        found: Mask = is_there & (np.take(self.who, place) == who) & (np.take(self.at, place) <= last)
        return found

    def _starts(self, who: NDArray[Any]) -> Numbers:
        """The place of the first row of each of these profiles."""
        if self.n_profiles > 2 * max(len(self._at), len(who)):
            return np.searchsorted(self.who, who)
        return np.take(np.searchsorted(self.who, np.arange(self.n_profiles, dtype=self.who.dtype)), who)


def _searched(keys: NDArray[np.uint64], wanted: NDArray[np.uint64], bits: np.uint64) -> Numbers:
    """Where each of the wanted keys would stand; of many, in their order, so that one look-up begins where the last ended."""
    if len(wanted) < _MANY or not np.any(wanted[1:] < wanted[:-1]):
        return np.searchsorted(keys, wanted)
    order = _about_in_order(wanted, bits)
    place = np.empty(len(wanted), dtype=np.int64)
    place[order] = _in_blocks(keys, np.take(wanted, order))
    return place


def _in_blocks(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> Numbers:
    """The same of wanted keys about in their order: some at a time, among no more keys than lie between them."""
    starts = np.arange(0, len(wanted), _BLOCK)
    lowest, highest = (
        np.searchsorted(keys, each.reduceat(wanted, starts)) for each in (np.minimum, np.maximum)
    )
    found = np.empty(len(wanted), dtype=np.int64)
    for start, low, high in zip(starts.tolist(), lowest.tolist(), highest.tolist(), strict=True):
        some = slice(start, start + _BLOCK)
        np.add(np.searchsorted(keys[low:high], wanted[some]), low, out=found[some])
    return found


def _about_in_order(wanted: NDArray[np.uint64], bits: np.uint64) -> Numbers:
    """The places of keys, nearly in their order: key and place are sorted as one number, which keeps what fits of the key."""
    of_place = np.uint64(len(wanted).bit_length())
    unused = np.uint64(_BITS) - bits - np.uint64(int(wanted.max() >> bits).bit_length())
    both = wanted << unused
    both &= ~((np.uint64(1) << of_place) - np.uint64(1))
    both |= np.arange(len(wanted), dtype=np.uint64)
    both.sort()
    both &= (np.uint64(1) << of_place) - np.uint64(1)
    return both.view(np.int64)


def _ticks(since: Numbers, bits: int) -> tuple[int, int]:
    """A tick that all times are multiples of, and by how many bits it has to be coarser to fit into so many."""
    latest, n_coarser = int(since.max(initial=0)), []
    for unit in _UNITS:
        n_coarser.append(max((latest // unit + 1).bit_length() - bits, 0))
        if not n_coarser[-1] and (unit == 1 or not (since % unit).any()):
            return unit, 0
    return 1, n_coarser[0]
