"""
How far the tail of a column of numbers may reach, read off the column itself, and the values that lie beyond.

The distance of a value from the middle grows with its rarity like a power: 0.7 where numbers are normal, 1 where the
tail is exponential, more where it is heavy. The power is fitted to what lies inside a gap in the sorted values and then
followed outwards, to where less than CHANCE values of a clean column would lie.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cdptool.inspection.columns import Floats, Mask

CHANCE: Final = 0.005  # expected number of such values in a clean column
MOST: Final = 0.035  # of the values can be odd
LEAST_GAP: Final = 0.15  # of the distance from the middle that is free of values before the odd ones begin
FAR_BEYOND: Final = 1.7  # of the reach, where no gap parts the odd ones from the others
RARITIES: Final = np.array([0.15, 0.07, 0.035, 0.017, 0.008, 0.004, 0.002, 0.001])
DEEPEST: Final = 10  # values that lie beyond the rarest point of the fit
LIGHTEST: Final = 0.62
HEAVY: Final = 0.95  # a heavier tail (an exponential one has 1) is looked at in logarithms
SKEWED: Final = 1.8  # so is a column whose upper side is so many times longer than its lower


class Tail(NamedTuple):
    """The upper tail: its power, and the value that it does not pass."""

    power: float
    reach: float


def upper_tail(known: Floats, n: int, *, chance: float = CHANCE) -> Tail:
    """
    Fit the upper tail.

    Args:
        known: Numbers, sorted, at least two.
        n: How many numbers the column has, the ones that are held back for odd among them.
        chance: Expected number of values beyond the reach.
    """
    middle = float(np.median(known))
    rarities = RARITIES[len(known) * RARITIES >= DEEPEST]
    if len(rarities) < 2:
        rarities = RARITIES[:2]
    away = np.maximum(_quantiles(known, rarities) - middle, 0)
    if away[-1] <= 0:
        return Tail(np.inf, np.inf)
    away = np.maximum.accumulate(np.maximum(away, 1e-3 * away[-1]))
    rarity = np.log(0.5 / rarities)
    powers = [
        np.log(away[-1] / away[first]) / np.log(rarity[-1] / rarity[first])
        for first in {0, max(len(rarities) - 3, 0)}
    ]
    unsure = (1.5 + 60 / len(known)) / np.sqrt(len(known))
    power = max(*powers, LIGHTEST) + unsure if len(powers) > 1 else max(powers[0], LIGHTEST) + unsure
    furthest = np.log(0.5 * n / chance)
    return Tail(float(power), float(middle + away[-1] * (furthest / rarity[-1]) ** power))


def _quantiles(known: Floats, rarities: Floats) -> Floats:
    """The values of these rarities, ties spread evenly to their neighbours: counts and grades have no steps here."""
    values, counts = np.unique(known, return_counts=True)
    beyond = (len(known) - np.cumsum(counts) + counts / 2) / len(known)
    found: Floats = np.interp(-rarities, -beyond, values)
    return found


def above_tail(
    values: Floats, *, chance: float = CHANCE, gap: float = LEAST_GAP, needs_gap: bool = True
) -> Mask:
    """
    The rows whose number stands alone above all others, further than their tail reaches.

    >>> numbers = np.append(np.linspace(160, 180, 99), 400.0)
    >>> np.flatnonzero(above_tail(numbers)).tolist(), above_tail(numbers[:99]).sum().item()
    ([99], 0)
    """
    known = np.sort(values[~np.isnan(values)])
    n = len(known)
    none = np.zeros(len(values), np.bool_)
    if n < 3:
        return none
    middle = float(known[n // 2])
    most = min(max(int(MOST * n), 3), n - 2)
    tail = known[-most - 1 :]
    wide = np.diff(tail) > gap * np.maximum(tail[:-1] - middle, 1e-12)
    for place in np.flatnonzero(wide)[:20]:
        inside = known[: n - most + place]
        fit = upper_tail(inside, n, chance=chance)
        if tail[place + 1] > fit.reach or _is_too_wide(tail, int(place), n, middle, fit.power, chance):
            return _at_least(values, tail[place + 1])
    reach = upper_tail(known[: n - most], n, chance=chance).reach
    beyond = int((tail[1:] > reach).sum())
    if not needs_gap and 2 < beyond < most and tail[-1] - middle > FAR_BEYOND * (reach - middle):
        return _at_least(values, reach)
    return none


def _at_least(values: Floats, cut: float) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.asarray(values >= cut)


def _is_too_wide(tail: Floats, place: int, n: int, middle: float, power: float, chance: float) -> bool:
    """
    Whether the gap is too wide for that many values beyond it.

    In a tail the gap above which k values lie, times k, is about exponential (Rényi); its scale is the slope of
    the tail there.
    """
    beyond = len(tail) - 1 - place
    slope = power * (tail[place] - middle) / max(np.log(0.5 * n / beyond), 1.0)
    gap = tail[place + 1] - tail[place]
    return bool(
        beyond > 1 and gap * beyond > slope * np.log(20 / chance) and gap > 0.25 * (tail[place] - middle)
    )


def is_heavy(values: Floats, *, heavy: float = HEAVY) -> bool:
    """Whether the upper side is far longer than the lower, or its tail heavier than exponential, rarest values aside."""
    known = np.sort(values[~np.isnan(values)])
    inside = known[: max(int(len(known) * (1 - MOST)), 2)]
    if len(inside) < 2:
        return False
    low, middle, high = np.quantile(inside, (0.07, 0.5, 0.93))
    return bool(high - middle > SKEWED * (middle - low) or upper_tail(inside, len(known)).power > heavy)
