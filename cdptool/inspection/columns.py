"""
A column as the fault finders see it: its distinct texts, what each could mean, and what most of them are.

Everything is worked out once per distinct text. `codes` leads from a row to its text, so that a judgement on texts
becomes one on rows. The kind of a column is what nearly all of its filled cells agree on, faults notwithstanding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.inspection.dates import DateReading, read_dates
from cdptool.inspection.figures import FigureReading, read_figures
from cdptool.inspection.headings import has_hint

Kind = Literal["empty", "number", "date", "email", "phone", "postcode", "words", "code", "text"]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

PLACEHOLDERS: Final = frozenset(
    [
        "-",
        "--",
        "---",
        ".",
        "..",
        "...",
        "?",
        "??",
        "???",
        "n/a",
        "na",
        "n.a.",
        "n.a",
        "#n/a",
        "nan",
        "null",
        "nil",
        "none",
        "(null)",
        "<null>",
        "undefined",
        "unknown",
        "unbekannt",
        "inconnu",
        "desconocido",
        "missing",
        "empty",
        "tbd",
        "x",
        "xx",
        "xxx",
        "void",
        "not",
        "available",
        "not",
        "applicable",
        "không",
        "chưa",
        "rõ",
    ]
) | {"not available", "not applicable", "không có", "chưa rõ"} - {"not", "available", "applicable"}
MOST: Final = 0.85  # of the filled cells must agree before a column is of a kind
EMAIL: Final = r"@"
PHONE: Final = r"^\+?[\d\s().\-/]{5,24}$"


@dataclass(frozen=True)
class Column:
    """One column: `texts` (distinct, most frequent first), their `counts`, and per row the text's place or -1."""

    name: str
    texts: pl.Series
    counts: Rows
    codes: Rows

    @property
    def n_rows(self) -> int:
        return len(self.codes)

    @cached_property
    def stripped(self) -> pl.Series:
        return self.texts.str.strip_chars()

    @cached_property
    def n_filled(self) -> int:
        return int(self.counts.sum())

    @cached_property
    def is_placeholder(self) -> Mask:
        """Per text: whether it stands for nothing."""
        return self.stripped.str.to_lowercase().is_in(list(PLACEHOLDERS)).to_numpy()

    @cached_property
    def n_meant(self) -> int:
        """Rows that are filled with something other than a placeholder."""
        return int(self.counts[~self.is_placeholder].sum())

    @cached_property
    def figures(self) -> FigureReading:
        return read_figures(self.stripped, self.counts)

    @cached_property
    def dates(self) -> DateReading:
        return read_dates(self.stripped, self.counts, is_hinted=has_hint(self.name, "date"))

    @cached_property
    def has_digit(self) -> Mask:
        return self.stripped.str.contains(r"\d").to_numpy()

    @cached_property
    def has_letter(self) -> Mask:
        return self.stripped.str.contains(r"\p{L}").to_numpy()

    @cached_property
    def kind(self) -> Kind:
        return _kind_of(self)

    @cached_property
    def numbers(self) -> Floats:
        """Per row: the number, NaN where there is none."""
        return self.per_row(self.figures.values)

    @cached_property
    def days(self) -> Floats:
        """Per row: days since 1970-01-01 with the time as a fraction, NaN where there is no date."""
        return self.per_row(self.dates.days)

    def share(self, of_texts: Mask) -> float:
        """The share of the meant rows whose text is so."""
        return float(self.counts[of_texts & ~self.is_placeholder].sum()) / max(self.n_meant, 1)

    def per_row(self, of_texts: Floats) -> Floats:
        if not len(of_texts):
            return np.full(self.n_rows, np.nan)
        return np.where(self.codes >= 0, of_texts[self.codes], np.nan)

    def rows(self, of_texts: Mask) -> Rows:
        """The rows (from 0) whose text is so."""
        if not len(of_texts):
            return np.empty(0, np.int64)
        return np.flatnonzero((self.codes >= 0) & of_texts[self.codes])

    def mask(self, of_texts: Mask) -> Mask:
        chosen = np.zeros(self.n_rows, np.bool_)
        chosen[self.rows(of_texts)] = True
        return chosen


def read_column(name: str, texts: pl.Series) -> Column:
    """
    The column of these texts (String; blank cells count as empty).

    >>> column = read_column("n", pl.Series(["b", "a", None, "a", " "]))
    >>> column.texts.to_list(), column.codes.tolist(), column.kind
    (['a', 'b'], [1, 0, -1, 0, -1], 'words')
    """
    frame = pl.DataFrame({"text": texts.cast(pl.String)}).select(
        pl.when(pl.col("text").str.strip_chars() != "").then("text")
    )
    distinct = (
        frame.drop_nulls()
        .group_by("text")
        .agg(pl.len().alias("n"))
        .sort(["n", "text"], descending=[True, False])
        .with_row_index("code")
    )
    codes = frame.join(distinct, on="text", how="left", maintain_order="left")["code"]
    return Column(
        name,
        distinct["text"],
        distinct["n"].to_numpy().astype(np.int64),
        codes.cast(pl.Int64).fill_null(-1).to_numpy(),
    )


def _kind_of(column: Column) -> Kind:
    """What nearly all filled cells are; names decide only between kinds that the cells allow."""
    if column.n_meant == 0:
        return "empty"
    if column.share(column.stripped.str.contains(EMAIL).to_numpy()) >= 0.7:
        return "email"
    if has_hint(column.name, "phone") and column.share(_matches(column, PHONE)) >= 0.7:
        return "phone"
    if has_hint(column.name, "postcode") and column.share(column.has_digit) >= MOST:
        return "postcode"
    if column.dates.format is not None and column.share(~np.isnan(column.dates.days)) >= MOST:
        return "date"
    if column.share(~np.isnan(column.figures.values)) >= MOST:
        return "number"
    if column.share(_matches(column, r"^\+\d[\d\s().\-]{6,20}$")) >= 0.7:
        return "phone"
    if column.share(~column.has_digit & column.has_letter) >= 0.9:
        return "words"
    if column.share(_matches(column, r"^[\p{L}\d_\-./#:]*\d[\p{L}\d_\-./#:]*$")) >= 0.9:
        return "code"
    return "text"


def _matches(column: Column, pattern: str) -> Mask:
    return column.stripped.str.contains(pattern).to_numpy()


def shapes(texts: pl.Series) -> pl.Series:
    """
    The shape of each text: letters become `a`, digits `9`.

    >>> shapes(pl.Series(["AB-12", "é 7"])).to_list()
    ['aa-99', 'a 9']
    """
    return texts.str.replace_all(r"\p{L}", "a").str.replace_all(r"\d", "9")


def quoted(text: str) -> str:
    """A regular expression that matches exactly this text."""
    return re.escape(text)
