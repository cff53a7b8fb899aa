"""Names of several words: which have a telling word in common, told by the numbers of the words."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.values import Ids, Rows, Values, encoded

_MOST: Final = 8  # words of a name, the first
_EVERYONES: Final = 0.05
_FEW: Final = 10


class NameWords:
    """
    The words of every name, in their order.

    `ids`: name × place, the number of the word there, -1 for none. `texts`: the words by number (String). `is_everyones`:
    by number, whether a word stands in so many names (Thị, de, J) that two with it in common have nothing in common.
    """

    def __init__(self, values: Values) -> None:
        listed = values.texts.str.split(" ")
        sizes = listed.list.len().to_numpy().astype(np.int64)
        words = encoded(listed.explode())
        names = np.repeat(np.arange(len(sizes)), sizes)
        places = np.arange(len(names)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        kept = np.flatnonzero(places < _MOST)
        self.texts = words.texts
        self.ids: Ids = np.full((len(sizes), min(int(sizes.max(initial=1)), _MOST)), -1, dtype=np.int32)
        self.ids[names[kept], places[kept]] = words.ids[kept]
        several = np.flatnonzero((np.take(sizes, names) > 1) & (words.ids >= 0))
        held = np.bincount(words.ids[several], values.counts[names[several]], len(words.texts))
        self.is_everyones = held > max(_EVERYONES * values.n_known, _FEW)

    def shared(self, left: Rows, right: Rows) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """
        Whether two names have a word in common, and whether one of them begins with such a word.

        A word of everyone's counts only where one of the names is nothing else.
        """
        mine, other = np.take(self.ids, left, axis=0), np.take(self.ids, right, axis=0)
        counts = np.append(~self.is_everyones, False)  # the last for -1
        is_single = (mine[:, 1:2] < 0).all(1) | (other[:, 1:2] < 0).all(1)
        share = np.zeros(len(left), dtype=bool)
        begins = np.zeros(len(left), dtype=bool)
        for place in range(self.ids.shape[1]):
            word = mine[:, place]
            same = (other == word[:, None]) & (word >= 0)[:, None]
            same &= (is_single | np.take(counts, word))[:, None]
            share |= same.any(1)
            begins |= same.any(1) if place == 0 else same[:, 0]
        return share, begins

    def first(self, names: Rows) -> pl.Series:
        """The first word of each of these names."""
        return self.texts.gather(pl.Series(self.ids[names, 0], dtype=pl.UInt32))
