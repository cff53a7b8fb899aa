"""
`cdptool check`: what sources.yaml expects of the data, held against what came since the last check.

A source is remembered as checked only when nothing in it fails: a check that failed fails again until the data, or
what is expected of it, is mended. Nothing is judged by when the command runs, except how late a feed is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from cdptool.checks import (
    Expectation,
    Form,
    Refers,
    Result,
    SourceData,
    Target,
    judge,
    junit,
    read_expectation,
    schema_of_rows,
)
from cdptool.checks.spec import Every, Fresh, InTime
from cdptool.commands.as_of import parse_as_of
from cdptool.commands.check_report import Checked, told
from cdptool.commands.files import write_file
from cdptool.commands.report import Report
from cdptool.commands.session import Session, Settings, fingerprint, open_session
from cdptool.commands.unplanned import Unplanned, unplanned_columns
from cdptool.errors import Place, UsageError
from cdptool.fields import field_type
from cdptool.ids import hash63
from cdptool.rules import Catalog
from cdptool.rules.windows import length_text
from cdptool.sources import SourceSpec
from cdptool.sources.outputs import declared_schema
from cdptool.tables import FILES, PROVENANCE, UTC_TIME, StreamSchema
from cdptool.workspace import Snapshot

LOG = "check"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line asks, and the moment feeds are judged at."""

    moment: datetime
    everything: bool


@dataclass(slots=True)
class _Memory:
    """What the last checks saw, by source; and what this one adds."""

    before: Mapping[str, Mapping[str, Any]]
    after: dict[str, dict[str, Any]] = field(default_factory=dict)


def check_data(
    settings: Settings, names: tuple[str, ...], *, as_of: str | None, everything: bool, junit: Path | None
) -> Report:
    """
    Run the command for all sources, or the named ones.

    Returns:
        The report, with exit code 1 where a check of severity `error` fails, 5 where only a feed is late.

    Raises:
        UsageError: If a name is not a source of the project, or the moment is no time.
        StoreError: If nothing was ingested yet.
    """
    with open_session(settings, writes=False) as session:
        moment = session.now if as_of is None else parse_as_of(as_of, session.project.tz)
        asked, snapshot = _Asked(moment, everything), session.snapshot()
        memory = _Memory({entry.key: entry.payload for entry in session.workspace.logs(LOG)})
        specs = _chosen(session, names)
        checked = [_check_source(session, snapshot, spec, asked, memory) for spec in specs]
        feeds = _live_feeds(session, snapshot, specs, asked)
        unplanned = [each for spec in specs if (each := _columns(session, snapshot, spec, memory))]
        report = told([each for each in checked if each is not None], feeds, unplanned, specs, moment)
        if junit is not None:
            write_file(junit, _junit(report_of=[*checked, *feeds], name=session.project.name))
        _remember(session, memory, report, moment)
    return report


def _chosen(session: Session, names: tuple[str, ...]) -> tuple[SourceSpec, ...]:
    known = {spec.name: spec for spec in session.project.sources}
    unknown = [name for name in names if name not in known]
    if unknown:
        hint = f"the project has: {', '.join(known) or 'none'}"
        raise UsageError(f"there is no source `{unknown[0]}`", hint=hint)
    return tuple(spec for name, spec in known.items() if not names or name in names)


def _check_source(
    session: Session, snapshot: Snapshot, spec: SourceSpec, asked: _Asked, memory: _Memory
) -> Checked | None:
    """Hold the expectations of one source against its new files; None where it has none."""
    if not spec.expectations and spec.overlap_seconds is None:
        return None
    catalog = session.project.catalog
    schema = schema_of_rows(spec.feeds, spec.target, catalog)
    lines = _lines(spec, schema, catalog)
    mark = fingerprint(*((each.text, each.at_least) for each in spec.expectations))
    last = memory.before.get(spec.name, {})
    known = set(last.get("files", ())) if last.get("mark") == mark and not asked.everything else set()
    files = _files(snapshot, spec, known)
    if files.is_empty():
        nothing = tuple(Result(each, "not judged", detail="nothing was ingested") for each, _ in lines)
        return Checked(spec.name, spec, nothing, is_absent=True)
    data = SourceData(
        schema, _rows(session, snapshot, spec, files), files, asked.moment, session.project.tz,
        _targets(session, snapshot, lines),
    )  # fmt: skip
    results = tuple(_shown(session, each) for each in judge(lines, data))
    checked = Checked(spec.name, spec, results, late=spec.max_lag)
    if not checked.breaks:
        memory.after.setdefault(spec.name, {}).update(mark=mark, files=sorted(files["version"]))
    return checked


def _lines(spec: SourceSpec, schema: StreamSchema, catalog: Catalog) -> tuple[tuple[Expectation, Form], ...]:
    """What the source expects, as read; a promised overlap last."""
    lines: list[tuple[Expectation, Form]] = [
        (each, read_expectation(each.text, each.place, schema, catalog, has_time=spec.at is not None))
        for each in spec.expectations
    ]
    if spec.overlap_seconds is not None:
        # What came late cannot be mended: told once, not again until somebody gives in.
        name, place = f"overlap {length_text(spec.overlap_seconds)}", spec.place or Place("sources.yaml")
        lines.append((Expectation(name, severity="warning", place=place), InTime()))
    return tuple(lines)


