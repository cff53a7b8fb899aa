"""What the workspace holds of a source already, so that the same row is not accepted twice."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cdptool.commands.rolling import rolled_events
from cdptool.sources import FileResult, Known, ReadContext, SourceSpec
from cdptool.sources.outputs import main_schema
from cdptool.tables import StreamSchema, TableSchema
from cdptool.workspace import Snapshot


def known_rows(
    snapshot: Snapshot,
    spec: SourceSpec,
    target: StreamSchema | TableSchema | None,
    outdated: tuple[int, ...],
) -> Known:
    """What earlier files of the source brought: its rows by id, and the records its stream rows made."""
    if spec.feeds == "table":
        return Known()
    is_mine = pl.col("source") == spec.name
    is_kept = ~pl.col("file_id").is_in(list(outdated))
    columns = {"content": pl.Int64(), "source": pl.String(), "file_id": pl.Int64()}
    records = snapshot.scan("records", {"record_id": pl.Int64(), **columns})
    mine = records.filter(is_mine).select(pl.col("record_id").alias("id"), "content", "file_id")
    if not isinstance(target, StreamSchema):
        return Known(rows=mine.filter(is_kept).select("id", "content"))
    events = snapshot.scan(target.table, {"event_id": pl.Int64(), **columns}).filter(is_mine & is_kept)
    rows = events.select(pl.col("event_id").alias("id"), "content")
    if snapshot.has(target.rolled_table):  # what became signals was there: read again it is a duplicate
        rows = pl.concat([rows, rolled_events(snapshot, target).filter(is_mine).select("id", "content")])
    return Known(rows=rows, record_ids=mine.select("id"))


def known_again(snapshot: Snapshot, spec: SourceSpec, context: ReadContext, file_id: int) -> Known:
    """What the source brought before, what of that the same file did, and the rows of the table it feeds."""
    target = context.target
    if isinstance(target, TableSchema):
        schema = main_schema(spec, context)
        return Known(table=snapshot.scan(target.table, schema)) if snapshot.has(target.table) else Known()
    known = known_rows(snapshot, spec, target, ())
    table, name = (target.table, "event_id") if isinstance(target, StreamSchema) else ("records", "record_id")
    schema = {name: pl.Int64(), "content": pl.Int64(), "file_id": pl.Int64()}
    earlier = snapshot.scan(table, schema).filter(pl.col("file_id") == file_id)
    return replace(known, earlier=earlier.select(pl.col(name).alias("id"), "content"))


def with_staged(
    known: Known, result: FileResult, spec: SourceSpec, target: StreamSchema | TableSchema | None
) -> Known:
    """What is known after one more file of a dry run, which stays in its staging folder."""
    staged = {one.table: pl.scan_parquet(one.path) for one in result.staged}
    table, name = (target.table, "event_id") if isinstance(target, StreamSchema) else ("records", "record_id")
    rows, record_ids = [known.rows] if known.rows is not None else [], known.record_ids
    if spec.feeds == "table":
        return known
    if table in staged:
        rows.append(staged[table].select(pl.col(name).alias("id"), "content"))
    if spec.feeds == "stream" and "records" in staged:
        made = staged["records"].select(pl.col("record_id").alias("id"))
        record_ids = made if record_ids is None else pl.concat([record_ids, made])
    return Known(pl.concat(rows) if rows else None, record_ids)
