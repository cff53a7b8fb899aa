"""
Ages as whole years: of one person they differ by as much as lies between two records, and by a year that was not full.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.values import Rows, Values

_OF_A_BABY: Final = r"(?i)^\D*\d+\s*(?:m|mo|mth|months?|w|wk|weeks?|d|days?)\.?$"
_OLDEST: Final = 120
_YEARS: Final = (1500, 2099)  # of birth
_UNREAD: Final = 10_000  # apart from every age
_CLOSE: Final = 1
_NOT_FAR: Final = 5


def age_texts(texts: pl.Series) -> pl.Series:
    """
    Whole years, or the year of birth; null where neither can be read.

    >>> age_texts(pl.Series(["34", " 07 yrs", "6 m", "41.0", "adult", "300", "1984"])).to_list()
    ['34', '7', '0', '41', None, None, '1984']
    """
    years = texts.str.extract(r"(\d{1,4})").cast(pl.Int32, strict=False)
    whole = years.set(texts.str.contains(_OF_A_BABY).fill_null(False), 0)
    is_none = (whole > _OLDEST) & ~whole.is_between(*_YEARS)
    return whole.set(is_none.fill_null(False), None).cast(pl.String)


def ages(values: Values, left: Rows, right: Rows) -> NDArray[np.uint8]:
    """1 = some years apart, 2 = one year."""
    apart = _apart(values, left, right)
    return ((apart <= _NOT_FAR).astype(np.uint8) + (apart <= _CLOSE)).astype(np.uint8)


def near_ages(values: Values, left: Rows, right: Rows) -> Rows:
    """The pairs that `ages` gives a level."""
    return np.flatnonzero(_apart(values, left, right) <= _NOT_FAR)


def _apart(values: Values, left: Rows, right: Rows) -> NDArray[np.int32]:
    years = values.worked_out(_years)
    return np.asarray(np.abs(np.take(years, left) - np.take(years, right)))


def _years(values: Values) -> NDArray[np.int32]:
    """Per value its years; those that are none lie apart from all."""
    read = values.texts.cast(pl.Int32, strict=False)
    unread = pl.Series(np.arange(1, len(read) + 1, dtype=np.int32) * _UNREAD)
    return pl.select(pl.coalesce(read, unread)).to_series().to_numpy()
