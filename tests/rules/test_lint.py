"""A warning tells a slip that can be shown; right rules, and those that are only unusual, are left in peace."""

from __future__ import annotations

from dataclasses import replace
from operator import eq, ge, gt, le, lt, ne
from random import Random
from typing import Any, Final

import pytest

from cdptool.config.load import load_project
from cdptool.errors import Place
from cdptool.rules import RuleBook, check_rules, parse, unused_traits
from cdptool.rules.possible import Possible, Stretch, left_by, opposite
from tests.cli.transcripts import ROOT
from tests.rules.books import CATALOG, answer, book, rule

SIGNS: Final[dict[Any, Any]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
SLIPS = [
    ("count(order) >= 0", 1, "this is always true", "`count` is 0 or more"),
    ("0 > count(order)", 5, "this is never true", "`count` is 0 or more"),
    ("2 < count(order) < 3", 5, "this is never true together with what stands at 1:5", None),
    ('bucket("v1") < 10', 1, "this is always true", "`bucket` is at least 0 and below 1"),
    ("ntile(points, 10) == 11", 1, "this is never true", "`ntile` counts from 1 to 10 here"),
    ("30 * 3 < 30", 1, "this is never true", "both sides are spelled out"),
    ("points == points", 11, "this is always true", "both sides are the same"),
    ("city in []", 9, "this is never true", "the list is empty"),
    ('exists(order["30d"].where(now - at > 60))', 27, "this is never true", "the window holds what is 0 to 30 days old"),
    ('now - last(order["90d":"30d"].at) < 7', 1, "this is never true", "the window holds what is 30 to 90 days old"),
    ("points > 5 and points < 3", 16, "this is never true together with what stands at 1:1", None),
    ('city == "a" and city == "b"', 17, "this is never true together with what stands at 1:1",
     "no value is both; if either is meant, write `or` or `in [...]`"),
    ('city != "a" or city != "b"', 16, "this or what stands at 1:1 is always true",
     "no value fails both; if both are meant, write `and` or `not in [...]`"),
    ('exists(order["30d"]) and none(order["90d"])', 26, "this is never true together with what stands at 1:1",
     "the one window lies inside the other"),
    ("s0 and not s0", 8, "this is never true together with what stands at 1:1", None),
    ('exists(cart["7d"].where(none(order["+3h"])))', 8,
     "rows of this window may not be decided yet: a forward window after them is still open",
     'end the window earlier, such as cart["7d":"3h"]'),
    ('exists(cart["7d":"1h"].where(exists(order["+1h"].where(none(cart["+2h"])))))', 8,
     "rows of this window may not be decided yet: a forward window after them is still open",
     'end the window earlier, such as cart["7d":"3h"]'),
    ("exists(cart.where(none(order['+3h'])))", 8,
     "rows of this window may not be decided yet: a forward window after them is still open",
     'end the window 3h before now, such as cart["365d":"3h"]'),
    ('exists(cart["7d":"3d"].where(none(order["+"].where(none(cart["+2h"])))))', 8,
     "rows of this window may not be decided yet: a forward window after them is still open",
     'what "+" finds may be as young as now: give it a length, such as "+3h", and end the window so much earlier'),
    ('count(order["90d"]) == 0', 1, "segment `s1` only says what people did not do",
     "it holds everyone who never did anything; add what they did"),
]  # fmt: skip
RIGHT = [
    "1 <= count(order) <= 2",
    'bucket("v1") < 0.1 or bucket("v1") >= 0.9',
    "ntile(points, 10) == 10",
    "points >= 5 or missing(points)",
    "points > 5 or points < 3",
    'city in ["a", "b"] and city != "b"',
    'exists(order["90d"]) and none(order["30d"])',
    'exists(order["540d":"180d"]) and none(order["180d"])',
    'exists(order["90d"].where(channel == "web")) and none(order["90d"].where(channel == "store"))',
    'exists(order["90d"]) and none(order["90d"].where(channel == "store"))',
    'exists(cart["7d":"3h"].where(none(order["+3h"])))',
    'exists(cart["7d"].where(none(order["+"])))',
    'exists(cart["7d"].where(exists(order["2d":"1d"].where(none(cart["+3h"])))))',
    "exists(order.where(0.9 * sku.stock <= now - at <= 1.5 * sku.stock))",
    'exists(order["90d"].where(now - at > 60))',
    "30 < now - last(order.at) <= 45",
    "not missing(city)",
    "sum(order.total) >= 0",
    "s0 or not s0",
    'at("90d", s0) and not s0',
    'exists(order["30d"]) and not at("30d", exists(order["30d"]))',
]


@pytest.mark.parametrize(("line", "column", "problem", "hint"), SLIPS)
def test_a_slip_is_told_at_its_place(line: str, column: int, problem: str, hint: str | None) -> None:
    found = check_rules(RuleBook(segments=(rule("s0", "points > 7"), rule("s1", line))), CATALOG)
    assert [(each.problem, each.hint, each.severity) for each in found] == [(problem, hint, "warning")]
    assert str(found[0].place) == f"rules.yaml:1:{column}" or "only says" in problem


@pytest.mark.parametrize("line", RIGHT)
def test_a_right_rule_is_left_in_peace(line: str) -> None:
    assert check_rules(RuleBook(segments=(rule("s0", "points > 7"), rule("s1", line))), CATALOG) == ()


def test_the_example_project_has_no_warnings() -> None:
    assert load_project(ROOT / "configs", {}, {}).warnings == ()


def ladder(*windows: str) -> list[str]:
    lines = {
        f"rung_{i}": f"exists(cart[{window}].where(none(order['+'])))" for i, window in enumerate(windows)
    }
    return [each.problem for each in check_rules(book(segments=dict(lines)), CATALOG)]


def test_rungs_of_a_ladder_meet() -> None:
    assert ladder('"5h":"3h"', '"7h":"5h"', '"9h":"7h"') == []
    assert ladder('"5h":"3h"', '"8h":"6h"') == [
        "the window of `rung_1` leaves a gap of 1h to that of `rung_0`"
    ]
    assert ladder('"6h":"3h"', '"7h":"5h"') == ["the window of `rung_1` overlaps that of `rung_0` by 1h"]


def test_windows_that_hold_one_another_or_lie_far_apart_are_no_ladder() -> None:
    assert ladder('"14d"', '"90d"', '"365d"') == []
    assert ladder('"9h":"3h"', '"5h":"3h"', '"9h":"5h"') == []
    assert ladder('"35d":"25d"', '"65d":"55d"', '"95d":"85d"') == []


def test_a_label_that_an_earlier_line_takes_is_told() -> None:
    labelled = rule("tier", "points >= 5", "points >= 9 and city == 'x'")
    trait = type(labelled)("tier", labelled.lines, labelled.place, ("silver", "gold"))
    found = check_rules(RuleBook((trait,)), CATALOG)
    assert [each.problem for each in found] == [
        "label `gold` is never given: `silver` before it takes all of these"
    ]
    turned = type(labelled)("tier", labelled.lines[::-1], labelled.place, ("gold", "silver"))
    assert check_rules(RuleBook((turned,)), CATALOG) == ()


def test_two_rules_that_say_the_same_are_told_and_second_names_are_not() -> None:
    rules = book(
        segments={
            "a1": ["points > 3", 'city == "x"'],
            "b1": ['city == "x"', "points > 3"],
            "c1": "a1",
            "d1": "a1",
        }
    )
    assert [each.problem for each in check_rules(rules, CATALOG)] == ["segment `b1` says the same as `a1`"]


def test_rules_of_two_libraries_may_say_the_same() -> None:
    other = replace(rule("b1", "points > 3"), place=Place("library/rfm.yaml", 1, 1))
    assert check_rules(RuleBook(segments=(rule("a1", "points > 3"), other)), CATALOG) == ()


def test_traits_that_nothing_names_are_noted_in_one_line() -> None:
    rules = book({"u1": "count(order)", "u2": "count(cart)", "u3": "points"}, {"s1": "u1 > 3"})
    assert [str(each) for each in unused_traits(rules, ["u3"])] == [
        "rules.yaml:1:1: named by no rule and no export: trait `u2`"
    ]


def test_traits_of_a_library_are_used_when_they_are_wanted() -> None:
    made = replace(rule("u1", "points"), place=Place("library/rfm.yaml", 1, 1))
    uses = replace(rule("u2", "count(order) + own"), place=Place("library/rfm.yaml", 2, 1))
    assert list(unused_traits(RuleBook((rule("own", "points + 1"), made, uses)), [])) == []


def test_what_is_left_possible_agrees_with_trying_all_numbers() -> None:
    """An oracle: two comparisons contradict each other exactly where no number, half numbers included, meets both."""
    random, tried = Random(7), [each / 2 for each in range(-12, 13)]
    place = rule("r", "points").place
    for _ in range(2_000):
        pairs = [(random.choice([*SIGNS]), random.randint(-5, 5)) for _ in range(2)]
        left = [left_by(sign, parse(str(number), place)) for sign, number in pairs]
        met = [x for x in tried if all(SIGNS[sign](x, number) for sign, number in pairs)]
        assert left[0] is not None
        assert left[1] is not None
        assert left[0].meet(left[1]).is_empty == (not met), pairs
        others = [opposite(each) for each in left]
        assert others[0] is not None
        assert others[1] is not None
        covers = all(any(SIGNS[sign](x, number) for sign, number in pairs) for x in tried)
        assert others[0].meet(others[1]).is_empty == covers, pairs
    assert Possible(Stretch(2, 3, low_open=True, high_open=True), is_whole=True).is_empty


SIGNS_OF_RULES: Final = ("==", "!=", "<", "<=", ">", ">=")
WINDOWS: Final = ("", '["30d"]', '["90d"]', '["90d":"30d"]', '["60d":"30d"]', '["month"]', '["month-1"]')


def some_condition(random: Random) -> str:
    stream = random.choice(("order", "cart")) + random.choice(WINDOWS)
    if stream.startswith("order") and random.random() < 0.4:
        stream += random.choice(('.where(channel == "web")', ".where(quantity > 1)", ".where(now - at > 45)"))
    sign = random.choice(SIGNS_OF_RULES)
    return random.choice((
        f"exists({stream})", f"none({stream})", f"count({stream}) {sign} {random.randint(-1, 3)}",
        f"points {sign} {random.randint(0, 4)}", f"{random.randint(0, 3)} {sign} points",
        f'city {random.choice(("==", "!="))} "{random.choice("ab")}"', f'city in ["a", "{random.choice("bc")}"]',
        f"now - last({stream}.at) {sign} {random.choice((0, 20, 30, 90))}", "missing(city)",
    ))  # fmt: skip


def test_what_is_said_to_be_never_or_always_true_is_so() -> None:
    """Soundness: on random data no profile ever contradicts a warning."""
    random, kept = Random(11), dict[str, tuple[str, bool]]()
    for i in range(1_500):
        word = random.choice((" and ", " or ", ""))
        line = word.join(some_condition(random) for _ in range(2 if word else 1))
        problems = [each.problem for each in check_rules(book(segments={"s": line}), CATALOG)]
        whole = [each for each in problems if each.startswith("this ") and " true" in each]
        if not whole or (not word and "now - at" in line):
            continue  # what is never true inside `.where(…)` says nothing of the line
        is_always = "always true" in whole[0]
        if not word or ("stands at" in whole[0] and is_always == (word == " or ")):
            kept[f"s{i}"] = (line, is_always)
    given = {
        "order": [
            {"who": who, "at": f"2026-{random.randint(7, 11):02}-{random.randint(1, 21):02}T10:00", "quantity": float(random.randint(0, 3)), "channel": random.choice(("web", None))}
            for who in range(60)
            for _ in range(random.randint(0, 4))
        ],
        "cart": [{"who": who, "at": f"2026-{random.randint(8, 11):02}-15T10:00"} for who in range(0, 60, 3)],
    }  # fmt: skip
    profiles = [
        {
            "profile_id": who,
            "points": random.choice((0, 1, 2, 3, 4, 5, None)),
            "city": random.choice(("a", "b", "c", None)),
        }
        for who in range(60)
    ]
    answers = answer(
        book(segments={name: line for name, (line, _) in kept.items()}), given=given, profiles=profiles
    )
    assert len(kept) > 40
    for name, (line, is_always) in kept.items():
        assert (not is_always) not in answers[name].to_list(), line
