"""
From pairs to clusters: joined by one strong pair, held together by all of them.

Two clusters are joined while some pair between them is surely one person and the evidence of *all* pairs between them,
candidates or not, speaks for it on the whole. So one accidental likeness never chains two families, and what is cut is
cut where the evidence is weakest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.connected import connected_components
from cdptool.matching.sorting import sorted_with_rows
from cdptool.matching.values import Rows

Scores = NDArray[np.float64]
Weigh = Callable[[Rows, Rows], Scores]
_CLIP: Final = 8.0
_LARGEST: Final = 1_500
_AT_ONCE: Final = 2_000_000  # scores of components that are looked at together
LEAST_MEAN: Final = -1.0


def clusters(
    n_records: int,
    left: Rows,
    right: Rows,
    log_odds: Scores,
    weigh: Weigh,
    at_least: float,
    *,
    start: Rows | None = None,
) -> Rows:
    """
    The cluster of every record, named by its smallest row.

    Args:
        n_records: Records in all.
        left, right, log_odds: Weighed candidate pairs.
        weigh: The log odds of any pairs.
        at_least: The probability from which a pair joins.
        start: `sure_components` of some of these pairs.
    """
    trigger = log_odds_of(at_least)
    labels = _components(n_records, left, right, log_odds, trigger, start)
    within = np.flatnonzero(np.take(labels, left) == np.take(labels, right))
    known = Weighed(n_records, (left[within], right[within], log_odds[within]), weigh)
    for together in some_at_once(_members(labels)):
        within_each = [np.triu_indices(rows.shape[1], 1) for rows in together]
        sides = (
            np.concatenate(
                [rows[:, of_pair[side]].ravel() for rows, of_pair in zip(together, within_each, strict=True)]
            )
            for side in (0, 1)
        )
        scores = known.scores(*sides).clip(-_CLIP, _CLIP)
        for rows, (i, j) in zip(together, within_each, strict=True):
            mine, scores = np.split(scores, [len(rows) * len(i)])
            _divide(rows, mine.reshape(len(rows), -1), (i, j), trigger, labels)
    return _smallest(labels)


def _divide(rows: Rows, scores: Scores, of_pair: tuple[Rows, Rows], trigger: float, labels: Rows) -> None:
    """Cut the components (component × row) that some pair speaks against, and label their rows anew."""
    n = rows.shape[1]
    i, j = of_pair
    doubtful = np.flatnonzero(scores.min(axis=1) < LEAST_MEAN)
    step = max(_AT_ONCE // (n * n), 1)
    for at in range(0, len(doubtful), step):
        some = doubtful[at : at + step]
        mean = np.full((len(some), n, n), -np.inf)
        mean[:, i, j] = mean[:, j, i] = scores[some]
        labels[rows[some]] = np.take_along_axis(rows[some], _agglomerated(mean, trigger), axis=1)


class Weighed:
    """The scores of any pairs: those of candidates are looked up, only the others are weighed."""

    def __init__(self, n_records: int, pairs: tuple[Rows, Rows, Scores], weigh: Weigh) -> None:
        left, right, scores = pairs
        codes = np.minimum(left, right) * n_records + np.maximum(left, right)
        if np.any(codes[1:] <= codes[:-1]):
            order = np.argsort(codes, kind="stable")
            codes, scores = codes[order], scores[order]
        self._n_records, self._codes, self._scores, self._weigh = n_records, codes, scores, weigh

    def scores(self, left: Rows, right: Rows) -> Scores:
        """The log odds of pairs (left < right)."""
        codes = left * self._n_records + right
        places = np.searchsorted(self._codes, codes)
        places[places == len(self._codes)] = 0
        found = np.take(self._scores, places)
        others = np.flatnonzero(np.take(self._codes, places) != codes)
        found[others] = self._weigh(left[others], right[others])
        return found


def sure_components(n_records: int, left: Rows, right: Rows, log_odds: Scores, at_least: float) -> Rows:
    """What sure pairs hold together, before anything is cut: the smallest row of each record's component."""
    sure = np.flatnonzero(log_odds >= log_odds_of(at_least))
    return connected_components(n_records, left[sure], right[sure])


