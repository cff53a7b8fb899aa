"""
Write the CSV of orders that the ingest benchmark reads: seeded, about 118 bytes a row, 10 columns.

Ten per cent of the notes hold a quoted comma, one in a thousand an embedded line break. `bad` rows (one in
ten thousand) are ragged, have text after a closing quote, bytes that are not UTF-8, or an impossible date;
the copy without them is what a bare reader can read at all.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl

CHUNK_ROWS = 250_000
CUSTOMERS = 300_000
HEADER = b"order_id,line,created_at,customer_id,email,sku,quantity,total,channel,note\n"
CHANNELS = ("web", "app", "store", "zalo", "hotline")
NOTES = ("giao giờ hành chính", "gọi trước khi giao", "quà tặng", "", "không lấy hoá đơn", "để ở quầy lễ tân")
BAD_ROWS = (
    b"99999999,1,2026-03-01 10:22:33,KH000001\n",
    b"99999999,1,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,x,extra\n",
    b'9999999,1,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,"x" y\n',
    b"99999999,1,2026-03-01 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,caf\xe9\n",
    b"99999999,1,2026-02-31 10:22:33,KH000001,a@example.com,SKU1,1,10.00,web,x\n",
)


def chunk(number: int, rows: int) -> bytes:
    """The rows of one chunk as CSV text, without bad rows."""
    rng = np.random.default_rng((7, number))
    first = number * CHUNK_ROWS
    index = np.arange(first, first + rows)
    customer = pl.Series(rng.integers(0, CUSTOMERS, rows))
    seconds = pl.Series(1_740_000_000 + index * 5 + rng.integers(0, 300, rows))
    kind = rng.random(rows)
    note = pl.Series(np.array(NOTES, dtype=object)[rng.integers(0, len(NOTES), rows)], dtype=pl.String)
    frame = pl.DataFrame({"i": index, "c": customer, "s": seconds, "note": note, "kind": kind}).select(
        order_id=10_000_000 + pl.col("i") // 3,
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


def with_bad_rows(text: bytes, number: int, bad: int) -> bytes:
    """The chunk with bad rows put in at line starts outside quotes."""
    rng = np.random.default_rng((8, number))
    size = len(text) // (bad + 1)
    parts, start = [], 0
    for k in range(bad):
        end = text.index(b"\n1", start + size) + 1  # every record starts with the 1 of its order_id
        parts += [text[start:end], BAD_ROWS[int(rng.integers(0, len(BAD_ROWS)))]]
        start = end
        size = (len(text) - start) // (bad - k)
    return b"".join([*parts, text[start:]])


def generate(folder: Path, megabytes: int) -> tuple[Path, Path, int]:
    """
    Write `clean.csv` and `dirty.csv` (the same rows, and the bad ones) of about so many megabytes.

    Returns:
        The two paths and the number of bad rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clean, dirty = folder / "clean.csv", folder / "dirty.csv"
    n_bad, number = 0, 0
    with clean.open("wb") as c, dirty.open("wb") as d:
        c.write(HEADER)
        d.write(HEADER)
        while c.tell() < megabytes * 1_000_000:
            text = chunk(number, CHUNK_ROWS)
            bad = CHUNK_ROWS // 10_000
            c.write(text)
            d.write(with_bad_rows(text, number, bad))
            n_bad += bad
            number += 1
    return clean, dirty, n_bad


if __name__ == "__main__":
    print(*generate(Path(sys.argv[1]), int(sys.argv[2])))
