"""Households, slow and in plain Python: every pair of profiles, and groups that are too large taken apart step by step."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import networkx as nx

Person = dict[str, Any]  # `profile_id`, and the fields as `same` compares them (None where missing)
Parts = frozenset[frozenset[int]]


def living_together(
    people: list[Person], branches: tuple[tuple[str, ...], ...], limit: int, names: tuple[str, ...]
) -> Parts:
    """Who lives with whom, when all fields of a branch must agree."""
    links = {}
    for one, other in combinations(people, 2):
        for fields in branches:
            if any(one[name] is None or one[name] != other[name] for name in fields):
                continue
            contact = [name for name in fields if name not in names]
            n = sum(all(person[name] == one[name] for name in contact) for person in people)
            if n <= limit:
                links[one["profile_id"], other["profile_id"], fields] = n
    while True:
        graph = nx.Graph([(left, right) for left, right, _ in links])
        graph.add_nodes_from(person["profile_id"] for person in people)
        parts = [frozenset(part) for part in nx.connected_components(graph)]
        large = [part for part in parts if len(part) > limit]
        if not large:
            return frozenset(parts)
        for part in large:
            most = max(n for (left, *_), n in links.items() if left in part)
            links = {link: n for link, n in links.items() if link[0] not in part or n < most}