def log_odds_of(at_least: float) -> float:
    """The log odds of this probability."""
    return float(np.log(at_least / (1 - at_least)))


def _components(
    n_records: int, left: Rows, right: Rows, log_odds: Scores, trigger: float, start: Rows | None
) -> Rows:
    """What sure pairs hold together; a component too large to be looked at as a whole needs surer ones."""
    sure = np.flatnonzero(log_odds >= trigger)
    labels = connected_components(n_records, left[sure], right[sure], start)
    while np.bincount(labels).max(initial=0) > _LARGEST:
        trigger += 1.0
        is_large = np.bincount(labels, minlength=n_records) > _LARGEST
        sure = sure[~np.take(is_large, np.take(labels, left[sure])) | (log_odds[sure] >= trigger)]
        labels = connected_components(n_records, left[sure], right[sure])
    return labels


def _members(labels: Rows) -> Iterator[Rows]:
    """The rows of every component of three or more, size by size and not too many at once: component × row."""
    sizes = np.bincount(labels, minlength=len(labels))
    of_row = np.take(sizes, labels)
    inside = np.flatnonzero((of_row > 2) & (of_row <= _LARGEST))
    by_size = np.take(of_row, inside) * len(labels) + np.take(labels, inside)
    order = np.take(inside, sorted_with_rows(by_size, (_LARGEST + 1) * len(labels))[1])
    ordered = of_row[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(order) else np.zeros(0, int)
    for start, end in pairwise((*starts, len(order))):
        size = int(ordered[start])
        components = order[start:end].reshape(-1, size)
        step = max(2 * _AT_ONCE // (size * size), 1)
        for at in range(0, len(components), step):
            yield components[at : at + step]


def some_at_once(members: Iterator[Rows], most: int = 2 * _AT_ONCE) -> Iterator[list[Rows]]:
    """Components of several sizes at a time, of so many scores: to weigh few pairs costs as much as to weigh thousands."""
    together: list[Rows] = []
    for rows in members:
        if together and sum(one.size * one.shape[1] for one in (*together, rows)) > most:
            yield together
            together = []
        together.append(rows)
    if together:
        yield together


def _agglomerated(mean: Scores, trigger: float) -> Rows:
    """
    Join the two clusters with the best mean score, while one pair between them is sure and the mean is for it.

    Args:
        mean: Component × record × record: the scores, each way; minus infinity on the diagonal. Used up.
        trigger: From where a pair is sure.

    Returns:
        Component × record: the first record that its cluster grew from.
    """
    n = mean.shape[1]
    best = mean.copy()
    sizes = np.ones(mean.shape[:2])
    labels = np.tile(np.arange(n), (len(mean), 1))
    at_work = np.arange(len(mean))
    while len(at_work):
        allowed = np.where(best[at_work] >= trigger, mean[at_work], -np.inf).reshape(len(at_work), -1)
        top = np.argmax(allowed, axis=1)
        going = allowed[np.arange(len(top)), top] > LEAST_MEAN
        at_work, (one, other) = at_work[going], np.divmod(top[going], n)
        mine, theirs = sizes[at_work, one, None], sizes[at_work, other, None]
        joined = (mean[at_work, one] * mine + mean[at_work, other] * theirs) / (mine + theirs)
        mean[at_work, one] = mean[at_work, :, one] = joined
        best[at_work, one] = best[at_work, :, one] = np.maximum(best[at_work, one], best[at_work, other])
        for matrix in (mean, best):
            matrix[at_work, one, one] = -np.inf
            matrix[at_work, other] = matrix[at_work, :, other] = -np.inf
        sizes[at_work, one] += sizes[at_work, other]
        labels[at_work] = np.where(labels[at_work] == other[:, None], one[:, None], labels[at_work])
    return labels


def _smallest(labels: Rows) -> Rows:
    """Name every cluster by its smallest row."""
    smallest = np.full(len(labels), len(labels), dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(len(labels)))
    return np.take(smallest, labels)
