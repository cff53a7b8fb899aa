"""Postal codes: texts, whatever they look like; a leading zero is part of them."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, bullets, judged


class Postcode(FieldType):
    """A postal code: upper case, single spaces, and a digit in it. A spreadsheet's `.0` tail is dropped."""

    name: ClassVar = "postcode"
    dtype: ClassVar = pl.String()
    is_personal: ClassVar = True

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        is_number = texts.str.contains(r"^[0-9]{3,11}$") & ~texts.str.contains(r"^0+$")
        return (
            texts
            if is_number.all() and not texts.null_count()
            else texts.set(~is_number.fill_null(False), None)
        )

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        upper = texts.str.to_uppercase().str.replace_all(r"\s+", " ").str.replace(r"^(\d+)\.0+$", "$1")
        fits = upper.str.contains(r"^[A-Z0-9][A-Z0-9 -]{1,9}[A-Z0-9]$") & upper.str.contains(r"\d")
        zeros = upper.str.contains(r"^0+$")
        return judged(upper.set(~fits, None), "not letters and digits of 3 to 11", placeholders=zeros)

    def match_key(self, values: pl.Expr) -> pl.Expr:
        return values.str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")

    def mask(self, value: str) -> str:
        return bullets(value, 2)
