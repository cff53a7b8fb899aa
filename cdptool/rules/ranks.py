"""
`ntile(x, n)`: in which of n equal parts of all profiles a value lies, with cut points found in a pass before.

The bucket of x is 1 + ⌊n · (how many profiles have a smaller value) / (how many have one)⌋: equal values share a bucket.
A kernel sees only some of the profiles, so the counts become cut points over all of them: x lies above so many.
Where values are not known yet the bucket is an interval: the fewest that can be smaller, the most that can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import add
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.rules.nodes import Node
from cdptool.rules.values import Value, exact, interval

MOST_BUCKETS: Final = 100
RANKED: Final = ("number", "money", "time", "date")
Cut = int | float | date | datetime


@dataclass(frozen=True, slots=True)
class Ranking:
    """What is ranked, in how many parts, as of when. `place` takes no part in comparisons: nodes leave it out too."""

    value: Node
    n: int
    cut: datetime


@dataclass(frozen=True, slots=True)
class Steps:
    """A bucket as a step function: `base` + how many cuts a value lies above; `top` where it has no bound."""

    cuts: tuple[Cut, ...]
    top: int
    base: int = 1


@dataclass(frozen=True, slots=True)
class CutPoints:
    """
    Where the buckets of a ranking begin.

    `least` is asked with the lower bound of a value. `most` is asked with the upper one: of a value that is there
    and known, of one that is known but may be missing, and of one that is not known and so counts itself.
    """

    least: Steps
    most: tuple[Steps, Steps, Steps]


def cut_points(values: pl.DataFrame, n: int) -> CutPoints:
    """
    The cut points of a ranking.

    Args:
        values: One row per profile: `lo`, `hi` (its bounds, null = unbounded) and `empty` (Boolean, null = perhaps).
        n: How many buckets.

    Returns:
        The cut points, the same for every order of rows.

    >>> four = pl.DataFrame({"lo": [1, 2, 2, 9], "hi": [1, 2, 2, 9], "empty": [False] * 4})
    >>> cut_points(four, 2).least.cuts  # 1, 2 and 2 have fewer than two below them
    (2,)
    """
    there = values.filter(pl.col("empty").fill_null(False).not_())
    perhaps = pl.col("empty").is_null()
    certain = there.filter(~perhaps)
    n_certain, n_perhaps = certain.height, there.height - certain.height
    highs = _counted(there, "hi", perhaps)
    least = _steps(highs, highs["certain"], n_certain + n_perhaps - highs["perhaps"], n)
    lows = _counted(there, "lo", perhaps)
    unbounded = there.filter(pl.col("lo").is_null())  # they may be smaller than anything
    below, below_perhaps = unbounded.height, unbounded.filter(perhaps).height
    smaller = lows["certain"] + lows["perhaps"] + below
    counted = n_certain + lows["perhaps"] + below_perhaps
    most = [
        _steps(
            lows,
            smaller - itself,
            counted + extra,
            n,
            base=1 + max(below - itself, 0) * n // max(n_certain + below_perhaps + extra, 1),
            top=1 + max(there.height - itself, 0) * n // max(there.height + extra, 1),
        )
        for itself, extra in ((0, 0), (0, 1), (1, 0))
    ]
    return CutPoints(least, (most[0], most[1], most[2]))


def ranked(value: Value, cuts: CutPoints) -> Value:
    """The bucket of a value."""
    least = pl.when(value.lo.is_not_null()).then(_bucket(value.lo, cuts.least))
    if value.is_exact:
        return exact("number", least)
    is_there = (value.is_empty == pl.lit(False)).fill_null(False)
    is_wide = value.lo.is_null() | value.upper.is_null() | (value.lo < value.upper)
    there, perhaps, wide = (_bucket(value.upper, steps) for steps in cuts.most)
    most = pl.when(is_wide).then(wide).when(is_there).then(there).otherwise(perhaps)
    return interval("number", pl.coalesce(least, pl.lit(1, pl.Int64)), most, value.is_empty)


def _counted(there: pl.DataFrame, column: str, perhaps: pl.Expr) -> pl.DataFrame:
    """Per bound, in order: how many values that are certain, or perhaps there, have this bound or a smaller one."""
    return (
        there.filter(pl.col(column).is_not_null())
        .group_by(pl.col(column).alias("bound"))
        .agg((~perhaps).sum().cast(pl.Int64).alias("certain"), perhaps.sum().cast(pl.Int64).alias("perhaps"))
        .sort("bound")
        .with_columns(pl.col("certain", "perhaps").cum_sum())
    )


def _steps(
    bounds: pl.DataFrame, smaller: pl.Series, counted: pl.Series, n: int, *, base: int = 1, top: int = 1
) -> Steps:
    """The cuts: for each bucket after the first ones the smallest bound above which a value lies in it or beyond."""
    buckets = _part(smaller.to_numpy(), counted.to_numpy(), n)
    places = np.searchsorted(buckets, np.arange(base, n), side="left")
    at = bounds["bound"]
    return Steps(tuple(at[int(place)] for place in places if place < len(at)), top, base)


def _part(smaller: NDArray[np.int64], counted: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return smaller * n // np.maximum(counted, 1)


def _bucket(bound: pl.Expr, steps: Steps) -> pl.Expr:
    above: Sequence[pl.Expr] = [(bound > _literal(cut)).cast(pl.Int64) for cut in steps.cuts]
    return (
        pl.when(bound.is_null())
        .then(pl.lit(steps.top, pl.Int64))
        .otherwise(reduce(add, above, pl.lit(steps.base, pl.Int64)))
    )


def _literal(cut: Cut) -> pl.Expr:
    return pl.lit(cut)
