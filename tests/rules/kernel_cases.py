"""Rule kernels for the conformance test: random books over random data, and the passes that find their cut points."""

from __future__ import annotations

import polars as pl

from cdptool.kernels import Kernel, NamedKernel
from cdptool.profiles import arms_of
from cdptool.rules import Question, answer_kernel, ranking_pass
from cdptool.rules.ranks import CutPoints, Ranking
from tests.engines.cases import KernelCase
from tests.rules.worlds import make_case

BY = ("profile_id",)


def _with_strays(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows beside some that belong to nobody, or to somebody who is no profile."""
    stray = rows.head(3).with_columns(pl.lit(99, pl.Int64).alias("profile_id"))
    nobody = rows.head(2).with_columns(pl.lit(None, pl.Int64).alias("profile_id"))
    return pl.concat([rows, stray, nobody])


def _cases(seed: int) -> tuple[KernelCase, ...]:
    case = make_case(seed, n_profiles=12)
    tables = {"products": case.product_table()}
    question = Question(case.book, case.catalog, case.as_of, case.complete, tables=tables)
    people = case.profile_frame()
    frames = (
        people.join(arms_of(case.book, people), on="profile_id"),
        *map(_with_strays, case.events().values()),
    )
    kernels: list[Kernel] = []
    cuts: dict[Ranking, CutPoints] = {}
    while (found := ranking_pass(question, cuts)) is not None:
        kernels.append(found.kernel)
        cuts |= found.cut_points(found.kernel(*(frame.lazy() for frame in frames)).collect())
    kernels.append(answer_kernel(question, cuts))
    return tuple(
        KernelCase(NamedKernel(f"rules_{seed}_{i}", (BY,) * len(frames), kernel), frames)
        for i, kernel in enumerate(kernels)
    )


CASES: tuple[KernelCase, ...] = tuple(case for seed in (7, 9) for case in _cases(seed))
