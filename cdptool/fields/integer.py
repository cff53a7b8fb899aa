"""Whole numbers."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged
from cdptool.fields.numerals import plain_number


class Integer(FieldType):
    """A whole number of 64 bits. Decimals are refused, except zeros (`12.0`)."""

    name: ClassVar = "integer"
    dtype: ClassVar = pl.Int64()

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        return texts.cast(pl.Int64, strict=False)

    def judge(self, texts: pl.Series, options: FieldOptions, /) -> Judgement:
        plain = plain_number(texts, options.decimal)
        return judged(plain.cast(pl.Int64, strict=False), "not a whole number of 64 bits")
