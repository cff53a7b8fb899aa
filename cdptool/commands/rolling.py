"""Rows of streams with `keep:` become counts of days once they are old enough; and come back as rows for rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.commands.session import Session
from cdptool.errors import ConfigError
from cdptool.profiles import daily, last_versions, not_counted, signal_rows
from cdptool.rules.windows import day_start
from cdptool.sources.outputs import declared_schema
from cdptool.tables import ROLLED, SIGNALS, SIGNALS_UNTIL, STREAM, UTC_TIME, Signals, StreamSchema
from cdptool.workspace import Snapshot, Transaction

_EVENT = ("event_id", "content", "source")


def rolled_streams(session: Session) -> tuple[StreamSchema, ...]:
    """The streams that are kept as signals after a while."""
    return tuple(stream for stream in session.project.streams if stream.keep is not None)


def rolled_until(snapshot: Snapshot) -> dict[str, datetime]:
    """Up to when each stream is kept as signals only: the first instant of a day."""
    rows = snapshot.scan("signals_until", SIGNALS_UNTIL).collect()
    return dict(rows.select("stream", "until").iter_rows())


def rolled_events(snapshot: Snapshot, stream: StreamSchema) -> pl.LazyFrame:
    """The rows that have become signals, as `id` and `content`, with their source: read again they are duplicates."""
    rolled = snapshot.scan(stream.rolled_table, ROLLED)
    return rolled.select(pl.col("event_id").alias("id"), "content", "source")


def roll_up(session: Session, transaction: Transaction, moment: datetime) -> dict[str, pl.DataFrame]:
    """
    Make counts of the days that lie wholly before `raw`, and take their rows out.

    Rows of an event that has a younger version stay with it. A correction of what is counted already comes too
    late: it leaves too.

    Returns:
        By stream the rows that left: `file_id`, `row`, `source`, `at`, `record_id`.

    Raises:
        ConfigError: If the signals of a stream were kept by other columns before.
    """
    left = {}
    for stream in rolled_streams(session):
        gone = _roll(session, transaction, stream, moment)
        if gone.height:
            left[stream.name] = gone
    return left


def due(session: Session, snapshot: Snapshot, moment: datetime) -> dict[str, int]:
    """How many rows of each stream would become signals."""
    counts = {}
    for stream in rolled_streams(session):
        if snapshot.has(stream.table):
            old, _ = _old(snapshot, stream, _until(session, stream, moment))
            counts[stream.name] = int(old.select(pl.len()).collect().item())
    return {name: n for name, n in counts.items() if n}


def with_signals(
    session: Session, snapshot: Snapshot, stream: StreamSchema, rows: pl.LazyFrame
) -> pl.LazyFrame:
    """
    The rows of a stream, and as many as were counted for the days that are kept as signals; same columns.

    A correction of a row that is counted already is left out.

    Raises:
        ConfigError: If the signals were kept otherwise than `keep` says now.
    """
    _require_same(snapshot, stream)
    if stream.keep is None or not snapshot.has(stream.signals_table):
        return rows
    counted = snapshot.scan(stream.rolled_table, ROLLED).select("event_id").unique()
    rows = session.engine.shuffle([rows, counted], [("event_id",), ("event_id",)], not_counted)
    kernel = signal_rows(stream.keep, declared_schema(stream.columns), session.project.tz)
    spread = session.engine.map(snapshot.scan(stream.signals_table), kernel)
    columns = rows.collect_schema().names()
    spread = spread.with_columns(version_rank=pl.lit(None, pl.Int64))
    return pl.concat([rows, spread.select(columns)])


def expire_signals(
    transaction: Transaction, stream: StreamSchema, cutoffs: Mapping[str, datetime], tz: str
) -> pl.DataFrame:
    """
    Take out the days that lie wholly at or before the cutoff of their source.

    Returns:
        What left: `record_id`, `source`, `at` (the last instant of the day), one row per row of the table.
    """
    snapshot = transaction.snapshot()
    empty = pl.DataFrame(schema={"record_id": pl.Int64, "source": pl.String, "at": UTC_TIME})
    if not snapshot.has(stream.signals_table):
        return empty
    days = snapshot.scan(stream.signals_table, SIGNALS).select("record_id", "source", "day").collect()
    zone, last = ZoneInfo(tz), timedelta(microseconds=1)
    ends = {
        (source, day): day_start(day + timedelta(days=1), zone) - last
        for source, day in days.select("source", "day").unique().iter_rows()
        if source in cutoffs
    }
    old = {key: end for key, end in ends.items() if end <= cutoffs[key[0]]}
    if not old:
        return empty
    gone = pl.DataFrame(
        [(source, day, end) for (source, day), end in sorted(old.items())],
        schema={"source": pl.String, "day": pl.Date, "at": UTC_TIME},
        orient="row",
    )
    keys = gone.select("source", "day").lazy()

    def young(part: pl.LazyFrame) -> pl.LazyFrame:
        return part.join(keys, on=["source", "day"], how="anti", maintain_order="left")

    transaction.keep_only(stream.signals_table, young)
    transaction.keep_only(stream.rolled_table, young)
    return days.join(gone, on=["source", "day"]).select("record_id", "source", "at")


def _until(session: Session, stream: StreamSchema, moment: datetime) -> datetime:
    assert stream.keep is not None
    zone = ZoneInfo(session.project.tz)
    return day_start((moment - timedelta(seconds=stream.keep.raw_seconds)).astimezone(zone).date(), zone)


def _old(snapshot: Snapshot, stream: StreamSchema, until: datetime) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The rows before the moment without a younger version; and those whose event is counted already. Lazy."""
    schema = {**STREAM, **declared_schema(stream.columns)}
    rows = snapshot.scan(stream.table, schema)
    is_old = (pl.col("at") < pl.lit(until, UTC_TIME)).fill_null(False)
    counted = snapshot.scan(stream.rolled_table, ROLLED).select("event_id").unique()
    late = rows.join(counted, on="event_id", how="semi")
    young = rows.filter(~is_old).select("event_id").unique()
    old = rows.filter(is_old).join(young, on="event_id", how="anti").join(counted, on="event_id", how="anti")
    return old, late


