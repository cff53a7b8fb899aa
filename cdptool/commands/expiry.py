"""
What leaves the workspace when its time is over, in one transaction: rows, records, and what is kept beside them.

A row leaves when its time lies `keep_for` or longer before the cutoff's moment, a record when its newest version
does, a record that only stream rows made when the last of these left, what quarantine holds of a file when
the whole file is that old. What has no time stays: its age is not known. Refusals stay, and of the people
they speak of the fields that tell who they are. The counts of files stay too; `expired` says how much of them left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import polars as pl

from cdptool.commands.refusals import Refusals, standing_refusals
from cdptool.commands.rolling import expire_signals, roll_up
from cdptool.commands.session import Session
from cdptool.identity.blocking import match_fields
from cdptool.sources.outputs import declared_schema
from cdptool.sources.spec import SourceSpec
from cdptool.tables import EXPIRED, FILES, RETENTION, SIGNALS, STREAM, UTC_TIME, StreamSchema, records_schema
from cdptool.workspace import Snapshot, Transaction

ROW = ("file_id", "row")
BESIDE = ("quarantine", "issues", "mended")


@dataclass(slots=True)
class Expiry:
    """One sweep: the cutoff of each source, and what was found to be older."""

    session: Session
    snapshot: Snapshot  # as it was before
    cutoffs: Mapping[str, datetime]
    refusals: Refusals
    rows: list[pl.DataFrame] = field(
        default_factory=list
    )  # what left: `table`, `file_id`, `row`, `source`, `at`
    counted: list[pl.DataFrame] = field(default_factory=list)  # rows that became signals, in the same shape
    roll: datetime | None = (
        None  # the moment for which streams with `keep:` are rolled up; None: they are not
    )
    n_outliving: int = 0
    n_reduced: int = 0

    def sweep(self, transaction: Transaction) -> None:
        """Take everything out of the tables that is too old."""
        for stream in self.session.project.streams:
            self._stream(transaction, stream)
            self._signals(transaction, stream)
        self._records(transaction)
        if self.roll is not None:
            for name, gone in roll_up(self.session, transaction, self.roll).items():
                table = pl.lit(f"stream_{name}").alias("table")
                self.counted.append(gone.select(table, *ROW, "source", "at"))
        self._beside(transaction)
        if self.rows or self.counted:
            self._remember(transaction)

    def counts(self) -> pl.DataFrame:
        """How many rows left: `source`, `table`, `rows` (Int64), sorted."""
        parts = [each.select("source", "table") for each in self.rows]
        left = pl.concat(parts) if parts else pl.DataFrame(schema={"source": pl.String, "table": pl.String})
        return left.group_by("source", "table").agg(rows=pl.len().cast(pl.Int64)).sort("source", "table")

    def _sources(self, feeds: str, target: str | None = None) -> tuple[SourceSpec, ...]:
        return tuple(
            spec
            for spec in self.session.project.sources
            if spec.feeds == feeds and spec.name in self.cutoffs and target in (None, spec.target)
        )

    def _is_old(self, at: str, specs: tuple[SourceSpec, ...]) -> pl.Expr:
        """Rows of these sources at their cutoff or before; never null."""
        each = (
            (pl.col("source") == spec.name) & (pl.col(at) <= pl.lit(self.cutoffs[spec.name], UTC_TIME))
            for spec in specs
        )
        return pl.any_horizontal(pl.lit(False), *each).fill_null(False)

    def _stream(self, transaction: Transaction, stream: StreamSchema) -> None:
        specs = self._sources("stream", stream.name)
        if not specs or not self.snapshot.has(stream.table):
            return
        rows = self.snapshot.scan(stream.table, STREAM)
        old = rows.filter(self._is_old("at", specs))
        gone = old.select(*ROW, "source", "at", "event_id", "record_id").collect()
        if gone.is_empty():
            return
        kept = pl.concat([self._half_old(stream, specs, gone), self.refusals.events(stream.name)]).unique()
        self.n_outliving += gone.join(self.refusals.events(stream.name), on="event_id", how="semi").height
        gone = gone.join(kept, on="event_id", how="anti")
        self._leaves(stream.table, gone)
        stays = kept["event_id"].implode()
        goes = self._is_old("at", specs) & ~pl.col("event_id").is_in(stays)
        if transaction.keep_only(stream.table, lambda part: part.filter(~goes)):
            self._made_records(transaction, stream, gone)

    def _signals(self, transaction: Transaction, stream: StreamSchema) -> None:
        mine = {spec.name: self.cutoffs[spec.name] for spec in self._sources("stream", stream.name)}
        gone = expire_signals(transaction, stream, mine, self.session.project.tz)
        if gone.height:
            nowhere = [pl.lit(None, pl.Int64).alias(name) for name in ROW]
            self._leaves(stream.signals_table, gone.with_columns(nowhere))
            self._made_records(transaction, stream, gone)

    def _half_old(
        self, stream: StreamSchema, specs: tuple[SourceSpec, ...], gone: pl.DataFrame
    ) -> pl.DataFrame:
        """The events of which a younger version stays: without the older one another version would speak."""
        young = self.snapshot.scan(stream.table, STREAM).filter(~self._is_old("at", specs))
        ids = gone.select("event_id").unique()
        return young.select("event_id").join(ids.lazy(), on="event_id", how="semi").unique().collect()

    def _made_records(self, transaction: Transaction, stream: StreamSchema, gone: pl.DataFrame) -> None:
        """The records that only rows made which have left now."""
        makers = gone.select("record_id", "source").drop_nulls().unique()
        rows = transaction.snapshot().scan(stream.table, STREAM).select("record_id", "source")
        counted = transaction.snapshot().scan(stream.signals_table, SIGNALS).select("record_id", "source")
        both = pl.concat([rows, counted])
        still = both.join(makers.lazy(), on=["record_id", "source"], how="semi").unique().collect()
        self._drop_records(transaction, makers.join(still, on=["record_id", "source"], how="anti"))

    def _records(self, transaction: Transaction) -> None:
        specs = self._sources("records")
        if not specs or not self.snapshot.has("records"):
            return
        names = [spec.name for spec in specs]
        rows = self.snapshot.scan("records").filter(pl.col("source").is_in(names))
        newest = rows.group_by("record_id", "source").agg(pl.col("observed_at").max())
        old = newest.filter(self._is_old("observed_at", specs)).select("record_id", "source").collect()
        if old.height:
            self._drop_records(transaction, old)

    def _drop_records(self, transaction: Transaction, old: pl.DataFrame) -> None:
        """Take records out; of who refused something leave what tells who it is."""
        snapshot = transaction.snapshot()
        if not snapshot.has("records") or old.is_empty():
            return
        schema = records_schema(declared_schema(self.session.project.fields))
        rows = snapshot.scan("records", schema).join(old.lazy(), on=["record_id", "source"], how="semi")
        gone = rows.select(*ROW, "source", "record_id", pl.col("observed_at").alias("at"), self._has_more())
        held = gone.collect()
        needed = self.refusals.records()
        bare = held.join(needed, on="record_id", how="semi").filter(~pl.col("has_more"))
        held = held.join(bare.select(*ROW, "record_id"), on=[*ROW, "record_id"], how="anti")
        reduced = held.join(needed, on="record_id", how="semi")
        blank = [pl.lit(None, schema[name]).alias(name) for name in self._more()]
        short = rows.join(reduced.select("record_id").unique().lazy(), on="record_id", how="semi")
        replaced = short.with_columns(blank).select(*schema).collect()
        ids = held["record_id"].unique().implode()
        if transaction.keep_only("records", lambda part: part.filter(~pl.col("record_id").is_in(ids))):
            transaction.append("records", replaced, schema)
        self.n_reduced += reduced.height
        self._leaves("records", held.join(reduced, on="record_id", how="anti"))

    def _more(self) -> tuple[str, ...]:
        """The columns of a record that say more than who it is."""
        plan = self.session.project.merge
        told = match_fields(plan) if plan else ()
        fields = declared_schema(each for each in self.session.project.fields if each.name not in told)
        return tuple(fields)

    def _has_more(self) -> pl.Expr:
        there = [pl.col(name).is_not_null() for name in self._more()]
        return pl.any_horizontal(pl.lit(False), *there).alias("has_more")

    def _beside(self, transaction: Transaction) -> None:
        """Quarantine, and the raw values that stand beside rows: of files that are too old, and of rows that left."""
        files = self.snapshot.scan("files", FILES)
        specs = (*self._sources("stream"), *self._sources("records"))
        old = files.filter(self._is_old("newest_at", specs)).select("file_id", "source").collect()
        ids = old["file_id"].implode()
        left = [each.select(*ROW).drop_nulls() for each in (*self.rows, *self.counted)]
        rows = pl.concat(left).unique() if left else pl.DataFrame(schema=dict.fromkeys(ROW, pl.Int64))
        for table in BESIDE:
            if not self.snapshot.has(table):
                continue
            held = self.snapshot.scan(table).select(*ROW, "source", at=pl.lit(None, UTC_TIME)).collect()
            goes = held.filter(pl.col("file_id").is_in(ids))
            if table != "quarantine":
                goes = pl.concat([goes, held.join(rows, on=ROW, how="semi")]).unique(maintain_order=True)
            if goes.is_empty():
                continue
            transaction.keep_only(table, partial(_without, rows=goes.select(*ROW).unique().lazy()))
            self._leaves(table, held.join(goes.select(*ROW).unique(), on=ROW, how="semi"))

    def _leaves(self, table: str, gone: pl.DataFrame) -> None:
        if gone.height:
            self.rows.append(gone.select(pl.lit(table).alias("table"), *ROW, "source", "at"))

    def _remember(self, transaction: Transaction) -> None:
        """Write down how much of each file left, and until when each source is gone."""
        left = pl.concat([*self.rows, *self.counted])
        read = left.filter(pl.col("file_id").is_not_null())
        new = read.group_by("file_id", "source", "table").agg(rows=pl.len().cast(pl.Int64))
        before = transaction.snapshot().scan("expired", EXPIRED).collect()
        keys = ["file_id", "source", "table"]
        both = pl.concat([before, new.select(*EXPIRED)]).group_by(keys).agg(pl.col("rows").sum()).sort(keys)
        transaction.replace("expired", both.select(*EXPIRED), EXPIRED)
        if self.rows:
            self._remember_when(transaction, pl.concat(self.rows))

    def _remember_when(self, transaction: Transaction, left: pl.DataFrame) -> None:
        streams = left.filter(pl.col("table").str.contains("^(stream|signals)_"))
        gone = streams.group_by("source").agg(gone_until=pl.col("at").max())
        cut = pl.DataFrame(
            {"source": list(self.cutoffs), "until": list(self.cutoffs.values())},
            schema={"source": pl.String, "until": UTC_TIME},
        ).filter(pl.col("source").is_in(left["source"].unique().implode()))
        now = cut.join(gone, on="source", how="left").select(*RETENTION)
        earlier = transaction.snapshot().scan("retention", RETENTION).collect()
        latest = pl.concat([earlier, now]).group_by("source").agg(pl.col("until", "gone_until").max())
        transaction.replace("retention", latest.sort("source").select(*RETENTION), RETENTION)


def _without(part: pl.LazyFrame, *, rows: pl.LazyFrame) -> pl.LazyFrame:
    return part.join(rows, on=ROW, how="anti", maintain_order="left")


def forget_again(session: Session, transaction: Transaction) -> None:
    """Take out what has left before and was read again in this transaction: what is gone stays gone."""
    snapshot = transaction.snapshot()
    gone = snapshot.scan("retention", RETENTION).collect()
    if gone.is_empty():
        return
    cutoffs: dict[str, datetime] = dict(gone.select("source", "until").iter_rows())
    refusals = standing_refusals(session, snapshot, session.now)
    Expiry(session, snapshot, cutoffs, refusals).sweep(transaction)
