"""
How many pairs no key brought: capture and recapture over the blocking keys.

Each key is a trap. Where few of the likely pairs were caught by one key only, few can have been caught by none:
Chao's estimate, a lower bound of what is missing (A. Chao, Biometrics 43, 1987). Keys that share fields catch the same
pairs, and whoever differs from himself in everything is caught by none: the recall told is what one may hope for at most
(of historical_50k the keys bring 0.84 of the true pairs, and the estimate is 0.98).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.comparing import Comparison, Table
from cdptool.matching.parts import names_in_either_order, parts
from cdptool.matching.values import Ids, Rows


def estimated_recall(
    comparisons: tuple[Comparison, ...],
    keys: tuple[str, ...],
    left: Rows,
    right: Rows,
    probabilities: Table,
) -> float | None:
    """
    The share of pairs of one person that the keys bring, as estimated.

    Args:
        comparisons: The fields.
        keys: The names of the keys that brought the pairs.
        left, right: Likely pairs among them.
        probabilities: Of each to be one person.

    Returns:
        None where it cannot be told: fewer than two keys, or keys of other fields.
    """
    traps = [_agrees(columns, left, right) for columns in columns_of_keys(comparisons, keys)]
    if len(traps) < 2 or len(traps) < len(keys) or not len(left):
        return None
    caught = np.sum(traps, axis=0)
    once, twice = (float(probabilities[caught == times].sum()) for times in (1, 2))
    found = float(probabilities.sum())
    missing = once * once / (2 * twice) if twice > 0 else once * (once - 1) / 2
    return found / (found + max(missing, 0.0))


def columns_of_keys(comparisons: tuple[Comparison, ...], keys: tuple[str, ...]) -> list[tuple[Ids, ...]]:
    """The columns of every key whose parts are known."""
    known = {part.name: part for one in comparisons for part in parts(one)}
    either = names_in_either_order(comparisons)
    if either is not None:
        known[either.name] = either
    named = [names for names in (key.split(" + ") for key in keys) if known.keys() >= set(names)]
    columns = {name: known[name].numbered()[0] for names in named for name in names}
    return [tuple(columns[name] for name in names) for names in named]


def _agrees(columns: tuple[Ids, ...], left: Rows, right: Rows) -> NDArray[np.bool_]:
    mine = [(np.take(ids, left), np.take(ids, right)) for ids in columns]
    return np.asarray(np.logical_and.reduce([(a >= 0) & (a == b) for a, b in mine]))
