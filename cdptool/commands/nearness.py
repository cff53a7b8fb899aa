"""What is near between two records that a rule pass joined, beside what agrees: how near each field is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from cdptool.fields import field_type
from cdptool.identity.conditions import Near
from cdptool.identity.evidence import Step
from cdptool.identity.similarity import similarity
from cdptool.identity.spec import MergePlan
from cdptool.matching.values import encoded


def nearness(
    records: pl.DataFrame, step: Step, plan: MergePlan, types: Mapping[str, str]
) -> tuple[tuple[str, float], ...]:
    """
    The fields that the pass of a step asks to be near and that are, with how near.

    Args:
        records: `record_id` and the fields, every version.
        step: Two records, the pass that joined them, and what agrees.
        plan: merge.yaml as it is now.
        types: Field → type.
    """
    ends = (step.record_id_l, step.record_id_r)
    found = []
    for name, least in _asked(step, plan).items():
        if name not in types:
            continue
        keys = records.select("record_id", key=field_type(types[name]).match_key(pl.col(name))).drop_nulls()
        sides = [keys.filter(pl.col("record_id") == end)["key"].unique().sort() for end in ends]
        if alike := [_alike(types[name], one, other) for one in sides[0] for other in sides[1]]:
            found += [(name, max(alike))] if max(alike) >= least else []
    return tuple(found)


def _asked(step: Step, plan: MergePlan) -> dict[str, float]:
    """The fields that some branch of the pass wants near beside what agrees, and the least it asks."""
    least: dict[str, float] = {}
    for one in (each for each in plan.passes if each.name == step.step):
        for fields, conditions in zip(one.branches, one.conditions, strict=False):
            if " + ".join(fields) == step.match_key:
                near = [each.test for each in conditions if isinstance(each.test, Near) and each.holds]
                least |= {test.field: min(test.at_least, least.get(test.field, 1)) for test in near}
    return least


def _alike(kind: str, one: str, other: str) -> float:
    values = encoded(pl.Series([one, other]))
    return float(similarity(kind, values, *(np.array([end]) for end in values.ids))[0])
