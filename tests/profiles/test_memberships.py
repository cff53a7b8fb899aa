"""Memberships, traits, sizes and changes are made of a rule book's answers."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from cdptool.profiles import changes, memberships, sizes, traits, undecided, waterfall
from cdptool.tables import MEMBERSHIPS
from tests.frames import table
from tests.rules.books import answer, book, moment

BOOK = book(
    {"n": "count(order)", "spend": "sum(order.total)"},
    {"vip": ["n >= 1", "n >= 2"], "quiet": 'none(order["1h"])'},
)
GIVEN = {
    "order": [
        {"who": 1, "at": "09:00", "total": 10_000},
        {"who": 1, "at": "09:30", "total": 10_000},
        {"who": 2, "at": "13:50", "total": 5},
    ]
}
PEOPLE = [{"profile_id": each} for each in (3, 1, 2)]


def test_members_are_in_or_unknown_and_who_is_out_has_no_row() -> None:
    found = answer(BOOK, given=GIVEN, profiles=PEOPLE, complete_until={"order": moment("13:55")})
    expected = table(
        """
        segment  profile_id  state    is_known
        quiet    1           unknown  false
        quiet    3           unknown  false
        vip      1           in       true
        vip      2           unknown  false
        vip      3           unknown  false
        """,
        MEMBERSHIPS,
    )
    assert_frame_equal(memberships(found.lazy(), BOOK).collect(), expected)
    assert undecided(expected) == {"quiet": 2, "vip": 2}
    counted_in = memberships(found.lazy(), BOOK, unknown="in").collect()
    assert_frame_equal(counted_in, expected.with_columns(pl.lit("in").alias("state")))
    assert (sizes(counted_in), undecided(counted_in)) == ({"quiet": 2, "vip": 3}, undecided(expected))


def test_a_table_of_before_does_not_say_what_is_known_and_its_state_does() -> None:
    before = table(
        """
        segment  profile_id  state    is_known
        vip      1           in       -
        vip      2           unknown  -
        """,
        MEMBERSHIPS,
    )
    assert (sizes(before), undecided(before)) == ({"vip": 1}, {"vip": 1})


def test_traits_say_whether_they_are_known() -> None:
    found = answer(BOOK, given=GIVEN, profiles=PEOPLE, complete_until={"order": moment("13:55")})
    assert traits(found.lazy(), BOOK).collect().rows(named=True)[0] == {
        "profile_id": 1, "n": None, "n_is_known": False,
        "spend": None, "spend_currency": "VND", "spend_is_known": False,
    }  # fmt: skip
    full = traits(answer(BOOK, given=GIVEN, profiles=PEOPLE).lazy(), BOOK).collect()
    assert full.select("n", "spend", "spend_currency").rows() == [
        (2, 20_000, "VND"),
        (1, 5, "VND"),
        (0, 0, None),
    ]


def test_a_waterfall_counts_each_line() -> None:
    found = answer(BOOK, given=GIVEN, profiles=PEOPLE)
    assert waterfall(found.lazy(), BOOK).collect().rows() == [
        ("vip", 0, 3, 0),
        ("vip", 1, 2, 0),
        ("vip", 2, 1, 0),
        ("quiet", 0, 3, 0),
        ("quiet", 1, 2, 0),
    ]


def test_changes_are_a_function_of_two_moments() -> None:
    def state(*rows: tuple[str, int, str]) -> pl.LazyFrame:
        rows_known = [(*row, row[-1] == "in") for row in rows]
        return pl.LazyFrame(rows_known, schema=MEMBERSHIPS, orient="row")

    before = state(("a", 1, "in"), ("a", 2, "in"), ("a", 3, "unknown"), ("a", 4, "unknown"), ("a", 5, "in"))
    after = state(("a", 1, "in"), ("a", 3, "in"), ("a", 5, "unknown"), ("a", 6, "in"))
    assert changes(before, after).collect().rows() == [
        ("a", 2, "left"),
        ("a", 3, "entered"),
        ("a", 4, "ruled_out"),
        ("a", 5, "became_unknown"),
        ("a", 6, "entered"),
    ]
    assert changes(after, after).collect().is_empty()


def test_a_book_without_segments_has_no_members() -> None:
    rules = book({"n": "count(order)"})
    found = answer(rules, given=GIVEN)
    assert memberships(found.lazy(), rules).collect().schema == pl.Schema(MEMBERSHIPS)
    assert waterfall(found.lazy(), rules).collect().is_empty()


def test_who_was_in_does_not_enter_again_because_a_second_self_was_unknown() -> None:
    """Two profiles became one: before, under the id of today, it is in and unknown."""

    def state(*rows: tuple[str, int, str]) -> pl.LazyFrame:
        return pl.LazyFrame([(*row, True) for row in rows], schema=MEMBERSHIPS, orient="row")

    before = state(("a", 1, "unknown"), ("a", 1, "in"), ("a", 2, "in"), ("a", 2, "in"))
    assert changes(before, state(("a", 1, "in"), ("a", 2, "in"))).collect().is_empty()
    assert changes(before, state(("a", 2, "in"))).collect().rows() == [("a", 1, "left")]
