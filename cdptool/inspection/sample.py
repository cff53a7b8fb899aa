"""The different texts of a column, how often each stands there, and what share of them a field type reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.fields import FieldOptions, field_type
from cdptool.fields.folding import clean, is_placeholder

MOST_TEXTS: Final = 2_000
_ENOUGH: Final = 8 * MOST_TEXTS


@dataclass(frozen=True, slots=True)
class Sample:
    """
    What a column holds: `texts` (String, different from each other, clean) and `counts` of their rows.

    Empty texts and placeholders (`n/a`, `-`) are left out. `n_rows` and `n_distinct` speak of the whole column,
    `texts` of at most MOST_TEXTS, picked evenly in the order of the file.
    """

    texts: pl.Series
    counts: pl.Series
    n_rows: int
    n_distinct: int

    def share(self, verdicts: pl.Series) -> float:
        """The share of the sampled rows for which this is true."""
        total = int(self.counts.sum())
        return float(self.counts.filter(verdicts.fill_null(False)).sum()) / total if total else 0.0

    def matching(self, pattern: str) -> float:
        """The share of rows whose text matches."""
        return self.share(self.texts.str.contains(pattern))

    def few(self, n: int) -> Sample:
        """At most so many of its texts."""
        step = max(1, len(self.texts) // n)
        return Sample(
            self.texts.gather_every(step), self.counts.gather_every(step), self.n_rows, self.n_distinct
        )


def sample_of(texts: pl.Series) -> Sample:
    """
    The sample of a column (String).

    >>> sample_of(pl.Series(["a", " a", "", "n/a", None, "b"])).texts.to_list()
    ['a', 'b']
    """
    tidy = clean(texts.cast(pl.String).drop_nulls()).alias("text")
    tidy = tidy.filter((tidy.str.len_bytes() > 0) & ~is_placeholder(tidy))
    counted = tidy.to_frame().group_by("text", maintain_order=True).agg(n=pl.len())
    step = -(-len(counted) // MOST_TEXTS) or 1
    some = counted.gather_every(step)
    return Sample(some["text"], some["n"], len(tidy), len(counted))


def sample_of_counted(texts: pl.Series, counts: NDArray[np.int64]) -> Sample:
    """
    The sample of a column by its different texts (String, no nulls) and how many rows hold each.

    Of very many texts some say how many of all are none or a placeholder.

    >>> sample_of_counted(pl.Series(["a", " a", "n/a", "b"]), np.array([1, 2, 9, 4])).counts.to_list()
    [3, 4]
    """
    step = len(texts) // _ENOUGH + 1
    some = pl.DataFrame({"text": clean(texts.gather_every(step)), "n": counts[::step]})
    told = some.filter((pl.col("text") != "") & ~is_placeholder(some["text"]))
    counted = told.group_by("text", maintain_order=True).agg(pl.col("n").sum())
    share = int(counted["n"].sum()) / max(int(some["n"].sum()), 1)
    picked = counted.gather_every(-(-len(counted) // MOST_TEXTS) or 1)
    n_rows, n_distinct = round(share * int(counts.sum())), len(counted)
    if step > 1:
        n_distinct = round(len(texts) * len(counted) / len(some))
    return Sample(picked["text"], picked["n"], n_rows, n_distinct)


def valid_share(sample: Sample, kind: str, options: FieldOptions) -> float:
    """The share of rows that a type reads; what it takes for a placeholder counts for nothing, either way."""
    read = field_type(kind).read(sample.texts, options)
    nothing = read.flaws.filter(pl.col("verdict") == "placeholder")["row"]
    weights = sample.counts.cast(pl.Int64).clone()
    if len(nothing):
        weights = weights.scatter(nothing, 0)
    total = int(weights.sum())
    valid = int(weights.filter(read.values.is_not_null()).sum())
    return valid / total if total else 0.0
