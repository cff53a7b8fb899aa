"""The twelve rules of time and truth, and every trap that was met before (rules.md §5 and §10)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from cdptool.rules import Rule, RuleBook, frames
from cdptool.rules.aggregates import Rows
from tests.rules.books import answer, book, moment, rule, truths, values

LADDER = 'exists(cart["5h":"3h"].where(none(order["+"])))'


def test_the_cart_ladder_gives_the_answers_of_the_specification() -> None:
    """An order feed that stops at 13:45 leaves E undecided, so E gets no mail; with a full feed E is in."""
    given = {
        "cart": [
            {"who": 4, "at": "05:00"},
            {"who": 4, "at": "13:00"},
            {"who": 5, "at": "10:00"},
            {"who": 6, "at": "10:00"},
        ],
        "order": [{"who": 4, "at": "13:30"}, {"who": 6, "at": "10:20"}],
    }
    assert truths(LADDER, given=given, complete_until={"order": moment("13:45")}) == [False, None, False]
    assert truths(LADDER, given=given) == [False, True, False]


def test_a_cart_still_inside_its_three_hours_is_undecided() -> None:
    """Trap 1: none() became true because undecided rows were dropped as false."""
    given = {
        "cart": [
            {"who": 1, "at": "13:00"},
            {"who": 2, "at": "09:00"},
            {"who": 3, "at": "2026-11-21T11:00:00.000002"},
        ]
    }
    assert truths('exists(cart["7d"].where(none(order["+3h"])))', given=given) == [None, True, None]
    assert truths('none(cart["7d"].where(none(order["+3h"])))', given=given) == [None, False, None]
    assert truths('count(cart["7d"].where(exists(order["+3h"]))) == 0', given=given) == [None, True, None]


def test_a_forward_window_ends_before_its_length() -> None:
    """[row, row+3h): an order exactly 3 h later is outside, and the window is decided one microsecond before."""
    given = {"cart": [{"who": 1, "at": "09:00"}], "order": [{"who": 1, "at": "12:00"}]}
    assert truths('exists(cart.where(exists(order["+3h"])))', given=given) == [False]
    late = {"cart": [{"who": 1, "at": "2026-11-21T11:00:00.000001"}]}
    assert truths('exists(cart.where(none(order["+3h"])))', given=late) == [True]


def test_a_row_never_counts_itself() -> None:
    """Trap 2: a renewal rule found nobody because the anchor order counted itself."""
    given = {
        "order": [
            {"who": 1, "at": "2026-10-01", "sku": "s1"},
            {"who": 2, "at": "2026-10-01", "sku": "s1"},
            {"who": 2, "at": "2026-10-09", "sku": "s2"},
        ]
    }
    assert truths('exists(order.where(none(order["+"])))', given=given) == [True, True]
    assert truths('count(order.where(none(order["+"].where(sku.category == outer.sku.category)))) == 1', given=given) == [
        True, True]  # fmt: skip
    assert truths("exists(order.where(count(order) == 1))", given=given) == [False, True]


def test_two_rows_of_one_instant_see_each_other_both_ways() -> None:
    given = {"order": [{"who": 1, "at": "09:00"}, {"who": 1, "at": "09:00"}]}
    assert truths("count(order.where(count(order) == 1)) == 2", given=given) == [True]
    assert truths('count(order.where(count(order["+"]) == 1)) == 2', given=given) == [True]
    assert truths('count(order.where(exists(order["+1h"].where(at == outer.at)))) == 2', given=given) == [
        True
    ]


def test_at_moves_the_clock_and_hides_later_rows() -> None:
    """Trap 3: at() that only moved the clock saw later data."""
    given = {"order": [{"who": 1, "at": "2026-11-20T15:00"}, {"who": 2, "at": "2026-11-20T13:00"}]}
    assert truths('at("1d", exists(order))', given=given) == [False, True]
    assert truths('exists(order["2d"]) and not at("1d", exists(order["2d"]))', given=given) == [True, False]
    assert truths('at("1d", exists(order.where(none(order["+"]))))', given=given) == [False, True]
    assert values('at("1d", now) - now', given=given) == [-1.0, -1.0]


def test_rows_after_as_of_are_invisible() -> None:
    given = {"order": [{"who": 1, "at": "15:00", "total": 10}], "cart": [{"who": 1, "at": "12:00"}]}
    assert values("count(order)", given=given) == [0]
    assert truths('exists(cart.where(exists(order["+"])))', given=given) == [False]
    assert truths('exists(cart.where(exists(order["+4h"])))', given=given) == [None]


def test_division_by_zero_is_null_and_no_comparison_is_true() -> None:
    """Trap 4: 0/0 is NaN in Polars, and NaN >= 0.5 is true."""
    given = {"cart": [{"who": 1, "at": "09:00"}]}
    assert truths("count(order) / count(order) >= 0.5", given=given) == [None]
    assert truths("missing(count(cart) / count(order))", given=given) == [True]
    assert values("default(count(cart) / count(order), 7)", given=given) == [7.0]
    nan = {"order": [{"who": 1, "at": "09:00", "quantity": float("nan")}]}
    assert truths("max(order.quantity) > 1", given=nan) == [None]


def test_a_result_too_large_for_64_bits_is_null_and_not_another_number() -> None:
    """Whole numbers wrap: `points * 4_000 > 0` was false for who had the most points."""
    people = [{"profile_id": i, "points": points} for i, points in enumerate((3 * 10**15, -(10**18), 7))]
    assert values("points * 4_000", profiles=people) == [None, None, 28_000]
    assert truths("points * 4_000 > 0", profiles=people) == [None, None, True]
    assert values("points * 100 / 100", profiles=people) == [3e15, None, 7.0]
    assert values("points * 10 + points", profiles=people) == [33 * 10**15, None, 77]
    assert values("points * 9 - points * -9", profiles=people) == [54 * 10**15, None, 126]
    assert values("points * 0.5 * 1e300 * 1e300", profiles=people) == [None] * 3
    assert values("points * 1e300 / 1e-300", profiles=people) == [None] * 3


def test_an_amount_too_large_to_be_told_is_null() -> None:
    """As an amount of money it stopped the run, with the amount in the message."""
    given = {
        "order": [{"who": 1, "at": "09:00", "total": 4 * 10**18}, {"who": 2, "at": "09:00", "total": 20_000}]
    }
    people = [{"profile_id": 1, "points": 10**15}, {"profile_id": 2, "points": 3}]
    assert values("max(order.total) * 2.5", given=given) == [None, 50_000]
    assert values("max(order.total) + points", given=given, profiles=people) == [None, 50_000]
    assert truths("max(order.total) < points", given=given, profiles=people) == [None, True]
    assert truths("max(order.total) < 1e300", given=given) == [True, True]
    cut = {"complete_until": {"order": moment("08:00")}}
    assert truths("sum(order.total) * 4 > 1", given=given, **cut) == [None, None]


def test_a_pure_time_window_around_rows_pairs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 6: pairing 1.5 M carts with their orders explodes; only a correlated condition needs pairs."""

    paired: list[Rows] = []
    pairs, cart = frames._pairs, {"cart": [{"who": 1, "at": "09:00"}]}

    def counted(subjects: pl.LazyFrame, inner: pl.LazyFrame, rows: Rows) -> pl.LazyFrame:
        paired.append(rows)
        return pairs(subjects, inner, rows)

    monkeypatch.setattr(frames, "_pairs", counted)
    for pure in ('none(order["+3h"])', "count(order) == 1", 'at("2d", exists(order["30d"]))'):
        assert len(truths(f"exists(cart.where({pure}))", given=cart)) == 1
        assert not paired, pure
    truths("exists(cart.where(exists(order.where(sku < outer.sku))))", given=cart)
    assert paired


