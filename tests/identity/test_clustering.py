"""Clusters against networkx, and constraints against a slow check of every pair."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np
import polars as pl
import pytest

from cdptool.identity.clustering import cluster
from cdptool.identity.growing import Constraints
from cdptool.matching.connected import connected_components
from tests.frames import ROUNDS

VALUES = {"record_id": pl.Int64, "field": pl.String, "value": pl.Int64}


def constraints(held=(), never=(), limits=None, apart=(), together=()):
    return Constraints(
        limits=limits or {},
        held=pl.DataFrame(held, schema=VALUES, orient="row"),
        never=pl.DataFrame(never, schema=VALUES, orient="row"),
        apart=tuple(apart),
        together=tuple(together),
    )


def edges(rows):
    ends = ("branch", "block", "record_id_l", "record_id_r")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(ends, pl.Int64), orient="row")
    return frame.with_columns(weight=pl.lit(0.0))


def groups(clusters):
    """The clusters as a sorted list of sorted lists."""
    parts = clusters.labels.group_by("cluster").agg(pl.col("record_id").sort())
    return sorted(parts["record_id"].to_list())


def test_oracle_components_equal_networkx():
    """Random graphs, chains and stars among them."""
    for seed in range(60 * ROUNDS):
        rng = random.Random(seed)
        n = rng.randint(1, 60)
        pairs = [(rng.randrange(n), rng.randrange(n)) for _ in range(rng.randint(0, 80))]
        left = np.array([a for a, _ in pairs], dtype=np.int64)
        right = np.array([b for _, b in pairs], dtype=np.int64)
        graph = nx.Graph(pairs)
        graph.add_nodes_from(range(n))
        expected = [0] * n
        for part in nx.connected_components(graph):
            for node in part:
                expected[node] = min(part)
        assert connected_components(n, left, right).tolist() == expected, f"seed {seed}"


def test_a_chain_of_a_hundred_thousand_is_one_component():
    """Fixed numbers of join rounds leave long chains apart (peers.md §2)."""
    n = 100_000
    chain = np.arange(n - 1, dtype=np.int64)
    rng = np.random.default_rng(7)
    order = rng.permutation(n)
    assert connected_components(n, order[chain], order[chain + 1]).max() == 0


def test_a_never_rule_holds_through_the_whole_cluster():
    """1–2–3 all agree on a key, but 1 and 3 have different birth dates: they must not meet through 2."""
    found = cluster(
        pl.Series([1, 2, 3]),
        edges([(0, 9, 1, 2), (1, 8, 2, 3)]),
        constraints(never=[(1, "birth_date", 100), (3, "birth_date", 200)]),
    )
    assert groups(found) == [[1, 2], [3]]
    assert found.cut["reason"].to_list() == ["never: differs(birth_date)"]


def test_a_barred_hub_parts_nobody_else_of_its_block():
    """The star's hub differs from both others, which still belong together."""
    found = cluster(
        pl.Series([1, 2, 3]),
        edges([(0, 9, 1, 2), (0, 9, 1, 3)]),
        constraints(never=[(1, "id", 1), (2, "id", 2), (3, "id", 2)]),
    )
    assert groups(found) == [[1], [2, 3]]


def test_a_limit_cuts_the_looser_pass_first():
    """Two cards allowed: the surer pass (branch 0) keeps its edge, the looser one is refused."""
    found = cluster(
        pl.Series([1, 2, 3]),
        edges([(1, 9, 1, 2), (0, 8, 2, 3)]),
        constraints(held=[(1, "card", 1), (2, "card", 2), (3, "card", 3)], limits={"card": 2}),
    )
    assert groups(found) == [[1], [2, 3]]
    assert found.cut["reason"].to_list() == ["limit: at most 2 card"]


def test_judgements_win_over_limits_and_never_rules():
    """POSITIVE joins what a never-rule parts; NEGATIVE parts what every pass joins, transitively."""
    never = [(1, "id", 1), (2, "id", 2)]
    joined = cluster(pl.Series([1, 2]), edges([]), constraints(never=never, together=[(1, 2)]))
    assert groups(joined) == [[1, 2]]
    parted = cluster(pl.Series([1, 2, 3]), edges([(0, 9, 1, 2), (0, 9, 1, 3)]), constraints(apart=[(2, 3)]))
    assert groups(parted) == [[1, 2], [3]]


@pytest.mark.parametrize("round_", range(4 * ROUNDS))
def test_oracle_random_clusters_break_no_constraint_and_do_not_depend_on_order(round_):
    """Every result obeys all constraints, is made of real evidence, and is maximal: no cut edge would fit."""
    for seed in range(round_ * 100, round_ * 100 + 100):
        rng = random.Random(seed)
        n = rng.randint(2, 12)
        held = [(r, "card", rng.randint(1, 4)) for r in range(n) if rng.random() < 0.6]
        never = [(r, "birth", rng.randint(1, 2)) for r in range(n) if rng.random() < 0.4]
        apart = [tuple(sorted(rng.sample(range(n), 2))) for _ in range(rng.randint(0, 2))]
        rows = []
        for block in range(rng.randint(0, 5)):
            members = sorted(rng.sample(range(n), rng.randint(2, min(4, n))))
            rows += [(block % 2, block, members[0], m) for m in members[1:]]
        limits = constraints(held, never, {"card": 2}, apart)
        found = cluster(pl.Series(range(n)), edges(rows), limits)
        rng.shuffle(rows)
        again = cluster(pl.Series(range(n)), edges(rows), limits)
        assert found.labels.equals(again.labels), f"seed {seed}: order matters"
        assert found.cut.equals(again.cut), f"seed {seed}: order matters"
        value_of = {(r, f): v for r, f, v in held + never}
        for part in groups(found):
            assert len({value_of[r, "card"] for r in part if (r, "card") in value_of}) <= 2, f"seed {seed}"
            assert len({value_of[r, "birth"] for r in part if (r, "birth") in value_of}) <= 1, f"seed {seed}"
            assert not any(a in part and b in part for a, b in apart), f"seed {seed}"
        unconstrained = nx.Graph([(a, b) for _, _, a, b in rows])
        for part in groups(found):
            if len(part) > 1:
                assert nx.has_path(unconstrained, part[0], part[-1]), f"seed {seed}: joined without evidence"
