"""Two answers beside each other: every pair of states is counted once, and sizes add up."""

from __future__ import annotations

import random
from itertools import product

import polars as pl
import pytest

from cdptool.profiles.differences import COUNTS, DIFFERENCES, difference_counts, differences, states
from tests.frames import ROUNDS

STATES = ("in", "out", "unknown")
SCHEMA = {"segment": pl.String, "profile_id": pl.Int64, "state": pl.String}


def test_states_are_three() -> None:
    answers = pl.LazyFrame({"profile_id": [1, 2, 3], "s": [True, False, None]})
    assert states(answers, ["s"]).collect().rows() == [("s", 1, "in"), ("s", 2, "out"), ("s", 3, "unknown")]
    assert states(answers, []).collect().is_empty()


@pytest.mark.parametrize("seed", range(20 * ROUNDS))
def test_counts_and_rows_are_those_of_a_plain_loop_on_random_answers(seed: int) -> None:
    chance = random.Random(seed)
    sides: list[dict[tuple[str, int], str]] = []
    for _ in range(2):
        keys = [key for key in product("abc", range(chance.randrange(0, 9))) if chance.random() < 0.9]
        sides.append({key: chance.choice(STATES) for key in keys})
    before, after = (
        pl.LazyFrame([(*key, state) for key, state in side.items()], schema=SCHEMA, orient="row")
        for side in sides
    )
    pairs = {key: tuple(side.get(key, "out") for side in sides) for key in sorted({*sides[0], *sides[1]})}
    found = differences(before, after).collect()
    assert found.schema == pl.Schema(DIFFERENCES)
    assert found.rows() == [(*key, *pair) for key, pair in pairs.items() if pair[0] != pair[1]]
    counts = difference_counts(before, after).collect()
    assert counts.schema == pl.Schema(COUNTS)
    kinds = (
        ("out", "in"),
        ("in", "out"),
        ("unknown", "in"),
        ("unknown", "out"),
    )
    for name, *row in counts.rows():
        mine = [pair for (segment, _), pair in pairs.items() if segment == name]
        n_unknown = sum(was != "unknown" and now == "unknown" for was, now in mine)
        assert row == [
            sum(was == "in" for was, _ in mine),
            *(mine.count(kind) for kind in kinds),
            n_unknown,
            sum(now == "in" for _, now in mine),
            sum(now == "unknown" for _, now in mine),
        ]
    assert counts["segment"].to_list() == sorted({segment for segment, _ in pairs})