def _files(snapshot: Snapshot, spec: SourceSpec, known: set[str]) -> pl.DataFrame:
    """The files of a source, the oldest first. A file that grew or is read under another mapping is new again."""
    has_grown = pl.col("file_id") != hash63("file", pl.col("source"), pl.col("digest"))
    grown = pl.when(has_grown).then(pl.lit(":") + pl.col("digest").str.head(12)).otherwise(pl.lit(""))
    mapping = pl.col("mapping").str.head(12)
    version = pl.concat_str(pl.col("file_id").cast(pl.String), pl.lit(":"), mapping, grown)
    files = snapshot.scan("files", FILES).filter(pl.col("source") == spec.name)
    ordered = files.sort("newest_at", "path", nulls_last=False).with_columns(version=version).collect()
    return ordered.select(
        "file_id",
        "path",
        "rows_read",
        "rows_late",
        "version",
        "raw_form",
        is_new=~pl.col("version").is_in(list(known)),
    )


def _rows(session: Session, snapshot: Snapshot, spec: SourceSpec, files: pl.DataFrame) -> pl.LazyFrame:
    """All rows that the source's files brought, with our columns."""
    project = session.project
    if spec.feeds == "records":
        schema = {"observed_at": UTC_TIME, **declared_schema(project.fields), **PROVENANCE}
        rows = snapshot.scan("records", schema).select(*schema).rename({"observed_at": "at"})
    elif spec.feeds == "stream":
        stream = next(each for each in project.streams if each.name == spec.target)
        schema = {"at": UTC_TIME, **declared_schema(stream.columns), **PROVENANCE}
        rows = snapshot.scan(stream.table, schema).select(*schema)
    else:
        table = next(each for each in project.tables if each.name == spec.target)
        schema = {**declared_schema(table.columns), **PROVENANCE}
        rows = snapshot.scan(table.table, schema).select(*schema)
    return rows.filter(pl.col("file_id").is_in(files["file_id"].to_list()))


def _targets(
    session: Session, snapshot: Snapshot, lines: tuple[tuple[Expectation, Form], ...]
) -> dict[Target, pl.LazyFrame]:
    """The columns that the lines refer to, each as one column `value`."""
    catalog, found = session.project.catalog, {}
    for target in {form.target for _, form in lines if isinstance(form, Refers)}:
        owner = catalog.table(target.name) if target.kind == "table" else catalog.stream(target.name)
        columns, table = (owner.columns, owner.table) if owner else (catalog.fields, "records")
        column = next(each for each in columns if each.name == target.column)
        wanted = {column.name: field_type(column.type).dtype}
        found[target] = snapshot.scan(table, wanted).select(value=column.name)
    return found


def _live_feeds(
    session: Session, snapshot: Snapshot, specs: tuple[SourceSpec, ...], asked: _Asked
) -> list[Checked]:
    """Every stream that promises data and is fed by one of the sources, judged as a whole."""
    fed = {spec.target for spec in specs if spec.feeds == "stream"}
    return [
        _live_feed(session, snapshot, stream, asked)
        for stream in session.project.streams
        if stream.name in fed and (stream.max_lag_seconds or stream.every_seconds)
    ]


def _live_feed(session: Session, snapshot: Snapshot, stream: StreamSchema, asked: _Asked) -> Checked:
    place = stream.place or Place("project.yaml")
    lines: list[tuple[Expectation, Form]] = []
    late = None
    if stream.max_lag_seconds:
        late = Expectation(f"max_lag {length_text(stream.max_lag_seconds)}", place=place)
        lines.append((late, Fresh("at", stream.max_lag_seconds)))
    if stream.every_seconds:
        every = Expectation(f"every {length_text(stream.every_seconds)}", place=place)
        lines.append((every, Every(stream.every_seconds)))
    rows = snapshot.scan(stream.table, {"at": UTC_TIME}).select("at")
    no_files = pl.DataFrame(schema={"file_id": pl.Int64, "is_new": pl.Boolean})
    results = judge(lines, SourceData(stream, rows, no_files, asked.moment, session.project.tz))
    return Checked(f"stream {stream.name}", None, results, late=late)


def _columns(session: Session, snapshot: Snapshot, spec: SourceSpec, memory: _Memory) -> Unplanned | None:
    """The columns of files not looked at before that nothing maps; each is told once."""
    last = memory.before.get(spec.name, {})
    files = _files(snapshot, spec, set(last.get("looked_at", ())))
    if not files["is_new"].any():
        return None
    known = set(last.get("columns", ()))
    fresh_files = files.filter(pl.col("is_new")).select("path", "raw_form")
    found = unplanned_columns(spec, fresh_files.iter_rows())
    fresh = {name: path for name, path in found.items() if name not in known}
    memory.after.setdefault(spec.name, {}).update(
        looked_at=sorted(files["version"]), columns=sorted(known | set(found))
    )
    if not fresh:
        return None
    place = Place(session.shown(next(iter(fresh.values()))))
    return Unplanned(spec.name, tuple(fresh), place, is_new="looked_at" in last)


def _shown(session: Session, result: Result) -> Result:
    """The result with files named from where people stand."""
    places = tuple(replace(each, file=session.shown(each.file)) for each in result.places)
    return replace(result, places=places)


def _junit(report_of: list[Checked | None], name: str) -> bytes:
    return junit([(each.name, each.results) for each in report_of if each is not None], name=name)


def _remember(session: Session, memory: _Memory, report: Report, moment: datetime) -> None:
    """Keep what was seen for the next check; a check that saw nothing new writes nothing."""
    changed = {
        name: payload
        for name, news in memory.after.items()
        if (payload := {**memory.before.get(name, {}), **news}) != memory.before.get(name)
    }
    if not changed:
        return
    with (
        session.workspace.lease(session.run_id, wait_seconds=session.settings.wait),
        session.workspace.begin(session.manifest("check", moment, {})) as transaction,
    ):
        for name, payload in sorted(changed.items()):
            transaction.log(LOG, name, payload)
        session.commit(transaction, {"checks": report.data["checked"], "failed": report.data["failed"]})
