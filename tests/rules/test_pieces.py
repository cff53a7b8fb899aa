"""Profiles in pieces: the same answers as all at once, whether or not the rows stand in the order of profiles."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.engines.local import LocalEngine
from cdptool.profiles import answer
from cdptool.rules import Question, answering
from cdptool.rules.pieces import pieces
from tests.frames import ROUNDS
from tests.rules.worlds import Case, make_case

N_PROFILES = 18


def answers(case: Case, *, is_sorted: bool) -> pl.DataFrame:
    tables = {"products": case.product_table()}
    question = Question(case.book, case.catalog, case.as_of, case.complete, tables=tables)
    rows = {
        name: (each.sort("profile_id") if is_sorted else each.sample(fraction=1, shuffle=True, seed=1)).lazy()
        for name, each in case.events().items()
    }
    return answer(LocalEngine(), case.profile_frame().lazy(), rows, question).collect().sort("profile_id")


@pytest.mark.parametrize("seed", range(100, 100 + 6 * ROUNDS))
def test_pieces_answer_as_all_profiles_at_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(seed, n_profiles=N_PROFILES)
    whole = answers(case, is_sorted=True)
    monkeypatch.setattr(answering, "pieces", partial(pieces, size=5))
    for is_sorted in (True, False):
        assert_frame_equal(answers(case, is_sorted=is_sorted), whole)


@pytest.mark.parametrize("is_sorted", [True, False])
def test_every_profile_and_row_is_in_one_piece(is_sorted: bool) -> None:
    chance = np.random.default_rng(1)
    profiles = pl.DataFrame({"id": np.arange(0, 70, 7)})
    ids = chance.integers(-10, 80, 300)
    rows = pl.DataFrame({"id": np.sort(ids) if is_sorted else ids, "row": np.arange(300)})
    found = [
        (some["id"].to_list(), streams["a"].collect())
        for some, streams in pieces(profiles, {"a": rows.lazy()}, "id", size=3)
    ]
    assert [each for ids_, _ in found for each in ids_] == profiles["id"].to_list()
    seen = pl.concat([each for _, each in found])
    assert seen["row"].n_unique() == len(seen)
    own = rows.filter(pl.col("id").is_in(profiles["id"].implode()))
    assert set(own["row"]) <= set(seen["row"])


def test_few_profiles_are_one_piece() -> None:
    profiles = pl.DataFrame({"id": [1, 2, 3]})
    ((some, _),) = pieces(profiles, {}, "id", size=3)
    assert some.equals(profiles)
