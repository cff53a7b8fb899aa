"""
Clusters built block by block, surest evidence first, so that none ever breaks a constraint.

One value may bring thousands of records that may not be together (a till's phone), so the groups of a block are indexed by
the values they hold: a member is tried only where it may fit, never against every group.

A source that holds each person once may have one record in a group. Who agrees as strongly with two of its records as
one joins neither: the order of ids is no evidence. So does who fits any two that must not be one, where the plan says so
(`ambiguity`). Where pairs have weights that add up, `assigning` says which go first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations, groupby
from typing import Final, NamedTuple

import polars as pl

from cdptool.identity.assigning import best_pairs
from cdptool.identity.forbidding import Forbidden
from cdptool.identity.growing import NEGATIVE, Constraints, Forest

# Of a member that its block refuses, so many refusals are told: all in any block a person would read.
_TOLD: Final = 10
# A value that so many records of a source that holds each person once share tells nothing of anybody else.
_MOST_OWNERS: Final = 64
_EDGE: Final = ("branch", "block", "record_id_l", "record_id_r")


Ties = tuple[frozenset[tuple[str, frozenset[int]]], frozenset[str]]


class Grown(NamedTuple):
    """`labels`: `record_id`, `cluster` (its smallest record); `used` and `cut` edges, `cut` with its `reason`."""

    labels: pl.DataFrame
    used: pl.DataFrame
    cut: pl.DataFrame


class _Block:
    """
    The groups that the members of one block have formed so far, each named by its first member.

    A group that holds as many values as a limit allows is out of `_open`, so only a member that shares one
    of its values is tried against it.
    """

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.heads: list[int] = []
        self._open: dict[str, set[int]] = defaultdict(set)  # positions of groups below the limit
        self._holding: dict[tuple[str, int], set[int]] = defaultdict(set)
        # Positions by what their groups are torn between, and of which such sources they hold a record.
        self._ties: dict[Ties, set[int]] = defaultdict(set)
        self._ties_of: dict[int, Ties] = {}

    def place(self, member: int) -> int | None:
        """Join the first group that admits the member and return its head; None where it forms a new one."""
        for position in self._fitting(member):
            head = self.heads[position]
            if self.forest.objection(head, member) is None:
                self.forest.join(head, member)
                self._index(position)
                return head
        self.heads.append(member)
        self._index(len(self.heads) - 1)
        return None

    def refusals(self, member: int, joined: int | None) -> list[tuple[int, str]]:
        """The first groups that refused a member before the one it joined: their heads, and why."""
        refused = []
        for head in self.heads[:_TOLD]:
            if head in (joined, member):
                break
            if (reason := self.forest.objection(head, member)) is not None:
                refused.append((head, reason))
        return refused

    def _fitting(self, member: int) -> Iterable[int]:
        """The positions of all groups that may admit a member, in order: by the reason that leaves fewest."""
        best: tuple[int, list[set[int]]] = (len(self.heads), [])
        for reason, values in self.forest.group_of[member].values.items():
            sets = [self._open[reason], *(self._holding[reason, value] for value in values)]
            best = min(best, (sum(map(len, sets)), sets), key=lambda one: one[0])
        if mine := self._ties_with(member)[
            0
        ]:  # neither those it is torn between nor who is so too will have it
            sources = {why for why, _ in mine}
            sets = [
                places
                for (torn, held), places in self._ties.items()
                if torn != mine and sources.isdisjoint(held)
            ]
            best = min(best, (sum(map(len, sets)), sets or [set()]), key=lambda one: one[0])
        return sorted(set().union(*best[1])) if best[1] else range(len(self.heads))

    def _ties_with(self, record: int) -> Ties:
        group = self.forest.group_of[record]
        held = frozenset(why for why in self.forest.once if group.values.get(why))
        return frozenset(group.torn.items()), held

    def _index(self, position: int) -> None:
        ties = self._ties_with(self.heads[position])
        self._ties[self._ties_of.get(position, ties)].discard(position)
        self._ties[ties].add(position)
        self._ties_of[position] = ties
        held = self.forest.group_of[self.heads[position]].values
        for reason, most in self.forest.most.items():
            values = held.get(reason, ())
            (self._open[reason].add if len(values) < most else self._open[reason].discard)(position)
            for value in values:
                self._holding[reason, value].add(position)


class Star(NamedTuple):
    """Evidence that some records share: its branch, block and weight; the hub of the records comes first."""

    branch: int
    block: int
    members: tuple[int, ...]
    weight: float


Used = set[tuple[int, int, int, int]]
Cut = set[tuple[int, int, int, int, str]]


def build_carefully(
    records: list[int], edges: pl.DataFrame, constraints: Constraints, barred: Forbidden
) -> Grown:
    """
    Build the clusters of some records block by block, surest first; judgements before all.

    Args:
        records: The records, sorted.
        edges: `branch`, `block`, `record_id_l`, `record_id_r`, `weight` among them, surest first; each block a star.
        constraints: What holds them back.
        barred: What the never-rules that are expressions say of the records.
    """
    forest = Forest(records, constraints, barred)
    for one, other in constraints.together:
        if one in forest.group_of and other in forest.group_of and forest.objection(one, other) != NEGATIVE:
            forest.join(one, other)
    waiting = _stars(edges)
    may_shrink = forest.has_excess()
    used: Used = set()
    cut: Cut = set()
    while waiting:
        n_joins = forest.n_joins
        waiting = _join_blocks(forest, waiting, used, cut)
        # What was refused stays refused, unless a group that holds too much by itself took in the values.
        if not may_shrink or forest.n_joins == n_joins:
            break
    schema = dict.fromkeys(_EDGE, pl.Int64())
    return Grown(
        forest.labels(),
        pl.DataFrame(sorted(used), schema=schema, orient="row"),
        pl.DataFrame(sorted(cut), schema={**schema, "reason": pl.String()}, orient="row"),
    )


def _stars(edges: pl.DataFrame) -> list[Star]:
    stars = []
    rows = edges.select(*_EDGE, "weight").iter_rows()
    for (branch, block, hub, weight), star in groupby(rows, key=lambda edge: (*edge[:3], edge[4])):
        stars.append(Star(branch, block, (hub, *(edge[3] for edge in star)), weight))
    return stars


def _join_blocks(forest: Forest, waiting: list[Star], used: Used, cut: Cut) -> list[Star]:
    """Join the records of all blocks as far as they may be; the blocks that are not one group after it."""
    if not forest.once and not forest.parts_ambiguous:
        return [star for star in waiting if not _join_block(forest, star, used, cut)]
    open_: set[int] = set()
    places = range(len(waiting))
    for branch, mine in groupby(places, key=lambda place: waiting[place].branch):
        of_branch = list(mine)
        first = _assigned(forest, waiting, of_branch) if branch in forest.weighed else []
        is_first = set(first)
        rest = [place for place in of_branch if place not in is_first]
        tiers = [[place] for place in first]
        tiers += [list(tier) for _, tier in groupby(rest, key=lambda place: waiting[place].weight)]
        for tier in tiers:
            torn = _tear(forest, [waiting[place] for place in tier])
            if forest.parts_ambiguous:
                forest.part_ambiguous(waiting[place].members for place in tier)
            # Who owns a record of such a source takes what is near before that grows together by itself.
            for place in sorted(tier, key=lambda one: not _has_owner(forest, waiting[one])):
                if not _join_block(forest, waiting[place], used, cut):
                    open_.add(place)
            for record in torn:
                forest.group_of[record].torn.clear()
    return [waiting[place] for place in places if place in open_]


def _assigned(forest: Forest, stars: list[Star], places: list[int]) -> list[int]:
    """The places of pairs that are one to one between two such sources in the best way, the surest first."""
    chosen: set[int] = set()
    for one, other in combinations(forest.once, 2):
        pairs = []
        for place in places:
            a, b = (forest.group_of[record] for record in stars[place].members[:2])
            if a.values.get(other):
                a, b = b, a
            is_between = a.values.get(one) and b.values.get(other)
            if is_between and forest.objection(min(a.members), min(b.members)) is None and a is not b:
                pairs.append((min(a.members), min(b.members), stars[place].weight, place))
        best = best_pairs([pair[:3] for pair in pairs])
        chosen |= {place for left, right, _, place in pairs if (left, right) in best}
    return sorted(chosen)


def _has_owner(forest: Forest, star: Star) -> bool:
    """Whether the evidence touches a group with a record of a source that holds each person once."""
    return any(forest.group_of[record].values.get(why) for record in star.members for why in forest.once)


def _tear(forest: Forest, tier: list[Star]) -> list[int]:
    """Mark the groups that evidence of one strength ties to two records of such a source; a record of each."""
    near: dict[tuple[int, str], set[int]] = defaultdict(set)
    first: dict[int, int] = {}  # a record of each group
    for star in tier:
        groups = {id(forest.group_of[record]): record for record in star.members}
        first |= groups
        for why in forest.once:
            owners = {one for one, record in groups.items() if forest.group_of[record].values.get(why)}
            # Of very many owners nobody asks which; two say as much as all.
            crowd = set(sorted(owners)[:2]) if len(owners) > _MOST_OWNERS else set()
            for one in groups.keys() - owners if owners else ():
                near[one, why] |= crowd or _fitting(forest, groups, one, owners)
    torn = [(one, why, owners) for (one, why), owners in near.items() if len(owners) > 1]
    for one, why, owners in torn:
        forest.group_of[first[one]].torn[why] = frozenset(owners)
    return [first[one] for one, *_ in torn]


def _fitting(forest: Forest, groups: dict[int, int], one: int, owners: set[int]) -> set[int]:
    """The owners that a group of the same block may join."""
    return {owner for owner in owners if forest.objection(groups[owner], groups[one]) is None}


def _join_block(forest: Forest, star: Star, used: Used, cut: Cut) -> bool:
    """Join the records of a block as far as they may be; whether all of them are one group now."""
    block = _Block(forest)
    for member in star.members:
        # A barred hub parts nobody else: each member joins the first group that admits it.
        joined = block.place(member)
        if joined is not None:
            used.add((star.branch, star.block, joined, member))
        cut |= {(star.branch, star.block, head, member, why) for head, why in block.refusals(member, joined)}
    return len(block.heads) == 1
