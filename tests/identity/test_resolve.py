"""Who is one person: passes, versions, and what users of other tools complained about (field/peers.md)."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.engines import BucketEngine
from cdptool.identity import JUDGED, Previous
from cdptool.identity.spec import Key
from tests.frames import ROUNDS
from tests.identity.worlds import (
    NOTHING,
    as_records,
    golden,
    judged,
    partition,
    people,
    plan,
    random_plan,
    random_world,
    records,
    resolved,
)


def test_empty_values_link_nobody() -> None:
    """`identify(null)` merged a crowd (peers.md 3)."""
    frame = records("""
        id  email  phone  name
        1   -      -      Thu Hoa
        2   -      -      Thu Hoa
    """)
    assert people(frame, plan("email or phone")) == [[1], [2]]


def test_all_fields_of_a_branch_must_agree() -> None:
    frame = records("""
        id  phone         name
        1   +84912345678  Nguyễn Thu Hoà
        2   +84912345678  HOÀ NGUYỄN THU
        3   +84912345678  Trần Nam
        4   +84912345678  -
    """)
    assert people(frame, plan("phone + name")) == [[1, 2], [3], [4]]


def test_branches_and_passes_chain_different_keys() -> None:
    """1–2 by e-mail, 2–3 by number, 3–4 by phone: no fixed number of rounds leaves the chain apart."""
    frame = records("""
        id  email  customer_id  phone
        1   a@x.vn  -           -
        2   a@x.vn  C1          -
        3   -       C1          +84912345678
        4   -       -           +84912345678
    """)
    assert people(frame, plan("email or customer_id", "phone")) == [[1, 2, 3, 4]]


def test_a_previous_value_is_evidence() -> None:
    """Matching reads all versions (settled.md 3)."""
    frame = records("""
        id  at          email
        1   2025-01-01  old@x.vn
        1   2026-01-01  new@x.vn
        2   2026-01-01  old@x.vn
    """)
    assert people(frame, plan("email")) == [[1, 2]]


def test_fields_that_agree_in_different_versions_do_not_add_up() -> None:
    """A phone of 2025 with a name of 2026 was never held together."""
    frame = records("""
        id  at          phone         name
        1   2025-01-01  +84912345678  Thu Hoa
        1   2026-01-01  +84900000001  Thu Lan
        2   2026-01-01  +84912345678  Thu Lan
    """)
    assert people(frame, plan("phone + name")) == [[1], [2]]


def test_no_records_make_nobody() -> None:
    empty = records("""
        id  email
    """)
    found = resolved(empty, plan("email", keys=(Key("email", 3, 6), Key("device_id", attach_only=True))))
    assert found.identity.is_empty()
    assert found.edges.is_empty()
    assert all(frame.is_empty() for frame in golden(empty, plan("email"), found.identity))


def test_a_project_without_keys_merges_by_its_passes() -> None:
    frame = records("""
        id  name
        1   Thu Hoa
        2   Thu Hoa
    """)
    assert people(frame, plan("name", keys=())) == [[1, 2]]


def test_a_project_without_passes_joins_nobody_but_by_judgement_and_device() -> None:
    """`passes: []`, as `init` writes it where nothing joins, was a crash."""
    frame = records("""
        id  email   device_id
        1   a@x.vn  -
        2   a@x.vn  -
        3   b@x.vn  D1
        4   -       D1
    """)
    keys = (Key("email", limit=1), Key("device_id", attach_only=True))
    merge_plan = plan(keys=keys, judgements=(judged(1, 2, "POSITIVE"),))
    assert people(frame, plan(keys=(Key("email", shared_by=1),))) == [[1], [2], [3], [4]]
    assert people(frame, plan(keys=())) == [[1], [2], [3], [4]]
    assert people(frame, merge_plan) == [[1, 2], [3, 4]]


def test_one_phone_on_a_crowd_makes_no_giant() -> None:
    """134 rows share a till's phone and 81 people were one cluster, unmarked (peers.md 1, 2, 8: GoldenMatch)."""
    rows = "\n".join(f"{i}  K{i}  +84900000000" for i in range(134))
    frame = records(f"id  customer_id  phone\n{rows}")
    keys = (Key("customer_id", limit=1), Key("phone", shared_by=6))
    found = resolved(frame, plan("customer_id", "phone", keys=keys))
    assert len(partition(found.identity)) == 134
    assert set(found.conflicts["reason"]) == {"shared by too many people"}


def test_a_crowd_within_limits_takes_no_quadratic_time() -> None:
    """Without `shared_by`, 5,000 customers of one phone were compared each with each (12.5 million refusals)."""
    rows = "\n".join(f"{i}  K{i}  +84900000000" for i in range(5_000))
    frame = records(f"id  customer_id  phone\n{rows}")
    found = resolved(frame, plan("phone", keys=(Key("customer_id", limit=1), Key("phone"))))
    assert len(partition(found.identity)) == 5_000
    assert 4_999 <= found.conflicts.height <= 50_000


