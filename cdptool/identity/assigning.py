"""
Which pairs of two lists are one to one: the set of pairs with the greatest sum of weights (linear assignment).

Taking the surest pair first may leave two people without a partner who both have one: 1–A 5.0, 1–B 4.5, 2–A 4.5 are
1–B and 2–A. Where two ways are as good, a pair that is not in both is nobody's: the order of ids is no evidence.

Source: Jaro 1989 (linear sum assignment in record linkage); the Hungarian method by shortest augmenting paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.connected import connected_components

Pair = tuple[int, int]
Weights = NDArray[np.int64]  # left × right; 0: no pair
_SCALE: Final = 1_000_000  # weights as whole numbers, so that equal sums are equal
_LARGEST: Final = 60  # records of a side; of more the surest pairs go first
_NOTHING: Final = np.int64(1 << 60)


def best_pairs(pairs: Iterable[tuple[int, int, float]]) -> set[Pair]:
    """
    The pairs that are in every best assignment.

    Args:
        pairs: Left, right and weight (> 0); of a pair that comes twice the greater weight counts.

    >>> sorted(best_pairs([(1, 10, 5.0), (1, 11, 4.5), (2, 10, 4.5)]))
    [(1, 11), (2, 10)]
    >>> best_pairs([(1, 10, 5.0), (1, 11, 5.0)])
    set()
    """
    weights: dict[Pair, int] = {}
    for left, right, weight in pairs:
        weights[left, right] = max(weights.get((left, right), 0), round(weight * _SCALE))
    found: set[Pair] = set()
    for part in _components(weights):
        lefts, rights = (sorted({pair[side] for pair in part}) for side in (0, 1))
        if len(part) == 1:
            found |= set(part)
        elif max(len(lefts), len(rights)) <= _LARGEST:
            table = np.zeros((len(lefts), len(rights)), dtype=np.int64)
            for left, right in part:
                table[lefts.index(left), rights.index(right)] = weights[left, right]
            found |= {(lefts[i], rights[j]) for i, j in _in_every_best(table)}
    return found


def _components(weights: dict[Pair, int]) -> list[list[Pair]]:
    """The pairs in parts that have no record in common; sorted."""
    pairs = sorted(pair for pair, weight in weights.items() if weight > 0)
    if not pairs:
        return []
    (lefts, left), (rights, right) = (
        np.unique(np.array([pair[side] for pair in pairs]), return_inverse=True) for side in (0, 1)
    )
    labels = connected_components(len(lefts) + len(rights), left, right + len(lefts))[left]
    parts: dict[int, list[Pair]] = {}
    for pair, label in zip(pairs, labels.tolist(), strict=True):
        parts.setdefault(label, []).append(pair)
    return list(parts.values())


def _in_every_best(table: Weights) -> list[Pair]:
    """The pairs of the best assignment without which the sum would be less."""
    chosen = _assignment(table)
    best = sum(int(table[pair]) for pair in chosen)
    kept = []
    for pair in chosen:
        without = table.copy()
        without[pair] = 0
        if sum(int(without[other]) for other in _assignment(without)) < best:
            kept.append(pair)
    return kept


def _assignment(table: Weights) -> list[Pair]:
    """A set of pairs with the greatest sum, at most one in each row and column."""
    if table.shape[0] > table.shape[1]:
        return [(i, j) for j, i in _assignment(table.T)]
    n, m = table.shape
    of_row, of_column = np.zeros(n + 1, dtype=np.int64), np.zeros(m + 1, dtype=np.int64)
    row_of = np.full(m + 1, -1)  # which row holds a column; the last column is where a path starts
    for row in range(n):
        row_of[m] = row
        least, before = np.full(m, _NOTHING), np.full(m, m)
        done = np.zeros(m + 1, dtype=bool)
        column = m
        while row_of[column] >= 0:
            done[column] = True
            here = row_of[column]
            cost = -table[here] - of_row[here] - of_column[:m]
            nearer = ~done[:m] & (cost < least)
            least[nearer], before[nearer] = cost[nearer], column
            following = int(np.argmin(np.where(done[:m], _NOTHING, least)))
            step = least[following]
            of_row[row_of[done]] += step
            of_column[done] -= step
            least[~done[:m]] -= step
            column = following
        while column != m:
            row_of[column] = row_of[before[column]]
            column = int(before[column])
    return [(int(row_of[j]), j) for j in range(m) if row_of[j] >= 0 and table[row_of[j], j] > 0]
