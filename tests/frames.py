"""Frames written as text tables, and the multiplier of random rounds."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import polars as pl

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))


def table(text: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """
    A frame from a text table: a header line, then rows; columns part at two or more spaces, `-` is null.

    >>> table('''
    ... id  name
    ... 1   Thu Hoa
    ... 2   -
    ... ''', {"id": pl.Int64(), "name": pl.String()}).rows()
    [(1, 'Thu Hoa'), (2, None)]
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    header, *rows = [[cell for cell in line.split("  ") if cell.strip()] for line in lines]
    names = [name.strip() for name in header]
    cells = [
        [_typed(cell.strip(), schema[name]) for cell, name in zip(row, names, strict=True)] for row in rows
    ]
    return pl.DataFrame(cells, schema={name: schema[name] for name in names}, orient="row")


def _typed(cell: str, dtype: pl.DataType) -> object:
    if cell == "-":
        return None
    if dtype == pl.Int64():
        return int(cell)
    if dtype == pl.Float64():
        return float(cell)
    if dtype == pl.Boolean():
        return {"true": True, "false": False}[cell]
    if dtype == pl.Date():
        return date.fromisoformat(cell)
    if isinstance(dtype, pl.Datetime):
        return datetime.fromisoformat(cell).replace(tzinfo=UTC)
    return cell
