"""Free text: trimmed and composed, otherwise as it was written."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged
from cdptool.fields.folding import PLACEHOLDERS_IN_ANY_CASE, is_clean, once_per_value, squeezed


class Text(FieldType):
    """Free text, such as a city, a channel or a category. Inner spaces and line ends stay."""

    name: ClassVar = "text"
    dtype: ClassVar = pl.String()

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        return tidy(texts)

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        return judged(texts, "")

    def match_key(self, values: pl.Expr) -> pl.Expr:
        return once_per_value(values, squeezed)


def tidy(texts: pl.Series, nothing: pl.Series = PLACEHOLDERS_IN_ANY_CASE) -> pl.Series:
    """The trimmed texts; null where one is empty, says nothing (one of these), or needs a closer look."""
    trimmed = texts.str.strip_chars().alias("text")
    text = pl.col("text")
    # One query for all looks at the texts: each query costs as much as looking at a thousand of them.
    seen = trimmed.to_frame().select(
        is_nothing=text.is_in(nothing) | (text.str.len_bytes() == 0),
        is_ascii=text.str.len_bytes().sum() == text.str.len_chars().sum(),
    )
    doubtful = seen["is_nothing"]
    if len(seen) and not seen["is_ascii"][0]:
        doubtful |= ~is_clean(trimmed)
    return trimmed.set(doubtful, None) if doubtful.any() else trimmed
