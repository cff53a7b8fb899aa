"""
The deterministic merge, slow and in plain Python: who must be one person, and what no merge may do.

A world is a handful of record versions as dicts. Where no constraint binds the partition is uniquely
determined, and `components` says it; where one does, `faults` says what is wrong with a proposed one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

import networkx as nx
import polars as pl

from cdptool.identity.spec import MergePlan
from cdptool.ids import hash63

Version = dict[str, Any]  # `record_id`, `observed_at`, `content`, and the fields (None where missing)
Pair = tuple[int, int]
Partition = frozenset[frozenset[int]]


def agreeing(
    world: list[Version], plan: MergePlan, barred: Iterable[tuple[str, Any]] = (), without: str | None = None
) -> set[tuple[int, int, int]]:
    """Every (branch, left, right) whose records have a version each that agree on all fields of the branch.

    Barred values (field, value) agree with nobody; branches that compare the field `without` do not count.
    """
    no_agreement = set(barred)
    found = set()
    for index, fields in enumerate(fields for step in plan.passes for fields in step.branches):
        if without in fields:
            continue
        for a, b in combinations(world, 2):
            if a["record_id"] != b["record_id"] and all(
                a[f] is not None and a[f] == b[f] and (f, a[f]) not in no_agreement for f in fields
            ):
                left, right = sorted((a["record_id"], b["record_id"]))
                found.add((index, left, right))
    return found


def components(world: list[Version], pairs: Iterable[Pair]) -> Partition:
    """The partition of the records that the pairs make."""
    graph = nx.Graph(pairs)
    graph.add_nodes_from(v["record_id"] for v in world)
    return frozenset(frozenset(part) for part in nx.connected_components(graph))


def barred_values(world: list[Version], plan: MergePlan) -> set[tuple[str, Any]]:
    """The values that more people share than their key allows, people counted by all other evidence."""
    barred = set()
    names = [key.field for key in plan.keys]
    for key in plan.keys:
        if key.shared_by is None:
            continue
        people = components(world, [(a, b) for _, a, b in agreeing(world, plan, without=key.field)])
        person_of = {record: part for part in people for record in part}
        others = [name for name in names if name != key.field]
        named = {person_of[v["record_id"]] for v in world if any(v[name] is not None for name in others)}
        for value in {v[key.field] for v in world} - {None}:
            holders = {v["record_id"] for v in world if v[key.field] == value}
            n_named = len({person_of[r] for r in holders} & named)
            nameless = {person_of[r] for r in holders} - named
            if n_named + bool(nameless) > key.shared_by:
                barred.add((key.field, value))
    return barred


def attached(world: list[Version], plan: MergePlan, known: Partition) -> Partition:
    """People of whom only attach-only keys are known join the one known person of their first device, or each other."""
    weak = sorted(key.field for key in plan.keys if key.attach_only)
    strong = [key.field for key in plan.keys if not key.attach_only]
    owners: dict[tuple[str, int], list[frozenset[int]]] = {}
    loose: dict[tuple[str, int], list[frozenset[int]]] = {}
    for part in known:
        versions = [v for v in world if v["record_id"] in part]
        devices = {(n, hashed(n, v[n])) for v in versions for n in weak if v[n] is not None}
        if any(v[n] is not None for v in versions for n in strong):
            for device in devices:
                owners.setdefault(device, []).append(part)
        elif devices:
            loose.setdefault(min(devices), []).append(part)
    graph = nx.Graph([pair for part in known for pair in pairwise(sorted(part))])
    graph.add_nodes_from(v["record_id"] for v in world)
    for device, parts in loose.items():
        held_by = owners.get(device, [])
        together = parts + (held_by if len(held_by) == 1 else [])
        graph.add_edges_from(pairwise(min(part) for part in together))
    return frozenset(frozenset(part) for part in nx.connected_components(graph))


def hashed(field: str, value: str) -> int:
    """The hash of an identifier, which orders the devices of a person."""
    return int(pl.select(hash63(field, pl.lit(value))).item())


def latest(world: list[Version]) -> dict[int, Version]:
    """The last version of each record by (time, content), no time first."""
    order = sorted(world, key=lambda v: (v["observed_at"] is not None, v["observed_at"] or 0, v["content"]))
    return {v["record_id"]: v for v in order}


def values_of(part: Iterable[int], world: list[Version], plan: MergePlan) -> dict[tuple[str, int], int]:
    """How many values a group of records holds of all that is counted: (what, most) → number."""
    members, now = set(part), latest(world)
    counted = {}
    for key in plan.keys:
        if key.limit is not None and key.per is not None:
            seen = [
                (v["observed_at"], v[key.field])
                for v in world
                if v["record_id"] in members and v[key.field] is not None
            ]
            counted[f"limit {key.field}", key.limit] = within_windows(seen, key.per)
        elif key.limit is not None:
            values = {v[key.field] for v in world if v["record_id"] in members} - {None}
            counted[f"limit {key.field}", key.limit] = len(values)
    for rule in plan.never:
        if rule.branches:
            continue  # an expression: see `pair_oracle`
        counted[f"never {rule.field}", 1] = len({now[record][rule.field] for record in members} - {None})
    return counted


def within_windows(seen: list[tuple[str | None, str]], seconds: int) -> int:
    """The most values of any window that ends with a sighting; those without a date are in each."""
    always = {value for at, value in seen if at is None}
    dated = [(datetime.fromisoformat(at), value) for at, value in seen if at is not None]
    return max(
        [len(always)]
        + [
            len(always | {value for at, value in dated if end - timedelta(seconds=seconds) < at <= end})
            for end, _ in dated
        ]
    )


def breaks(
    part: Iterable[int],
    parts: Iterable[Iterable[int]],
    world: list[Version],
    plan: MergePlan,
    apart: set[Pair],
) -> list[str]:
    """
    Every constraint that a cluster breaks which none of its parts breaks as much, in words.

    One record may hold more values than allowed by itself (its versions), and a POSITIVE judgement may join
    what a rule would part. That is given; who brings nothing new may still join it.
    """
    given = [values_of(one, world, plan) for one in parts]
    broken = [
        what
        for (what, most), n in values_of(part, world, plan).items()
        if n > max([most, *(one[what, most] for one in given)])
    ]
    return broken + [f"apart {a} {b}" for a, b in sorted(apart) if a in part and b in part]


def faults(
    proposed: Partition, world: list[Version], plan: MergePlan, together: set[Pair], apart: set[Pair]
) -> list[str]:
    """What is wrong with a partition under constraints: a broken one, no evidence, or needlessly apart."""
    pairs = {(a, b) for _, a, b in agreeing(world, plan, barred_values(world, plan))}
    person_of = {record: part for part in proposed for record in part}
    given = components(world, [(a, b) for a, b in together if person_of[a] == person_of[b]])
    wrong = []
    for part in proposed:
        if broken := breaks(part, [one for one in given if one <= part], world, plan, apart):
            wrong.append(f"{sorted(part)} breaks {broken}")
        held = nx.Graph([pair for pair in pairs | together if set(pair) <= part])
        held.add_nodes_from(part)
        if not nx.is_connected(held):
            wrong.append(f"{sorted(part)} is not held together by its own evidence")
    for a, b in sorted(pairs | together):
        sides = [person_of[a], person_of[b]]
        if sides[0] == sides[1]:
            continue
        broken = breaks(sides[0] | sides[1], sides, world, plan, apart)
        if not any(what.startswith("apart") for what in broken) and (not broken or (a, b) in together):
            wrong.append(f"{a} and {b} belong together, nothing forbids it, and they are apart")
    return sorted(set(wrong))
