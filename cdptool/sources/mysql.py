"""
MySQL and MariaDB, through PyMySQL: the answer streams from a cursor that the server holds.

No value is converted: what the server writes is the text. The session can only read and is in UTC; a TIMESTAMP is
a moment and says so, a DATETIME is not and stays without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdptool.errors import Place, SourceError
from cdptool.sources.addresses import Address
from cdptool.sources.answers import (
    TIMEOUT_SECONDS,
    Answer,
    Asked,
    Row,
    binary_text,
    in_batches,
    missing_library,
    without_end,
)

if TYPE_CHECKING:
    import pymysql

_TIMESTAMP: Final = 7  # the type's number in the protocol
_OPTIONS: Final = ("ssl_ca", "ssl_cert", "ssl_key", "unix_socket")
# The number of the error → what is wrong, what to do
_REFUSALS: Final = {
    1045: ("the server does not take the user or the password", "correct them"),
    1698: ("the server does not take the user or the password", "correct them"),
    1044: ("the user may not use this database", "ask who runs it"),
    1049: ("there is no such database", "correct its name"),
    1130: ("the server does not let this machine in", "ask who runs it"),
    2003: ("the server cannot be reached", "check host and port, and that the server runs"),
}
_FAULTS: Final = {
    1064: ("a syntax error in the query", "correct the query"),
    1054: ("no such column in the query", "correct the query"),
    1146: ("no such table in the query", "correct the query"),
    1142: ("the user may not read what the query asks for", "ask for the right to select"),
    1143: ("the user may not read what the query asks for", "ask for the right to select"),
    1792: ("the query would write", "a source only reads: begin with `select`"),
    2013: ("the connection broke off", "run it again"),
}


@contextmanager
def ask_mysql(address: Address, sql: str, since: str | None, place: Place | None) -> Iterator[Answer]:
    """
    The answer of a MySQL or MariaDB server, as long as it is read.

    Raises:
        SourceError: It cannot be reached, refuses the user or the query, or fails on the way.
    """
    try:
        import pymysql
    except ImportError:
        raise missing_library("MySQL", "mysql", place) from None
    connection = _connected(address, place)
    literal = None if since is None else str(connection.escape(since.removesuffix("+00:00")))
    asked = Asked(without_end(sql), literal, place)
    try:
        cursor = connection.cursor()
        cursor.execute("SET SESSION time_zone = '+00:00'")
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.execute(asked.text)
        if cursor.description is None:
            hint = "a source only reads: begin with `select`"
            raise SourceError("the query gives no columns", place=place, hint=hint)
        names = tuple(str(column[0]) for column in cursor.description)
        moments = [i for i, column in enumerate(cursor.description) if column[1] == _TIMESTAMP]
        yield Answer(names, in_batches(_texts(cursor, moments)))
    except pymysql.MySQLError as error:
        raise _failed(error, asked) from None
    except UnicodeDecodeError:
        hint = "convert it in the query: `convert(column using utf8mb4)`"
        raise SourceError("the database holds text that is not UTF-8", place=place, hint=hint) from None
    finally:
        connection._force_close()  # a cursor that is closed in good order first reads all that is left


def _connected(address: Address, place: Place | None) -> pymysql.Connection[Any]:
    import pymysql

    unknown = [name for name, _ in address.options if name not in _OPTIONS]
    if unknown:
        raise SourceError(
            f"{address.shown}: an option of the address is not known",
            place=place,
            hint=f"use {', '.join(_OPTIONS)}",
        )
    defaults = Path("~/.my.cnf").expanduser()
    given: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password.encode() if address.password else None,  # else it must be Latin-1
        "database": address.name,
        "read_default_file": str(defaults) if defaults.is_file() else None,
        **dict(address.options),
    }
    try:
        return pymysql.connect(
            **{key: value for key, value in given.items() if value is not None},
            conv={
                kind: write
                for kind, write in pymysql.converters.conversions.items()
                if not isinstance(kind, int)
            },
            charset="utf8mb4",
            connect_timeout=TIMEOUT_SECONDS,
            cursorclass=pymysql.cursors.SSCursor,
        )
    except (pymysql.MySQLError, OSError, RuntimeError) as error:
        number = error.args[0] if error.args else 0
        problem, hint = _REFUSALS.get(number, ("the server cannot be reached", "check the address"))
        if number == 2003 and "refused" in str(error):
            problem = "connection refused"
        raise SourceError(f"{address.shown}: {problem}", place=place, hint=hint) from None


def _texts(cursor: Any, moments: Sequence[int]) -> Iterator[Row]:
    while (row := cursor.fetchone()) is not None:
        cells = [binary_text(value) if isinstance(value, bytes) else value for value in row]
        for i in moments:
            cells[i] = None if cells[i] is None else f"{cells[i]}+00:00"
        yield tuple(cells)


def _failed(error: pymysql.MySQLError, asked: Asked) -> SourceError:
    """What a refused query is told, in our words; MySQL knows the line, not the column."""
    number = error.args[0] if error.args else 0
    problem, hint = _FAULTS.get(
        number, (f"the server refuses the query (error {number})", "try it in `mysql`")
    )
    if number == 1064 and (line := re.search(r"at line (\d+)\Z", str(error.args[-1]))):
        problem += f" (line {line[1]} of the query)"
    return SourceError(problem, place=asked.place, hint=hint)