def _roll(session: Session, transaction: Transaction, stream: StreamSchema, moment: datetime) -> pl.DataFrame:
    snapshot, tz = transaction.snapshot(), session.project.tz
    place = ["file_id", "row"]
    if not snapshot.has(stream.table) or stream.keep is None:
        return pl.DataFrame()
    before = rolled_until(snapshot).get(stream.name)
    until = (
        _until(session, stream, moment) if before is None else max(before, _until(session, stream, moment))
    )
    old, late = _old(snapshot, stream, until)
    gone = pl.concat([old, late]).select(*place, "source", "at", "event_id", "content", "record_id").collect()
    if gone.is_empty():
        return gone
    _require_same(snapshot, stream)
    engine, schema = session.engine, declared_schema(stream.columns)
    rows = engine.shuffle([old], [("event_id",)], last_versions)
    counts = engine.collect(engine.shuffle([rows], [("record_id",)], daily(stream.keep, schema, tz)))
    order = [name for name in counts.columns if name != "n"]
    transaction.append(stream.signals_table, counts.sort(order))
    day = pl.col("at").dt.convert_time_zone(tz).dt.date().alias("day")
    transaction.append(stream.rolled_table, gone.select(*_EVENT, day).unique().sort(*_EVENT, "day"), ROLLED)
    events = gone.select("event_id").unique().lazy()
    transaction.keep_only(
        stream.table, lambda part: part.join(events, on="event_id", how="anti", maintain_order="left")
    )
    others = snapshot.scan("signals_until", SIGNALS_UNTIL).filter(pl.col("stream") != stream.name).collect()
    mine = pl.DataFrame([(stream.name, until, _kept(stream.keep))], schema=SIGNALS_UNTIL, orient="row")
    transaction.replace("signals_until", pl.concat([others, mine]).sort("stream"), SIGNALS_UNTIL)
    return gone.drop("event_id", "content")


def _require_same(snapshot: Snapshot, stream: StreamSchema) -> None:
    """What was not kept cannot be had later, and what is counted is no row again: it stays as it was declared."""
    told = snapshot.scan("signals_until", SIGNALS_UNTIL).filter(pl.col("stream") == stream.name).collect()
    if told.is_empty() or (stream.keep is not None and told["kept"][0] == _kept(stream.keep)):
        return
    problem = f"older rows of stream `{stream.name}` are kept as signals ({told['kept'][0]}), and `keep` says otherwise"
    hint = "write `keep` as it was, or start a new workspace"
    raise ConfigError(problem, place=stream.place, hint=hint)


def _kept(keep: Signals) -> str:
    """By what signals are kept, as one text."""
    return f"by {', '.join(keep.by) or 'nothing'}; sums of {', '.join(keep.sums) or 'nothing'}"