def test_the_customer_with_a_lost_and_a_converted_cart() -> None:
    """Trap 7: some cart was not followed by an order is not the same as no cart was followed by one."""
    given = {
        "cart": [{"who": 1, "at": "2026-11-10"}, {"who": 1, "at": "2026-11-15"}],
        "order": [{"who": 1, "at": "2026-11-15T01:00"}],
    }
    assert truths('exists(cart["30d"].where(none(order["+3h"])))', given=given) == [True]
    assert truths('none(cart["30d"].where(exists(order["+3h"])))', given=given) == [False]


def test_rolling_windows_leave_out_their_old_end_and_take_their_new_one() -> None:
    given = {"order": [{"who": 1, "at": "11:00"}, {"who": 2, "at": "14:00"}]}
    assert truths('exists(order["3h"])', given=given) == [False, True]
    assert truths('exists(order["5h":"3h"])', given=given) == [True, False]


def test_comparison_with_null_is_unknown_and_logic_is_three_valued() -> None:
    people = [{"profile_id": 1, "points": None}, {"profile_id": 2, "points": 3}]
    for line, expected in {
        "points > 2": [None, True],
        "not points > 2": [None, False],
        "points > 2 or true": [True, True],
        "points > 2 and false": [False, False],
        "points in [3]": [None, True],
        "points not in [3]": [None, False],
        "missing(points)": [True, False],
        "default(points, 0) == 0": [True, False],
        "1 <= points <= 2": [None, False],
    }.items():
        assert truths(line, profiles=people) == expected, line


