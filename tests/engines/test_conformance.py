"""Every kernel gives the same rows whole, in 1, 3 and 8 buckets, shuffled, and none from none."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from tests.engines.cases import KernelCase, find_cases, find_kernels
from tests.engines.conformance import check_kernel
from tests.engines.kernel_cases import ORDERS, RECORDS

CASES = find_cases()


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{r}-{c.kernel.name}" for r, c in CASES])
def test_a_kernel_gives_the_same_rows_on_every_engine(case: KernelCase) -> None:
    assert check_kernel(case.kernel.kernel, case.frames, case.kernel.keys) == ()


def test_every_listed_kernel_has_a_case() -> None:
    tested = {(room, case.kernel.name) for room, case in CASES}
    assert [kernel for kernel in find_kernels() if kernel not in tested] == []


BY = (("profile_id",),)
CITIES = pl.DataFrame({"profile_id": range(60), "city": ["Huế", "Vinh"] * 30})


@pytest.mark.parametrize(
    ("kernel", "frame", "ways"),
    [
        pytest.param(
            lambda rows: rows.with_columns(pl.col("total").rank().alias("rank")),
            ORDERS,
            {"in 3 buckets", "in 8 buckets"},
            id="global rank",
        ),
        pytest.param(
            lambda rows: rows.unique("city", keep="any").select("city", n=pl.len().cast(pl.Int64)),
            CITIES,
            {"in 3 buckets", "in 8 buckets"},
            id="unique beyond the keys",
        ),
        pytest.param(
            lambda rows: rows.group_by("profile_id").agg(pl.col("record_id").first()),
            RECORDS,
            {"shuffled (1)", "shuffled (2)", "shuffled (3)"},
            id="input order",
        ),
        pytest.param(
            lambda rows: rows.select(pl.col("total").sum()),
            ORDERS,
            {"in 3 buckets", "in 8 buckets", "on empty frames"},
            id="a row from nothing",
        ),
    ],
)
def test_the_usual_faults_of_a_kernel_are_found(
    kernel: Callable[..., pl.LazyFrame], frame: pl.DataFrame, ways: set[str]
) -> None:
    assert {line.partition(":")[0] for line in check_kernel(kernel, [frame], BY)} == ways


def test_a_row_local_kernel_that_looks_at_other_rows_is_found() -> None:
    faults = check_kernel(lambda rows: rows.filter(pl.col("total") > pl.col("total").mean()), [ORDERS], ())
    assert faults
