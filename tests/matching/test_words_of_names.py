"""Words that names have in common, against sets of Python."""

import numpy as np
import polars as pl
import pytest

from cdptool.matching.values import encoded
from cdptool.matching.words_of_names import NameWords

WORDS = ("thi", "van", *(f"name{number}" for number in range(60)))
SHARES = np.array([15.0, 15.0, *([1.0] * 60)]) / 90


def shared(one: str, other: str, everyones: set[str]) -> tuple[bool, bool]:
    """The slow obvious version: whether a word is shared, and whether one name begins with such a word."""
    mine, its = one.split(" "), other.split(" ")
    common = set(mine) & set(its)
    if len(mine) > 1 and len(its) > 1:
        common -= everyones
    return bool(common), mine[0] in common or its[0] in common


@pytest.mark.parametrize("seed", range(20))
def test_shared_words_are_those_of_sets(seed: int) -> None:
    chance = np.random.default_rng(seed)
    texts = [
        " ".join(chance.choice(WORDS, chance.integers(1, 5), replace=False, p=SHARES)) for _ in range(400)
    ]
    values = encoded(pl.Series(texts))
    held = {word: sum(word in text.split(" ")[:8] for text in texts if " " in text) for word in WORDS}
    everyones = {word for word, times in held.items() if times > max(0.05 * len(texts), 10)}
    assert {"thi", "van"} <= everyones < set(WORDS)
    left, right = (chance.integers(0, len(values.texts), 2_000) for _ in range(2))
    share, begins = values.worked_out(NameWords).shared(left, right)
    expected = [
        shared(values.texts[i], values.texts[j], everyones)
        for i, j in zip(left.tolist(), right.tolist(), strict=True)
    ]
    assert list(zip(share.tolist(), begins.tolist(), strict=True)) == expected
    assert len(set(expected)) == 3


def test_only_the_first_words_of_a_long_name_are_read() -> None:
    long = " ".join("abcdefghij")
    words = NameWords(encoded(pl.Series([long])))
    assert words.ids.shape == (1, 8)
    assert words.first(np.array([0])).to_list() == ["a"]


def test_no_names_have_no_words() -> None:
    words = NameWords(encoded(pl.Series([None, ""], dtype=pl.String)))
    assert [side.tolist() for side in words.shared(np.zeros(0, int), np.zeros(0, int))] == [[], []]
