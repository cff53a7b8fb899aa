"""The kernels of profiles on streams with versions, ties, nulls, and records that one table lacks."""

from __future__ import annotations

import polars as pl

from cdptool.profiles import KERNELS
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
}

CASES: tuple[KernelCase, ...] = tuple(KernelCase(kernel, FRAMES[kernel.name]) for kernel in KERNELS)
