"""Cells that a person writes into YAML, as the types of the columns read them: what ingest would make of the texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.config.forms import gather, is_nothing, nearest, refused, wrong
from cdptool.config.model import Project
from cdptool.config.reader import Scalar, Table, Value
from cdptool.config.reader import Sequence as YamlList
from cdptool.errors import ConfigError, Finding, Place
from cdptool.fields import FieldOptions, currency_code, field_type
from cdptool.rules.windows import EARLIEST, LATEST
from cdptool.tables import Column

_PARTED: Final = re.compile(r"(?<=[0-9])_(?=[0-9])")
_NUMBERS: Final = ("integer", "number", "money")
_TIME_OF_DAY: Final = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?\Z")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row by name, and where it stands."""

    cells: Mapping[str, Value]
    place: Place


def row_of(value: Value, names: Sequence[str], what: str, required: tuple[str, ...] = ()) -> Row:
    """A mapping whose keys are some of these names."""
    if is_nothing(value) and not required:
        return Row({}, value.place)
    if not isinstance(value, Table):
        raise wrong("a mapping", value, f"write `{{{names[0]}: …}}`")
    findings = [
        Finding(f"unknown name `{entry.key.text}` in {what}", entry.key.place, nearest(entry.key.text, names))
        for entry in value
        if entry.key.text not in names
    ]
    lacking = [name for name in required if value.get(name) is None] if not findings else []
    findings += [Finding(f"missing `{name}` in {what}", value.place, f"add `{name}:`") for name in lacking]
    if findings:
        raise ConfigError(*findings)
    return Row({entry.key.text: entry.value for entry in value}, value.place)


def rows_of(value: Value, names: Sequence[str], what: str, required: tuple[str, ...] = ()) -> list[Row]:
    """A list of such mappings."""
    if is_nothing(value):
        return []
    if not isinstance(value, YamlList):
        raise wrong("a list", value, "write one row a line after `- `")
    return gather(partial(row_of, item, names, what, required) for item in value.items)


def moment(value: Value, day: datetime | None, tz: str) -> datetime:
    """
    A time as people write it, in UTC: `13:45` of a day, `2026-11-21` for its first moment, `2026-11-21T14:00`.

    Args:
        value: The text.
        day: What a time of day is of, in its zone; None where it must be written whole.
        tz: The zone of times without an offset.
    """
    written = value.text if isinstance(value, Scalar) and value.kind == "text" else ""
    if day is not None and _TIME_OF_DAY.match(written):
        written = f"{day.date().isoformat()}T{written}"
    try:
        found = datetime.fromisoformat(written)
        found = (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(tz))).astimezone(UTC)
    except (ValueError, OverflowError):
        times = "`2026-11-21T14:00`" if day is None else "`13:45` or `2026-11-21T13:45`"
        raise wrong("a time", value, f"write it as {times}") from None
    if not EARLIEST <= found < LATEST:
        hint = f"name a moment between the years {EARLIEST.year} and {LATEST.year}"
        raise refused("too far from today for windows of a hundred years", value.place, hint)
    return found


def typed_columns(columns: Sequence[Column], rows: Sequence[Row], project: Project) -> dict[str, pl.Series]:
    """
    The declared columns of rows, each read by its type; money is followed by its currency.

    Raises:
        ConfigError: For every cell that its type refuses, at its place.
    """
    made = gather(partial(_column, column, rows, project) for column in columns)
    return {series.name: series for several in made for series in several}


def _column(column: Column, rows: Sequence[Row], project: Project) -> tuple[pl.Series, ...]:
    cells = [row.cells.get(column.name) for row in rows]
    texts = pl.Series(column.name, gather(partial(_text, cell, column) for cell in cells), dtype=pl.String)
    options = FieldOptions(region=project.region or "VN", tz=project.tz, currency=project.currency)
    kind = field_type(column.type)
    read = kind.read(texts, options)
    flaws = [
        refused(f"`{column.name}` is of type `{column.type}`: {reason}", cell.place)
        for i, reason in read.flaws.select("row", "reason").iter_rows()
        if (cell := cells[i]) is not None
    ]
    if flaws:
        raise ConfigError(*(finding for flaw in flaws for finding in flaw.findings))
    values = read.values.cast(kind.dtype).rename(column.name)
    if column.type != "money":
        return (values,)
    own = currency_code(texts).fill_null(project.currency) if project.currency else currency_code(texts)
    return values, own.set(values.is_null(), None).rename(f"{column.name}_currency")


def _text(cell: Value | None, column: Column) -> str | None:
    if cell is None or is_nothing(cell):
        return None
    if not isinstance(cell, Scalar):
        raise wrong("one value", cell)
    return joined_digits(cell.text) if column.type in _NUMBERS else cell.text


def joined_digits(written: str) -> str:
    """
    A number without the `_` between its digits.

    >>> joined_digits("5_000_000"), joined_digits("a_1")
    ('5000000', 'a_1')
    """
    return _PARTED.sub("", written)
