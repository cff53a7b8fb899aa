"""
Workbooks of Excel (and LibreOffice) as rows of text: the cells as a person sees them in a plain number format.

A customer id that the workbook holds as the float 17850.0 is `17850`, a date is ISO 8601, and of a computed
number the 15 digits count that Excel itself keeps. The header is found as in a CSV file.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

import numpy as np
import polars as pl

from cdptool.errors import Place, SourceError
from cdptool.sources.csv_blocks import Rejected, TextBlock
from cdptool.sources.csv_records import Fault
from cdptool.sources.excel_errors import error_cells
from cdptool.sources.raw import RawForm
from cdptool.sources.sniff import BY_POSITION, by_position, unique_names
from cdptool.sources.spec import Dialect

Row: TypeAlias = list[str | None]
_ROWS: Final = 50_000
_SHOWN: Final = 500  # rows that show how wide the table is


@dataclass(frozen=True, slots=True)
class ExcelSource:
    """A sheet: its column names, unique, and the row (from 1) its table begins on."""

    names: tuple[str, ...]
    notes: tuple[str, ...]
    sheet: Any  # calamine's, which has no types
    first_row: int
    dialect: Dialect
    path: str

    def blocks(self, needed: tuple[str, ...]) -> Iterator[TextBlock]:
        """The rows below the header, numbered as in the sheet; a row with cells beyond the header is rejected."""
        width = len(self.names)
        kept: list[Row] = []
        lines: list[int] = []
        rejected: list[Rejected] = []
        n_blank = 0
        for number, row in _without_last(self._rows(), self.dialect.footer_lines):
            extent = _extent(row)
            if not extent:
                n_blank += 1
            elif extent > width:
                fault = Fault("fields", f"{extent} cells, expected {width}")
                rejected.append(Rejected(number, fault, _raw(self.names, row[:extent])))
            else:
                kept.append(row + [None] * (width - len(row)))
                lines.append(number)
            if len(kept) >= _ROWS:
                yield _block(kept, lines, rejected, n_blank, needed)
                kept, lines, rejected, n_blank = [], [], [], 0
        yield _block(kept, lines, rejected, n_blank, needed)

    def _rows(self) -> Iterator[tuple[int, Row]]:
        errors = error_cells(self.path, self.sheet.name)
        for number, cells in enumerate(self.sheet.iter_rows(), 1):
            if number >= self.first_row:
                row = [cell_text(cell) for cell in cells]
                for column, error in errors.get(number, {}).items():
                    row += [None] * (column + 1 - len(row))
                    row[column] = error
                yield number, row


def open_excel(path: str, dialect: Dialect, place: Place) -> ExcelSource:
    """
    Open a workbook: the declared sheet, else the only one that is visible and not empty.

    Raises:
        SourceError: It is damaged or encrypted, several sheets could be meant, or there is something above the
            header; or the library is not installed.
    """
    sheet, notes = _sheet_of(path, dialect, place), ["excel"]
    notes.append(f"sheet `{sheet.name}`")
    rows = ((i, [cell_text(cell) for cell in cells]) for i, cells in enumerate(sheet.iter_rows(), 1))
    filled = ((i, row) for i, row in rows if i > dialect.skip_lines and _extent(row))
    first = next(filled, None)
    if first is None:
        raise SourceError(
            f"the sheet `{sheet.name}` is empty", place=place, hint="even an export without rows has a header"
        )
    number, header = first[0], first[1][: _extent(first[1])]
    widths = Counter(_extent(row) for _, (_, row) in zip(range(_SHOWN), filled, strict=False))
    if not dialect.has_header:
        notes.append("no header")
        width = max(len(header), *widths, 0)
        names = tuple(f"column_{i + 1}" for i in range(width))
        return ExcelSource(_by_position(names, dialect, notes), tuple(notes), sheet, number, dialect, path)
    if len(header) == 1 and max(widths, default=0) > 1:
        raise SourceError(
            f"the first row has 1 cell, the rows below it up to {max(widths)}",
            place=Place(place.file, number),
            hint="declare `skip_lines` in the source's dialect: the rows above the header",
        )
    names = unique_names([cell or "" for cell in header], notes)
    return ExcelSource(_by_position(names, dialect, notes), tuple(notes), sheet, number + 1, dialect, path)


def cell_text(value: object) -> str | None:
    """
    A cell as text; None where it is empty.

    >>> [cell_text(value) for value in (17850.0, 0.1 + 0.2, 1e20, True, date(2026, 1, 2), "007", "")]
    ['17850', '0.3', '100000000000000000000', 'true', '2026-01-02', '007', None]
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return None


