"""What a rule lacks is seen from what it reads: of an `and` all parts, of an `or` one, nothing of `default`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cdptool.rules import AtHand, Judge, Level, RuleBook, StreamAtHand, TableAtHand, Verdict
from tests.rules.books import AS_OF, CATALOG, book, moment, rule

CART = StreamAtHand(9, moment("2026-01-01T00:00"), moment("13:00"), moment("13:00"))
DATA = AtHand(
    as_of=AS_OF,
    streams={"cart": CART, "order": StreamAtHand(0)},
    tables={"products": TableAtHand(5, frozenset({"stock"}))},
    fields={"points": 3, "city": 0},
    fed=frozenset({"cart", "products"}),
)
CASES = [
    ("points > 3", Level.CAN, []),
    ("exists(cart)", Level.CAN, []),
    ('city == "x"', Level.CANNOT, ["no profile has `city`"]),
    ("missing(city)", Level.CAN, []),
    ('default(city, "x") == "x"', Level.PARTLY, ["no profile has `city`"]),
    ('points > 3 or city == "x"', Level.PARTLY, ["no profile has `city`"]),
    ('points > 3 and city == "x"', Level.CANNOT, ["no profile has `city`"]),
    ('exists(order) or city == "x"', Level.CANNOT, ["no source feeds stream `order`", "no profile has `city`"]),
    ("none(order)", Level.CANNOT, ["no source feeds stream `order`"]),
    ("exists(cart.where(sku.stock < 3))", Level.CANNOT, ["column `stock` of table `products` is always empty"]),
    ("exists(cart.where(sku.category == 'k' and none(order['+'].where(sku == outer.sku))))", Level.CANNOT,
     ["no source feeds stream `order`"]),
    ("exists(cart.where(me.city == 'x'))", Level.CANNOT, ["no profile has `city`"]),
    ('exists(cart["30m"])', Level.CANNOT, ["stream `cart` ends 2026-11-21 20:00, its window begins 2026-11-21 20:30"]),
    ('exists(cart["30d":"2h"])', Level.CAN, []),
    ('exists(cart["30d"])', Level.PARTLY, ["stream `cart` is known until 2026-11-21 20:00, its window ends 2026-11-21 21:00"]),
    ('exists(cart["3650d":"2h"])', Level.PARTLY, ["stream `cart` begins 2026-01-01, its window 2016-11-23"]),
    ('at("1d", exists(cart["30d"]))', Level.CAN, []),
]  # fmt: skip


def judged(line: str, data: AtHand = DATA) -> Verdict:
    return Judge(RuleBook(segments=(rule("s1", line),)), CATALOG, data).rule("s1")


@pytest.mark.parametrize(("line", "level", "why"), CASES)
def test_a_rule_lacks_what_it_reads_and_is_not_there(line: str, level: Level, why: list[str]) -> None:
    # A window up to now lies beyond what is known of a live feed; these cases are about other things.
    known = AS_OF if line == "exists(cart)" or "cart.where" in line else CART.known_until
    data = replace(DATA, streams={**DATA.streams, "cart": replace(CART, known_until=known)})
    verdict = judged(line, data)
    assert (verdict.level, [each.why for each in verdict.lacks]) == (level, why)


def test_empty_columns_and_references_that_lead_nowhere_are_told() -> None:
    def with_cart(**changes: object) -> AtHand:
        cart = replace(CART, known_until=None, **changes)  # type: ignore[arg-type]  # names of its fields
        return replace(DATA, streams={**DATA.streams, "cart": cart})

    line = "exists(cart.where(items > 3))"
    assert judged(line, with_cart()).level == Level.CAN
    assert judged(line, with_cart(empty=frozenset({"items"}))).level == Level.CANNOT
    line = "exists(cart.where(sku.category == 'k'))"
    assert judged(line, with_cart(strays={"sku": 0.004})).level == Level.CAN
    assert judged(line, with_cart(strays={"sku": 0.3})).level == Level.PARTLY
    assert judged(line, with_cart(strays={"sku": 1.0})).level == Level.CANNOT
    some = judged(line, with_cart(strays={"sku": 0.3})).lacks[0]
    assert some.why == "30% of the rows of stream `cart` name a `sku` that table `products` lacks"


def test_a_rule_lacks_what_the_rules_it_names_lack() -> None:
    rules = book({"n": "count(order)"}, {"a1": "n > 3", "b1": ["a1", "points > 1"], "c1": "points > 1"})
    judge = Judge(rules, CATALOG, DATA)
    assert {name: judge.rule(name).level.name for name in ("a1", "b1", "c1")} == {
        "a1": "CANNOT", "b1": "CANNOT", "c1": "CAN",
    }  # fmt: skip


def test_of_labels_one_is_enough() -> None:
    labelled = replace(rule("tier", 'city == "x"', "points > 3"), labels=("gold", "silver"))
    assert Judge(RuleBook((labelled,)), CATALOG, DATA).rule("tier").level == Level.PARTLY


def test_sessions_lack_what_their_events_lack() -> None:
    sessions = replace(DATA, made_of={"cart": "order"})
    assert [each.bring for each in judged("exists(cart)", sessions).lacks] == [
        "a source that feeds stream `order`"
    ]


def test_a_feed_that_ends_before_the_window_decides_nothing() -> None:
    """The verdict agrees with the bounds of the window, at each hour around its begin."""
    for hours in range(1, 200, 7):
        last = AS_OF - timedelta(hours=hours)
        data = replace(
            DATA, streams={"cart": StreamAtHand(1, datetime(2020, 1, 1, tzinfo=AS_OF.tzinfo), last)}
        )
        assert (judged('exists(cart["72h"])', data).level == Level.CANNOT) == (hours >= 72)
