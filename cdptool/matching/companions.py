"""
What is believed of a pair once its companions are known: the records that stand with either of the two.

Two records say little where fields are empty. The clusters that they are in say more: either the records of both speak
for each other on the whole, or they do not, and how many records people have is known by then. So the odds of a
doubtful pair become those of the two groups that it would join: of two clusters that stayed apart, or of the two parts
of a cluster that met when it grew. Clusters stay as they are; only what is said of a pair changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.clusters import Weighed, log_odds_of, some_at_once
from cdptool.matching.comparing import Table
from cdptool.matching.model import Model
from cdptool.matching.scaling import scaled
from cdptool.matching.values import Rows

_LEAST: Final = -7.0  # log odds below which a pair is of strangers, whoever they are with
_SURE: Final = 4.6  # …and from which a pair within a cluster is one person anyway
_CLIP: Final = 8.0  # one pair says this much at most
_MOST: Final = 8  # records of a cluster that speak for it
_OWN: Final = 1 / 3  # what the two records say counts beside what all say
_LARGEST: Final = 60  # records of a cluster that is looked at from within
_AT_ONCE: Final = 200_000  # scores
_JOINS: Final = log_odds_of(0.9)
# What the mean of many is too cautious by, and how far the records of a group repeat each other where none is surely
# joined (0 quite, 1 not at all): for all files alike, as it is over made people, firms and public sets.
_LIFT: Final = 0.65
_MISSED: Final = 0.16
_BEFORE: Final = 100.0  # clusters that stand for what is believed of sizes before any is seen
_MOST_PRIOR: Final = 9.0
_FEWEST: Final = 1e-3
_TINY: Final = 1e-12


class _Sides(NamedTuple):
    """
    Per pair the two groups that it would join.

    `mean`: the mean of the log odds between them; `fewer`, `more`: how many records the smaller and the larger have.
    """

    mean: Table
    fewer: Rows
    more: Rows


class _Clusters(NamedTuple):
    """The cluster of every record by number, their sizes, and of those that are asked the records, one after the other."""

    numbers: Rows
    sizes: Rows
    rows: Rows
    starts: Rows


def believed(model: Model, clusters: Rows, left: Rows, right: Rows, stated: Table) -> Table:
    """
    The log odds of candidate pairs with what the clusters of their records say.

    Args:
        model: Weighs pairs.
        clusters: The cluster of every record, named by a row.
        left, right, stated: Candidate pairs, each once, with their log odds as the fields add up.

    Returns:
        On the scale of the model. For two records that are in no cluster nobody else speaks: of these it counts how many
        have a second record at all.
    """
    odds = scaled(stated, model.scale)
    is_name = np.zeros(len(clusters), dtype=bool)
    is_name[clusters] = True
    numbers = np.take(np.cumsum(is_name) - 1, clusters)
    sizes = np.bincount(numbers)
    one, other = np.take(numbers, left), np.take(numbers, right)
    is_within, of_several = one == other, np.take(sizes, one)
    is_asked = ~is_within | ((odds < _SURE) & (of_several <= _LARGEST))
    doubtful = np.flatnonzero((odds > _LEAST) & is_asked)
    if not len(doubtful):
        return odds
    n_sure = int((is_within & (of_several > 2) & (stated >= _JOINS)).sum())
    ends, is_within = (left[doubtful], right[doubtful]), is_within[doubtful]
    said, single = odds[doubtful], np.ones(len(doubtful), dtype=np.int64)
    sides = _Sides(said.copy(), single, single.copy())
    scores = Weighed(len(clusters), (left, right, stated), model.stated)
    asked = _asked(numbers, sizes, (one[doubtful], other[doubtful]))
    _between(sides, asked, ends, scores)
    _within(sides, asked, ends, scores)
    own = np.where(is_within, 0.0, _OWN)
    together = own * said + (1 - own) * sides.mean + _lifted(model) + _LIFT
    together -= _MISSED * sides.fewer * _chance_missed(sizes, n_sure)
    is_alone = sides.more == 1
    odds = odds.copy()
    odds[doubtful] = np.where(is_alone, said, together) + _prior(model, sizes, sides)
    return odds


def _asked(numbers: Rows, sizes: Rows, ends: tuple[Rows, Rows]) -> _Clusters:
    """The clusters that stand at these ends, as they are looked at."""
    is_asked = np.zeros(len(sizes), dtype=bool)
    for side in ends:
        is_asked[side] = True
    rows = np.flatnonzero(np.take(is_asked, numbers))
    rows = rows[np.argsort(np.take(numbers, rows), kind="stable")]
    held = np.where(is_asked, sizes, 0)
    return _Clusters(numbers, sizes, rows, np.cumsum(held) - held)


def _lifted(model: Model) -> float:
    """How far the scale of the model lifts doubtful odds, on the whole."""
    stated, found = model.scale
    return float((found - stated)[1:-1].mean()) if len(stated) > 2 else 0.0


def _chance_missed(sizes: Rows, n_sure: int) -> float:
    """What speaks against two records of one person that no pair is sure: most of those in one cluster are (logarithm)."""
    several = sizes[sizes > 2]
    n_pairs = int((several * (several - 1) // 2).sum())
    return float(-np.log(1 - min(n_sure + 1, n_pairs + 2) / (n_pairs + 3)))


def _prior(model: Model, sizes: Rows, sides: _Sides) -> Table:
    """
    What the number of records says: of people with as many as both groups have, beside what two groups have by chance.

    Where nobody has three records, a third one is no part of a pair; where everybody has two, two that are alone are.
    """
    by_chance = max(float(model.expected[0]), _FEWEST) / model.n_pairs * len(sizes)
    logs = np.log(_shares(sizes, by_chance))
    prior = logs[sides.fewer + sides.more] - logs[sides.fewer] - logs[sides.more] - np.log(by_chance)
    return np.asarray(prior.clip(-_MOST_PRIOR, _MOST_PRIOR))


def _shares(sizes: Rows, by_chance: float) -> Table:
    """
    Of how many clusters each size is, up to twice the largest; large sizes are few and are taken with those beside them.

    Args:
        sizes: Of all clusters.
        by_chance: The odds that two of them are one, times their number, as the model has it. Where these odds hold for
            groups of any size, one size follows the other in a geometric row: before any cluster is seen, sizes are so.

    >>> _shares(np.array([1] * 600 + [2] * 400), 0.5).round(2).tolist()
    [0.0, 0.61, 0.38, 0.01, 0.0]
    """
    counts = np.bincount(sizes, minlength=2 * int(sizes.max()) + 1).astype(np.float64)
    places = np.arange(len(counts))
    around = places // 4
    sums = np.append(0.0, np.cumsum(counts))
    first = np.maximum(places - around, 1)
    last = np.maximum(np.minimum(places + around, len(counts) - 1), first)
    smooth = (sums[last + 1] - sums[first]) / (last + 1 - first)
    before = (by_chance / (1 + by_chance)) ** np.maximum(places - 1.0, 0.0) / (1 + by_chance)
    shares = np.where(places > 0, smooth + _BEFORE * before, 0.0)
    return np.asarray(np.maximum(shares / shares.sum(), _TINY))


def _between(sides: _Sides, asked: _Clusters, ends: tuple[Rows, Rows], scores: Weighed) -> None:
    """Fill in the sides of pairs of two clusters."""
    one, other = (np.take(asked.numbers, side) for side in ends)
    n_one, n_other = (np.take(asked.sizes, names) for names in (one, other))
    some = np.flatnonzero((one != other) & (n_one * n_other > 1))
    sides.fewer[some], sides.more[some] = (
        which(n_one[some], n_other[some]) for which in (np.minimum, np.maximum)
    )
    codes = np.minimum(one[some], other[some]) * len(asked.sizes) + np.maximum(one[some], other[some])
    codes, of_pair = np.unique(codes, return_inverse=True)
    mine, its = np.divmod(codes, len(asked.sizes))
    n_mine, n_its = (np.minimum(np.take(asked.sizes, names), _MOST) for names in (mine, its))
    n_pairs = n_mine * n_its
    means = np.empty(len(codes))
    for part in np.array_split(np.arange(len(codes)), int(n_pairs.sum()) // _AT_ONCE + 1):
        if not len(part):
            continue
        pair = np.repeat(part, n_pairs[part])
        firsts = np.cumsum(n_pairs[part]) - n_pairs[part]
        i, j = np.divmod(np.arange(len(pair)) - np.repeat(firsts, n_pairs[part]), n_its[pair])
        rows = (asked.rows[asked.starts[names[pair]] + place] for names, place in ((mine, i), (its, j)))
        found = _of_any(scores, *rows)
        means[part] = np.add.reduceat(found, firsts) / n_pairs[part]
    sides.mean[some] = means[of_pair]


def _within(sides: _Sides, asked: _Clusters, ends: tuple[Rows, Rows], scores: Weighed) -> None:
    """Fill in the sides of pairs of one cluster of three records or more: the parts that met when it grew."""
    one, other = (np.take(asked.numbers, side) for side in ends)
    inside = np.flatnonzero((one == other) & (np.take(asked.sizes, one) > 2))
    place = np.zeros(len(asked.numbers), dtype=np.int64)  # of a record in its cluster
    first = np.take(asked.starts, np.take(asked.numbers, asked.rows))
    place[asked.rows] = np.arange(len(asked.rows)) - first
    names = np.unique(one[inside])
    for together in some_at_once(_members(asked, names), _AT_ONCE):
        within_each = [np.triu_indices(rows.shape[1], 1) for rows in together]
        both = (
            np.concatenate(
                [rows[:, at[side]].ravel() for rows, at in zip(together, within_each, strict=True)]
            )
            for side in (0, 1)
        )
        found = _of_any(scores, *both)
        for rows, (i, j) in zip(together, within_each, strict=True):
            mine, found = np.split(found, [len(rows) * len(i)])
            mean = np.full((len(rows), rows.shape[1], rows.shape[1]), -np.inf)
            mean[:, i, j] = mean[:, j, i] = mine.reshape(len(rows), -1)
            number = np.full(len(asked.sizes), -1, dtype=np.int64)
            number[np.take(asked.numbers, rows[:, 0])] = np.arange(len(rows))
            pairs = inside[np.take(number, one[inside]) >= 0]
            cell = (number[one[pairs]], *(np.take(place, side[pairs]) for side in ends))
            for side, table in zip(sides, _met(mean), strict=True):
                side[pairs] = table[cell]


def _members(asked: _Clusters, names: Rows) -> Iterator[Rows]:
    """The rows of these clusters, size by size and not too many at once: cluster × record."""
    sizes = asked.sizes[names]
    for size in np.unique(sizes).tolist():
        rows = asked.rows[asked.starts[names[sizes == size], None] + np.arange(size)]
        yield from np.array_split(rows, rows.size * size // _AT_ONCE + 1)


def _of_any(scores: Weighed, one: Rows, other: Rows) -> Table:
    """The log odds of pairs, either way round, and no more than one pair may say."""
    return scores.scores(np.minimum(one, other), np.maximum(one, other)).clip(-_CLIP, _CLIP)


def _met(mean: Table) -> _Sides:
    """
    Join what is nearest on the whole until all is one, and tell of each two records what met when they did.

    Args:
        mean: Cluster × record × record: the scores, each way; minus infinity on the diagonal. Used up.

    >>> met = _met(np.array([[[-np.inf, 5, 1], [5, -np.inf, -2], [1, -2, -np.inf]]]))
    >>> met.mean[0].tolist(), met.more[0, 2].tolist()
    ([[0.0, 5.0, -0.5], [5.0, 0.0, -0.5], [-0.5, -0.5, 0.0]], [2, 2, 0])
    """
    n_clusters, size = mean.shape[:2]
    found = _Sides(np.zeros(mean.shape), np.zeros(mean.shape, np.int64), np.zeros(mean.shape, np.int64))
    group: NDArray[np.int64] = np.tile(np.arange(size), (n_clusters, 1))
    counts = np.ones((n_clusters, size), dtype=np.int64)
    every = np.arange(n_clusters)
    for _ in range(size - 1):
        one, other = np.divmod(np.argmax(mean.reshape(n_clusters, -1), axis=1), size)
        value = mean[every, one, other]
        is_one, is_other = group == one[:, None], group == other[:, None]
        n_one, n_other = counts[every, one], counts[every, other]
        meet = is_one[:, :, None] & is_other[:, None, :]
        meet |= meet.transpose(0, 2, 1)
        for table, of_cluster in zip(
            found, (value, np.minimum(n_one, n_other), np.maximum(n_one, n_other)), strict=True
        ):
            np.copyto(table, of_cluster[:, None, None], where=meet)
        mine, its = n_one[:, None], n_other[:, None]
        joined = (mean[every, one] * mine + mean[every, other] * its) / (mine + its)
        mean[every, one] = mean[every, :, one] = joined
        mean[every, one, one] = -np.inf
        mean[every, other] = mean[every, :, other] = -np.inf
        counts[every, one] += n_other
        group = np.where(is_other, one[:, None], group)
    return found
