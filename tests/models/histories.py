"""Made-up customers whose rates are known, and days with orders written as pairs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import polars as pl

from cdptool.models import PURCHASES
from cdptool.models.histories import Distinct

FIRST = date(2025, 1, 1)


def days_of(rows: Iterable[tuple[int, int] | tuple[int, int, float]]) -> pl.DataFrame:
    """PURCHASES of (profile, day since the first of January 2025[, value])."""
    full = [
        (row[0], FIRST + timedelta(days=row[1]), round(row[2] * 10_000) if len(row) > 2 else None)
        for row in rows
    ]
    return pl.DataFrame(full, schema=PURCHASES, orient="row")


def distinct_of(rows: Iterable[tuple[float, float, float]]) -> Distinct:
    """Histories of (frequency, recency, age), one profile each."""
    frequency, recency, age = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    return Distinct(frequency, recency, age, np.ones(len(age)))


def pareto_world(n: int, r: float, alpha: float, s: float, beta: float, seed: int) -> Distinct:
    """Customers who buy and leave as Pareto/NBD says, seen for 20 to 60 units of time."""
    chance = np.random.default_rng(seed)
    rate, leaving = chance.gamma(r, 1 / alpha, n), chance.gamma(s, 1 / beta, n)
    age = chance.uniform(20, 60, n)
    alive = np.minimum(chance.exponential(1 / leaving), age)
    frequency = chance.poisson(rate * alive)
    # Of so many moments that are spread evenly, the last one.
    recency = np.where(frequency > 0, alive * chance.random(n) ** (1 / np.maximum(frequency, 1)), 0.0)
    return Distinct(frequency.astype(float), recency, age, np.ones(n))


def geometric_world(
    n: int, parameters: tuple[float, float, float, float], seed: int, *, modified: bool
) -> Distinct:
    """Customers who may leave after each purchase (and at once, where modified)."""
    r, alpha, a, b = parameters
    chance = np.random.default_rng(seed)
    rows = []
    for rate, leave, age in zip(
        chance.gamma(r, 1 / alpha, n), chance.beta(a, b, n), chance.uniform(20, 60, n), strict=True
    ):
        at, x, last = 0.0, 0, 0.0
        gone = modified and chance.random() < leave
        while not gone:
            at += chance.exponential(1 / rate)
            if at > age:
                break
            x, last = x + 1, at
            gone = chance.random() < leave
        rows.append((float(x), last, float(age)))
    return distinct_of(rows)
