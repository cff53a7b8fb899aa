"""How often strangers agree: counted and sampled, also where nearly all who share a name are one person."""

import numpy as np
import polars as pl
import pytest

from cdptool.matching import match
from cdptool.matching.comparing import DIFFERENT, PARENT_AGREES
from cdptool.matching.strangers import Drawn, without_one_person
from tests.frames import ROUNDS


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_pairs_of_one_person_are_taken_off_by_what_the_other_fields_say(seed: int) -> None:
    chance = np.random.default_rng(seed)
    same, others = (np.array([0.0, *chance.dirichlet([a, b, c])]) for a, b, c in ((1, 1, 8), (9, 1, 1)))
    strange = chance.choice([0.02, 0.2, 0.7, 0.99], 20_000)
    is_strange = chance.random(len(strange)) < strange
    levels = np.where(
        is_strange, chance.choice(4, len(strange), p=others), chance.choice(4, len(strange), p=same)
    ).astype(np.uint8)
    nobody = np.zeros(0, dtype=np.int64)
    even = np.array([0.0, 1, 1, 1]) / 3
    seen = np.bincount(levels, minlength=4).astype(np.float64)
    found = without_one_person(levels, strange, same, even, Drawn(seen, even, nobody, nobody, 1))
    assert np.abs(found - others).max() < 0.03
    assert np.abs(np.bincount(levels) / len(levels) - others).max() > 0.1, "as they stand they tell otherwise"


def test_namesakes_with_other_emails_differ_in_them_where_most_of_one_name_are_one_person() -> None:
    """Of pairs of one name nine in ten are one person, with phones and birth dates that change or are mistyped."""
    chance = np.random.default_rng(4)
    rows, who = [], []
    for person in range(400):
        given, family = ("".join(chance.choice(list("bdgklmnr"), 2)) + ending for ending in ("ona", "ell"))
        born = [f"{y}0{m}1{d}" for y, m, d in chance.integers((1940, 1, 0), (2005, 10, 9), (12, 3))]
        phones = [str(number) for number in chance.integers(10**9, 10**10, 2)]
        emails = [f"mail{chance.integers(10**6)}@box.com" for _ in range(2)]
        for nth in range(8):
            date = born[0] if chance.random() < 0.95 else born[1 + nth]
            cells = [date, chance.choice(phones), emails[chance.random() < 0.05]]
            kept = chance.random(3) < (0.8, 0.6, 0.7)
            rows.append([given, family, *(c if k else None for c, k in zip(cells, kept, strict=True))])
            who.append(person)
    texts = pl.DataFrame(rows, schema=["given", "family", "born", "phone", "email"], orient="row")
    kinds = ("given", "family", "birth_date", "phone", "email")
    found = match(texts, list(zip(texts.columns, kinds, strict=True)))
    named = texts.with_row_index().with_columns(who=pl.Series(who)).drop_nulls("email")
    pairs = named.join(named, on=["given", "family"]).filter(pl.col("index") < pl.col("index_right"))
    strangers = pairs.filter(pl.col("who") != pl.col("who_right"))
    assert len(strangers) < 0.5 * len(pairs)
    assert (strangers["email"] == strangers["email_right"]).mean() < 0.01
    believed = found.model.tables[1][-1][PARENT_AGREES]
    assert believed[DIFFERENT] > 0.65
