"""A small source of orders for the tests of expectations: its columns, what it may name, and rows by file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from cdptool.checks import Expectation, SourceData, Target, read_expectation, schema_of_rows
from cdptool.checks.spec import Form
from cdptool.errors import Place
from cdptool.rules import Catalog
from cdptool.tables import UTC_TIME, Column, StreamSchema, TableSchema

HERE = Place("sources.yaml", 7, 9)
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
ZONE = "Asia/Ho_Chi_Minh"
CATALOG = Catalog(
    fields=(Column("email", "email"), Column("customer_id", "identifier")),
    streams=(
        StreamSchema("order", (Column("order_id", "identifier"), Column("line", "integer"),
                               Column("sku", "identifier", "products"), Column("quantity", "number"),
                               Column("total", "money"), Column("status", "text"))),
        StreamSchema("parcel", (Column("order_id", "identifier"),)),
    ),
    tables=(TableSchema("products", "sku", (Column("sku", "identifier"), Column("stock", "integer"))),),
)  # fmt: skip
SCHEMA = schema_of_rows("stream", "order", CATALOG)
ROW = {
    "at": UTC_TIME,
    "order_id": pl.String(),
    "line": pl.Int64(),
    "sku": pl.String(),
    "quantity": pl.Float64(),
    "total": pl.Int64(),
    "total_currency": pl.String(),
    "status": pl.String(),
    "file_id": pl.Int64(),
    "row": pl.Int64(),
}
FILES = {"file_id": pl.Int64(), "path": pl.String(), "rows_read": pl.Int64(), "is_new": pl.Boolean()}
PRODUCTS = ("s1", "s2", "s3")


def read(text: str, *, has_time: bool = True) -> Form:
    return read_expectation(text, HERE, SCHEMA, CATALOG, has_time=has_time)


def line(text: str, at_least: float = 1.0) -> tuple[Expectation, Form]:
    return Expectation(text, at_least=at_least, place=HERE), read(text)


def orders(*files: tuple[bool, Sequence[dict[str, Any]]]) -> SourceData:
    """Files in their order, each as (is it new, its rows); what a row leaves out is null, its number is its line."""
    rows = [
        {**dict.fromkeys(ROW), **row, "file_id": number, "row": i + 2}
        for number, (_, held) in enumerate(files)
        for i, row in enumerate(held)
    ]
    listed = [(number, f"f{number}.csv", len(held), new) for number, (new, held) in enumerate(files)]
    return SourceData(
        SCHEMA,
        pl.LazyFrame(rows, schema=ROW),
        pl.DataFrame(listed, schema=FILES, orient="row"),
        NOW,
        ZONE,
        {Target("table", "products", "sku"): pl.LazyFrame({"value": PRODUCTS})},
    )
