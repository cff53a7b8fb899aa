"""The short cut for identifiers against the way that looks at every text."""

import random

import polars as pl
import pytest

from cdptool.fields import FieldOptions, field_type
from cdptool.fields.identifier import _NOTHING
from cdptool.fields.plain_texts import plain_texts
from cdptool.fields.text import tidy

_LETTERS = (
    "1",
    "0",
    "9",
    "a",
    "Z",
    "-",
    " ",
    "\t",
    "\u00a0",
    "é",
    "e\u0301",
    "\u200b",
    "!",
    "~",
    "\x7f",
    "\x1f",
    "đ",
)


def _texts(seed: int) -> pl.Series:
    """Texts of which most are plainly in order; sliced or in several pieces, as blocks of a file may be."""
    chance = random.Random(seed)
    nothing, share = _NOTHING.explode().to_list(), chance.choice((0, 0.01, 0.1, 0.5))

    def odd() -> str | None:
        made = "".join(chance.choices(_LETTERS, k=chance.randint(0, 30)))
        return chance.choice((None, chance.choice(nothing), chance.choice(nothing) + " ", made, made))

    texts = pl.Series(
        [
            odd() if chance.random() < share else f"{10**7 + i}" + "x" * chance.choice((0, 0, 3, 4, 5, 20))
            for i in range(chance.choice((4096, 5000)))
        ]
    )
    return (texts, texts.slice(3), pl.concat([texts.head(100), texts.slice(100)], rechunk=False))[seed % 3]


@pytest.mark.parametrize("seed", range(24))
def test_the_short_cut_says_what_a_look_at_every_text_says(seed: int) -> None:
    texts = _texts(seed)
    quick = field_type("identifier").quick(texts, FieldOptions())
    assert quick.to_list() == tidy(texts, _NOTHING).to_list(), seed


def test_no_placeholder_and_no_space_is_plain() -> None:
    """What the short cut rests on: a digit other than zero in short ones, and what stands first in long ones."""
    odd = [*_NOTHING.explode().to_list(), "", " 1", "1\t", "1\u00a0", "\u200b1234567890123", "đ1"]
    texts = pl.Series([*odd, *("1" for _ in range(5000))])
    is_plain = plain_texts(texts)
    assert is_plain is not None
    assert not is_plain[: len(odd)].any()
    assert is_plain[len(odd) :].all()


def test_few_texts_are_not_worth_it() -> None:
    assert plain_texts(pl.Series(["1"])) is None