def test_every_cut_by_a_limit_is_told() -> None:
    """A silent limit loses people without a trace (peers.md 6)."""
    frame = records("""
        id  customer_id  email
        1   A            a@x.vn
        2   B            a@x.vn
        3   C            a@x.vn
    """)
    found = resolved(frame, plan("email", keys=(Key("customer_id", limit=1), Key("email"))))
    assert found.conflicts.select("record_id_l", "record_id_r", "match_key", "reason").rows() == [
        (1, 2, "email", "limit: at most 1 customer_id"),
        (1, 3, "email", "limit: at most 1 customer_id"),
        (2, 3, "email", "limit: at most 1 customer_id"),
    ]


def test_a_record_that_exceeds_a_limit_by_its_own_versions_still_finds_its_people() -> None:
    """Four e-mails over the years on one CRM row; the shop's record brings no new one."""
    frame = records("""
        id  at          customer_id  email
        1   2024-01-01  A            a@x.vn
        1   2025-01-01  A            b@x.vn
        1   2026-01-01  A            c@x.vn
        2   2026-01-01  -            a@x.vn
        3   2026-01-01  A            d@x.vn
    """)
    assert people(frame, plan("email or customer_id", keys=(Key("email", limit=2),))) == [[1, 2], [3]]


def test_a_limit_within_a_window_lets_years_pass() -> None:
    """Three phones over the years are a person's, three in a month are a crowd's."""
    frame = records("""
        id  at          customer_id  phone
        1   2024-01-01  A            +84912345671
        2   2025-01-01  A            +84912345672
        3   2026-01-01  A            +84912345673
        4   2026-01-05  A            +84912345674
    """)
    month = Key("phone", limit=1, per=30 * 86_400)
    found = resolved(frame, plan("customer_id", keys=(Key("customer_id"), month)))
    assert partition(found.identity) == {frozenset({1, 2, 3}), frozenset({4})}
    assert set(found.conflicts["reason"]) == {"limit: at most 1 phone in 30d"}


def test_a_stricter_rule_acts_on_what_was_merged_before() -> None:
    """Block lists and limits of other tools act on new data only (peers.md 13)."""
    frame = records("""
        id  customer_id  email
        1   A            a@x.vn
        2   B            a@x.vn
    """)
    loose = resolved(frame, plan("email"))
    strict = resolved(
        frame, plan("email", keys=(Key("customer_id", limit=1),)), Previous(loose.identity, loose.aliases)
    )
    assert partition(strict.identity) == {frozenset({1}), frozenset({2})}


def test_a_negative_judgement_splits_and_stays_split() -> None:
    """A split that the next run undoes is no split (peers.md 15, 17; GoldenMatch)."""
    frame = records("""
        id  email
        1   a@x.vn
        2   a@x.vn
        3   a@x.vn
    """)
    merged = resolved(frame, plan("email"))
    merge_plan = plan("email", judgements=(judged(3, 1, "NEGATIVE"),))
    split = resolved(frame, merge_plan, Previous(merged.identity, merged.aliases))
    again = resolved(frame, merge_plan, Previous(split.identity, split.aliases))
    assert partition(split.identity) == {frozenset({1, 2}), frozenset({3})}
    assert_frame_equal(again.identity, split.identity)
    assert (1, 3, "judged NEGATIVE") in split.conflicts.select("record_id_l", "record_id_r", "reason").rows()


def test_the_last_word_on_a_pair_counts_and_unsure_takes_it_back() -> None:
    frame = records("""
        id  name
        1   Thu Hoa
        2   Hoa Lan
    """)
    words = [judged(1, 2, "POSITIVE", "2026-01-01"), judged(2, 1, "UNSURE", "2026-02-01")]
    assert people(frame, plan("email", judgements=tuple(words[:1]))) == [[1, 2]]
    assert people(frame, plan("email", judgements=tuple(words))) == [[1], [2]]


def test_a_judgement_on_an_unknown_record_is_a_warning() -> None:
    frame = records("""
        id  email
        1   a@x.vn
    """)
    found = resolved(frame, plan("email", judgements=(judged(1, 9, "POSITIVE"),)))
    assert [finding.severity for finding in found.findings] == ["warning"]


def test_a_positive_judgement_takes_nobody_away_from_its_people() -> None:
    """1 and 3 have one customer number; that 2 with a mistyped birth date is judged the same changes nothing."""
    frame = records("""
        id  customer_id  birth_date
        1   A            1990-01-01
        2   -            1990-01-11
        3   A            1990-01-01
    """)
    merge_plan = plan("customer_id", never=("birth_date",), judgements=(judged(1, 2, "POSITIVE"),))
    assert people(frame, merge_plan) == [[1, 2, 3]]


