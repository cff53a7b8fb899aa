"""
What a database answers: rows of texts that come a batch at a time, and the ways in which it refuses.

Every value is the text that the database itself writes for it, and null is not the empty text: nothing is rounded,
no id becomes a float, no zero is lost. Messages are ours alone: what a server says may quote values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cdptool.errors import Place, SourceError

BATCH_ROWS: Final = 10_000
TIMEOUT_SECONDS: Final = 15  # of connecting; a query may take as long as it needs

Row = tuple[str | None, ...]

_SINCE: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|(?<!:):since\b", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d][\w.$]*")
_ENDINGS: Final = re.compile(r"[\s;]+\Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of a result, in order, and its rows in batches."""

    names: tuple[str, ...]
    batches: Iterator[list[Row]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as the server gets it: `text` is `sql` with the literal `since` for each `:since`."""

    sql: str
    since: str | None
    place: Place | None

    @property
    def text(self) -> str:
        """What is sent."""
        return _SINCE.sub(self._literal, self.sql)

    def _literal(self, found: re.Match[str]) -> str:
        return found[0] if found[0] != ":since" or self.since is None else self.since

    def position(self, sent: int) -> int:
        """Where a character (from 1) of what was sent stands in `sql`."""
        shift = 0
        for found in _SINCE.finditer(self.sql):
            change = len(self._literal(found)) - len(found[0])
            if found.end() + shift + change >= sent:
                break
            shift += change
        return sent - shift

    def where(self, position: int) -> str:
        """
        A position (from 1) in words, with the name that stands there; never a constant of the query.

        >>> Asked("select a\\nform t", None, None).where(10)
        'at `form` (line 2, column 1 of the query)'
        """
        before = self.sql[: position - 1]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        word = _WORD.match(self.sql, position - 1)
        name = f"at `{word[0]}` " if word else ""
        return f"{name}(line {line}, column {column} of the query)"


def asks_since(sql: str) -> bool:
    """
    Whether a query has the parameter `:since`; in texts, comments and casts it means nothing.

    >>> [asks_since(sql) for sql in ("select 1 where t > :since", "select ':since'", "select x::since")]
    [True, False, False]
    """
    return any(found[0] == ":since" for found in _SINCE.finditer(sql))


def without_end(sql: str) -> str:
    """The query without the semicolon at its end."""
    return _ENDINGS.sub("", sql)


def in_batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows, some at a time."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def binary_text(value: bytes) -> str:
    r"""
    Bytes as PostgreSQL writes them.

    >>> binary_text(b"\x00a")
    '\\x0061'
    """
    return "\\x" + value.hex()


def missing_library(what: str, extra: str, place: Place | None) -> SourceError:
    """The library of this kind of database is an extra."""
    return SourceError(
        f"reading {what} needs a library that is not installed",
        place=place,
        hint=f'run `pip install "cdptool[{extra}]"`',
    )
