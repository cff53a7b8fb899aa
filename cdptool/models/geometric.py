"""
BG/NBD and MBG/NBD: people buy at a rate of their own until, after some purchase, they are gone for good.

Rates are gamma(r, alpha) over people; after each purchase somebody leaves with a chance that is beta(a, b) over
people. In the modified model the first purchase is such a moment, too, so that who never came back may be gone.
Both are one formula here: they differ in the number of moments at which somebody could have left.

Sources: Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way; Batislam, Denizel & Filiztekin (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdptool.models.fitting import Fit, Part, Unfit, maximise
from cdptool.models.histories import Distinct, Numbers, thinned

NAMES = ("r", "alpha", "a", "b")
_NODES = 32
_ROWS = 50_000  # at a time, which bounds memory


@dataclass(frozen=True, slots=True)
class Geometric:
    """The model; `modified` is MBG/NBD."""

    modified: bool = False

    def fit(self, data: Distinct) -> Fit | Unfit:
        """The most likely r, alpha, a, b; alpha in the unit of the times."""
        scale = float(data.age.max())  # alpha is then near 1, as the others are
        scaled = data._replace(recency=data.recency / scale, age=data.age / scale)
        rate = float((data.n @ data.frequency) / (data.n @ scaled.age))
        starts = [(0.5, 0.5 / max(rate, 1e-3), 0.7, 2.0), (1.0, 1.0, 1.0, 1.0), (0.2, 0.1, 0.2, 1.0)]
        n = float(data.n.sum())
        few = thinned(scaled)
        part = Part(_Prepared(self, few).likelihood, float(few.n.sum())) if few else None
        found = maximise(_Prepared(self, scaled).likelihood, starts, n, part=part)
        if isinstance(found, Unfit):
            return found
        r, alpha, a, b = found.parameters
        # The density of the times is per unit of time: each purchase counts the scale once.
        level = found.log_likelihood - float(data.n @ data.frequency * np.log(scale))
        return Fit((r, alpha * scale, a, b), level, found.is_flat)

    def likelihood(self, data: Distinct, parameters: Numbers) -> tuple[float, Numbers]:
        """The log-likelihood of the histories, and its gradient by r, alpha, a, b."""
        return _Prepared(self, data).likelihood(parameters)

    def alive(self, parameters: tuple[float, ...], data: Distinct) -> Numbers:
        """The probability that somebody with such a history will still buy."""
        r, alpha, a, b = parameters
        chances = self._chances(data.frequency)
        left = np.where(chances > 0, a / (b + np.maximum(chances, 1) - 1), 0.0)
        with np.errstate(over="ignore"):
            odds = left * np.exp(
                (r + data.frequency) * (np.log(alpha + data.age) - np.log(alpha + data.recency))
            )
        result: Numbers = 1 / (1 + odds)
        return result

    def expected(self, parameters: tuple[float, ...], data: Distinct, horizon: float) -> Numbers:
        """
        How many purchases to expect in the time after now.

        Of who is still there the rate is gamma(r + x, alpha + T) and the chance to leave beta(a, b + moments). Given
        both, (1 - exp(-rate · chance · horizon)) / chance purchases come; the mean over the rate is closed, the one
        over the chance is a Gauss–Jacobi sum. Nothing is singular at a = 1, unlike the form with 2F1.
        """
        r, alpha, a, b = parameters
        frequencies, which = np.unique(data.frequency, return_inverse=True)
        result = np.empty_like(data.age)
        for i, x in enumerate(frequencies):
            chance, weight = _beta_nodes(a, b + float(self._chances(x)))
            whole = np.flatnonzero(which == i)
            for begin in range(0, len(whole), _ROWS):
                rows = whole[begin : begin + _ROWS]
                growth = np.log1p(np.outer(horizon / (alpha + data.age[rows]), chance))
                result[rows] = (-np.expm1(-(r + x) * growth) / chance) @ weight
        return result * self.alive(parameters, data)

    def _chances(self, frequency: Numbers) -> Numbers:
        """At how many purchases somebody could have left and did not."""
        return frequency + 1.0 if self.modified else frequency


class _Prepared:
    """
    The likelihood over fixed histories, with what does not change from call to call done once.

    Gamma functions are needed for each distinct frequency only; of single histories two logarithms remain.
    """

    def __init__(self, model: Geometric, data: Distinct) -> None:
        self.data = data
        self.frequencies, self.which = np.unique(data.frequency, return_inverse=True)
        self.per_frequency = np.bincount(self.which, weights=data.n)
        self.chances = model._chances(self.frequencies)
        self.could_leave = self.chances > 0

    def likelihood(self, parameters: Numbers) -> tuple[float, Numbers]:
        from scipy.special import betaln, gammaln, psi

        r, alpha, a, b = parameters
        x, m, n = self.frequencies, self.chances, self.per_frequency
        by_frequency = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + m) - betaln(a, b)
        left = b + np.where(self.could_leave, m, 1.0) - 1
        log_left = np.where(self.could_leave, np.log(a) - np.log(left), -np.inf)

        shape = r + x[self.which]
        age, recency = alpha + self.data.age, alpha + self.data.recency
        log_age = np.log(age)
        stretch = log_age - np.log(recency)
        gone = log_left[self.which] + shape * stretch
        # log(1 + e^gone) and its slope, from one exponential that cannot overflow
        small = np.exp(-np.abs(gone))
        softened = np.maximum(gone, 0.0) + np.log1p(small)
        share = np.where(gone >= 0, 1.0, small) / (1.0 + small)

        weight = self.data.n
        value = n @ by_frequency + weight @ (softened - shape * log_age)
        gone_weight = weight * share
        by_gone = np.bincount(self.which, weights=gone_weight, minlength=len(x))
        by_r = n @ (psi(r + x) - psi(r) + np.log(alpha)) - weight @ log_age + gone_weight @ stretch
        by_alpha = (
            n.sum() * r / alpha - weight @ (shape / age) + gone_weight @ (shape * (1 / age - 1 / recency))
        )
        common = psi(a + b) - psi(a + b + m)
        by_a = n @ common + by_gone.sum() / a
        by_b = n @ (common + psi(b + m) - psi(b)) - by_gone @ (1 / left)
        return float(value), np.array([by_r, by_alpha, by_a, by_b])


def _beta_nodes(a: float, b: float) -> tuple[Numbers, Numbers]:
    """
    Points in (0, 1) and weights that give means over a beta distribution (Golub & Welsch 1969).

    From the recurrence of its polynomials, which overflows for no a or b, as the moments themselves would.

    >>> nodes, weights = _beta_nodes(2.0, 3.0)
    >>> round(float(nodes @ weights), 12), round(float(nodes**2 @ weights), 12)
    (0.4, 0.2)
    """
    k = np.arange(1, _NODES, dtype=float)
    total = a + b - 2
    twice = 2 * k + total
    middle = np.concatenate([[(a - b) / (a + b)], ((a - 1) ** 2 - (b - 1) ** 2) / (twice * (twice + 2))])
    with np.errstate(invalid="ignore", divide="ignore"):
        beside = 4 * k * (k + a - 1) * (k + b - 1) * (k + total) / (twice**2 * (twice + 1) * (twice - 1))
    beside[0] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))  # (k + total) and (twice - 1) are one there
    matrix = np.diag(middle) + np.diag(np.sqrt(beside), 1) + np.diag(np.sqrt(beside), -1)
    points, vectors = np.linalg.eigh(matrix)
    return np.clip((points + 1) / 2, 1e-15, 1.0), vectors[0] ** 2
