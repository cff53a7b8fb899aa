"""Bridges and paths against networkx, on random clusters."""

from __future__ import annotations

import networkx as nx
import numpy as np
import polars as pl
import pytest

from cdptool.matching.risk import LINKS, Bridge, risks


def random_cluster(seed: int) -> list[tuple[int, int]]:
    """Links of two to four records that hold up to twelve records together: (record, link)."""
    chance = np.random.default_rng(seed)
    n = int(chance.integers(2, 13))
    rows = {(int(chance.integers(0, record)), 1000 + record) for record in range(1, n)}
    rows |= {(record, 1000 + record) for record in range(1, n)}
    for link in range(int(chance.integers(0, 6))):
        members = chance.choice(n, size=min(n, int(chance.integers(2, 5))), replace=False)
        rows |= {(int(record), 2000 + link) for record in members}
    return sorted(rows)


def slow(rows: list[tuple[int, int]]) -> tuple[tuple[Bridge, ...], int]:
    """Take out every link in turn, and measure every path."""
    graph = nx.Graph([(("r", record), ("l", link)) for record, link in rows])
    records = {node for node in graph if node[0] == "r"}
    found = []
    for _, link in sorted(node for node in graph if node[0] == "l"):
        rest = graph.copy()
        rest.remove_node(("l", link))
        pieces = [len(piece & records) for piece in nx.connected_components(rest) if piece & records]
        if len(pieces) > 1:
            found.append(Bridge(link, len(records) - max(pieces)))
    far = max(nx.shortest_path_length(graph, one, other) for one in records for other in records)
    return tuple(sorted(found, key=lambda one: (-one.n_parted, one.link))), far // 2


@pytest.mark.parametrize("seed", range(200))
def test_bridges_and_the_longest_path_are_those_found_the_slow_way(seed: int) -> None:
    rows = random_cluster(seed)
    links = pl.DataFrame([(7, *row) for row in rows], schema=LINKS, orient="row")
    (found,) = risks(links, [7])
    assert (found.bridges, found.diameter) == slow(rows)
    assert (found.n_records, found.n_links) == tuple(len({row[i] for row in rows}) for i in (0, 1))
