"""
How long until people buy the same thing again, with those counted who have not done so yet.

The median of finished intervals alone is too short: who is slow has not finished. Each last purchase therefore counts as an
interval that is longer than what has passed since (Kaplan and Meier 1958).
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

RENEWALS: Final[dict[str, pl.DataType]] = {
    "kind": pl.String(),
    "purchases": pl.Int64(),
    "renewals": pl.Int64(),  # purchases that were followed by another
    "quarter_days": pl.Int64(),  # after so many days a quarter has bought again; null where they have not yet
    "median_days": pl.Int64(),
}
_ROUNDING: Final = 1e-12  # of a product of shares


def renewals(days: pl.DataFrame, until: date, least: int = 10) -> pl.DataFrame:
    """
    How long people take to buy again, by kind of thing.

    Args:
        days: `profile_id`, `kind` (String), `day` (Date) of purchases; several on one day are one. Rows without a profile or a
            kind count nowhere, nor do days after `until`.
        until: The day the answer is for.
        least: How many must still be waiting where a share is reached; the last few that waited longest tell nothing.

    Returns:
        One row per kind, columns of `RENEWALS`, by most purchases, then by kind.

    >>> bought = [(1, 1), (1, 11), (2, 1), (2, 31), (3, 1)]  # after 10, 30 and more than 59 days
    >>> days = pl.DataFrame({"profile_id": [who for who, _ in bought], "kind": ["filter"] * 5,
    ...                      "day": [date(2026, 1, day) for _, day in bought]})
    >>> renewals(days, date(2026, 3, 1), least=1).row(0)
    ('filter', 5, 2, 30, None)
    """
    ordered = (
        days.filter(
            pl.col("profile_id").is_not_null() & pl.col("kind").is_not_null() & (pl.col("day") <= until)
        )
        .select("profile_id", "kind", "day")
        .unique()
        .sort("kind", "profile_id", "day")
    )
    next_day = pl.col("day").shift(-1).over("kind", "profile_id", order_by="day")
    waits = ordered.select(
        "kind",
        next_day.is_not_null().alias("again"),
        (next_day.fill_null(until) - pl.col("day")).dt.total_days().alias("days"),
    )
    steps = waits.group_by("kind", "days").agg(
        pl.col("again").sum().cast(pl.Int64), pl.len().cast(pl.Int64).alias("n")
    )
    steps = steps.sort("kind", "days")
    at_risk = pl.col("n").cum_sum(reverse=True).over("kind", order_by="days")  # who had waited so long
    left = (1 - pl.col("again") / at_risk).cum_prod().over("kind", order_by="days")
    is_told = pl.col("at_risk") >= least
    told = (
        steps.with_columns(left.alias("left"), at_risk.alias("at_risk"))
        .group_by("kind")
        .agg(
            pl.col("n").sum().alias("purchases"),
            pl.col("again").sum().alias("renewals"),
            *(
                pl.col("days").filter((pl.col("left") <= share + _ROUNDING) & is_told).min().alias(name)
                for name, share in (("quarter_days", 0.75), ("median_days", 0.5))
            ),
        )
    )
    return (
        told.select(*RENEWALS).cast(pl.Schema(RENEWALS)).sort("purchases", "kind", descending=[True, False])
    )
