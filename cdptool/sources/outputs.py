"""Which tables a source's rows go to, and with which columns."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from cdptool.fields import field_type
from cdptool.sources.mapping import target_columns
from cdptool.sources.spec import ReadContext, SourceSpec
from cdptool.tables import PROVENANCE, RECORDS, STREAM, Column, StreamSchema, TableSchema


def main_table(spec: SourceSpec, context: ReadContext) -> str:
    """The table that the source feeds: `records`, `stream_<name>` or `table_<name>`."""
    if spec.feeds == "records":
        return "records"
    assert isinstance(context.target, StreamSchema | TableSchema)
    return context.target.table


def declared_schema(columns: Iterable[Column]) -> dict[str, pl.DataType]:
    """Declared columns with their dtypes, each money column followed by its currency.

    >>> list(declared_schema([Column("total", "money"), Column("line", "integer")]))
    ['total', 'total_currency', 'line']
    """
    schema: dict[str, pl.DataType] = {}
    for column in columns:
        schema[column.name] = field_type(column.type).dtype
        if column.type == "money":
            schema[f"{column.name}_currency"] = pl.String()
    return schema


def main_schema(spec: SourceSpec, context: ReadContext) -> dict[str, pl.DataType]:
    """The columns of the table that the source feeds, in order."""
    fixed = {"records": RECORDS, "stream": STREAM, "table": {}}[spec.feeds]
    return {**fixed, **declared_schema(target_columns(spec, context)), **PROVENANCE}


def records_schema(context: ReadContext) -> dict[str, pl.DataType]:
    """The columns of `records`, in order."""
    return {**RECORDS, **declared_schema(context.profile_fields), **PROVENANCE}
