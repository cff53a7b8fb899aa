"""Schemas in the catalog: every allowed dtype comes back, every other one is refused by name."""

from __future__ import annotations

import polars as pl
import pytest

from cdptool import tables
from cdptool.errors import SchemaError
from cdptool.workspace import schemas

CANONICAL = (
    tables.RECORDS,
    tables.STREAM,
    tables.FILES,
    tables.QUARANTINE,
    tables.ISSUES,
    tables.IDENTITY,
    tables.DECISIONS,
    tables.MEMBERSHIPS,
)


@pytest.mark.parametrize(
    "dtype",
    [
        pl.Decimal(18, 4),
        pl.Datetime("us"),
        pl.Datetime("us", "UTC"),
        pl.List(pl.List(pl.Date())),
        pl.List(pl.Struct({"amount": pl.Float64(), "tags": pl.List(pl.Binary())})),
        pl.Struct({"at": pl.Datetime("us", "UTC"), "is_known": pl.Boolean()}),
    ],
)
def test_allowed_dtypes_come_back(dtype: pl.DataType) -> None:
    assert schemas.decode(schemas.encode({"column": dtype})) == {"column": dtype}


@pytest.mark.parametrize("schema", CANONICAL)
def test_canonical_tables_can_be_stored(schema: tables.Schema) -> None:
    assert schemas.decode(schemas.encode(schema)) == dict(schema)


@pytest.mark.parametrize(
    "dtype",
    [
        pl.UInt32(),
        pl.Int32(),
        pl.Null(),
        pl.Categorical(),
        pl.Datetime("ns"),
        pl.Datetime("us", "Asia/Ho_Chi_Minh"),
        pl.List(pl.UInt8()),
        pl.Struct({"a": pl.Time()}),
    ],
)
def test_dtypes_that_not_every_engine_has_are_refused(dtype: pl.DataType) -> None:
    with pytest.raises(SchemaError, match=r"column `b` is .*, which tables do not hold"):
        schemas.encode({"a": pl.Int64(), "b": dtype})
