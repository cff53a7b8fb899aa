"""
The files of `tests/`: worlds written by hand, and what the rules must say of them.

Rows are typed as project.yaml declares their columns; a time of day is one of the day that the test is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.config.cells import Row, joined_digits, moment, row_of, rows_of, typed_columns
from cdptool.config.files import Found, check_version
from cdptool.config.forms import ListOf, Reading, Shape, gather, is_nothing, nearest, refused, wrong
from cdptool.config.load import in_order
from cdptool.config.model import Project
from cdptool.config.reader import Entry, Scalar, Sequence, Table, Value, read_yaml
from cdptool.config.scalars import text
from cdptool.errors import ConfigError, Finding, Place
from cdptool.profiles import arms_of
from cdptool.profiles.rule_tests import Expected, RuleTest
from cdptool.profiles.worlds import World
from cdptool.rules import RuleBook
from cdptool.rules.book import Split
from cdptool.sources.outputs import declared_schema
from cdptool.tables import UTC_TIME, StreamSchema, TableSchema

FOLDER: Final = "tests"
CUSTOMER: Final = "customer"


def _as_written(value: Value, _: Reading) -> Value:
    """What only the rest of the test says how to read."""
    return value


@dataclass(frozen=True, slots=True)
class _Written:
    """A test as it is written."""

    name: str
    as_of: Value
    expect: Value
    complete_until: Value | None = None
    profiles: Value | None = None
    given: Value | None = None
    tables: Value | None = None
    place: Place = field(default=Place(""), compare=False)


_KEYS: Final = ("as_of", "complete_until", "profiles", "given", "tables", "expect")
_TEST: Final = Shape("a test", _Written, {"name": text, **dict.fromkeys(_KEYS, _as_written)})


@dataclass(frozen=True, slots=True)
class _File:
    """A file of tests."""

    tests: tuple[_Written, ...]


_FILE: Final = Shape("a file of tests", _File, {"tests": ListOf(_TEST, least=1)})


def load_rule_tests(project: Project) -> tuple[RuleTest, ...]:
    """
    The tests of a project: every YAML file in `tests/` beside project.yaml, by name, in the order written.

    Raises:
        ConfigError: With every finding of every file, sorted by place.
    """
    paths = sorted(each for each in (project.root / FOLDER).glob("*") if each.suffix in (".yaml", ".yml"))
    found, tests, seen = Found(), list[RuleTest](), dict[str, Place]()
    for path in paths:
        for test in found.attempt(partial(_read_file, path, project)) or ():
            if test.name in seen:
                hint = f"the other is at {seen[test.name]}"
                found.findings.append(Finding("two tests have this name", test.place, hint))
            seen[test.name] = test.place
            tests.append(test)
    if found.findings:
        raise ConfigError(*in_order(found.findings))
    return tuple(tests)


def _read_file(path: Path, project: Project) -> list[RuleTest]:
    try:
        document = read_yaml(path.read_bytes(), str(path))
    except OSError:
        hint = "check that it is a file and that you may read it"
        raise ConfigError("cannot read the file", place=Place(str(path)), hint=hint) from None
    top, found = document.top, Found(findings=list(document.findings))
    tests = None
    if top is not None:
        found.findings += check_version(top, str(path))
        entries = tuple(entry for entry in top if entry.key.text != "version")
        written = found.attempt(lambda: _FILE(Table(entries, top.place), Reading()))
        if written is not None:
            tests = found.attempt(
                lambda: gather(partial(_Reader(project, each).read) for each in written.tests)
            )
    if found.findings:
        raise ConfigError(*found.findings)
    return tests or []


@dataclass(slots=True)
class _Reader:
    """Reads one test: first the moment it is asked for, then what is given, then what is expected."""

    project: Project
    written: _Written
    numbers: dict[str, int] = field(default_factory=dict)  # of the customers, as they come
    places: dict[tuple[str, int], Place] = field(default_factory=dict)

    def read(self) -> RuleTest:
        tz = self.project.tz
        as_of = moment(self.written.as_of, None, tz)
        day, found = as_of.astimezone(ZoneInfo(tz)), Found()
        complete = found.attempt(partial(self._complete, day))
        people = found.attempt(self._people)
        streams = found.attempt(partial(self._streams, day))
        tables = found.attempt(self._tables)
        expected = found.attempt(self._expected)
        profiles = found.attempt(partial(self._profiles, people or {}))  # last: all customers are known now
        if found.findings or profiles is None:
            raise ConfigError(*found.findings)
        world = World(self.project.catalog, as_of, profiles, streams or {}, tables or {}, complete or {})
        return RuleTest(
            self.written.name, world, tuple(self.numbers), expected or (), self.places, self.written.place
        )

    def _customer(self, value: Value) -> str:
        if not isinstance(value, Scalar) or value.value is None:
            raise wrong("the name of a customer", value, "any word that tells one from the others")
        self.numbers.setdefault(value.text, len(self.numbers) + 1)
        return value.text

    def _complete(self, day: datetime) -> dict[str, datetime]:
        streams = [each.name for each in self.project.catalog.streams]
        entries = _entries(self.written.complete_until, 'write `stream: "13:45"`')
        _known(entries, "stream", streams)
        times = gather(partial(moment, entry.value, day, self.project.tz) for entry in entries)
        return {entry.key.text: at for entry, at in zip(entries, times, strict=True)}

    def _people(self) -> dict[str, Row]:
        catalog = self.project.catalog
        names = (*(column.name for column in catalog.fields), *catalog.lists, *self._splits)
        entries = _entries(self.written.profiles, "write `customer: {field: value}`")
        rows = gather(partial(row_of, entry.value, names, "a profile") for entry in entries)
        return {self._customer(entry.key): row for entry, row in zip(entries, rows, strict=True)}

    def _streams(self, day: datetime) -> dict[str, pl.DataFrame]:
        declared = {each.name: each for each in self.project.catalog.streams}
        entries = _entries(self.written.given, "write `stream:` and its rows as a list")
        _known(entries, "stream", declared)
        made = gather(partial(self._stream, declared[e.key.text], e.value, day) for e in entries)
        return {entry.key.text: rows for entry, rows in zip(entries, made, strict=True)}

    def _stream(self, stream: StreamSchema, value: Value, day: datetime) -> pl.DataFrame:
        names = (CUSTOMER, "at", *(column.name for column in stream.columns))
        rows = rows_of(value, names, f"a row of stream `{stream.name}`", (CUSTOMER, "at"))
        found = Found()
        who = found.attempt(lambda: gather(partial(self._customer, row.cells[CUSTOMER]) for row in rows))
        tz = self.project.tz
        at = found.attempt(lambda: gather(partial(moment, row.cells["at"], day, tz) for row in rows))
        columns = found.attempt(partial(typed_columns, stream.columns, rows, self.project))
        if found.findings:
            raise ConfigError(*found.findings)
        self.places |= {(stream.name, i): row.place for i, row in enumerate(rows)}
        fixed = {
            "profile_id": pl.Series([self.numbers[name] for name in who or ()], dtype=pl.Int64),
            "at": pl.Series(at or (), dtype=UTC_TIME),
            "event_id": pl.Series(range(len(rows)), dtype=pl.Int64),
        }
        return pl.DataFrame({**fixed, **(columns or {})})

    def _tables(self) -> dict[str, pl.DataFrame]:
        declared = {each.name: each for each in self.project.catalog.tables}  # those of models, too
        entries = _entries(self.written.tables, "write `table:` and its rows as a list")
        _known(entries, "table", declared)
        made = gather(partial(self._table, declared[entry.key.text], entry.value) for entry in entries)
        given = {entry.key.text: rows for entry, rows in zip(entries, made, strict=True)}
        empty = {name: pl.DataFrame(schema=declared_schema(each.columns)) for name, each in declared.items()}
        return {**empty, **given}

    def _table(self, table: TableSchema, value: Value) -> pl.DataFrame:
        names = tuple(column.name for column in table.columns)
        rows = rows_of(value, names, f"a row of table `{table.name}`", (table.key,))
        return pl.DataFrame(typed_columns(table.columns, rows, self.project))

    def _profiles(self, people: Mapping[str, Row]) -> pl.DataFrame:
        """One row per customer; a list that is not given holds the field's own value."""
        catalog = self.project.catalog
        nobody = Row({}, self.written.place)
        rows = [people.get(name, nobody) for name in self.numbers]
        frame = pl.DataFrame(
            {"profile_id": pl.Series(self.numbers.values(), dtype=pl.Int64)}
            | typed_columns(catalog.fields, rows, self.project)
        )
        lists = []
        for name in catalog.lists:
            own = frame[name.removesuffix("s")].to_list()  # every list is named after its field
            given = [_texts(row.cells.get(name)) for row in rows]
            held = [[str(v)] if g is None and v is not None else g for g, v in zip(given, own, strict=True)]
            lists.append(pl.Series(name, held, dtype=pl.List(pl.String)))
        arms = [self._arms(split, rows, frame) for name, split in self._splits.items() if _gives(name, rows)]
        return frame.with_columns(*lists, *arms)

    @property
    def _splits(self) -> dict[str, Split]:
        book = self.project.rules
        return {split.name: split for split in book.splits} if book else {}

    def _arms(self, split: Split, rows: list[Row], people: pl.DataFrame) -> pl.Series:
        """The arms that are given, and those that chance would draw for the other customers."""
        drawn = arms_of(RuleBook(splits=(split,)), people)[split.name]
        cells = [row.cells.get(split.name) for row in rows]
        known = [name for name, _ in split.arms]
        given = gather(partial(_arm, cell, split.name, known) for cell in cells)
        mine = [one or other for one, other in zip(given, drawn, strict=True)]
        return pl.Series(split.name, mine, dtype=pl.String)

    def _expected(self) -> tuple[Expected, ...]:
        rules = self.project.rules.rules() if self.project.rules else {}
        entries = _entries(self.written.expect, "write `segment: {customer: true}`")
        if not entries:
            raise refused("a test that expects nothing", self.written.place, "add `expect:`")
        _known(entries, "trait or segment", rules)
        made = gather(partial(self._expected_of, entry) for entry in entries)
        return tuple(each for several in made for each in several)

    def _expected_of(self, rule: Entry) -> tuple[Expected, ...]:
        entries = _entries(rule.value, "write `customer: true`, `false` or `unknown`")
        if not entries:
            raise refused("nothing is expected of this rule", rule.key.place, "write `{customer: true}`")
        book = self.project.rules
        is_segment = book is not None and any(each.name == rule.key.text for each in book.segments)
        return tuple(
            gather(partial(self._one, rule.key.text, entry, is_segment=is_segment) for entry in entries)
        )

    def _one(self, rule: str, entry: Entry, *, is_segment: bool) -> Expected:
        customer, value, place = self._customer(entry.key), entry.value, entry.value.place
        if not isinstance(value, Scalar):
            raise wrong("true, false or unknown" if is_segment else "one value", value)
        if value.text == "unknown" and not value.quoted:
            return Expected(rule, customer, "unknown", None, place)
        if is_segment and not isinstance(value.value, bool):
            raise wrong("true, false or unknown", value, "a segment has no other answer")
        return Expected(rule, customer, "known", _constant(value), place)


