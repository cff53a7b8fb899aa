"""What is made of runs beside plain counting, on random rows."""

from __future__ import annotations

import numpy as np
import pytest

from cdptool.rules.runs import Runs


@pytest.mark.parametrize("most", [3, 1 << 30, 1 << 60])
def test_rows_and_distinct_codes_are_counted_as_one_by_one(most: int) -> None:
    chance = np.random.default_rng(most % 97)
    who = np.sort(chance.integers(0, 9, 200))
    codes = chance.integers(0, most, 20)[chance.integers(0, 20, 200)]
    places = np.flatnonzero(chance.random(200) < 0.7)
    for some in (None, places, places[:0]):
        runs, own = Runs(who, some, 9), codes if some is None else codes[some]
        mine = who if some is None else who[some]
        assert runs.counts.tolist() == [int((mine == i).sum()) for i in range(9)]
        assert runs.distinct(own).tolist() == [len(set(own[mine == i].tolist())) for i in range(9)]
