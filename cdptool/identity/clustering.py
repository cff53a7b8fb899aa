"""
From evidence to people: connected components that never break a limit, a never-rule or a judgement.

Constraints only ever get worse as a cluster grows, so a component that breaks none as a whole is right as it is; the few that do
are built again edge by edge (`building`), and what would break a constraint is cut and told.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from cdptool.identity.building import build_carefully
from cdptool.identity.forbidding import forbidden
from cdptool.identity.growing import Constraints
from cdptool.identity.recent import exceeding
from cdptool.matching.connected import connected_components

_EDGE = ["branch", "block", "record_id_l", "record_id_r"]


class Clusters(NamedTuple):
    """Who belongs together, on what evidence, and which evidence was cut."""

    labels: pl.DataFrame  # `record_id`, `cluster` (its smallest record), sorted by record
    used: pl.DataFrame  # `branch`, `block`, `record_id_l`, `record_id_r`
    cut: pl.DataFrame  # the same and `reason`


def cluster(record_ids: pl.Series, edges: pl.DataFrame, constraints: Constraints) -> Clusters:
    """
    Join records along edges without breaking a constraint.

    Args:
        record_ids: Every record once, sorted.
        edges: `branch` (smaller = surer), `block`, `record_id_l`, `record_id_r`, `weight` (within a branch greater =
            surer, the same for a whole block). The edges of one block are a star: its members are the hub and all
            its right ends.
        constraints: Judgements, limits and never-rules.

    Returns:
        Clusters, the same for every order of the input.
    """
    # Surest first, so that what breaks a constraint is cut where the evidence is weakest.
    ranked = edges.select(*_EDGE, "weight").sort(
        "branch", "weight", *_EDGE[1:], descending=[False, True, *[False] * 3]
    )
    edges = ranked.select(_EDGE)
    ids = record_ids.to_numpy()
    judged = np.array(constraints.together, dtype=np.int64).reshape(-1, 2)
    left = np.searchsorted(ids, np.concatenate([edges["record_id_l"].to_numpy(), judged[:, 0]]))
    right = np.searchsorted(ids, np.concatenate([edges["record_id_r"].to_numpy(), judged[:, 1]]))
    labels = pl.DataFrame(
        {"record_id": record_ids, "cluster": ids[connected_components(len(ids), left, right)]}
    )
    barred = forbidden(labels, constraints.pairs)
    bad = pl.concat(
        [_broken(labels, constraints), barred.clusters, exceeding(labels, constraints.windows)]
    ).unique()
    if bad.is_empty():
        return Clusters(labels, edges.sort(_EDGE), edges.clear().with_columns(pl.lit("").alias("reason")))
    in_bad = labels.filter(pl.col("cluster").is_in(bad.implode()))
    slow = ranked.join(in_bad, left_on="record_id_l", right_on="record_id", how="semi", maintain_order="left")
    labelled, used, cut = build_carefully(in_bad["record_id"].to_list(), slow, constraints, barred)
    sure = edges.join(in_bad, left_on="record_id_l", right_on="record_id", how="anti")
    return Clusters(
        pl.concat([labels.join(in_bad, on="record_id", how="anti"), labelled]).sort("record_id"),
        pl.concat([sure, used]).sort(_EDGE),
        cut.sort(*_EDGE, "reason"),
    )


def _broken(labels: pl.DataFrame, constraints: Constraints) -> pl.Series:
    """The clusters that break any constraint when everything is joined."""
    joined = labels.filter(pl.len().over("cluster") > 1)

    def too_many(values: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
        return (
            values.join(joined, on="record_id")
            .group_by("cluster", "field")
            .agg(pl.col("value").n_unique().alias("n"))
            .join(limits, on="field")
            .filter(pl.col("n") > pl.col("most"))
            .select("cluster")
        )

    limits = pl.DataFrame(
        {"field": list(constraints.limits), "most": list(constraints.limits.values())},
        schema={"field": pl.String, "most": pl.Int64},
    )
    never = constraints.never.select("field").unique().with_columns(pl.lit(1, pl.Int64).alias("most"))
    unique = constraints.unique.select("record_id", field="source", value="record_id")
    once = unique.select("field").unique().with_columns(pl.lit(1, pl.Int64).alias("most"))
    pairs = pl.DataFrame(constraints.apart, schema={"l": pl.Int64, "r": pl.Int64}, orient="row")
    judged = (
        pairs.join(joined, left_on="l", right_on="record_id")
        .join(joined, left_on="r", right_on="record_id", suffix="_r")
        .filter(pl.col("cluster") == pl.col("cluster_r"))
        .select("cluster")
    )
    parts = [
        too_many(constraints.held, limits),
        too_many(constraints.never, never),
        too_many(unique, once),
        judged,
    ]
    return pl.concat(parts)["cluster"].unique()
