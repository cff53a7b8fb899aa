"""Texts as numbers, in the one convention (decimal mark, sign of money) that most texts of a column follow."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

PLAIN: Final = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
WHOLE: Final = r"^[+-]?\d+$"
COMMA: Final = r"^[+-]?\d+,\d+$"
THOUSANDS_COMMA: Final = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
THOUSANDS_DOT: Final = r"^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$"
THOUSANDS_SPACE: Final = r"^[+-]?\d{1,3}([ \u{a0}\u{202f}']\d{3})+([.,]\d+)?$"
DECORATION: Final = r"(?i)^(?:[$€£¥₫]|usd|eur|gbp|vnd)\s?|\s?(?:[$€£¥₫%]|đ|usd|eur|gbp|vnd)$"


class FigureReading(NamedTuple):
    """Per text its number (NaN = none); how many decimals are usual; whether all look like codes, not amounts."""

    values: NDArray[np.float64]
    n_decimals: int
    uses_comma: bool
    is_whole: bool


def read_figures(texts: pl.Series, counts: NDArray[np.int64]) -> FigureReading:
    """
    Read stripped texts as numbers; what follows another convention than most is no number.

    >>> read_figures(pl.Series(["1.5", "2", "1,200.0", "7,25"]), np.array([5, 5, 1, 1])).values.tolist()
    [1.5, 2.0, 1200.0, nan]
    """
    bare = _without_decoration(texts, counts)
    comma = bare.str.contains(COMMA).to_numpy()
    thousands_comma = bare.str.contains(THOUSANDS_COMMA).to_numpy()
    dotted = bare.str.contains(r"^[+-]?\d*\.\d+$").to_numpy()
    thousands_dot = bare.str.contains(THOUSANDS_DOT).to_numpy()
    only_comma = int(counts[comma & ~thousands_comma].sum())
    only_dot = int(counts[dotted & ~thousands_dot].sum())
    is_dot_grouped = (
        not only_dot and int(counts[thousands_dot].sum()) > 0.5 * counts.sum() and _has_two_groups(bare)
    )
    uses_comma = only_comma > only_dot or is_dot_grouped
    values = _parsed(bare, uses_comma)
    values = _without_rare_grouping(values, bare, counts)
    return FigureReading(
        values, _usual_decimals(bare, counts, uses_comma), uses_comma, _is_whole(values, counts)
    )


def _without_decoration(texts: pl.Series, counts: NDArray[np.int64]) -> pl.Series:
    """Signs of money and per cent are taken off where at least a tenth of the cells has them, else they are odd."""
    decorated = texts.str.contains(DECORATION).to_numpy() & texts.str.contains(r"\d").to_numpy()
    if counts[decorated].sum() < 0.1 * counts.sum():
        return texts
    return texts.str.replace(DECORATION, "").str.replace(DECORATION, "").str.strip_chars()


def _has_two_groups(texts: pl.Series) -> bool:
    return bool(texts.str.contains(r"^[+-]?\d{1,3}(\.\d{3}){2,}").any())


def _parsed(texts: pl.Series, uses_comma: bool) -> NDArray[np.float64]:
    mark, group = (",", r"[. \u{a0}\u{202f}']") if uses_comma else (".", r"[, \u{a0}\u{202f}']")
    good = (
        (COMMA, THOUSANDS_DOT, THOUSANDS_SPACE, WHOLE)
        if uses_comma
        else (PLAIN, THOUSANDS_COMMA, THOUSANDS_SPACE)
    )
    is_number = texts.str.contains("|".join(good))
    plain = texts.str.replace_all(group, "").str.replace(mark, ".", literal=True)
    values = pl.DataFrame({"text": plain, "ok": is_number}).select(
        pl.when("ok").then("text").cast(pl.Float64, strict=False)
    )
    numbers = values.to_series().fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _without_rare_grouping(
    values: NDArray[np.float64], texts: pl.Series, counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Where nearly all large numbers stand without separators, one with them is in another format."""
    is_large = np.abs(np.nan_to_num(values)) >= 1000
    is_grouped = (
        is_large
        & texts.str.contains(r"\d[, '.\u{a0}]\d{3}").to_numpy()
        & ~texts.str.contains(PLAIN).to_numpy()
    )
    n_large, n_grouped = int(counts[is_large].sum()), int(counts[is_grouped].sum())
    if n_grouped and n_large >= 20 and n_grouped <= 0.05 * n_large:
        return np.where(is_grouped, np.nan, values)
    return values


def _usual_decimals(texts: pl.Series, counts: NDArray[np.int64], uses_comma: bool) -> int:
    part = (
        texts.str.extract(r"[,](\d+)$" if uses_comma else r"[.](\d+)$")
        .str.len_chars()
        .fill_null(0)
        .to_numpy()
    )
    if not len(part):
        return 0
    order = np.argsort(part, kind="stable")
    reached = np.cumsum(counts[order])
    return int(part[order][np.searchsorted(reached, 0.98 * reached[-1])])


def _is_whole(values: NDArray[np.float64], counts: NDArray[np.int64]) -> bool:
    known = ~np.isnan(values)
    whole = known & (values == np.round(values))
    return bool(counts[whole].sum() >= 0.99 * max(counts[known].sum(), 1))
