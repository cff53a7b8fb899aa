"""
A part of what a column says, taken before its type reads it: the given names of a full name, the digits of a number.

So two files that write names in one column and in two are compared by the same parts, and `521-21-2123` is `521212123`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.fields.person_name import split_name

# How a father, a son and a grandson of one name are told apart; `i` is an initial as often, and then harmless:
# it only ever parts a person from one who is called the second or the third.
_GENERATIONS: Final = {
    **dict.fromkeys(("sr", "snr", "senior", "i"), "1"),
    **dict.fromkeys(("jr", "jnr", "junior", "ii"), "2"),
    **dict.fromkeys(("iii",), "3"),
    **dict.fromkeys(("iv",), "4"),
}
_SUFFIX: Final = rf"(?i)(\S) (?:{'|'.join(word for word in _GENERATIONS if word != 'i')})\.?\s*(,|$)"
_FAMILY_FIRST: Final = r"^\s*([^,]*[^,\s])\s*,\s*([^,]*[^,\s])\s*$"
PARTS: Final = ("given", "family", "generation", "digits")


def part_of(part: str, texts: pl.Series) -> pl.Series:
    """
    The part of each text, one of PARTS; null where there is none.

    >>> names = pl.Series(["Jones, Kaylee", "Robert E Smith Sr", "Madonna"])
    >>> [part_of(part, names).to_list() for part in ("given", "family")]
    [['Kaylee', 'Robert E', 'Madonna'], ['Jones', 'Smith', None]]
    >>> part_of("generation", pl.Series(["Robert E Smith Sr", "Klein, Morris II", "Ann"])).to_list()
    ['1', '2', None]
    >>> part_of("digits", pl.Series(["521-21-2123", "n/a"])).to_list()
    ['521212123', None]
    """
    text = pl.col("text")
    found = {"digits": _digits, "generation": _generation, "given": _given, "family": _family}[part](text)
    return texts.alias("text").to_frame().select(pl.when(found != "").then(found).alias("part"))["part"]


def _digits(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\D", "")


def _generation(text: pl.Expr) -> pl.Expr:
    last = text.str.to_lowercase().str.extract(rf"\S[\s,]+({'|'.join(_GENERATIONS)})\.?\s*(?:,|$)", 1)
    return last.replace_strict(_GENERATIONS, default=None, return_dtype=pl.String)


def _given(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace(_SUFFIX, "$1$2")
    names = split_name(plain)
    first = pl.concat_str(names.given, names.middle, separator=" ", ignore_nulls=True)
    return pl.coalesce(plain.str.extract(_FAMILY_FIRST, 2), first)


def _family(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace(_SUFFIX, "$1$2")
    return pl.coalesce(plain.str.extract(_FAMILY_FIRST, 1), split_name(plain).family)
