"""Which versions of a record are left when its source deleted it, once or again and again."""

from __future__ import annotations

import random

import polars as pl
import pytest

from cdptool.identity.deletion import living_versions
from cdptool.tables import UTC_TIME
from tests.frames import ROUNDS, table

SCHEMA = {
    "record_id": pl.Int64(),
    "version_rank": pl.Int64(),
    "observed_at": UTC_TIME,
    "is_deleted": pl.Boolean(),
    "email": pl.String(),
}


def living(text: str) -> list[str]:
    names = text.split("\n")[1].split()
    rows = table(text, {name: dtype for name, dtype in SCHEMA.items() if name in names}).lazy()
    if "version_rank" not in names:
        rows = rows.with_columns(version_rank=pl.lit(None, pl.Int64))
    return sorted(living_versions(rows).collect()["email"].to_list())


def test_a_deletion_ends_what_was_before_it_and_not_what_comes_after() -> None:
    assert living("""
        record_id  observed_at  is_deleted  email
        1          2026-01-01   false       a
        1          2026-02-01   true        b
        1          2026-03-01   -           c
        2          2026-01-01   false       d
        2          2026-02-01   true        e
        3          2026-01-01   -           f
    """) == ["c", "f"]


def test_at_the_same_moment_the_deletion_wins_and_what_has_no_date_is_older() -> None:
    assert living("""
        record_id  observed_at  is_deleted  email
        1          2026-01-01   false       a
        1          2026-01-01   true        b
        2          -            false       c
        2          2026-01-01   true        d
        3          -            true        e
        3          2026-01-01   false       f
    """) == ["f"]


def test_where_versions_are_counted_the_count_says_what_is_newer_and_what_has_none_is_older() -> None:
    assert living("""
        record_id  version_rank  observed_at  is_deleted  email
        1          2             2026-01-01   true        a
        1          1             2026-03-01   false       b
        1          3             2026-01-01   false       c
        1          -             2026-04-01   false       d
    """) == ["c"]


@pytest.mark.parametrize("round_", range(20 * ROUNDS))
def test_it_does_what_reading_the_versions_one_by_one_would(round_: int) -> None:
    seed = random.Random(f"deletion {round_}")
    rows = [
        (seed.randrange(4), seed.choice((None, 1, 2, 3)), seed.choice((None, False, True))) for _ in range(15)
    ]
    frame = pl.DataFrame(rows, schema=["record_id", "day", "is_deleted"], orient="row").select(
        pl.col("record_id").cast(pl.Int64),
        pl.lit(None, pl.Int64).alias("version_rank"),
        (pl.lit("2026-01-0") + pl.col("day").cast(pl.String))
        .str.to_datetime("%Y-%m-%d", time_zone="UTC")
        .alias("observed_at"),
        pl.col("is_deleted").cast(pl.Boolean),
        pl.int_range(pl.len()).alias("row"),
    )
    wanted = []
    for row, (record, day, is_deleted) in enumerate(rows):
        ends = [d or 0 for r, d, gone in rows if r == record and gone]
        if not is_deleted and all((day or 0) > end for end in ends):
            wanted.append(row)
    assert sorted(living_versions(frame.lazy()).collect()["row"]) == wanted, f"seed `deletion {round_}`"
