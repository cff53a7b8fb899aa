"""
A line under `expect:` to its form.

Most lines are conditions of the rule language over the row's own columns. The few demands on all rows together
are each one pattern; whatever is none of them is given to the rule language, which says what is wrong and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from cdptool.checks.spec import (
    Every,
    FileRows,
    Form,
    Fresh,
    Holds,
    Refers,
    Steady,
    Target,
    Unique,
    Volume,
)
from cdptool.errors import ConfigError, Place
from cdptool.rules import Catalog, parse, row_condition
from cdptool.rules.nodes import Attribute, Compare, Name, Node, walk
from cdptool.rules.windows import CALENDAR_UNITS, parse_length
from cdptool.tables import Column, StreamSchema

ROWS: Final = "rows"
_FILE: Final = StreamSchema("file", (Column(ROWS, "integer"),))
_SOME_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENTS: Final = ("date", "datetime")
# What begins like one of these is meant to be it.
_WORDS: Final = ("unique", "newest", "drift", "matches", "missing", "default")
_EXAMPLES: Final[dict[str, str]] = {
    "unique": "write `unique(order_id, line)`",
    "newest": "write `newest(at) within 2d`",
    "drift": "write `drift(channel) < 0.2`",
    "every": "write `every 1d`",
    "rows": "write `rows >= 100` or `rows within 50% of history`",
}


def schema_of_rows(feeds: str, target: str | None, catalog: Catalog) -> StreamSchema:
    """
    The rows of a source as the language sees them: what it feeds decides their columns.

    The currency of money is a text column of its own. A reference table has no `at`; see `read_expectation`.
    """
    table, stream = catalog.table(target), catalog.stream(target or "")
    columns: tuple[Column, ...] = catalog.fields
    if feeds == "stream":
        columns = stream.columns if stream else ()
    elif feeds == "table":
        columns = table.columns if table else ()
    money = tuple(Column(f"{each.name}_currency", "text") for each in columns if each.type == "money")
    return StreamSchema(target or "records", (*columns, *money))


def read_expectation(
    text: str, place: Place, schema: StreamSchema, catalog: Catalog, *, has_time: bool
) -> Form:
    """
    Read one line.

    Args:
        text: The line.
        place: Where its first character stands.
        schema: The columns of the source's rows.
        catalog: Streams, tables and fields, for references.
        has_time: Whether the rows have a time `at`.

    Raises:
        ConfigError: With the place of what is wrong, and the nearest name.

    >>> here = Place("sources.yaml", 7, 9)
    >>> order = StreamSchema("order", (Column("order_id", "identifier"), Column("quantity", "number")))
    >>> read_expectation("unique(order_id)", here, order, Catalog(), has_time=True)
    Unique(columns=('order_id',))
    >>> read_expectation("quantty > 0", here, order, Catalog(), has_time=True)
    Traceback (most recent call last):
    cdptool.errors.ConfigError: sources.yaml:7:9: unknown name `quantty`
    """
    reader = _Line(text, place, schema, catalog, has_time)
    for pattern, read in _FORMS:
        match = pattern.fullmatch(text.strip())
        if match:
            return read(reader, match)
    return reader.condition()


class _Line:
    """One line being read, and what it may name."""

    def __init__(
        self, text: str, place: Place, schema: StreamSchema, catalog: Catalog, has_time: bool
    ) -> None:
        self.start = len(text) - len(text.lstrip())
        self.text, self.place = text, place
        self.schema, self.catalog, self.has_time = schema, catalog, has_time
        self.columns = {column.name: column for column in schema.columns}

    def at(self, offset: int) -> Place:
        """The place of a character of the stripped text."""
        return self.place.moved(self.start + offset)

    def refuse(self, problem: str, offset: int, hint: str | None = None) -> ConfigError:
        return ConfigError(problem, place=self.at(offset), hint=hint)

    def column(self, name: str, offset: int) -> Column:
        """A column of the row by its name; `at` is one where the rows have a time."""
        if name == "at" and self.has_time:
            return Column("at", "datetime")
        if name not in self.columns:
            known = [*(["at"] if self.has_time else []), *self.columns]
            raise self.refuse(f"unknown column `{name}`", offset, _nearest(name, known))
        return self.columns[name]

    def length(self, match: re.Match[str]) -> int:
        try:
            return parse_length(match["length"])
        except ValueError as error:
            raise self.refuse(str(error).partition(";")[0], match.start("length"), "such as `1d`") from None

    def number(self, match: re.Match[str], group: str) -> float:
        try:
            return float(match[group])
        except ValueError:
            raise self.refuse("expected a number", match.start(group)) from None

    def unique(self, match: re.Match[str]) -> Form:
        names, offset = [], match.start("names")
        for part in match["names"].split(","):
            name = part.strip()
            names.append(self.column(name, offset + len(part) - len(part.lstrip())).name)
            offset += len(part) + 1
        return Unique(tuple(names))

    def every(self, match: re.Match[str]) -> Form:
        if not self.has_time:
            raise self.refuse("`every` needs rows with a time", 0, "declare `at:` for the source")
        return Every(self.length(match))

    def fresh(self, match: re.Match[str]) -> Form:
        column = self.column(match["name"], match.start("name"))
        if column.type not in _MOMENTS:
            raise self.refuse(f"`{column.name}` is no time and no date", match.start("name"))
        return Fresh(column.name, self.length(match))

    def steady(self, match: re.Match[str]) -> Form:
        column = self.column(match["name"], match.start("name"))
        if column.name == "at":
            hint = "time always moves on; name another column"
            raise self.refuse("`at` cannot be compared with its history", match.start("name"), hint)
        return Steady(column.name, self.number(match, "bound"))

    def volume(self, match: re.Match[str]) -> Form:
        return Volume(self.number(match, "percent") / 100)

    def condition(self) -> Form:
        """A condition of the rule language: over the row, over `rows`, or a reference."""
        word = re.match(r"\w*", self.text.strip())
        first = word[0] if word else ""
        if first in _EXAMPLES and first not in self.columns and not self._compares_rows():
            raise self.refuse(f"cannot read this `{first}`", 0, _EXAMPLES[first])
        called = re.match(r"(\w+)\s*\(", self.text.strip())
        if called and called[1] not in _WORDS and get_close_matches(called[1], _WORDS, n=1):
            raise self.refuse(f"unknown function `{called[1]}`", 0, _nearest(called[1], _WORDS))
        node = parse(self.text, self.place)
        if isinstance(node, Compare) and node.operators == ("in",) and self._is_target(node.operands[1]):
            return self._reference(*node.operands)
        if ROWS not in self.columns and any(
            isinstance(each, Name) and each.name == ROWS for each in walk(node)
        ):
            row_condition(node, _FILE)
            return FileRows(node)
        self._refuse_time(node)
        row_condition(node, self.schema, now=_SOME_TIME)
        return Holds(node)

    def _compares_rows(self) -> bool:
        return re.match(r"rows\s*[<>=!+*/-]", self.text.strip()) is not None

    def _refuse_time(self, node: Node) -> None:
        """A reference table has no time, though the language knows one in every row."""
        times = {"at", *CALENDAR_UNITS} - set(self.columns)
        for each in walk(node):
            if isinstance(each, Name) and each.name in times and not self.has_time:
                raise ConfigError(f"the rows have no time, so no `{each.name}`", place=each.place)

    def _is_target(self, node: Node) -> bool:
        return isinstance(node, Attribute) or (isinstance(node, Name) and node.name not in self.columns)

    def _reference(self, left: Node, right: Node) -> Form:
        if not isinstance(left, Name):
            raise ConfigError("expected a column before `in`", place=left.place)
        column = self.columns.get(left.name)
        if column is None:
            hint = _nearest(left.name, self.columns)
            raise ConfigError(f"unknown column `{left.name}`", place=left.place, hint=hint)
        target, found = self._target(right)
        if found.type != column.type:
            problem = (
                f"`{column.name}` is of type {column.type}, `{target.name}.{found.name}` of type {found.type}"
            )
            raise ConfigError(problem, place=right.place, hint="compare columns of one type")
        return Refers(column.name, target)

    def _target(self, node: Node) -> tuple[Target, Column]:
        base: Node = node.base if isinstance(node, Attribute) else node
        name = base.name if isinstance(base, Name) else ""
        table, stream = self.catalog.table(name), self.catalog.stream(name)
        columns: tuple[Column, ...]
        if table is not None:
            columns = table.columns
        elif stream is not None:
            columns = stream.columns
        elif name == "records":
            columns = self.catalog.fields
        else:
            names = ([t.name for t in self.catalog.tables], [s.name for s in self.catalog.streams])
            raise ConfigError(
                f"unknown table or stream `{name}`",
                place=node.place,
                hint=_nearest(name, [*names[0], *names[1], "records"]),
            )
        own = table.key if table is not None else None
        wanted = node.name if isinstance(node, Attribute) else own
        if wanted is None:
            raise ConfigError(f"`{name}` needs a column", place=node.place, hint=f"write `{name}.column`")
        found = next((each for each in columns if each.name == wanted), None)
        if found is None:
            hint = _nearest(wanted, [each.name for each in columns])
            raise ConfigError(f"unknown column `{wanted}` of `{name}`", place=node.place, hint=hint)
        return Target("table" if table else "stream" if stream else "records", name, wanted), found


_NAME: Final = r"(?P<name>\w+)"
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[_Line, re.Match[str]], Form]], ...]] = (
    (re.compile(r"unique\s*\((?P<names>[^()]*)\)"), _Line.unique),
    (re.compile(r"every\s+(?P<length>\w+)"), _Line.every),
    (re.compile(rf"newest\s*\(\s*{_NAME}\s*\)\s+within\s+(?P<length>\w+)"), _Line.fresh),
    (re.compile(r"rows\s+within\s+(?P<percent>[0-9]+(?:\.[0-9]+)?)\s*%\s+of\s+history"), _Line.volume),
    (re.compile(rf"drift\s*\(\s*{_NAME}\s*\)\s*<\s*(?P<bound>[0-9.]+)"), _Line.steady),
)


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    found = get_close_matches(word, names, n=1, cutoff=0.55)
    if found:
        return f"did you mean `{found[0]}`?"
    return f"one of {', '.join(f'`{name}`' for name in names[:12])}" if names else "none is declared"
