"""Why two records are one person: the shortest path, against networkx on records and blocks (peers.md 14)."""

from __future__ import annotations

import random

import networkx as nx
import polars as pl

from cdptool.identity.evidence import shortest_path
from cdptool.tables import EDGES
from tests.frames import ROUNDS
from tests.identity.worlds import plan, records, resolved


def edges(*rows: tuple[int, int, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=EDGES, orient="row")


def test_records_of_one_block_are_one_step_apart() -> None:
    """2 and 3 agree directly, though only their edges to 1 are stored."""
    path = shortest_path(edges((1, 2, "exact", "email", 9), (1, 3, "exact", "email", 9)), 2, 3)
    assert path == ((2, 3, "exact", "email"),)


def test_no_path_between_two_people() -> None:
    apart = edges((1, 2, "exact", "email", 9), (3, 4, "exact", "email", 8))
    assert shortest_path(apart, 1, 3) is None
    assert shortest_path(apart, 1, 5) is None


def test_a_record_needs_no_step_to_itself() -> None:
    assert shortest_path(edges(), 1, 1) == ()


def test_equal_values_of_different_passes_are_different_evidence() -> None:
    """A block is told by pass and fields, not by its hash alone."""
    assert shortest_path(edges((1, 2, "a", "email", 9), (3, 4, "b", "phone", 9)), 1, 4) is None


def test_a_path_crosses_passes_in_order() -> None:
    frame = records("""
        id  email   phone         name
        1   a@x.vn  -             -
        2   a@x.vn  +84912345678  Thu Hoa
        3   -       +84912345678  Hoa Thu
    """)
    path = shortest_path(resolved(frame, plan("email", "phone + name")).edges, 3, 1)
    assert path == ((3, 2, "p1", "phone + name"), (2, 1, "p0", "email"))


def test_a_crowded_block_is_walked_once() -> None:
    """The members of a block were listed again for each of them: 36 million steps for 6,000 records."""
    crowd = [(0, record, "exact", "email", 9) for record in range(1, 6_000)]
    assert shortest_path(edges(*crowd, (6_000, 6_001, "exact", "email", 8)), 1, 6_001) is None


def test_oracle_paths_are_as_short_as_those_of_networkx_and_every_step_is_evidence() -> None:
    for seed in range(150 * ROUNDS):
        rng = random.Random(seed)
        members = {}
        for block in range(rng.randint(1, 7)):
            name = (rng.choice(["exact", "phone"]), rng.choice(["email", "phone + name"]), block)
            members[name] = sorted(rng.sample(range(10), rng.randint(2, 5)))
        rows = [(m[0], other, *name) for name, m in members.items() for other in m[1:]]
        rng.shuffle(rows)
        graph = nx.Graph([(record, name) for name, m in members.items() for record in m])
        for _ in range(5):
            start, goal = rng.randrange(10), rng.randrange(10)
            path = shortest_path(edges(*rows), start, goal)
            if start not in graph or goal not in graph or not nx.has_path(graph, start, goal):
                assert path is None or start == goal, f"seed {seed}"
                continue
            assert path is not None
            assert 2 * len(path) == nx.shortest_path_length(graph, start, goal), f"seed {seed}"
            at = start
            for step in path:
                assert step.record_id_l == at, f"seed {seed}"
                blocks = [m for name, m in members.items() if name[:2] == (step.step, step.match_key)]
                assert any(at in m and step.record_id_r in m for m in blocks), f"seed {seed}"
                at = step.record_id_r
            assert at == goal, f"seed {seed}"
            rng.shuffle(rows)
            assert shortest_path(edges(*rows), start, goal) == path, f"seed {seed}: order matters"
