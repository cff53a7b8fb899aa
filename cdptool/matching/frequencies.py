"""
How common values and words were when a model was learned: what makes a pair weigh the same the next time.

Nothing readable is kept, only hashes, and of those only the values that are more common than one that a single
record holds: for all others (nearly every e-mail and telephone number) it is enough that they are not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.ids import hashes

COMMON: Final = {"hash": pl.Int64(), "bin": pl.UInt8()}
WORDS: Final = {"hash": pl.Int64(), "held": pl.Int64()}


@dataclass(frozen=True, slots=True, eq=False)
class Frequencies:
    """
    Of one field, `n_known`: the records that held a value; `alone`: the bin of a value that one record held, or none.

    `common`: the other values (COMMON, by hash). `words`: the words that several records held (WORDS, by hash; empty
    where the field is not compared by words).
    """

    n_known: int
    alone: int
    common: pl.DataFrame
    words: pl.DataFrame

    def bins(self, texts: pl.Series) -> NDArray[np.uint8]:
        """How common each of these values was."""
        found = _looked_up(hashes("value", texts), self.common, self.alone)
        return found.cast(pl.UInt8).to_numpy()

    def held(self, words: pl.Series) -> pl.Series:
        """How many records held each of these words; 1 where none or one did. Int64."""
        return _looked_up(hashes("word", words), self.words, 1).cast(pl.Int64)


def _looked_up(wanted: pl.Series, known: pl.DataFrame, default: int) -> pl.Series:
    name = known.columns[1]
    joined = wanted.alias("hash").to_frame().join(known, on="hash", how="left", maintain_order="left")
    return joined[name].fill_null(default)


def counted(
    texts: pl.Series, counts: NDArray[np.int64], bins: NDArray[np.uint8], alone: int, *, has_words: bool
) -> Frequencies:
    """
    The frequencies of a field as they are now.

    Args:
        texts: Its different values.
        counts: How many records hold each.
        bins: How common each is.
        alone: The bin of a value that one record holds.
        has_words: Whether the field is compared word by word.

    >>> now = counted(pl.Series(["an", "binh"]), np.array([9, 1]), np.array([0, 1], dtype=np.uint8), 1, has_words=True)
    >>> now.bins(pl.Series(["binh", "an", "chi"])).tolist(), now.held(pl.Series(["an", "chi"])).to_list()
    ([1, 0, 1], [9, 1])
    """
    listed = np.flatnonzero(bins != alone)
    values = texts.gather(pl.Series(listed, dtype=pl.UInt32))
    common = pl.DataFrame({"hash": hashes("value", values), "bin": bins[listed]}, schema=COMMON)
    words = pl.DataFrame(schema=WORDS)
    if has_words:
        held = words_held(texts, counts).filter(pl.col("held") > 1)
        words = held.select(hashes("word", held["word"]).alias("hash"), pl.col("held").cast(pl.Int64))
    return Frequencies(int(counts.sum()), alone, common.sort("hash"), words.sort("hash"))


def words_held(texts: pl.Series, counts: NDArray[np.int64]) -> pl.DataFrame:
    """`word`, `held`: how many records hold each word of these values."""
    listed = pl.DataFrame({"word": texts, "held": counts})
    spread = listed.with_columns(pl.col("word").str.split(" ").list.unique(maintain_order=True)).explode(
        "word"
    )
    return spread.group_by("word").agg(pl.col("held").sum())
