"""Rules as sentences: a table of expressions, and what a rule reads."""

from __future__ import annotations

import pytest

from cdptool.errors import Place
from cdptool.rules import parse
from cdptool.rules.reads import reads_of
from cdptool.rules.windows import Calendar, Forward, Rolling
from cdptool.rules.wording import condition_in_words, value_in_words
from tests.rules.books import CATALOG, book

SEGMENTS = frozenset({"vip"})


def said(text: str) -> str:
    return condition_in_words(parse(text, Place("a")), SEGMENTS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vip", "they are in `vip`"),
        ("not vip", "they are not in `vip`"),
        ("not (a and b)", "it is not so that (`a` is true and `b` is true)"),
        ("a and (b or not missing(c))", "`a` is true and (`b` is true, or `c` is known)"),
        ('city in ["Huế", "Vinh"]', "`city` is one of “Huế”, “Vinh”"),
        ('"a@b.vn" not in emails', "“a@b.vn” is not among `emails`"),
        ("1 < n < 3", "`n` is more than 1 and less than 3"),
        ("3 >= n > 1", "`n` is at most 3 and more than 1"),
        ("30 < now - last_at <= 45", "the number of days since `last_at` is more than 30 and at most 45"),
        ("a == b < 3", "`a` is `b` and `b` is less than 3"),
        ('status in ["failed"]', "`status` is “failed”"),
        ("ntile(spend, 10) == 10",
         "the part that `spend` falls in (of 10 equal parts of all who have one, 1 is the lowest) is 10"),
        ("born_on >= now - 30", "`born_on` is at least 30 days before now"),
        ('matches(city, "^H")', '`city` matches the pattern "^H"'),
        ('at("90d", vip)', "they were in `vip` 90 days earlier"),
        ('at("90d", n > 1)', "90 days earlier, `n` is more than 1"),
        ('none(order["day-1"])', "there is no row of `order` in the day before this one"),
        ('exists(order["month-4":"month-2"])', "there is a row of `order` from the month 4 months ago to the month 2 months ago"),
        ('count(order["24h"]) >= 2', "the number of rows of `order` in the last 24 hours is at least 2"),
        ('exists(cart.where(none(order["+2h"].where(sku == outer.sku))))',
         "there is a row of `cart` at any time where (there is no row of `order` in the 2 hours from then where"
         " (`sku` is that of the row around it))"),
        ("exists(cart.where(none(order.where(sku.category == outer.sku.category and total < outer.price))))",
         "there is a row of `cart` at any time where (there is no row of `order` before it where"
         " (the `category` of `sku` is that of the row around it and `total` is less than that of the row around it, `price`))"),
        ('exists(order.where(none(order["36500d":"1s"])))',
         "there is a row of `order` at any time where (there is no row of `order` until 1 second before it)"),
        ("exists(order.where(count(order) == 1 and now - at < 3))",
         "there is a row of `order` at any time where (the number of rows of `order` before it is 1 and the number of days since its time is less than 3)"),
        ("exists(order.where(city == me.city))",
         "there is a row of `order` at any time where (`city` is the profile's `city`)"),
    ],
)  # fmt: skip
def test_conditions_become_clauses(text: str, words: str) -> None:
    assert said(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('last(order["week"].where(total > 5).sku.category)',
         "the last the `category` of `sku` of the rows of `order` in this week so far where (`total` is more than 5)"),
        ("default(points, 0) * (1 + bonus)", "`points` (or 0 where it is empty) times (1 plus `bonus`)"),
        ("-points", "minus `points`"),
        ("ntile(spend, 10)", "the part that `spend` falls in (of 10 equal parts of all who have one, 1 is the lowest)"),
        ("last(order.at)", "the time of the last row of `order`"),
        ('min(order.at["90d"])', "the time of the first row of `order` in the last 90 days"),
        ("max(order.at.where(n > 1)) - first(order.at)",
         "the number of days from the first row of `order` to the last row of `order` where (`n` is more than 1)"),
        ('sum(order.total["30d"]) / count(order["30d"])',
         "(the sum of `total` over the rows of `order` in the last 30 days) divided by (the number of rows of `order` in the last 30 days)"),
        ("sum(order.total)", "the sum of `total` over all rows of `order`"),
        ("count(order)", "the number of rows of `order`"),
        ("now - rhythm", "now minus `rhythm`"),
        ("seen_at - born_on", "the number of days from `born_on` to `seen_at`"),
        ("vip", "`vip`"),
        ("exists(order)", "whether there is a row of `order` at any time"),
    ],
)  # fmt: skip
def test_values_become_phrases(text: str, words: str) -> None:
    assert value_in_words(parse(text, Place("a")), SEGMENTS) == words


def test_what_a_rule_reads_is_followed_through_the_rules_it_names() -> None:
    rules = book(
        {"spend": 'sum(order.total["90d"].where(sku.category == "k1"))'},
        {
            "big": "spend > 5 and points >= 3",
            "all": 'big and exists(cart["month"].where(none(order["+"].where(sku == outer.sku)) and items > me.points))',
        },
    )
    reads = reads_of(rules.rules()["all"], rules, CATALOG)
    assert [(each.stream, each.columns, each.windows) for each in reads.streams] == [
        ("cart", ("items", "sku"), (Calendar("month"),)),
        ("order", ("sku", "total"), (Rolling(90 * 86_400), Forward())),
    ]
    assert (reads.fields, reads.tables, reads.rules) == (("points",), ("products.category",), ("big",))
    alone = reads_of(rules.rules()["big"], rules, CATALOG)
    assert (alone.rules, [each.stream for each in alone.streams]) == (("spend",), ["order"])
