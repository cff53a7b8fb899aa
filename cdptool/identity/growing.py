"""
Clusters that grow: what they must not become, and whether two of them may be one.

Only for the components that break a constraint when everything is joined; `building` says in which order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from cdptool.identity.ambiguity import AMBIGUOUS, doubtful
from cdptool.identity.forbidding import Forbidden, PairRules
from cdptool.identity.recent import Sightings, Windows, most_at_once

NEGATIVE: Final = "judged NEGATIVE"
_UNIQUE: Final = {"record_id": pl.Int64(), "source": pl.String()}


@dataclass(frozen=True, slots=True)
class Constraints:
    """
    What a cluster must not become. Values are hashed match keys.

    `limits`: field → the most different values one person may hold. `held`: long frame `record_id`, `field`,
    `value` of the limited fields. `never`: long frame of the same shape for the never-fields (the latest
    version of each record). `apart` / `together`: judged pairs of record ids. `pairs`: never-rules that are
    expressions. `windows`: limits within a length of time. `unique`: `record_id`, `source` of the sources that hold
    each person once. `weighed`: the branches whose weights add up (log odds). `parts_ambiguous`: what fits two people
    equally joins neither.
    """

    limits: dict[str, int]
    held: pl.DataFrame
    never: pl.DataFrame
    apart: tuple[tuple[int, int], ...] = ()
    together: tuple[tuple[int, int], ...] = ()
    pairs: PairRules = field(default_factory=PairRules)
    windows: Windows = field(default_factory=Windows)
    unique: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_UNIQUE))
    weighed: tuple[int, ...] = ()
    parts_ambiguous: bool = False


def held_once(source: str) -> str:
    """Why two records of a source that holds each person once are kept apart."""
    return f"source {source} holds each person once"


@dataclass(slots=True)
class Group:
    """One growing cluster: its members, the values it holds by reason to object, and who must stay out."""

    members: set[int]
    values: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    apart: set[int] = field(default_factory=set)
    seen: dict[str, Sightings] = field(default_factory=lambda: defaultdict(set))  # by field with a window
    units: int = 0  # bits: what the never-rules see of its members
    against: dict[str, int] = field(default_factory=dict)  # bits of the units that may not come in, by reason
    # By source (its reason) the groups of which several are as near, for now: it may join none of them.
    torn: dict[str, frozenset[int]] = field(default_factory=dict)
    doubted: set[int] = field(default_factory=set)  # members of groups that it fits as well as others

    def absorb(self, other: Group) -> None:
        self.members |= other.members
        self.apart |= other.apart
        self.doubted |= other.doubted
        self.units |= other.units
        for why, owners in other.torn.items():
            self.torn[why] = self.torn.get(why, frozenset()) | owners
        for name, sightings in other.seen.items():
            self.seen[name] |= sightings
        for reason, bits in other.against.items():
            self.against[reason] = self.against.get(reason, 0) | bits
        for reason, values in other.values.items():
            self.values[reason] |= values


def _torn_by(one: Group, other: Group) -> str | None:
    """Why a group that is torn between several owners joins none of them, nor who is torn between the same."""
    for why, owners in one.torn.items():
        if other.values.get(why) or len(owners & other.torn.get(why, frozenset())) > 1:
            return f"{why}, and two of its records are as near"
    return None


class Forest:
    """Groups by record, joined one by one. `most`: reason to object → the most values a group may hold."""

    def __init__(self, records: Iterable[int], constraints: Constraints, barred: Forbidden) -> None:
        never = constraints.never["field"].unique().sort()
        self.most = {f"never: differs({name})": 1 for name in never}
        self.most |= {f"limit: at most {n} {name}": n for name, n in sorted(constraints.limits.items())}
        self.once = tuple(held_once(source) for source in constraints.unique["source"].unique().sort())
        self.most |= dict.fromkeys(self.once, 1)
        self.weighed = constraints.weighed
        self.parts_ambiguous = constraints.parts_ambiguous
        reasons = {("limit", name): f"limit: at most {n} {name}" for name, n in constraints.limits.items()}
        reasons |= {("never", name): f"never: differs({name})" for name in never}
        self.n_joins = 0
        self.group_of = {record: Group({record}) for record in records}
        ids = pl.Series(list(self.group_of), dtype=pl.Int64).implode()
        for kind, frame in (("limit", constraints.held), ("never", constraints.never)):
            mine = frame.filter(pl.col("record_id").is_in(ids)).select("record_id", "field", "value")
            for record, name, value in mine.iter_rows():
                self.group_of[record].values[reasons[kind, name]].add(value)
        for record, source in constraints.unique.filter(pl.col("record_id").is_in(ids)).iter_rows():
            self.group_of[record].values[held_once(source)].add(record)
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
        if (barred := next((why for why, bits in a.against.items() if bits & b.units), None)) is not None:
            return barred
        if (torn := _torn_by(a, b) or _torn_by(b, a)) is not None:
            return torn
        is_doubted = not (a.doubted.isdisjoint(b.members) and b.doubted.isdisjoint(a.members))
        return AMBIGUOUS if is_doubted else None

    def part_ambiguous(self, evidence: Iterable[Sequence[int]]) -> None:
        """Set apart the groups that blocks of records, equally sure, join to several who must not be one."""
        crowds = [frozenset(min(self.group_of[record].members) for record in members) for members in evidence]
        for between, fitted in doubtful(crowds, lambda a, b: self.objection(a, b) not in (None, AMBIGUOUS)):
            others = set().union(*(self.group_of[head].members for head in fitted))
            for head in between:
                self.group_of[head].doubted |= others

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
