"""Likelihoods: gradients against differences, integrals against quadrature, made-up customers found again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cdptool.models import spending
from cdptool.models.fitting import Fit
from cdptool.models.geometric import Geometric
from cdptool.models.histories import Distinct, Numbers
from cdptool.models.pareto import Pareto
from tests.frames import ROUNDS
from tests.models.histories import distinct_of, geometric_world, pareto_world

pytest.importorskip("scipy")
EDGES = distinct_of(
    [
        (0, 0, 1),
        (0, 0, 300),
        (1, 0.1, 0.1),
        (1, 50, 50),
        (3, 2, 80),
        (400, 90, 91),
        (5000, 99, 99),
        (2, 1e-3, 1e3),
    ]
)
MODELS = (Geometric(), Geometric(modified=True), Pareto())


def differences(likelihood: Callable[[Numbers], tuple[float, Numbers]], at: Numbers) -> Numbers:
    """The gradient by going a little both ways."""
    found = []
    for i in range(len(at)):
        step = np.zeros_like(at)
        step[i] = 1e-5 * at[i]
        found.append((likelihood(at + step)[0] - likelihood(at - step)[0]) / (2 * step[i]))
    return np.array(found)


@pytest.mark.parametrize("model", MODELS, ids=["bg", "mbg", "pareto"])
@pytest.mark.parametrize("seed", range(20))
def test_gradients_are_those_of_the_likelihood(model: Geometric | Pareto, seed: int) -> None:
    at = np.exp(np.random.default_rng(seed).uniform(-2, 2, 4))
    value, gradient = model.likelihood(EDGES, at)
    assert np.isfinite(value)
    expected = differences(lambda each: model.likelihood(EDGES, each), at)
    assert gradient == pytest.approx(expected, rel=1e-4, abs=1e-5 * abs(value))


def test_the_gradient_of_spending_is_that_of_its_likelihood() -> None:
    frequency, mean = np.array([1.0, 2.0, 50.0]), np.array([0.3, 8.0, 2.0])
    for seed in range(20):
        at = np.exp(np.random.default_rng(seed).uniform(-2, 2, 3))
        _, gradient = spending.likelihood(frequency, mean, at)
        expected = differences(lambda each: spending.likelihood(frequency, mean, each), at)
        assert gradient == pytest.approx(expected, rel=1e-5, abs=1e-6)


def stays_and_leaves(parameters: Numbers, x: float, recency: float, age: float) -> tuple[float, float]:
    """Fader & Hardie's closed form, which loses digits for frequent buyers: of who is still there, and who is not."""
    from scipy.special import hyp2f1

    r, alpha, s, beta = parameters
    high, low, second = max(alpha, beta), min(alpha, beta), (s + 1 if alpha >= beta else r + x)

    def part(at: float) -> float:
        z = (high - low) / (high + at)
        return float(hyp2f1(r + s + x, second, r + s + x + 1, z) / (high + at) ** (r + s + x))

    left = s / (r + s + x) * (part(recency) - part(age))
    return float((alpha + age) ** -(r + x) * (beta + age) ** -s), left


def test_pareto_agrees_with_the_form_with_2f1() -> None:
    from scipy.special import gammaln

    chance = np.random.default_rng(7)
    for _ in range(200 * ROUNDS):
        at = np.exp(chance.uniform(-1.5, 2.5, 4))
        r, alpha, s, beta = at
        x, age = float(chance.integers(0, 12)), float(chance.uniform(5, 60))
        recency = age * chance.uniform(0.1, 0.9) if x else 0.0
        stays, left = stays_and_leaves(at, x, recency, age)
        level = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(stays + left)
        ours, _ = Pareto().likelihood(distinct_of([(x, recency, age)]), at)
        assert ours == pytest.approx(level, rel=1e-7, abs=1e-7)
        alive = Pareto().alive(tuple(at), distinct_of([(x, recency, age)]))
        assert alive[0] == pytest.approx(stays / (stays + left), rel=1e-6)


