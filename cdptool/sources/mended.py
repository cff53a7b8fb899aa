"""The file in which people mended quarantined records: each line says by `_file_id,_row` which record it is."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from cdptool.errors import Place, SourceError
from cdptool.sources.csv_records import Shape, read_record
from cdptool.sources.raw import RawForm

FILE_ID, ROW = "_file_id", "_row"
_EXPORT_AGAIN = "write it with `cdptool quarantine show --export`, and leave its header and first two columns"


class MendedRow(NamedTuple):
    """One line of the file: where it stands, the printed id of its file, its row, and its fields by name's order."""

    line: int
    file_id: str
    row: int
    fields: tuple[str | None, ...]


class Mended(NamedTuple):
    """The lines that can be read, and the numbers of those that cannot."""

    rows: tuple[MendedRow, ...]
    unreadable: tuple[int, ...]


def read_mended(data: bytes, form: RawForm, place: Place) -> Mended:
    """
    Read a mended file: the columns in any order, and any delimiter that its header shows.

    Args:
        data: Its bytes, UTF-8.
        form: How the records of the mended file are written, and their columns.
        place: What messages call the file.

    Raises:
        SourceError: The header is not that of the exported file, or a record stands there twice.
    """
    text = data.removeprefix(codecs.BOM_UTF8)
    text += b"" if text.endswith(b"\n") else b"\n"
    shape = _shape(text, form)
    header = read_record(text, 0, shape, is_last=True)
    names = [name.decode(errors="replace") for name in header.fields or ()]
    _refuse_header(names, form, place)
    order = [names.index(name) for name in (FILE_ID, ROW, *form.names)]
    rows: list[MendedRow] = []
    unreadable: list[int] = []
    position, line = header.end, 1 + text.count(b"\n", 0, header.end)
    while position < len(text):
        record = read_record(text, position, shape, is_last=True)
        row = _row(record.fields, order, line) if record.fields is not None else None
        if row is not None:
            rows.append(row)
        elif text[position : record.end].strip():
            unreadable.append(line)
        line += text.count(b"\n", position, record.end)
        position = record.end
    _refuse_twice(rows, place)
    return Mended(tuple(rows), tuple(unreadable))


def _shape(text: bytes, form: RawForm) -> Shape:
    """The delimiter that follows the first name of the header: an editor may have saved the file with another."""
    written = form.written_shape
    head = text[:64].replace(b'"', b"")
    after = head[len(FILE_ID) : len(FILE_ID) + 1]
    separator = (
        after if head.startswith(FILE_ID.encode()) and after in b",;\t|" and after else written.separator
    )
    return Shape(separator, written.quote or b'"', 0, written.escape)


def _row(fields: tuple[bytes, ...], order: list[int], line: int) -> MendedRow | None:
    n_named = len(order)
    if len(fields) != n_named and not (len(fields) == n_named + 1 and not fields[-1]):
        return None
    file_id, row, *rest = (fields[i].decode() for i in order)
    if not re.fullmatch(r"[0-9]{1,18}", row.strip()):  # more digits are no line of a file
        return None
    return MendedRow(line, file_id.strip(), int(row), tuple(value or None for value in rest))


def _refuse_header(names: list[str], form: RawForm, place: Place) -> None:
    if names and not names[-1]:
        names = names[:-1]
    if sorted(names) != sorted((FILE_ID, ROW, *form.names)):
        raise SourceError(
            "the header is not that of the quarantined records",
            place=Place(place.file, 1),
            hint=_EXPORT_AGAIN,
        )


def _refuse_twice(rows: list[MendedRow], place: Place) -> None:
    seen: dict[tuple[str, int], int] = {}
    for one in rows:
        first = seen.setdefault((one.file_id, one.row), one.line)
        if first != one.line:
            raise SourceError(
                f"the same record stands in line {first} too",
                place=Place(place.file, one.line),
                hint="keep one of the two lines",
            )
