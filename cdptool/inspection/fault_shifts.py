"""Rows whose values sit one column to the left or right: the types of the neighbours fit them, their own do not."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.inspection.columns import Column, Mask
from cdptool.inspection.findings import Fault, Table

LEAST_ROWS: Final = 30
LEAST_AGREED: Final = 0.55  # of the cells must be of one class before it speaks for the column
CLASSES: Final = (
    (1, r"^[-+]?[$€£]?\d[\d.,']*\s?%?$"),
    (2, r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?$"),
    (3, r"^[^\s@]+@[^\s@]+$"),
    (4, r"^\+\d[\d\s().\-]{6,}$"),
    (5, r"^[^\d]*\p{L}[^\d]*$"),
    (6, r"^\S*\d\S*$"),
)
Classes = NDArray[np.int64]
SINGLE: Final = 30  # few values: a column whose members are known


def shifted_columns(table: Table) -> list[Fault]:
    """Rows that fit the columns only when they are moved by one, from some column on."""
    columns = table.columns
    if table.n_rows < LEAST_ROWS or len(columns) < 3:
        return []
    fits = _fits(table)
    with np.errstate(invalid="ignore"):
        own = np.stack([fits[c][c] for c in range(len(columns))], axis=1)
    suspects = np.flatnonzero((own < 0).sum(axis=1) >= 2)
    if not len(suspects):
        return []
    faults = []
    for move, text in ((1, "right"), (-1, "left")):
        starts = _starts(fits, suspects, move, table)
        for start in sorted(set(starts[starts >= 0].tolist())):
            rows = suspects[starts == start]
            names = tuple(column.name for column in columns[start:])
            evidence = f"from `{names[0]}` on the values fit the columns one place to the {'left' if move == 1 else 'right'}"
            faults.append(Fault("shifted_columns", names, rows, f"{evidence}: they were moved {text}", None))
    return faults


def _class_of(column: Column) -> Classes:
    """Per text its class, 0 = none of them."""
    found = np.zeros(len(column.texts), np.int64)
    for number, pattern in reversed(CLASSES):
        found[column.stripped.str.contains(pattern).to_numpy()] = number
    found[column.is_placeholder] = 0
    return found


def _fits(table: Table) -> list[list[NDArray[np.float64]]]:
    """[target][origin] → per row: 1 = the origin's cell fits the target column, -1 = not, 0 = nothing to tell."""
    n = len(table.columns)
    classes = [_class_of(column) for column in table.columns]
    signatures = [_signature(column, found) for column, found in zip(table.columns, classes, strict=True)]
    return [
        [
            _fit(table.columns[origin], classes[origin], signatures[target])
            if abs(origin - target) <= 1
            else np.zeros(0)
            for origin in range(n)
        ]
        for target in range(n)
    ]


class Signature(NamedTuple):
    """What a column's cells are: their usual classes, the members where they are few, the bounds of its numbers."""

    usual: frozenset[int]
    members: frozenset[str] | None
    bounds: tuple[float, float]


def _signature(column: Column, classes: Classes) -> Signature | None:
    """The classes that nearly all cells have, and what else is known; None = this column says nothing."""
    total = column.n_meant
    if total < LEAST_ROWS * 0.5:
        return None
    weights = {c: column.counts[classes == c].sum() / total for c in range(1, 7)}
    usual = frozenset(c for c, weight in weights.items() if weight >= 0.15)
    if 0 in usual or not usual or sum(weights[c] for c in usual) < LEAST_AGREED or len(usual) > 2:
        return None
    common = column.counts >= max(3, 0.02 * total)
    is_few = int(common.sum()) <= SINGLE and column.share(common) >= 0.6 and not usual & {1}
    members = (
        frozenset(column.stripped.filter(pl.Series(common)))
        if is_few and column.share(common) > 0.95
        else None
    )
    return Signature(usual, members, _bounds(column) if usual == {1} else (-np.inf, np.inf))


def _bounds(column: Column) -> tuple[float, float]:
    """Where the numbers of the column lie, the rarest aside, and half of that beyond."""
    known = column.numbers[~np.isnan(column.numbers)]
    if len(known) < LEAST_ROWS:
        return -np.inf, np.inf
    low, high = np.quantile(known, (0.005, 0.965))
    return float(low - 0.5 * (high - low)), float(high + 0.5 * (high - low))


def _fit(column: Column, classes: Classes, signature: Signature | None) -> NDArray[np.float64]:
    if signature is None:
        return np.zeros(column.n_rows)
    usual, members, (low, high) = signature
    good = np.isin(classes, list(usual))
    if members is not None:
        good &= column.stripped.is_in(pl.Series(sorted(members)).implode()).to_numpy()
    if np.isfinite(low):
        values = column.figures.values
        with np.errstate(invalid="ignore"):
            good &= np.isnan(values) | ((values >= low) & (values <= high))
    score = np.where(good, 1.0, -1.0)
    score[column.is_placeholder] = 0.0
    found = np.zeros(column.n_rows)
    filled = column.codes >= 0
    found[filled] = score[column.codes[filled]]
    return found


def _starts(
    fits: list[list[NDArray[np.float64]]], rows: NDArray[np.int64], move: int, table: Table
) -> Classes:
    """
    Per suspect row the column from which moving it back makes it fit, -1 = none does.

    Values from `start` on were moved by `move`: what belongs in column c stands in c + move.
    """
    n = len(fits)
    own = np.stack([fits[c][c][rows] for c in range(n)], axis=1)
    moved = np.zeros_like(own)
    for c in range(n):
        if 0 <= c + move < n:
            moved[:, c] = fits[c][c + move][rows]
    best = np.full(len(rows), -1)
    best_gain = np.zeros(len(rows))
    for start in range(n - 1):
        stop = n - 1 if move == 1 else n  # what was pushed out at the end cannot be judged
        here, there = own[:, start:], moved[:, start:stop]
        gain = there.sum(axis=1) - here.sum(axis=1)
        n_bad_before = (here < 0).sum(axis=1)
        n_bad_after = (there < 0).sum(axis=1)
        n_good_after = (there > 0).sum(axis=1)
        is_empty = _is_void(table, start if move == 1 else n - 1, rows)
        is_moved = (n_bad_before >= 2) & (n_good_after >= 2) & (gain >= 3) & (
            (n_bad_after == 0) | (n_bad_after * 5 <= n_good_after)
        )  # fmt: skip
        is_moved &= is_empty | (n_bad_before >= 3) | (gain >= 4)
        score = gain + is_empty * 0.5 - 0.01 * (n - start)
        better = is_moved & (score > best_gain)
        best[better], best_gain[better] = start, score[better]
    return best


def _is_void(table: Table, place: int, rows: NDArray[np.int64]) -> Mask:
    void: Mask = table.columns[place].codes[rows] < 0
    return void