def test_a_positive_judgement_that_a_negative_forbids_is_a_conflict_and_no_evidence() -> None:
    """1 = 2 and 2 = 3, but 1 ≠ 3: the first two words hold as far as they can."""
    frame = records("""
        id  email
        1   a@x.vn
        2   b@x.vn
        3   c@x.vn
    """)
    words = (judged(1, 2, "POSITIVE"), judged(2, 3, "POSITIVE"), judged(1, 3, "NEGATIVE"))
    found = resolved(frame, plan("email", judgements=words))
    assert partition(found.identity) == {frozenset({1, 2}), frozenset({3})}
    assert found.edges.select("record_id_l", "record_id_r", "match_key").rows() == [(1, 2, JUDGED)]
    assert found.conflicts.rows() == [(2, 3, "decisions", JUDGED, "judged NEGATIVE")]


def test_ids_do_not_change_when_a_smaller_record_arrives() -> None:
    """Ids that are the smallest record change with every import (peers.md 7, 8, 9)."""
    before = records("""
        id  email
        5   a@x.vn
        6   a@x.vn
    """)
    after = records("""
        id  email
        1   a@x.vn
        5   a@x.vn
        6   a@x.vn
    """)
    first = resolved(before, plan("email"))
    second = resolved(after, plan("email"), Previous(first.identity, first.aliases))
    assert set(second.identity["profile_id"]) == set(first.identity["profile_id"])
    assert second.aliases.is_empty()


def test_two_people_who_become_one_leave_an_alias() -> None:
    """Lists that hold the old id must still find the person (peers.md 9)."""
    apart = records("""
        id  email   phone
        1   a@x.vn  -
        2   a@x.vn  -
        3   -       +84912345678
    """)
    bridge = records("""
        id  email   phone
        4   a@x.vn  +84912345678
    """)
    first = resolved(apart, plan("email", "phone"))
    both = resolved(
        pl.concat([apart, bridge]), plan("email", "phone"), Previous(first.identity, first.aliases)
    )
    ids = dict(first.identity.iter_rows())
    assert both.aliases.rows() == [(ids[3], ids[1])]


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_oracle_shuffled_records_and_buckets_change_nothing(seed: int, tmp_path: Path) -> None:
    """Every frame of the result, bit for bit: whole, in 3 and 8 buckets, and shuffled (peers.md 10)."""
    rng = random.Random(20_000 + seed)
    merge_plan = random_plan(rng, bound=seed % 2 == 0)
    frame = as_records([random_world(rng, number) for number in range(30)])
    expected = resolved(frame, merge_plan)
    profiles = golden(frame, merge_plan, expected.identity)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=seed)
    for engine in (None, BucketEngine(3, tmp_path, slice_rows=50), BucketEngine(8, tmp_path)):
        found = resolved(shuffled, merge_plan, NOTHING, engine)
        for one, other in zip(expected[:4], found[:4], strict=True):
            assert_frame_equal(other, one)
        for one, other in zip(profiles, golden(shuffled, merge_plan, found.identity, engine), strict=True):
            assert_frame_equal(other, one)


@pytest.mark.parametrize("seed", range(4 * ROUNDS))
def test_oracle_merging_in_steps_makes_the_same_people_as_merging_at_once(seed: int) -> None:
    """
    Incremental equals full (peers.md 11, 12), whatever the order of arrival, with the registry carried along.

    Ids may differ by history; but each person has one, every id ever given leads to a living profile, and
    one more run changes nothing.
    """
    rng = random.Random(30_000 + seed)
    merge_plan = random_plan(rng, bound=seed % 2 == 0)
    frame = as_records([random_world(rng, number) for number in range(30)])
    arrival = frame.select("record_id").unique().sample(fraction=1, shuffle=True, seed=seed)["record_id"]
    previous, given = NOTHING, set()
    for step in range(1, 5):
        here = frame.filter(pl.col("record_id").is_in(arrival.head(arrival.len() * step // 4).implode()))
        found = resolved(here, merge_plan, previous)
        previous = Previous(found.identity, found.aliases)
        given |= set(found.identity["profile_id"])
    at_once = resolved(frame, merge_plan)
    assert partition(found.identity) == partition(at_once.identity)
    assert_frame_equal(found.edges, at_once.edges)
    assert_frame_equal(found.conflicts, at_once.conflicts)
    leads = dict(found.aliases.iter_rows())
    assert {leads.get(old, old) for old in given} <= set(found.identity["profile_id"])
    again = resolved(frame, merge_plan, previous)
    assert_frame_equal(again.identity, found.identity)
    assert_frame_equal(again.aliases, found.aliases)
