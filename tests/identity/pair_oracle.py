"""
Expressions over two records, slow and in plain Python: three-valued, on the tree as it was written.
"""

from __future__ import annotations

import operator
from datetime import date
from itertools import combinations, pairwise
from typing import Any

import polars as pl
from rapidfuzz.distance import OSA, Jaro, JaroWinkler

from cdptool.errors import Place
from cdptool.fields import field_type
from cdptool.fields.romanised import romanised
from cdptool.identity.spec import MergePlan
from cdptool.matching.nicknames import GROUPS_OF
from cdptool.rules.nodes import And, Arithmetic, Attribute, Call, Compare, Constant, Negative, Node, Not, Or
from cdptool.rules.syntax import parse
from tests.identity import oracle
from tests.identity.oracle import Pair, Partition, Version

SIGNS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TYPES = {
    "name": "person_name",
    "phone": "phone",
    "email": "email",
    "birth_date": "date",
    "customer_id": "identifier",
}
_keys: dict[tuple[str, str], str] = {}
_near: dict[tuple[str, str, str], float] = {}


def key(field: str, value: Any) -> str | None:
    """What `same` compares."""
    if value is None:
        return None
    if (field, value) not in _keys:
        given = pl.lit(value) if TYPES[field] != "date" else pl.lit(date.fromisoformat(value))
        _keys[field, value] = pl.select(field_type(TYPES[field]).match_key(given)).item()
    return _keys[field, value]


def alike(field: str, one: str, other: str) -> float:
    """The words that fit best, taken greedily; other types by the characters that differ."""
    a, b = sorted((one, other))
    if (field, a, b) not in _near:
        how = {"person_name": _words, "date": _days}.get(TYPES[field], OSA.normalized_similarity)
        _near[field, a, b] = how(a, b)
    return _near[field, a, b]


def _days(a: str, b: str) -> float:
    other_way = f"{b[:5]}{b[8:]}-{b[5:7]}"
    return max(OSA.normalized_similarity(a, b), OSA.normalized_similarity(a, other_way) - 0.1)


def _words(a: str, b: str) -> float:
    if a == b:
        return 1.0
    mine, other = (romanised(pl.Series([name])).item().split() for name in (a, b))
    scores = {(i, j): _word(x, y) for i, x in enumerate(mine) for j, y in enumerate(other)}
    both = of_mine = of_other = 0.0
    taken = []
    while scores:
        (i, j), best = max(scores.items(), key=lambda one: (one[1], -one[0][0], -one[0][1]))
        taken.append(best)
        both += best * (len(mine[i]) + len(other[j]))
        of_mine += best * len(mine[i])
        of_other += best * len(other[j])
        scores = {at: score for at, score in scores.items() if at[0] != i and at[1] != j}
    n, m = sum(map(len, mine)), sum(map(len, other))
    found = both / (n + m)
    if n <= m and len(mine) > 1:
        found = max(found, 0.95 * of_mine / n)
    if m <= n and len(other) > 1:
        found = max(found, 0.95 * of_other / m)
    return (found + min(found, *taken)) / 2


def _word(x: str, y: str) -> float:
    if x != y and x[0] == y[0] and 1 in (len(x), len(y)):
        return 0.9
    spelt = Jaro if abs(len(x) - len(y)) >= 3 else JaroWinkler
    score = max(spelt.similarity(x, y), OSA.normalized_similarity(x, y))
    if not GROUPS_OF.get(x, frozenset()).isdisjoint(GROUPS_OF.get(y, frozenset())):
        score = max(score, 0.95)
    return score if score >= 0.75 else 0.0


