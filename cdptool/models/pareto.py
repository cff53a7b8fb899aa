"""
Pareto/NBD: people buy at a rate of their own and leave at a rate of their own, at any moment.

Rates to buy are gamma(r, alpha), rates to leave gamma(s, beta). The likelihood holds an integral over the moment at
which somebody left, usually written with 2F1, which overflows for frequent buyers. Here the integral itself is taken:
over y = log of time since a moment before the first purchase its integrand falls off like an exponential, so a few
dozen Gauss–Legendre points give it to the last digits, in logarithms, with the gradient from the same points.

Source: Schmittlein, Morrison & Colombo (1987); Fader & Hardie, "A Note on Deriving the Pareto/NBD Model" (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from cdptool.models.fitting import Fit, Part, Unfit, maximise
from cdptool.models.histories import Distinct, Numbers, thinned

NAMES = ("r", "alpha", "s", "beta")
_POINTS: Final = np.polynomial.legendre.leggauss(40)
_FALL: Final = 42.0  # the integrand is followed until it is e^-42 of what it was
_ROWS: Final = 20_000  # at a time, which bounds memory


class _Left(NamedTuple):
    """Of each history: the log of the integral, and the means of what the gradient asks for under its integrand."""

    log: Numbers
    log_buying: Numbers  # log(alpha + t)
    log_leaving: Numbers  # log(beta + t)
    one_buying: Numbers  # 1 / (alpha + t)
    one_leaving: Numbers  # 1 / (beta + t)


@dataclass(frozen=True, slots=True)
class Pareto:
    """The model."""

    def fit(self, data: Distinct) -> Fit | Unfit:
        """The most likely r, alpha, s, beta; alpha and beta in the unit of the times."""
        scale = float(data.age.max())
        scaled = data._replace(recency=data.recency / scale, age=data.age / scale)
        rate = float((data.n @ data.frequency) / (data.n @ scaled.age))
        starts = [(0.5, 0.5 / max(rate, 1e-3), 0.5, 0.5), (1.0, 1.0, 1.0, 1.0), (0.5, 0.1, 0.3, 2.0)]
        few = thinned(scaled)
        part = Part(lambda each: self.likelihood(few, each), float(few.n.sum())) if few else None
        n = float(data.n.sum())
        found = maximise(lambda each: self.likelihood(scaled, each), starts, n, part=part)
        if isinstance(found, Unfit):
            return found
        r, alpha, s, beta = found.parameters
        level = found.log_likelihood - float(data.n @ data.frequency * np.log(scale))
        return Fit((r, alpha * scale, s, beta * scale), level, found.is_flat)

    def likelihood(self, data: Distinct, parameters: Numbers) -> tuple[float, Numbers]:
        """The log-likelihood of the histories, and its gradient by r, alpha, s, beta."""
        parts = [
            self._likelihood(Distinct(*(each[i : i + _ROWS] for each in data)), parameters)
            for i in range(0, len(data.age), _ROWS)
        ]
        return float(sum(value for value, _ in parts)), np.sum([gradient for _, gradient in parts], axis=0)

    def _likelihood(self, data: Distinct, parameters: Numbers) -> tuple[float, Numbers]:
        from scipy.special import gammaln, psi

        r, alpha, s, beta = parameters
        shape, weight, n = r + data.frequency, data.n, data.n.sum()
        buying, leaving = alpha + data.age, beta + data.age
        log_buying, log_leaving = np.log(buying), np.log(leaving)
        stays = -shape * log_buying - s * log_leaving
        left = _integral(data, parameters)
        goes = np.log(s) + left.log
        both = np.logaddexp(stays, goes)
        gone, here = np.exp(goes - both), np.exp(stays - both)
        value = weight @ (gammaln(shape) + both) + n * (r * np.log(alpha) + s * np.log(beta) - gammaln(r))
        by_r = weight @ (psi(shape) - here * log_buying - gone * left.log_buying) + n * (
            np.log(alpha) - psi(r)
        )
        by_alpha = n * r / alpha - weight @ (shape * (here / buying + gone * left.one_buying))
        by_s = n * np.log(beta) + weight @ (gone / s - here * log_leaving - gone * left.log_leaving)
        by_beta = n * s / beta - weight @ (here * s / leaving + gone * (s + 1) * left.one_leaving)
        return float(value), np.array([by_r, by_alpha, by_s, by_beta])

    def alive(self, parameters: tuple[float, ...], data: Distinct) -> Numbers:
        """The probability that somebody with such a history has not left."""
        r, alpha, s, beta = parameters
        stays = -(r + data.frequency) * np.log(alpha + data.age) - s * np.log(beta + data.age)
        parts = [
            _integral(Distinct(*(each[i : i + _ROWS] for each in data)), np.array(parameters)).log
            for i in range(0, len(data.age), _ROWS)
        ]
        goes = np.log(s) + np.concatenate(parts) if parts else stays
        return np.exp(stays - np.logaddexp(stays, goes))

    def expected(self, parameters: tuple[float, ...], data: Distinct, horizon: float) -> Numbers:
        """How many purchases to expect in the time after now."""
        r, alpha, s, beta = parameters
        stretch = np.log1p(horizon / (beta + data.age))
        exponent = (s - 1) * stretch
        nought = np.abs(exponent) < 1e-12  # at s = 1 the mean grows with the logarithm of time
        grown = np.where(nought, 1.0, -np.expm1(-exponent) / np.where(nought, 1.0, exponent))
        rate = (r + data.frequency) / (alpha + data.age)
        return rate * (beta + data.age) * stretch * grown * self.alive(parameters, data)


def _integral(data: Distinct, parameters: Numbers) -> _Left:
    """
    The integral of (alpha + t)^-(r + x) (beta + t)^-(s + 1) from the last purchase to now, with means under it.

    The smaller of alpha and beta shifts the logarithm: the other factor is then smooth at the scale of 1.
    """
    r, alpha, s, beta = parameters
    shape = r + data.frequency
    low, gap = min(alpha, beta), abs(alpha - beta)
    first = low + data.recency
    with np.errstate(over="ignore"):
        # Where one factor alone has fallen far enough: frequent buyers leave soon after, or not at all.
        enough = (alpha + data.recency) * np.exp(np.minimum(_FALL / shape, 300.0)) - alpha
        leaving = (beta + data.recency) * np.exp(min(_FALL / (s + 1), 300.0)) - beta
    last = low + np.minimum(data.age, np.minimum(enough, leaving))
    span = np.log(last) - np.log(first)
    points, weights = (_POINTS[0] + 1) / 2, _POINTS[1] / 2
    low_at = first[:, None] * np.exp(span[:, None] * points)
    high_at = low_at + gap
    log_low = np.log(first)[:, None] + span[:, None] * points
    log_high = np.log(high_at)
    of_alpha = (low_at, log_low) if alpha <= beta else (high_at, log_high)
    of_beta = (high_at, log_high) if alpha <= beta else (low_at, log_low)
    inside = -shape[:, None] * of_alpha[1] - (s + 1) * of_beta[1] + log_low
    top = inside[:, :1]  # only of who came once it may rise, by no more than the log of now over then
    density = np.exp(inside - top) * weights
    total = density.sum(axis=1)
    share = density / np.where(total > 0, total, 1.0)[:, None]
    with np.errstate(divide="ignore"):
        log = top[:, 0] + np.log(total) + np.log(span)
    return _Left(
        log,
        (share * of_alpha[1]).sum(axis=1),
        (share * of_beta[1]).sum(axis=1),
        (share / of_alpha[0]).sum(axis=1),
        (share / of_beta[0]).sum(axis=1),
    )
