"""
Orders as histories: how often, until when, and for how long each profile could have bought again.

A history counts *days with orders*: orders of one profile on one day are one purchase, as in the published
treatments of CDNOW, because a cart paid in two steps says nothing about how often somebody comes back. The first
purchase starts the clock and is not counted: `frequency` are the purchases after it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.kernels import NamedKernel
from cdptool.tables import MONEY_SCALE

Numbers = NDArray[np.float64]
_ENOUGH: Final = 10_000  # histories tell the parameters to a few per cent

PURCHASES: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "day": pl.Date(),
    "value": pl.Int64(),  # in ten-thousandths; null where the model asks for none
}
HISTORIES: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "frequency": pl.Int64(),  # days with orders after the first one
    "recency": pl.Float64(),  # from the first to the last, in units
    "age": pl.Float64(),  # from the first to the day the answer is for, in units
    "mean_value": pl.Float64(),  # of the days after the first; null where there are none, or no values
}


class Distinct(NamedTuple):
    """The distinct histories, in order, with how many profiles have each: all that a likelihood needs."""

    frequency: Numbers
    recency: Numbers
    age: Numbers
    n: Numbers


def purchases(orders: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel by `profile_id`: rows of orders as days with orders.

    Args:
        orders: One row per order line: `profile_id` (Int64), `day` (Date), `order` (String, null: the row is an order
            of its own), `event_id` (Int64), `value` (Int64 in ten-thousandths, or null). Any order.

    Returns:
        PURCHASES, one row per profile and day. The lines of an order are one order on its first day. An order whose
        lines add up to nothing or less because of what was given back is none (a refund with a number of its own);
        one that was free of charge is one. Lazy.
    """
    own = pl.col("event_id").cast(pl.String)
    named = pl.col("order").is_not_null()
    per_order = (
        orders.select(
            "profile_id", "day", named.alias("named"), pl.coalesce("order", own).alias("order"), "value"
        )
        .group_by("profile_id", "named", "order")
        .agg(
            pl.col("day").min(),
            pl.when(pl.col("value").is_not_null().any()).then(pl.col("value").sum()).alias("value"),
            (pl.col("value") < 0).any().alias("gave_back"),
        )
        .filter(pl.col("value").is_null() | (pl.col("value") > 0) | ~pl.col("gave_back"))
    )
    per_day = per_order.group_by("profile_id", "day").agg(
        pl.when(pl.col("value").is_not_null().any()).then(pl.col("value").sum()).alias("value")
    )
    return per_day.select(*PURCHASES)


def histories(days: pl.LazyFrame, until: date, unit_days: float) -> pl.LazyFrame:
    """
    A kernel by `profile_id`: days with orders as histories.

    Args:
        days: PURCHASES; days after `until` are not seen.
        until: The day the answer is for.
        unit_days: How many days a unit of time has: 7 for weeks.

    Returns:
        HISTORIES, one row per profile with a purchase up to that day, sorted by `profile_id`. Lazy.
    """
    seen = days.filter(pl.col("day") <= until)
    first, last = pl.col("day").min(), pl.col("day").max()
    later = pl.col("value").filter(pl.col("day") > first)
    grouped = seen.group_by("profile_id").agg(
        (pl.len() - 1).cast(pl.Int64).alias("frequency"),
        ((last - first).dt.total_days() / unit_days).alias("recency"),
        ((pl.lit(until) - first).dt.total_days() / unit_days).alias("age"),
        pl.when(later.count() > 0).then(later.sum() / MONEY_SCALE / later.count()).alias("mean_value"),
    )
    return grouped.select(*HISTORIES).sort("profile_id")


def distinct(known: pl.DataFrame) -> Distinct:
    """
    The distinct histories with their counts, sorted: the same numbers whatever the order of the profiles.

    >>> frame = pl.DataFrame({"frequency": [1, 0, 1], "recency": [2.0, 0.0, 2.0], "age": [3.0, 3.0, 3.0]})
    >>> [part.tolist() for part in distinct(frame)]
    [[0.0, 1.0], [0.0, 2.0], [3.0, 3.0], [1.0, 2.0]]
    """
    keys = ["frequency", "recency", "age"]
    counted = known.group_by(keys).agg(pl.len().alias("n")).sort(keys)
    return Distinct(*(counted[name].cast(pl.Float64).to_numpy() for name in (*keys, "n")))


def thinned(data: Distinct) -> Distinct | None:
    """Every so-manyth history of very many, across all frequencies, since they are sorted; None where they are few."""
    step = len(data.age) // _ENOUGH
    return Distinct(*(each[:: step + 1] for each in data)) if step >= 2 else None


KERNELS: Final = (NamedKernel("models.purchases", (("profile_id",),), purchases),)
