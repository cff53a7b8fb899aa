"""Values that too many people share, counted by all other evidence."""

from __future__ import annotations

import pytest

from cdptool.identity.spec import Key
from tests.identity.worlds import people, plan, records, resolved

SHARED = (Key("customer_id"), Key("email"), Key("phone", shared_by=2))


def test_a_value_of_as_many_people_as_allowed_still_joins() -> None:
    frame = records("""
        id  email   phone
        1   a@x.vn  +84912345678
        2   b@x.vn  +84912345678
    """)
    assert people(frame, plan("email", "phone", keys=SHARED)) == [[1, 2]]


def test_a_value_of_more_people_identifies_nobody_and_is_told() -> None:
    frame = records("""
        id  email   phone         name
        1   a@x.vn  +84912345678  Thu Hoa
        2   b@x.vn  +84912345678  Thu Hoa
        3   c@x.vn  +84912345678  Thu Hoa
    """)
    found = resolved(frame, plan("email", "phone + name", keys=SHARED))
    assert found.identity["profile_id"].n_unique() == 3
    assert found.conflicts.rows() == [
        (1, 2, "p1", "phone + name", "shared by too many people"),
        (1, 3, "p1", "phone + name", "shared by too many people"),
    ]


def test_records_that_other_evidence_joins_are_one_person() -> None:
    """Five rows of two customers are two holders, not five."""
    frame = records("""
        id  email   phone
        1   a@x.vn  +84912345678
        2   a@x.vn  +84912345678
        3   a@x.vn  +84912345678
        4   b@x.vn  +84912345678
        5   b@x.vn  +84912345678
    """)
    assert people(frame, plan("email", "phone", keys=SHARED)) == [[1, 2, 3, 4, 5]]


def test_records_that_hold_nothing_else_are_one_person_together() -> None:
    """Ten till slips with a phone alone are no evidence of ten people."""
    frame = records("""
        id  email   phone
        1   a@x.vn  +84912345678
        2   -       +84912345678
        3   -       +84912345678
        4   -       +84912345678
    """)
    assert people(frame, plan("email", "phone", keys=SHARED)) == [[1, 2, 3, 4]]


def test_a_record_is_known_by_what_any_of_its_versions_holds() -> None:
    """The phone of last year and the e-mail of today belong to one record, so it is somebody."""
    frame = records("""
        id  at          email   phone
        1   2025-01-01  -       +84912345678
        1   2026-01-01  a@x.vn  -
        2   2025-01-01  -       +84912345678
        2   2026-01-01  b@x.vn  -
        3   2025-01-01  -       +84912345678
        3   2026-01-01  c@x.vn  -
    """)
    assert people(frame, plan("email", "phone", keys=SHARED)) == [[1], [2], [3]]


def test_what_a_barred_value_joined_in_part_is_no_conflict_within_one_person() -> None:
    """1 and 2 are one person by e-mail; that their phone is barred parts them from 3 and 4 only."""
    frame = records("""
        id  email   phone
        1   a@x.vn  +84912345678
        2   a@x.vn  +84912345678
        3   b@x.vn  +84912345678
        4   c@x.vn  +84912345678
    """)
    found = resolved(frame, plan("email", "phone", keys=SHARED))
    assert found.conflicts.select("record_id_l", "record_id_r").rows() == [(1, 3), (1, 4)]


@pytest.mark.parametrize(
    ("limit", "expected"), [(1, [[1], [2], [3]]), (2, [[1, 2], [3]]), (None, [[1, 2, 3]])]
)
def test_a_limit_counts_different_values_of_one_person(limit: int | None, expected: list[list[int]]) -> None:
    frame = records("""
        id  customer_id  email
        1   A            a@x.vn
        2   B            a@x.vn
        3   C            a@x.vn
    """)
    assert people(frame, plan("email", keys=(Key("customer_id", limit),))) == expected


def test_never_compares_the_latest_version_only() -> None:
    """A corrected birth date no longer parts anybody."""
    frame = records("""
        id  at          email   birth_date
        1   2025-01-01  a@x.vn  1990-01-11
        1   2026-01-01  a@x.vn  1990-01-01
        2   2026-01-01  a@x.vn  1990-01-01
        3   2026-01-01  a@x.vn  1990-01-11
        4   2026-01-01  a@x.vn  -
    """)
    assert people(frame, plan("email", never=("birth_date",))) == [[1, 2, 4], [3]]
