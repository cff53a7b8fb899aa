"""
The section of project.yaml: zone, currency, folders, profile fields, streams and tables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import polars as pl

from cdptool.config.forms import Into, ListOf, MapOf, Reading, Shape, nearest, refused, wrong
from cdptool.config.model import Week
from cdptool.config.reader import Entry, Scalar, Table, Value
from cdptool.config.scalars import Known, OneOf, Pattern, duration, text
from cdptool.errors import ConfigError, Finding, Place
from cdptool.fields import TYPES
from cdptool.tables import PROVENANCE, RECORDS, STREAM, UTC_TIME, Column, Signals, StreamSchema, TableSchema

_IDENTIFIER: Final = re.compile(r"[^\W\d]\w*\Z")
_PROFILE_COLUMNS: Final = ("profile_id", "is_known", "at")
_RESERVED_WORDS: Final = ("and", "or", "not", "in", "now", "me", "outer", "true", "false", "a", "b")

python_name: Final = Pattern(
    _IDENTIFIER, "a name of letters, digits and `_`", "rules call it by this name; map other spellings in sources.yaml"
)  # fmt: skip
currency_code: Final = Pattern(
    re.compile(r"[A-Z]{3}\Z"), "a currency code", "three capital letters, such as VND"
)


@dataclass(frozen=True, slots=True)
class Basics:
    """project.yaml, read; the defaults of a project live here."""

    name: str = "project"
    tz: str = "UTC"
    week_starts: Week = "monday"
    currency: str | None = None
    region: str | None = None
    workspace: Path = Path("workspace")  # relative to the project
    out: Path = Path("out")
    fields: tuple[Column, ...] = ()
    streams: tuple[StreamSchema, ...] = ()
    tables: tuple[TableSchema, ...] = ()


def zone(value: Value, reading: Reading) -> str:
    """The name of a time zone."""
    name = text(value, reading)
    require_zone(name, value.place)
    return name


def require_zone(name: str, place: Place | None) -> None:
    """
    Refuse a text that names no time zone.

    Raises:
        ConfigError: At the place.
    """
    try:
        ZoneInfo(name)
        pl.Series(dtype=UTC_TIME).dt.convert_time_zone(name)  # knows no `localtime`, nor `posix/Asia/Tokyo`
    except (ZoneInfoNotFoundError, ValueError, OSError, pl.exceptions.ComputeError):
        hint = nearest(name, available_timezones() - {name, "localtime", "Factory"})
        known = hint if hint and hint.startswith("did") else "write it as `Asia/Ho_Chi_Minh`"
        raise ConfigError(f"unknown time zone `{name}`", place=place, hint=known) from None


def region(value: Value, reading: Reading) -> str:
    """A region that has a numbering plan."""
    written = text(value, reading)
    require_region(written, value.place)
    return written


def require_region(name: str, place: Place | None) -> None:
    """
    Refuse a text that is no code of a region with a numbering plan.

    Raises:
        ConfigError: At the place.
    """
    from phonenumbers import SUPPORTED_REGIONS

    if name not in SUPPORTED_REGIONS:
        hint = "two capital letters, such as VN or GB"
        raise ConfigError(f"unknown region `{name}`", place=place, hint=hint)


def path(value: Value, reading: Reading) -> Path:
    """A path, relative to the file that names it; one from a flag or the environment to the current folder."""
    written = text(value, reading)
    folder = Path(value.place.file).parent if value.place.line else Path()
    return absolute(folder, Path(written))


def absolute(folder: Path, named: Path) -> Path:
    """A path named in a folder, whole and without `..`."""
    return Path(os.path.normpath(Path.cwd() / folder / named))


def rule_name(value: Value, reading: Reading) -> str:
    """A name that rules can speak of, and that is no word of their language."""
    name = python_name(value, reading)
    if name in _RESERVED_WORDS:
        raise refused(f"`{name}` is a word of the rule language", value.place, "choose another name")
    return name


@dataclass(frozen=True, slots=True)
class ColumnName:
    """The name of a declared column: usable in rules, and not one of those every such table has."""

    owner: str
    reserved: Collection[str]

    def __call__(self, value: Value, reading: Reading) -> str:
        name = rule_name(value, reading)
        if name in self.reserved:
            raise refused(f"`{name}` is a fixed column of {self.owner}", value.place, "choose another name")
        return name


@dataclass(frozen=True, slots=True)
class _Reference:
    """The long form of a column: `{ref: products}`."""

    type: str | None = None
    ref: str | None = None


_TYPE: Final = OneOf(tuple(each.name for each in TYPES), "type")
_REFERENCE: Final = Shape("a column", _Reference, {"type": _TYPE, "ref": Known("table")})


def column(entry: Entry, reading: Reading) -> Column:
    """`name: type`, or `name: {ref: table}`, whose type is that of the table's key."""
    place = entry.key.place
    if isinstance(entry.value, Table):
        reference = _REFERENCE(entry.value, reading)
        key_type = reading.types("table").get(reference.ref or "", "identifier")
        if reference.type is None and reference.ref is None:
            raise refused("a column without a type", place, "write `type: text` or `ref: table`")
        return Column(entry.key.text, reference.type or key_type, reference.ref, place)
    if not isinstance(entry.value, Scalar):
        raise wrong("a type", entry.value, "write `name: text`")
    return Column(entry.key.text, _TYPE(entry.value, reading), None, place)


