"""A query as the input of a source: the address of its database, without secrets, and what is asked."""

from __future__ import annotations

from typing import Final

from cdptool.config.forms import Reading, Shape, refused, wrong
from cdptool.config.reader import Table, Value
from cdptool.config.scalars import constant, text
from cdptool.errors import Finding
from cdptool.sources.addresses import address_fault
from cdptool.sources.answers import asks_since
from cdptool.sources.spec import Dialect, Incremental, Query, SourceSpec
from cdptool.sources.watermarks import can_begin

_FROM_ENVIRONMENT: Final = "write `{env: NAME}` for what the variable NAME holds"


def address(value: Value, reading: Reading) -> str:
    """The address of a database; `{env: NAME}` is short for `${NAME}`: all of it stands in the environment."""
    if isinstance(value, Table):
        if [entry.key.text for entry in value] != ["env"]:
            raise wrong("the address of a database", value, _FROM_ENVIRONMENT)
        declared = f"${{{text(value.entries[0].value, reading)}}}"
    else:
        declared = text(value, reading)
    fault = address_fault(declared)
    if fault is not None:
        raise refused(fault[0], value.place, fault[1])
    return declared


def start(value: Value, reading: Reading) -> str:
    """Where an incremental query begins the first time."""
    written = constant(value, reading)
    if not can_begin(written):
        raise refused(
            "expected a whole number, a date or a time in UTC", value.place, "write it as `2026-01-01`"
        )
    return written


_QUERY: Final = Shape(
    "a query",
    Query,
    {
        "database": address,
        "sql": text,
        "incremental": Shape("an incremental query", Incremental, {"column": text, "start": start}),
    },
)


def query(value: Value, reading: Reading) -> Query:
    """What is asked of which database; `:since` and `incremental` need each other."""
    found = _QUERY(value, reading)
    asks, sql = asks_since(found.sql), value.get("sql") if isinstance(value, Table) else None
    place = sql.place if sql is not None else value.place
    if asks and found.incremental is None:
        hint = "add `incremental: {column: …, start: …}`: the column whose greatest value `:since` is"
        raise refused("`:since` means nothing without `incremental`", place, hint)
    if found.incremental is not None and not asks:
        hint = f"add `where {found.incremental.column} > :since`"
        raise refused("an incremental query needs `:since`", place, hint)
    return found


def input_findings(spec: SourceSpec, declared: Value) -> list[Finding]:
    """A source reads files or asks a query, never both; what is said of files means nothing to a query."""
    if spec.query is None:
        if spec.files:
            return []
        return [Finding("missing key `files` in a source", spec.place, "add `files:`")]
    findings = []
    if spec.files:
        findings.append(
            Finding("a source has either `files` or a `query`", spec.place, "make two sources of it")
        )
    for key, is_said in (("dialect", spec.dialect != Dialect()), ("growing", spec.growing)):
        said = declared.get(key) if isinstance(declared, Table) else None
        if is_said and said is not None:
            findings.append(Finding(f"`{key}` is for files, not for a query", said.place, "take it out"))
    return findings
