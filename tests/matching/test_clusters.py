"""Components are cut all at once as a slow one-by-one version cuts them."""

from itertools import combinations

import numpy as np
import pytest

from cdptool.matching.clusters import LEAST_MEAN, clusters

TRIGGER = float(np.log(9))


def joined_slowly(n: int, weight: dict[tuple[int, int], float]) -> set[frozenset[int]]:
    """Join the two groups with the best mean score, while one pair between them is sure and the mean is for it."""
    groups = [frozenset({k}) for k in range(n)]
    while True:
        best = (LEAST_MEAN, None, None)
        for one, other in combinations(groups, 2):
            scores = [np.clip(weight[min(a, b), max(a, b)], -8, 8) for a in one for b in other]
            if max(scores) >= TRIGGER and np.mean(scores) > best[0] + 1e-9:
                best = (float(np.mean(scores)), one, other)
        if best[1] is None or best[2] is None:
            return set(groups)
        groups = [group for group in groups if group not in best[1:]] + [best[1] | best[2]]


@pytest.mark.parametrize("seed", range(30))
def test_clusters_are_those_of_a_slow_version(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n = int(chance.integers(2, 14))
    pairs = list(combinations(range(n), 2))
    weight = dict(zip(pairs, chance.normal(-0.5, 4, len(pairs)).tolist(), strict=True))

    def weigh(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.array([weight[min(a, b), max(a, b)] for a, b in zip(left, right, strict=True)])

    left, right = (np.array(side) for side in zip(*pairs, strict=True))
    found = clusters(n, left, right, np.array(list(weight.values())), weigh, 0.9)
    expected = joined_slowly(n, weight)
    assert {frozenset(np.flatnonzero(found == name).tolist()) for name in np.unique(found)} == expected
