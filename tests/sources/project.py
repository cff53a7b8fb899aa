"""A small project for the tests of reading: one context, short ways to declare sources, and to read texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from cdptool.sources import Dialect, FileResult, Known, Mapped, ReadContext, SourceSpec, read_file
from cdptool.tables import Column, StreamSchema, TableSchema

FIELDS = (
    Column("customer_id", "identifier"),
    Column("email", "email"),
    Column("phone", "phone"),
    Column("birth_date", "date"),
)
ORDERS = StreamSchema(
    "order",
    (Column("order_id", "identifier"), Column("total", "money"), Column("note", "text")),
)
PRODUCTS = TableSchema("products", "sku", (Column("sku", "identifier"), Column("name", "text")))
CONTEXT = ReadContext(
    shown_path="data/file.csv",
    digest="d1",
    mapping="m1",
    profile_fields=FIELDS,
    region="VN",
    currency="VND",
)


def mapped(name: str, kind: str, column: str | None = None, **options: object) -> Mapped:
    return Mapped(name, kind, column=column or name, **options)


CRM = SourceSpec(
    name="crm",
    files=("*.csv",),
    feeds="records",
    target=None,
    dialect=Dialect(),
    key=("id",),
    at=None,
    identifiers=(),
    columns=(mapped("customer_id", "identifier", "id"), mapped("email", "email")),
    max_quarantined_ratio=1.0,
)
SHOP = SourceSpec(
    name="shop",
    files=("*.csv",),
    feeds="stream",
    target="order",
    dialect=Dialect(),
    key=(),
    at=mapped("at", "datetime", "time", tz="Asia/Ho_Chi_Minh"),
    identifiers=(mapped("customer_id", "identifier", "customer"), mapped("email", "email")),
    columns=(mapped("order_id", "identifier", "order"), mapped("total", "money")),
    max_quarantined_ratio=1.0,
)
STOCK = SourceSpec(
    name="stock",
    files=("*.csv",),
    feeds="table",
    target="products",
    dialect=Dialect(),
    key=(),
    at=None,
    identifiers=(),
    columns=(mapped("sku", "identifier"), mapped("name", "text")),
    max_quarantined_ratio=1.0,
)
NOTHING = Known()
SHOP_HEADER = "order,time,customer,email,total\n"


class Reading:
    """What reading a text gave: the result, and its tables as frames."""

    def __init__(self, result: FileResult) -> None:
        self.result = result
        self.tables: dict[str, pl.DataFrame] = {}
        for staged in result.staged:
            frame = pl.read_parquet(staged.path)
            assert frame.height == staged.n_rows
            self.tables[staged.table] = frame
        self.notes = result.notes

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Rows read, accepted, duplicate, quarantined."""
        row = self.result.file.row(0, named=True)
        return tuple(row[f"rows_{name}"] for name in ("read", "accepted", "duplicate", "quarantined"))

    def known(self) -> Known:
        """What the next file of the source must know."""
        records = self.tables.get("records")
        if "stream_order" in self.tables:
            rows = self.tables["stream_order"].select(pl.col("event_id").alias("id"), "content")
            made = records.select(pl.col("record_id").alias("id")).lazy() if records is not None else None
            return Known(rows.lazy(), made)
        return Known(
            records.select(pl.col("record_id").alias("id"), "content").lazy() if records is not None else None
        )


def read(
    folder: Path,
    text: str | bytes,
    spec: SourceSpec,
    *,
    known: Known = NOTHING,
    block: int = 8 << 20,
    digest: str = "d1",
    name: str = "file.csv",
) -> Reading:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_path(folder, path, spec, known=known, block=block, digest=digest)


def read_path(
    folder: Path,
    path: Path,
    spec: SourceSpec,
    *,
    known: Known = NOTHING,
    block: int = 8 << 20,
    digest: str = "d1",
) -> Reading:
    staging = folder / "staging"
    staging.mkdir(exist_ok=True)
    target = {"records": None, "stream": ORDERS, "table": PRODUCTS}[spec.feeds]
    context = replace(CONTEXT, target=target, known=known, digest=digest)
    return Reading(read_file(str(path), spec, str(staging), context, block=block))
