"""Countries: whatever they are called, as ISO 3166 alpha-2."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged
from cdptool.fields.country_names import COUNTRIES
from cdptool.fields.folding import squeezed


class Country(FieldType):
    """A country as two capitals. Reads both ISO codes, and names in English, Vietnamese and the local language."""

    name: ClassVar = "country"
    dtype: ClassVar = pl.String()
    is_dear: ClassVar = True

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        known = texts.is_in(_codes().implode())
        return texts if known.all() else texts.set(~known, None)

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        """Codes in capitals, names as written, codes in any case, names without accents: in this order."""
        spelt = texts.to_frame("name").select(
            capitals=pl.col("name"), lower=pl.col("name").str.to_lowercase(), bare=squeezed(pl.col("name"))
        )
        lookups = _lookups()
        found = [
            spelt[column].replace_strict(table["key"], table["code"], default=None, return_dtype=pl.String)
            for column, table in zip(("capitals", "lower", "lower", "bare"), lookups, strict=True)
        ]
        return judged(pl.select(pl.coalesce(found)).to_series(), "not a known country")


@cache
def _table() -> tuple[tuple[str, str, str], ...]:
    rows = (line.split(" ", 2) for line in COUNTRIES.strip().splitlines())
    return tuple((code, code3, names) for code, code3, names in rows)


@cache
def _codes() -> pl.Series:
    return pl.Series([code for code, _, _ in _table()])


@cache
def _lookups() -> tuple[pl.DataFrame, ...]:
    """
    Four tables of `key` and `code`, from the surest to the least sure.

    The order keeps apart what folding would mix up: `NGA` is Nigeria and `Nga` Russia, `MY` Malaysia and `Mỹ`
    the United States, `AO` Angola and `Áo` Austria.
    """
    schema = {"key": pl.String, "code": pl.String}
    codes = [(key, code) for code, code3, _ in _table() for key in (code, code3) if key != "---"]
    names = [(name, code) for code, _, listed in _table() for name in listed.split("|")]
    by_code = pl.DataFrame(codes, schema=schema, orient="row")
    by_name = pl.DataFrame(names, schema=schema, orient="row")
    lower = pl.col("key").str.to_lowercase()
    return (
        by_code,
        by_name.with_columns(lower),
        by_code.with_columns(lower),
        by_name.with_columns(squeezed(pl.col("key"))),
    )
