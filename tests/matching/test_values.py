"""Numbering the values of a column."""

import numpy as np
import polars as pl
import pytest

from cdptool.matching import sorting
from cdptool.matching.values import encoded, recoded


@pytest.mark.parametrize("seed", range(5))
def test_equal_texts_have_one_number_and_others_another(seed: int) -> None:
    chance = np.random.default_rng(seed)
    texts = pl.Series(chance.choice(["", "a", "b", "c", None, "đ"], 50).tolist(), dtype=pl.String)
    found = encoded(texts)
    known = [text if number >= 0 else None for text, number in zip(texts, found.ids, strict=True)]
    assert known == [text or None for text in texts]
    assert [found.texts[int(number)] for number in found.ids if number >= 0] == [t for t in texts if t]
    assert found.counts.tolist() == [texts.to_list().count(text) for text in found.texts]


def test_hashes_that_begin_alike_stay_apart() -> None:
    hashes = np.array([8, 9, 8, 1 << 40, 9, 8, 9], dtype=np.uint64)
    ordered, rows = sorting.ordered_with_rows(hashes)
    assert ordered.tolist() == sorted(hashes.tolist())
    assert rows.tolist() == [0, 2, 5, 1, 4, 6, 3]


@pytest.mark.parametrize("few", [1_000, 0], ids=["put right", "sorted anew"])
def test_an_order_is_that_of_a_stable_sort(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "_FEW", few)
    chance = np.random.default_rng(1)
    numbers = chance.integers(0, 1 << 62, 300) >> chance.integers(0, 62, 300)
    expected = np.argsort(numbers, kind="stable").tolist()
    assert sorting.ordered_with_rows(numbers.astype(np.uint64))[1].tolist() == expected
    some = chance.random(300) < 0.5
    ordered, rows = sorting.ordered_with_rows(numbers.astype(np.uint64), some)
    assert rows.tolist() == [row for row in expected if some[row]]
    assert ordered.tolist() == numbers[rows].tolist()
    codes, rows = sorting.sorted_with_rows(numbers, 1 << 63)
    assert rows.tolist() == expected
    assert codes.tolist() == sorted(numbers.tolist())


def test_a_value_that_becomes_nothing_is_missing() -> None:
    values = encoded(pl.Series(["ab", "ac", "b", None]))
    shorter = recoded(values, values.texts.str.slice(0, 1).replace("b", None))
    assert [shorter.texts[int(k)] if k >= 0 else None for k in shorter.ids] == ["a", "a", None, None]
    assert shorter.counts.tolist() == [2]
