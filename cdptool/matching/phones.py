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

from cdptool.fields.phone_plans import junk_endings
from cdptool.fields.vietnamese_numbers import AREA_CODES, MOBILE_CODES

# The codes of countries and areas that ITU-T assigns (E.164); all others have three digits.
_CODE: Final = r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d\d)"
_EXTENSION: Final = r"(?i)\s*(?:x|ext|extn|extension|#|máy lẻ)\.?\s*\d+\s*$"
_FIRST_OF_SEVERAL: Final = r"^([^;,/]*\d[^;,/]{5,}\d)\s*[;,/]"
_FEWEST_DIGITS: Final = 5
_FEWEST_WITHIN: Final = 7  # digits of a number whose code was taken off without being announced


def phone_texts(texts: pl.Series) -> pl.Series:
    """
    The digits of every number within its country; null where there are too few, or somebody leant on the keyboard.

    >>> texts = ["+44 20 7946 0958", "020 7946 0958", "442079460958", "0044 (0)20 79460958", "no", None]
    >>> phone_texts(pl.Series(texts)).to_list()
    ['2079460958', '2079460958', '2079460958', '2079460958', None, None]
    """
    distinct = texts.drop_nulls().unique(maintain_order=True)
    first = distinct.str.replace(_EXTENSION, "").to_frame("text")
    told = pl.coalesce(pl.col("text").str.extract(_FIRST_OF_SEVERAL), "text").str.replace_all(r"[^\d+]", "")
    numbers = first.select(told=told).with_columns(
        bare=pl.col("told").str.replace_all("+", "", literal=True).str.replace(r"^00", ""),
        has_code=pl.col("told").str.contains(r"^\+|^00[1-9]"),
    )
    within = numbers.select(
        pl.when("has_code")
        .then(pl.col("bare").str.replace(f"^{_CODE}", ""))
        .otherwise("bare")
        .str.strip_chars_start("0")
    ).to_series()
    has_code = numbers["has_code"]
    for other in (_old(within), _without_code(within, has_code)):
        within = pl.select(pl.when(other.is_in(within.implode())).then(other).otherwise(within)).to_series()
    is_nothing = (within.str.len_bytes() < _FEWEST_DIGITS) | within.str.slice(-7).is_in(
        junk_endings().implode()
    )
    read = pl.DataFrame({"text": distinct, "digits": within.set(is_nothing, None)})
    return texts.to_frame("text").join(read, on="text", how="left", maintain_order="left")["digits"]


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
