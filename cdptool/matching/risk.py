"""
What could be wrong with a cluster: how large it is, what single piece of evidence holds it together, how long its paths are.

Evidence is a link between two records or, where many agree on one value, among all of them. A *bridge* is a link
without which the cluster falls apart; the more records it parts, the more hangs on it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

import polars as pl

LINKS: Final = {"cluster": pl.Int64(), "record": pl.Int64(), "link": pl.Int64()}
_MOST_FOR_PATHS: Final = 400
_Node: TypeAlias = tuple[bool, int]  # whether it is a link, and which


class Bridge(NamedTuple):
    """A link that holds a cluster together, and how many records fall off the largest piece without it."""

    link: int
    n_parted: int


class Risk(NamedTuple):
    """
    One cluster: its records and links, its bridges (the worst first), and its longest shortest path in links.

    `diameter` is None where the cluster is too large to measure every path.
    """

    cluster: int
    n_records: int
    n_links: int
    bridges: tuple[Bridge, ...]
    diameter: int | None


def risks(links: pl.DataFrame, clusters: Iterable[int]) -> tuple[Risk, ...]:
    """
    The risks of these clusters, in the order given.

    Args:
        links: LINKS: one row per record of a link. A record that no link holds is not in its cluster.
        clusters: Which.

    >>> rows = [(0, 1, 9), (0, 2, 9), (0, 2, 8), (0, 3, 8), (0, 3, 7), (0, 2, 7)]
    >>> risks(pl.DataFrame(rows, schema=LINKS, orient="row"), [0])
    (Risk(cluster=0, n_records=3, n_links=3, bridges=(Bridge(link=9, n_parted=1),), diameter=2),)
    """
    wanted = list(clusters)
    kept = links.filter(pl.col("cluster").is_in(wanted))
    parts = kept.sort("cluster", "link", "record").partition_by("cluster", as_dict=True)
    return tuple(_risk(name, parts[(name,)]) for name in wanted if (name,) in parts)


def _risk(cluster: int, rows: pl.DataFrame) -> Risk:
    of_record: dict[int, list[int]] = {}
    of_link: dict[int, list[int]] = {}
    for record, link in rows.select("record", "link").iter_rows():
        of_record.setdefault(record, []).append(link)
        of_link.setdefault(link, []).append(record)
    n = len(of_record)
    paths = max(_farthest(of_record, of_link, start) for start in of_record) if n <= _MOST_FOR_PATHS else None
    return Risk(cluster, n, len(of_link), _bridges(of_record, of_link), paths)


def _farthest(of_record: dict[int, list[int]], of_link: dict[int, list[int]], start: int) -> int:
    """How many links lie between a record and the one farthest from it."""
    far = {start: 0}
    walked: set[int] = set()
    queue = deque([start])
    while queue:
        record = queue.popleft()
        for link in of_record[record]:
            if link in walked:
                continue
            walked.add(link)
            for other in of_link[link]:
                if other not in far:
                    far[other] = far[record] + 1
                    queue.append(other)
    return max(far.values())


def _bridges(of_record: dict[int, list[int]], of_link: dict[int, list[int]]) -> tuple[Bridge, ...]:
    """
    The links that part the graph of records and links when they are taken out.

    Tarjan's articulation points, without recursion, over the graph whose nodes are records and links. The walk
    begins at a record, so that every link has something above it.
    """
    start = next(iter(of_record))
    seen: dict[_Node, int] = {}
    low: dict[_Node, int] = {}
    n_below: dict[_Node, int] = {}
    parted: dict[int, list[int]] = {}
    root = (False, start)
    stack: list[tuple[_Node, _Node | None, Iterator[_Node]]] = [
        (root, None, iter([(True, link) for link in of_record[start]]))
    ]
    seen[root] = low[root] = 0
    n_below[root] = 1
    while stack:
        node, above, others = stack[-1]
        for other in others:
            if other == above:
                continue
            if other in seen:
                low[node] = min(low[node], seen[other])
                continue
            seen[other] = low[other] = len(seen)
            is_link, name = other
            n_below[other] = int(not is_link)
            beyond = of_link[name] if is_link else of_record[name]
            stack.append((other, node, iter([(not is_link, each) for each in beyond])))
            break
        else:
            stack.pop()
            if above is not None:
                low[above] = min(low[above], low[node])
                n_below[above] += n_below[node]
                if above[0] and low[node] >= seen[above]:
                    parted.setdefault(above[1], []).append(n_below[node])
    n = len(of_record)
    found = [Bridge(link, n - max(*pieces, n - sum(pieces))) for link, pieces in parted.items()]
    return tuple(sorted(found, key=lambda one: (-one.n_parted, one.link)))
