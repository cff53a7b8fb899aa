"""What a made table is: columns that know what they hold, and the relations between them that are true of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

Row = int


@dataclass(slots=True)
class Column:
    """
    One column: its header, what it holds (`role`), its cells as written, and the numbers or times behind them.

    `form` is the strftime form of a date, or the number of decimals of a number (with "," for a decimal comma).
    `units` are other units (name, factor, offset) in which a value of this column is plainly out of place.
    """

    name: str
    role: str
    cells: list[str]
    raw: np.ndarray | None = None
    form: str = ""
    units: tuple[tuple[str, float, float], ...] = ()

    def written(self, value: float | np.datetime64) -> str:
        """A number or time in the form of this column."""
        if isinstance(value, np.datetime64):
            return str(value.astype("datetime64[s]").item().strftime(self.form))
        text = f"{value:.{self.form[:1] or 0}f}"
        return text.replace(".", ",") if self.form.endswith(",") else text


@dataclass(slots=True)
class Table:
    """
    A clean table: its columns by what they are called here, and what is true of them.

    `orders`: (start, end); `sums`: (parts, total), total = the sum of the parts; `products`: (factors, total);
    `references`: (column, table of the same set, its key column). The first column is the key if `key` says so.
    """

    name: str
    columns: dict[str, Column]
    key: tuple[str, ...] = ()
    orders: tuple[tuple[str, str], ...] = ()
    sums: tuple[tuple[tuple[str, ...], str], ...] = ()
    products: tuple[tuple[tuple[str, ...], str], ...] = ()
    references: tuple[tuple[str, str, str], ...] = ()
    is_parent: bool = False
    delimiter: str = ","
    taken: set[int] = field(default_factory=set)  # rows with a fault in them already
    raw_bytes: dict[tuple[Row, str], bytes] = field(default_factory=dict)  # cells not written in UTF-8

    @property
    def height(self) -> int:
        """How many rows."""
        return len(next(iter(self.columns.values())).cells)

    def headers(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The headers of columns."""
        return tuple(self.columns[key].name for key in keys)

    def append(self, row: Row) -> Row:
        """Add a copy of a row at the end; its number."""
        for column in self.columns.values():
            column.cells.append(column.cells[row])
            if column.raw is not None:
                column.raw = np.append(column.raw, column.raw[row])
        return self.height - 1

    def write(self, path: Path) -> None:
        """Write the CSV; cells of `raw_bytes` with their own bytes."""
        marks = {cell: f"\x01{number}\x01" for number, cell in enumerate(self.raw_bytes)}
        cells = {key: list(column.cells) for key, column in self.columns.items()}
        for (row, key), mark in marks.items():
            cells[key][row] = mark
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
            writer.writerow([column.name for column in self.columns.values()])
            writer.writerows(zip(*cells.values(), strict=True))
        if marks:
            data = path.read_bytes()
            for cell, mark in marks.items():
                data = data.replace(mark.encode(), self.raw_bytes[cell])
            path.write_bytes(data)
