"""
How alike two texts of several words are: the words that fit best are held against each other, in any order.

What makes two words one is the business of what the text is: a word of a name may be short for the other's, be its
initial, or be written in other letters; a number in an address is that number or another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, Jaro, JaroWinkler

from cdptool.fields.address_words import SHORT_WORDS
from cdptool.fields.romanised import romanised
from cdptool.matching.nicknames import GROUPS_OF

Alike = NDArray[np.float64]
WordJudge = Callable[[pl.Series, pl.Series], Alike]
_MOST_WORDS: Final = 12
_LEAST_OF_WORDS: Final = 0.75  # words less alike than this are different words
_INITIAL: Final = 0.9
_PART_LEFT_OUT: Final = 0.95
_SHORT_FORM: Final = 0.95
_NUMBER: Final = 2.0
_DIGIT: Final = r"\d"
_ARABIC: Final = r"\p{Arabic}"
_LONGER: Final = 3  # letters more than the other: Anna and Annabelle begin alike, and are two names


class Fitted(NamedTuple):
    """Per pair of texts: the share of letters that fit, and how alike the least alike word of the shorter one is."""

    share: Alike
    least: Alike


def texts(pair: pl.DataFrame) -> Alike:
    """Texts `a` and `b` of any words; a part left out costs little where two words are left."""
    return _fitted(pair, _spelt_alike).share


def addresses(pair: pl.DataFrame) -> Alike:
    """
    Addresses: as texts, each word once and street the same as st.

    A word with a digit in it (a house, a flat, a postcode) is that one or another, and weighs twice its letters.
    """
    short = pl.element().replace(SHORT_WORDS)
    once = pl.col("a", "b").str.split(" ").list.eval(short).list.unique(maintain_order=True).list.join(" ")
    return _fitted(pair.select(once), _spelt_alike_or_number, number_weight=_NUMBER).share


def names(pair: pl.DataFrame) -> Alike:
    """
    Names of people: half by the letters that fit, half by the least alike of the words of the shorter one.

    A long family name that agrees says little of the given names: Mark and Marsha are two, whoever their parents are.
    """
    found = _fitted(_in_one_script(pair), _called_alike)
    return (found.share + np.minimum(found.share, found.least)) / 2


def _in_one_script(pair: pl.DataFrame) -> pl.DataFrame:
    """The names in Latin letters; beside one in Arabic letters, which write no short vowels, without vowels."""
    latin = pair.select(romanised(pair["a"]), romanised(pair["b"]))
    one, other = (pair[end].str.contains(_ARABIC) for end in ("a", "b"))
    if not (one != other).any():
        return latin
    word = pl.element().str.replace_all("[aeiouy]", "")
    bare = (
        pl.col("a", "b")
        .str.split(" ")
        .list.eval(pl.when(word.str.len_chars() > 1).then(word).otherwise(pl.element()))
    )
    return latin.with_columns(
        pl.when(one != other).then(bare.list.join(" ")).otherwise(pl.col("a", "b")).name.keep()
    )


def _fitted(pair: pl.DataFrame, judge: WordJudge, number_weight: float = 1.0) -> Fitted:
    """The words that fit best, each used once; a word weighs by its letters."""
    listed = [pair[end].str.split(" ").list.head(_MOST_WORDS) for end in ("a", "b")]
    table = pl.concat([words.explode() for words in listed]).unique().sort()
    numbers = [_matrix(words, table) for words in listed]
    weights = np.where(table.str.contains(_DIGIT), number_weight, 1.0)
    lengths = np.append(table.str.len_chars().to_numpy() * weights, 0.0)
    alike = _word_pairs(table, numbers[0], numbers[1], judge)
    mine, other = (lengths[side] for side in numbers)
    n_words = [(side < len(table)).sum(1) for side in numbers]
    n_shorter = np.minimum(*n_words)
    both, of_mine, of_other, least = (np.zeros(len(pair)) for _ in range(4))
    rows = np.arange(len(pair))
    for place in range(min(alike.shape[1:])):
        i, j = np.divmod(alike.reshape(len(pair), -1).argmax(axis=1), alike.shape[2])
        best = alike[rows, i, j]
        both += best * (mine[rows, i] + other[rows, j])
        of_mine += best * mine[rows, i]
        of_other += best * other[rows, j]
        # The best is taken first, so the last word of the shorter text is the least alike.
        least = np.where(n_shorter == place + 1, best, least)
        alike[rows, i, :] = 0
        alike[rows, :, j] = 0
    total, of_both = mine.sum(1), other.sum(1)
    whole = both / np.maximum(total + of_both, 1)
    # The shorter text has its words in the longer one.
    within_a = np.where((n_words[0] >= 2) & (total <= of_both), of_mine / np.maximum(total, 1), 0)
    within_b = np.where((n_words[1] >= 2) & (of_both <= total), of_other / np.maximum(of_both, 1), 0)
    return Fitted(np.maximum(whole, _PART_LEFT_OUT * np.maximum(within_a, within_b)), least)


def _matrix(words: pl.Series, table: pl.Series) -> NDArray[np.int64]:
    """The numbers of each text's words, filled up with the number after the last."""
    counts = words.list.len().to_numpy()
    filled = np.full((len(words), max(int(counts.max(initial=0)), 1)), len(table), dtype=np.int64)
    is_word = np.arange(filled.shape[1]) < counts[:, None]
    filled[is_word] = table.search_sorted(words.explode()).to_numpy()
    return filled


