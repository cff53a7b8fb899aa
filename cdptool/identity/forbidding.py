"""
Never-rules that are expressions: which records of a cluster may not be together, pair by pair.

Asked only within clusters that the evidence made, where every pair counts: a rule holds through the whole cluster. Records
that the rules cannot tell apart are one unit, and what a unit may not meet is one number of bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from cdptool.errors import ConfigError
from cdptool.identity.conditions import Units
from cdptool.identity.spec import Never
from cdptool.matching.values import Rows

_MOST_PAIRS: Final = 50_000_000
_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class PairRules:
    """Rules, the features of every record they look at (`record_id` and `conditions.features`), and the fields' types."""

    rules: tuple[Never, ...] = ()
    features: pl.DataFrame = field(default_factory=pl.DataFrame)
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forbidden:
    """
    What records may not meet: `bit` by record (of its unit, within its cluster), and reason → unit → bits.

    `clusters`: those in which some pair is forbidden.
    """

    clusters: pl.Series
    bit: Mapping[int, int] = field(default_factory=dict)
    against: Mapping[str, Mapping[int, int]] = field(default_factory=dict)  # by reason: record → bits


def forbidden(labels: pl.DataFrame, given: PairRules) -> Forbidden:
    """
    The pairs within clusters that a rule forbids.

    Args:
        labels: `record_id`, `cluster`.
        given: The rules.

    Raises:
        ConfigError: Where a cluster is so large that this would take more than 50 million comparisons.
    """
    if not given.rules:
        return Forbidden(pl.Series("cluster", dtype=pl.Int64))
    joined = labels.filter(pl.len().over("cluster") > 1).join(given.features, on="record_id")
    names = given.features.columns[1:]
    units = joined.select("cluster", *names).unique().sort("cluster", *names).with_row_index("unit")
    members = joined.join(units, on=["cluster", *names], nulls_equal=True).select("record_id", "unit")
    _check_size(units, given.rules[0])
    sizes = units.group_by("cluster", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    found = {rule.text: _of_rule(units, sizes, rule, given.types) for rule in given.rules}
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    bad = np.unique(np.concatenate([pairs.ravel() for pairs in found.values()]))
    clusters = units["cluster"].gather(bad).unique().sort()
    is_bad = np.isin(units["cluster"].to_numpy(), clusters.to_numpy())
    unit_of = {record: unit for record, unit in members.iter_rows() if is_bad[unit]}
    against = {}
    for text, pairs in found.items():
        bits: dict[int, int] = {}
        for one, other in pairs.tolist():
            bits[one] = bits.get(one, 0) | 1 << int(other - starts[other])
            bits[other] = bits.get(other, 0) | 1 << int(one - starts[one])
        against[f"never: {text}"] = {record: bits[unit] for record, unit in unit_of.items() if unit in bits}
    return Forbidden(
        clusters, {record: 1 << int(unit - starts[unit]) for record, unit in unit_of.items()}, against
    )


def _check_size(units: pl.DataFrame, rule: Never) -> None:
    sizes = units.group_by("cluster").len()["len"].to_numpy().astype(np.int64)
    n_pairs = int((sizes * (sizes + 1) // 2).sum())
    if n_pairs > _MOST_PAIRS:
        largest = int(sizes.max())
        problem = f"the never-rules would compare {n_pairs:,} pairs: one cluster holds {largest:,} different records"
        hint = "a value joins a crowd: give its key `shared_by`, or the pass one more `same`"
        raise ConfigError(problem, place=rule.place, hint=hint)


def _of_rule(units: pl.DataFrame, sizes: Rows, rule: Never, types: Mapping[str, str]) -> Rows:
    """The pairs of units (a unit with itself, too) that a rule forbids, as rows of two numbers."""
    tested = Units(units, types)
    found = [np.zeros((0, 2), dtype=np.int64)]
    for left, right in _pairs_within(sizes):
        met = np.zeros(len(left), dtype=bool)
        for branch in rule.branches:
            met |= tested.met(branch, left, right)[0]
        found.append(np.stack([left[met], right[met]], axis=1))
    return np.concatenate(found)


def _pairs_within(sizes: Rows) -> list[tuple[Rows, Rows]]:
    """All pairs of neighbours in runs of these lengths, each with itself too, in parts."""
    ends = np.repeat(np.cumsum(sizes), sizes)
    many = ends - np.arange(len(ends))
    upto = np.cumsum(many)
    parts = []
    first = 0
    while first < len(ends):
        begun = int(upto[first] - many[first])
        last = max(int(np.searchsorted(upto, begun + _AT_ONCE)), first + 1)
        reach = many[first:last]
        left = np.repeat(np.arange(first, first + len(reach)), reach)
        offsets = np.arange(len(left)) - np.repeat(np.cumsum(reach) - reach, reach)
        parts.append((left, left + offsets))
        first += len(reach)
    return parts
