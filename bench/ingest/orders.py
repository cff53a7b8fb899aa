"""
Orders: about 118 bytes a row, 10 columns, keyed by order and line.

Ten per cent of the notes hold a quoted comma, one in a thousand an embedded line break.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from planting import CHUNK_ROWS, Table

CUSTOMERS = 300_000
CHANNELS = ("web", "app", "store", "zalo", "hotline")
NOTES = ("giao giờ hành chính", "gọi trước khi giao", "quà tặng", "", "không lấy hoá đơn", "để ở quầy lễ tân")


def chunk(number: int, rows: int) -> bytes:
    """The rows of one chunk as CSV text."""
    rng = np.random.default_rng((7, number))
    first = number * CHUNK_ROWS
    index = np.arange(first, first + rows)
    customer = pl.Series(rng.integers(0, CUSTOMERS, rows))
    seconds = pl.Series(1_740_000_000 + index * 5 + rng.integers(0, 300, rows))
    kind = rng.random(rows)
    note = pl.Series(np.array(NOTES, dtype=object)[rng.integers(0, len(NOTES), rows)], dtype=pl.String)
    frame = pl.DataFrame({"i": index, "c": customer, "s": seconds, "note": note, "kind": kind}).select(
        order_id=100_000_000 + pl.col("i") // 3,
        line=pl.col("i") % 3 + 1,
        created_at=pl.from_epoch("s").dt.strftime("%Y-%m-%d %H:%M:%S"),
        customer_id=pl.format("KH{}", pl.col("c").cast(pl.String).str.zfill(6)),
        email=pl.format("{}.{}@{}", pl.lit("khach"), "c", pl.lit("example.com")),
        sku=pl.format("SKU-{}", pl.Series(rng.integers(10_000, 99_999, rows))),
        quantity=pl.Series(rng.integers(1, 9, rows)),
        total=pl.Series(rng.integers(1_000, 9_999_999, rows) / 100).round(2),
        channel=pl.Series(np.array(CHANNELS, dtype=object)[rng.integers(0, 5, rows)], dtype=pl.String),
        note=pl.when(pl.col("kind") < 0.001)
        .then(pl.col("note") + "\nlầu 2")
        .when(pl.col("kind") < 0.1)
        .then(pl.col("note") + ", cổng sau")
        .otherwise("note"),
    )
    return frame.write_csv(include_header=False, float_precision=2).encode()


ORDERS = Table(
    name="orders",
    header=b"order_id,line,created_at,customer_id,email,sku,quantity,total,channel,note\n",
    first=b"1",
    chunk=chunk,
    bad_rows=(
        (b"199999999,1,2026-03-01 10:22:33,KH000001\n", "fields"),
        (b"199999999,1,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,x,extra\n", "fields"),
        (b'199999999,1,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,"x" y\n', "quote"),
        (b"199999999,1,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,caf\xe9\n", "encoding"),
        (b"199999999,1,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,a\0b\n", "nul"),
        (b"199999999,1,2026-02-31 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,x\n", "invalid"),
        (b"199999999,1,01/03/2026 10:22,KH000001,a@example.com,SKU1,1,10.00,web,x\n", "invalid"),
        (b"199999999,1,,KH000001,a@example.com,SKU1,1,10.00,web,x\n", "required"),
        (b",,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,x\n", "key"),
        (b",,,,,,,,,\n", "required"),
    ),
)
