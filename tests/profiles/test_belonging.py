"""Stored rows meet the profiles of today."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from cdptool.profiles import last_versions, standing_versions, under_todays_ids, with_profile
from cdptool.tables import ALIASES
from tests.frames import table

INTEGERS = {
    name: pl.Int64()
    for name in ("event_id", "content", "record_id", "profile_id", "old_profile_id", "version_rank", "at")
}


def frame(text: str) -> pl.LazyFrame:
    return table(text, INTEGERS).lazy()


def test_of_two_versions_of_an_event_the_greater_rank_stays_then_the_later_then_the_greater_content():
    """Whatever the order. A version without a rank loses to one that has one."""
    rows = frame("""
        event_id  version_rank  at  content
        1         -             5   5
        1         -             5   9
        2         -             1   1
        3         -             9   7
        3         1             2   1
        3         -3            9   9
        4         -             6   1
        4         -             5   8
    """)
    expected = frame("""
        event_id  version_rank  at  content
        1         -             5   9
        2         -             1   1
        3         1             2   1
        4         -             6   1
    """)
    for given in (rows, rows.reverse()):
        assert_frame_equal(last_versions(given).sort("event_id"), expected)


def test_in_a_ledger_only_a_declared_correction_takes_a_row_out():
    rows = frame("""
        event_id  version_rank  content
        1         -             1
        1         -             2
        2         4             3
        2         4             4
        2         3             5
        2         -             6
    """)
    assert sorted(standing_versions(rows).collect()["content"]) == [1, 2, 3, 4]


def test_an_event_of_no_record_or_of_an_unmerged_one_belongs_to_nobody():
    rows = frame("""
        event_id  record_id
        1         10
        2         -
        3         77
    """)
    identity = frame("""
        record_id  profile_id
        10         1
        11         1
    """)
    assert with_profile(rows, identity).collect().rows() == [(1, 10, 1)]


def test_what_was_stored_under_an_old_id_counts_under_the_new_one():
    """Two people who became one may leave equal rows: the caller says whether they count once."""
    rows = frame("""
        profile_id  event_id
        1           7
        2           7
        3           8
    """)
    aliases = frame("""
        old_profile_id  profile_id
        2               1
    """)
    today = under_todays_ids(rows, aliases).sort("profile_id")
    assert today.collect().rows() == [(1, 7), (1, 7), (3, 8)]
    assert_frame_equal(under_todays_ids(rows, pl.LazyFrame(schema=ALIASES)), rows, check_row_order=False)
