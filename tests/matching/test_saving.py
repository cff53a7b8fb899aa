"""A fitted model goes into tables and comes back as it was."""

from __future__ import annotations

import numpy as np

from cdptool.matching import match
from cdptool.matching.saving import kept_keys, loaded, saved, together
from tests.matching.test_match import KINDS, world


def test_a_saved_model_weighs_every_pair_as_before() -> None:
    texts, _ = world(3, 400, 0.3)
    found = match(texts, KINDS)
    tables = together(
        [saved("likely", found.model, found.candidates), saved("x", found.model, found.candidates)]
    )
    again = loaded("likely", tables, found.model.comparisons)
    assert again is not None
    left, right = found.candidates[:2]
    assert np.array_equal(again.log_odds(left, right), found.model.log_odds(left, right))
    assert kept_keys("likely", tables) == (found.candidates.keys, found.candidates.too_large)


def test_a_model_of_other_fields_is_not_used() -> None:
    texts, _ = world(3, 400, 0.3)
    found = match(texts, KINDS)
    tables = saved("likely", found.model, found.candidates)
    assert loaded("likely", tables, found.model.comparisons[1:]) is None
    assert loaded("other", tables, found.model.comparisons) is None
