"""
Records that their source deleted: a version that says so ends all versions before it.

The rows stay where they were read, like every other version; who is who and what a profile holds is decided
without them. A version that is newer than the deletion brings the record back, as it says it is then.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import polars as pl

from cdptool.kernels import NamedKernel

_UNDATED: Final = datetime(1, 1, 1, tzinfo=UTC)  # a version without a date is older than all others
_OLDEST: Final = -(1 << 62)


def living_versions(records: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `record_id`: the versions of each record that are newer than its last deletion.

    Args:
        records: Versions of records with `record_id`, `version_rank` (Int64; null: `observed_at` says what is newer),
            `observed_at` and `is_deleted` (Boolean; null is false).

    Returns:
        The same columns without the rows that are deletions, and those of the same time or before. Any order. Lazy.
    """
    observed = pl.col("observed_at").fill_null(pl.lit(_UNDATED)).dt.epoch("us")
    rank = pl.col("version_rank")
    has_ranks = rank.is_not_null().any().over("record_id")
    when = pl.when(has_ranks).then(rank.fill_null(_OLDEST)).otherwise(observed)
    deleted = pl.col("is_deleted").fill_null(False)
    last = when.filter(deleted).max().over("record_id")
    return records.filter(last.is_null() | (when > last))


KERNELS: Final = (NamedKernel("identity.living_versions", (("record_id",),), living_versions),)
