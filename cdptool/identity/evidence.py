"""Why two records are one person: the shortest path of evidence between them."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import NamedTuple

import polars as pl


class Step(NamedTuple):
    """One step of a path: two records, and the pass and fields on which they agree."""

    record_id_l: int
    record_id_r: int
    step: str
    match_key: str


def shortest_path(edges: pl.DataFrame, start: int, goal: int) -> tuple[Step, ...] | None:
    """
    The shortest path of evidence from one record to another; None where there is none.

    Records that share a block agree with each other directly, though only its star is stored: each block is
    one hyperedge. Among paths of the same length the smaller pass name, fields and ids win.

    Args:
        edges: EDGES of one profile.
        start: A record id.
        goal: Another one.
    """
    blocks: dict[tuple[str, str, int], set[int]] = defaultdict(set)
    for left, right, step, match_key, block in edges.sort(edges.columns).iter_rows():
        blocks[step, match_key, block] |= {left, right}
    of_record: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for name, members in blocks.items():
        for record in members:
            of_record[record].append(name)
    came: dict[int, Step | None] = {start: None}
    queue = deque([start])
    while queue and goal not in came:
        record = queue.popleft()
        for name in sorted(of_record[record]):
            # All members are reached at once, so a block is walked once.
            for other in sorted(blocks.pop(name, ())):
                if other not in came:
                    came[other] = Step(record, other, name[0], name[1])
                    queue.append(other)
    if goal not in came:
        return None
    path = []
    step = came[goal]
    while step is not None:
        path.append(step)
        step = came[step.record_id_l]
    return tuple(reversed(path))
