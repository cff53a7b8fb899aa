"""
From evidence to people: connected components that never break a limit, a never-rule or a judgement.

Components are found in numpy (hooking to the smallest label, then pointer jumping). Constraints only ever
get worse as a cluster grows, so a component that breaks none as a whole is right as it is; the few that do
are built again edge by edge, surest evidence first, and what would break a constraint is cut and told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ids = NDArray[np.int64]
_EDGE = ["branch", "block", "record_id_l", "record_id_r"]


class Clusters(NamedTuple):
    """Who belongs together, on what evidence, and which evidence was cut."""

    labels: pl.DataFrame  # `record_id`, `cluster` (its smallest record), sorted by record
    used: pl.DataFrame  # `branch`, `block`, `record_id_l`, `record_id_r`
    cut: pl.DataFrame  # the same and `reason`


def connected_components(n_nodes: int, left: Ids, right: Ids) -> Ids:
    """
    The smallest node of each node's component. O((n + m) log n), vectorised.

    >>> connected_components(5, np.array([0, 3]), np.array([1, 4])).tolist()
    [0, 0, 2, 3, 3]
    """
    labels = np.arange(n_nodes, dtype=np.int64)
    while left.size:
        of_left, of_right = np.take(labels, left), np.take(labels, right)
        open_edges = of_left != of_right
        if not open_edges.any():
            break
        left, right = left[open_edges], right[open_edges]
        of_left, of_right = of_left[open_edges], of_right[open_edges]
        np.minimum.at(labels, np.maximum(of_left, of_right), np.minimum(of_left, of_right))
        while True:
            shorter = np.take(labels, labels)
            if np.array_equal(shorter, labels):
                break
            labels = shorter
    return labels


@dataclass(frozen=True, slots=True)
class Constraints:
    """
    What a cluster must not become. Values are hashed match keys.

    `limits`: field → the most different values one person may hold. `held`: long frame `record_id`, `field`,
    `value` of the limited fields. `never`: long frame of the same shape for the never-fields (the latest
    version of each record). `apart` / `together`: judged pairs of record ids.
    """

    limits: dict[str, int]
    held: pl.DataFrame
    never: pl.DataFrame
    apart: tuple[tuple[int, int], ...] = ()
    together: tuple[tuple[int, int], ...] = ()


def cluster(record_ids: pl.Series, edges: pl.DataFrame, constraints: Constraints) -> Clusters:
    """
    Join records along edges without breaking a constraint.

    Args:
        record_ids: Every record once, sorted.
        edges: `branch` (smaller = surer), `block`, `record_id_l`, `record_id_r`. The edges of one block are a
            star: its members are the hub and all its right ends.
        constraints: Judgements, limits and never-rules.

    Returns:
        Clusters, the same for every order of the input.
    """
    edges = edges.select(_EDGE).sort(_EDGE)
    ids = record_ids.to_numpy()
    judged = np.array(constraints.together, dtype=np.int64).reshape(-1, 2)
    left = np.searchsorted(ids, np.concatenate([edges["record_id_l"].to_numpy(), judged[:, 0]]))
    right = np.searchsorted(ids, np.concatenate([edges["record_id_r"].to_numpy(), judged[:, 1]]))
    labels = pl.DataFrame(
        {"record_id": record_ids, "cluster": ids[connected_components(len(ids), left, right)]}
    )
    bad = _broken(labels, constraints)
    if bad.is_empty():
        return Clusters(labels, edges, edges.clear().with_columns(pl.lit("").alias("reason")))
    in_bad = labels.filter(pl.col("cluster").is_in(bad.implode()))
    slow = edges.join(in_bad, left_on="record_id_l", right_on="record_id", how="semi")
    careful = _careful(in_bad["record_id"].to_list(), slow, constraints)
    sure = edges.join(in_bad, left_on="record_id_l", right_on="record_id", how="anti")
    return Clusters(
        pl.concat([labels.join(in_bad, on="record_id", how="anti"), careful.labels]).sort("record_id"),
        pl.concat([sure, careful.used]).sort(_EDGE),
        careful.cut.sort(_EDGE),
    )


def _broken(labels: pl.DataFrame, constraints: Constraints) -> pl.Series:
    """The clusters that break any constraint when everything is joined."""

    def too_many(values: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
        return (
            values.join(labels, on="record_id")
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
    pairs = pl.DataFrame(constraints.apart, schema={"l": pl.Int64, "r": pl.Int64}, orient="row")
    judged = (
        pairs.join(labels, left_on="l", right_on="record_id")
        .join(labels, left_on="r", right_on="record_id", suffix="_r")
        .filter(pl.col("cluster") == pl.col("cluster_r"))
        .select("cluster")
    )
    parts = [too_many(constraints.held, limits), too_many(constraints.never, never), judged]
    return pl.concat(parts)["cluster"].unique()


@dataclass(slots=True)
class _Group:
    """One growing cluster: its members, the values it holds, and who must stay out."""

    members: set[int]
    held: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    never: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    apart: set[int] = field(default_factory=set)

    def absorb(self, other: _Group) -> None:
        self.members |= other.members
        self.apart |= other.apart
        for mine, theirs in ((self.held, other.held), (self.never, other.never)):
            for name, values in theirs.items():
                mine[name] |= values


def _objection(a: _Group, b: _Group, limits: dict[str, int]) -> str | None:
    """Why two groups must not be joined, in words; None if they may."""
    if a.apart & b.members or b.apart & a.members:
        return "judged NEGATIVE"
    for name in sorted(a.never.keys() & b.never.keys()):
        if len(a.never[name] | b.never[name]) > 1:
            return f"never: differs({name})"
    for name in sorted(a.held.keys() & b.held.keys()):
        n_joined = len(a.held[name] | b.held[name])
        if n_joined > limits[name] and n_joined > max(len(a.held[name]), len(b.held[name])):
            return f"limit: at most {limits[name]} {name}"
    return None


class _Forest:
    """Groups by record, joined one by one."""

    def __init__(self, records: Iterable[int], constraints: Constraints) -> None:
        self.limits = constraints.limits
        self.group_of = {record: _Group({record}) for record in records}
        for frame, attribute in ((constraints.held, "held"), (constraints.never, "never")):
            for record, name, value in frame.select("record_id", "field", "value").iter_rows():
                if record in self.group_of:
                    getattr(self.group_of[record], attribute)[name].add(value)
        for one, other in constraints.apart:
            if one in self.group_of and other in self.group_of:
                self.group_of[one].apart.add(other)
                self.group_of[other].apart.add(one)

    def join(self, one: int, other: int, *, judged: bool = False) -> str | None:
        """Join the groups of two records; the objection if they may not be joined."""
        a, b = self.group_of[one], self.group_of[other]
        if a is b:
            return None
        objection = _objection(a, b, self.limits)
        if objection and not (judged and objection != "judged NEGATIVE"):
            return objection
        if len(a.members) < len(b.members):
            a, b = b, a
        a.absorb(b)
        for record in b.members:
            self.group_of[record] = a
        return None


def _careful(records: list[int], edges: pl.DataFrame, constraints: Constraints) -> Clusters:
    """Build the clusters of some records block by block, surest first; judgements before all."""
    forest = _Forest(records, constraints)
    for one, other in constraints.together:
        if one in forest.group_of and other in forest.group_of:
            forest.join(one, other, judged=True)
    used: list[tuple[int, int, int, int]] = []
    cut: list[tuple[int, int, int, int, str]] = []
    for (branch, block), star in edges.group_by(["branch", "block"], maintain_order=True):
        # Each member joins the first group of its block that admits it: a barred hub parts nobody else.
        heads = [star["record_id_l"][0]]
        for member in star["record_id_r"]:
            for head in heads:
                objection = forest.join(head, member)
                if objection is None:
                    used.append((branch, block, head, member))
                    break
                cut.append((branch, block, head, member, objection))
            else:
                heads.append(member)
    schema = dict.fromkeys(_EDGE, pl.Int64())
    labels = [(record, min(forest.group_of[record].members)) for record in sorted(records)]
    return Clusters(
        pl.DataFrame(labels, schema={"record_id": pl.Int64, "cluster": pl.Int64}, orient="row"),
        pl.DataFrame(used, schema=schema, orient="row"),
        pl.DataFrame(cut, schema={**schema, "reason": pl.String}, orient="row"),
    )
