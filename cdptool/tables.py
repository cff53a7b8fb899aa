"""
Every canonical table once: names, columns and dtypes.

Three kinds of input (records, streams, reference tables) and what is derived from them. Columns that a
project declares itself (profile fields, stream columns) follow the fixed ones listed here. Times are
Datetime[us, UTC], money is Int64 in ten-thousandths beside a `<name>_currency` String, ids are 63-bit Int64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from cdptool.errors import Place, SchemaError

UTC_TIME: Final = pl.Datetime("us", "UTC")
MONEY_SCALE: Final = 10_000

Schema = Mapping[str, pl.DataType]

# Where a row came from. Never part of an identity: shuffling the input may change only these.
PROVENANCE: Final[dict[str, pl.DataType]] = {"file_id": pl.Int64(), "row": pl.Int64()}

RECORDS: Final[dict[str, pl.DataType]] = {
    "record_id": pl.Int64(),  # hash63("record", source, source_key)
    "source": pl.String(),
    "source_key": pl.String(),  # what people cite: `source:source_key`
    "observed_at": UTC_TIME,  # null where the source declares no date
    "content": pl.Int64(),  # hash63 of the canonical values: one version of the record
    "version_rank": pl.Int64(),  # of versions the greatest counts; null: by `observed_at`
    "is_deleted": pl.Boolean(),  # the version says that the source deleted the record; null: it does not
    # … then one column per profile field of the project, then PROVENANCE
}
STREAM: Final[dict[str, pl.DataType]] = {
    "event_id": pl.Int64(),
    "record_id": pl.Int64(),  # the record its identifiers make; null where the row has no identifier
    "at": UTC_TIME,
    "source": pl.String(),
    "content": pl.Int64(),
    "version_rank": pl.Int64(),  # of rows with one `event_id` the greatest counts; null: by `at`
    # … then the columns the project declares for the stream, then PROVENANCE
}
FILES: Final[dict[str, pl.DataType]] = {
    "file_id": pl.Int64(),  # hash63("file", source, digest when it was first read)
    "source": pl.String(),
    "path": pl.String(),  # relative to the project
    "digest": pl.String(),  # sha256 of the bytes that were read
    "bytes": pl.Int64(),
    "mapping": pl.String(),  # digest of the source's mapping: another mapping reads the file again
    "dialect": pl.String(),  # what was detected or declared, as shown to people
    "rows_read": pl.Int64(),
    "rows_accepted": pl.Int64(),
    "rows_duplicate": pl.Int64(),
    "rows_quarantined": pl.Int64(),
    "rows_excluded": pl.Int64(),  # by the source's `only`: rows of other sources over the same file
    "rows_corrected": pl.Int64(),  # accepted ones that correct an earlier row of their key
    "rows_late": pl.Int64(),  # accepted ones that are later than the source's `overlap` allows
    "blank_lines": pl.Int64(),
    "newest_at": UTC_TIME,
    "raw_form": pl.String(),  # how the raw records of quarantine are written, as JSON: read again without the file
}
QUARANTINE: Final[dict[str, pl.DataType]] = {
    **PROVENANCE,
    "source": pl.String(),
    "column": pl.String(),  # null where the row as a whole is at fault
    "rule": pl.String(),  # `fields`, `quote`, `encoding`, `required`, `invalid`, …
    "reason": pl.String(),  # in words, without a cell value
    "raw": pl.Binary(),  # the record as read, at most 64 KiB; shown only with --show-values
    "byte_offset": pl.Int64(),  # where the record begins in the (unpacked) file; null where not known
}
MENDED: Final[dict[str, pl.DataType]] = {
    **PROVENANCE,
    "source": pl.String(),
    "raw": pl.Binary(),  # the record as people mended it: taken again whenever its file is read again
}
# What has left the workspace because its time was over.
RETENTION: Final[dict[str, pl.DataType]] = {
    "source": pl.String(),
    "until": UTC_TIME,  # what is as old or older has left for good, and leaves at once when it comes again
    "gone_until": UTC_TIME,  # the time of the newest row that left
}
EXPIRED: Final[dict[str, pl.DataType]] = {
    "file_id": pl.Int64(),
    "source": pl.String(),
    "table": pl.String(),  # from which the rows left; the counts of `files` stay as they were
    "rows": pl.Int64(),
}
# What stays of rows that are kept as signals: counts by day, and which rows they are made of.
SIGNALS: Final[dict[str, pl.DataType]] = {
    "record_id": pl.Int64(),
    "source": pl.String(),
    "day": pl.Date(),  # in the zone of the project
    "n": pl.Int64(),
    # … then the columns of `by`, and of each column of `sums` `<name>:n`, `<name>:plus`, `<name>:minus` (Int64)
}
ROLLED: Final[dict[str, pl.DataType]] = {
    "event_id": pl.Int64(),
    "content": pl.Int64(),
    "source": pl.String(),
    "day": pl.Date(),
}
SIGNALS_UNTIL: Final[dict[str, pl.DataType]] = {
    "stream": pl.String(),
    "until": UTC_TIME,  # rows before are kept as signals; the first instant of a day
    "kept": pl.String(),  # by which columns, and with which sums: the same for good
}
ISSUES: Final[dict[str, pl.DataType]] = {
    **PROVENANCE,
    "source": pl.String(),
    "column": pl.String(),
    "verdict": pl.String(),  # `invalid` or `placeholder`: the value was set to null, the row was kept
    "reason": pl.String(),
    "raw": pl.String(),
}
IDENTITY: Final[dict[str, pl.DataType]] = {"record_id": pl.Int64(), "profile_id": pl.Int64()}
ALIASES: Final[dict[str, pl.DataType]] = {"old_profile_id": pl.Int64(), "profile_id": pl.Int64()}
IDENTITY_EVENTS: Final[dict[str, pl.DataType]] = {
    "merge": pl.Int64(),  # its number; when it was and which run it was stands in the log of merges
    "kind": pl.String(),  # `new`, `merge`, `split`, `gone`
    "from": pl.Int64(),  # the profile whose records they were; null where it is new
    "to": pl.Int64(),  # the profile whose they are now; null where it is gone
    "records": pl.Int64(),  # how many went
}
# Where merge.yaml declares households: profiles that live together.
HOUSEHOLDS: Final[dict[str, pl.DataType]] = {"profile_id": pl.Int64(), "household_id": pl.Int64()}
HOUSEHOLD_ALIASES: Final[dict[str, pl.DataType]] = {
    "old_household_id": pl.Int64(),
    "household_id": pl.Int64(),
}
HOUSEHOLD_LINKS: Final[dict[str, pl.DataType]] = {
    "profile_id_l": pl.Int64(),
    "profile_id_r": pl.Int64(),
    "match_key": pl.String(),
    "block": pl.Int64(),
    "n_shared": pl.Int64(),  # how many profiles share what the two do, names left out
    "reason": pl.String(),  # why the link does not hold: a building, an institution; null where it does
}
EDGES: Final[dict[str, pl.DataType]] = {
    "record_id_l": pl.Int64(),
    "record_id_r": pl.Int64(),
    "pass": pl.String(),
    "match_key": pl.String(),  # the fields that agreed, such as `email` or `phone + name`
    "block": pl.Int64(),  # hash63 of the values that agreed: who shares it shares the evidence
}
CONFLICTS: Final[dict[str, pl.DataType]] = {
    "record_id_l": pl.Int64(),
    "record_id_r": pl.Int64(),
    "pass": pl.String(),
    "match_key": pl.String(),
    "reason": pl.String(),  # the limit, never-rule or judgement that cut the edge
}
# Learned passes: pairs for people to judge, and the model that weighed them (`matching.saving`).
DOUBTFUL: Final[dict[str, pl.DataType]] = {
    "record_id_l": pl.Int64(),
    "record_id_r": pl.Int64(),
    "pass": pl.String(),
    "probability": pl.Float64(),  # of being one person, by all that both records say
}
MATCH_WEIGHTS: Final[dict[str, pl.DataType]] = {
    "pass": pl.String(),
    "place": pl.Int64(),  # of the comparison in the model
    "class": pl.String(),  # `same person`, `strangers`, or those who only look alike: `household`, …
    "field": pl.String(),
    "kind": pl.String(),
    "context": pl.Int64(),  # 1: where a field that this one follows from agrees too, 2: where it differs
    "level": pl.Int64(),  # 0 missing, 1 different, then nearer and nearer, then agreement on ever rarer values
    "probability": pl.Float64(),  # of this level among the pairs of the class where both hold a value
}
MATCH_CLASSES: Final[dict[str, pl.DataType]] = {
    "pass": pl.String(),
    "place": pl.Int64(),
    "class": pl.String(),
    "expected": pl.Float64(),  # how many pairs it probably has
    "pairs": pl.Float64(),  # of all records
}
MATCH_SCALE: Final[dict[str, pl.DataType]] = {
    "pass": pl.String(),
    "place": pl.Int64(),
    "stated": pl.Float64(),  # log odds as the fields add up to
    "found": pl.Float64(),  # what they are held to
}
MATCH_KEYS: Final[dict[str, pl.DataType]] = {
    "pass": pl.String(),
    "place": pl.Int64(),
    "key": pl.String(),
    "expected": pl.Float64(),  # pairs, estimated before any was made; null: the budget had no room for the key
    "n_pairs": pl.Int64(),
    "n_new": pl.Int64(),  # those that no key before it had brought
    "coverage": pl.Float64(),  # of made-up pairs of one person, the share that the keys so far catch
}
MATCH_FREQUENCIES: Final[dict[str, pl.DataType]] = {
    "pass": pl.String(),
    "field": pl.String(),
    "what": pl.String(),  # `known`: records with a value; `alone`: bin of a rare value; `value`, `word`: those more common
    "hash": pl.Int64(),  # of the value or the word; null for `known` and `alone`
    "n": pl.Int64(),  # `value`: its bin; `word`: how many records hold it
}
IDENTIFIERS: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "field": pl.String(),  # the key field: email, phone, customer_id, …
    "value": pl.String(),  # canonical
}
LINEAGE: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "field": pl.String(),
    "record_id": pl.Int64(),
    "source": pl.String(),
    "observed_at": UTC_TIME,
    "rule": pl.String(),  # how it won: `trust`, `latest`, `only`, …
    "n_values": pl.Int64(),  # how many different values were offered
}
MEMBERSHIPS: Final[dict[str, pl.DataType]] = {
    "segment": pl.String(),
    "profile_id": pl.Int64(),
    "state": pl.String(),  # `in` or `unknown`; who is out has no row
    "is_known": pl.Boolean(),  # not: it is `unknown`, or `in` because a run was told to count unknown ones in
}
ARMS: Final[dict[str, pl.DataType]] = {
    "split": pl.String(),
    "salt": pl.String(),  # another salt is another draw: arms of the one before do not count
    "profile_id": pl.Int64(),
    "arm": pl.String(),
}
DECISIONS: Final[dict[str, pl.DataType]] = {
    "as_of": UTC_TIME,
    "campaign": pl.String(),
    "profile_id": pl.Int64(),
    "decision": pl.String(),  # `send` or `suppress`
    "channel": pl.String(),  # the channel chosen, or the first one tried
    "reason": pl.String(),  # `ok`, or the first step of the pipeline that failed
    "rule": pl.String(),  # the id of the cap or list that decided
    "reasons": pl.List(pl.String()),  # every step that failed, as `channel:reason`
    "dispatch_id": pl.String(),  # joins a provider's report to the planned send
}


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column of a stream, a table or the profile: its field type, and the table it refers to."""

    name: str
    type: str  # a name in cdptool.fields.TYPES
    ref: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Signals:
    """
    How a stream is kept once its rows are older than `raw_seconds`: as counts per record and whole day.

    The counts are kept apart by the columns of `by`; of the columns of `sums` (whole numbers and money) the sums stay.
    """

    raw_seconds: int
    by: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamSchema:
    """
    What happened: a canonical stream as project.yaml declares it.

    The collection plan of a stream (from `every_seconds` on) holds for each source that does not have its own.
    """

    name: str
    columns: tuple[Column, ...]
    max_lag_seconds: int | None = None  # a live feed; None = no promise, so it never decides as-of
    tz: str | None = None
    place: Place | None = field(default=None, compare=False)
    every_seconds: int | None = field(default=None, compare=False)
    purpose: str | None = field(default=None, compare=False)
    owner: str | None = field(default=None, compare=False)
    legal_basis: str | None = field(default=None, compare=False)
    keep_for_seconds: int | None = field(default=None, compare=False)
    keep: Signals | None = None  # None: every row stays as it is

    @property
    def table(self) -> str:
        return f"stream_{self.name}"

    @property
    def signals_table(self) -> str:
        return f"signals_{self.name}"

    @property
    def rolled_table(self) -> str:
        return f"rolled_{self.name}"


@dataclass(frozen=True, slots=True)
class TableSchema:
    """
    What things are: a reference table as project.yaml declares it.

    With a `file` (relative to the project) it says something of profiles: its key is a profile field, and the file,
    which somebody else made, is a source of its own.
    """

    name: str
    key: str
    columns: tuple[Column, ...]  # the key is one of them
    place: Place | None = field(default=None, compare=False)
    file: str | None = None

    @property
    def table(self) -> str:
        return f"table_{self.name}"


def records_schema(fields: Schema) -> dict[str, pl.DataType]:
    """RECORDS with a project's profile fields: what the table `records` holds."""
    return {**RECORDS, **fields, **PROVENANCE}


def require(frame: pl.LazyFrame, schema: Schema, table: str) -> None:
    """Refuse a frame that lacks a column of the schema or has it with another dtype.

    Raises:
        SchemaError: Naming every column at fault.
    """
    actual = frame.collect_schema()
    wrong = [
        f"`{table}` lacks column `{name}`"
        if name not in actual
        else f"`{table}.{name}` is {actual[name]}, expected {dtype}"
        for name, dtype in schema.items()
        if actual.get(name) != dtype
    ]
    if wrong:
        raise SchemaError(*wrong)
