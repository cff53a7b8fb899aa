"""One-to-one and link-only: lists that hold each person once, and evidence between sources only."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from polars.testing import assert_frame_equal

from cdptool.engines import BucketEngine, LocalEngine
from cdptool.errors import ConfigError
from cdptool.identity import Previous, Resolution
from cdptool.identity.assigning import best_pairs
from cdptool.identity.likely import likely
from cdptool.identity.pairing import paired
from cdptool.identity.spec import MergePlan, Pass
from tests.frames import ROUNDS
from tests.identity.link_oracle import linked
from tests.identity.oracle import Version
from tests.identity.test_histories import COMPARED, person_world
from tests.identity.test_pairing import rules
from tests.identity.worlds import (
    COLUMNS,
    NOTHING,
    PASSES,
    as_records,
    judged,
    partition,
    people,
    plan,
    random_plan,
    random_world,
    records,
    resolved,
)

SOURCES = ("crm", "club", "shop")
WORLDS = 20


def once(*passes: str, unique: tuple[str, ...] = ("club",), **parts: Any) -> MergePlan:
    """A plan of plain passes whose unique sources hold each person once."""
    return plan(*passes, unique_sources=unique, **parts)


def sourced(rng: random.Random, world: list[Version]) -> list[Version]:
    """The world with a source for each record."""
    source_of = {version["record_id"]: rng.choice(SOURCES) for version in world}
    return [{**version, "source": source_of[version["record_id"]]} for version in world]


@pytest.mark.parametrize(
    "text", ["same(phone) and near(name, 0.88)", "same(phone) and near(name, 0.88) and differs(email)"]
)
def test_crowds_of_two_sources_that_share_a_value_are_counted_record_by_record(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two units are one pair, but each of n records with each of m is evidence: it was made without a limit."""
    monkeypatch.setattr("cdptool.identity.pairing._AT_ONCE", 1_000)
    rows = "\n".join(
        f"{i}  +84900000000  Nguyen_Thu_Hoa{'n' * (i % 2)}  {'crm' if i % 2 else 'club'}  m{i % 2}@x.example"
        for i in range(100)
    )
    frame = records(f"id  phone  name  source  email\n{rows}")
    merge_plan = replace(rules(text), link="only")
    with pytest.raises(ConfigError) as error:
        paired(LocalEngine(), LocalEngine().of(frame), COLUMNS, merge_plan, budget=2_000)
    assert "pass `p0` would compare 2,500 pairs of the same phone, more than 2,000" in str(error.value)
    assert paired(LocalEngine(), LocalEngine().of(frame), COLUMNS, merge_plan).edges.height == 2_500


def test_two_records_of_a_unique_source_are_never_one() -> None:
    """A third record that both agree with joins neither: which of the two it is cannot be told."""
    frame = records("""
        id  source  email   phone
        1   club    a@x.vn  -
        2   club    a@x.vn  -
        3   crm     a@x.vn  -
    """)
    found = resolved(frame, once("email"))
    assert partition(found.identity) == {frozenset({1}), frozenset({2}), frozenset({3})}
    told = dict(found.conflicts.group_by("reason").len().iter_rows())
    assert told == {
        "source club holds each person once": 1,
        "source club holds each person once, and two of its records are as near": 2,
    }


def test_who_is_torn_between_the_same_two_is_not_one_with_others_who_are() -> None:
    """The value is known to be of two people, so it does not say that 3 and 4 are one; another value does."""
    frame = records("""
        id  source  email   phone
        1   club    a@x.vn  -
        2   club    a@x.vn  -
        3   crm     a@x.vn  -
        4   crm     a@x.vn  +84912345678
        5   crm     -       +84912345678
    """)
    assert people(frame, once("email", "phone")) == [[1], [2], [3], [4, 5]]
    assert people(frame, once("email")) == [[1], [2], [3], [4], [5]]


def test_a_surer_pass_says_which_of_two_it_is() -> None:
    frame = records("""
        id  source  email   phone
        1   club    a@x.vn  +84912345678
        2   club    a@x.vn  -
        3   crm     a@x.vn  +84912345678
    """)
    assert people(frame, once("phone", "email")) == [[1, 3], [2]]
    assert people(frame, once("email", "phone")) == [[1, 3], [2]]


