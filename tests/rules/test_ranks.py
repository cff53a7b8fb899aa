"""Ranks over all profiles, shares by salt, and what rows may ask: of traits, of earlier moments, of rows further out."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from cdptool.errors import ConfigError
from cdptool.rules import Question, answer_kernel, needs
from cdptool.rules.ranks import cut_points, ranked
from cdptool.rules.values import Value
from tests.rules.books import AS_OF, CATALOG, answer, book, moment, truths, values


def bought(**totals: int) -> dict[str, list[dict[str, Any]]]:
    """One order of each customer `c1`, `c2`, … with this total."""
    orders = [{"who": int(who[1:]), "at": "09:00", "total": total} for who, total in totals.items()]
    return {"order": orders}


def test_equal_values_share_a_bucket_whatever_the_order_of_rows() -> None:
    """Trap 5: ntile by file order put equal values into two buckets."""
    given = bought(c1=10, c2=20, c3=20, c4=20, c5=30)
    assert values("ntile(sum(order.total), 5)", given=given) == [1, 2, 2, 2, 5]
    for seed in range(4):
        mixed = {"order": random.Random(seed).sample(given["order"], 5)}
        assert values("ntile(sum(order.total), 5)", given=mixed) == [1, 2, 2, 2, 5]


def test_a_bucket_is_the_share_of_those_with_less() -> None:
    totals = {f"c{i}": i for i in range(1, 101)}
    assert values("ntile(sum(order.total), 10)", given=bought(**totals)) == [
        (i - 1) // 10 + 1 for i in range(1, 101)
    ]


def test_who_has_no_value_has_no_rank_and_moves_nobody() -> None:
    people = [{"profile_id": i, "points": points} for i, points in enumerate((5, None, 7, None), 1)]
    assert values("ntile(points, 2)", profiles=people) == [1, None, 2, None]
    assert truths("missing(ntile(points, 2))", profiles=people) == [False, True, False, True]


def test_times_are_ranked_as_well() -> None:
    given = {"order": [{"who": 1, "at": "09:00"}, {"who": 2, "at": "10:00"}, {"who": 3, "at": "11:00"}]}
    assert values("ntile(last(order.at), 3)", given=given) == [1, 2, 3]


def test_a_rank_is_known_only_if_no_late_row_can_change_it() -> None:
    """The feed is short by an hour: each sum may still be anything, each count may still grow."""
    given = {"order": [{"who": who, "at": "09:00", "total": 10} for who in (1, 2, 2, 2)]}
    late = {"order": moment("13:00")}
    assert values("ntile(sum(order.total), 2)", given=given, complete_until=late) == [None, None]
    assert values("ntile(count(order), 2)", given=given, complete_until=late) == [None, None]
    assert truths("ntile(count(order), 2) <= 2", given=given, complete_until=late) == [True, True]
    assert values('ntile(count(order["30d":"2h"]), 2)', given=given, complete_until=late) == [1, 2]


def test_a_rank_of_the_past_is_among_the_values_of_the_past() -> None:
    given = {
        "order": [
            {"who": 1, "at": "2026-06-01", "total": 10},
            {"who": 2, "at": "2026-06-01", "total": 20},
            {"who": 1, "at": "2026-11-01", "total": 90},
        ]
    }
    rules = book({"rank": "ntile(sum(order.total), 2)"}, {"fallen": 'at("90d", rank == 2) and rank == 1'})
    assert answer(rules, given=given).select("rank", "fallen").rows() == [(2, False), (1, True)]


def test_a_rank_of_ranks_waits_for_them() -> None:
    given = bought(c1=10, c2=20, c3=30, c4=40)
    rules = book({"one": "ntile(sum(order.total), 4)", "two": "ntile(-one, 2)", "three": "two + one"})
    assert answer(rules, given=given)["three"].to_list() == [3, 4, 4, 5]


def test_two_currencies_are_not_ranked_together() -> None:
    given = bought(c1=10, c2=20)
    given["order"][0]["total_currency"] = "USD"
    with pytest.raises(ConfigError, match="two currencies") as refused:
        values("ntile(sum(order.total), 2)", given=given)
    assert str(refused.value.findings[0].place) == "rules.yaml:1:7"


def test_a_kernel_that_ranks_wants_its_cut_points() -> None:
    """Alone it would rank the profiles of one hash bucket among themselves."""
    with pytest.raises(ValueError, match="cut points"):
        answer_kernel(Question(book({"t": "ntile(points, 2)"}), CATALOG, AS_OF), {})


@pytest.mark.parametrize("seed", range(30))
def test_the_bucket_of_every_possible_world_lies_in_the_interval(seed: int) -> None:
    """Values between bounds that may be missing: whatever they turn out to be, the bucket was allowed for."""
    rng = random.Random(seed)
    bounds = []
    for _ in range(rng.randint(1, 9)):
        low, width = rng.randrange(6), rng.choice((0, 0, 0, 2, 5))
        bounds.append((low, low + width, rng.choice((False, False, False, None, True))))
    frame = pl.DataFrame(bounds, schema={"lo": pl.Int64, "hi": pl.Int64, "empty": pl.Boolean}, orient="row")
    n = rng.choice((2, 3, 5))
    value = ranked(Value("number", pl.col("lo"), pl.col("hi"), pl.col("empty")), cut_points(frame, n))
    told = frame.select(lo=value.lo, hi=value.upper).rows()
    for _ in range(60):
        world = [
            None if empty or (empty is None and rng.random() < 0.5) else rng.randint(low, high)
            for low, high, empty in bounds
        ]
        there = [each for each in world if each is not None]
        for seen, (low, high) in zip(world, told, strict=True):
            if seen is not None:
                assert low <= 1 + sum(other < seen for other in there) * n // len(there) <= high, (
                    bounds,
                    world,
                )


def test_a_share_depends_on_the_profile_and_the_salt_and_never_changes() -> None:
    people = [{"profile_id": i} for i in range(1, 2_001)]
    shares = values('bucket("winback-v1")', profiles=people)
    assert shares[:2] == [0.013188778953071134, 0.8631152913267018]
    assert all(0 <= share < 1 for share in shares)
    assert sum(share < 0.3 for share in shares) / 2_000 == pytest.approx(0.3, abs=0.03)


def test_a_trait_inside_where_is_the_profiles_own() -> None:
    given = {
        "order": [{"who": 1, "at": "2026-03-01", "total": 40}, {"who": 2, "at": "2026-03-01", "total": 90}],
        "cart": [{"who": who, "at": "08:00", "price": 50} for who in (1, 2, 3)],
    }
    rules = book(
        {"dearest": "max(order.total)", "n_dear": "count(cart.where(price > default(dearest, 0)))"},
        {"buyer": "exists(order)", "cart_of_buyer": "exists(cart.where(buyer and n_dear == 0))"},
    )
    found = answer(rules, given=given)
    assert found.select("n_dear", "cart_of_buyer").rows() == [(1, False), (0, True), (1, False)]


def test_a_trait_inside_where_inside_at_is_as_of_then() -> None:
    given = {
        "order": [{"who": 1, "at": "2026-11-21T13:00", "total": 9}],
        "cart": [{"who": 1, "at": "2026-11-01", "price": 5}],
    }
    rules = book(
        {"spent": "sum(order.total)"}, {"dear": "exists(cart.where(price > spent))", "then": 'at("1d", dear)'}
    )
    assert answer(rules, given=given).select("dear", "then").rows() == [(False, True)]


def test_at_inside_where_moves_the_clock_of_the_row_and_hides_what_is_later() -> None:
    """An order on the 10th that nothing preceded by the 8th, though something did on the 9th."""
    given = {"order": [{"who": 1, "at": "2026-11-09"}, {"who": 1, "at": "2026-11-10"}]}
    for line, expected in {
        'count(order.where(at("2d", none(order))))': 2,
        'count(order.where(at("12h", none(order))))': 1,
        'count(order.where(at("1d", exists(order))))': 1,
        'count(order.where(at("12h", exists(order["+"]))))': 0,
        'count(order.where(at("12h", now) < at))': 2,
        'count(order.where(at("12h", exists(order.where(none(order["+"]))))))': 1,
    }.items():
        assert values(line, given=given) == [expected], line


def test_a_segment_is_asked_as_of_each_row() -> None:
    """Who was gold the day before they left a cart."""
    given = {
        "order": [{"who": 1, "at": "2026-11-05", "total": 9}, {"who": 2, "at": "2026-11-20", "total": 9}],
        "cart": [{"who": 1, "at": "2026-11-10"}, {"who": 2, "at": "2026-11-10"}],
    }
    rules = book(
        {"spent": 'sum(order.total["30d"])'},
        {"gold": "spent * 10_000 >= 9", "was_gold": 'exists(cart.where(at("1d", gold)))'},
    )
    assert answer(rules, given=given).select("gold", "was_gold").rows() == [(True, True), (True, False)]


def test_outer_names_the_rows_further_out() -> None:
    """A cart followed by an order of its article, before which the same article was bought at another channel."""
    given = {
        "cart": [{"who": who, "at": "2026-11-10", "sku": "s1"} for who in (1, 2)],
        "order": [
            {"who": 1, "at": "2026-11-01", "sku": "s1"},
            {"who": 1, "at": "2026-11-11", "sku": "s2"},
            {"who": 2, "at": "2026-11-01", "sku": "s3"},
            {"who": 2, "at": "2026-11-11", "sku": "s2"},
        ],
    }
    line = 'exists(cart.where(exists(order["+"].where(exists(order.where(sku == outer.outer.sku))))))'
    assert truths(line, given=given) == [True, False]
    other = 'exists(cart.where(exists(order["+"].where(exists(order.where(sku != outer.sku and sku == outer.outer.sku))))))'
    assert truths(other, given=given) == [True, False]


def test_outer_knows_the_calendar_of_the_row_around() -> None:
    given = {"order": [{"who": 1, "at": "2026-10-31T16:00"}, {"who": 1, "at": "2026-10-31T18:00"}]}
    assert values("count(order.where(exists(order.where(month == outer.month))))", given=given) == [0]
    assert values("count(order.where(exists(order.where(year == outer.year))))", given=given) == [1]


def test_what_rows_ask_of_traits_is_needed_too() -> None:
    rules = book({"dearest": 'max(order.total["365d"])'}, {"s": "exists(cart.where(price > dearest))"})
    found = needs(rules, CATALOG, AS_OF)
    assert found.streams["order"].columns == ("total", "total_currency")
    assert found.streams["cart"].columns == ("price", "price_currency")
