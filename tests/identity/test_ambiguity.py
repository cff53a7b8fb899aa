"""Records that fit two people equally: with either none or both, never one at random."""

from __future__ import annotations

import random
from itertools import combinations

import networkx as nx
import polars as pl
import pytest

from cdptool.identity.ambiguity import AMBIGUOUS, doubtful
from cdptool.identity.clustering import cluster
from cdptool.identity.growing import Constraints
from tests.frames import ROUNDS
from tests.identity.test_pairing import rules
from tests.identity.worlds import people, records, resolved

VALUES = {"record_id": pl.Int64, "field": pl.String, "value": pl.Int64}
FAMILY = records("""
    id  phone         name        birth_date
    1   +84912345678  John Smith  1970-10-10
    2   +84912345678  John Smith  1990-03-15
    3   +84912345678  John Smith  -
    4   +84912345678  John Smith  -
    5   +84912345678  Jane Smith  -
""")
RULE = "same(phone) and near(name, 0.9)"


def test_who_fits_father_and_son_is_neither() -> None:
    """3 and 4 are as likely one as the other; together they stay, for nothing speaks against it."""
    apart = rules(RULE, never=("differs(birth_date)",), ambiguous="apart")
    assert people(FAMILY, apart) == [[1], [2], [3, 4], [5]]
    assert AMBIGUOUS in resolved(FAMILY, apart).conflicts["reason"].to_list()
    assert people(FAMILY, rules(RULE, never=("differs(birth_date)",))) == [[1, 3, 4], [2], [5]]


def test_surer_evidence_decides_and_looser_does_not_settle() -> None:
    frame = records("""
        id  email        phone         name        birth_date
        1   a@acme.vn    +84912345678  John Smith  1970-10-10
        2   -            +84912345678  John Smith  1990-03-15
        3   a@acme.vn    +84912345678  John Smith  -
        4   b@acme.vn    +84912345678  John Smith  -
        5   b@acme.vn    +84912345679  John Smith  1990-03-15
    """)
    never = ("differs(birth_date)",)
    assert people(frame, rules("same(email)", RULE, never=never, ambiguous="apart")) == [[1, 3], [2, 4, 5]]
    # Of 3 and 4 the phone says nothing; the looser pass would join 3 with 1 by their mail.
    frame = frame.with_columns(
        pl.when(pl.col("record_id") == 5).then(None).otherwise("birth_date").alias("birth_date")
    )
    assert people(frame, rules(RULE, "same(email)", never=never, ambiguous="apart")) == [[1], [2], [3, 4, 5]]


def constraints(never: list[tuple[int, str, int]], *, parts: bool) -> Constraints:
    nothing = pl.DataFrame(schema=VALUES)
    return Constraints({}, nothing, pl.DataFrame(never, schema=VALUES, orient="row"), parts_ambiguous=parts)


@pytest.mark.parametrize("round_", range(3 * ROUNDS))
def test_oracle_pairs_of_equal_evidence(round_: int) -> None:
    """Slow: components of the records without a date; each joins the dates it touches only where that is one."""
    for seed in range(round_ * 200, round_ * 200 + 200):
        rng = random.Random(seed)
        n = rng.randint(3, 9)
        dates = {r: rng.randint(1, 3) for r in range(n) if rng.random() < 0.5}
        pairs = sorted({tuple(sorted(rng.sample(range(n), 2))) for _ in range(rng.randint(1, 12))})
        rows = [(0, i, a, b, 1.0) for i, (a, b) in enumerate(pairs)]
        rng.shuffle(rows)
        edges = pl.DataFrame(
            rows, schema=["branch", "block", "record_id_l", "record_id_r", "weight"], orient="row"
        )
        never = [(r, "birth", value) for r, value in dates.items()]
        found = cluster(pl.Series(range(n), dtype=pl.Int64), edges, constraints(never, parts=True)).labels
        expected = _slow(n, pairs, dates)
        label_of = dict(found.iter_rows())
        wrong = [
            (a, b)
            for a, b in combinations(range(n), 2)
            if (label_of[a] == label_of[b]) != (expected[a] == expected[b])
        ]
        assert not wrong, f"seed {seed}: {pairs} {dates}"


def _slow(n: int, pairs: list[tuple[int, int]], dates: dict[int, int]) -> dict[int, int]:
    """A record is dated in a component where another has another date; the others move in crowds."""
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(n))
    joined = nx.Graph()
    joined.add_nodes_from(range(n))
    for part in nx.connected_components(graph):
        held = {dates[r] for r in part if r in dates}
        if len(held) < 2:
            joined.add_edges_from(graph.subgraph(part).edges)
            continue
        dated = {r for r in part if r in dates}
        joined.add_edges_from((a, b) for a, b in graph.subgraph(dated).edges if dates[a] == dates[b])
        for crowd in nx.connected_components(graph.subgraph(part - dated)):
            joined.add_edges_from(graph.subgraph(crowd).edges)
            touched = {r for one in crowd for r in graph[one] if r in dated}
            if len({dates[r] for r in touched}) == 1:
                joined.add_edges_from((a, b) for a in crowd for b in touched if graph.has_edge(a, b))
    return {r: min(part) for part in nx.connected_components(joined) for r in part}


def test_a_crowd_is_no_doubt_between_two() -> None:
    crowd = frozenset(range(600))
    assert doubtful([crowd], lambda a, b: {a, b} == {0, 1}) == []
