"""
Look-alikes: who resembles the members of a segment, by traits and fields that one names.

Numbers become five bands, texts their commonest values, what is missing a band of its own; each band has a weight,
learned by logistic regression. So the score can be read off a list of weights. Every profile is scored by a model that
did not see it (five parts, each scored by the other four), which makes the lift an out-of-sample one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.models.figures import Figure, Result
from cdptool.models.histories import Numbers
from cdptool.models.logistic import answers, fit_logistic, ranking

LEAST_SEED: Final = 50
LEAST_OTHERS: Final = 200
BANDS: Final = 5
COMMONEST: Final = 12
PARTS: Final = 5
_SHOWN: Final = 8

SCORES: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "score": pl.Float64(),
    "rank": pl.Float64(),  # the share of profiles that score higher: 0 is the best
}


class _Band(NamedTuple):
    name: str
    holds: pl.Series  # Boolean, never null


def fit_look_alike(features: pl.DataFrame, seed: pl.DataFrame) -> Result:
    """
    How alike everybody is to the seed.

    Args:
        features: One row per profile: `profile_id`, then the traits and fields of any dtype. Any order.
        seed: MEMBERSHIPS of the seed segment: `profile_id`, `state`. Who is unknown teaches nothing, and is scored.

    Returns:
        SCORES, one row per profile, sorted; empty where the fit is refused. The figures: lift is the share of the seed
        among the best-scored tenth over its share among all, from scores of models that did not see the profile.
    """
    known = features.join(seed.select("profile_id", "state"), on="profile_id", how="left").sort("profile_id")
    state = known["state"].fill_null("out")
    is_seed, taught = (state == "in").to_numpy(), (state != "unknown").to_numpy()
    n_seed, n_others = int(is_seed.sum()), int((taught & ~is_seed).sum())
    data = (Figure("data", "seed", float(n_seed)), Figure("data", "others", float(n_others)))
    if n_seed < LEAST_SEED:
        return _refused(data, f"the seed has {n_seed:,} members, at least {LEAST_SEED} are needed")
    if n_others < LEAST_OTHERS:
        return _refused(data, f"{n_others:,} are not in the seed, at least {LEAST_OTHERS} are needed")
    bands = [band for name in features.columns if name != "profile_id" for band in _bands(known[name])]
    columns = np.column_stack([band.holds.cast(pl.Float64).to_numpy() for band in bands]) if bands else None
    if columns is None:
        return _refused(data, "the traits have one value for everybody")
    score = np.empty(known.height)
    part = (known["profile_id"] % PARTS).to_numpy()
    for i in range(PARTS):
        mine = part == i
        learns = ~mine & taught
        score[mine] = answers(columns[mine], fit_logistic(columns[learns], is_seed[learns]))
    weights = fit_logistic(columns[taught], is_seed[taught])
    higher = len(score) - np.searchsorted(np.sort(score), score, side="right")
    ranked = pl.Series("rank", higher / len(score))
    table = known.select("profile_id", pl.Series("score", score), ranked)
    return Result(table, (*data, *_told(bands, weights), *_lift(score[taught], is_seed[taught])))


def _refused(data: tuple[Figure, ...], reason: str) -> Result:
    return Result(pl.DataFrame(schema=SCORES), data, (reason,))


def _bands(column: pl.Series) -> Iterator[_Band]:
    """The bands of a column; one that holds for all or for nobody says nothing."""
    for band in _all_bands(column):
        if 0 < int(band.holds.sum()) < len(column):
            yield band


def _all_bands(column: pl.Series) -> Iterator[_Band]:
    name, dtype = column.name, column.dtype
    if dtype.is_float():  # of what is no number, or has no end, no share of people is below
        column = column.to_frame().select(pl.when(pl.col(name).is_finite()).then(pl.col(name))).to_series()
    yield _Band(f"{name} is missing", column.is_null())
    if dtype == pl.Boolean:
        yield _Band(name, column.fill_null(False))
    elif dtype.is_numeric() or dtype.is_temporal():
        numbers = column.cast(pl.Int64 if dtype.is_temporal() else pl.Float64).cast(pl.Float64)
        yield from _ranges(name, numbers)
    elif dtype == pl.String:
        values = column.drop_nulls().alias("value")  # a field may have any name, also one that counts have
        counts = values.value_counts().sort("count", "value", descending=[True, False])
        for i, value in enumerate(counts["value"].head(COMMONEST)):
            yield _Band(f"{name}, value {i + 1} by frequency", (column == value).fill_null(False))


def _ranges(name: str, numbers: pl.Series) -> Iterator[_Band]:
    """Five bands of as many people each; equal values share one."""
    known = numbers.drop_nulls().to_numpy()
    cuts = np.unique(np.quantile(known, np.arange(1, BANDS) / BANDS)) if len(known) else np.empty(0)
    band = np.searchsorted(cuts, numbers.fill_null(0.0).to_numpy(), side="left")
    is_known = numbers.is_not_null()
    for i in range(len(cuts) + 1):
        yield _Band(f"{name}, band {i + 1} of {len(cuts) + 1}", pl.Series(band == i) & is_known)


def _told(bands: list[_Band], weights: Numbers) -> Iterator[Figure]:
    """The bands that weigh most, in nats of odds."""
    order = sorted(range(len(bands)), key=lambda i: (-round(abs(float(weights[i + 1])), 9), bands[i].name))
    for i in order[:_SHOWN]:
        yield Figure("parameters", bands[i].name, float(weights[i + 1]))


def _lift(score: Numbers, is_seed: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[Figure, ...]:
    """Of the best-scored tenth; at the rim of equal scores each of them counts in part."""
    wanted = max(1.0, len(score) / 10)
    rim = np.sort(score)[::-1][int(np.ceil(wanted)) - 1]
    above, at_rim = score > rim, score == rim
    found = is_seed[above].sum() + is_seed[at_rim].mean() * (wanted - above.sum())
    return (
        Figure("holdout", "in the seed", float(found / wanted), "the best tenth"),
        Figure("holdout", "in the seed", float(is_seed.mean()), "all"),
        Figure("holdout", "lift", float(found / wanted / is_seed.mean()), "the best tenth"),
        Figure("holdout", "ranks rightly", ranking(score, is_seed), "all"),
    )
