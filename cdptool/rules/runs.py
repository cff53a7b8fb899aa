"""
Rows in the order of their profiles: the rows of one profile are a run, and what is made of a run needs no hashing.

A count is the length of a run, a sum or an end one pass over its values. Everything here gives one value per profile, by
its number.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.rules.timelines import Numbers

WHO: Final = "#who"  # the number of a row's profile
_BITS: Final = 63
_NARROW: Final = 1 << 32
NO_TIME: Final = -(1 << 62)  # no row has it
_BEFORE_ALL: Final = np.iinfo(np.int64).min
_AFTER_ALL: Final = np.iinfo(np.int64).max


class Runs:
    """
    Some rows of a table that stands in the order of profiles.

    Args:
        who: The number of each row's profile, never falling.
        places: Which rows of the table they are, rising; None for all.
        n_profiles: Profiles in all.

    >>> runs = Runs(np.array([0, 0, 2]), None, 3)
    >>> runs.counts.tolist(), runs.totals(np.array([5, 6, 7])).tolist()
    ([2, 0, 1], [11, 0, 7])
    """

    def __init__(self, who: NDArray[Any], places: Numbers | None, n_profiles: int) -> None:
        self.who = who if places is None else np.take(who, places)
        self.places, self.n_profiles = places, n_profiles
        self._ends: dict[bool, Numbers] = {}

    @cached_property
    def starts(self) -> Numbers:
        """Where each run begins."""
        is_new = np.flatnonzero(self.who[1:] != self.who[:-1]) + 1
        return np.concatenate((np.zeros(min(len(self.who), 1), dtype=np.int64), is_new))

    @cached_property
    def of(self) -> NDArray[Any]:
        """The profile of each run."""
        return np.take(self.who, self.starts)

    def taken(self, values: NDArray[Any]) -> NDArray[Any]:
        """The values of these rows, of values of the whole table."""
        return values if self.places is None else np.take(values, self.places)

    def lengths(self) -> Numbers:
        """How many rows each run has."""
        return np.diff(self.starts, append=len(self.who))

    @cached_property
    def counts(self) -> Numbers:
        """How many rows each profile has."""
        return self.spread(self.lengths(), 0)

    def totals(self, values: NDArray[Any]) -> Numbers:
        """The sum of whole numbers; zero where there is no row."""
        return self.spread(self.reduced(np.add, self.taken(values)), 0)

    def least(self, values: NDArray[Any]) -> Numbers:
        """The least value; where there is no row, more than any."""
        return self.spread(self.reduced(np.minimum, self.taken(values)), _AFTER_ALL)

    def greatest(self, values: NDArray[Any]) -> Numbers:
        """The greatest value; where there is no row, less than any."""
        return self.spread(self.reduced(np.maximum, self.taken(values)), _BEFORE_ALL)

    def ends_of(self, at: Numbers, *, is_first: bool) -> Numbers:
        """The earliest (or latest) time of each profile, of the same times whenever it is asked."""
        if is_first not in self._ends:
            self._ends[is_first] = self.least(at) if is_first else self.greatest(at)
        return self._ends[is_first]

    def distinct(self, codes: Numbers) -> Numbers:
        """How many distinct codes there are, of one code (from zero on) for each of these rows."""
        n_codes = int(codes.max(initial=0)) + 1
        if n_codes.bit_length() + self.n_profiles.bit_length() > _BITS:
            codes = np.unique(codes, return_inverse=True)[1]
            n_codes = int(codes.max(initial=0)) + 1
        fits = n_codes * self.n_profiles <= _NARROW
        keys: NDArray[Any] = self.who.astype(np.uint32 if fits else np.uint64)
        keys *= keys.dtype.type(n_codes)
        keys += codes.astype(keys.dtype)
        keys.sort()  # within the runs: the rows of a profile keep their places
        is_first = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        return Runs(self.who, np.flatnonzero(is_first), self.n_profiles).counts

    def ends(self, at: Numbers, ids: Numbers, *, is_first: bool) -> Numbers:
        """The place in the table of the earliest (or latest) row of each run; of rows of one time the id decides."""
        times, places = self.taken(at), self.places
        ends = self.reduced(np.minimum if is_first else np.maximum, times)
        is_end = np.flatnonzero(times == np.repeat(ends, self.lengths()))
        if len(is_end) > len(self.starts):
            chosen = is_end if places is None else places[is_end]
            who, tie = self.who[is_end], ids[chosen] if is_first else -1 - ids[chosen]
            is_end = is_end[np.lexsort((tie, who))]
            who = self.who[is_end]
            is_end = is_end[np.append(True, who[1:] != who[:-1])]
        return is_end if places is None else places[is_end]

    def reduced(self, function: np.ufunc, taken: NDArray[Any]) -> Numbers:
        """What a function makes of the values of each run."""
        if not len(self.starts):
            return np.zeros(0, dtype=np.int64)
        found: Numbers = function.reduceat(taken, self.starts, dtype=np.int64)
        return found

    def spread(self, found: Numbers, nothing: int) -> Numbers:
        """A value of each run by the number of its profile."""
        made = np.full(self.n_profiles, nothing) if nothing else np.zeros(self.n_profiles, dtype=np.int64)
        made[self.of] = found
        return made


def in_order_of(rows: pl.DataFrame, key: str, profiles: pl.Series) -> pl.DataFrame:
    """
    The rows that belong to one of the profiles, in the profiles' order, with WHO (UInt32).

    Args:
        rows: Rows in any order.
        key: The column with the id of each row's profile.
        profiles: The ids of all profiles, rising; the place of one is its number.

    >>> rows = pl.DataFrame({"id": [7, 5, 6, 7]})
    >>> in_order_of(rows, "id", pl.Series([5, 7])).rows()
    [(5, 0), (7, 1), (7, 1)]
    """
    rows = rows.filter(pl.col(key).is_not_null()) if rows[key].null_count() else rows
    keys, ids = rows[key].to_numpy(), profiles.to_numpy()
    runs = Runs(keys, None, 0)
    if np.any(runs.of[1:] < runs.of[:-1]):
        order = np.argsort(keys)
        rows, runs = rows[order], Runs(np.take(keys, order), None, 0)
    number = np.searchsorted(ids, runs.of)
    number[number == len(ids)] = 0
    is_known = np.take(ids, number) == runs.of if len(ids) else np.zeros(len(number), dtype=bool)
    who = np.repeat(number.astype(np.uint32), runs.lengths())
    rows = rows.with_columns(pl.Series(WHO, who))
    return rows if is_known.all() else rows.filter(pl.Series(np.repeat(is_known, runs.lengths())))


def end_beside(
    runs: Runs, at: Numbers, who: NDArray[Any], itself: Numbers | None, *, is_first: bool
) -> Numbers:
    """
    For each of some rows the earliest (or latest) time among the rows of its profile.

    Args:
        runs: The rows that count.
        at: The times of the whole table.
        who: The profile of each row that asks.
        itself: Its time, where it is one of those that count and so is to be left out (else any other time); None where
            none is.
        is_first: The earliest, not the latest.

    Returns:
        A time for each row that asks; where there is none, later (or earlier) than any.
    """
    ends = runs.ends_of(at, is_first=is_first)
    found = np.take(ends, who)
    if itself is None or not (is_end := itself == found).any():
        return found
    asked = np.zeros(runs.n_profiles, dtype=bool)
    asked[who[is_end]] = True
    some = np.flatnonzero(np.take(asked, runs.who))
    rest = Runs(runs.who, some, runs.n_profiles)
    times = np.take(runs.taken(at), some)
    ends_of_rest = np.flatnonzero(times == np.take(ends, rest.who))
    who_of_end = rest.who[ends_of_rest]
    is_one = np.append(True, who_of_end[1:] != who_of_end[:-1])  # of rows of one time one alone is left out
    times[ends_of_rest[is_one]] = _AFTER_ALL if is_first else _BEFORE_ALL
    others = rest.spread(rest.reduced(np.minimum if is_first else np.maximum, times), 0)
    return np.where(is_end, np.take(others, who), found)
