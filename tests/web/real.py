"""Exports of other trackers in the shape our kernels read, and what came out of them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cdptool.ids import hash63
from cdptool.web import EVENTS, Cutting, owners_kernel, sessions_kernel


@dataclass(frozen=True, slots=True)
class Outcome:
    """Our sessions, and the export's rows with `session_id`, `owner` (their user) and `known_by`."""

    sessions: pl.DataFrame
    rows: pl.DataFrame


def cut(rows: pl.DataFrame, columns: dict[str, pl.Expr], cutting: Cutting) -> Outcome:
    """
    Cut the rows of an export.

    Args:
        rows: As exported, with `id`, a text that names the event.
        columns: What each of EVENTS is (`device` and `user` as texts); what is left out is null or false.
        cutting: When a session begins.
    """
    user = columns.get("user", pl.lit(None, pl.String))
    made = rows.select(
        "id",
        user.alias("user"),
        hash63("event", pl.col("id")).alias("event_id"),
        pl.when(columns["device"].is_not_null()).then(hash63("device", columns["device"])).alias("device"),
        hash63("record", columns["device"], user).alias("record_id"),
        user.is_not_null().alias("is_known"),
        *(
            columns.get(name, pl.lit(False) if dtype == pl.Boolean() else pl.lit(None, dtype)).alias(name)
            for name, dtype in EVENTS.items()
            if name not in ("event_id", "device", "record_id", "is_known")
        ),
    )
    events = made.select(*EVENTS).lazy()
    owned = owners_kernel(cutting)(events).collect()
    users = made.select(pl.col("record_id"), pl.col("user").alias("owner")).unique()
    told = made.select("id", "event_id").join(owned, on="event_id").join(users, on="record_id", how="left")
    joined = rows.join(
        told.select("id", "session_id", "owner", "known_by"), on="id", how="left", maintain_order="left"
    )
    return Outcome(sessions_kernel(cutting)(events).collect(), joined)


def time(column: str) -> pl.Expr:
    """A text as a time (UTC)."""
    return pl.col(column).str.to_datetime(time_unit="us", time_zone="UTC")
