"""Reading a file that nobody declared; what finds an odd dialect is loaded only where it is needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cdptool.errors import Place, SourceError
from cdptool.inspection.header_row import is_row
from cdptool.sources.spec import Dialect
from cdptool.sources.texts_of_file import MOST_BYTES, FileTexts, read_texts

NO_HEADER: Final = (
    "the first row is a row like the others, so the columns are called column_1, column_2 and on"
)


def stem(path: Path) -> str:
    """
    The name of a file without its endings.

    >>> stem(Path("x/orders.csv.gz")), stem(Path("St. Mary list.csv"))
    ('orders', 'St. Mary list')
    """
    return re.sub(r"(?:\.[A-Za-z0-9]{1,8})+$", "", path.name)


def read_any(path: str, place: Place, most_bytes: int = MOST_BYTES) -> FileTexts:
    """The texts of a file; one that needs a dialect, such as a list of one column, is read as `init` would; so is one without a header."""
    try:
        texts = read_texts(path, place, most_bytes=most_bytes)
    except SourceError:
        from cdptool.commands.dialect_search import find_dialect

        looked, _ = find_dialect(Path(path), place)
        return read_texts(path, place, looked.dialect, most_bytes=most_bytes)
    if is_row(tuple(texts.frame.columns), texts.frame):
        rows = read_texts(path, place, Dialect(has_header=False), most_bytes=most_bytes)
        return rows._replace(notes=(*rows.notes, NO_HEADER))
    return texts