def _word_pairs(
    table: pl.Series, left: NDArray[np.int64], right: NDArray[np.int64], judge: WordJudge
) -> Alike:
    """Pair × word × word: how alike, 0 where there is no word or another one; each different pair judged once."""
    codes = left[:, :, None] * (len(table) + 1) + right[:, None, :]
    distinct, back = np.unique(codes, return_inverse=True)
    one, other = distinct // (len(table) + 1), distinct % (len(table) + 1)
    found = np.zeros(len(distinct))
    rows = np.flatnonzero((one < len(table)) & (other < len(table)))
    found[rows] = judge(table.gather(one[rows]), table.gather(other[rows]))
    return found[back].reshape(codes.shape)


def _spelt_alike(a: pl.Series, b: pl.Series) -> Alike:
    """Jaro–Winkler; one letter stands for a word that begins with it."""
    alike = process.cpdist(a.to_list(), b.to_list(), scorer=JaroWinkler.similarity, dtype=np.float64)
    return _or_initial(a, b, alike)


def _or_initial(a: pl.Series, b: pl.Series, alike: Alike) -> Alike:
    first = a.str.head(1) == b.str.head(1)
    is_initial = (first & ((a.str.len_chars() == 1) | (b.str.len_chars() == 1)) & (a != b)).to_numpy()
    return np.where(is_initial, _INITIAL, np.where(alike >= _LEAST_OF_WORDS, alike, 0.0))


def _spelt_alike_or_number(a: pl.Series, b: pl.Series) -> Alike:
    is_number = (a.str.contains(_DIGIT) | b.str.contains(_DIGIT)).to_numpy()
    return np.where(is_number, (a == b).to_numpy().astype(np.float64), _spelt_alike(a, b))


def _called_alike(a: pl.Series, b: pl.Series) -> Alike:
    """Words of names; a beginning in common tells little where one goes on for long."""
    mine, other = a.to_list(), b.to_list()
    begun = process.cpdist(mine, other, scorer=JaroWinkler.similarity, dtype=np.float64)
    plain = process.cpdist(mine, other, scorer=Jaro.similarity, dtype=np.float64)
    slips = process.cpdist(mine, other, scorer=OSA.normalized_similarity, dtype=np.float64)
    lengths = [side.str.len_chars().to_numpy().astype(np.int64) for side in (a, b)]
    goes_on = np.abs(lengths[0] - lengths[1]) >= _LONGER
    alike = _or_initial(a, b, np.maximum(np.where(goes_on, plain, begun), slips))
    return np.where(_are_short_forms(mine, other), np.maximum(alike, _SHORT_FORM), alike)


def _are_short_forms(mine: list[str], other: list[str]) -> NDArray[np.bool_]:
    """Whether one word is what people called by the other are called, too."""
    groups = [(GROUPS_OF.get(one), GROUPS_OF.get(two)) for one, two in zip(mine, other, strict=True)]
    return np.array([bool(one and two and one & two) for one, two in groups], dtype=bool)
