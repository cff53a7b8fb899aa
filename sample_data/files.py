"""
The files of the sample: which columns, in which dialect, and where each planted trap ends up.

A row is a mapping of column to text (or a raw line, for what no writer would write). Rows are sorted,
serialised one by one, and the physical line of every row that carries a trap is noted on the way.
"""

from __future__ import annotations

import csv
import gzip
import io
import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


class Trap(NamedTuple):
    """What is planted, the text to look for in its line, and what a good tool makes of it."""

    name: str
    look_for: str
    expect: str


class Found(NamedTuple):
    """Where a trap can be seen: file, and line (text) or row (Parquet), both from 1."""

    trap: Trap
    file: str
    line: int


@dataclass(slots=True)
class Row:
    """One row to write: its place in the file's order, its values, and the traps it shows."""

    order: tuple[Any, ...]
    values: dict[str, Any] = field(default_factory=dict)
    raw: str | None = None  # written as it stands, instead of the values
    traps: tuple[Trap, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A text file: its columns and the dialect of the system that exports it."""

    path: str
    columns: tuple[str, ...]
    delimiter: str = ","
    encoding: str = "utf-8"
    newline: str = "\n"


CRM = File(
    "crm/customers.csv",
    (
        "Mã KH",
        "Họ và tên",
        "Ngày sinh",
        "Giới tính",
        "Điện thoại",
        "E-mail",
        "Địa chỉ",
        "Tỉnh/Thành",
        "Mã bưu chính",
        "Ngày cập nhật",
    ),
    ";",
    "utf-8-sig",
    "\r\n",
)
CONSENTS = File(
    "crm/consents.csv",
    ("id", "thoi_gian", "ma_kh", "email", "dien_thoai", "kenh", "muc_dich", "trang_thai", "noi_nhan"),
    ";",
    "utf-8-sig",
    "\r\n",
)
CARDS = File(
    "loyalty/cards.txt",
    ("SoThe", "HoTen", "DienThoai", "Email", "NgaySinh", "DiaChi", "TinhThanh", "Diem", "NgayCapNhat"),
    "\t",
    "cp1258",
    "\r\n",
)
CARTS = File(
    "shop/carts.csv",
    ("cart_id", "updated_at", "account_id", "email", "anonymous_id", "sku", "price", "items", "total"),
)
WEB = File(
    "web/events.csv",
    ("event_id", "ts", "anonymous_id", "session_id", "user_id", "event", "sku", "page"),
)
APP = File(
    "app/events.csv",
    ("event_id", "at", "device_id", "push_token", "session_id", "account_id", "event", "sku"),
)
SENDS = File(
    "messaging/sends.csv",
    (
        "dispatch_id",
        "sent_at",
        "channel",
        "campaign",
        "kind",
        "customer_no",
        "to_email",
        "to_phone",
        "to_token",
        "status",
        "cost",
    ),
)
SURVEYS = File(
    "service/surveys.csv", ("id", "answered_at", "customer_no", "email", "kind", "score", "comment")
)
CLICKS = File("ads/clicks.csv", ("click_id", "clicked_at", "network", "campaign", "anonymous_id"))
COST = File("ads/cost.csv", ("id", "day", "network", "campaign", "impressions", "clicks", "cost"))
PRODUCTS = File("products.csv", ("sku", "name", "category", "price_now", "stock", "renewal_days"))
STORES = File("stores.csv", ("store", "name", "city", "latitude", "longitude"))
TRUTH = File("truth.csv", ("source", "source_key", "person"))

ACCOUNTS = "shop/customers.parquet"
ACCOUNT_SCHEMA = {
    "account_id": pl.String(),
    "full_name": pl.String(),
    "email": pl.String(),
    "phone": pl.String(),
    "birth_date": pl.Date(),
    "city": pl.String(),
    "country": pl.String(),
    "created_at": pl.Datetime("us", "UTC"),
    "updated_at": pl.Datetime("us", "UTC"),
}
WEB_ORDERS = "shop/orders.parquet"
WEB_ORDER_SCHEMA = {
    "order_id": pl.String(),
    "line": pl.Int64(),
    "placed_at": pl.Datetime("us", "UTC"),
    "account_id": pl.String(),
    "email": pl.String(),
    "sku": pl.String(),
    "quantity": pl.Int64(),
    "unit_price": pl.Int64(),
    "line_total": pl.Int64(),
}


def till_file(name: str) -> File:
    """The till's export of one month (or one past year): `;`, decimal comma, dots between thousands."""
    columns = (
        "so_hd",
        "dong",
        "thoi_gian",
        "cua_hang",
        "the",
        "dien_thoai",
        "khach",
        "sku",
        "so_luong",
        "don_gia",
        "thanh_tien",
    )
    return File(f"pos/orders_{name}.csv.gz", columns, ";")


def text_bytes(file: File, rows: list[Row]) -> tuple[bytes, list[Found]]:
    """
    The bytes of a text file and where its traps are.

    Args:
        file: Columns and dialect. A path that ends in `.gz` is compressed, without a time stamp.
        rows: In any order; equal places keep the order of creation.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=file.delimiter, lineterminator=file.newline)
    writer.writerow(file.columns)
    found = []
    for row in sorted(rows, key=lambda row: row.order):
        line = out.getvalue().count("\n") + 1 if row.traps else 0
        found += [Found(trap, file.path, line) for trap in row.traps]
        if row.raw is not None:
            out.write(row.raw + file.newline)
        else:
            writer.writerow(["" if row.values.get(c) is None else row.values[c] for c in file.columns])
    text = windows_1258(out.getvalue()) if file.encoding == "cp1258" else out.getvalue()
    data = text.encode(file.encoding)
    return (gzip.compress(data, mtime=0) if file.path.endswith(".gz") else data), found


def parquet_bytes(path: str, schema: dict[str, Any], rows: list[Row]) -> tuple[bytes, list[Found]]:
    """The bytes of a Parquet file and where its traps are (rows from 1)."""
    rows = sorted(rows, key=lambda row: row.order)
    found = [Found(trap, path, n) for n, row in enumerate(rows, 1) for trap in row.traps]
    buffer = io.BytesIO()
    frame = pl.DataFrame([[row.values.get(c) for c in schema] for row in rows], schema=schema, orient="row")
    frame.write_parquet(buffer, compression="zstd", use_pyarrow=False)
    return buffer.getvalue(), found


def windows_1258(text: str) -> str:
    """
    Vietnamese as Windows-1258 can hold it: the letter with its hat or horn, the tone as a mark after it.

    >>> [hex(ord(c)) for c in windows_1258("ễ")]
    ['0xea', '0x303']
    """
    return "".join(
        unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES))
        + "".join(c for c in parts if c in TONES)
        for parts in (unicodedata.normalize("NFD", letter) for letter in unicodedata.normalize("NFC", text))
    )
