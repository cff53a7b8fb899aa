"""Numbers that are measured, not counted or paid."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged
from cdptool.fields.numerals import plain_number


class Number(FieldType):
    """A finite number (Float64). Written with the declared decimal sign; `1e5` is understood."""

    name: ClassVar = "number"
    dtype: ClassVar = pl.Float64()

    def quick(self, texts: pl.Series, options: FieldOptions, /) -> pl.Series:
        if options.decimal == ",":  # here `1.5` is not one and a half
            return texts.cast(pl.Int64, strict=False).cast(pl.Float64)
        values = texts.cast(pl.Float64, strict=False)
        odd = ~values.is_finite()
        return values.set(odd, None) if odd.any() else values

    def judge(self, texts: pl.Series, options: FieldOptions, /) -> Judgement:
        sign = r"\." if options.decimal == "." else ","
        exponent = texts.set(~texts.str.contains(rf"^[-+]?\d+(?:{sign}\d*)?[eE][-+]?\d{{1,3}}$"), None)
        plain = exponent.str.replace(",", ".").zip_with(
            exponent.is_not_null(), plain_number(texts, options.decimal)
        )
        values = plain.cast(pl.Float64, strict=False)
        return judged(
            values.set(~values.is_finite(), None), f"not a number with decimal sign `{options.decimal}`"
        )