def test_the_rarer_value_is_the_stronger_evidence() -> None:
    """3 had two phones; the one that four rows share says less, and then not who 4 is."""
    frame = records("""
        id  at          source  phone
        1   2025-01-01  club    +84912345678
        2   2025-01-01  club    +84900000002
        3   2025-01-01  crm     +84912345678
        3   2026-01-01  crm     +84900000002
        4   2026-01-01  crm     +84900000002
    """)
    assert people(frame, once("phone")) == [[1, 3], [2], [4]]


def test_it_holds_through_records_of_other_sources() -> None:
    """1 and 4 never meet, however long the chain between them is; it breaks where it is weakest."""
    frame = records("""
        id  source  email   phone         customer_id
        1   club    a@x.vn  -             -
        2   crm     a@x.vn  +84912345678  -
        3   shop    -       +84912345678  C1
        4   club    -       -             C1
    """)
    assert people(frame, once("email or customer_id", "phone")) == [[1, 2], [3, 4]]


def test_a_positive_judgement_wins_over_the_list() -> None:
    frame = records("""
        id  source  email
        1   club    a@x.vn
        2   crm     a@x.vn
        3   crm     b@x.vn
    """)
    said = (judged(2, 3, "POSITIVE"),)
    assert people(frame, once("email", unique=("crm",), judgements=said)) == [[1, 2, 3]]


def test_a_negative_judgement_settles_a_tie() -> None:
    frame = records("""
        id  source  email
        1   crm     a@x.vn
        2   crm     a@x.vn
        3   shop    a@x.vn
    """)
    merge_plan = once("email", unique=("crm",))
    assert people(frame, merge_plan) == [[1], [2], [3]]
    said = replace(judged(1, 3, "NEGATIVE"), right="shop:3")
    assert people(frame, replace(merge_plan, judgements=(said,))) == [[1], [2, 3]]


def test_link_only_joins_nobody_within_a_source() -> None:
    frame = records("""
        id  source  email
        1   crm     a@x.vn
        2   crm     a@x.vn
        3   crm     b@x.vn
        4   shop    b@x.vn
    """)
    merge_plan = plan("email", link="only")
    assert people(frame, merge_plan) == [[1], [2], [3, 4]]
    assert people(frame, replace(merge_plan, link="and_dedupe")) == [[1, 2], [3, 4]]


def test_link_only_lets_two_of_a_source_meet_in_a_third_unless_it_is_unique() -> None:
    frame = records("""
        id  source  email
        1   crm     a@x.vn
        2   crm     a@x.vn
        3   shop    a@x.vn
    """)
    assert people(frame, plan("email", link="only")) == [[1, 2, 3]]
    assert people(frame, plan("email", link="only", unique_sources=("crm",))) == [[1], [2], [3]]


def test_a_pass_says_itself_whether_it_only_links() -> None:
    frame = records("""
        id  source  email   phone
        1   crm     a@x.vn  -
        2   crm     a@x.vn  +84912345678
        3   shop    -       +84912345678
        4   shop    -       +84912345678
    """)
    base = plan("email", "phone")
    first, second = base.passes
    assert people(frame, replace(base, passes=(first, replace(second, link="only")))) == [[1, 2, 3, 4]]
    assert people(frame, replace(base, passes=(replace(first, link="only"), second))) == [[1], [2, 3, 4]]
    assert people(frame, replace(base, link="only", passes=(replace(first, link="and_dedupe"), second))) == [
        [1, 2, 3, 4]
    ]


def test_a_pass_that_asks_more_than_equal_values_only_links_too() -> None:
    frame = records("""
        id  source  phone         name
        1   crm     +84912345678  Nguyen Thu Hoa
        2   crm     +84912345678  Nguyenn Thu Hoa
        3   shop    +84900000001  Tran Van Hoang
        4   crm     +84900000001  Tran Van Hoangg
    """)
    base = rules("same(phone) and near(name, 0.9)")
    assert people(frame, base) == [[1, 2], [3, 4]]
    assert people(frame, replace(base, link="only")) == [[1], [2], [3, 4]]


def test_a_value_that_links_too_many_pairs_is_refused_with_its_key() -> None:
    rows = "\n".join(f"{i}  {'crm' if i % 2 else 'shop'}  +84900000000" for i in range(200))
    frame = records(f"id  source  phone\n{rows}")
    engine = LocalEngine()
    with pytest.raises(ConfigError) as error:
        paired(engine, engine.of(frame), COLUMNS, plan("phone", link="only"), budget=1_000)
    assert "would compare 10,000 pairs of the same phone, more than 1,000" in str(error.value)


