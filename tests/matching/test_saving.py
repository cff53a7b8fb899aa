"""A fitted model goes into tables and comes back as it was."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.matching import Known, match
from cdptool.matching.exchange import from_text, to_text
from cdptool.matching.saving import kept_keys, loaded, saved, together
from cdptool.matching.scaling import Scale, scaled
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


def test_a_scale_is_kept_and_a_text_of_before_there_were_scales_is_read() -> None:
    texts, _ = world(3, 400, 0.3)
    found = match(texts, KINDS)
    scale = Scale(np.array([-1.0, 0.0, 1.0]), np.array([-1.0, 0.25, 1.0]))
    tables = saved("likely", replace(found.model, scale=scale), found.candidates)
    told = to_text("likely", tables)
    again = loaded("likely", from_text("likely", told), found.model.comparisons)
    assert again is not None
    assert np.array_equal(again.scale, scale)
    left, right = found.candidates[:2]
    assert np.array_equal(again.log_odds(left, right), scaled(found.stated, scale))
    of_before = {part: rows for part, rows in json.loads(told).items() if part != "match_scale"}
    plain = loaded("likely", from_text("likely", json.dumps(of_before)), found.model.comparisons)
    assert plain is not None
    assert np.array_equal(plain.log_odds(left, right), found.stated)


def test_a_model_of_other_fields_is_not_used() -> None:
    texts, _ = world(3, 400, 0.3)
    found = match(texts, KINDS)
    tables = saved("likely", found.model, found.candidates)
    assert loaded("likely", tables, found.model.comparisons[1:]) is None
    assert loaded("other", tables, found.model.comparisons) is None


def test_a_model_kept_as_text_is_the_same_model() -> None:
    texts, _ = world(3, 400, 0.3)
    found = match(texts, KINDS)
    tables = saved("likely", found.model, found.candidates)
    again = from_text("likely", to_text("likely", tables))
    for one, other in zip(again, tables, strict=True):
        assert_frame_equal(one, other)


def test_no_value_can_be_read_in_a_saved_model() -> None:
    texts, _ = world(3, 400, 0.3)
    found = match(texts, KINDS)
    told = to_text("likely", saved("likely", found.model, found.candidates))
    values = {value for column in texts.get_columns() for value in column.drop_nulls().to_list()}
    assert not [value for value in values if value in told]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"form": "cdptool model 1", "match_weights": [[1]]}'])
def test_a_text_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"it|match_weights"):
        from_text("likely", text)


def test_a_kept_model_weighs_a_pair_the_same_whatever_other_records_come() -> None:
    """What was surely one person yesterday is not in doubt today because a file of others was read."""
    texts, _ = world(3, 800, 0.3)
    order = np.random.default_rng(2).permutation(len(texts))
    texts = texts[order]
    few = texts.head(700)
    learned = match(few, KINDS)
    tables = saved("likely", learned.model, learned.candidates)
    same = match(few, KINDS, known=Known("likely", tables))
    more = match(texts, KINDS, known=Known("likely", tables))
    assert (same.origin, more.origin) == ("kept", "kept")
    assert np.array_equal(same.log_odds, learned.log_odds)
    assert np.array_equal(same.clusters, learned.clusters)
    assert np.array_equal(same.candidates.left, learned.candidates.left)
    left, right = learned.candidates[:2]
    assert np.array_equal(more.model.log_odds(left, right), learned.log_odds)


def test_texts_of_several_words_weigh_the_same_under_a_kept_model() -> None:
    chance = np.random.default_rng(5)
    words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)]
    firms = [" ".join(chance.choice(words, 3, replace=False)) for _ in range(600)]
    texts = pl.DataFrame({"firm": [*firms, *firms[:200]], "zip": [str(10000 + n % 90) for n in range(800)]})
    kinds = [("firm", "organisation"), ("zip", "postcode")]
    few = texts[300:]
    learned = match(few, kinds)
    more = match(texts, kinds, known=Known("x", saved("x", learned.model, learned.candidates)))
    left, right = np.triu_indices(len(few), 1)
    assert np.array_equal(more.model.log_odds(left + 300, right + 300), learned.model.log_odds(left, right))


def test_a_kept_model_is_learned_again_when_the_records_are_not_those_it_knew() -> None:
    texts, _ = world(3, 300, 0.3)
    learned = match(texts, KINDS)
    tables = saved("likely", learned.model, learned.candidates)
    larger, _ = world(4, 2500, 0.3)
    again = match(larger, KINDS, known=Known("likely", tables))
    assert again.origin == "learned"
    assert "records" in again.doubts[0]
    pinned = match(larger, KINDS, known=Known("likely", tables, is_pinned=True))
    assert pinned.origin == "pinned"
    assert pinned.doubts == again.doubts
    other = match(larger.drop("email"), KINDS[:4], known=Known("likely", tables))
    assert other.doubts == ("it was learned on other fields",)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("match_weights", lambda rows: rows[:-1]),
        ("match_weights", lambda rows: [*rows, rows[-1]]),
        ("match_weights", lambda rows: [*rows[:-1], [*rows[-1][:-1], -0.5]]),
        ("match_weights", lambda rows: [*rows[:-1], [*rows[-1][:-1], None]]),
        ("match_classes", lambda rows: rows[:-1]),
        ("match_classes", lambda rows: [*rows[:-1], [*rows[-1][:-1], None]]),
        ("match_frequencies", lambda rows: rows[1:]),
        ("match_scale", lambda rows: [*rows, [0, 1.0, 2.0], [1, 2.0, 1.0]]),
        ("match_scale", lambda rows: [*rows, [0, 1.0, None]]),
        ("match_frequencies", lambda rows: [["x", *rows[0][1:]], *rows[1:]]),
    ],
)
def test_a_model_that_was_cut_or_mended_wrongly_is_refused(part, change) -> None:
    """A pinned one was a crash of merge."""
    found = match(world(3, 200, 0.3)[0], KINDS)
    told = json.loads(to_text("likely", saved("likely", found.model, found.candidates)))
    header, *rows = told[part]
    told[part] = [header, *change(rows)]
    with pytest.raises(ValueError, match="`match_"):
        from_text("likely", json.dumps(told))
