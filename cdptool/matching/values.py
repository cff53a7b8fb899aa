"""
A column of match texts as small numbers: comparing, counting and blocking never touch a string again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.frequencies import Frequencies
from cdptool.matching.sorting import ordered_with_rows

Ids = NDArray[np.int32]
Rows = NDArray[np.int64]
Made = TypeVar("Made")
MISSING: Final = -1
_MANY: Final = 8  # one different value in so many


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """
    The different values of a column.

    `ids`: per record the number of its value, -1 where it has none. `texts`: the values by number (String).
    `counts`: how many records hold each. `learned`: how common they were when a saved model was learned.
    """

    ids: Ids
    texts: pl.Series
    counts: Rows
    learned: Frequencies | None = None
    _known: dict[Callable[[Values], Any], Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def n_known(self) -> int:
        """Records that hold a value."""
        return self.worked_out(_n_known)

    def worked_out(self, make: Callable[[Values], Made]) -> Made:
        """What `make` makes of these values, made once."""
        if make not in self._known:
            self._known[make] = make(self)
        made: Made = self._known[make]
        return made

    def hashes(self) -> NDArray[np.uint64]:
        """Per record a hash of its text, the same in every column; 0 where it has none."""
        return np.take(np.append(self.texts.hash().to_numpy(), np.uint64(0)), self.ids)

    def at(self, rows: Rows) -> pl.Series:
        """The texts of these records; null where one has none."""
        numbers = np.take(self.ids, rows)
        return self.texts.gather(pl.Series(numbers).set(pl.Series(numbers == MISSING), None).cast(pl.UInt32))

    def of(self, numbers: Ids | Rows) -> pl.Series:
        """The texts of these values."""
        return self.texts.gather(pl.Series(numbers, dtype=pl.UInt32))


def _n_known(values: Values) -> int:
    return int(values.counts.sum())


def encoded(texts: pl.Series) -> Values:
    """
    Number the different texts of a column; null and the empty text are no value.

    >>> values = encoded(pl.Series(["an", None, "binh", "an"]))
    >>> values.ids.tolist() in ([0, -1, 1, 0], [1, -1, 0, 1]), sorted(values.counts.tolist())
    (True, [1, 2])
    """
    ids, firsts, counts = _numbered(texts)
    if len(firsts) > len(texts) // _MANY:
        texts = texts.rechunk()  # to pick many texts here and there out of several chunks is twice as dear
    return Values(ids, texts.gather(firsts), counts)


def _numbered(texts: pl.Series) -> tuple[Ids, Rows, Rows]:
    """Per record the number of its text; per number the first record that holds it, and how many do."""
    is_known = (texts != "").fill_null(False)
    wanted = None if is_known.all() else is_known.to_numpy()
    ordered, order = ordered_with_rows(texts.hash().to_numpy(), wanted)
    fresh = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
    starts = np.flatnonzero(fresh)
    counts = np.diff(np.append(starts, len(order)))
    ids = np.full(len(texts), MISSING, dtype=np.int32)
    ids[order] = np.repeat(np.arange(len(starts), dtype=np.int32), counts)
    return ids, np.take(order, starts), counts


def recoded(values: Values, texts: pl.Series) -> Values:
    """The column whose value is a function of another's: `texts` says, value by value, what each becomes."""
    return _spread(texts, values.ids, values.counts)


def recoded_values(values: Values, texts: pl.Series) -> tuple[Ids, Rows]:
    """The same by number, without the texts: what each value becomes, and how many records hold each of these."""
    short, firsts, _ = _numbered(texts)
    return short, _held(short, len(firsts), values.counts)


def spread(texts: pl.Series, numbers: Ids) -> Values:
    """The column whose value is, record by record, the text of this number; of none where the number is -1."""
    return _spread(texts, numbers, np.bincount(numbers + 1, minlength=len(texts) + 1)[1:])


def _spread(texts: pl.Series, numbers: Ids, counts: Rows) -> Values:
    """`counts`: in how many records each number stands."""
    short = encoded(texts)
    ids = np.take(np.append(short.ids, np.int32(MISSING)), numbers)  # the last one for those without a number
    return Values(ids, short.texts, _held(short.ids, len(short.texts), counts))


def _held(short: Ids, n_texts: int, counts: Rows) -> Rows:
    """In how many records each text stands, by the number of each value's and by how many hold that value."""
    return np.bincount(short + 1, weights=counts, minlength=n_texts + 1)[1:].astype(np.int64)
