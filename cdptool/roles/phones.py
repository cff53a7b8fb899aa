"""
Telephone numbers as they are compared: the digits within their country, whatever is written before them.

One line is written +44 20 7946 0958, 0044 (0)20… and 020…: the country's code is dropped where `+` or `00` says that it
is there, and the zero that is dialled within the country is, too. A code that nothing announces, and a Vietnamese
number from before the renumbering, are read the other way only where that number stands in the column. So no country
need be known, and two numbers become one only when the column gives a reason.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.fields.folding import replaced
from cdptool.fields.phone_plans import junk_endings
from cdptool.fields.vietnamese_numbers import AREA_CODES, MOBILE_CODES

# The codes of countries and areas that ITU-T assigns (E.164); all others have three digits.
_CODE: Final = r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d\d)"
_EXTENSION: Final = r"(?i)\s*(?:x|ext|extn|extension|#|máy lẻ)\.?\s*\d+\s*$"
_FIRST_OF_SEVERAL: Final = r"^([^;,/]*\d[^;,/]{5,}\d)\s*[;,/]"
_WHOLE: Final = r"^\s*(\d+)\.0+\s*$"  # as spreadsheets write a whole number
_ROUNDED: Final = r"(?i)^\s*\d(?:[.,]\d*)?e\+?\d+\s*$"  # and a long one: its last digits are lost
_FEWEST_DIGITS: Final = 5
_FEWEST_WITHIN: Final = 7  # digits of a number whose code was taken off without being announced


def phone_texts(texts: pl.Series) -> pl.Series:
    """
    The digits of every number within its country; null where there are too few, or somebody leant on the keyboard.

    >>> phone_texts(pl.Series(["12125550187.0", "1.21256E+10"])).to_list()
    ['12125550187', None]
    >>> texts = ["+44 20 7946 0958", "020 7946 0958", "442079460958", "0044 (0)20 79460958", "no", None]
    >>> phone_texts(pl.Series(texts)).to_list()
    ['2079460958', '2079460958', '2079460958', '2079460958', None, None]
    """
    told = _told(texts)
    has_code = told.str.contains(r"^\+|^00[1-9]")
    bare = told.str.strip_chars_start("+")
    rows = has_code.arg_true()
    abroad = bare.gather(rows).str.replace(r"^00", "").str.replace(f"^{_CODE}", "")
    within = replaced(bare, rows, abroad).str.strip_chars_start("0")
    for other in (_old(within), _without_code(within, has_code)):
        within = pl.select(pl.when(other.is_in(within.implode())).then(other).otherwise(within)).to_series()
    is_nothing = (within.str.len_bytes() < _FEWEST_DIGITS) | within.str.slice(-7).is_in(
        junk_endings().implode()
    )
    return within.set(is_nothing, None)


def _told(texts: pl.Series) -> pl.Series:
    """The digits of the first number of each text, and a `+` before them."""
    rows = (~texts.str.contains(r"^\+?[0-9]+$")).arg_true()
    written = texts.gather(rows).str.replace(_WHOLE, "$1").str.replace(_ROUNDED, "")
    first = written.str.replace(_EXTENSION, "").to_frame("text")
    told = pl.coalesce(pl.col("text").str.extract(_FIRST_OF_SEVERAL), "text").str.replace_all(r"[^\d+]", "")
    told = told.str.replace_all(r"([^+])\++", "$1")
    return replaced(texts, rows, first.select(told).to_series())


def _without_code(within: pl.Series, has_code: pl.Series) -> pl.Series:
    """The numbers as if they began with the code of a country, null where that is out of the question."""
    rest = within.str.replace(f"^{_CODE}0?", "")
    return rest.set(has_code | (rest.str.len_bytes() < _FEWEST_WITHIN), None)


def _old(within: pl.Series) -> pl.Series:
    """The numbers as they are dialled today, if they are old ones of Vietnam; else null."""
    number = pl.col("number")
    todays = [
        pl.when(number.str.len_bytes().is_in(lengths)).then(
            number.str.head(width).replace_strict(codes, default=None, return_dtype=pl.String)
            + number.str.slice(width)
        )
        for codes, width, lengths in (
            (MOBILE_CODES, 3, (10,)),
            *((AREA_CODES, width, (width + 7, width + 8)) for width in (3, 2, 1)),
        )
    ]
    return within.to_frame("number").select(pl.coalesce(todays)).to_series()
