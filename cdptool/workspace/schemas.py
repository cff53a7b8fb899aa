"""
The schema of a table as the catalog keeps it: which dtypes are allowed, as JSON, and how it may grow.

A table may gain columns; a column never changes its dtype under the same name, and nothing is ever cast.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from polars.datatypes import DataTypeClass

from cdptool.errors import SchemaError
from cdptool.tables import Schema

_PLAIN: Final[dict[str, pl.DataType]] = {
    "Int64": pl.Int64(),
    "Float64": pl.Float64(),
    "String": pl.String(),
    "Boolean": pl.Boolean(),
    "Date": pl.Date(),
    "Binary": pl.Binary(),
}


def encode(schema: Schema) -> str:
    """
    The schema as JSON text, the same for equal schemas.

    Raises:
        SchemaError: If a dtype is not one that every engine shares (rule 9 of `engine_storage.md`).

    >>> encode({"id": pl.Int64(), "tags": pl.List(pl.String())})
    '[["id", "Int64"], ["tags", {"list": "String"}]]'
    """
    wrong = [name for name, dtype in schema.items() if not _allowed(dtype)]
    if wrong:
        raise SchemaError(
            *(f"column `{name}` is {schema[name]}, which tables do not hold" for name in wrong),
            hint="cast it to Int64, Float64, Decimal, String, Boolean, Date, Datetime[us] or lists of them",
        )
    return json.dumps([[name, _encode(dtype)] for name, dtype in schema.items()])


def decode(text: str) -> dict[str, pl.DataType]:
    """
    The schema that `encode` wrote.

    >>> decode('[["at", {"datetime": "UTC"}]]')
    {'at': Datetime(time_unit='us', time_zone='UTC')}
    """
    return {name: _decode(dtype) for name, dtype in json.loads(text)}


def grown(table: str, old: Schema, new: Schema) -> dict[str, pl.DataType]:
    """
    The schema of a table after an append: the old columns, then those that are new.

    Raises:
        SchemaError: If a column is offered with another dtype than the table has.

    >>> list(grown("t", {"a": pl.Int64()}, {"b": pl.String(), "a": pl.Int64()}))
    ['a', 'b']
    """
    wrong = [name for name, dtype in new.items() if old.get(name, dtype) != dtype]
    if wrong:
        raise SchemaError(
            *(
                f"`{table}.{name}` is {old[name]} in the workspace, {new[name]} in the new rows"
                for name in wrong
            ),
            hint="a column keeps its type: declare it under another name, or start a new workspace",
        )
    return {**old, **new}


def _allowed(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List):
        return _allowed(_instance(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return all(_allowed(_instance(field.dtype)) for field in dtype.fields)
    if isinstance(dtype, pl.Datetime):
        return dtype.time_unit == "us" and dtype.time_zone in (None, "UTC")
    return isinstance(dtype, pl.Decimal) or dtype in _PLAIN.values()


def _encode(dtype: pl.DataType) -> Any:
    if isinstance(dtype, pl.List):
        return {"list": _encode(_instance(dtype.inner))}
    if isinstance(dtype, pl.Struct):
        return {"struct": [[field.name, _encode(_instance(field.dtype))] for field in dtype.fields]}
    if isinstance(dtype, pl.Datetime):
        return {"datetime": dtype.time_zone}
    if isinstance(dtype, pl.Decimal):
        return {"decimal": [dtype.precision, dtype.scale]}
    return str(dtype)


def _decode(code: Any) -> pl.DataType:
    if isinstance(code, str):
        return _PLAIN[code]
    [(kind, inner)] = code.items()
    if kind == "list":
        return pl.List(_decode(inner))
    if kind == "struct":
        return pl.Struct({name: _decode(field) for name, field in inner})
    return pl.Datetime("us", inner) if kind == "datetime" else pl.Decimal(*inner)


def _instance(dtype: pl.DataType | DataTypeClass) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype


def plain(schema: Mapping[str, Any]) -> dict[str, pl.DataType]:
    """A schema as Polars gives it, as a dict of dtype instances."""
    return {name: _instance(dtype) for name, dtype in schema.items()}
