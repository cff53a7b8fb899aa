"""Two kernels as examples of the shape: a group with a total order, and a co-group with an outer join."""

from __future__ import annotations

import polars as pl

from cdptool.kernels import NamedKernel
from tests.engines.cases import KernelCase


def latest(records: pl.LazyFrame) -> pl.LazyFrame:
    """The latest value of each profile; ties by record id, so that nothing depends on the input order."""
    return (
        records.sort("profile_id", "observed_on", "record_id")
        .group_by("profile_id")
        .agg(pl.col("city").last())
    )


def spend(orders: pl.LazyFrame, profiles: pl.LazyFrame) -> pl.LazyFrame:
    """What each known profile spent; 0 without an order."""
    spent = orders.group_by("profile_id").agg(pl.col("total").sum())
    return profiles.join(spent, on="profile_id", how="left").with_columns(pl.col("total").fill_null(0))


def valid(orders: pl.LazyFrame) -> pl.LazyFrame:
    """Row-local: orders with a profile and money."""
    return orders.filter(pl.col("profile_id").is_not_null(), pl.col("total") > 0)


RECORDS = pl.DataFrame(
    {
        "profile_id": [1, 1, 2, None, 2, None, 3, 1],
        "record_id": [10, 11, 12, 13, 14, 15, 16, 17],
        "observed_on": [5, 5, None, 1, 2, 1, None, 4],
        "city": ["Huế", None, "Vinh", "Vinh", "Huế", "Huế", None, "Vinh"],
    }
)
ORDERS = pl.DataFrame({"profile_id": [1, 1, None, 9, 3, 3, 2], "total": [5, 5, 7, 1, -2, 0, 4]})
PROFILES = pl.DataFrame({"profile_id": [1, 2, 3, 4], "tags": [["a", "b"], [], None, ["c"]]})

CASES: tuple[KernelCase, ...] = (
    KernelCase(NamedKernel("latest", (("profile_id",),), latest), (RECORDS,)),
    KernelCase(NamedKernel("spend", (("profile_id",), ("profile_id",)), spend), (ORDERS, PROFILES)),
    KernelCase(NamedKernel("valid", (), valid), (ORDERS,)),
)
