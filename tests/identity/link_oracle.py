"""
Link modes, slow and in plain Python: evidence tier by tier, groups as sets, every pair asked.

Blocks of one strength have no order: the merge takes one, and what it makes is held against this one under several.
"""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations
from typing import Any, NamedTuple

from cdptool.identity.spec import MergePlan
from tests.identity.oracle import Partition, Version


class Block(NamedTuple):
    """Records that agree on the fields of a branch; the fewer share the value, the stronger."""

    branch: int
    weight: int
    records: tuple[int, ...]


def blocks(world: list[Version], plan: MergePlan) -> list[Block]:
    """All blocks of two records or more; where only links count, every pair of two sources is one."""
    source_of = {version["record_id"]: version["source"] for version in world}
    found = []
    branches = [(step, fields) for step in plan.passes for fields in step.branches]
    for number, (step, fields) in enumerate(branches):
        holders: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for version in world:
            values = tuple(version[name] for name in fields)
            if None not in values:
                holders[values].append(version["record_id"])
        for rows in holders.values():
            records = tuple(sorted(set(rows)))
            if not plan.links_only(step):
                found.append(Block(number, -len(rows), records))
                continue
            pairs = combinations(records, 2)
            found += [
                Block(number, -len(records), pair)
                for pair in pairs
                if source_of[pair[0]] != source_of[pair[1]]
            ]
    return [block for block in found if len(block.records) > 1]


class People:
    """Groups of records that grow under the rule that a unique source holds each person once."""

    def __init__(self, world: list[Version], plan: MergePlan) -> None:
        self.source_of = {version["record_id"]: version["source"] for version in world}
        self.unique = plan.unique_sources
        self.group_of = {record: frozenset({record}) for record in self.source_of}
        self.torn: dict[tuple[frozenset[int], str], set[frozenset[int]]] = {}

    def owned(self, group: frozenset[int]) -> set[str]:
        return {self.source_of[record] for record in group} & set(self.unique)

    def may_join(self, one: frozenset[int], other: frozenset[int]) -> bool:
        if self.owned(one) & self.owned(other):
            return False
        for (torn, source), owners in self.torn.items():
            for side, beyond in ((one, other), (other, one)):
                if torn <= side and source in self.owned(beyond):
                    return False
            for (also, of), others in self.torn.items():
                if torn <= one and also <= other and source == of and len(owners & others) > 1:
                    return False
        return True

    def join(self, one: frozenset[int], other: frozenset[int]) -> None:
        for record in one | other:
            self.group_of[record] = one | other

    def tear(self, tier: list[Block]) -> None:
        """Who is tied by this tier to two owners of a unique source may join neither, nor who is tied to the same."""
        self.torn = {}
        near: dict[tuple[frozenset[int], str], set[frozenset[int]]] = defaultdict(set)
        for block in tier:
            groups = {self.group_of[record] for record in block.records}
            for one in groups:
                for other in groups - {one}:
                    for source in self.owned(other) - self.owned(one):
                        if self.may_join(one, other):
                            near[one, source].add(other)
        self.torn = {key: owners for key, owners in near.items() if len(owners) > 1}

    def place(self, block: Block) -> None:
        """Each member joins the first group of the block that admits it."""
        heads: list[int] = []
        for member in block.records:
            mine = self.group_of[member]
            for head in heads:
                group = self.group_of[head]
                if group == mine or self.may_join(group, mine):
                    self.join(group, mine)
                    break
            else:
                heads.append(member)


def linked(world: list[Version], plan: MergePlan, rng: random.Random) -> Partition:
    """Who is one person, the blocks of one strength in a random order."""
    people = People(world, plan)
    found = blocks(world, plan)
    for tier in sorted({(block.branch, -block.weight) for block in found}):
        mine = [block for block in found if (block.branch, -block.weight) == tier]
        people.tear(mine)
        rng.shuffle(mine)
        mine.sort(key=lambda block: not any(people.owned(people.group_of[r]) for r in block.records))
        for block in mine:
            people.place(block)
        people.torn = {}
    return frozenset(people.group_of.values())
