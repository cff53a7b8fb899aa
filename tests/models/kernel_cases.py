"""Days with orders, over lines of one order, refunds, gifts, rows without a number, and nobody's rows."""

from __future__ import annotations

from datetime import date

import polars as pl

from cdptool.models.histories import KERNELS
from tests.engines.cases import KernelCase

D1, D2 = date(2026, 1, 1), date(2026, 1, 2)
ROWS = pl.DataFrame(
    [
        (1, D2, "a", 1, 30),
        (1, D1, "a", 2, -10),
        (1, D1, None, 3, 5),
        (1, D1, "7", 4, -40),
        (2, D1, "a", 5, 0),
        (2, D1, None, 7, None),
        (2, D2, "b", 8, 5),
        (2, D2, "b", 9, -5),
        (3, D2, "3", 3, 1),
        (3, D2, None, 3, None),
    ],
    schema={
        "profile_id": pl.Int64,
        "day": pl.Date,
        "order": pl.String,
        "event_id": pl.Int64,
        "value": pl.Int64,
    },
    orient="row",
)

CASES = tuple(KernelCase(kernel, (ROWS,)) for kernel in KERNELS)
