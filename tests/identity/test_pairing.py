"""Passes and never-rules over two records against the slow merge of every pair."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cdptool.config.forms import Reading
from cdptool.config.passes import never_branches, pass_branches
from cdptool.config.reader import Scalar
from cdptool.engines import BucketEngine, LocalEngine
from cdptool.errors import ConfigError, Place
from cdptool.identity.conditions import Condition, Gap, Ordered, Units, Value, features
from cdptool.identity.pairing import paired
from cdptool.identity.spec import Key, MergePlan, Never, Pass
from tests.frames import ROUNDS
from tests.identity import oracle, pair_oracle
from tests.identity.oracle import Partition, Version
from tests.identity.worlds import COLUMNS, as_records, judged, partition, people, records, resolved

WORLDS = 40
PLACE = Place("merge.yaml", 3, 5)
READING = Reading({"field": {column.name: column.type for column in COLUMNS}})
WORDS = (
    "Thu",
    "Hoa",
    "Hoà",
    "Thuy",
    "Lan",
    "H",
    "Nguyen",
    "Nguyên",
    "Tran",
    "Анна",
    "Anna",
    "Annabelle",
    "王",
)


def rules(*passes: str, never: tuple[str, ...] = (), keys: tuple[Key, ...] = (), **more: Any) -> MergePlan:
    """A plan from expressions as they are written in merge.yaml."""
    steps = []
    for number, text in enumerate(passes):
        found = pass_branches(f"p{number}", Scalar(text, False, PLACE, PLACE), READING)
        steps.append(Pass(f"p{number}", found.fields, text, place=PLACE, conditions=found.conditions))
    forbids = []
    for text in never:
        field, branches = never_branches(Scalar(text, False, PLACE, PLACE), READING)
        forbids.append(Never(field, text, PLACE, branches))
    return MergePlan(keys=keys, passes=tuple(steps), never=tuple(forbids), **more)


FRAME = records("""
    id  phone         name            birth_date
    1   +84912345678  Nguyen Thu Hoa  1990-01-01
    2   +84912345678  Hoà Nguyễn Thuu  -
    3   +84912345678  Tran Van Nam    1990-01-01
    4   +84912345678  -               -
    5   +84900000001  Nguyen Thu Hoa  1990-01-03
""")


def test_names_that_are_near_join_within_the_block() -> None:
    assert people(FRAME, rules("same(phone) and near(name, 0.88)")) == [[1, 2], [3], [4], [5]]


def test_missing_asks_one_record_or_the_named_one() -> None:
    """A nameless record would join everybody of its phone, unless a never-rule parts them."""
    loose = "same(phone) and (near(name, 0.88) or missing(a.name) or missing(b.name))"
    assert people(FRAME, rules(loose)) == [[1, 2, 3, 4], [5]]
    parted = people(FRAME, rules(loose, never=("differs(name) and not near(name, 0.8)",)))
    assert parted == [[1, 2, 4], [3], [5]]


def test_how_near_two_records_are_does_not_depend_on_which_of_them_is_a() -> None:
    """The weight decides what joins first where not everybody may: a pair that only fits turned round is no surer."""
    frame = records("""
        id  phone         name             birth_date
        1   +84912345678  Nguyen Thu Hoa   1990-01-01
        2   +84912345678  Nguyen Thu Hoan  -
    """)
    near = "same(phone) and near(name, 0.5)"
    sides = [
        f"{near} and missing({one}.birth_date) and not missing({other}.birth_date)"
        for one, other in ("ab", "ba")
    ]
    weights = [
        paired(LocalEngine(), LocalEngine().of(frame), COLUMNS, rules(asked)).edges["weight"].to_list()
        for asked in (near, *sides)
    ]
    assert weights[0] == weights[1] == weights[2]
    assert weights[0][0] < 1


def test_two_spellings_of_many_records_make_no_more_evidence_than_there_are_records() -> None:
    """A till's phone with "walk-in" in two spellings on 3,000 receipts each were nine million pairs."""
    base = records("""
        id  phone         name
        1   +84912345678  Nguyen Thu Hoa
        2   +84912345678  Nguyen Thu Hoan
    """)
    many = pl.concat([base[:1]] * 300 + [base[1:]] * 300)
    frame = many.with_columns(record_id=pl.int_range(1, 601, dtype=pl.Int64))
    asked = rules("same(phone) and near(name, 0.88)")
    found = paired(LocalEngine(), LocalEngine().of(frame), COLUMNS, asked).edges
    assert found.height <= 2 * 600
    assert len(people(frame, asked)) == 1


