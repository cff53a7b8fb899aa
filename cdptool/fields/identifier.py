"""An identifier means nothing but itself: leading zeros, inner spaces, case and a `.0` tail are part of it."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, bullets, judged
from cdptool.fields.folding import PLACEHOLDERS_IN_ANY_CASE, replaced
from cdptool.fields.plain_texts import plain_texts
from cdptool.fields.text import tidy

# `0` alone may be a key (a row, a store); two zeros or more were typed because something had to be.
_ZEROS: Final = pl.Series(["0" * n for n in range(2, 41)]).implode()
_NOTHING: Final = pl.concat([PLACEHOLDERS_IN_ANY_CASE.explode(), _ZEROS.explode()]).implode()


class Identifier(FieldType):
    """
    A key that some system gave: customer, card, order, device.

    Trimmed and composed, nothing else. The `.0` that a spreadsheet adds is kept: a rule that dropped it would
    also turn the version `1.0` into `1`. Declare such a column's own clean-up in its source.
    """

    name: ClassVar = "identifier"
    dtype: ClassVar = pl.String()
    is_personal: ClassVar = True

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        is_plain = plain_texts(texts)
        if is_plain is None:
            return tidy(texts, _NOTHING)
        if is_plain.all():
            return texts
        rows = pl.Series(np.flatnonzero(~is_plain))
        if len(rows) > len(texts) // 4:
            return tidy(texts, _NOTHING)
        return replaced(texts, rows, tidy(texts.gather(rows), _NOTHING))

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        return judged(texts, "", placeholders=texts.is_in(_ZEROS))

    def mask(self, value: str) -> str:
        return bullets(value) + (value[-2:] if len(value) > 6 else "")