def test_a_row_whose_condition_is_unknown_counts_perhaps() -> None:
    given = {
        "order": [{"who": 1, "at": "09:00", "channel": None}, {"who": 1, "at": "08:00", "channel": "store"}]
    }
    assert truths('count(order.where(channel == "store")) >= 1', given=given) == [True]
    assert truths('count(order.where(channel == "store")) >= 2', given=given) == [None]
    assert truths('count(order.where(default(channel, "") == "store")) >= 2', given=given) == [False]


def test_an_open_feed_leaves_counts_open_above() -> None:
    given = {
        "order": [{"who": 1, "at": "09:00", "total": 10_000}, {"who": 2, "at": "09:00", "total": 10_000}]
    }
    until = {"order": moment("13:00")}
    assert truths('count(order["30d"]) >= 1', given=given, complete_until=until) == [True, True]
    assert truths('count(order["30d"]) < 2', given=given, complete_until=until) == [None, None]
    assert truths('count(order["30d":"1h"]) < 2', given=given, complete_until=until) == [True, True]
    assert truths('sum(order.total["30d"]) >= 1', given=given, complete_until=until) == [None, None]
    assert truths("first(order.total) == 1", given=given, complete_until=until) == [True, True]
    assert truths("last(order.total) == 1", given=given, complete_until=until) == [None, None]


def test_first_last_and_mode_break_ties_by_time_then_id() -> None:
    given = {
        "order": [
            {"who": 1, "at": "09:00", "channel": "web"},
            {"who": 1, "at": "09:00", "channel": "store"},
            {"who": 1, "at": "08:00", "channel": None},
        ]
    }
    assert values("first(order.channel)", given=given) == ["web"]
    assert values("last(order.channel)", given=given) == ["store"]
    assert values("mode(order.channel)", given=given) == ["store"]
    assert values("nunique(order.channel)", given=given) == [2]


def test_the_order_of_rows_in_a_file_breaks_no_tie() -> None:
    ids = {9: "web", 1: "web", 5: "store", 7: "store"}
    given = {
        "order": [{"who": 1, "at": "09:00", "event_id": id_, "channel": name} for id_, name in ids.items()]
    }
    assert values("mode(order.channel)", given=given) == ["web"]
    assert values("first(order.channel)", given=given) == ["web"]
    assert values("last(order.channel)", given=given) == ["web"]


def test_money_compares_in_units_of_its_currency() -> None:
    given = {
        "order": [
            {"who": 1, "at": "09:00", "total": 50_000_000_000},
            {"who": 2, "at": "09:00", "total": 49_999_999_999},
        ]
    }
    assert truths('sum(order.total["90d"]) >= 5_000_000', given=given) == [True, False]
    assert truths("5_000_000 <= sum(order.total) + 0", given=given) == [True, False]
    assert truths("exists(order.where(total in [5_000_000]))", given=given) == [True, False]
    assert truths("sum(order.total) / 2 >= 2_500_000", given=given) == [True, False]
    assert truths("sum(order.total) / max(order.total) == 1", given=given) == [True, True]
    assert values("avg(order.total)", given=given) == [50_000_000_000, 49_999_999_999]


def test_amounts_of_two_currencies_have_no_sum() -> None:
    given = {
        "order": [
            {"who": 1, "at": "09:00", "total": 10, "total_currency": "VND"},
            {"who": 1, "at": "10:00", "total": 10, "total_currency": "USD"},
            {"who": 2, "at": "10:00", "total": 10, "total_currency": "USD"},
        ]
    }
    found = answer(book({"spent": "sum(order.total)"}, {"s": "spent >= 0"}), given=given)
    assert found["spent"].to_list() == [None, 10]
    assert found["spent_currency"].to_list() == [None, "USD"]
    assert found["s"].to_list() == [None, True]
    assert found["#mixed_currency"].to_list() == [True, False]


