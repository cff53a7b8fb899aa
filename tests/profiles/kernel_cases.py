"""The kernels of profiles on streams with versions, ties, nulls, and records that one table lacks."""

from __future__ import annotations

import polars as pl

from cdptool.kernels import NamedKernel
from cdptool.profiles import KERNELS, daily, signal_rows
from cdptool.profiles.evaluation import with_drawn
from cdptool.tables import UTC_TIME, Signals
from tests.engines.cases import KernelCase

ROWS = pl.DataFrame(
    {
        "event_id": [1, 1, 1, 2, 3, 3, 4, 5],
        "record_id": [10, 10, 11, None, 12, 12, 99, 10],
        "version_rank": [None, 2, 1, None, None, None, None, None],
        "at": [1, 1, 2, 3, 4, 4, 5, 6],
        "content": [3, 9, 5, 1, 7, 7, 2, 4],
        "total": [30, 90, 50, 10, 70, 70, 20, 40],
    }
)
IDENTITY = pl.DataFrame({"record_id": [10, 11, 12, 13], "profile_id": [1, 1, 2, 3]})
FRAMES = {
    "profiles.last_versions": (ROWS,),
    "profiles.standing_versions": (ROWS,),
    "profiles.with_profile": (ROWS, IDENTITY),
    "profiles.not_counted": (ROWS, pl.DataFrame({"event_id": [1, 4, 9]})),
}

KEEP = Signals(86_400, ("channel",), ("total",))
COLUMNS = {"channel": pl.String(), "total": pl.Int64(), "total_currency": pl.String(), "sku": pl.String()}
DATED = pl.DataFrame(
    {
        "event_id": [1, 2, 3, 4, 5, 6, 7],
        "record_id": [10, 10, 10, 11, None, 11, 11],
        "at": [0, 60, 90_000, 5, 5, 5, 70_000],
        "content": [1, 2, 3, 4, 5, 6, 7],
        "source": ["a", "a", "b", "a", "a", "a", "a"],
        "channel": ["web", "web", None, "web", "web", None, "web"],
        "total": [5, -7, None, 3, 4, 0, 2],
        "total_currency": ["VND", "VND", None, "VND", "VND", "VND", "USD"],
        "sku": ["s1"] * 7,
    }
).with_columns((pl.col("at") * 1_000_000).cast(UTC_TIME))
DAILY = daily(KEEP, COLUMNS, "Asia/Ho_Chi_Minh")

CASES: tuple[KernelCase, ...] = (
    *(KernelCase(kernel, FRAMES[kernel.name]) for kernel in KERNELS),
    KernelCase(
        NamedKernel("profiles.with_drawn", (("profile_id",), ("profile_id",)), with_drawn),
        (
            pl.DataFrame({"profile_id": [1, 2, 3], "city": ["hue", None, "vinh"]}),
            pl.DataFrame({"profile_id": [1, 3, 9], "winback": ["holdout", "story", "story"]}),
        ),
    ),
    KernelCase(NamedKernel("profiles.daily", (("record_id",),), DAILY), (DATED,)),
    KernelCase(
        NamedKernel("profiles.signal_rows", (), signal_rows(KEEP, COLUMNS, "Asia/Ho_Chi_Minh")),
        (DAILY(DATED.lazy()).collect(),),
    ),
)