@pytest.mark.parametrize("seed", range(30 * ROUNDS))
def test_oracle_link_modes_are_the_slow_merge_of_every_pair(seed: int, tmp_path: Path) -> None:
    """30 × 20 worlds; where the order of equals makes a difference, the rest must hold all the same."""
    rng = random.Random(70_000 + seed)
    unique = tuple(sorted(rng.sample(SOURCES, rng.choice([0, 1, 1, 2, 2, 3]))))
    link = "only" if not unique else rng.choice(["only", "and_dedupe"])
    merge_plan = plan(*rng.choice(PASSES), unique_sources=unique, link=link, keys=())
    worlds = [sourced(rng, random_world(rng, number)) for number in range(WORLDS)]
    frame = as_records(worlds)
    found = resolved(frame, merge_plan)
    shuffled = resolved(
        frame.sample(fraction=1, shuffle=True, seed=seed), merge_plan, engine=BucketEngine(3, tmp_path)
    )
    assert_frame_equal(found.identity, shuffled.identity)
    assert_frame_equal(found.conflicts, shuffled.conflicts)
    whole = partition(found.identity)
    n_sure = 0
    for number, world in enumerate(worlds):
        mine = frozenset(part for part in whole if min(part) // 100 == number)
        check_guarantees(world, merge_plan, found, mine)
        expected = {linked(world, merge_plan, random.Random(order)) for order in range(6)}
        if len(expected) == 1:
            n_sure += 1
            assert mine in expected, f"seed {seed}, world {number}"
    assert n_sure > WORLDS // 2


@pytest.mark.parametrize("seed", range(6 * ROUNDS))
def test_oracle_link_modes_hold_beside_limits_never_rules_and_judgements(seed: int) -> None:
    """6 × 20 worlds: only a POSITIVE judgement brings two records of a list together; NEGATIVE is never broken."""
    rng = random.Random(85_000 + seed)
    link = rng.choice(["only", "and_dedupe"])
    merge_plan = replace(random_plan(rng, bound=True), unique_sources=("club", "crm"), link=link)
    worlds = [sourced(rng, random_world(rng, number)) for number in range(WORLDS)]
    said = []
    source_of = {version["record_id"]: version["source"] for world in worlds for version in world}
    for world in worlds:
        left, right = sorted(rng.sample(sorted({version["record_id"] for version in world}), 2))
        word = judged(left, right, rng.choice(["POSITIVE", "NEGATIVE"]))
        cited = {"left": f"{source_of[left]}:{left}", "right": f"{source_of[right]}:{right}"}
        said.append((left, right, replace(word, **cited)))
    found = resolved(as_records(worlds), replace(merge_plan, judgements=tuple(word for *_, word in said)))
    profile_of = dict(found.identity.iter_rows())
    joined = nx.Graph([(left, right) for left, right, word in said if word.judgement == "POSITIVE"])
    for part in partition(found.identity):
        for source in merge_plan.unique_sources:
            held = [record for record in part if source_of[record] == source]
            assert len(held) <= 1 or nx.is_connected(joined.subgraph({*held} & set(joined)))
    for left, right, word in said:
        assert word.judgement == "POSITIVE" or profile_of[left] != profile_of[right]


def check_guarantees(
    world: list[Version], merge_plan: MergePlan, found: Resolution, parts: frozenset[frozenset[int]]
) -> None:
    """No two records of a unique source in a profile; every profile held together by evidence that may count."""
    source_of = {version["record_id"]: version["source"] for version in world}
    held = nx.Graph(list(found.edges.select("record_id_l", "record_id_r").iter_rows()))
    for part in parts:
        counts = Counter(source_of[record] for record in part)
        assert all(counts[source] <= 1 for source in merge_plan.unique_sources)
        assert len(part) == 1 or nx.is_connected(held.subgraph(part))
    if merge_plan.link == "only":
        ends = [end for end in held.edges if end[0] in source_of]
        assert all(source_of[left] != source_of[right] for left, right in ends)


@pytest.mark.parametrize("seed", range(10 * ROUNDS))
def test_oracle_link_modes_day_by_day_are_link_modes_at_once(seed: int) -> None:
    """Ids are carried; who is one person is what a merge of everything says."""
    rng = random.Random(80_000 + seed)
    merge_plan = plan(*rng.choice(PASSES), unique_sources=("club",), link=rng.choice(["only", "and_dedupe"]))
    versions = [v for number in range(WORLDS) for v in sourced(rng, random_world(rng, number))]
    rng.shuffle(versions)
    previous = NOTHING
    for day in range(1, 4):
        frame = as_records([versions[: len(versions) * day // 3]])
        found = resolved(frame, merge_plan, previous)
        assert partition(found.identity) == partition(resolved(frame, merge_plan).identity)
        previous = Previous(found.identity, found.aliases, found.models)


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_oracle_best_pairs_are_those_of_every_best_way(seed: int) -> None:
    """3 × 200 tables against all permutations."""
    rng = random.Random(90_000 + seed)
    for _ in range(200):
        n, m = rng.randint(1, 4), rng.randint(1, 4)
        weights = {
            (i, 10 + j): rng.choice([1, 2, 2.5, 3, 4])
            for i in range(n)
            for j in range(m)
            if rng.random() < 0.7
        }
        ways = all_ways(weights, n, m)
        best = max(sum(weights[pair] for pair in way) for way in ways)
        in_all = frozenset.intersection(*(way for way in ways if sum(weights[pair] for pair in way) == best))
        assert best_pairs([(*pair, weight) for pair, weight in weights.items()]) == in_all


def all_ways(weights: dict[tuple[int, int], float], n: int, m: int) -> set[frozenset[tuple[int, int]]]:
    """Every set of pairs with no left and no right end twice."""
    rights = [10 + j for j in range(m)] + [0] * n
    return {
        frozenset((i, right) for i, right in enumerate(chosen) if (i, right) in weights)
        for chosen in permutations(rights, n)
    }


def learned(**parts: Any) -> MergePlan:
    return MergePlan(keys=(), passes=(Pass("likely", (), "compare", COMPARED),), **parts)


def test_oracle_learned_pairs_of_two_unique_sources_are_a_best_assignment() -> None:
    """Of each 100 small worlds: the sum of weights is the greatest that one-to-one pairs can have."""
    rng = random.Random(95_000)
    worlds = [sourced(rng, person_world(rng, number)) for number in range(300)]
    for world in worlds:
        for version in world:
            version["source"] = "club" if version["source"] == "shop" else version["source"]
    frame = as_records(worlds)
    merge_plan = learned(unique_sources=("club", "crm"))
    found = resolved(frame, merge_plan)
    engine = LocalEngine()
    weighed = likely(engine, engine.of(frame), COLUMNS, merge_plan, None).edges
    source_of = dict(frame.select("record_id", "source").iter_rows())
    weights = {}
    for left, right, weight in weighed.select("record_id_l", "record_id_r", "weight").iter_rows():
        assert source_of[left] != source_of[right]
        weights[left, right] = weight
    graph = nx.Graph()
    graph.add_weighted_edges_from((left, right, weight) for (left, right), weight in weights.items())
    best = nx.max_weight_matching(graph)
    whole = {record: part for part in partition(found.identity) for record in part}
    for part in nx.connected_components(graph):
        made = {frozenset(whole[record]) for record in part if len(whole[record]) > 1}
        assert all(len(one) == 2 for one in made)
        total = sum(weights[min(one), max(one)] for one in made)
        expected = sum(graph.edges[pair]["weight"] for pair in best if pair[0] in part)
        tied = len({round(graph.edges[edge]["weight"], 6) for edge in graph.subgraph(part).edges}) < len(
            graph.subgraph(part).edges
        )
        assert total == pytest.approx(expected) or (tied and total < expected)
    assert any(len(part) > 2 for part in nx.connected_components(graph))


def test_a_learned_pass_that_only_links_joins_and_doubts_nobody_within_a_source() -> None:
    rng = random.Random(96_000)
    worlds = [sourced(rng, person_world(rng, number)) for number in range(200)]
    frame = as_records(worlds)
    found = resolved(frame, learned(link="only"))
    source_of = dict(frame.select("record_id", "source").iter_rows())
    for table in (found.edges, found.doubtful):
        ends = table.select("record_id_l", "record_id_r").rows()
        assert ends or table is found.doubtful
        assert all(source_of[left] != source_of[right] for left, right in ends)
