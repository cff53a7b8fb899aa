"""Yes or no, in the words that exports use."""

from __future__ import annotations

from typing import ClassVar, Final

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged

_YES: Final = ("true", "t", "1", "1.0", "yes", "y", "on", "có", "co", "x", "✓", "đúng", "dung")
_NO: Final = ("false", "f", "0", "0.0", "no", "n", "off", "không", "khong", "sai")


class Boolean(FieldType):
    """A truth value. Null is unknown, not false."""

    name: ClassVar = "boolean"
    dtype: ClassVar = pl.Boolean()

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        said = [True] * len(_YES) + [False] * len(_NO)
        lower = texts.str.to_lowercase()
        values = lower.replace_strict([*_YES, *_NO], said, default=None, return_dtype=pl.Boolean)
        return judged(values, "neither yes nor no")