def test_amounts_are_compared_in_their_currency() -> None:
    """They are kept in ten-thousandths; who writes `<= 100` means a hundred."""
    types = {"balance": "money"}
    gap = Gap(Value("a", "balance"), Value("b", "balance"))
    near = (Condition(Ordered(-100.0, "<=", gap)), Condition(Ordered(gap, "<=", 100.0)))
    stored = pl.DataFrame({"balance": [5_000_000, 5_990_000, 7_000_000]})
    units = Units(stored.select(features([near], types).values()), types)
    assert units.met(near, np.array([0, 0]), np.array([1, 2]))[0].tolist() == [True, False]


def test_dates_are_compared_in_days() -> None:
    assert people(FRAME, rules("same(name) and -3 <= a.birth_date - b.birth_date <= 3")) == [
        [1, 5],
        [2],
        [3],
        [4],
    ]
    assert people(FRAME, rules('same(name) and a.birth_date < "1990-01-02" < b.birth_date')) == [
        [1, 5], [2], [3], [4],
    ]  # fmt: skip


def test_differs_needs_two_known_values() -> None:
    assert people(FRAME, rules("same(phone) and differs(name)")) == [[1, 2, 3], [4], [5]]
    assert people(FRAME, rules("same(phone) and not same(name)")) == [[1, 2, 3], [4], [5]]


def test_a_never_rule_holds_for_every_pair_of_the_cluster() -> None:
    """1–2–3 by phone; 1 and 3 must not meet through 2, who has no birth date."""
    frame = records("""
        id  phone         name     birth_date
        1   +84912345678  Thu Hoa  1990-01-01
        2   +84912345678  Thu Hoa  -
        3   +84912345678  Lan Mai  1960-01-01
    """)
    never = ("differs(birth_date) and not near(name, 0.95)",)
    found = resolved(frame, rules("same(phone)", never=never))
    assert partition(found.identity) == {frozenset({1, 2}), frozenset({3})}
    assert set(found.conflicts["reason"]) == {f"never: {never[0]}"}


def test_the_weakest_evidence_is_cut() -> None:
    """2 is nearer to 1 than to 3, whatever their ids are."""
    frame = records("""
        id  phone         name        birth_date
        3   +84912345678  Thu Hoaxx   1990-01-01
        2   +84912345678  Thu Hoax    -
        1   +84912345678  Thu Hoabbb  1960-01-01
    """)
    merge_plan = rules("same(phone) and near(name, 0.8)", never=("differs(birth_date)",))
    assert people(frame, merge_plan) == [[1], [2, 3]]


def test_a_pass_of_too_many_pairs_is_refused_with_its_key() -> None:
    rows = "\n".join(f"{i}  +84900000000  N{i} X" for i in range(200))
    frame = records(f"id  phone  name\n{rows}")
    engine = LocalEngine()
    with pytest.raises(ConfigError) as error:
        paired(engine, engine.of(frame), COLUMNS, rules("same(phone) and near(name, 0.9)"), budget=1_000)
    assert str(error.value).startswith(
        "merge.yaml:3:5: pass `p0` would compare 19,900 pairs of the same phone, more than 1,000"
    )


