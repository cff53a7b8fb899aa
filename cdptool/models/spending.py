"""
Gamma–Gamma: what somebody spends on a day with orders varies about a mean of their own, and the means vary too.

Days are gamma(p, nu) within a person, nu is gamma(q, v) over people. Who bought once tells nothing of how much a
person's days vary, so the fit is over those who came back; their first day is left out, as in the published treatment.

Source: Fader & Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).
"""

from __future__ import annotations

import numpy as np

from cdptool.models.fitting import Fit, Unfit, maximise
from cdptool.models.histories import Numbers

NAMES = ("p", "q", "v")


def fit_spending(frequency: Numbers, mean: Numbers) -> Fit | Unfit:
    """
    The most likely p, q, v; v in the unit of the values.

    Args:
        frequency: How many days each mean is of (> 0).
        mean: The mean value of these days (> 0), sorted with them.
    """
    scale = float(mean.mean())
    starts = [(2.0, 2.0, 1.0), (6.0, 4.0, 0.5), (1.0, 1.5, 1.0)]
    prepared = _Prepared(frequency, mean / scale)
    found = maximise(prepared.likelihood, starts, float(len(mean)))
    if isinstance(found, Unfit):
        return found
    p, q, v = found.parameters
    if q <= 1:
        return Unfit("values are spread so widely that their mean is not bounded (q <= 1)")
    level = found.log_likelihood - len(mean) * float(np.log(scale))
    return Fit((p, q, v * scale), level, found.is_flat)


def likelihood(frequency: Numbers, mean: Numbers, parameters: Numbers) -> tuple[float, Numbers]:
    """The log-likelihood of the means, and its gradient by p, q, v."""
    return _Prepared(frequency, mean).likelihood(parameters)


class _Prepared:
    """The likelihood over fixed means: gamma functions once per frequency, of single means one logarithm."""

    def __init__(self, frequency: Numbers, mean: Numbers) -> None:
        self.frequencies, counts = np.unique(frequency, return_counts=True)
        self.frequency, self.total, self.n = frequency, frequency * mean, counts.astype(float)
        self.sum_log_total = float(frequency @ np.log(self.total))
        self.sum_log_mean = float(np.log(mean).sum())

    def likelihood(self, parameters: Numbers) -> tuple[float, Numbers]:
        from scipy.special import gammaln, psi

        p, q, v = parameters
        whole, n = p * self.frequencies, self.n
        plus = self.total + v
        log_plus = np.log(plus)
        by_row = p * self.frequency + q
        value = (
            n @ (gammaln(whole + q) - gammaln(whole)) + n.sum() * (q * np.log(v) - gammaln(q))
            + p * self.sum_log_total - self.sum_log_mean - by_row @ log_plus
        )  # fmt: skip
        risen = psi(whole + q)
        by_p = (n * self.frequencies) @ (risen - psi(whole)) + self.sum_log_total - self.frequency @ log_plus
        by_q = n @ risen + n.sum() * (np.log(v) - psi(q)) - log_plus.sum()
        by_v = n.sum() * q / v - (by_row / plus).sum()
        return float(value), np.array([by_p, by_q, by_v])


def expected_value(parameters: tuple[float, ...], frequency: Numbers, mean: Numbers) -> Numbers:
    """
    What a future day with orders is worth: the own mean, drawn to that of all the more, the fewer days there are.

    >>> expected_value((6.25, 3.74, 15.44), np.array([0.0, 1.0]), np.array([0.0, 100.0])).round(2).tolist()
    [35.22, 80.26]
    """
    p, q, v = parameters
    result: Numbers = p * (v + frequency * mean) / (p * frequency + q - 1)
    return result
