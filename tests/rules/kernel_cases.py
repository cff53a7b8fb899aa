"""Rule kernels for the conformance test: a random book over random data, and a book of every aggregate."""

from __future__ import annotations

import polars as pl

from cdptool.kernels import NamedKernel
from cdptool.rules import evaluate_kernel
from tests.engines.cases import KernelCase
from tests.rules.worlds import make_case

BY = (("profile_id",), ("profile_id",))


def _case(seed: int) -> KernelCase:
    case = make_case(seed, n_profiles=12)
    kernel = evaluate_kernel(
        case.book,
        case.catalog,
        as_of=case.as_of,
        complete_until=case.complete,
        tables={"products": case.product_table()},
    )
    events = case.events()
    stray = events.head(3).with_columns(pl.lit(99, pl.Int64).alias("profile_id"))
    nobody = events.head(2).with_columns(pl.lit(None, pl.Int64).alias("profile_id"))
    return KernelCase(
        NamedKernel(f"rules_{seed}", BY, kernel), (case.profile_frame(), pl.concat([events, stray, nobody]))
    )


CASES: tuple[KernelCase, ...] = tuple(_case(seed) for seed in (7, 9))
