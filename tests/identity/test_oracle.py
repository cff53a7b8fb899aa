"""`resolve` against the slow plain merge on random worlds, twenty of them in one frame."""

from __future__ import annotations

import random
from dataclasses import replace

import networkx as nx
import pytest

from cdptool.identity import JUDGED
from cdptool.identity.spec import Key
from tests.frames import ROUNDS
from tests.identity import oracle
from tests.identity.oracle import Partition, Version
from tests.identity.worlds import as_records, judged, partition, random_plan, random_world, resolved

WORLDS = 20


def of_world(whole: Partition, world: list[Version]) -> Partition:
    """The part of a partition that a world's records are in, with whatever else they were joined to."""
    records = {version["record_id"] for version in world}
    return frozenset(part for part in whole if part & records)


@pytest.mark.parametrize("seed", range(25 * ROUNDS))
def test_oracle_without_constraints_people_are_the_components_of_all_agreement(seed: int) -> None:
    """All versions count, barred values count for nothing, and devices attach but never join."""
    rng = random.Random(seed)
    merge_plan = random_plan(rng, bound=False)
    worlds = [random_world(rng, number) for number in range(WORLDS)]
    found = partition(resolved(as_records(worlds), merge_plan).identity)
    for number, world in enumerate(worlds):
        barred = oracle.barred_values(world, merge_plan)
        known = oracle.components(world, [(a, b) for _, a, b in oracle.agreeing(world, merge_plan, barred)])
        expected = oracle.attached(world, merge_plan, known)
        assert of_world(found, world) == expected, f"seed {seed}, world {number}"


@pytest.mark.parametrize("seed", range(30 * ROUNDS))
def test_oracle_with_constraints_nobody_breaks_one_and_nobody_is_needlessly_apart(seed: int) -> None:
    """Limits, never-rules and judgements of both kinds; edges hold every profile, conflicts part two."""
    rng = random.Random(10_000 + seed)
    merge_plan = random_plan(rng, bound=True)
    if seed % 3 == 0:
        within = Key("email", rng.choice([1, 2]), per=rng.choice([10, 45, 70]) * 86_400)
        keys = tuple(within if key.field == "email" else key for key in merge_plan.keys)
        merge_plan = replace(merge_plan, keys=keys)
    worlds = [random_world(rng, number) for number in range(WORLDS)]
    said: dict[int, dict[tuple[int, int], str]] = {}
    for number, world in enumerate(worlds):
        ids = sorted({version["record_id"] for version in world})
        pairs = [tuple(sorted(rng.sample(ids, 2))) for _ in range(rng.choice([0, 0, 1, 3]))]
        said[number] = {(a, b): rng.choice(["POSITIVE", "NEGATIVE", "UNSURE"]) for a, b in pairs}
    lines = tuple(judged(a, b, word) for words in said.values() for (a, b), word in words.items())
    merge_plan = type(merge_plan)(merge_plan.keys, merge_plan.passes, merge_plan.never, judgements=lines)
    found = resolved(as_records(worlds), merge_plan)
    whole = partition(found.identity)
    for number, world in enumerate(worlds):
        together = {pair for pair, word in said[number].items() if word == "POSITIVE"}
        apart = {pair for pair, word in said[number].items() if word == "NEGATIVE"}
        wrong = oracle.faults(of_world(whole, world), world, merge_plan, together, apart)
        assert wrong == [], f"seed {seed}, world {number}"
    profile_of = dict(found.identity.iter_rows())
    blocks = nx.Graph([(record, tuple(edge[2:])) for edge in found.edges.iter_rows() for record in edge[:2]])
    blocks.add_nodes_from(profile_of)
    for left, right, *_ in found.edges.iter_rows():
        assert profile_of[left] == profile_of[right], f"seed {seed}: evidence between two people"
    for left, right, *_ in found.conflicts.iter_rows():
        assert profile_of[left] != profile_of[right], f"seed {seed}: a conflict within one person"
    for part in whole:
        first = min(part)
        assert all(nx.has_path(blocks, first, record) for record in part), f"seed {seed}: held by no evidence"
    assert set(found.edges["match_key"]) <= {
        JUDGED,
        *(" + ".join(b) for p in merge_plan.passes for b in p.branches),
    }
