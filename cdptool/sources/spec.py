"""What a source declares: which files, in which dialect, and how their columns become rows of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

import polars as pl

from cdptool.checks.spec import Expectation
from cdptool.errors import Place
from cdptool.tables import Column, StreamSchema, TableSchema

Format = Literal["csv", "ndjson", "json", "parquet", "arrow", "excel", "access_log"]
FORMATS: Final[tuple[str, ...]] = get_args(Format)


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    How a file is written. None = detected, and reported with the file.

    `records` are the keys that lead to the array of records in a JSON document, joined by dots. `sparse` =
    records leave out what is empty: a column that none of them has is null and not missing.
    `log_format` is the name of a format of access logs, or one in the syntax of Nginx.
    """

    format: Format | None = None
    delimiter: str | None = None
    encoding: str | None = None  # a Python codec name
    quote: str = '"'
    escape: str | None = None  # a letter that, within quotes, makes the quote behind it (or itself) a letter
    has_header: bool = True
    records: str | None = None
    sparse: bool = False
    sheet: str | None = None  # of a workbook; None = the only one that holds rows
    columns_by: Literal["name", "position"] = "name"  # by position the columns are called `1`, `2`, …
    skip_lines: int = 0  # lines above the header, such as the title of a report
    footer_lines: int = 0  # lines below the rows, such as totals; blank lines between and below not counted
    log_format: str | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """A line of the rule language over the columns of a file, as written; its syntax is checked already."""

    text: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unpivot:
    """
    Columns of the file whose cells are rows of their own: the column's name and the cell's text in two new columns.

    `columns` are names or patterns (`2026-*`). The new columns are used like columns of the file.
    """

    columns: tuple[str, ...]
    name_to: str
    value_to: str


@dataclass(frozen=True, slots=True)
class Incremental:
    """
    How a query asks only for what is new: rows whose `column` is after the greatest value seen, given as `:since`.

    `start` is `:since` of the first time. Values are whole numbers, dates or times.
    """

    column: str
    start: str


