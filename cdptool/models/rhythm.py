"""
Churn by one's own rhythm: who has been silent for long, measured by how long they usually are.

Ninety days of silence are nothing to who buys once a year and a farewell from who bought every week. `overdue` is the
silence in usual gaps. What it means is learned from the same people one horizon ago: how many of those who were then
as overdue, with gaps as long, did not come back within the horizon. And whether that holds is told by learning it one
horizon earlier still, and looking at what became of it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.models.figures import Figure, Result
from cdptool.models.histories import Numbers
from cdptool.models.holdout import CAME, MODEL
from cdptool.models.logistic import answers, fit_logistic, ranking
from cdptool.models.spec import RhythmSpec

SAME: Final = "one risk for all"
LEAST_GAPS: Final = 2  # one gap is no rhythm
LEAST_CUSTOMERS: Final = 200
LEAST_OF_EACH: Final = 30  # who came back, and who did not

RHYTHMS: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "gap_days": pl.Float64(),
    "silent_days": pl.Int64(),
    "overdue": pl.Float64(),
    "risk": pl.Float64(),
}


class _Past(NamedTuple):
    """Who had a rhythm at a moment, and who of them did not order within the horizon after it."""

    columns: Numbers
    silent: Numbers
    stayed_away: NDArray[np.bool_]


def rhythms(days: pl.LazyFrame, until: date) -> pl.LazyFrame:
    """
    A kernel by `profile_id`: the rhythm of everybody with three days with orders or more.

    Args:
        days: PURCHASES; days after `until` are not seen.
        until: The day the answer is for.

    Returns:
        `profile_id`, `gap_days` (the median of the days from one order day to the next), `silent_days`, `overdue`
        (their ratio), `n_gaps`. Sorted by `profile_id`. Lazy.
    """
    seen = days.filter(pl.col("day") <= until).sort("profile_id", "day")
    grouped = seen.group_by("profile_id", maintain_order=True).agg(
        pl.col("day").diff().dt.total_days().median().alias("gap_days"),
        (pl.lit(until) - pl.col("day").max()).dt.total_days().alias("silent_days"),
        (pl.len() - 1).cast(pl.Int64).alias("n_gaps"),
    )
    overdue = (pl.col("silent_days") / pl.col("gap_days")).alias("overdue")
    return (
        grouped.filter(pl.col("n_gaps") >= LEAST_GAPS)
        .select("profile_id", "gap_days", "silent_days", overdue, "n_gaps")
        .sort("profile_id")
    )


def fit_rhythm(spec: RhythmSpec, days: pl.DataFrame, until: date) -> Result:
    """
    How overdue everybody is, and how likely they do not order within the horizon.

    Args:
        spec: The model.
        days: PURCHASES. Any order.
        until: The day the answer is for.

    Returns:
        RHYTHMS, one row per profile with three days with orders or more, sorted; `risk` is null where it could not be
        learned. The figures, and what was refused, in words.
    """
    horizon = timedelta(days=spec.horizon_days)
    now = rhythms(days.lazy(), until).collect()
    past = _past(days, until - horizon, until)
    data = (
        Figure("data", "customers with a rhythm", float(now.height)),
        Figure("data", "one horizon ago", float(len(past.stayed_away))),
        Figure("data", "of whom stayed away", float(past.stayed_away.sum())),
    )
    refused = _too_few(past)
    if refused:
        table = now.with_columns(pl.lit(None, pl.Float64).alias("risk")).select(*RHYTHMS)
        return Result(table, data, (f"risk: one horizon ago {refused}",))
    weights = fit_logistic(past.columns, past.stayed_away)
    table = now.with_columns(pl.Series("risk", answers(_columns(now), weights))).select(*RHYTHMS)
    named = zip(("constant", "overdue", "overdue squared", "gap", "gaps"), weights, strict=True)
    told = tuple(Figure("parameters", name, float(weight)) for name, weight in named)
    figures, without = _holdout(days, past, until - 2 * horizon, until - horizon)
    return Result(table, (*data, *told, *figures), (without,) if without else ())


def _columns(found: pl.DataFrame) -> Numbers:
    """What the risk is learned from: the silence in own gaps, the gaps, and how many there are; in logarithms."""
    silent, gap, n = (
        found[name].cast(pl.Float64).to_numpy() for name in ("silent_days", "gap_days", "n_gaps")
    )
    overdue = np.log((silent + 1) / (gap + 1))
    return np.column_stack([overdue, overdue * overdue, np.log(gap + 1), np.log(n)])


def _past(days: pl.DataFrame, then: date, later: date) -> _Past:
    found = rhythms(days.lazy(), then).collect()
    came = days.filter((pl.col("day") > then) & (pl.col("day") <= later))["profile_id"].unique()
    stayed_away = ~found["profile_id"].is_in(came.implode())
    return _Past(_columns(found), found["silent_days"].cast(pl.Float64).to_numpy(), stayed_away.to_numpy())


def _too_few(past: _Past) -> str | None:
    n, away = len(past.stayed_away), int(past.stayed_away.sum())
    if n < LEAST_CUSTOMERS:
        return f"{n:,} customers had ordered on three days or more, at least {LEAST_CUSTOMERS} are needed"
    if min(away, n - away) < LEAST_OF_EACH:
        return f"{n - away:,} came back and {away:,} did not, at least {LEAST_OF_EACH} of each are needed"
    return None


def _holdout(
    days: pl.DataFrame, seen: _Past, then: date, until: date
) -> tuple[tuple[Figure, ...], str | None]:
    """The risk learned one horizon earlier, against what became of it; beside one risk for all, and bare silence."""
    earlier = _past(days, then, until)
    refused = _too_few(earlier)
    if refused:
        return (), f"hold-out error: two horizons ago {refused}"
    risk = answers(seen.columns, fit_logistic(earlier.columns, earlier.stayed_away))
    same = float(earlier.stayed_away.mean())
    off, plainly_off = (float(((one - seen.stayed_away) ** 2).mean()) for one in (risk, same))
    told = (
        Figure("holdout", "stayed away", float(seen.stayed_away.mean()), CAME),
        Figure("holdout", "stayed away", float(risk.mean()), MODEL),
        Figure("holdout", "squared error", off, MODEL),
        Figure("holdout", "ranks rightly", ranking(risk, seen.stayed_away), MODEL),
        Figure("holdout", "stayed away", same, SAME),
        Figure("holdout", "squared error", plainly_off, SAME),
        Figure("holdout", "ranks rightly", ranking(seen.silent, seen.stayed_away), "days of silence alone"),
    )
    words = f"out of sample {SAME} was no further off ({plainly_off:.3f} beside {off:.3f}): better not build on it"
    return told, words if plainly_off <= off else None