def test_expected_purchases_agree_with_the_form_with_2f1() -> None:
    from scipy.special import hyp2f1

    chance = np.random.default_rng(8)
    for _ in range(200):
        r, alpha, a, b = np.exp(chance.uniform(-1, 1.5, 4))
        x, age, horizon = (
            float(chance.integers(1, 15)),
            float(chance.uniform(5, 60)),
            float(chance.uniform(1, 60)),
        )
        data = distinct_of([(x, age * 0.7, age)])
        z = horizon / (alpha + age + horizon)
        grown = ((alpha + age) / (alpha + age + horizon)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
        expected = (a + b + x - 1) / (a - 1) * (1 - grown) * Geometric().alive((r, alpha, a, b), data)[0]
        found = Geometric().expected((r, alpha, a, b), data, horizon)[0]
        assert found == pytest.approx(expected, rel=1e-6)


def test_expected_purchases_pass_smoothly_where_the_closed_forms_divide_by_nought() -> None:
    data = distinct_of([(3, 10, 20)])
    for model, at in ((Geometric(), 2), (Pareto(), 2)):
        near = [
            model.expected((0.5, 5.0, *((one, 2.0) if at == 2 else (2.0, one))), data, 30)[0]
            for one in (1 - 1e-7, 1.0, 1 + 1e-7)
        ]
        assert near[1] == pytest.approx(near[0], rel=1e-5) == pytest.approx(near[2], rel=1e-5)


@pytest.mark.parametrize("horizon", [10.0, 40.0])
def test_who_was_made_up_buys_as_often_as_expected(horizon: float) -> None:
    """By playing on: the mean of what Pareto customers do next is what the model expects of their histories."""
    parameters = (0.8, 8.0, 0.7, 12.0)
    data = pareto_world(60_000, *parameters, seed=3)
    chance = np.random.default_rng(3)
    rate, leaving = chance.gamma(0.8, 1 / 8.0, 60_000), chance.gamma(0.7, 1 / 12.0, 60_000)
    age = chance.uniform(20, 60, 60_000)
    until = chance.exponential(1 / leaving)  # the same draws as in the world
    came = rate * np.clip(until - age, 0, horizon)
    assert Pareto().expected(parameters, data, horizon).sum() == pytest.approx(came.sum(), rel=0.03)


@pytest.mark.parametrize("modified", [False, True])
def test_made_up_customers_are_found_again(modified: bool) -> None:
    real = (0.6, 6.0, 0.9, 2.5)
    data = geometric_world(20_000, real, 5, modified=modified)
    fit = Geometric(modified=modified).fit(data)
    assert isinstance(fit, Fit)
    assert fit.parameters == pytest.approx(real, rel=0.15)
    assert fit.log_likelihood >= Geometric(modified=modified).likelihood(data, np.array(real))[0]


def test_made_up_pareto_customers_are_found_again() -> None:
    real = (0.8, 8.0, 0.7, 12.0)
    data = pareto_world(20_000, *real, seed=9)
    fit = Pareto().fit(data)
    assert isinstance(fit, Fit)
    assert fit.parameters == pytest.approx(real, rel=0.25)
    assert fit.log_likelihood >= Pareto().likelihood(data, np.array(real))[0]


def test_made_up_spending_is_found_again() -> None:
    chance = np.random.default_rng(4)
    p, q, v = 6.0, 4.0, 15.0
    frequency = chance.integers(1, 8, 20_000).astype(float)
    rate = chance.gamma(q, 1 / v, 20_000)
    mean = chance.gamma(p * frequency, 1 / (rate * frequency))
    fit = spending.fit_spending(frequency, mean)
    assert isinstance(fit, Fit)
    assert fit.parameters == pytest.approx((p, q, v), rel=0.1)


@pytest.mark.parametrize("model", MODELS, ids=["bg", "mbg", "pareto"])
def test_the_unit_of_time_changes_no_answer(model: Geometric | Pareto) -> None:
    weeks = pareto_world(3_000, 0.8, 8.0, 0.7, 12.0, seed=1)
    days = weeks._replace(recency=weeks.recency * 7, age=weeks.age * 7)
    one, two = model.fit(weeks), model.fit(days)
    assert isinstance(one, Fit)
    assert isinstance(two, Fit)
    per_week, per_day = (
        model.expected(fit.parameters, data, horizon)
        for fit, data, horizon in ((one, weeks, 10.0), (two, days, 70.0))
    )
    assert per_week == pytest.approx(per_day, rel=1e-4, abs=1e-6)


def test_equal_histories_weigh_as_many_as_they_are() -> None:
    few = Distinct(np.array([0.0, 2.0]), np.array([0.0, 5.0]), np.array([9.0, 9.0]), np.array([3.0, 2.0]))
    many = distinct_of([(0, 0, 9)] * 3 + [(2, 5, 9)] * 2)
    at = np.array([0.5, 4.0, 0.8, 2.0])
    for model in MODELS:
        assert model.likelihood(few, at)[0] == pytest.approx(model.likelihood(many, at)[0], rel=1e-12)
