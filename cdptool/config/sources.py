"""
The section of sources.yaml: which files are read, and what their columns mean.

What a source does not say of its money, phones and times is taken from the project (currency, region) and
from the stream (zone); money that then has no currency is an error.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from cdptool.config.alike import alike
from cdptool.config.corrections import correction_findings, corrections
from cdptool.config.expect import EXPECT, PLAN_KEYS, judge_expectations
from cdptool.config.forms import (
    Into,
    ListOf,
    MapOf,
    Reading,
    Shape,
    check_known,
    gather,
    nearest,
    refused,
    wrong,
)
from cdptool.config.mapped import MappedColumns, at, condition
from cdptool.config.names import columns_of
from cdptool.config.project import Basics
from cdptool.config.queries import input_findings, query
from cdptool.config.reader import Entry, Scalar, Table, Value
from cdptool.config.scalars import (
    OneOf,
    boolean,
    duration,
    line_count,
    one_sign,
    safe_name,
    share,
    text,
)
from cdptool.errors import ConfigError, Finding
from cdptool.sources.spec import FORMATS, Corrections, Dialect, Mapped, SourceSpec, Unpivot
from cdptool.tables import StreamSchema

Feeds: TypeAlias = tuple[str, str | None]

_FEEDS: Final = "write `records`, `{stream: name}` or `{table: name}`"


def codec(value: Value, reading: Reading) -> str:
    """The name of an encoding that Python can read."""
    name = text(value, reading)
    try:
        codecs.lookup(name)
    except LookupError:
        known = ("utf-8", "utf-8-sig", "cp1252", "cp1258", "latin-1", "utf-16")
        raise refused(f"unknown encoding `{name}`", value.place, nearest(name, known)) from None
    return name


_DIALECT: Final = Shape(
    "a dialect",
    Dialect,
    {
        "format": OneOf(FORMATS, "format"),
        "delimiter": one_sign,
        "encoding": codec,
        "quote": one_sign,
        "escape": one_sign,
        "has_header": boolean,
        "records": text,
        "sparse": boolean,
        "sheet": text,
        "columns_by": OneOf(("name", "position"), "way to name columns"),
        "skip_lines": line_count,
        "footer_lines": line_count,
        "log_format": text,
    },
)


_UNPIVOT: Final = Shape(
    "an unpivot", Unpivot, {"columns": ListOf(text, or_one=True, least=1), "name_to": text, "value_to": text}
)


def feeds(value: Value, reading: Reading) -> Feeds:
    """What a source feeds: records, a stream or a table; the last two with the name."""
    if isinstance(value, Scalar) and value.text == "records":
        return "records", None
    if not isinstance(value, Table) or len(value.entries) != 1:
        raise wrong("what the rows are", value, _FEEDS)
    entry = value.entries[0]
    kind = entry.key.text
    if kind not in ("stream", "table"):
        raise refused(f"unknown kind of input `{kind}`", entry.key.place, _FEEDS)
    target = text(entry.value, reading)
    check_known(kind, target, entry.value.place, reading)
    return kind, target


def _declared_share(value: Value, reading: Reading) -> tuple[float, bool]:
    """The share, and that somebody wrote it."""
    return share(value, reading), True


def source_shape(kind: str | None) -> Shape[SourceSpec]:
    """The shape of a source whose columns are those of `kind`: `field`, or `column of stream …`."""
    return Shape(
        "a source",
        SourceSpec,
        {
            "files": ListOf(text, or_one=True, least=1),
            "query": query,
            "feeds": Into(feeds, ("feeds", "target")),
            "dialect": _DIALECT,
            "key": ListOf(text, or_one=True),
            "at": at,
            "identifiers": MappedColumns("field"),
            "columns": MappedColumns(kind),
            "only": condition,
            "unpivot": _UNPIVOT,
            "deletes": condition,
            "corrections": corrections,
            "overlap": Into(duration, ("overlap_seconds",)),
            "growing": boolean,
            "purpose": text,
            "owner": text,
            "legal_basis": text,
            "keep_for": Into(duration, ("keep_for_seconds",)),
            **PLAN_KEYS,
            "expect": EXPECT,
            "max_quarantined": Into(_declared_share, ("max_quarantined_ratio", "declares_max_quarantined")),
        },
        otherwise={"files": (), "dialect": Dialect(), "key": (), "at": None, "identifiers": ()},
    )


def source(entry: Entry, reading: Reading) -> SourceSpec:
    """One source: what it feeds decides which columns it may map."""
    spec = source_shape(_kind_fed(entry.value, reading)).named(entry, reading)
    findings = input_findings(spec, entry.value)
    if spec.feeds == "stream" and spec.at is None:
        findings.append(
            Finding("a source of a stream needs `at`", spec.place, "add `at:` with the column of the time")
        )
    if spec.feeds != "stream" and spec.identifiers:
        hint = "put them under `columns`" if spec.feeds == "records" else "take them out"
        findings.append(Finding("`identifiers` are for sources of streams", spec.place, hint))
    findings += correction_findings(spec)
    if spec.overlap_seconds is not None and spec.at is None:
        findings.append(Finding("`overlap` needs `at`", spec.place, "add `at:` with the column of the time"))
    if spec.deletes:
        findings += _delete_findings(spec)
    if findings:
        raise ConfigError(*findings)
    if spec.unpivot and spec.key and spec.unpivot.name_to not in spec.key:
        return replace(spec, key=(*spec.key, spec.unpivot.name_to))  # a key names one cell, not its row
    return spec


def _delete_findings(spec: SourceSpec) -> list[Finding]:
    """What a source that deletes records must say: which record it was, and which version is newer."""
    place = spec.deletes.place if spec.deletes else None
    if spec.feeds != "records":
        return [Finding("`deletes` is for sources of records", place, "take rows out with `only:` instead")]
    wanted = (
        ("key", bool(spec.key), "the columns that name a row"),
        ("at", bool(spec.at), "what says which row is newer"),
    )
    return [
        Finding(f"a source with `deletes` needs `{key}`", place, f"add `{key}:` with {what}")
        for key, is_there, what in wanted
        if not is_there
    ]


def _kind_fed(value: Value, reading: Reading) -> str | None:
    written = value.get("feeds") if isinstance(value, Table) else None
    if written is None:
        return None
    try:
        kind, target = feeds(written, reading)
    except ConfigError:
        return None
    return columns_of(kind, target) if target else "field"


def sources(value: Value, reading: Reading) -> tuple[SourceSpec, ...]:
    """All sources; those that are `like` another take from it what it says of their file."""
    return MapOf(source, safe_name)(alike(value, reading), reading)


SOURCES_KEYS: Final = {"sources": sources}


def complete_sources(specs: tuple[SourceSpec, ...], basics: Basics) -> tuple[SourceSpec, ...]:
    """Fill in from the project what the sources do not say, and judge what needs both.

    Raises:
        ConfigError: Where money has no currency, or a table's key is not mapped.
    """
    return tuple(gather(partial(_complete, spec, basics) for spec in specs))


def _complete(spec: SourceSpec, basics: Basics) -> SourceSpec:
    stream = next(
        (each for each in basics.streams if spec.feeds == "stream" and each.name == spec.target), None
    )
    table = next((each for each in basics.tables if spec.feeds == "table" and each.name == spec.target), None)
    if table and table.key not in [each.name for each in spec.columns]:
        hint = f"add `{table.key}:` under `columns`"
        raise ConfigError(
            f"the key `{table.key}` of table `{table.name}` is not mapped", place=spec.place, hint=hint
        )
    tz = stream.tz if stream else None
    fill = partial(_fill, basics=basics, tz=tz)
    judge_expectations(spec, basics)
    return replace(
        spec if stream is None else _planned(spec, stream),
        at=fill(spec.at) if spec.at else None,
        corrections=_filled_corrections(spec.corrections, partial(_fill, basics=basics, tz=tz or basics.tz)),
        identifiers=tuple(gather(partial(fill, each) for each in spec.identifiers)),
        columns=tuple(gather(partial(fill, each) for each in spec.columns)),
    )


def _filled_corrections(
    corrections: Corrections | None, fill: Callable[[Mapped], Mapped]
) -> Corrections | None:
    if corrections is None or corrections.by is None:
        return corrections
    return replace(corrections, by=fill(corrections.by))


def _planned(spec: SourceSpec, stream: StreamSchema) -> SourceSpec:
    """The collection plan of the stream holds where the source does not have its own."""
    return replace(
        spec,
        purpose=spec.purpose or stream.purpose,
        owner=spec.owner or stream.owner,
        legal_basis=spec.legal_basis or stream.legal_basis,
        keep_for_seconds=spec.keep_for_seconds or stream.keep_for_seconds,
    )


def _fill(column: Mapped, basics: Basics, tz: str | None) -> Mapped:
    if column.type == "phone" and column.region is None:
        return replace(column, region=basics.region)
    if column.type == "datetime" and column.tz is None:
        return replace(column, tz=tz)
    if column.type == "money" and column.currency is None and column.currency_from is None:
        if basics.currency is None:
            hint = "add `currency: VND` here or in project.yaml"
            raise ConfigError(f"money without a currency in `{column.name}`", place=column.place, hint=hint)
        return replace(column, currency=basics.currency)
    return column
