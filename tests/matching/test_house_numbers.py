"""Addresses: what tells two houses of one street apart, and what is only another way to write one."""

import re

import numpy as np
import polars as pl
import pytest
from rapidfuzz.distance import OSA

from cdptool.matching import levels
from cdptool.matching.house_numbers import addresses
from cdptool.matching.levels import once_per_pair
from cdptool.matching.values import encoded
from tests.frames import ROUNDS

STREETS = ["oak street", "elm street", "79th street", "le loi", "tran hung dao", "north avenue"]


def judged(one: str, other: str) -> int:
    values = encoded(pl.Series([one, other, *(f"{n} {street}" for n in range(9) for street in STREETS)]))
    return int(once_per_pair(addresses, values, values.ids[:1], values.ids[1:2])[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [("12 oakfield street", "14 oakfield street"), ("1735 east 79th st", "1811 east 79th street")],
)
def test_two_houses_of_one_street_have_a_few_words_in_common(one: str, other: str) -> None:
    assert judged(one, other) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 oakfield street", "12 oakfield st"),
        ("flat 3 12 oakfield street", "12 oakfield street"),
        ("1735 oakfield street", "1753 oakfield street"),
        ("oakfield house north avenue", "2 oakfield house north avenue"),
        ("12a oakfield street", "12 a oakfield street"),
    ],
)
def test_a_house_written_otherwise_stays_near(one: str, other: str) -> None:
    assert judged(one, other) >= 3


def slow_addresses(one: str, other: str, by_words: int) -> int:
    """The obvious version, pair by pair."""
    mine, its = (
        [int(n) for n in re.findall(r"\d{1,9}", re.sub(r"\d+(?:st|nd|rd|th)\b", "", text))[:4]]
        for text in (one, other)
    )
    if not mine or not its or set(mine) & set(its):
        return by_words
    if min(mine[0], its[0]) >= 100 and OSA.distance(str(mine[0]), str(its[0])) <= 1:
        return by_words
    return min(by_words, 1)


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_addresses_agree_with_the_obvious_version(seed: int) -> None:
    chance = np.random.default_rng(seed)
    texts = set()
    for _ in range(90):
        numbers = [str(n) for n in chance.integers(1, chance.choice([20, 400, 4000]), chance.integers(0, 4))]
        words = [*numbers, *STREETS[chance.integers(len(STREETS))].split()]
        texts.add(" ".join(words[k] for k in chance.permutation(len(words))))
    values = encoded(pl.Series(sorted(texts)))
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(values.texts), 1))
    found = addresses(values, left, right)
    by_words = levels.words(values, left, right)
    listed = values.texts.to_list()
    expected = [
        slow_addresses(listed[a], listed[b], level)
        for a, b, level in zip(left.tolist(), right.tolist(), by_words.tolist(), strict=True)
    ]
    assert found.tolist() == expected
    assert (found < by_words).sum() > 20