def truth(node: Node, a: Version, b: Version) -> bool | None:
    """True, False, or None where it is not known."""
    match node:
        case Not(operand=inner):
            found = truth(inner, a, b)
            return None if found is None else not found
        case And(operands=parts):
            truths = [truth(each, a, b) for each in parts]
            return False if False in truths else None if None in truths else True
        case Or(operands=parts):
            truths = [truth(each, a, b) for each in parts]
            return True if True in truths else None if None in truths else False
        case Call(function="missing", arguments=(Attribute() as which,)):
            return {"a": a, "b": b}[which.base.name][which.name] is None
        case Call(function="missing", arguments=(name,)):
            return a[name.name] is None or b[name.name] is None
        case Call(function=function, arguments=(name, *more)):
            left, right = key(name.name, a[name.name]), key(name.name, b[name.name])
            if left is None or right is None:
                return None
            if function == "near":
                return alike(name.name, left, right) >= more[0].value
            return (left == right) == (function == "same")
        case Compare(operands=operands, operators=signs):
            values = [_value(each, a, b) for each in operands]
            steps = [
                None if x is None or y is None else SIGNS[sign](x, y)
                for sign, (x, y) in zip(signs, pairwise(values), strict=True)
            ]
            return False if False in steps else None if None in steps else True
    raise AssertionError(node)


def _value(node: Node, a: Version, b: Version) -> Any:
    match node:
        case Attribute(base=base, name=name):
            value = {"a": a, "b": b}[base.name][name]
            if value is None or name != "birth_date":
                return key(name, value)
            return (date.fromisoformat(value) - date(1970, 1, 1)).days
        case Arithmetic(left=left, right=right):
            x, y = _value(left, a, b), _value(right, a, b)
            return None if x is None or y is None else x - y
        case Negative(operand=Constant(value=value)):
            return -value
        case Constant(value=str() as value):
            return (date.fromisoformat(value) - date(1970, 1, 1)).days
        case Constant(value=value):
            return value
    raise AssertionError(node)


def holds(text: str, a: Version, b: Version) -> bool:
    """Whether the expression is true of two versions one way or the other."""
    node = parse(text, Place("m.yaml"))
    return truth(node, a, b) is True or truth(node, b, a) is True


def agreeing(world: list[Version], plan: MergePlan) -> set[Pair]:
    """The pairs of records with a version each for which some pass holds."""
    return {
        tuple(sorted((a["record_id"], b["record_id"])))
        for a, b in combinations(world, 2)
        if a["record_id"] != b["record_id"] and any(holds(step.text, a, b) for step in plan.passes)
    }


def faults(
    proposed: Partition, world: list[Version], plan: MergePlan, together: set[Pair], apart: set[Pair]
) -> list[str]:
    """What is wrong with a partition: a forbidden pair in a part, a part without evidence, people needlessly apart."""
    pairs, now = agreeing(world, plan), oracle.latest(world)
    person_of = {record: part for part in proposed for record in part}
    given = oracle.components(world, [(a, b) for a, b in together if person_of[a] == person_of[b]])
    given_of = {record: part for part in given for record in part}

    def breaks(part: frozenset[int], side_of: dict[int, frozenset[int]]) -> list[str]:
        found = oracle.breaks(part, {side_of[record] for record in part}, world, plan, apart)
        for a, b in combinations(sorted(part), 2):
            if side_of[a] != side_of[b]:
                found += [
                    rule.text for rule in plan.never if rule.branches and holds(rule.text, now[a], now[b])
                ]
        return found

    wrong = []
    for part in proposed:
        if broken := breaks(part, given_of):
            wrong.append(f"{sorted(part)} breaks {broken}")
        if part not in oracle.components(
            [v for v in world if v["record_id"] in part], [p for p in pairs | together if set(p) <= part]
        ):
            wrong.append(f"{sorted(part)} is not held together by its own evidence")
    for a, b in sorted(pairs | together):
        if person_of[a] == person_of[b]:
            continue
        broken = breaks(person_of[a] | person_of[b], person_of)
        if not any(what.startswith("apart") for what in broken) and (not broken or (a, b) in together):
            wrong.append(f"{a} and {b} belong together, nothing forbids it, and they are apart")
    return wrong
