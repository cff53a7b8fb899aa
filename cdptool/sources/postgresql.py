"""
PostgreSQL, through psycopg: the answer streams by COPY, so neither the server nor we hold it.

COPY gives every value of every type as PostgreSQL writes it. The query is prepared first, which names its columns
and says what is wrong with it, and where, before anything runs. The transaction can only read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from cdptool.errors import Place, SourceError
from cdptool.sources.addresses import Address
from cdptool.sources.answers import TIMEOUT_SECONDS, Answer, Asked, in_batches, missing_library, without_end

if TYPE_CHECKING:
    import psycopg

# How values are written, whatever the server, the database or the user prefer.
_SETTINGS: Final = (
    ("timezone", "UTC"),
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "iso_8601"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("client_encoding", "UTF8"),
)
# (part of what libpq says, what is wrong, what to do)
_REFUSALS: Final = (
    ("password authentication failed", "the server does not take the user or the password", "correct them"),
    ("no password supplied", "the server wants a password", "write `:${NAME}` behind the user, or set PGPASSWORD"),
    ("Connection refused", "connection refused", "check host and port, and that the server runs"),
    ("No such file or directory", "no server listens here", "check host and port, and that the server runs"),
    ("could not translate host name", "the host is not known", "check the host's name"),
    ("failed to resolve host", "the host is not known", "check the host's name"),
    ("timeout expired", "no answer in time", "check host and port, and whether a firewall stands between"),
    ("timed out", "no answer in time", "check host and port, and whether a firewall stands between"),
    ("no pg_hba.conf entry", "the server does not let this user in from here", "ask who runs it"),
    ("SSL", "no secure connection", "see `sslmode` of the address"),
    ("invalid connection option", "an option of the address is not known", "use the names that libpq has"),
    ("invalid URI query parameter", "an option of the address is not known", "use the names that libpq has"),
    ("role", "there is no such user", "correct the user"),
    ("database", "there is no such database", "correct its name"),
)  # fmt: skip
# SQLSTATE → what is wrong, what to do
_FAULTS: Final = {
    "42601": ("a syntax error in the query", "correct the query"),
    "42703": ("no such column in the query", "correct the query"),
    "42P01": ("no such table in the query", "correct the query, or write `schema.table`"),
    "42883": ("no such function or operator in the query", "correct the query, or cast its values"),
    "42501": ("the user may not read what the query asks for", "ask for the right to select"),
    "25006": ("the query would write", "a source only reads"),
    "0A000": ("the server cannot do what the query asks", "begin with `select`, `with` or `values`"),
    "57014": ("the server stopped the query", "give it more time (`statement_timeout`), or ask for less"),
    "53100": ("the server has no room left", "ask for less, or without a sort"),
}


@contextmanager
def ask_postgresql(address: Address, sql: str, since: str | None, place: Place | None) -> Iterator[Answer]:
    """
    The answer of a PostgreSQL database, as long as it is read.

    Raises:
        SourceError: It cannot be reached, refuses the user or the query, or fails on the way.
    """
    try:
        import psycopg
    except ImportError:
        raise missing_library("PostgreSQL", "postgresql", place) from None
    with _connected(address, place) as connection:
        literal = None if since is None else psycopg.sql.Literal(since).as_string(connection)
        asked = Asked(without_end(sql), literal, place)
        try:
            connection.read_only = True
            with connection.cursor() as cursor:
                for name, value in _SETTINGS:
                    cursor.execute("select set_config(%s, %s, false)", (name, value))
                names = _columns(connection, asked)
                with cursor.copy(f"COPY (\n{asked.text}\n) TO STDOUT".encode()) as copy:
                    yield Answer(names, in_batches(copy.rows()))
        except psycopg.Error as error:
            raise _failed(error.sqlstate, asked, None) from None
        except UnicodeDecodeError:
            hint = "convert it in the query: `convert_from(column::bytea, 'WIN1252')`"
            raise SourceError("the database holds text that is not UTF-8", place=place, hint=hint) from None


@contextmanager
def _connected(address: Address, place: Place | None) -> Iterator[psycopg.Connection[Any]]:
    import psycopg

    named = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "dbname": address.name,
    }
    given = {key: value for key, value in named.items() if value is not None}
    options: dict[str, Any] = {"connect_timeout": TIMEOUT_SECONDS, **dict(address.options), **given}
    try:
        connection = psycopg.connect(application_name="cdptool", **options)
    except psycopg.Error as error:
        said = str(error)
        problem, hint = next(
            ((what, step) for part, what, step in _REFUSALS if part in said),
            ("the server cannot be reached", "check the address"),
        )
        raise SourceError(f"{address.shown}: {problem}", place=place, hint=hint) from None
    try:
        yield connection
    finally:
        connection.close()


def _columns(connection: psycopg.Connection[Any], asked: Asked) -> tuple[str, ...]:
    """The columns that the query gives, which the server says without running it."""
    from psycopg import pq

    server = connection.pgconn
    result = server.prepare(b"", asked.text.encode())
    if result.status != pq.ExecStatus.COMMAND_OK:
        fields = (pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.STATEMENT_POSITION)
        state, position = ((result.error_field(field) or b"").decode() for field in fields)
        raise _failed(state, asked, int(position) if position.isdigit() else None)
    described = server.describe_prepared(b"")
    names = tuple((described.fname(i) or b"").decode() for i in range(described.nfields))
    if not names:
        hint = "a source only reads: begin with `select`"
        raise SourceError("the query gives no columns", place=asked.place, hint=hint)
    return names


def _failed(state: str | None, asked: Asked, position: int | None) -> SourceError:
    """What a refused query is told, in our words."""
    told = f"the server refuses the query (SQLSTATE {state})" if state else "the connection broke off"
    problem, hint = _FAULTS.get(state or "", (told, "try the query in `psql`" if state else "run it again"))
    if position is not None:
        problem = f"{problem} {asked.where(asked.position(position))}"
    return SourceError(problem, place=asked.place, hint=hint)
