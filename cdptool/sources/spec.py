"""What a source declares: which files, in which dialect, and how their columns become rows of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cdptool.errors import Place

Format = Literal["csv", "parquet"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is written. None = detected, and reported with the file."""

    format: Format | None = None
    delimiter: str | None = None
    encoding: str | None = None  # a Python codec name
    quote: str = '"'
    has_header: bool = True


@dataclass(frozen=True, slots=True)
class Mapped:
    """
    One of our columns, and what it is made from: a column of the file, or a constant.

    `format` is for dates and datetimes, `tz` for naive datetimes, `currency` (a code, or `currency_from` a
    column of the file) for money, `decimal` for numbers and money, `region` for phones.
    An empty or invalid value of a `required` column quarantines the row; otherwise the value becomes null
    and an issue row keeps the raw text.
    """

    name: str
    type: str  # a name in cdptool.fields.TYPES
    column: str | None = None
    value: str | None = None
    required: bool = False
    format: tuple[str, ...] = ()
    tz: str | None = None
    currency: str | None = None
    currency_from: str | None = None
    decimal: Literal[".", ","] = "."
    region: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """
    One export and what it feeds: records (`feeds="records"`), a stream (`feeds="stream"`, with the
    stream's name as `target`) or a reference table (`feeds="table"`, with the table's name).

    `key` are columns of the file (before mapping) that identify a row; empty = the row has no key.
    `at` is the stream's time (or, for records, when the row was true: `observed_at`).
    `identifiers` (streams only) are profile fields that say who it was: they make the record.
    `columns` are profile fields (records) or the declared columns of the stream or table.
    """

    name: str
    files: tuple[str, ...]  # globs, relative to the project folder
    feeds: Literal["records", "stream", "table"]
    target: str | None
    dialect: Dialect
    key: tuple[str, ...]
    at: Mapped | None
    identifiers: tuple[Mapped, ...]
    columns: tuple[Mapped, ...]
    purpose: str | None = None
    max_quarantined_ratio: float = 0.01  # over this share the file is refused and nothing is committed
    place: Place | None = field(default=None, compare=False)
