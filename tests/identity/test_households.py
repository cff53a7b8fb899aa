"""Households: who lives with whom, what is no household, and ids that stay."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.config.forms import Reading
from cdptool.config.households import when
from cdptool.config.reader import Scalar
from cdptool.engines import BucketEngine, LocalEngine
from cdptool.errors import ConfigError, Place
from cdptool.identity.households import KnownHouseholds, LivingTogether, households, with_households
from cdptool.identity.spec import Households, Key, MergePlan
from cdptool.ids import printed_id
from cdptool.tables import HOUSEHOLD_ALIASES, HOUSEHOLDS, IDENTITY, Column
from tests.frames import ROUNDS, table
from tests.identity.household_oracle import Parts, living_together

COLUMNS = (
    Column("name", "person_name"),
    Column("phone", "phone"),
    Column("address", "address"),
    Column("city", "text"),
)
TYPES = {"id": pl.Int64(), **dict.fromkeys([column.name for column in COLUMNS], pl.String())}
PLACE = Place("merge.yaml", 7, 9)
FAMILY = "same(family_name) and (same(phone) or same(address) and same(city))"


def rule(text: str = FAMILY, limit: int = 4) -> Households:
    reading = Reading({"field": {column.name: column.type for column in COLUMNS}})
    return Households(*when(Scalar(text, False, PLACE, PLACE), reading), limit, PLACE)


def plan(text: str = FAMILY, limit: int = 4, keys: tuple[Key, ...] = ()) -> MergePlan:
    return MergePlan(keys, (), households=rule(text, limit))


def profiles(text: str) -> pl.DataFrame:
    """Golden profiles from a text table; `id` is the profile."""
    header = text.strip().splitlines()[0].split()
    given = table(text, {name: TYPES[name] for name in header})
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in TYPES.items() if name not in header]
    return given.with_columns(missing).rename({"id": "profile_id"})


def known(frame: pl.DataFrame, before: LivingTogether | None = None, identity: Any = None) -> KnownHouseholds:
    """Every profile has two records of its own, unless told otherwise."""
    ids = frame["profile_id"]
    now = pl.DataFrame(
        {"record_id": pl.concat([ids * 10, ids * 10 + 1]), "profile_id": pl.concat([ids, ids])}
    )
    if before is None:
        empty = pl.DataFrame(schema=HOUSEHOLDS), pl.DataFrame(schema=HOUSEHOLD_ALIASES)
        return KnownHouseholds(now, pl.DataFrame(schema=IDENTITY), *empty)
    return KnownHouseholds(now, identity, before.members, before.aliases)


def found(frame: pl.DataFrame, merge_plan: MergePlan, given: KnownHouseholds | None = None) -> LivingTogether:
    return households(LocalEngine(), frame, COLUMNS, merge_plan, given or known(frame))


def parts(result: LivingTogether) -> Parts:
    groups = result.members.group_by("household_id").agg("profile_id")["profile_id"].to_list()
    return frozenset(frozenset(group) for group in groups)


def together(result: LivingTogether) -> list[list[int]]:
    return sorted(sorted(part) for part in parts(result) if len(part) > 1)


def test_a_family_of_one_phone_lives_together_and_a_name_alone_joins_nobody() -> None:
    frame = profiles("""
        id  name            phone
        1   Nguyễn Thu Hoà  +84912345678
        2   Nguyễn Văn Nam  +84912345678
        3   Trần Thị Lan    +84912345678
        4   Nguyễn Thu Hoà  +84900000001
    """)
    assert together(found(frame, plan())) == [[1, 2]]
    assert together(found(frame, plan("same(phone)"))) == [[1, 2, 3]]


def test_a_building_is_no_household_nor_are_families_of_one_name_in_it() -> None:
    """Five people share the address, three of them a name: more than four people live there, so nobody can tell who with whom."""
    rows = "\n".join(
        f"{i}  {name}  1_Main_Street  Huế"
        for i, name in enumerate(["Nguyễn_An", "Nguyễn_Bình", "Nguyễn_Chi", "Lê_An", "Lê_Bình"])
    )
    frame = profiles(f"id  name  address  city\n{rows}").with_columns(
        pl.col("name", "address").str.replace_all("_", " ")
    )
    result = found(frame, plan())
    assert together(result) == []
    assert set(result.links["reason"]) == {"more than 4 people share it"}
    assert set(result.links["n_shared"]) == {5}
    assert together(found(frame, plan(limit=5))) == [[0, 1, 2], [3, 4]]


def test_a_chain_of_families_is_cut_where_most_people_share() -> None:
    frame = profiles("""
        id  name  phone         address
        1   A     +84900000001  -
        2   B     +84900000001  x
        3   C     +84900000002  x
        4   D     +84900000002  x
    """)
    cut = found(frame, plan("same(phone) or same(address)", limit=3))
    assert together(cut) == [[1, 2], [3, 4]]
    assert set(cut.links["reason"].drop_nulls()) == {"it would make a household of more than 3"}


def test_what_merging_does_not_trust_makes_no_household_either() -> None:
    frame = profiles("""
        id  name  phone
        1   A     +84900000001
        2   B     +84900000001
        3   C     +84900000002
        4   D     +84900000002
        5   E     +84900000002
    """)
    ignored = plan("same(phone)", keys=(Key("phone", ignore=("+84900000001",)),))
    assert together(found(frame, ignored)) == [[3, 4, 5]]
    assert together(found(frame, plan("same(phone)", keys=(Key("phone", shared_by=2),)))) == [[1, 2]]


def test_every_profile_has_a_household_and_its_size() -> None:
    frame = profiles("""
        id  name  phone
        1   A     +84900000001
        2   B     +84900000001
        3   C     -
    """)
    result = found(frame, plan("same(phone)"))
    shown = with_households(frame, result.members)
    assert shown["household_size"].to_list() == [2, 2, 1]
    assert shown["household_id"].to_list() == [
        printed_id(number, "h") for number in result.members["household_id"]
    ]
    assert together(found(frame, MergePlan((), ()))) == []


def test_an_expression_may_ask_more_than_equal_values() -> None:
    frame = profiles("""
        id  name     phone         address
        1   Lê_An    +84900000001  12_Lê_Lợi_P._Bến_Nghé
        2   Lê_Bình  +84900000001  12_Lê_Lợi_Bến_Nghé
        3   Lê_Chi   +84900000001  9_Hai_Bà_Trưng
    """).with_columns(pl.col("name", "address").str.replace_all("_", " "))
    assert together(found(frame, plan("same(phone) and near(address, 0.9)"))) == [[1, 2]]


def test_an_id_stays_with_most_of_the_records_and_the_other_leads_there() -> None:
    """Two households become one; then a profile is merged away: the household of its records stays."""
    apart = profiles("""
        id  name  phone
        1   A     +84900000001
        2   B     +84900000001
        3   C     +84900000002
    """)
    first = found(apart, plan("same(phone)"))
    ids = dict(first.members.iter_rows())
    moved = apart.with_columns(phone=pl.lit("+84900000001"))
    second = found(moved, plan("same(phone)"), known(moved, first, known(apart).identity))
    assert set(second.members["household_id"]) == {ids[1]}
    assert dict(second.aliases.iter_rows()) == {ids[3]: ids[1]}
    merged = apart.filter(pl.col("profile_id") != 1)
    identity = known(apart).identity.with_columns(pl.col("profile_id").replace({1: 2}))
    given = known(merged, first, known(apart).identity)._replace(identity=identity)
    third = found(merged, plan("same(phone)"), given)
    assert dict(third.members.iter_rows()) == {2: ids[1], 3: ids[3]}


def test_a_name_alone_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        rule("same(phone) or same(family_name) and near(address, 0.9)")
    assert str(error.value).startswith("merge.yaml:7:9: a name alone makes no household")


@pytest.mark.parametrize("seed", range(30 * ROUNDS))
def test_oracle_households_are_the_slow_ones_of_every_pair(seed: int, tmp_path: Path) -> None:
    """30 × 20 worlds; shuffled and in buckets the same, ids and all."""
    rng = random.Random(40_000 + seed)
    streets = ("same(phone)", "same(phone) or same(address)", "same(address) and same(family_name)")
    merge_plan = plan(rng.choice([FAMILY, *streets]), rng.choice([2, 3, 4]))
    declared = merge_plan.households
    assert declared is not None
    worlds = [[person(rng, world, i) for i in range(rng.randint(1, 14))] for world in range(20)]
    schema = {"profile_id": pl.Int64(), **dict(list(TYPES.items())[1:])}
    frame = pl.DataFrame([one for people in worlds for one in people], schema=schema)
    result = found(frame, merge_plan)
    for number, people in enumerate(worlds):
        compared = [{**one, "family_name": (one["name"] or "").split(" ")[0] or None} for one in people]
        expected = living_together(compared, declared.branches, declared.limit, ("name", "family_name"))
        mine = frozenset(part for part in parts(result) if min(part) // 100 == number)
        assert mine == expected, f"seed {seed}, world {number}"
    check_ids(result, frame, merge_plan, rng)
    if seed % 6 == 0:
        shuffled = frame.sample(fraction=1, shuffle=True, seed=seed)
        with BucketEngine(3, tmp_path) as engine:
            again = households(engine, shuffled, COLUMNS, merge_plan, known(frame))
        for one, other in zip(result, again, strict=True):
            assert_frame_equal(one, other)


def check_ids(result: LivingTogether, frame: pl.DataFrame, merge_plan: MergePlan, rng: random.Random) -> None:
    """The next merge of the same profiles keeps every id; where some are gone, households that lost nobody keep theirs."""
    identity = known(frame).identity
    again = found(frame, merge_plan, known(frame, result, identity))
    assert_frame_equal(again.members, result.members)
    assert again.aliases.is_empty()
    gone = rng.sample(frame["profile_id"].to_list(), frame.height // 20)
    stay = frame.filter(~pl.col("profile_id").is_in(gone))
    later = found(stay, merge_plan, known(stay, result, identity))
    before, now = dict(result.members.iter_rows()), dict(later.members.iter_rows())
    for part in parts(result) & parts(later):
        assert {before[one] for one in part} == {now[one] for one in part}


def person(rng: random.Random, world: int, number: int) -> dict[str, Any]:
    """Somebody of few families, phones and streets, all of them this world's own."""
    pools = {
        "name": [f"{family} {given}" for family in ("Nguyễn", "Trần") for given in ("An", "Bình")],
        "phone": [f"+849{world:04d}000{i}" for i in range(5)],
        "address": [f"{i} Street {world}" for i in range(5)],
        "city": ["Huế", "Hà Nội"],
    }
    values = {name: rng.choice(pool) if rng.random() < 0.7 else None for name, pool in pools.items()}
    return {"profile_id": world * 100 + number, **values}
