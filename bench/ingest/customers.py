"""Customers: about 140 bytes a row, 9 columns, keyed: names, e-mails, phones in three spellings, quoted addresses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from planting import CHUNK_ROWS, Table

# As the planted tables of bench/detect have them.
NAMES = json.loads((Path(__file__).parents[1] / "vietnamese_names.json").read_text("utf-8"))
STREETS = ("Lê Lợi", "Trần Hưng Đạo", "Nguyễn Huệ", "Hai Bà Trưng", "Điện Biên Phủ", "Lý Thường Kiệt")
CITIES = ("Hà Nội", "TP. Hồ Chí Minh", "Đà Nẵng", "Hải Phòng", "Cần Thơ", "Huế")
PREFIXES = ("90", "91", "93", "97", "98", "70", "79", "86", "32", "38")
DOMAINS = ("example.com", "example.net", "mail.example.org", "example.com.vn", "shop.example.vn")


def chunk(number: int, rows: int) -> bytes:
    """The rows of one chunk as CSV text."""
    rng = np.random.default_rng((9, number))

    def pick(words: Sequence[str]) -> pl.Series:
        return pl.Series(np.array(words, dtype=object)[rng.integers(0, len(words), rows)], dtype=pl.String)

    base = pl.DataFrame(
        {
            "i": np.arange(number * CHUNK_ROWS, number * CHUNK_ROWS + rows),
            "family": pick(NAMES["family"]),
            "middle": pick(NAMES["middle"]),
            "given": pick(NAMES["given"]),
            "prefix": pick(PREFIXES),
            "tail": pl.Series(rng.integers(0, 9_999_999, rows)).cast(pl.String).str.zfill(7),
            "spelling": rng.integers(0, 3, rows),
            "domain": pick(DOMAINS),
            "street": pick(STREETS),
            "house": rng.integers(1, 900, rows),
            "born": pl.Series(rng.integers(-7_000, 13_000, rows)).cast(pl.Int32).cast(pl.Date),
            "updated": 1_700_000_000 + rng.integers(0, 60_000_000, rows),
        }
    )
    spelling = pl.col("spelling")
    frame = base.select(
        customer_id=pl.format("C{}", pl.col("i").cast(pl.String).str.zfill(8)),
        name=pl.format("{} {} {}", "family", "middle", "given"),
        email=pl.format("khach.{}@{}", "i", "domain"),
        phone=pl.when(spelling == 0)
        .then(pl.format("0{}{}", "prefix", "tail"))
        .when(spelling == 1)
        .then(pl.format("+84{}{}", "prefix", "tail"))
        .otherwise(
            pl.format("0{} {} {}", "prefix", pl.col("tail").str.slice(0, 3), pl.col("tail").str.slice(3))
        ),
        birth_date="born",
        gender=pick(("Nam", "Nữ", "")),
        address=pl.format("{} {}, P. {}", "house", "street", pl.col("house") % 20 + 1),
        city=pick(CITIES),
        updated_at=pl.from_epoch("updated").dt.strftime("%Y-%m-%d %H:%M:%S"),
    )
    return frame.write_csv(include_header=False).encode()


_GOOD = b"C99999999,An,a@example.com,0903817264,1990-01-02,Nam,12 X,Hu"
CUSTOMERS = Table(
    name="customers",
    header=b"customer_id,name,email,phone,birth_date,gender,address,city,updated_at\n",
    first=b"C",
    chunk=chunk,
    bad_rows=(
        (b"C99999999,An,a@example.com\n", "fields"),
        (_GOOD + b",2026-03-01 10:22:33,extra\n", "fields"),
        (b'C99999999,"An" x,a@example.com,0903817264,1990-01-02,Nam,12 X,Hu,2026-03-01 10:22:33\n', "quote"),
        (_GOOD + b"\xe9,2026-03-01 10:22:33\n", "encoding"),
        (_GOOD + b"\0,2026-03-01 10:22:33\n", "nul"),
        (_GOOD + b",2026-02-31 10:22:33\n", "invalid"),
        (_GOOD + b",01/03/2026\n", "invalid"),
        (_GOOD + b",\n", "required"),
        (_GOOD[9:] + b",2026-03-01 10:22:33\n", "key"),
        (b",,,,,,,,\n", "required"),
    ),
)
