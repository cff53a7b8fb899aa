"""Devices attach anonymous records to a known person and never join two known people (peers.md 4)."""

from __future__ import annotations

from cdptool.identity.spec import Key
from tests.identity.worlds import judged, partition, people, plan, records, resolved

KEYS = (Key("email"), Key("customer_id"), Key("device_id", attach_only=True))


def test_a_device_never_joins_two_known_people() -> None:
    """A family tablet; what was done on it anonymously belongs to neither, and that is told."""
    frame = records("""
        id  email   device_id
        1   a@x.vn  D1
        2   b@x.vn  D1
        3   -       D1
        4   -       D1
    """)
    found = resolved(frame, plan("email", keys=KEYS))
    assert partition(found.identity) == {frozenset({1}), frozenset({2}), frozenset({3, 4})}
    reason = "held by 2 known people: attached to none"
    assert found.conflicts.rows() == [
        (1, 3, "attach", "device_id", reason),
        (1, 4, "attach", "device_id", reason),
    ]


def test_an_anonymous_record_follows_the_one_known_holder() -> None:
    frame = records("""
        id  email   device_id
        1   -       D1
        2   a@x.vn  D1
        3   a@x.vn  -
        4   -       D2
        5   -       D2
    """)
    found = resolved(frame, plan("email", keys=KEYS))
    assert partition(found.identity) == {frozenset({1, 2, 3}), frozenset({4, 5})}
    assert found.edges.select("record_id_l", "record_id_r", "pass", "match_key").rows() == [
        (1, 2, "attach", "device_id"),
        (2, 3, "p0", "email"),
        (4, 5, "attach", "device_id"),
    ]


def test_attaching_never_takes_a_record_out_of_what_a_pass_joined() -> None:
    """1 and 2 are one by name and birth date; the device of 2 carries both to its owner (settled.md 7)."""
    frame = records("""
        id  email   device_id  name     birth_date
        1   -       -          Thu Hoa  1990-01-01
        2   -       D1         Thu Hoa  1990-01-01
        3   a@x.vn  D1         -        -
    """)
    assert people(frame, plan("email", "name + birth_date", keys=KEYS)) == [[1, 2, 3]]


def test_a_judgement_wins_over_a_device_of_two_people() -> None:
    """Somebody said whose the anonymous record is; that two people share the device does not undo it."""
    frame = records("""
        id  email   device_id
        1   a@x.vn  D1
        2   b@x.vn  D1
        3   -       D1
    """)
    assert people(frame, plan("email", keys=KEYS, judgements=(judged(2, 3, "POSITIVE"),))) == [[1], [2, 3]]


def test_a_negative_judgement_keeps_a_device_away_from_its_only_holder() -> None:
    frame = records("""
        id  email   device_id
        1   a@x.vn  D1
        2   -       D1
    """)
    found = resolved(frame, plan("email", keys=KEYS, judgements=(judged(1, 2, "NEGATIVE"),)))
    assert partition(found.identity) == {frozenset({1}), frozenset({2})}
    assert found.conflicts.rows() == [(1, 2, "attach", "device_id", "judged NEGATIVE")]


def test_a_never_rule_holds_for_attaching_too() -> None:
    """Two anonymous visitors of one device with different birth dates: only the first may be its owner."""
    frame = records("""
        id  email   device_id  birth_date
        1   a@x.vn  D1         -
        2   -       D1         1990-01-01
        3   -       D1         1960-01-01
    """)
    assert people(frame, plan("email", keys=KEYS, never=("birth_date",))) == [[1, 2], [3]]
