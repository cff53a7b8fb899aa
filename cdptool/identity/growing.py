"""
Clusters grown edge by edge, surest evidence first, so that none ever breaks a constraint.

Only for the components that break one when everything is joined. One value may bring thousands of records
that may not be together (a till's phone), so the groups of a block are indexed by the values they hold: a
member is tried only where it may fit, never against every group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple

import polars as pl

from cdptool.identity.forbidding import Forbidden, PairRules
from cdptool.identity.recent import Sightings, Windows, most_at_once

NEGATIVE: Final = "judged NEGATIVE"
# Of a member that its block refuses, so many refusals are told: all in any block a person would read.
_TOLD: Final = 10
_EDGE: Final = ("branch", "block", "record_id_l", "record_id_r")


@dataclass(frozen=True, slots=True)
class Constraints:
    """
    What a cluster must not become. Values are hashed match keys.

    `limits`: field → the most different values one person may hold. `held`: long frame `record_id`, `field`,
    `value` of the limited fields. `never`: long frame of the same shape for the never-fields (the latest
    version of each record). `apart` / `together`: judged pairs of record ids. `pairs`: never-rules that are
    expressions. `windows`: limits within a length of time.
    """

    limits: dict[str, int]
    held: pl.DataFrame
    never: pl.DataFrame
    apart: tuple[tuple[int, int], ...] = ()
    together: tuple[tuple[int, int], ...] = ()
    pairs: PairRules = field(default_factory=PairRules)
    windows: Windows = field(default_factory=Windows)


class Grown(NamedTuple):
    """`labels`: `record_id`, `cluster` (its smallest record); `used` and `cut` edges, `cut` with its `reason`."""

    labels: pl.DataFrame
    used: pl.DataFrame
    cut: pl.DataFrame


@dataclass(slots=True)
class _Group:
    """One growing cluster: its members, the values it holds by reason to object, and who must stay out."""

    members: set[int]
    values: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    apart: set[int] = field(default_factory=set)
    seen: dict[str, Sightings] = field(default_factory=lambda: defaultdict(set))  # by field with a window
    units: int = 0  # bits: what the never-rules see of its members
    against: dict[str, int] = field(default_factory=dict)  # bits of the units that may not come in, by reason

    def absorb(self, other: _Group) -> None:
        self.members |= other.members
        self.apart |= other.apart
        self.units |= other.units
        for name, sightings in other.seen.items():
            self.seen[name] |= sightings
        for reason, bits in other.against.items():
            self.against[reason] = self.against.get(reason, 0) | bits
        for reason, values in other.values.items():
            self.values[reason] |= values


class _Forest:
    """Groups by record, joined one by one. `most`: reason to object → the most values a group may hold."""

    def __init__(self, records: Iterable[int], constraints: Constraints, barred: Forbidden) -> None:
        never = constraints.never["field"].unique().sort()
        self.most = {f"never: differs({name})": 1 for name in never}
        self.most |= {f"limit: at most {n} {name}": n for name, n in sorted(constraints.limits.items())}
        reasons = {("limit", name): f"limit: at most {n} {name}" for name, n in constraints.limits.items()}
        reasons |= {("never", name): f"never: differs({name})" for name in never}
        self.n_joins = 0
        self.group_of = {record: _Group({record}) for record in records}
        ids = pl.Series(list(self.group_of), dtype=pl.Int64).implode()
        for kind, frame in (("limit", constraints.held), ("never", constraints.never)):
            mine = frame.filter(pl.col("record_id").is_in(ids)).select("record_id", "field", "value")
            for record, name, value in mine.iter_rows():
                self.group_of[record].values[reasons[kind, name]].add(value)
        self.windows = constraints.windows.limits
        for record, name, value, at in constraints.windows.seen.filter(
            pl.col("record_id").is_in(ids)
        ).iter_rows():
            self.group_of[record].seen[name].add((at, value))
        for record, group in self.group_of.items():
            group.units = barred.bit.get(record, 0)
        for reason, against in barred.against.items():
            for record, bits in against.items():
                if record in self.group_of:
                    self.group_of[record].against[reason] = bits
        for one, other in constraints.apart:
            if one in self.group_of and other in self.group_of:
                self.group_of[one].apart.add(other)
                self.group_of[other].apart.add(one)

    def objection(self, one: int, other: int) -> str | None:
        """Why the groups of two records must not be joined, in words; None if they may, or are one."""
        a, b = self.group_of[one], self.group_of[other]
        if a is b:
            return None
        if not a.apart.isdisjoint(b.members) or not b.apart.isdisjoint(a.members):
            return NEGATIVE
        for reason, most in self.most.items():
            mine, theirs = a.values.get(reason, ()), b.values.get(reason, ())
            # A group may hold more than allowed by itself; who brings it nothing new may still join.
            if mine and theirs and len(mine | theirs) > max(most, len(mine), len(theirs)):
                return reason
        for window in self.windows:
            sides = [a.seen.get(window.field, set()), b.seen.get(window.field, set())]
            if all(sides):
                own = [most_at_once(side, window.seconds) for side in sides]
                if most_at_once(sides[0] | sides[1], window.seconds) > max(window.most, *own):
                    return window.reason
        return next((reason for reason, bits in a.against.items() if bits & b.units), None)

    def join(self, one: int, other: int) -> None:
        """Make the groups of two records one."""
        a, b = self.group_of[one], self.group_of[other]
        if a is b:
            return
        if len(a.members) < len(b.members):
            a, b = b, a
        a.absorb(b)
        for record in b.members:
            self.group_of[record] = a
        self.n_joins += 1

    def has_excess(self) -> bool:
        """Whether any group holds more than a limit allows: by its versions, or by a judgement."""
        groups = self.group_of.values()
        for window in self.windows:
            if any(most_at_once(g.seen.get(window.field, ()), window.seconds) > window.most for g in groups):
                return True
        return any(len(g.values.get(reason, ())) > most for g in groups for reason, most in self.most.items())

    def labels(self) -> pl.DataFrame:
        """Every record with the smallest record of its group."""
        groups = {id(group): group for group in self.group_of.values()}
        rows = [(record, head) for g in groups.values() for head in (min(g.members),) for record in g.members]
        return pl.DataFrame(rows, schema={"record_id": pl.Int64, "cluster": pl.Int64}, orient="row").sort(
            "record_id"
        )


class _Block:
    """
    The groups that the members of one block have formed so far, each named by its first member.

    A group that holds as many values as a limit allows is out of `_open`, so only a member that shares one
    of its values is tried against it.
    """

    def __init__(self, forest: _Forest) -> None:
        self.forest = forest
        self.heads: list[int] = []
        self._open: dict[str, set[int]] = defaultdict(set)  # positions of groups below the limit
        self._holding: dict[tuple[str, int], set[int]] = defaultdict(set)

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
        return sorted(set().union(*best[1])) if best[1] else range(len(self.heads))

    def _index(self, position: int) -> None:
        held = self.forest.group_of[self.heads[position]].values
        for reason, most in self.forest.most.items():
            values = held.get(reason, ())
            (self._open[reason].add if len(values) < most else self._open[reason].discard)(position)
            for value in values:
                self._holding[reason, value].add(position)


Star = tuple[int, int, tuple[int, ...]]  # branch, block, and its records, the hub first


def build_carefully(
    records: list[int], edges: pl.DataFrame, constraints: Constraints, barred: Forbidden
) -> Grown:
    """
    Build the clusters of some records block by block, surest first; judgements before all.

    Args:
        records: The records, sorted.
        edges: `branch`, `block`, `record_id_l`, `record_id_r` among them, sorted; each block a star.
        constraints: What holds them back.
        barred: What the never-rules that are expressions say of the records.
    """
    forest = _Forest(records, constraints, barred)
    for one, other in constraints.together:
        if one in forest.group_of and other in forest.group_of and forest.objection(one, other) != NEGATIVE:
            forest.join(one, other)
    waiting = _stars(edges)
    may_shrink = forest.has_excess()
    used: set[tuple[int, int, int, int]] = set()
    cut: set[tuple[int, int, int, int, str]] = set()
    while waiting:
        n_joins = forest.n_joins
        waiting = [star for star in waiting if not _join_block(forest, star, used, cut)]
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
    for (branch, block, hub), star in groupby(edges.select(_EDGE).iter_rows(), key=lambda edge: edge[:3]):
        stars.append((branch, block, (hub, *(member for *_, member in star))))
    return stars


def _join_block(
    forest: _Forest,
    star: Star,
    used: set[tuple[int, int, int, int]],
    cut: set[tuple[int, int, int, int, str]],
) -> bool:
    """Join the records of a block as far as they may be; whether all of them are one group now."""
    branch, name, members = star
    block = _Block(forest)
    for member in members:
        # A barred hub parts nobody else: each member joins the first group that admits it.
        joined = block.place(member)
        if joined is not None:
            used.add((branch, name, joined, member))
        cut |= {(branch, name, head, member, why) for head, why in block.refusals(member, joined)}
    return len(block.heads) == 1
