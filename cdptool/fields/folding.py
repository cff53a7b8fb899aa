"""
How texts are tidied and folded, shared by every field type.

`clean` is what a value looks like (trimmed, NFC, no invisible characters); `folded` is what it is compared by
(no case, no accents, no đ). What a type makes of either is the type's own business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Final

import polars as pl

# Soft hyphen, zero-width space, joiners, word joiner, byte order mark, and the marks of writing direction.
INVISIBLE: Final = "\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_SAMPLE: Final = 1024  # texts that tell whether a block repeats a few
# A superset of what NFC may change (checked over all of Unicode by the tests), and of `INVISIBLE`.
_DOUBTFUL: Final = (
    r"[\p{M}\u0374\u037e\u0387\u0958-\u095f\u09dc-\u09df\u0a33-\u0a36\u0a59-\u0a5e\u0b5c\u0b5d\u0f43-\u0f69\u1161-\u11c2\u1f71-\u1fff\u2000\u2001\u2126\u212a\u212b\u2329\u232a\u2adc"
    r"\uf900-\ufaff\ufb1d-\ufb4f\U0001d15e-\U0001d1c0\U0002f800-\U0002fa1f" + INVISIBLE + "]"
)
# Letters that carry no separable mark, so that decomposition leaves them as they are.
_LETTERS: Final = {
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ø": "o",
    "ħ": "h",
    "ŧ": "t",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ß": "ss",
    "ı": "i",
    "ς": "σ",
}
# What systems and people write where they have nothing to say, in any field.
PLACEHOLDERS: Final = (
    *("null", "(null)", "none", "n/a", "#n/a", "nan", "nil", "undefined", "\\n", "#ref!", "#value!"),
    *("-", "--", "---", "----", "_", "?", "??", "???", ".", "..", "..."),
)


def in_any_case(words: Iterable[str]) -> tuple[str, ...]:
    """Every mix of upper and lower case of the words, so that no row has to be lowered to compare it.

    >>> in_any_case(["no"])
    ('no', 'nO', 'No', 'NO')
    """
    return tuple(
        dict.fromkeys("".join(w) for word in words for w in product(*((c, c.upper()) for c in word)))
    )


PLACEHOLDERS_IN_ANY_CASE: Final = pl.Series(in_any_case(PLACEHOLDERS)).implode()


def is_ascii(texts: pl.Series) -> bool:
    """Whether every text of the block is plain ASCII: two additions over lengths, no look at the letters."""
    return bool(texts.str.len_bytes().sum() == texts.str.len_chars().sum())


def replaced(series: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """The series with other values at these row numbers."""
    return series.clone().scatter(rows, values) if len(rows) else series


def few_texts(texts: pl.Series) -> pl.Series | None:
    """
    The different texts of a block that repeats a few of them (channels, states, the same notes), else None.

    A guess from the first texts: None may be wrong, and costs time only.
    """
    if len(texts) < 4 * _SAMPLE or texts.head(_SAMPLE).n_unique() > _SAMPLE // 8:
        return None
    distinct = texts.drop_nulls().unique()
    return distinct if len(distinct) < len(texts) // 8 else None


def clean(texts: pl.Series) -> pl.Series:
    """
    Trim, remove invisible characters, compose (NFC). Null stays null.

    >>> clean(pl.Series(["  Hoa\\u0300 ", "\\ufeffAn"])).to_list()
    ['Hoà', 'An']
    """
    trimmed = texts.str.strip_chars()
    if is_ascii(trimmed):
        return trimmed
    rows = trimmed.str.contains(_DOUBTFUL).fill_null(False).arg_true()
    doubtful = trimmed.gather(rows).str.replace_all(f"[{INVISIBLE}]", "")
    return replaced(trimmed, rows, doubtful.str.normalize("NFC").str.strip_chars())


def is_clean(texts: pl.Series) -> pl.Series:
    """Whether `clean` would surely change nothing but the space around a text."""
    if is_ascii(texts):
        return texts.is_not_null()
    return ~texts.str.contains(_DOUBTFUL)


def is_placeholder(texts: pl.Series) -> pl.Series:
    """Whether a clean text says nothing, in any field. Null stays null."""
    return texts.is_in(PLACEHOLDERS_IN_ANY_CASE)


def folded(values: pl.Expr) -> pl.Expr:
    """
    The text without case, accents and the letters that only look accented (đ, ł, ø).

    >>> pl.select(folded(pl.lit("Đặng Thuỷ"))).item()
    'dang thuy'
    """
    return values.map_batches(fold, return_dtype=pl.String, is_elementwise=True)


def fold(texts: pl.Series) -> pl.Series:
    """`folded` for a series. Plain ASCII only needs lowering."""
    if is_ascii(texts):
        return texts.str.to_lowercase()
    bare = texts.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.to_lowercase()
    rows = (bare.str.len_bytes() != bare.str.len_chars()).fill_null(False).arg_true()
    return replaced(bare, rows, bare.gather(rows).str.replace_many(list(_LETTERS), list(_LETTERS.values())))


def squeezed(values: pl.Expr) -> pl.Expr:
    """
    The folded text with one space for every run of spaces and punctuation; null where no letter is left.

    >>> pl.select(squeezed(pl.lit("Số 5,  Trần-Phú"))).item()
    'so 5 tran phu'
    """
    key = folded(values).str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return pl.when(key != "").then(key)


def once_per_value(values: pl.Expr, rewrite: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """A dear rewriting of texts (String to String) that is done once for each different text of a batch."""

    def of_batch(texts: pl.Series) -> pl.Series:
        column = texts.alias("text").to_frame()
        keys = column.unique().with_columns(key=rewrite(pl.col("text")))
        return column.join(keys, on="text", how="left", maintain_order="left", nulls_equal=True)["key"]

    return values.map_batches(of_batch, return_dtype=pl.String, is_elementwise=True)


def fold_text(text: str) -> str:
    """`folded` and squeezed for one text: for small tables that are built once.

    >>> fold_text("Cộng hoà Séc")
    'cong hoa sec'
    """
    return str(pl.select(squeezed(pl.lit(text))).item() or "")
