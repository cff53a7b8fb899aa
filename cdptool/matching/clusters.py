"""
From pairs to clusters: joined by one strong pair, held together by all of them.

Two clusters are joined while some pair between them is surely one person and the evidence of *all* pairs between them,
candidates or not, speaks for it on the whole. So one accidental likeness never chains two families, and what is cut is
cut where the evidence is weakest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.connected import connected_components
from cdptool.matching.values import Rows

Scores = NDArray[np.float64]
Weigh = Callable[[Rows, Rows], Scores]
_CLIP: Final = 8.0
_LARGEST: Final = 1_500


def clusters(
    n_records: int, left: Rows, right: Rows, log_odds: Scores, weigh: Weigh, at_least: float
) -> Rows:
    """
    The cluster of every record, named by its smallest row.

    Args:
        n_records: Records in all.
        left, right, log_odds: Weighed candidate pairs.
        weigh: The log odds of any pairs.
        at_least: The probability from which a pair joins.
    """
    trigger = float(np.log(at_least / (1 - at_least)))
    sure = log_odds >= trigger
    labels = connected_components(n_records, left[sure], right[sure])
    members = _members(labels)
    if not members:
        return labels
    inner = [np.triu_indices(len(rows), 1) for rows in members]
    lefts = np.concatenate([rows[i] for rows, (i, _) in zip(members, inner, strict=True)])
    rights = np.concatenate([rows[j] for rows, (_, j) in zip(members, inner, strict=True)])
    scores = np.clip(weigh(lefts, rights), -_CLIP, _CLIP)
    at = 0
    for rows, (i, j) in zip(members, inner, strict=True):
        own = scores[at : at + len(i)]
        at += len(i)
        if own.min() < 0:
            labels[rows] = rows[_agglomerated(len(rows), i, j, own, trigger)]
    return _smallest(labels)


def _members(labels: Rows) -> list[Rows]:
    """The rows of every component of three or more."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(labels[order]) != 0))
    groups = np.split(order, starts[1:])
    return [rows for rows in groups if 2 < len(rows) <= _LARGEST]


def _agglomerated(n: int, i: Rows, j: Rows, scores: Scores, trigger: float) -> Rows:
    """Join the two clusters with the best mean score, while one pair between them is sure and the mean is for it."""
    mean = np.full((n, n), -np.inf)
    mean[i, j] = mean[j, i] = scores
    best = mean.copy()
    sizes = np.ones(n)
    labels = np.arange(n)
    while True:
        allowed = np.where(best >= trigger, mean, -np.inf)
        one, other = divmod(int(np.argmax(allowed)), n)
        if allowed[one, other] <= 0:
            return labels
        joined = (mean[one] * sizes[one] + mean[other] * sizes[other]) / (sizes[one] + sizes[other])
        mean[one] = mean[:, one] = joined
        best[one] = best[:, one] = np.maximum(best[one], best[other])
        for matrix in (mean, best):
            matrix[one, one] = -np.inf
            matrix[other, :] = matrix[:, other] = -np.inf
        sizes[one] += sizes[other]
        labels[labels == other] = one


def _smallest(labels: Rows) -> Rows:
    """Name every cluster by its smallest row."""
    smallest = np.full(len(labels), len(labels), dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(len(labels)))
    return np.take(smallest, labels)
