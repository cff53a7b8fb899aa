"""
The scale of the odds, from what hangs together: of records that surely belong to others, these tell who they are.

A doubtful pair of records each of which is surely one with some other is tested by those others, whatever the pair
itself says: either sure pairs lead from one record to the other, or they do not. So of the doubtful pairs of each weight
some can be told without a label, and the weights are held to that. What shifts sums over fields is found so: fields
that err together, strangers whom no key brought, names that go with names.

Only doubtful odds are held to it, up to where a pair joins on its own. Nearer to that, the sure pairs that could
tell are missing more and more often.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.connected import connected_components
from cdptool.matching.values import Rows

Table = NDArray[np.float64]
Codes = NDArray[np.int64]
_SURE: Final = 4.6  # log odds: 99 of 100 are one person
_LIKELY: Final = 3.2  # pairs from here on are of one person, and those below the second of two
_STRANGE: Final = -3.2
_BOUNDS: Final = np.linspace(
    -4.4, np.log(9.0), 10
)  # of the parts of the scale, each of which is learned by itself
_DOUBT: Final = 30.0  # independent pairs that what is stated counts for in each part
_FEWEST_LED: Final = 10  # likely pairs that sure ones connect; of fewer nothing can be learned
_FEWEST_STRANGE: Final = (
    30  # pairs, to know how many of two persons' records are held; else all that are not likely say
)
_MOST_MISSED: Final = (
    0.5  # of likely pairs between groups that sure ones do not connect, so many at most are one person
)
_MOST: Final = 30_000  # pairs that are looked at
_LEAST: Final = 1e-3


class Scale(NamedTuple):
    """Knots: log odds as the fields add up, in order, and what they are held to; without knots as they are."""

    stated: Table
    found: Table


AS_STATED: Final = Scale(np.zeros(0), np.zeros(0))


def scaled(log_odds: Table, scale: Scale) -> Table:
    """
    The log odds on the scale: between two knots in proportion, beyond all of them as they are.

    >>> scaled(np.array([-9.0, 0.5, 4.0]), Scale(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.4, 2.0]))).tolist()
    [-9.0, 0.2, 4.0]
    """
    if not len(scale.stated):
        return log_odds
    inside = np.flatnonzero((log_odds > scale.stated[0]) & (log_odds < scale.stated[-1]))
    found = log_odds.copy()
    found[inside] = np.interp(log_odds[inside], *scale)
    return found


def unscaled(probability: float, scale: Scale) -> float:
    """The probability, as the fields add up, that is held to this one."""
    odds = float(np.log(probability / (1 - probability)))
    if not len(scale.stated) or not scale.found[0] < odds < scale.found[-1]:
        return probability
    return float(1 / (1 + np.exp(-np.interp(odds, scale.found, scale.stated))))


class _Told(NamedTuple):
    """
    Of some pairs the log odds, and what sure pairs tell of them.

    `is_held`: both records are surely one with others; `is_led`: sure pairs lead from one to the other; `between`: the
    two groups of records that sure pairs connect, as one number.
    """

    log_odds: Table
    is_held: NDArray[np.bool_]
    is_led: NDArray[np.bool_]
    between: Codes


def learned_scale(n_records: int, left: Rows, right: Rows, log_odds: Table) -> Scale:
    """
    Hold the log odds of doubtful pairs to how many of them sure pairs connect.

    Args:
        n_records: Records in all.
        left, right, log_odds: Candidate pairs as the fields weigh them, each pair once.

    Returns:
        No knots where too few pairs can be told: where hardly anybody has three records.
    """
    told = _told(n_records, left, right, log_odds)
    stated = 1 / (1 + np.exp(-told.log_odds))
    likely, strange = told.log_odds > _LIKELY, told.log_odds < _STRANGE
    strange = strange if strange.sum() >= _FEWEST_STRANGE else ~likely
    n_led = len(_counted(told.between[likely & told.is_led])[0])
    if n_led < _FEWEST_LED:
        return AS_STATED
    all_likely, held, led = (
        float(stated[likely & each].sum()) for each in (likely, told.is_held, told.is_led)
    )
    of_led = max(led / held, _MOST_MISSED)
    of_held = held / all_likely, max(float(told.is_held[strange].sum() / max(strange.sum(), 1)), _LEAST)
    parts = np.searchsorted(_BOUNDS, told.log_odds).astype(np.int64) - 1
    some = np.flatnonzero(told.is_held & (parts < len(_BOUNDS) - 1))
    parts = parts[some]
    n_known = _independent(parts, told.between[some])
    weights = n_known * n_led / (n_known + n_led)
    middle = 1 / (1 + np.exp(-(_BOUNDS[1:] + _BOUNDS[:-1]) / 2))
    counts = np.bincount(parts, minlength=len(middle))
    said, seen = (
        np.bincount(parts, each[some], len(middle)) / np.maximum(counts, 1)
        for each in (stated, told.is_led / of_led)
    )
    said = np.where(counts > 0, said, middle)
    share = _of_all(np.minimum(seen, (1 + said) / 2), of_held)
    return _scale(said, (weights * share + _DOUBT * said) / (weights + _DOUBT), weights + _DOUBT)


def _of_all(share: Table, of_held: tuple[float, float]) -> Table:
    """The share of one person in all pairs, from that in pairs of held records: of likely and of strange ones so many are."""
    of_one, strange = share / of_held[0], (1 - share) / of_held[1]
    return np.asarray(of_one / (of_one + strange))


def _scale(said: Table, found: Table, weights: Table) -> Scale:
    """The scale of the probabilities that are said and found part by part; it never falls, nor leaves its bounds."""
    low, high = _BOUNDS[0] - 1, _BOUNDS[-1]
    stated, held = (np.log(each / (1 - each)) for each in (said, _rising(found, weights)))
    return Scale(np.array([low, *stated, high]), np.array([low, *held.clip(low, high), high]))


def _rising(values: Table, weights: Table) -> Table:
    """
    The nearest values that never fall: neighbours in the wrong order become their mean.

    >>> _rising(np.array([0.1, 0.5, 0.2, 0.9]), np.array([1.0, 1.0, 2.0, 1.0])).round(3).tolist()
    [0.1, 0.3, 0.3, 0.9]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, n_one, i), (other, n_other, j) = pools[-2:]
            pools[-2:] = [((one * n_one + other * n_other) / (n_one + n_other), n_one + n_other, i + j)]
    return np.repeat([pool[0] for pool in pools], [pool[2] for pool in pools])


