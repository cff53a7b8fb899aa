"""
How right clusters and probabilities are, measured by counting.

Entities and clusters are integer labels of the same rows, one each. A pair is two rows, in either order, once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

N_BINS = 10
LEAST_IN_BIN = 100
SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of final clusters. Ratios are 0–1; `n_false` counts the joins too many: clusters cut until each is of one entity."""

    precision: float
    recall: float
    f1: float
    b3_precision: float
    b3_recall: float
    b3: float
    largest: int
    n_false: int


@dataclass(frozen=True, slots=True)
class Bin:
    """One of ten equal parts of the probabilities: how many pairs, their mean, and the share that is true."""

    n: int
    stated: float
    true: float

    @property
    def is_off(self) -> bool:
        """Whether the stated probability is wrong by more than the slack and two standard errors."""
        if self.n < LEAST_IN_BIN:
            return False
        error = 2 * (self.stated * (1 - self.stated) / self.n) ** 0.5
        return abs(self.stated - self.true) > SLACK + error


def accuracy(entity: np.ndarray, cluster: np.ndarray) -> Accuracy:
    """
    Pair and B-cubed precision, recall and F1 of clusters against entities.

    Args:
        entity: Whom each row is of (int64).
        cluster: The cluster each row was put into (int64), row by row.

    Returns:
        The figures. Where no pair was stated precision is 1, where none is true recall is 1.

    >>> accuracy(np.array([1, 1, 2]), np.array([7, 7, 7])).precision
    0.3333333333333333
    """
    cells = pl.DataFrame({"e": entity, "c": cluster}).group_by("e", "c").agg(n=pl.len().cast(pl.Int64))
    cells = cells.with_columns(of_e=pl.col("n").sum().over("e"), of_c=pl.col("n").sum().over("c"))
    n, of_e, of_c = (cells[name].to_numpy().astype(np.float64) for name in ("n", "of_e", "of_c"))
    both = (n * (n - 1)).sum()
    stated, true = (n * (of_c - 1)).sum(), (n * (of_e - 1)).sum()
    precision, recall = (both / stated if stated else 1.0), (both / true if true else 1.0)
    rows = n.sum()
    b3_precision, b3_recall = (n * n / of_c).sum() / rows, (n * n / of_e).sum() / rows
    return Accuracy(
        float(precision),
        float(recall),
        _f1(precision, recall),
        float(b3_precision),
        float(b3_recall),
        _f1(b3_precision, b3_recall),
        int(of_c.max()),
        int(cells.height - cells["c"].n_unique()),
    )


def _f1(precision: float, recall: float) -> float:
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def components(n_rows: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """
    The connected components of rows 0 to `n_rows` - 1 under edges (left, right); each is labelled by its least row.

    >>> components(4, np.array([0, 2]), np.array([2, 3])).tolist()
    [0, 1, 0, 0]
    """
    label = np.arange(n_rows, dtype=np.int64)
    while True:
        here, there = label[left], label[right]
        differ = here != there
        if not differ.any():
            return label
        left, right = left[differ], right[differ]
        low, high = np.minimum(here, there)[differ], np.maximum(here, there)[differ]
        np.minimum.at(label, high, low)
        while not np.array_equal(jumped := label[label], label):
            label = jumped


def ceiling(entity: np.ndarray, left: np.ndarray, right: np.ndarray) -> Accuracy:
    """What a perfect judge of the candidate pairs would reach: the true ones joined, and what follows from them."""
    true = entity[left] == entity[right]
    return accuracy(entity, components(len(entity), left[true], right[true]))


def pair_recall(entity: np.ndarray, left: np.ndarray, right: np.ndarray) -> float:
    """The share of the true pairs that stand among the candidates; each candidate is given once."""
    counts = pl.Series(entity).value_counts()["count"].cast(pl.Int64).to_numpy()
    n_true = int((counts * (counts - 1) // 2).sum())
    return float((entity[left] == entity[right]).sum() / n_true) if n_true else 1.0


def calibration(probability: np.ndarray, is_true: np.ndarray) -> tuple[Bin, ...]:
    """
    The ten bins of stated probabilities, lowest first; bins without a pair have NaN.

    Args:
        probability: Stated for each pair, 0–1 (float64).
        is_true: Whether the pair is of one entity (Boolean).
    """
    number = np.minimum((probability * N_BINS).astype(np.int64), N_BINS - 1)
    n = np.bincount(number, minlength=N_BINS)
    stated = np.bincount(number, probability, N_BINS)
    true = np.bincount(number, is_true.astype(np.float64), N_BINS)
    return tuple(
        Bin(
            int(n[at]),
            float(stated[at] / n[at]) if n[at] else np.nan,
            float(true[at] / n[at]) if n[at] else np.nan,
        )
        for at in range(N_BINS)
    )
