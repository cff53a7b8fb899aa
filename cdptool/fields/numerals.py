"""How a written number becomes a plain one: by the declared decimal sign, never by guessing."""

from __future__ import annotations

from typing import Literal

import polars as pl


def plain_number(texts: pl.Series, decimal: Literal[".", ","]) -> pl.Series:
    """
    Rewrite numbers as `-1234.5`: sign, digits, and a decimal point where there are decimals.

    Thousands may be parted by the other sign, an apostrophe or spaces in groups of three; the declared decimal
    sign itself counts as one only where it stands twice or more (`1.234.567`). Brackets mean minus. Null where
    the text is not a number. Zeros at the end of the decimals are dropped.

    >>> plain_number(pl.Series(["1.234.567,50", "(12,0)", "1,23,4"]), ",").to_list()
    ['1234567.5', '-12', None]
    """
    point, comma = (r"\.", ",") if decimal == "." else (",", r"\.")
    sides = texts.str.strip_chars().str.extract_groups(
        r"^([-+−–]?|\()\s*([\d.,'’\s\x{202f}]*\d[\d.,]*)\s*(-|\))?$"
    )
    frame = sides.struct.rename_fields(["before", "digits", "after"]).struct.unnest()
    before, after = pl.col("before"), pl.col("after").fill_null("")
    is_negative = before.is_in(["-", "−", "–"]) | (after == "-") | ((before == "(") & (after == ")"))
    is_whole = ((before == "(") == (after == ")")) & ~(before.is_in(["-", "+", "−", "–"]) & (after == "-"))
    body = pl.col("digits")
    grouped = rf"^\d{{1,3}}(?:{comma}\d{{3}})+(?:{point}\d*)?$|^\d{{1,3}}(?:['’\s\x{{202f}}]\d{{3}})+(?:{point}\d*)?$"
    repeated = rf"^\d{{1,3}}(?:{point}\d{{3}}){{2,}}$"
    digits = (
        pl.when(body.str.contains(rf"^\d*{point}?\d*$"))
        .then(body.str.replace(point, "."))
        .when(body.str.contains(grouped))
        .then(body.str.replace_all(rf"{comma}|['’\s\x{{202f}}]", "").str.replace(point, "."))
        .when(body.str.contains(repeated))
        .then(body.str.replace_all(point, ""))
    )
    tidy = digits.str.replace(r"^\.", "0.").str.replace(r"(\.\d*?)0+$", "$1").str.strip_suffix(".")
    sign = pl.when(is_negative).then(pl.lit("-")).otherwise(pl.lit(""))
    return frame.select(plain=pl.when(is_whole).then(sign + tidy)).to_series()
