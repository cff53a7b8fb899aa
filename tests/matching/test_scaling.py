"""Odds are held to what sure pairs tell of the doubtful ones, and only where they tell enough."""

from __future__ import annotations

import numpy as np
import pytest

from cdptool.matching.scaling import AS_STATED, Scale, learned_scale, scaled, unscaled

SOME = Scale(np.array([-5.0, -2.0, 0.0, 2.0]), np.array([-5.0, -1.0, 0.5, 2.0]))


def sigmoid(odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-odds)))


def world(
    seed: int, sizes: tuple[int, ...], shift: float, n_people: int = 4_000
) -> tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """
    Pairs of people with so many records each, by how sure they are, and who is one.

    One person's pairs are sure but for a part, that is spread over all odds as the odds say; where these are between -4.4
    and the odds of .9, what is stated is off by `shift`.
    """
    chance = np.random.default_rng(seed)
    of = np.repeat(np.arange(n_people), chance.choice(sizes, n_people))
    who = chance.permutation(of)
    order = np.argsort(who, kind="stable")
    same = [
        (order[i], order[j])
        for distance in (1, 2, 3)
        for i, j in zip(range(len(order)), range(distance, len(order)), strict=False)
        if who[order[i]] == who[order[j]]
    ]
    one = np.array(same, dtype=np.int64).reshape(-1, 2)
    true = np.where(chance.random(len(one)) < 0.7, 7.0, chance.uniform(-7, 4, len(one)))
    doubtful = np.flatnonzero(true < 5)
    kept = doubtful[chance.random(len(doubtful)) < sigmoid(true[doubtful])]
    rows = np.concatenate([one[true > 5], one[kept]])
    odds = np.concatenate([true[true > 5], true[kept]])
    n_strange = len(doubtful)
    strange = chance.integers(0, len(who), (n_strange, 2))
    theirs = chance.uniform(-7, 4, n_strange)
    apart = (who[strange[:, 0]] != who[strange[:, 1]]) & (chance.random(n_strange) > sigmoid(theirs))
    rows, odds = np.concatenate([rows, strange[apart]]), np.concatenate([odds, theirs[apart]])
    is_same = who[rows[:, 0]] == who[rows[:, 1]]
    stated = np.where((odds > -4.4) & (odds < np.log(9)), odds - shift, odds)
    return len(who), rows[:, 0], rows[:, 1], stated, is_same


def off(stated: np.ndarray, is_same: np.ndarray) -> float:
    """How far the stated probabilities of doubtful pairs are from the truth, on the whole."""
    doubtful = np.abs(stated) < 2
    return float(sigmoid(stated[doubtful]).mean() - is_same[doubtful].mean())


@pytest.mark.parametrize("shift", [-1.0, 1.2])
@pytest.mark.parametrize("seed", range(3))
def test_odds_that_are_too_low_or_too_high_are_held_to_the_truth(seed: int, shift: float) -> None:
    n_records, left, right, stated, is_same = world(seed, (1, 2, 3, 4), shift)
    scale = learned_scale(n_records, left, right, stated)
    before, after = (abs(off(odds, is_same)) for odds in (stated, scaled(stated, scale)))
    assert before > 0.15
    assert after < 0.6 * before


def test_odds_that_are_right_stay_about_as_they_are() -> None:
    n_records, left, right, stated, is_same = world(5, (1, 2, 3, 4), 0.0)
    scale = learned_scale(n_records, left, right, stated)
    assert abs(off(scaled(stated, scale), is_same)) < 0.05


def test_where_nobody_has_three_records_the_odds_are_as_stated() -> None:
    n_records, left, right, stated, _ = world(6, (1, 2), 1.0)
    assert learned_scale(n_records, left, right, stated) is AS_STATED


@pytest.mark.parametrize("n_records", [0, 1, 5])
def test_without_pairs_the_odds_are_as_stated(n_records: int) -> None:
    none = np.zeros(0, dtype=np.int64)
    assert learned_scale(n_records, none, none, np.zeros(0)) is AS_STATED


def test_a_learned_scale_never_falls_and_ends_where_a_pair_joins() -> None:
    for seed in range(4):
        n_records, left, right, stated, _ = world(seed, (1, 2, 3, 4), 0.8, n_people=600)
        scale = learned_scale(n_records, left, right, stated)
        assert np.all(np.diff(scale.stated) > 0)
        assert np.all(np.diff(scale.found) >= 0)
        assert scale.stated[-1] == scale.found[-1] == np.log(9.0)
        assert scaled(np.array([2.3, 9.0, -8.0]), scale).tolist() == [2.3, 9.0, -8.0]


def test_order_of_the_odds_is_kept() -> None:
    odds = np.sort(np.random.default_rng(1).normal(0, 3, 500))
    assert np.all(np.diff(scaled(odds, SOME)) >= 0)


@pytest.mark.parametrize("probability", [0.5, 0.6, 0.75, 0.85, 0.9, 0.99])
def test_what_is_held_to_a_probability_leads_back_to_it(probability: float) -> None:
    stated = unscaled(probability, SOME)
    odds = np.array([np.log(stated / (1 - stated))])
    assert sigmoid(scaled(odds, SOME))[0] == pytest.approx(probability)
    assert unscaled(probability, AS_STATED) == probability