def _no_clash(columns: tuple[Column, ...]) -> None:
    """Money brings a column of its own, which no other column may be called."""
    taken = {f"{each.name}_currency": each.name for each in columns if each.type == "money"}
    findings = [
        Finding(
            f"`{each.name}` is the currency column of `{taken[each.name]}`", each.place, "choose another name"
        )
        for each in columns
        if each.name in taken
    ]
    if findings:
        raise ConfigError(*findings)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a stream, a table or the profile."""

    owner: str
    reserved: tuple[str, ...]

    def __call__(self, value: Value, reading: Reading) -> tuple[Column, ...]:
        columns = MapOf(column, ColumnName(self.owner, self.reserved))(value, reading)
        _no_clash(columns)
        return columns


@dataclass(frozen=True, slots=True)
class _Keep:
    """`keep:` as written: `then` has one word, which says what becomes of old rows."""

    raw_seconds: int
    then: str
    by: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


_KEEP: Final = Shape(
    "a `keep`",
    _Keep,
    {
        "raw": Into(duration, ("raw_seconds",)),
        "then": OneOf(("signals",), "way to keep"),
        "by": ListOf(text, or_one=True),
        "sums": ListOf(text, or_one=True),
    },
)


def keep(value: Value, reading: Reading) -> Signals:
    """`keep: {raw: 90d, then: signals, by: [channel], sums: [total]}`."""
    written = _KEEP(value, reading)
    return Signals(written.raw_seconds, written.by, written.sums)


def stream(entry: Entry, reading: Reading) -> StreamSchema:
    """A stream; what is kept of its old rows is made of its own columns, and sums are exact."""
    schema = STREAM_SHAPE.named(entry, reading)
    if schema.keep is None or not isinstance(entry.value, Table):
        return schema
    value = entry.value.get("keep")
    place = value.place if value else entry.key.place
    types = {each.name: each.type for each in schema.columns}
    for name in (*schema.keep.by, *schema.keep.sums):
        if name not in types:
            raise refused(f"unknown column `{name}` of stream `{schema.name}`", place, nearest(name, types))
    for name in schema.keep.sums:
        if types[name] not in ("money", "integer"):
            hint = "the sum of other numbers depends on the order of rows: keep money and integers"
            raise refused(f"`{name}` has type `{types[name]}`, of which no sums are kept", place, hint)
        if name in schema.keep.by:
            raise refused(f"`{name}` stands in `by` and in `sums`", place, "write it in one of them")
    return schema


STREAM_SHAPE: Final = Shape(
    "a stream",
    StreamSchema,
    {
        "max_lag": Into(duration, ("max_lag_seconds",)),
        "every": Into(duration, ("every_seconds",)),
        "tz": zone,
        "purpose": text,
        "owner": text,
        "legal_basis": text,
        "keep_for": Into(duration, ("keep_for_seconds",)),
        "keep": keep,
        "columns": _Columns("every stream", (*STREAM, *PROVENANCE)),
    },
)
TABLE_SHAPE: Final = Shape(
    "a table",
    TableSchema,
    {"key": text, "columns": _Columns("every table", (*PROVENANCE, "source")), "file": text},
)


def table(entry: Entry, reading: Reading) -> TableSchema:
    """A reference table, whose key is one of its columns."""
    schema = TABLE_SHAPE.named(entry, reading)
    names = [each.name for each in schema.columns]
    if schema.key not in names and isinstance(entry.value, Table):
        key = entry.value.get("key")
        place = key.place if key else entry.key.place
        raise refused(f"the key `{schema.key}` is no column of the table", place, nearest(schema.key, names))
    return schema


PROJECT_SHAPE: Final = Shape(
    "project.yaml",
    Basics,
    {
        "name": text,
        "tz": zone,
        "week_starts": OneOf(("monday", "sunday", "saturday"), "day"),
        "currency": currency_code,
        "region": region,
        "workspace": path,
        "out": path,
        "fields": _Columns("every profile", (*RECORDS, *PROVENANCE, *_PROFILE_COLUMNS)),
        "streams": MapOf(stream, python_name),
        "tables": MapOf(table, python_name),
    },
)
