"""Gender, in three words: `male`, `female`, `other`."""

from __future__ import annotations

from typing import ClassVar, Final

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged

_WORDS: Final = {
    "male": ("male", "m", "man", "nam", "nam giới", "ông", "anh", "mr", "mr.", "boy", "trai"),
    "female": (
        *("female", "f", "woman", "w", "nữ", "nu", "nữ giới", "bà", "chị", "cô"),
        *("mrs", "mrs.", "ms", "ms.", "miss", "girl", "gái"),
    ),
    "other": ("other", "o", "x", "khác", "khac", "non-binary", "nonbinary", "diverse", "d"),
}
_UNSAID: Final = (
    "unknown",
    "u",
    "không rõ",
    "khong ro",
    "không xác định",
    "unspecified",
    "prefer not to say",
)


class Gender(FieldType):
    """Gender. A number is invalid: which code means what, only the source knows."""

    name: ClassVar = "gender"
    dtype: ClassVar = pl.String()
    is_dear: ClassVar = True

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        meaning = {word: gender for gender, words in _WORDS.items() for word in words}
        lower = texts.str.to_lowercase()
        values = lower.replace_strict(
            list(meaning), list(meaning.values()), default=None, return_dtype=pl.String
        )
        unsaid = lower.is_in(pl.Series(_UNSAID).implode())
        return judged(values, "not a known word for a gender", placeholders=unsaid)
