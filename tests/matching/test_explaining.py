"""A waterfall adds up to what the model says, and its words fit the levels."""

from __future__ import annotations

import numpy as np
import pytest

from cdptool.matching import KINDS as ALL_KINDS
from cdptool.matching import match
from cdptool.matching.explaining import waterfall
from cdptool.matching.level_words import NEAR
from cdptool.matching.recapture import estimated_recall
from tests.matching.test_match import KINDS, world


@pytest.mark.parametrize("seed", range(3))
def test_the_lines_add_up_to_the_probability(seed: int) -> None:
    """Beside strangers and beside the nearest look-alikes; together with the other classes they give the odds."""
    texts, _ = world(seed, 400, 0.3)
    found = match(texts, KINDS)
    left, right = found.candidates[:2]
    odds = found.model.log_odds(left, right)
    for place in np.random.default_rng(seed).choice(len(left), 40, replace=False):
        told = waterfall(found.model, int(left[place]), int(right[place]))
        shares = dict(told.classes)
        assert told.probability == pytest.approx(1 / (1 + np.exp(-odds[place])))
        assert shares["same person"] == pytest.approx(told.probability, abs=1e-9)
        if 1e-6 < told.probability < 1 - 1e-6:
            beside = np.log2(shares["same person"] / shares["strangers"])
            assert told.total == pytest.approx(beside, abs=1e-6)
            assert told.total_alike == pytest.approx(
                np.log2(shares["same person"] / shares[told.nearest]), abs=1e-6
            )


def test_every_near_level_of_every_kind_has_words() -> None:
    for name, kind in ALL_KINDS.items():
        assert len(NEAR.get(name, ())) == len(kind.near), name


def test_what_every_key_caught_is_complete_and_what_single_keys_caught_hints_at_more() -> None:
    texts, _ = world(5, 500, 0.4)
    found = match(texts, KINDS)
    sure = found.log_odds > 0
    left, right = found.candidates.left[sure], found.candidates.right[sure]
    ones = np.ones(len(left))
    same_key = ("email", "email")
    shared = texts["email"].to_numpy()
    agree = np.array(
        [shared[a] is not None and shared[a] == shared[b] for a, b in zip(left, right, strict=True)]
    )
    whole = estimated_recall(found.model.comparisons, same_key, left[agree], right[agree], ones[agree])
    assert whole == 1.0
    some = estimated_recall(found.model.comparisons, ("email", "phone"), left, right, ones)
    assert some is not None and 0.3 < some < 1
    assert estimated_recall(found.model.comparisons, ("email", "what"), left, right, ones) is None
