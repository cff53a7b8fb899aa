"""Telephone numbers of a column that is no plan's are read as the library reads them, without asking it each time."""

import numpy as np
import polars as pl

from cdptool.fields import FieldOptions
from cdptool.matching import texts as module


def test_many_unknown_numbers_become_what_the_library_makes_of_them() -> None:
    chance = np.random.default_rng(4)
    numbers = [f"84{number}" for number in chance.integers(10**8, 10**9, 3_000)]
    numbers += [f"0{number}" for number in chance.integers(10**8, 10**9, 1_000)]
    texts = pl.Series([*numbers, "0900000000", "0111 111 111", None])
    options = FieldOptions(region="VN")
    found = module._known_numbers(texts, options)
    asked = module._read(texts, "phone", options, r"\D").str.replace_all(r"\D", "")
    assert found is not None
    assert found.ne_missing(asked).sum() <= 0.005 * len(texts)


def test_a_few_numbers_are_asked_about_one_by_one() -> None:
    assert module._known_numbers(pl.Series(["0912345678", "84123"]), FieldOptions(region="VN")) is None
