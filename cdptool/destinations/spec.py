"""
What a destination's file looks like (specs/*.yaml), and what exports.yaml asks to be written.

A file of specs/ is one `DestinationSpec`: its keys are the names of the fields below, its `file` is a
`FileFormat`, its `columns` are `FileColumn`s. One key differs: a column's `from` is `FileColumn.source`
(`from` is a word of Python; the `source` of the file itself is the page the spec was read from).
`require_any` is a list of lists of headers. All other names and defaults are the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from cdptool.errors import Place

# Names a column's `from` may hold beside profile fields and traits.
VALUE: Final = "value"  # the trait that the export names under `value`; without one the column is not written
NOTHING: Final = "nothing"  # the platform wants the header, we have nothing checked to put there


@dataclass(frozen=True, slots=True)
class FileFormat:
    """The bytes: format, delimiter, newline, byte order mark."""

    format: Literal["csv", "parquet"] = "csv"
    delimiter: str = ","
    bom: bool = False
    newline: Literal["\n", "\r\n"] = "\n"
    min_rows_warn: int = 0
    max_rows: int | None = None
    formula_guard: bool = False  # a leading = + - @ gets an apostrophe; only for files that people open


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of the file: its header, the profile field it is made from, and what is done to the value."""

    header: str
    source: str  # a profile field, or a derived one: emails, phones, given_name, family_name, birth_year, …
    repeat: int = 1  # the header is written this often, for the 1st, 2nd, … value of a list
    normalize: tuple[str, ...] = ()  # names of steps, applied in order
    hash: Literal["none", "sha256_hex", "sha256_base64"] = "none"
    needs: tuple[str, ...] = ()  # headers that must not be empty for this one to be written
    prehashed: bool = False  # 64 hex letters are taken for a digest; otherwise they are refused
    join: str | None = None  # all values of a list in one cell, with this between them
    one_row_each: bool = False  # each value of the list gets a row of its own (one column of a spec at most)


@dataclass(frozen=True, slots=True)
class DestinationSpec:
    """One platform's customer list: bytes, columns, consent it needs, who receives it."""

    id: str
    spec_version: str
    source: str  # the address of the page the spec was read from
    file: FileFormat
    columns: tuple[FileColumn, ...]  # empty = the export names its columns itself (plain csv / parquet)
    require_any: tuple[tuple[str, ...], ...] = ()  # at least one of these sets of headers is not empty
    consent_purpose: str | None = None
    recipient: str | None = None
    country: str | None = None  # where the recipient keeps it: a transfer abroad is named in the manifest
    checked_on: str = ""  # ISO date the page was last read on


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """One file to write: who, to which destination, with which columns, under which consent."""

    name: str
    who: str  # a segment, or one of the built-in lists: unsubscribed, bounced, capped
    to: str  # a destination id, such as csv, parquet, meta_customer_list, google_customer_match
    kind: Literal["audience", "suppression"] = "audience"
    columns: tuple[str, ...] = ()
    purpose: str | None = None  # consent is asked for this purpose …
    channel: str | None = None  # … on this channel (None: any channel)
    value: str | None = None  # a trait, for value-based audiences
    channel_list: str | None = None  # for unsubscribed / bounced / capped: only of this channel
    max_change_ratio: float | None = None  # guard: refuse when the size changed by more than this
    min_rows: int = 0
    one_per: Literal["profile", "household"] = "profile"
    place: Place | None = field(default=None, compare=False)
