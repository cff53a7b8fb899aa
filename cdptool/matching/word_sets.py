"""Texts of several words as sets of words, each with how much it tells."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.values import Ids, Rows, Values, encoded

_MOST: Final = 8  # words of a value, the most telling


class Words:
    """
    The words of every value with how much each tells, so that texts of several words are compared as sets.

    `ids`: value × place, the word there (from 1, 0 for none), the most telling first. `bits`: how much it tells.
    `total`: how much all words of a value tell.
    """

    def __init__(self, values: Values) -> None:
        listed = values.texts.str.split(" ")
        owners = np.repeat(np.arange(len(listed)), listed.list.len().to_numpy())
        words = encoded(listed.explode())
        n_words = max(len(words.texts), 1)
        owners, numbers = _each_once(owners, words.ids, n_words)
        bits = _bits(
            values, words.texts, np.bincount(numbers, values.counts[owners], n_words).astype(np.int64)
        )
        order = np.lexsort((words.texts.rank("ordinal").to_numpy(), -bits))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        owners, places = _each_once(owners, rank[numbers], n_words)
        told = bits[order][places]
        self.total = np.bincount(owners, told, len(listed))
        starts = np.searchsorted(owners, np.arange(len(listed)))
        place = np.arange(len(owners)) - starts[owners]
        kept = np.flatnonzero(place < _MOST)
        where = owners[kept], place[kept]
        self.ids = np.zeros((len(listed), int(where[1].max(initial=0)) + 1), dtype=np.int32)
        self.bits = np.zeros(self.ids.shape)
        self.ids[where], self.bits[where] = places[kept] + 1, told[kept]

    def shared(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """How many bits the words tell that both values hold."""
        found = np.zeros(len(left))
        theirs = np.take(self.ids, right, axis=0)
        for place in range(self.ids.shape[1]):
            word = np.take(self.ids[:, place], left)
            held = (theirs == word[:, None]).any(1) & (word != 0)
            found += np.where(held, np.take(self.bits[:, place], left), 0.0)
        return found


def _each_once(owners: Rows, numbers: Ids | Rows, below: int) -> tuple[Rows, Rows]:
    """The different pairs of a value and a number, in order; a number that is missing is none."""
    codes = np.compress(numbers >= 0, owners * below + numbers)
    codes.sort()
    codes = np.compress(np.append(True, codes[1:] != codes[:-1])[: len(codes)], codes)
    return codes // below, codes % below


def _bits(values: Values, words: pl.Series, held: Rows) -> NDArray[np.float64]:
    """How much each word tells, by how many records hold it, or held it when the saved model was learned."""
    if values.learned is None:
        n_known, counts = values.n_known, held[: len(words)]
    else:
        n_known, counts = values.learned.n_known, values.learned.held(words).to_numpy()
    return np.asarray(np.log2(n_known / counts + 1))
