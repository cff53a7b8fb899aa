"""
Logistic regression with a small penalty, by Newton's method, and how well its answers rank and are calibrated.

The penalty keeps weights bounded where a column tells the two sides apart without exception, and makes the answer one
and the same for columns that say the same thing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdptool.models.histories import Numbers

_PENALTY: Final = 1.0  # as one made-up row with each column at nought and at one, of either side
_STEPS: Final = 50


def fit_logistic(columns: Numbers, is_true: NDArray[np.bool_]) -> Numbers:
    """
    The weights of the columns, the constant first.

    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> weights = fit_logistic(x, np.array([False, False, True, True]))
    >>> [round(float(each), 1) for each in answers(x, weights)]
    [0.2, 0.4, 0.6, 0.8]
    """
    design = _with_constant(columns)
    penalty = np.full(design.shape[1], _PENALTY)
    penalty[0] = 1e-9
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -35, 35)))
        slope = design.T @ (is_true - chance) - penalty * weights
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        size = float(np.abs(step).max())
        weights = weights + step * min(1.0, 4.0 / max(size, 1e-12))
        if size < 1e-10:
            break
    return weights


def answers(columns: Numbers, weights: Numbers) -> Numbers:
    """The probability of each row."""
    result: Numbers = 1 / (1 + np.exp(-np.clip(_with_constant(columns) @ weights, -35, 35)))
    return result


def ranking(scores: Numbers, is_true: NDArray[np.bool_]) -> float:
    """
    How often one of the true ranks above one of the others (0.5 is chance); ties count half.

    >>> ranking(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - (counts - 1) / 2)[which]
    n_true = int(is_true.sum())
    n_other = len(scores) - n_true
    if not n_true or not n_other:
        return float("nan")
    return float((rank[is_true].sum() - n_true * (n_true + 1) / 2) / (n_true * n_other))


def _with_constant(columns: Numbers) -> Numbers:
    return np.column_stack([np.ones(len(columns)), columns])
