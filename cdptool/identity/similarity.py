"""
How alike two values are, from 0 to 1: what `near(field, 0.88)` asks, answered as the field's type sees its values.

Names, addresses and texts are compared word by word in any order (Jaro–Winkler of the words that fit best), numbers
that identify by the digits one would have to change. The answer does not depend on which value comes first.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from cdptool.matching.nicknames import GROUPS_OF
from cdptool.matching.values import Ids, Values

Alike = NDArray[np.float64]
WORDED: Final = ("person_name", "text", "address")
SPELT: Final = ("identifier", "phone", "postcode", "date", "email")
_MOST_WORDS: Final = 12
_LEAST_OF_WORDS: Final = 0.75  # words less alike than this are different words
_INITIAL: Final = 0.9
_PART_LEFT_OUT: Final = 0.95
_SHORT_FORM: Final = 0.95
_NATIONAL: Final = 9  # digits of a number without its country
_ONE_SLIP_OF_A_PHONE: Final = 0.92
_ONE_SLIP_OF_A_DATE: Final = 0.9
_AT_ONCE: Final = 100_000


def similarity(kind: str, values: Values, left: Ids, right: Ids) -> Alike:
    """
    How alike the values of each pair are; every different pair is looked at once.

    Args:
        kind: A field type of WORDED or SPELT.
        values: The column of match keys.
        left, right: Value numbers, none of them missing.

    >>> from cdptool.matching.values import encoded
    >>> def near(kind, one, other):
    ...     values = encoded(pl.Series([one, other]))
    ...     return round(float(similarity(kind, values, values.ids[:1], values.ids[1:])[0]), 2)
    >>> near("person_name", "hoa nguyen thu", "nguyen thu hoa"), near("person_name", "hoa thu", "nam tran")
    (1.0, 0.0)
    >>> near("person_name", "j smith", "john smith"), near("phone", "+84912345678", "+84912345687")
    (0.97, 0.92)
    """
    if not len(left):
        return np.zeros(0)
    codes = np.minimum(left, right).astype(np.int64) * len(values.texts) + np.maximum(left, right)
    distinct, back = np.unique(codes, return_inverse=True)
    found = np.ones(len(distinct))
    rows = np.flatnonzero(distinct // len(values.texts) != distinct % len(values.texts))
    judge = _JUDGES[kind]
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        pair = pl.DataFrame(
            {
                "one": values.of(distinct[part] // len(values.texts)),
                "other": values.of(distinct[part] % len(values.texts)),
            }
        )
        # By the texts themselves: value numbers are not the same from bucket to bucket.
        found[part] = judge(
            pair.select(a=pl.min_horizontal("one", "other"), b=pl.max_horizontal("one", "other"))
        )
    return found[back]


def _spelling(pair: pl.DataFrame) -> Alike:
    """One less the share of characters that differ; two neighbours swapped are one slip."""
    a, b = pair["a"].to_list(), pair["b"].to_list()
    return np.asarray(process.cpdist(a, b, scorer=OSA.normalized_similarity, dtype=np.float64))


def _days(pair: pl.DataFrame) -> Alike:
    """Dates as they are spelt; day and month in the other order are one slip."""
    a, b = pl.col("a"), pl.col("b")
    other_way = pl.concat_str(b.str.head(5), b.str.slice(8, 2), pl.lit("-"), b.str.slice(5, 2))
    turned = pair.select(a == other_way).to_series()
    return np.where(turned.to_numpy(), _ONE_SLIP_OF_A_DATE, _spelling(pair))


def _numbers(pair: pl.DataFrame) -> Alike:
    """Phones as they are spelt; those that differ in nothing but the country before the number are one slip apart."""
    end = pl.col("a").str.tail(_NATIONAL) == pl.col("b").str.tail(_NATIONAL)
    is_long = pl.min_horizontal(pl.col("a", "b").str.len_bytes()) >= _NATIONAL
    ends_alike = pair.select(end & is_long).to_series().to_numpy()
    return np.where(ends_alike, np.maximum(_ONE_SLIP_OF_A_PHONE, _spelling(pair)), _spelling(pair))


def _names(pair: pl.DataFrame) -> Alike:
    """Words, of which one may be the short form of the other."""
    return _words(pair, may_be_short=True)


def _words(pair: pl.DataFrame, *, may_be_short: bool = False) -> Alike:
    """The words that fit best, each used once; a part left out costs little where two words are left."""
    listed = [pair[end].str.split(" ").list.head(_MOST_WORDS) for end in ("a", "b")]
    table = pl.concat([words.explode() for words in listed]).unique().sort()
    numbers = [_matrix(words, table) for words in listed]
    lengths = np.append(table.str.len_chars().to_numpy().astype(np.float64), 0.0)
    alike = _word_pairs(table, numbers[0], numbers[1], may_be_short)
    mine, other = (lengths[side] for side in numbers)
    both, of_mine, of_other = (np.zeros(len(pair)) for _ in range(3))
    rows = np.arange(len(pair))
    for _ in range(min(alike.shape[1:])):
        i, j = np.divmod(alike.reshape(len(pair), -1).argmax(axis=1), alike.shape[2])
        best = alike[rows, i, j]
        both += best * (mine[rows, i] + other[rows, j])
        of_mine += best * mine[rows, i]
        of_other += best * other[rows, j]
        alike[rows, i, :] = 0
        alike[rows, :, j] = 0
    total, of_both = mine.sum(1), other.sum(1)
    whole = both / np.maximum(total + of_both, 1)
    # The shorter name has its words in the longer one.
    n_words = [(side < len(table)).sum(1) for side in numbers]
    within_a = np.where((n_words[0] >= 2) & (total <= of_both), of_mine / np.maximum(total, 1), 0)
    within_b = np.where((n_words[1] >= 2) & (of_both <= total), of_other / np.maximum(of_both, 1), 0)
    return np.asarray(np.maximum(whole, _PART_LEFT_OUT * np.maximum(within_a, within_b)))


def _matrix(words: pl.Series, table: pl.Series) -> NDArray[np.int64]:
    """The numbers of each text's words, filled up with the number after the last."""
    counts = words.list.len().to_numpy()
    filled = np.full((len(words), max(int(counts.max(initial=0)), 1)), len(table), dtype=np.int64)
    is_word = np.arange(filled.shape[1]) < counts[:, None]
    filled[is_word] = table.search_sorted(words.explode()).to_numpy()
    return filled


