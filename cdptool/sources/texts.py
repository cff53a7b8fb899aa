"""
Typed columns of a Parquet file as field types read them: text, unless the type is already the canonical one.

What a person would have seen in the CSV of the same export: a customer id that became the float 17850.0 is
`17850`, a time without fraction has none, NaN is no value.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cdptool.fields import FieldType
from cdptool.fields.folding import clean, few_texts
from cdptool.fields.plain_texts import plain_texts
from cdptool.tables import MONEY_SCALE

_EXACT = 2.0**53  # floats hold every integer up to here


def as_text(column: pl.Series) -> pl.Series:
    """
    The column as text (String): null stays null, NaN and bytes that are not UTF-8 become null.

    >>> as_text(pl.Series([17850.0, 2.5, float("nan")])).to_list()
    ['17850', '2.5', None]
    """
    kind = column.dtype
    if kind == pl.String:
        return column
    if kind == pl.Binary:
        return _decoded(column)
    name = pl.col(column.name)
    if kind.is_float():
        is_whole = (name == name.round(0)) & (name.abs() < _EXACT)
        text = (
            pl.when(is_whole)
            .then(name.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(name.cast(pl.String))
        )
        return column.to_frame().select(pl.when(name.is_finite()).then(text).alias(column.name)).to_series()
    if isinstance(kind, pl.Datetime):
        return _time_text(column, kind)
    if kind == pl.Duration:  # which Polars does not cast: ISO 8601, such as `PT1H30M`
        return column.dt.to_string("iso")
    return column.cast(pl.String)


def as_readable(column: pl.Series, kind: FieldType) -> pl.Series:
    """
    The column as the field type takes it: canonical values where its dtype says what the type says, else text.

    >>> from cdptool.fields import field_type
    >>> as_readable(pl.Series([2.55, None]), field_type("money")).to_list()
    [25500, None]
    """
    if kind.name == "money" and column.dtype.is_float():
        scaled = (column * MONEY_SCALE).round(0)
        return scaled.set(~scaled.is_finite(), None).cast(pl.Int64, strict=False)
    if kind.name == "integer" and column.dtype.is_integer():
        return column.cast(pl.Int64, strict=False)
    if kind.name == "number" and column.dtype.is_float():
        return column.set(~column.is_finite(), None).cast(pl.Float64)
    if kind.name in ("boolean", "date") and column.dtype == kind.dtype:
        return column
    return as_text(column)


def is_supported(dtype: pl.DataType) -> bool:
    """Whether a Parquet column of this dtype can be mapped: at most one value per cell, or none at all (Null)."""
    return not dtype.is_nested() and dtype != pl.Object


def _decoded(column: pl.Series) -> pl.Series:
    try:
        return column.cast(pl.String)
    except pl.exceptions.PolarsError:  # one value is not UTF-8: find out which
        texts = []
        for value in column:
            try:
                texts.append(None if value is None else value.decode())
            except UnicodeDecodeError:
                texts.append(None)
        return pl.Series(column.name, texts, dtype=pl.String)


def _time_text(column: pl.Series, kind: pl.Datetime) -> pl.Series:
    moments = column.dt.cast_time_unit("us")
    suffix = ""
    if kind.time_zone is not None:
        moments, suffix = moments.dt.convert_time_zone("UTC"), "Z"
    has_fraction = bool((moments.dt.microsecond() != 0).any())
    return moments.dt.to_string("%Y-%m-%dT%H:%M:%S" + ("%.6f" if has_fraction else "") + suffix)


def key_text(texts: pl.Series) -> pl.Series:
    """
    The text of a key: trimmed and composed (NFC), null where empty.

    >>> key_text(pl.Series([" A1 ", ""])).to_list()
    ['A1', None]
    """
    is_plain = plain_texts(texts)
    if is_plain is not None and is_plain.all():
        return texts
    distinct = few_texts(texts)
    if distinct is not None and _cleaned(distinct).equals(distinct):
        return texts
    return _cleaned(texts)


def _cleaned(texts: pl.Series) -> pl.Series:
    return without_empty_texts(clean(texts).alias("key").to_frame(), ("key",))["key"]


def without_empty_texts(block: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The block with null for the empty texts of these columns: `""` in a CSV file says no more than `,,`."""
    texts = [name for name in names if block.schema[name] == pl.String]
    if not texts:
        return block
    shortest = block.select(pl.col(texts).str.len_bytes().min()).row(0)
    has_empty = [name for name, length in zip(texts, shortest, strict=True) if length == 0]
    return block.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in has_empty)
