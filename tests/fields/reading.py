"""How the field tests read: texts in, (value, verdict) out."""

from __future__ import annotations

from typing import Any

import polars as pl

from cdptool.fields import FieldOptions, FieldReader, Read, field_type

ODD_TEXTS = (
    *("", " ", "n/a", "NULL", "-", "0", "00", "007", "1", "-1", "+1", "1.0", "1.5", "1,5", "1.234", "1,234"),
    *(
        "1.234.567",
        "1,234,567.5",
        "1.234.567,50 ₫",
        "(12.00)",
        "$5",
        "12 USD",
        "1e5",
        "inf",
        "9" * 16,
        "9" * 20,
    ),
    *("2024-02-29", "2023-02-29", "2024-2-9", "24-02-29", "2024/02/09", "29/02/2024", "0000-00-00"),
    *("2024-02-29 10:00:00", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00.5+07:00", "2024-02-29 10:00"),
    *("2024-02-29 24:00:00", "2024-02-29 10:00:60", "2024- 2-29 10:00:00", "2024-02-29T10:00:00.1234567Z"),
    *("true", "Có", "no", "Nam", "NỮ", "unknown", "VN", "vn", "Việt Nam", "VIE\u0323T NAM", "USA", "70000"),
    *(
        "Nguyễn Văn An",
        "NGUYỄN VĂN AN",
        "nguyễn  văn an",
        "Nguye\u0302\u0303n An",
        "Khách Lẻ",
        "khach le",
        "Test",
    ),
    *("\ufeffAn", "An\u200b", " An ", "12 Lê Lợi\nQ1", "12  Lê Lợi", "---", "!!"),
    *("ann@gmail.com", "ANN@Gmail.com", " ann@gmail.com", "test@test.com", "test@acme.vn", "a..b@gmail.com"),
    *("ann@bücher.de", "ann@xn--bcher-kva.de", "x@y.local", "no@reply", "ｕｓｅｒ@gmail.com"),
    *("0987654312", "+84987654312", "098 765 4312", "987654312", "84987654312", "01687654312", "0900000000"),
    *("0987654312/0912345687", "987654312.0", "113", "8.49E+10", "0000000000", "02438245678", "19001234"),
)


def read(name: str, texts: list[str | None], **options: Any) -> list[tuple[Any, str | None]]:
    """(value, verdict) of each text."""
    raw = pl.Series(texts, dtype=pl.String)
    result = FieldReader(field_type(name), FieldOptions(**options)).read(raw)
    return [(value, verdict) for value, verdict, _ in judgements(result)]


def judgements(read: Read) -> list[tuple[Any, str | None, str | None]]:
    """(value, verdict, reason) of each text that was read."""
    flaws = {row: (verdict, reason) for row, verdict, reason in read.flaws.rows()}
    found = []
    for row, value in enumerate(read.values):
        verdict, reason = flaws.get(row, (None if value is None else "valid", None))
        found.append((value, verdict, reason))
    return found


def keys(name: str, values: list[Any]) -> list[str | None]:
    """The match keys of canonical values, through a lazy frame."""
    kind = field_type(name)
    frame = pl.LazyFrame({"value": pl.Series(values, dtype=kind.dtype)})
    return frame.select(kind.match_key(pl.col("value"))).collect().to_series().to_list()
