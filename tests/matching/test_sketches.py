"""The screens let through every pair of values that the judge would give a level, and keep few others."""

import numpy as np
import polars as pl
import pytest
from rapidfuzz.distance import OSA

from cdptool.matching import levels
from cdptool.matching.house_numbers import addresses
from cdptool.matching.kinds import SCREENS
from cdptool.matching.levels import Judge
from cdptool.matching.sketches import sketched
from cdptool.matching.values import encoded
from tests.frames import ROUNDS

LETTERS = {
    levels.names: "aabeinhgu ư",
    levels.dates: "0123456789",
    levels.digits: "0123456789",
    levels.postcodes: "0123456789ab",
    levels.emails: "abcde.1@@",
    levels.words: "abcdeghi123 đ  ",
    addresses: "abcdeghi123 đ  ",
}


def texts_with_slips(chance: np.random.Generator, letters: str, judge: Judge) -> pl.Series:
    """Made-up texts, and of each some that differ from it in a slip or two."""
    found = []
    for _ in range(25):
        length = 8 if judge is levels.dates else int(chance.integers(1, 14))
        text = list(chance.choice(list(letters), length))
        for _ in range(4):
            for _ in range(int(chance.integers(0, 4))):
                at = int(chance.integers(0, len(text)))
                text[at : at + int(chance.integers(0, 2))] = chance.choice(
                    list(letters), int(chance.integers(0, 3))
                )
                text = text or ["a"]
            found.append(" ".join("".join(text).split()) or "a")
    return pl.Series(found)


@pytest.mark.parametrize("judge", LETTERS, ids=lambda judge: judge.__name__)
@pytest.mark.parametrize("seed", range(6 * ROUNDS))
def test_no_near_pair_is_screened_out(judge: Judge, seed: int) -> None:
    values = encoded(texts_with_slips(np.random.default_rng(seed), LETTERS[judge], judge))
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(values.texts), 1))
    judged = judge(values, left, right)
    let_through = SCREENS[judge](values, left, right)
    assert set(np.flatnonzero(judged)) <= set(let_through.tolist())


def test_most_unlike_pairs_are_screened_out() -> None:
    chance = np.random.default_rng(3)
    values = encoded(pl.Series([str(number) for number in chance.integers(10**9, 10**10, 2_000)]))
    left, right = (chance.integers(0, 2_000, 10_000).astype(np.int32) for _ in range(2))
    assert len(SCREENS[levels.digits](values, left, right)) < 1_000


def test_a_sketch_tells_at_most_twice_the_slips_in_any_script() -> None:
    found = sketched(pl.Series(["nguyễn", "nguyên", "nguyn", "nguyễnn", "ngyuễn", ""]))
    bits = found.unlike(np.zeros(6, dtype=np.int32), np.arange(6, dtype=np.int32))
    assert bits.tolist()[:1] == [0]
    assert (bits[:5] <= 2).all()
    assert found.lengths.tolist() == [6, 6, 5, 7, 6, 0]


@pytest.mark.parametrize("letters", [16, 32])
@pytest.mark.parametrize("n_slips", [1, 2])
def test_a_slip_changes_two_bits_of_a_long_text_too(n_slips: int, letters: int) -> None:
    chance = np.random.default_rng(n_slips)
    texts, slipped = [], []
    for _ in range(400):
        text = "".join(chance.choice(list("abcdefghij1234567890 ơ"), int(chance.integers(50, 90))))
        texts.append(text)
        for _ in range(n_slips):
            at = int(chance.integers(0, len(text)))
            text = text[:at] + str(chance.choice(["", "x", "yz"])) + text[at + int(chance.integers(0, 2)) :]
        slipped.append(text)
    found = sketched(pl.Series([*texts, *slipped]), letters)
    bits = found.unlike(np.arange(400, dtype=np.int32), np.arange(400, 800, dtype=np.int32))
    distances = [OSA.distance(a, b) for a, b in zip(texts, slipped, strict=True)]
    assert (bits <= 2 * np.array(distances)).all()
    assert bits.any()


def test_texts_without_letters_have_no_bits() -> None:
    assert sketched(pl.Series(["", ""])).bits.tolist() == [0, 0]
