"""Countries: whatever they are called, as ISO 3166 alpha-2."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Read, judged
from cdptool.fields.country_names import COUNTRIES
from cdptool.fields.folding import squeezed


class Country(FieldType):
    """A country as two capitals. Reads both ISO codes, and names in English, Vietnamese and the local language."""

    name: ClassVar = "country"
    dtype: ClassVar = pl.String()

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        known = texts.is_in(_codes().implode())
        return texts if known.all() else texts.set(~known, None)

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Read:
        keys = texts.to_frame("name").select(squeezed(pl.col("name"))).to_series()
        names = _names()
        codes = keys.replace_strict(names["key"], names["code"], default=None, return_dtype=pl.String)
        return judged(codes, "not a known country")


@cache
def _table() -> tuple[tuple[str, str, str], ...]:
    rows = (line.split(" ", 2) for line in COUNTRIES.strip().splitlines())
    return tuple((code, code3, names) for code, code3, names in rows)


@cache
def _codes() -> pl.Series:
    return pl.Series([code for code, _, _ in _table()])


@cache
def _names() -> pl.DataFrame:
    spelt = [
        (name, code)
        for code, code3, names in _table()
        for name in (code, code3, *names.split("|"))
        if name and name != "---"
    ]
    frame = pl.DataFrame(spelt, schema={"name": pl.String, "code": pl.String}, orient="row")
    return frame.select(squeezed(pl.col("name")).alias("key"), "code").unique(
        "key", keep="first", maintain_order=True
    )
