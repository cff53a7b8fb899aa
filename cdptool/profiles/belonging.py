"""What belongs to whom: stored rows know records and old profiles; here they meet the profiles of today."""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.kernels import NamedKernel


def last_versions(rows: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `event_id`: of several versions of an event the one that counts.

    That of the greatest `version_rank`, where the source says what makes a version newer; else of the latest `at`; of those
    the one of the greatest content. Any other rule would have to know which file came last.

    Args:
        rows: Rows of a stream with `event_id`, `version_rank` (Int64, null first), `at` and `content` (Int64).

    Returns:
        The same columns, one row per `event_id`. No order. Lazy.
    """
    order = ("event_id", "version_rank", "at", "content")
    return rows.sort(order, nulls_last=False).unique("event_id", keep="last", maintain_order=True)


def standing_versions(rows: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `event_id`: the rows that no row of a greater `version_rank` corrects.

    For ledgers, where of several equal claims the stricter one counts: only what a source declares is left out.

    Args:
        rows: Rows of a stream with `event_id` and `version_rank` (Int64, null first).

    Returns:
        The same columns. No order. Lazy.
    """
    greatest = pl.col("version_rank").max().over("event_id")
    return rows.filter(greatest.is_null() | (pl.col("version_rank") == greatest))


def with_profile(rows: pl.LazyFrame, identity: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `record_id` over rows and IDENTITY: each row with the profile its record belongs to.

    Returns:
        The columns of the rows, then `profile_id` (Int64). A row of no record belongs to nobody and is left out.
        No order. Lazy.
    """
    return rows.join(identity.select("record_id", "profile_id"), on="record_id")


def under_todays_ids(rows: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """
    What an earlier run stored by profile, under the ids of today.

    Args:
        rows: With `profile_id` (Int64), which may have been merged away since.
        aliases: ALIASES.

    Returns:
        The same rows and columns. Rows of people who became one may now be equal. No order. Lazy.
    """
    columns = rows.collect_schema().names()
    now = aliases.select(pl.col("old_profile_id").alias("profile_id"), pl.col("profile_id").alias("now"))
    return (
        rows.join(now, on="profile_id", how="left")
        .with_columns(pl.coalesce("now", "profile_id").alias("profile_id"))
        .select(columns)
    )


# By their keys; `under_todays_ids` joins rows with a small frame and needs none.
KERNELS: Final = (
    NamedKernel("profiles.last_versions", (("event_id",),), last_versions),
    NamedKernel("profiles.standing_versions", (("event_id",),), standing_versions),
    NamedKernel("profiles.with_profile", (("record_id",), ("record_id",)), with_profile),
)