def _sheet_of(path: str, dialect: Dialect, place: Place) -> Any:
    try:
        import python_calamine as calamine
    except ImportError:
        raise SourceError(
            "reading Excel workbooks needs a library that is not installed",
            place=place,
            hint='run `pip install "cdptool[excel]"`, or save the sheet as CSV (UTF-8)',
        ) from None
    try:
        book = calamine.CalamineWorkbook.from_path(path)
        if dialect.sheet is not None and dialect.sheet in book.sheet_names:
            return book.get_sheet_by_name(dialect.sheet)
        visible = [
            one.name for one in book.sheets_metadata if one.visible == calamine.SheetVisibleEnum.Visible
        ]
        sheets = [book.get_sheet_by_name(name) for name in visible]
    except calamine.PasswordError:
        raise SourceError(
            "the workbook is encrypted", place=place, hint="save it without a password"
        ) from None
    except (calamine.CalamineError, OSError):
        raise SourceError(
            "the workbook is damaged or truncated", place=place, hint="export or copy it again"
        ) from None
    told = ", ".join(f"`{name}`" for name in visible)
    if dialect.sheet is not None:
        raise SourceError(
            f"there is no sheet `{dialect.sheet}`", place=place, hint=f"the workbook has {told}"
        )
    filled = [sheet for sheet in sheets if sheet.end is not None]
    if len(filled) > 1:
        raise SourceError(
            f"{len(filled)} sheets hold rows",
            place=place,
            hint=f"declare which in the source's dialect, such as `sheet: {filled[0].name}`; it has {told}",
        )
    if not sheets:
        raise SourceError("the workbook has no visible sheet", place=place, hint="declare `sheet`")
    return (filled or sheets)[0]


def _by_position(names: tuple[str, ...], dialect: Dialect, notes: list[str]) -> tuple[str, ...]:
    if dialect.columns_by != "position":
        return names
    notes.append(BY_POSITION)
    return by_position(len(names))


def _without_last(rows: Iterator[tuple[int, Row]], n: int) -> Iterator[tuple[int, Row]]:
    """The rows without the last `n` that are not blank, which are no rows but totals."""
    held: deque[tuple[int, Row]] = deque()
    n_filled = 0
    for number, row in rows:
        held.append((number, row))
        n_filled += bool(_extent(row))
        while n_filled > n:
            first = held.popleft()
            n_filled -= bool(_extent(first[1]))
            yield first


def _extent(row: Sequence[str | None]) -> int:
    """How many cells there are up to the last that is not empty."""
    return next((i for i in range(len(row), 0, -1) if row[i - 1] and str(row[i - 1]).strip()), 0)


def _block(
    rows: list[Row],
    lines: list[int],
    rejected: list[Rejected],
    n_blank: int,
    needed: tuple[str, ...],
) -> TextBlock:
    columns = {name: pl.Series(name, [row[int(name)] for row in rows], dtype=pl.String) for name in needed}
    frame = pl.DataFrame(columns) if columns else pl.DataFrame(height=len(rows))
    return TextBlock(frame, np.array(lines, np.int64), tuple(rejected), n_blank)


def _raw(names: tuple[str, ...], row: Row) -> bytes:
    wide = (*names, *(f"column_{i + 1}" for i in range(len(names), len(row))))
    frame = pl.DataFrame({str(i): [cell] for i, cell in enumerate(row)})
    return next(RawForm(wide).write(frame, np.array([0])))