@dataclass(frozen=True, slots=True)
class Query:
    """
    What is asked of a database, as declared: nothing of the environment is in it.

    `database` is its address with `${NAME}` where the environment says a part of it, or all of it.
    """

    database: str
    sql: str
    incremental: Incremental | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Mapped:
    """
    One of our columns, and what it is made from: a column of the file, a constant, an expression, or a choice.

    Where `column` has no valid value, that of the first of the `fallbacks` (further columns) that has one is
    taken. `first` are labels with conditions: the label of the first that is true is the value. `values` say
    what texts stand for, as (text, meaning), before the type reads them; a text that is not listed is kept as it
    is, becomes null with an issue, or quarantines its row, as `otherwise` says.
    `format` is for dates and datetimes, `tz` for naive datetimes, `currency` (a code, or `currency_from` a
    column of the file) for money, `decimal` for numbers and money, `region` for phones.
    `part` is the part of the texts that is read (`fields.text_parts`).
    An empty or invalid value of a `required` column quarantines the row; otherwise the value becomes null
    and an issue row keeps the raw text.
    """

    name: str
    type: str  # a name in cdptool.fields.TYPES
    column: str | None = None
    value: str | None = None
    expr: Expression | None = None
    first: tuple[tuple[str, Expression], ...] = ()
    fallbacks: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    otherwise: Literal["keep", "null", "quarantine"] = "keep"
    required: bool = False
    format: tuple[str, ...] = ()
    tz: str | None = None
    currency: str | None = None
    currency_from: str | None = None
    decimal: Literal[".", ","] = "."
    region: str | None = None
    part: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Corrections:
    """
    What a row means whose key an earlier row has, with other content.

    `latest`: it corrects the earlier one where it is newer. `earliest`: the oldest row stays true. `all`: every row of
    a stream is an event of its own. `refuse`: it is quarantined. Newer is what `by` says, a column of versions
    or times, else `at`; of rows that are equally new the one of the greatest content counts, whichever came first.
    """

    keep: Literal["latest", "earliest", "all", "refuse"]
    by: Mapped | None = None
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
    Rows that `deletes` is true of say that the source deleted the record; they need nothing but key and time.
    Rows that `only` is not true of are no rows of this source: counted as excluded, and otherwise left alone.
    `purpose`, `owner`, `legal_basis` and `keep_for_seconds` are its collection plan: why the data is held, by
    whom, on which ground and how long. None of it, nor what is expected, changes how a file is read.
    """

    name: str
    files: tuple[
        str, ...
    ]  # globs and folders, relative to the project folder; `-` = stdin; empty with a query
    feeds: Literal["records", "stream", "table"]
    target: str | None
    dialect: Dialect
    key: tuple[str, ...]
    at: Mapped | None
    identifiers: tuple[Mapped, ...]
    columns: tuple[Mapped, ...]
    only: Expression | None = None
    unpivot: Unpivot | None = None
    deletes: Expression | None = None
    query: Query | None = None  # instead of files
    purpose: str | None = None
    owner: str | None = None
    legal_basis: str | None = None
    keep_for_seconds: int | None = None
    expect: tuple[Expectation, ...] = field(default=(), compare=False)  # what `check` asks of the rows
    max_lag: Expectation | None = field(default=None, compare=False)  # the plan's own words for the same
    every: Expectation | None = field(default=None, compare=False)
    expected_from: Expectation | None = field(default=None, compare=False)
    expected_until: Expectation | None = field(default=None, compare=False)
    corrections: Corrections | None = None  # None: the later `at` counts, and ingest tells of them
    overlap_seconds: int | None = None  # how far back a new file may bring rows
    growing: bool = False  # its files are still being written: an open last line is left for next time
    max_quarantined_ratio: float = 0.01  # over this share the file is refused and nothing is committed
    declares_max_quarantined: bool = False  # then that is a failed check, else an unreadable file
    place: Place | None = field(default=None, compare=False)

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """What the collection plan promises, then what is expected of the rows."""
        plan = (self.max_lag, self.every, self.expected_from, self.expected_until)
        return (*(each for each in plan if each is not None), *self.expect)


@dataclass(frozen=True, slots=True)
class Known:
    """
    What earlier files have brought, so that the same row is not accepted twice.

    `rows`: `id`, `content` (Int64) of the source's rows in the table it feeds; `record_ids`: `id` (Int64) of the
    records that its stream rows have made. Lazy: they are looked at in buckets. None = nothing.
    Where rows of a file are read again (`read_again`), `earlier` are those of `rows` that the same file brought,
    and `table` the rows of the reference table that it feeds, which keep their keys.
    """

    rows: pl.LazyFrame | None = None
    record_ids: pl.LazyFrame | None = None
    earlier: pl.LazyFrame | None = None
    table: pl.LazyFrame | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """
    The part of a file that is read: from this byte and line (counted from 0) to this byte (None = its end).

    `n_read` and `n_quarantined` are the rows before it, which count where too many are quarantined.
    """

    start: int = 0
    lines: int = 0
    end: int | None = None
    n_read: int = 0
    n_quarantined: int = 0


WHOLE: Final = Part()


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What reading a file needs to know beside its source: the project's defaults, its schemas, and what is there."""

    shown_path: str  # relative to the project: what messages and the `files` table say
    digest: str  # `file_digest` of the file
    mapping: str  # `mapping_digest` of the source
    profile_fields: tuple[Column, ...]
    target: StreamSchema | TableSchema | None = None  # of a source that feeds a stream or a table
    tz: str | None = None
    region: str | None = None
    currency: str | None = None
    known: Known = Known()
    file_id: int | None = None  # of a file that was read before; None = made from the digest
    part: Part = WHOLE
    late_before: datetime | None = (
        None  # rows from before were to come earlier, as the source's `overlap` says
    )


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One Parquet file written to the staging folder: rows for one table of the workspace."""

    table: str
    path: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class FileResult:
    """
    One file, read: its row for the `files` table, what was staged, and what people should be told.

    `file` has the columns of `tables.FILES`, one row, where rows_read = accepted + duplicate + quarantined.
    `notes` say how the file was understood. `rules` count the quarantined rows by rule.
    """

    file: pl.DataFrame
    staged: tuple[StagedFile, ...]
    notes: tuple[str, ...]
    rules: tuple[tuple[str, int], ...]
    first_late: int | None = None  # the first row that is later than declared
