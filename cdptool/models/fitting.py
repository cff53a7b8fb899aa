"""
The parameters that make the data most likely: quasi-Newton on logarithms, with the model's own gradient.

All parameters of these models are positive, so their logarithms are free. Where customers hardly differ the likelihood
is flat, and parameters run off together to where every further step changes no answer. A pull so weak that it shows
nowhere else stops them there, and the fit says so. One that does not settle at all is refused: numbers that look like
parameters and are none do more harm than no numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from cdptool.models.histories import Numbers

# Gives the log-likelihood at some parameters, and its gradient by the parameters themselves.
Likelihood = Callable[[Numbers], tuple[float, Numbers]]

_RIM: Final = 16.0  # |log parameter|: the likelihood still rises here, so it has no maximum
_FAR: Final = 6.0  # beyond, the parameter says little: it could as well be greater still
_PULL: Final = 1e-8  # of one profile: moves the parameters of CDNOW in the sixth digit
_SLACK: Final = 1e-7  # largest gradient, per profile, at which a fit is settled


class Fit(NamedTuple):
    """Parameters in the order of the model, and the log-likelihood there."""

    parameters: tuple[float, ...]
    log_likelihood: float
    is_flat: bool = False  # some ran off: what is expected of people holds, the parameters say nothing


class Part(NamedTuple):
    """A likelihood, and of how many profiles it speaks."""

    likelihood: Likelihood
    n: float


class _Found(NamedTuple):
    """Where a search settled: the logarithms of the parameters, and the inverse of the curvature there."""

    logs: Numbers
    curvature: Numbers


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why there is no fit, in words."""

    reason: str


def maximise(
    likelihood: Likelihood, starts: Sequence[Sequence[float]], n: float, *, part: Part | None = None
) -> Fit | Unfit:
    """
    The parameters at which a likelihood is greatest.

    Args:
        likelihood: Log-likelihood and gradient, by positive parameters.
        starts: Where to begin; the next one only where the one before does not settle.
        n: How many profiles the likelihood speaks of; figures are compared per profile.
        part: The same of some of the profiles: where these settle the search over all of them begins, knowing the
            curvature too, so that a few steps are enough.

    Returns:
        The fit, or why there is none.
    """
    whole = Part(likelihood, n)
    for start in starts:
        near = _search(part, np.log(start), None) if part else None
        found = _search(whole, near.logs, near.curvature) if near else _search(whole, np.log(start), None)
        if found is None or np.abs(found.logs).max() > _RIM:
            continue
        parameters = np.exp(found.logs)
        is_flat = bool(np.abs(found.logs).max() > _FAR)
        return Fit(tuple(float(each) for each in parameters), likelihood(parameters)[0], is_flat)
    return Unfit("the likelihood has no maximum that the search could find")


def _search(part: Part, start: Numbers, curvature: Numbers | None) -> _Found | None:
    """Quasi-Newton from one start; None where it does not settle."""
    from scipy.optimize import minimize

    def cost(logs: Numbers) -> tuple[float, Numbers]:
        if np.abs(logs).max() > 2 * _RIM:
            return np.inf, np.zeros_like(logs)
        parameters = np.exp(logs)
        value, gradient = part.likelihood(parameters)
        pull = _PULL * float(logs @ logs)
        return pull - value / part.n, 2 * _PULL * logs - gradient * parameters / part.n

    options = {"gtol": _SLACK} if curvature is None else {"gtol": _SLACK, "hess_inv0": curvature}
    with np.errstate(all="ignore"):
        found = minimize(cost, start, jac=True, method="BFGS", options=options)
    if not np.isfinite(found.fun) or np.abs(found.jac).max() > 100 * _SLACK:
        return None
    return _Found(found.x, (found.hess_inv + found.hess_inv.T) / 2)
