"""
By which touch a person came: the first, the last, and the last that was not direct. A kernel by person.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from cdptool.kernels import Kernel, over_all_rows
from cdptool.tables import UTC_TIME
from cdptool.web.channel import DIRECT

TOUCH: Final = ("at", "traffic_source", "traffic_medium", "campaign", "channel")
TOUCHED: Final = ("touch_at", "touch_source", "touch_medium", "touch_campaign", "touch_channel")
TOUCHES: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "sessions": pl.Int64(),
    "first_at": UTC_TIME,
    "first_source": pl.String(),
    "first_medium": pl.String(),
    "first_campaign": pl.String(),
    "first_channel": pl.String(),
    "last_at": UTC_TIME,
    "last_source": pl.String(),
    "last_medium": pl.String(),
    "last_campaign": pl.String(),
    "last_channel": pl.String(),
    "last_non_direct_at": UTC_TIME,  # null where every visit came direct
    "last_non_direct_source": pl.String(),
    "last_non_direct_medium": pl.String(),
    "last_non_direct_campaign": pl.String(),
    "last_non_direct_channel": pl.String(),
    "identified_at": UTC_TIME,  # the first log-in of anybody who is this person; null = known by other means or not at all
    "sessions_before": pl.Int64(),  # that began before it: what was anonymous until then; null without a log-in
}


def with_person(sessions: pl.LazyFrame, identity: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `record_id` over SESSIONS and IDENTITY: whose each session is.

    Returns:
        The columns of the sessions, then `profile_id` (null where nobody is merged yet) and `person`: the profile,
        else the device. No order. Lazy.
    """
    owned = sessions.join(identity.select("record_id", "profile_id"), on="record_id", how="left")
    return owned.with_columns(pl.coalesce("profile_id", "device").alias("person"))


def reassigned(rows: pl.LazyFrame, owned: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `event_id` over rows of a stream and OWNED: each row under the record that says whose it is.

    Returns:
        The same rows and columns, `record_id` replaced where the event is in a session. No order. Lazy.
    """
    columns = rows.collect_schema().names()
    told = owned.select("event_id", pl.col("record_id").alias("#owner"))
    owner = pl.coalesce("#owner", "record_id").alias("record_id")
    return rows.join(told, on="event_id", how="left").with_columns(owner).select(columns)


def last_non_direct_kernel(lookback_seconds: int) -> Kernel:
    """
    A kernel by `person` (Int64): each session with the touch it is credited to.

    That is itself where it did not come direct, else the person's last session before it, at most
    `lookback_seconds` back, that did not; itself where there is none.

    Returns:
        A function that adds `touch_at`, `touch_source`, `touch_medium`, `touch_campaign`, `touch_channel` to rows
        with `person`, `event_id` and the columns of TOUCH. No order.
    """

    def credited(sessions: pl.DataFrame) -> pl.DataFrame:
        rows = sessions.sort("person", "at", "event_id")
        own = np.arange(rows.height)
        told = np.flatnonzero((rows["channel"] != DIRECT).fill_null(False).to_numpy())
        before = np.searchsorted(told, own, side="right") - 1
        teller = told[np.maximum(before, 0)] if len(told) else own
        person, at = rows["person"].to_numpy(), rows["at"].to_physical().to_numpy()
        counts = (before >= 0) & (person[teller] == person)
        counts &= at - at[teller] <= lookback_seconds * 1_000_000
        chosen = np.where(counts, teller, own)
        return rows.with_columns(
            rows[name].gather(chosen).alias(called) for name, called in zip(TOUCH, TOUCHED, strict=True)
        )

    def kernel(sessions: pl.LazyFrame) -> pl.LazyFrame:
        schema = sessions.collect_schema()
        added = {called: schema[name] for name, called in zip(TOUCH, TOUCHED, strict=True)}
        return over_all_rows(sessions, credited, {**schema, **added})

    return kernel


def touches(sessions: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `profile_id`: the touches of each profile, and when it was identified.

    Args:
        sessions: SESSIONS with `profile_id`.

    Returns:
        TOUCHES, one row per profile. No order. Lazy.
    """
    ordered = sessions.filter(pl.col("profile_id").is_not_null()).sort("profile_id", "at", "event_id")
    names = [name.removeprefix("traffic_") for name in TOUCH]
    is_told = pl.col("channel") != DIRECT
    identified = pl.col("identified_at").min()
    return (
        ordered.group_by("profile_id")
        .agg(
            pl.len().cast(pl.Int64).alias("sessions"),
            *(
                pl.col(column).first().alias(f"first_{name}")
                for column, name in zip(TOUCH, names, strict=True)
            ),
            *(pl.col(column).last().alias(f"last_{name}") for column, name in zip(TOUCH, names, strict=True)),
            *(
                pl.col(column).filter(is_told).last().alias(f"last_non_direct_{name}")
                for column, name in zip(TOUCH, names, strict=True)
            ),
            identified.alias("identified_at"),
            pl.when(identified.is_not_null())
            .then((pl.col("at") < identified).sum().cast(pl.Int64))
            .alias("sessions_before"),
        )
        .select(*TOUCHES)
    )