def _independent(parts: Codes, between: Codes) -> Table:
    """How many independent pairs those of each part stand for: pairs of the same two groups are true or false together."""
    n_parts = len(_BOUNDS) - 1
    kinds, counts = _counted(between * n_parts + parts)
    totals, squares = (
        np.bincount(kinds % n_parts, counts.astype(np.float64) ** power, n_parts) for power in (1, 2)
    )
    return np.asarray(totals**2 / np.maximum(squares, 1.0))


def _counted(numbers: Codes) -> tuple[Codes, Codes]:
    """The different numbers in order, and how often each is there."""
    ordered = np.sort(numbers)
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


def _told(n_records: int, left: Rows, right: Rows, log_odds: Table) -> _Told:
    """What sure pairs tell of the doubtful ones; of very many, of some."""
    sure = np.flatnonzero(log_odds >= _SURE)
    doubtful = np.flatnonzero((log_odds > _BOUNDS[0]) & (log_odds < _SURE))
    doubtful = doubtful[:: len(doubtful) // _MOST + 1]
    one, other, *ends = (side[pairs] for pairs in (doubtful, sure) for side in (left, right))
    is_asked = np.zeros(n_records, dtype=bool)
    is_asked[one] = is_asked[other] = True
    near = np.flatnonzero(np.take(is_asked, ends[0]) | np.take(is_asked, ends[1]))
    ends = [side[near] for side in ends]
    has_sure = np.zeros(n_records, dtype=bool)
    has_sure[ends[0]] = has_sure[ends[1]] = True
    number = np.cumsum(has_sure)
    n_numbers = int(number[-1]) + 1 if n_records else 1
    groups = connected_components(n_numbers, *(np.take(number, side) for side in ends))
    is_held = np.take(has_sure, one) & np.take(has_sure, other)
    mine, its = (np.take(groups, np.take(number, side)) for side in (one, other))
    between = np.minimum(mine, its) * n_numbers + np.maximum(mine, its)
    return _Told(log_odds[doubtful], is_held, is_held & (mine == its), between)
