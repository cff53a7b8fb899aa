"""
The data of both sides: CDNOW as published, and 235,000 made-up customers no two of whom have the same history.

Made up as each model says customers are; times are real numbers, so nothing collapses into counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl

SHARED = Path(__file__).resolve().parents[3] / "shared/data/clv_cdnow"
MANY = 235_000
MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma")
COLUMNS = ("frequency", "recency", "age", "mean")
Columns = dict[str, np.ndarray]


def cdnow() -> Columns:
    """Hardie's summary of 2,357 customers in weeks; `mean` is that of later purchases."""
    frame = pl.read_csv(SHARED / "cdnow_customers_summary_with_transactions.csv")
    return {
        new: frame[old].cast(pl.Float64).to_numpy()
        for new, old in zip(COLUMNS, ("x", "t_x", "T", "zbar"), strict=True)
    }


def geometric(n: int, *, modified: bool) -> Columns:
    """Who buys at a rate and may leave after each purchase; at once, too, where modified."""
    chance = np.random.default_rng(11 + modified)
    rate, leave = chance.gamma(0.5, 1 / 6.0, n), chance.beta(0.8, 2.4, n)
    age = chance.uniform(20, 60, n)
    at, last, frequency = np.zeros(n), np.zeros(n), np.zeros(n)
    here = chance.random(n) >= leave if modified else np.ones(n, bool)
    while here.any():
        at[here] += chance.exponential(1 / rate[here])
        here &= at <= age
        frequency[here] += 1
        last[here] = at[here]
        here &= chance.random(n) >= leave
    return {"frequency": frequency, "recency": last, "age": age}


def pareto(n: int) -> Columns:
    """Who buys at a rate and leaves at any moment."""
    chance = np.random.default_rng(13)
    rate, leave, age = (
        chance.gamma(0.55, 1 / 10.0, n),
        chance.gamma(0.6, 1 / 12.0, n),
        chance.uniform(20, 60, n),
    )
    alive = np.minimum(chance.exponential(1 / leave), age)
    frequency = chance.poisson(rate * alive).astype(float)
    last = alive * chance.random(n) ** (1 / np.maximum(frequency, 1))
    return {"frequency": frequency, "recency": np.where(frequency > 0, last, 0.0), "age": age}


def gamma_gamma(n: int) -> Columns:
    """Who came back, and what their days were worth on average."""
    chance = np.random.default_rng(17)
    frequency = chance.geometric(0.35, n).astype(float)
    scale = 1 / chance.gamma(3.74, 1 / 15.45, n)
    return {"frequency": frequency, "mean": chance.gamma(6.25 * frequency, scale / frequency)}


def write(folder: Path) -> None:
    """One file for each size and model."""
    published = cdnow()
    again = published["frequency"] > 0
    for model in MODELS:
        rows = again if model == "gamma_gamma" else slice(None)
        np.savez(folder / f"cdnow.{model}.npz", **{name: column[rows] for name, column in published.items()})
    many = {
        "bg_nbd": geometric(MANY, modified=False), "mbg_nbd": geometric(MANY, modified=True),
        "pareto_nbd": pareto(MANY), "gamma_gamma": gamma_gamma(MANY),
    }  # fmt: skip
    for model, columns in many.items():
        np.savez(folder / f"many.{model}.npz", **columns)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
