"""
Whether the first row of a file names its columns, or is a row like those below it.

A first row that is taken for names is a customer lost without a word; so its cells are held against the columns
below them. Years and days across the top are names, as in a table of months.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

_DATA: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)*\Z|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?\Z")
_ANY_DATA: Final = r"^\s*(?:[+-]?\d+(?:[.,]\d+)*|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?)\s*$"
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}\Z")
_PERIOD: Final = re.compile(r"(?:19|20)\d\d(?:[-/.]\d{1,2}){0,2}\Z|\d{1,2}[-/.](?:19|20)\d\d\Z")
_NUMBERED: Final = re.compile(r"column_\d+\Z")
_LEAST_SIGNS: Final = 2
_MOST_ROWS: Final = 2000


def is_data(text: str) -> bool:
    """
    Whether a text is a value on its face: an e-mail, a number, a date.

    >>> [is_data(text) for text in ("an@x.vn", "0901", "2026-01-31 10:00", "Total", "Q1")]
    [True, True, True, False, False]
    """
    return bool(_EMAIL.match(text) or _DATA.match(text))


def is_row(names: tuple[str, ...], texts: pl.DataFrame) -> bool:
    """
    Whether what was taken for names is a row.

    Args:
        names: The first row, as it was taken for names (`column_3` where a cell is empty).
        texts: The rows below it: a column (String) for each name.

    >>> texts = pl.DataFrame({"17": ["18", "19"], "Huế": ["Vinh", "Huế"]})
    >>> is_row(("17", "Huế"), texts), is_row(("no", "city"), texts.rename({"17": "no", "Huế": "city"}))
    (True, False)
    """
    named = [name for name in names if not _NUMBERED.match(name)]
    if not named:
        return False  # a row of empty cells
    if any(_EMAIL.match(name) for name in named):
        return True
    periods = [name for name in named if _PERIOD.match(name)]
    if len(periods) > 1 and len(set(periods)) == len(periods) and len(periods) < len(named):
        return False
    if sum(map(is_data, named)) * 2 > len(named):
        return True
    rows = texts.head(_MOST_ROWS)
    if any(_names_numbers(name, rows[name]) for name in named):
        return False
    is_repeated = rows.height and rows.filter(pl.all_horizontal(pl.col(n) == n for n in named)).height
    signs = sum(_stands_among(name, rows[name]) for name in named)
    return not is_repeated and signs >= _LEAST_SIGNS


def _share_of_data(cells: pl.Series) -> float:
    filled = cells.drop_nulls()
    return float(filled.str.contains(_ANY_DATA).sum()) / len(filled) if len(filled) else 0.0


def _names_numbers(name: str, cells: pl.Series) -> bool:
    """A word above numbers."""
    return not is_data(name) and len(cells) > 1 and _share_of_data(cells) > 0.95


def _stands_among(name: str, cells: pl.Series) -> bool:
    """A number above numbers, or a text that the column holds too."""
    if is_data(name):
        return not _PERIOD.match(name) and _share_of_data(cells) > 0.95
    return bool((cells == name).any())
