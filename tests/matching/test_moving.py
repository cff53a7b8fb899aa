"""Two models side by side, level by level in bits."""

from __future__ import annotations

import numpy as np
import polars as pl

from cdptool.matching import match
from cdptool.matching.moving import bits, moved
from cdptool.matching.saving import saved
from tests.matching.test_match import KINDS, world


def test_bits_are_the_logarithm_of_how_much_likelier_one_person_is_than_strangers() -> None:
    texts, _ = world(3, 400, 0.3)
    found = match(texts, KINDS)
    told = bits("likely", saved("likely", found.model, found.candidates))
    phone = [one.field for one in found.model.comparisons].index("phone")
    same, strangers = found.model.tables[0][phone], found.model.tables[1][phone]
    expected = np.log2(np.maximum(same[0, 1:], 1e-12) / np.maximum(strangers[0, 1:], 1e-12))
    assert np.allclose(told.filter(pl.col("field") == "phone")["bits"].to_numpy(), expected)


def test_what_moved_most_stands_first_and_the_same_model_moves_nothing() -> None:
    one, other = (match(world(seed, 400, 0.3)[0], KINDS) for seed in (3, 4))
    tables = [saved("likely", found.model, found.candidates) for found in (one, other)]
    assert (
        moved("likely", tables[0], tables[0])["moved"].to_list()
        == [0.0] * moved("likely", tables[0], tables[0]).height
    )
    rows = moved("likely", *tables)
    assert rows["moved"].abs().is_sorted(descending=True)
    assert np.allclose((rows["now"] - rows["before"]).to_numpy(), rows["moved"].to_numpy())
    assert rows["moved"].abs().max() > 0
