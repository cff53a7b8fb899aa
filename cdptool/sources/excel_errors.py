"""The cells of a workbook that hold an error (`#N/A`, `#REF!` …): the library reads them as if nothing stood there."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

_CHUNK: Final = 1 << 20
_LONGEST: Final = 1 << 16  # of a cell's XML, formula and all
_CELL: Final = re.compile(rb"<c\s([^>]*\bt=\"e\"[^>]*)>(.*?)</c>", re.DOTALL)
_PLACE: Final = re.compile(rb"\br=\"([A-Z]{1,3})([0-9]{1,7})\"")
_VALUE: Final = re.compile(rb"<v>([^<]*)</v>")
_ID: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def error_cells(path: str, sheet: str) -> dict[int, dict[int, str]]:
    """
    Row (from 1) → column (from 0) → the error that a person sees there.

    Only the files of Excel since 2007 (.xlsx, .xlsm) tell; of others nothing is known.
    """
    found: dict[int, dict[int, str]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for letters, row, error in _errors(archive, sheet):
                found.setdefault(row, {})[_column(letters)] = error
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, ElementTree.ParseError):
        return found  # the library says what is wrong with the file
    return found


def _errors(archive: zipfile.ZipFile, sheet: str) -> Iterator[tuple[str, int, str]]:
    part = _part_of(archive, sheet)
    if part is None:
        return
    with archive.open(part) as file:
        held = b""
        while chunk := file.read(_CHUNK):
            held += chunk
            end = 0
            for cell in _CELL.finditer(held):
                end = cell.end()
                place, value = _PLACE.search(cell[1]), _VALUE.search(cell[2])
                if place and value:
                    yield place[1].decode(), int(place[2]), value[1].decode(errors="replace")
            held = held[max(end, len(held) - _LONGEST) :]


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The file in the workbook that holds a sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    wanted = [one.get(_ID) for one in book.iter() if one.tag.endswith("}sheet") and one.get("name") == sheet]
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next((one.get("Target", "") for one in links if wanted and one.get("Id") == wanted[0]), None)
    if not target:
        return None
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _column(letters: str) -> int:
    """
    The number of a column, from 0.

    >>> _column("A"), _column("Z"), _column("AB")
    (0, 25, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
