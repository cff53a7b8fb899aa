"""
SQLite, through Python's own library: a file that is opened for reading only.

That alone would let a query make other files: `attach` and `vacuum into` are refused.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cdptool.errors import Place, SourceError
from cdptool.sources.addresses import Address
from cdptool.sources.answers import Answer, Row, asks_since, binary_text, in_batches

_GREATEST: Final = 2**63 - 1  # of its integers
_EXACT: Final = 2.0**53  # floats hold every integer up to here
# (what SQLite says, what is wrong, what to do); a group is a name, never a text of the query
_FAULTS: Final = (
    (r'near "([A-Za-z_][\w.]*)": syntax error', "a syntax error in the query at `{}`", "correct the query"),
    (r"syntax error|incomplete input|unrecognized token", "a syntax error in the query", "correct the query"),
    (r"no such table: ([\w.]+)", "no such table `{}` in the query", "correct the query"),
    (r"no such column: ([\w.]+)", "no such column `{}` in the query", "correct the query"),
    (r"readonly database|not authorized", "the query would write", "a source only reads: begin with `select`"),
    (r"database is locked", "another program holds the database", "try again when it is done"),
    (r"one statement at a time", "more than one query", "keep one"),
    (r"Could not decode to UTF-8", "the database holds text that is not UTF-8", "ask for it as `hex(column)`"),
    (r"not a database|malformed", "the file is no SQLite database, or damaged", "copy it again"),
)  # fmt: skip


@contextmanager
def ask_sqlite(
    address: Address, sql: str, since: str | None, place: Place | None, root: str
) -> Iterator[Answer]:
    """
    The answer of an SQLite file, as long as it is read.

    Raises:
        SourceError: There is no such file, or it refuses the query.
    """
    path = Path(root) / (address.name or "")
    if not path.is_file():
        hint = "the path behind `sqlite:///` is relative to the project; an absolute one has four slashes"
        raise SourceError(f"{address.shown}: no such file", place=place, hint=hint)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            connection.set_authorizer(_may)
            given = {"since": _parameter(since)} if asks_since(sql) else {}
            cursor = connection.execute(sql, given)
            if cursor.description is None:
                hint = "a source only reads: begin with `select`"
                raise SourceError("the query gives no columns", place=place, hint=hint)
            names = tuple(str(column[0]) for column in cursor.description)
            yield Answer(names, in_batches(_texts(cursor)))
    except sqlite3.Error as error:
        raise _failed(str(error), place) from None


def cell_text(value: Any) -> str | None:
    r"""
    A cell as text; its type is its own, whatever the column's.

    >>> [cell_text(value) for value in (9007199254740993, 17850.0, 0.1, "007", "", None, b"a")]
    ['9007199254740993', '17850', '0.1', '007', '', None, '\\x61']
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return binary_text(value)
    if isinstance(value, float) and abs(value) < _EXACT and value.is_integer():
        return str(int(value))
    return repr(value)


def _texts(cursor: sqlite3.Cursor) -> Iterator[Row]:
    for row in cursor:
        yield tuple([cell_text(value) for value in row])


def _parameter(since: str | None) -> str | int | None:
    """SQLite compares a number with a text as unequal, so a whole number goes as one, within what it knows."""
    if since is None or not re.fullmatch(r"-?\d+", since):
        return since
    return max(-_GREATEST, min(int(since), _GREATEST))


def _may(action: int, *_: str | None) -> int:
    """What a query may do: all but open another file. `vacuum into` opens one too."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _failed(said: str, place: Place | None) -> SourceError:
    for pattern, problem, hint in _FAULTS:
        if found := re.search(pattern, said):
            return SourceError(problem.format(*found.groups()), place=place, hint=hint)
    return SourceError("the database refuses the query", place=place, hint="try it in `sqlite3`")
