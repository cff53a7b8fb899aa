"""Ages that two records state of one person."""

from __future__ import annotations

import numpy as np
import polars as pl

from cdptool.matching.ages import age_texts, ages, near_ages
from cdptool.matching.values import encoded


def test_ages_are_near_by_years_and_the_screen_lets_all_of_these_through() -> None:
    texts = [str(age) for age in (0, 1, 9, 10, 14, 16, 90)]
    values = encoded(pl.Series([*texts, "old"]))
    n = len(values.texts)
    left, right = (
        side[np.triu_indices(n, 1)] for side in np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    )
    found = ages(values, left, right)
    for level, a, b in zip(found, values.of(left), values.of(right), strict=True):
        apart = abs(int(a) - int(b)) if "old" not in (a, b) else 99
        assert level == (2 if apart <= 1 else 1 if apart <= 5 else 0)
    assert near_ages(values, left, right).tolist() == np.flatnonzero(found).tolist()


def test_what_is_no_age_is_none() -> None:
    assert age_texts(pl.Series(["3 weeks", "121", "-", None, "7.0"])).to_list() == [
        "0",
        None,
        None,
        None,
        "7",
    ]
