"""A street address: one line, not taken apart."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, bullets, judged
from cdptool.fields.folding import once_per_value, squeezed
from cdptool.fields.text import tidy


class Address(FieldType):
    """A street address. Line ends become commas, runs of spaces one space."""

    name: ClassVar = "address"
    dtype: ClassVar = pl.String()
    is_personal: ClassVar = True

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        values = tidy(texts)
        doubtful = values.str.contains(r"\s\s|[\t\n\r\f\v\x{a0}]|^[\W_]*$").fill_null(False)
        return values.set(doubtful, None) if doubtful.any() else values

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        lines = texts.str.replace_all(r"\s*,?\s*[\r\n]+\s*", ", ").str.replace_all(r"\s+", " ")
        has_letters = lines.str.contains(r"[\p{L}\p{N}]")
        return judged(lines.set(~has_letters, None), "no letter or digit")

    def match_key(self, values: pl.Expr) -> pl.Expr:
        return once_per_value(values, squeezed)

    def mask(self, value: str) -> str:
        return bullets(value)