def test_pairs_of_the_nameless_and_the_named_count_record_by_record() -> None:
    """Of a till's phone half the receipts have no name: whoever has one is paired with every one of them."""
    rows = "\n".join(f"{i}  +84900000000  {'Lan Mai' if i % 2 else '-'}" for i in range(100))
    frame = records(f"id  phone  name\n{rows}")
    loose = rules("same(phone) and (near(name, 0.9) or missing(a.name))", keys=(Key("phone", None),))
    with pytest.raises(ConfigError) as error:
        paired(LocalEngine(), LocalEngine().of(frame), COLUMNS, loose, budget=1_000)
    assert "would compare 2,500 pairs of the same phone" in str(error.value)
    assert error.value.findings[0].hint == (
        "list what too many share under `ignore` of `phone`, or ask `same` of one more field"
    )
    assert paired(LocalEngine(), LocalEngine().of(frame), COLUMNS, loose, budget=2_500).edges.height >= 2_500


def test_a_block_of_too_many_is_split_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdptool.identity.pairing._LARGEST", 5)
    letters = "abcdefghij"
    rows = "\n".join(
        f"{i}  +84900000000  {letters[i // 2] * 3}son{'e' * (i % 2)} Lan{letters[i]}" for i in range(20 // 2)
    )
    found = resolved(records(f"id  phone  name\n{rows}"), rules("same(phone) and near(name, 0.85)"))
    assert [str(each) for each in found.findings] == [
        "merge.yaml:3:5: pass `p0`: 1 values of phone are shared by so many records"
    ]
    assert len(partition(found.identity)) < 10


def test_crowds_that_agree_in_all_are_compared_once() -> None:
    """Three thousand records of one phone and one name make one star, not 4.5 million pairs."""
    rows = "\n".join(f"{i}  +84900000000  Thu_Hoa" for i in range(3_000))
    found = resolved(records(f"id  phone  name\n{rows}"), rules("same(phone) and near(name, 0.9)"))
    assert len(partition(found.identity)) == 1
    assert found.edges.height == 2_999


ATOMS = (
    "near(name, 0.88)", "near(name, 0.8)", "same(name)", "differs(name)", "missing(name)", "missing(a.name)",
    "missing(b.email)", "missing(birth_date)", "differs(birth_date)", "near(birth_date, 0.9)",
    "a.birth_date < b.birth_date", "-40 <= a.birth_date - b.birth_date <= 40", "a.name == b.name",
    'a.birth_date != "1990-01-01"', "near(email, 0.9)",
)  # fmt: skip


def expression(rng: random.Random, depth: int = 2) -> str:
    """Tests joined by and, or, not."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(ATOMS)
    if rng.random() < 0.25:
        return f"not ({expression(rng, depth - 1)})"
    word = rng.choice((" and ", " or "))
    return "(" + word.join(expression(rng, depth - 1) for _ in range(2)) + ")"


def random_world(rng: random.Random, number: int) -> list[Version]:
    """A few record versions over few values; keys are this world's own."""
    pools = {
        "customer_id": [f"C{number}-{i}" for i in range(3)],
        "device_id": [None],
        "email": [f"mail{i}@w{number}.example" for i in range(3)],
        "phone": [f"+84{number:05d}{i}" for i in range(2)],
        "name": [" ".join(rng.sample(WORDS, rng.randint(1, 3))) for _ in range(4)],
        "birth_date": ["1990-01-01", "1990-01-31", "1960-01-01", "1990-02-01", "1991-01-02"],
    }
    density = {field: rng.choice([0.4, 0.7, 0.95]) for field in pools}
    return [
        {
            "record_id": number * 100 + record,
            "observed_at": rng.choice([None, f"2026-0{rng.randint(1, 4)}-01"]),
            "content": rng.randrange(1 << 40),
            **{f: rng.choice(pool) if rng.random() < density[f] else None for f, pool in pools.items()},
        }
        for record in range(rng.randint(2, 8))
        for _ in range(rng.choice([1, 1, 2]))
    ]


def random_rules(rng: random.Random, *, bound: bool) -> MergePlan:
    keys = ("phone", "email", "customer_id")
    passes = [f"same({rng.choice(keys)}) and {expression(rng)}" for _ in range(rng.randint(1, 2))]
    never = tuple(expression(rng) for _ in range(rng.randint(1, 2))) if bound else ()
    return rules(*passes, never=never)


def of_world(whole: Partition, world: list[Version]) -> Partition:
    ids = {version["record_id"] for version in world}
    return frozenset(part for part in whole if part & ids)


@pytest.mark.parametrize("seed", range(12 * ROUNDS))
def test_oracle_people_are_the_components_of_the_pairs_that_meet_a_pass(seed: int) -> None:
    rng = random.Random(seed)
    merge_plan = random_rules(rng, bound=False)
    worlds = [random_world(rng, number) for number in range(WORLDS)]
    found = partition(resolved(as_records(worlds), merge_plan).identity)
    for number, world in enumerate(worlds):
        expected = oracle.components(world, pair_oracle.agreeing(world, merge_plan))
        told = f"seed {seed}, world {number}: {[step.text for step in merge_plan.passes]}"
        assert of_world(found, world) == expected, told


@pytest.mark.parametrize("seed", range(15 * ROUNDS))
def test_oracle_never_rules_and_judgements_hold_through_clusters(seed: int, tmp_path: Path) -> None:
    """Nobody breaks one, nobody is needlessly apart; the order of the records and the buckets change nothing."""
    rng = random.Random(70_000 + seed)
    merge_plan = random_rules(rng, bound=True)
    worlds = [random_world(rng, number) for number in range(WORLDS)]
    said: dict[int, dict[tuple[int, int], str]] = {}
    for number, world in enumerate(worlds):
        ids = sorted({version["record_id"] for version in world})
        pairs = [tuple(sorted(rng.sample(ids, 2))) for _ in range(rng.choice([0, 0, 1, 2]))]
        said[number] = {(a, b): rng.choice(["POSITIVE", "NEGATIVE"]) for a, b in pairs}
    lines = tuple(judged(a, b, word) for words in said.values() for (a, b), word in words.items())
    merge_plan = MergePlan((), merge_plan.passes, merge_plan.never, judgements=lines)
    frame = as_records(worlds)
    found = resolved(frame, merge_plan)
    for number, world in enumerate(worlds):
        together = {pair for pair, word in said[number].items() if word == "POSITIVE"}
        apart = {pair for pair, word in said[number].items() if word == "NEGATIVE"}
        wrong = pair_oracle.faults(
            of_world(partition(found.identity), world), world, merge_plan, together, apart
        )
        told = [each.text for each in (*merge_plan.passes, *merge_plan.never)]
        assert wrong == [], f"seed {seed}, world {number}: {told}"
    if seed % 5 == 0:
        shuffled = frame.sample(fraction=1, shuffle=True, seed=seed)
        for n_buckets in (1, 3, 8):
            with BucketEngine(n_buckets, tmp_path / str(n_buckets)) as engine:
                again = resolved(shuffled, merge_plan, engine=engine)
            for name in ("identity", "edges", "conflicts"):
                assert getattr(again, name).equals(getattr(found, name)), f"seed {seed}: {name}"


def test_pairs_of_a_conditional_pass_are_barred_with_their_value() -> None:
    rows = "\n".join(f"{i}  K{i}  +84900000000  Thu_Hoa" for i in range(20))
    frame = records(f"id  customer_id  phone  name\n{rows}")
    merge_plan = rules(
        "same(phone) and near(name, 0.9)", keys=(Key("customer_id"), Key("phone", shared_by=6))
    )
    found = resolved(frame, merge_plan)
    assert len(partition(found.identity)) == 20
    assert set(found.conflicts["reason"]) == {"shared by too many people"}
    assert found.conflicts.select(pl.col("match_key").unique()).to_series().to_list() == ["phone"]
