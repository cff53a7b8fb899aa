"""The source of the ingest benchmark: keyed order lines with times, money, and two identifiers per row."""

from __future__ import annotations

from cdptool.sources import Dialect, Mapped, SourceSpec
from cdptool.tables import Column, StreamSchema


def _same(name: str, kind: str, **options: str) -> Mapped:
    return Mapped(name, kind, column=name, **options)  # type: ignore[arg-type]


FIELDS = (Column("customer_id", "identifier"), Column("email", "email"), Column("phone", "phone"))
ORDERS = StreamSchema(
    "order",
    (
        Column("order_id", "identifier"),
        Column("line", "integer"),
        Column("sku", "identifier", ref="products"),
        Column("quantity", "number"),
        Column("total", "money"),
        Column("channel", "text"),
        Column("note", "text"),
    ),
)
SOURCE = SourceSpec(
    name="shop",
    files=("*.csv",),
    feeds="stream",
    target="order",
    dialect=Dialect(),
    key=("order_id", "line"),
    at=Mapped(
        "at",
        "datetime",
        column="created_at",
        format=("%Y-%m-%d %H:%M:%S",),
        tz="Asia/Ho_Chi_Minh",
        required=True,
    ),
    identifiers=(_same("customer_id", "identifier"), _same("email", "email")),
    columns=(
        _same("order_id", "identifier"),
        _same("line", "integer"),
        _same("sku", "identifier"),
        _same("quantity", "number"),
        _same("total", "money", currency="VND"),
        _same("channel", "text"),
        _same("note", "text"),
    ),
)