def _word_pairs(
    table: pl.Series, left: NDArray[np.int64], right: NDArray[np.int64], may_be_short: bool
) -> Alike:
    """Pair × word × word: how alike, 0 where there is no word or another one."""
    codes = left[:, :, None] * (len(table) + 1) + right[:, None, :]
    distinct, back = np.unique(codes, return_inverse=True)
    one, other = distinct // (len(table) + 1), distinct % (len(table) + 1)
    found = np.zeros(len(distinct))
    rows = np.flatnonzero((one < len(table)) & (other < len(table)))
    a, b = table.gather(one[rows]), table.gather(other[rows])
    alike = process.cpdist(a.to_list(), b.to_list(), scorer=JaroWinkler.similarity, dtype=np.float64)
    first = a.str.head(1) == b.str.head(1)
    is_initial = (first & ((a.str.len_chars() == 1) | (b.str.len_chars() == 1)) & (a != b)).to_numpy()
    alike = np.where(is_initial, _INITIAL, np.where(alike >= _LEAST_OF_WORDS, alike, 0.0))
    if may_be_short:
        alike = np.where(_are_short_forms(a.to_list(), b.to_list()), np.maximum(alike, _SHORT_FORM), alike)
    found[rows] = alike
    return found[back].reshape(codes.shape)


def _are_short_forms(mine: list[str], other: list[str]) -> NDArray[np.bool_]:
    """Whether one word is what people called by the other are called, too."""
    groups = [(GROUPS_OF.get(one), GROUPS_OF.get(two)) for one, two in zip(mine, other, strict=True)]
    return np.array([bool(one and two and one & two) for one, two in groups], dtype=bool)


_JUDGES: Final = {
    "person_name": _names,
    "text": _words,
    "address": _words,
    "date": _days,
    "phone": _numbers,
    **dict.fromkeys(("identifier", "postcode", "email"), _spelling),
}