def test_references_fields_and_lists() -> None:
    given = {
        "cart": [
            {"who": 1, "at": "10:00", "sku": "s1", "price": 100_000},
            {"who": 2, "at": "10:00", "sku": "s9"},
        ]
    }
    people = [{"profile_id": 1, "city": "Huế", "emails": ["a@x"]}, {"profile_id": 2, "emails": None}]
    for line, expected in {
        'exists(cart["3d"].where(sku.price_now < price))': [True, None],
        'exists(cart.where(sku.category == "k1" and me.city == "Huế"))': [True, None],
        'exists(cart.where(city == "Huế"))': [True, None],
        '"a@x" in emails': [True, None],
        '"b@x" not in emails': [True, None],
        'matches(city, "^H")': [True, None],
        'city + "!" == "Huế!"': [True, None],
        "exists(cart.where(missing(sku.stock)))": [False, True],
    }.items():
        assert truths(line, given=given, profiles=people) == expected, line


def test_calendar_windows_are_of_the_projects_zone() -> None:
    """18:00 UTC on 31 October is 1 November in Ho Chi Minh City."""
    given = {"order": [{"who": 1, "at": "2026-10-31T18:00"}, {"who": 2, "at": "2026-10-31T16:00"}]}
    assert truths('exists(order["month"])', given=given) == [True, False]
    assert truths('exists(order["month-1"])', given=given) == [False, True]
    assert values("nunique(order.month)", given=given) == [1, 1]


def test_times_and_dates() -> None:
    given = {"order": [{"who": 1, "at": "2026-11-20T14:00"}]}
    people = [{"profile_id": 1, "born_on": date(1990, 5, 1)}]
    assert values("now - last(order.at)", given=given, profiles=people) == [1.0]
    assert truths("30 < now - last(order.at) <= 45", given=given, profiles=people) == [False]
    assert truths('born_on < "1990-05-02"', given=given, profiles=people) == [True]
    assert truths('last(order.at) >= "2026-11-20"', given=given, profiles=people) == [True]
    assert truths('last(order.at) < "2026-11-20T14:00:00+00:00"', given=given, profiles=people) == [False]
    assert truths("(now - born_on) / 365.25 >= 36", given=given, profiles=people) == [True]


def test_rules_name_rules_in_any_order_and_lines_are_a_waterfall() -> None:
    rules = book(
        {"spend": "sum(order.total)"},
        {"vip": ["big", "count(order) >= 2"], "big": "spend >= 2"},
    )
    given = {"order": [{"who": 1, "at": "09:00", "total": 20_000}, {"who": 2, "at": "09:00", "total": 10_000},
                       {"who": 2, "at": "10:00", "total": 10_000}]}  # fmt: skip
    found = answer(rules, given=given)
    assert found["vip#1"].to_list() == [True, True]
    assert found["vip#2"].to_list() == found["vip"].to_list() == [False, True]


def test_labels_give_the_first_line_that_is_true() -> None:
    lines = rule("tier", "count(order) >= 2", "points >= 5").lines
    tier = RuleBook(traits=(Rule("tier", lines, lines[0].place, ("gold", "silver")),))
    people = [{"profile_id": 1, "points": 9}, {"profile_id": 2, "points": None}, {"profile_id": 3, "points": 0},
              {"profile_id": 4, "points": None}]  # fmt: skip
    given = {"order": [{"who": 4, "at": "09:00"}, {"who": 4, "at": "10:00"}]}
    found = answer(tier, given=given, profiles=people)
    assert found.select("tier", "tier#known").rows() == [
        ("silver", True),
        (None, False),
        (None, True),
        ("gold", True),
    ]


@pytest.mark.parametrize(
    "line",
    [
        'exists(order["30d"])',
        'exists(order["180d":"30d"]) and none(order["30d"])',
        'exists(order["30d"].where(none(order)))',
        'exists(cart["37d":"7d"].where(exists(order["+7d"])))',
        'nunique(order.week["week-4":"week-1"]) >= 3',
        'exists(cart["72h":"3h"].where(none(order["+"]) and (sku.stock <= 5 or sku.price_now < price)))',
        'last(cart["5h":"3h"].where(none(order["+"])).cart_id) == "c1"',
        'exists(order["365d"].where(0.9*sku.stock <= now - at <= 1.5*sku.stock and none(order["+"].where(sku.category == outer.sku.category))))',
        "min(order.at.where(count(order) == 1)) - min(order.at) > 3",
    ],
)  # fmt: skip
def test_the_examples_of_the_specification_run(line: str) -> None:
    given = {
        "order": [{"who": 1, "at": "2026-11-01", "sku": "s1"}],
        "cart": [{"who": 1, "at": "10:00", "sku": "s1"}],
    }
    assert len(truths(line, given=given)) == 1
