"""What the workspace holds, as far as rules, channels and exports need it: one pass over each stream, counts only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from cdptool.commands.as_of import AsOf
from cdptool.commands.session import Session
from cdptool.config import Project
from cdptool.rules import AtHand, RuleBook, StreamAtHand, TableAtHand, needs
from cdptool.sources.outputs import declared_schema
from cdptool.tables import RECORDS, UTC_TIME, StreamSchema, TableSchema
from cdptool.workspace import Snapshot


def data_at_hand(session: Session, snapshot: Snapshot, as_of: AsOf, also_fields: Iterable[str]) -> AtHand:
    """
    Count what there is, up to as-of.

    Args:
        session: The open project.
        snapshot: What was ingested and merged.
        as_of: The moment, and how far live feeds are complete.
        also_fields: Profile fields that channels and exports use, beside those of the rules.
    """
    project = session.project
    wanted = needs(project.rules or RuleBook(), project.catalog, as_of.moment)
    read = {name: need.columns for name, need in wanted.streams.items()}
    streams = {
        schema.name: _stream(snapshot, project, schema, read.get(schema.name, ()), as_of)
        for schema in project.streams
    }
    for spec in project.sessions:
        of = streams[spec.of]
        streams[spec.name] = StreamAtHand(of.rows, of.first, of.last, of.known_until)
    tables = {
        schema.name: _table(snapshot, schema, wanted.tables.get(schema.name, ())) for schema in project.tables
    }
    fed = {source.target for source in project.sources if source.feeds != "records" and source.target}
    made_of = {spec.name: spec.of for spec in project.sessions}
    fields = _fields(snapshot, project, {*wanted.fields, *also_fields})
    return AtHand(as_of.moment, streams, tables, fields, frozenset(fed), made_of)


def _stream(
    snapshot: Snapshot, project: Project, schema: StreamSchema, columns: tuple[str, ...], as_of: AsOf
) -> StreamAtHand:
    rows = snapshot.scan(schema.table, {"at": UTC_TIME, **declared_schema(schema.columns)})
    rows = rows.filter(pl.col("at") <= as_of.moment)
    references = [each for each in schema.columns if each.name in columns and each.ref]
    counted = rows.select(
        n=pl.len(),
        first=pl.col("at").min(),
        last=pl.col("at").max(),
        **{f"column:{name}": pl.col(name).count() for name in columns},
    ).collect()
    found = counted.row(0, named=True)
    strays = {
        each.name: _strays(snapshot, project.catalog.table(each.ref), rows, each.name) for each in references
    }
    has_signals = snapshot.has(schema.signals_table) and snapshot.rows(schema.signals_table) > 0
    return StreamAtHand(
        rows=found["n"] or int(has_signals),
        first=None if has_signals else found["first"],  # days kept as signals reach further back
        last=found["last"],
        known_until=as_of.complete_until.get(schema.name),
        empty=frozenset(name for name in columns if found["n"] and not found[f"column:{name}"]),
        strays=strays,
    )


def _strays(snapshot: Snapshot, table: TableSchema | None, rows: pl.LazyFrame, column: str) -> float:
    """Of the rows that name something, the share that names what the table does not have."""
    if table is None:
        return 0.0
    named = rows.select(column).filter(pl.col(column).is_not_null()).group_by(column).len("n")
    keys = snapshot.scan(table.table, declared_schema(table.columns)).select(table.key)
    there = pl.col("n").filter(pl.col("is_there").is_not_null()).sum()
    known = keys.unique().with_columns(is_there=True)
    counted = named.join(known, left_on=column, right_on=table.key, how="left").select(
        n=pl.col("n").sum(), there=there
    )
    n, n_there = counted.collect().row(0)
    return 1 - n_there / n if n else 0.0


def _table(snapshot: Snapshot, schema: TableSchema, columns: tuple[str, ...]) -> TableAtHand:
    rows = snapshot.scan(schema.table, declared_schema(schema.columns))
    found = rows.select(n=pl.len(), **{f"column:{name}": pl.col(name).count() for name in columns}).collect()
    counts = found.row(0, named=True)
    empty = (name for name in columns if counts["n"] and not counts[f"column:{name}"])
    return TableAtHand(counts["n"], frozenset(empty))


def _fields(snapshot: Snapshot, project: Project, names: Iterable[str]) -> Mapping[str, int]:
    """How many profiles have each field; before the first merge, how many records."""
    schema = declared_schema(project.fields)
    if snapshot.has("profiles"):
        rows = snapshot.scan("profiles")
        known = set(rows.collect_schema())
    else:
        rows, known = snapshot.scan("records", {**RECORDS, **schema}), set(schema)
    asked = [name for name in sorted(set(names)) if name in schema or name in known]
    counts = rows.select(pl.col(name).count() for name in asked if name in known).collect()
    found = counts.row(0, named=True) if counts.width else {}
    return {name: found.get(name, 0) for name in asked}
