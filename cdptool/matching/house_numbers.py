"""
Addresses as texts of words whose numbers must agree: another house of the street is another address.

Most words of two houses of one street are the same, and nearly all of their letters. So where both texts hold numbers
and share none of them, they are no nearer than texts with a few words in common, unless the number is one slip away.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from cdptool.matching.levels import Levels, words
from cdptool.matching.values import Rows, Values

_FEW_WORDS: Final = 1  # the level
_MOST: Final = 4  # numbers of an address: of a flat, a house, and a lane or two
_LONG: Final = 3  # digits, of which one may be a slip
_NONE: Final = -1


def addresses(values: Values, left: Rows, right: Rows) -> Levels:
    """As `words`; 1 at most where both hold numbers and none of the one is, or nearly is, one of the other."""
    levels = words(values, left, right)
    near = np.flatnonzero(levels > _FEW_WORDS)
    numbers = values.worked_out(numbers_of)
    mine, other = (np.take(numbers, side[near], axis=0) for side in (left, right))
    shared = np.zeros(len(near), dtype=bool)
    for place in range(_MOST):
        shared |= ((mine[:, place, None] == other) & (other != _NONE)).any(axis=1)
    unlike = ~shared & (mine[:, 0] != _NONE) & (other[:, 0] != _NONE)
    unlike[unlike] = ~_are_slips(mine[unlike, 0], other[unlike, 0])
    levels[near[unlike]] = _FEW_WORDS
    return levels


def numbers_of(values: Values) -> NDArray[np.int32]:
    """
    Value × place: the first numbers of every text, -1 for none; a numbered street (`79th`) is a name.

    >>> from cdptool.matching.values import encoded
    >>> numbers_of(encoded(pl.Series(["flat 3 12a 79th street"]))).tolist()
    [[3, 12, -1, -1]]
    """
    found = values.texts.str.replace_all(r"\d+(?:st|nd|rd|th)\b", "").str.extract_all(r"\d{1,9}")
    columns = [
        found.list.get(place, null_on_oob=True).cast(pl.Int32, strict=False).fill_null(_NONE)
        for place in range(_MOST)
    ]
    return np.stack([column.to_numpy() for column in columns], axis=1)


def _are_slips(mine: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether two long numbers are one slip apart."""
    is_long = np.minimum(mine, other) >= 10 ** (_LONG - 1)
    some = np.flatnonzero(is_long)
    a, b = (pl.Series(side[some]).cast(pl.String).to_list() for side in (mine, other))
    slips = process.cpdist(a, b, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
    is_long[some] = slips <= 1
    return np.asarray(is_long)
