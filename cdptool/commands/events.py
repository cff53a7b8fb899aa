"""The rows of a stream as every step reads them: of an event one version, and with whom it belongs to."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from cdptool.commands.session import Session
from cdptool.profiles import last_versions, with_profile
from cdptool.sources.outputs import declared_schema
from cdptool.tables import IDENTITY, STREAM, StreamSchema
from cdptool.workspace import Snapshot


def latest_events(
    session: Session, snapshot: Snapshot, stream: StreamSchema, columns: Iterable[str]
) -> pl.LazyFrame:
    """
    The rows of a stream, of an event one version.

    Returns:
        `event_id`, `record_id`, `version_rank`, `at`, `content`, then the columns. No order. Lazy.
    """
    schema = {**STREAM, **declared_schema(stream.columns)}
    fixed = ("event_id", "record_id", "version_rank", "at", "content")
    rows = snapshot.scan(stream.table, schema).select(*fixed, *columns)
    versions = rows.select(pl.len().alias("n_rows"), pl.col("event_id").n_unique().alias("n_events"))
    n_rows, n_events = session.engine.collect(versions).row(0)
    if n_rows > n_events:  # most streams have one version of everything, and need no shuffle
        rows = session.engine.shuffle([rows], [("event_id",)], last_versions)
    return rows


def with_owner(session: Session, snapshot: Snapshot, rows: pl.LazyFrame) -> pl.LazyFrame:
    """
    Rows with the profile that their record belongs to; those of nobody are left out.

    Returns:
        The columns of the rows, then `profile_id`. No order. Lazy.
    """
    rows = rows.filter(pl.col("record_id").is_not_null())
    identity = snapshot.scan("identity", IDENTITY)
    return session.engine.shuffle([rows, identity], [("record_id",), ("record_id",)], with_profile)
