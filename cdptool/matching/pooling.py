"""
What two clusters say together: what one record leaves empty, another of its cluster fills.

A record that shares a telephone with one half of a cluster and an e-mail with the other may be sure of neither half
alone. So where a pair between two clusters is doubtful, all pairs between them are compared, every field counts with
the best of its levels, and the pattern of these is weighed like that of any pair. With k pairs to choose from the
best is met by chance up to k times as often: that is taken off the odds.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cdptool.matching.clusters import clusters, log_odds_of, sure_components
from cdptool.matching.comparing import Table, compared
from cdptool.matching.model import Model
from cdptool.matching.scaling import scaled, unscaled
from cdptool.matching.values import Rows

_LEAST: Final = -2.0  # log odds from which a pair between two clusters is doubtful
_MOST: Final = 40  # pairs between two clusters: those of more records are known well enough


class Resolved(NamedTuple):
    """
    The cluster of every record (its smallest row), and for each candidate the log odds that made the clusters.

    `evidence` is the log odds of the pair on the scale of the model; of the surest pair between two clusters those of all
    that these say, where that is more.
    """

    clusters: Rows
    evidence: Table


def resolved(
    model: Model, n_records: int, left: Rows, right: Rows, stated: Table, at_least: float
) -> Resolved:
    """
    From weighed pairs to clusters, with what doubtful clusters say together.

    Args:
        model: Weighs levels.
        n_records: Records in all.
        left, right, stated: Candidate pairs with their log odds as the fields add up.
        at_least: The probability from which a pair joins.
    """
    joins = unscaled(at_least, model.scale)
    labels = sure_components(n_records, left, right, stated, joins)
    evidence = _pooled(model, labels, (left, right), stated, log_odds_of(joins))
    labels = clusters(n_records, left, right, evidence, model.stated, joins, start=labels)
    return Resolved(labels, scaled(evidence, model.scale))


def _pooled(model: Model, labels: Rows, pairs: tuple[Rows, Rows], stated: Table, sure: float) -> Table:
    """The log odds of candidates, the surest between two clusters with what both say together."""
    sizes = np.bincount(labels, minlength=len(labels))
    doubtful = np.flatnonzero((stated >= _LEAST) & (stated < sure))
    one, other = (np.take(labels, side[doubtful]) for side in pairs)
    n_between = np.take(sizes, one) * np.take(sizes, other)
    some = np.flatnonzero((one != other) & (n_between > 1) & (n_between <= _MOST))
    if not len(some):
        return stated
    doubtful, n_between = doubtful[some], n_between[some]
    ends = np.minimum(one[some], other[some]), np.maximum(one[some], other[some])
    order = np.lexsort((-stated[doubtful], *ends))
    ends = ends[0][order], ends[1][order]
    is_first = np.append(True, (ends[0][1:] != ends[0][:-1]) | (ends[1][1:] != ends[1][:-1]))
    surest, n_between = doubtful[order][is_first], n_between[order][is_first]
    between = _between(labels, sizes, ends[0][is_first], ends[1][is_first])
    starts = np.cumsum(n_between) - n_between
    best = [np.maximum.reduceat(levels, starts) for levels in compared(model.comparisons, *between)]
    pooled = stated.copy()
    pooled[surest] = np.maximum(pooled[surest], model.stated_of(best) - np.log(n_between))
    return pooled


def _between(labels: Rows, sizes: Rows, one: Rows, other: Rows) -> tuple[Rows, Rows]:
    """All pairs of a record of one cluster and one of the other, one pair of clusters after the other."""
    is_asked = np.zeros(len(labels), dtype=bool)
    is_asked[one] = is_asked[other] = True
    rows = np.flatnonzero(np.take(is_asked, labels))
    rows = rows[np.argsort(labels[rows], kind="stable")]
    first = np.zeros(len(labels), dtype=np.int64)
    names, starts = np.unique(labels[rows], return_index=True)
    first[names] = starts
    n_other = sizes[other]
    n_between = sizes[one] * n_other
    pair = np.repeat(np.arange(len(one)), n_between)
    i, j = np.divmod(
        np.arange(len(pair)) - np.repeat(np.cumsum(n_between) - n_between, n_between), n_other[pair]
    )
    return rows[first[one[pair]] + i], rows[first[other[pair]] + j]
