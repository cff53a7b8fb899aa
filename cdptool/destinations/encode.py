"""
Finished cells to bytes: CSV with a header line of its own, and Parquet.

The header is written apart because three platforms repeat headers, which no frame can hold.
"""

from __future__ import annotations

import io
from typing import Final

import polars as pl

from cdptool.destinations.spec import FileFormat

_BOM: Final = b"\xef\xbb\xbf"
_FORMULA: Final = r"^[=+\-@\t\r]"
_NUMBER: Final = r"^-?[0-9]+(?:\.[0-9]+)?$"


def csv_bytes(cells: pl.DataFrame, headers: tuple[str, ...], file: FileFormat) -> bytes:
    """
    Write UTF-8 CSV, quoted only where needed.

    Args:
        cells: String columns in the order of `headers`; null = empty cell. Rows in the order written.
        headers: May repeat.
        file: Delimiter, newline, byte order mark, formula guard.

    Returns:
        The bytes of the whole file, ending with a newline.

    >>> csv_bytes(pl.DataFrame({"0": ["a,b", None], "1": ["+84", "x"]}), ("email", "email"), FileFormat())
    b'email,email\\n"a,b",+84\\n,x\\n'
    """
    header = pl.DataFrame({str(position): [name] for position, name in enumerate(headers)})
    body = cells.select(_guarded(pl.all())) if file.formula_guard and cells.width else cells
    return (_BOM if file.bom else b"") + _lines(header, file) + _lines(body, file)


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """The frame as Parquet: the same rows give the same bytes (zstd, row groups of a fixed size)."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", row_group_size=100_000)
    return buffer.getvalue()


def _guarded(text: pl.Expr) -> pl.Expr:
    """An apostrophe before what a spreadsheet would run as a formula; numbers stay."""
    risky = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    return pl.when(risky).then("'" + text).otherwise(text)


def _lines(frame: pl.DataFrame, file: FileFormat) -> bytes:
    if frame.is_empty():
        return b""
    buffer = io.BytesIO()
    frame.write_csv(
        buffer,
        include_header=False,
        separator=file.delimiter,
        line_terminator=file.newline,
        quote_style="necessary",
    )
    return buffer.getvalue()