def _gives(name: str, rows: Iterable[Row]) -> bool:
    return any(name in row.cells for row in rows)


def _arm(cell: Value | None, split: str, arms: list[str]) -> str | None:
    if cell is None or is_nothing(cell):
        return None
    if not isinstance(cell, Scalar) or cell.text not in arms:
        found = cell.text if isinstance(cell, Scalar) else ""
        raise refused(f"unknown arm of the split `{split}`", cell.place, nearest(found, arms))
    return cell.text


def _constant(value: Scalar) -> bool | int | str | Decimal | None:
    """What is expected, `5_000_000` being a number here as in rules."""
    bare = replace(value, text=joined_digits(value.text))
    return value.value if value.quoted or isinstance(bare.value, str) else bare.value


def _entries(value: Value | None, hint: str) -> tuple[Entry, ...]:
    if value is None or is_nothing(value):
        return ()
    if not isinstance(value, Table):
        raise wrong("a mapping", value, hint)
    return value.entries


def _known(entries: Iterable[Entry], what: str, names: Iterable[str]) -> None:
    known = tuple(names)
    findings = [
        Finding(f"unknown {what} `{entry.key.text}`", entry.key.place, nearest(entry.key.text, known))
        for entry in entries
        if entry.key.text not in known
    ]
    if findings:
        raise ConfigError(*findings)


def _texts(value: Value | None) -> list[str] | None:
    """A list of texts as it is given."""
    if value is None or is_nothing(value):
        return None
    items: tuple[Any, ...] = value.items if isinstance(value, Sequence) else (value,)
    if not all(isinstance(item, Scalar) for item in items):
        raise wrong("a list of texts", value)
    return [item.text for item in items]
