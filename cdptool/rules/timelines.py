"""
Rows of profiles in order of time, and how many of them lie around a moment: two look-ups in one sorted array.

Profiles are numbers here, and a profile with a time is one integer; so the rows of all profiles stand in one sorted
array, a window around a row is the stretch between two places in it, and what counts there is a difference of two
running totals.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
_BITS: Final = 64
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

    def __init__(self, who: Numbers, at: Numbers, n_profiles: int) -> None:
        self._earliest = int(at.min(initial=np.iinfo(np.int64).max)) if len(at) else 0
        since = at - self._earliest
        self._unit, self._times = _ticks(since, _BITS - n_profiles.bit_length())
        n_ticks = int(since.max(initial=0)) // self._unit if self._times is None else len(self._times)
        self._most = n_ticks + 1
        self._bits = np.uint64(self._most.bit_length())
        keys = self._key(who, at)
        self.order = np.argsort(keys)
        self._keys = np.take(keys, self.order)
        self.who, self.at = np.take(who, self.order), np.take(at, self.order)
        self.n_profiles = n_profiles

    def _key(self, who: Numbers, moments: Numbers) -> NDArray[np.uint64]:
        ticks = moments - self._earliest
        if self._times is not None:  # times are told by their rank
            ticks = np.searchsorted(self._times, ticks)
        elif self._unit > 1:
            ticks = -(-ticks // self._unit)
        np.clip(ticks, 0, self._most, out=ticks)
        keys = who.astype(np.uint64)
        keys <<= self._bits
        keys |= ticks.view(np.uint64)
        return keys

    def between(self, who: Numbers, first: Numbers | None, last: Numbers, counts: Mask | None) -> Numbers:
        """
        How many rows that count lie in a stretch of time, both ends included. Stretches in order are found faster.

        Args:
            who: The number of the profile whose rows are meant.
            first: The earliest time in microseconds; None for all times.
            last: The latest time.
            counts: Which rows of the timeline count; None for all.
        """
        before = self._before(who, first if first is not None else np.full_like(last, self._earliest))
        upto = self._before(who, last + 1)
        if counts is not None:
            total = np.zeros(len(counts) + 1, dtype=np.int64)
            np.cumsum(counts, out=total[1:])
            before, upto = np.take(total, before), np.take(total, upto)
        found: Numbers = np.maximum(upto - before, 0)
        return found

    def _before(self, who: Numbers, moments: Numbers) -> Numbers:
        return np.searchsorted(self._keys, self._key(who, moments))

    def newest(self, counts: Mask | None) -> Numbers:
        """The time of the last row of each profile that counts; where there is none, before all times."""
        found = np.full(self.n_profiles, np.iinfo(np.int64).min)
        who, at = (self.who, self.at) if counts is None else (self.who[counts], self.at[counts])
        found[who] = at  # of several the last stays, and rows are in order of time
        return found


def _ticks(since: Numbers, bits: int) -> tuple[int, Numbers | None]:
    """The coarsest tick that tells all times apart in so many bits, or else the times themselves, whose ranks do."""
    latest = int(since.max(initial=0))
    for unit in _UNITS:
        if (latest // unit + 1).bit_length() <= bits and (unit == 1 or not (since % unit).any()):
            return unit, None
    return 1, np.unique(since)
