"""What is wrong with a book is said without data: all of it, each thing at its place, with the nearest name."""

from __future__ import annotations

import pytest

from cdptool.errors import ConfigError, Place
from cdptool.rules import RuleBook, Split, check_rules, evaluate_kernel, needs, order, parse, row_condition
from cdptool.rules.evaluate import StreamNeed
from cdptool.tables import Column, StreamSchema
from tests.rules.books import AS_OF, CATALOG, book, rule

LINES = [
    ("pionts > 3", 1, "unknown name `pionts`", "did you mean `points`?"),
    ('exists(ordr["3d"])', 8, "unknown stream `ordr`", "did you mean `order`?"),
    ("sum(order.totl) > 3", 11, "unknown column `totl` of stream `order`", "did you mean `total`?"),
    ("exists(order.where(sku.categry == 'k'))", 24, "unknown column `categry` of table `products`", "did you mean `category`?"),
    ('exists(order.where(channel.name == "x"))', 28, "`channel` refers to no table, so it has no `name`",
     "a column with `ref:` in project.yaml has the columns of that table"),
    ("points", 1, "this is a number, expected a condition", "compare it with something"),
    ('points > "3"', 10, "`>` does not fit a number and a text", "write the number without quotes"),
    ("city < 3 and pts == 1", 8, "`<` does not fit a text and a number", 'put quotes around it: "3"'),
    ("sum(order) > 3", 1, "`sum` does not fit whole rows", "name a column: sum(order.column)"),
    ("sum(order.channel) > 3", 1, "`sum` does not fit a text", "it adds numbers and money"),
    ('exists(order["+3h"])', 8, "a forward window is not allowed here", "it looks on from a row, inside `.where(…)`"),
    ("exists(order.where(at('1d', ranked) == 1))", 29, "`ranked` cannot be asked as of each row",
     "it ranks profiles, or asks for a trait inside `.where(…)`: name it outside of `at(…)`"),
    ("exists(order.where(at('1d', exists(cart.where(s0)))))", 47,
     "`s0` is asked inside rows that `at(…)` of another row hides",
     "ask for it outside of `at(…)`, or inside an `at(…)` of its own"),
    ("exists(order.where(outer.total > 3))", 20, "`outer` is not allowed here",
     "it names the enclosing row, two `.where(…)` deep"),
    ("ntile(city, 10) == 10", 7, "`ntile` does not rank a text", "it ranks numbers, money and times"),
    ("ntile(points, points) == 10", 15, "`ntile` takes a whole number from 2 to 100",
     "such as ntile(spend, 10), of which 10 is the highest tenth"),
    ("ntile(points, 101) == 10", 15, "`ntile` takes a whole number from 2 to 100",
     "such as ntile(spend, 10), of which 10 is the highest tenth"),
    ("exists(order.where(ntile(quantity, 10) == 10))", 20, "`ntile` ranks profiles, not rows",
     "name it as a trait outside, and ask for that trait here"),
    ("bucket(city) < 0.5", 8, "`bucket` takes a salt in quotes", 'such as bucket("winback-v1")'),
    ("exists(order.where(exists(cart.where(outer.outer.total > 3))))", 44, "`outer` is not allowed here",
     "it names the enclosing row, two `.where(…)` deep"),
    ("same(email)", 1, "`same` compares two records", "it belongs in the passes of merge.yaml"),
    ("missing(points > 3)", 9, "`missing` takes a value, found a condition",
     "such as missing(city); `not` asks whether a condition is not so"),
    ('matches(city, "(")', 15, "this is not a regular expression", "look-around and back references are not known"),
    ("matches(points, city)", 9, "`matches` takes a text, found a number", "compare it with ==, < or >"),
    ('born_on < "1/2/1990"', 11, "this text is not a date", "write it as 2026-01-31"),
    ("now + 3 > now", 1, "`+` does not fit a time and a number",
     "times subtract to a number of days, such as now - last(order.at) > 30"),
    ("points + city > 3", 10, "`+` does not fit a number and a text", "`+` adds two amounts, or joins two texts"),
    ("now > 3", 7, "`>` does not fit a time and a number",
     "times subtract to a number of days, such as now - last(order.at) > 30"),
    ('default(points, "x") > 3', 17, "`default` does not fit a number and a text",
     "the second stands where the first is missing: both are of one kind"),
    ('default(points, "x")', 17, "`default` does not fit a number and a text",
     "the second stands where the first is missing: both are of one kind"),
    ('default("x", points) == 3', 14, "`default` does not fit a text and a number",
     "the second stands where the first is missing: both are of one kind"),
    ('default(born_on, "x")', 18, "this text is not a date", "write it as 2026-01-31"),
    ('city in ["a", 3]', 15, "`in` does not fit a text and a number", 'put quotes around it: "3"'),
    ('emails == "x"', 11, "`==` does not fit a list and a text", 'ask whether it holds a text: "a" in emails'),
    ("order > 3", 1, "unknown name `order`",
     "it is a stream: ask for its rows in an aggregate, such as count(order)"),
    ("city == Paris", 9, "unknown name `Paris`",
     "names are those of fields, traits, segments and splits; a text stands in quotes"),
    ("me > 3", 1, "`me` needs a name after it", "write me.column"),
    ("points in city", 11, "`in` wants a list, found a text",
     'write `==`, or a list in square brackets: ["a", "b"]'),
    ("points in emails", 1, "the list holds texts, found a number",
     'put quotes around it, as in "0912" in phones'),
    ("[1, 2] == points", 1, "a list is not allowed here", "lists stand on the right of `in`"),
    ("total > 3", 1, "unknown name `total`",
     "it is a column of stream `order`: name it in an aggregate, such as last(order.total)"),
    ("-city == 3", 1, "`-` does not fit a text", "it turns numbers and money"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "problem", "hint"), LINES)
def test_a_fault_is_named_at_its_place(line: str, column: int, problem: str, hint: str | None) -> None:
    traits = (rule("ranked", "ntile(points, 4)"),)
    found = check_rules(RuleBook(traits, (rule("s0", "points > 1"), rule("s1", line))), CATALOG)
    first = next(each for each in found if each.problem == problem)
    assert (str(first.place), first.hint, first.severity) == (f"rules.yaml:1:{column}", hint, "error")


def test_all_faults_of_a_book_are_told_at_once() -> None:
    rules = RuleBook(
        segments=(rule("s", "pionts > 3 and ctiy == 'x'", column=20), rule("t", "exists(crat)", column=5))
    )
    assert [str(each) for each in check_rules(rules, CATALOG)] == [
        "rules.yaml:1:12: unknown stream `crat`",
        "rules.yaml:1:20: unknown name `pionts`",
        "rules.yaml:1:35: unknown name `ctiy`",
    ]


def test_a_sound_book_has_nothing_wrong() -> None:
    rules = book(
        {"spend": "sum(order.total)"},
        {"vip": ["spend >= 5", 'exists(order["30d"])'], "all": "vip or not vip"},
    )
    assert check_rules(rules, CATALOG) == ()


def test_cycles_are_errors_told_once() -> None:
    rules = book({"a": "default(b, 1)", "b": "c"}, {"s": "a > 1"})
    rules = RuleBook((*rules.traits, rule("c", "a + 1")), rules.segments)
    problems = [each.problem for each in check_rules(rules, CATALOG)]
    assert problems == ["`a` depends on itself: a → b → c → a"]


def test_a_rule_comes_after_the_rules_it_names() -> None:
    rules = book({"t": "count(order)"}, {"a": "b and t > 1", "b": "at('1d', c)", "c": "points > 1"})
    assert order(rules) == ("t", "c", "b", "a")


def test_a_name_means_one_thing() -> None:
    """Trap 8: inside `.where()` the row's column would silently win over a segment of that name."""
    rules = book({"points": "1", "now": "2", "channel": "3"}, {"s": 'exists(order.where(channel == "x"))'})
    rules = RuleBook((*rules.traits, rule("channel", "4")), rules.segments)
    problems = {each.problem for each in check_rules(rules, CATALOG)}
    assert problems >= {
        "`points` is also a profile field",
        "`now` cannot be the name of a rule",
        "`channel` is the name of two rules",
        "`channel` is a column of `order` and a rule",
    }


def test_warnings_name_what_is_probably_not_meant() -> None:
    rules = book(
        segments={"quiet": ['none(order["90d"])'], "soon": 'exists(cart["7d"].where(none(order["+3h"])))'}
    )
    found = check_rules(rules, CATALOG)
    assert {each.severity for each in found} == {"warning"}
    assert {each.problem for each in found} == {
        "segment `quiet` only says what people did not do",
        "rows of this window may not be decided yet: a forward window after them is still open",
    }
    evaluate_kernel(rules, CATALOG, as_of=AS_OF, complete_until={})


def test_what_says_that_something_is_there_is_no_negation() -> None:
    assert check_rules(book(segments={"known": "not missing(city) or not missing(points)"}), CATALOG) == ()


def test_a_book_with_faults_is_not_evaluated() -> None:
    with pytest.raises(ConfigError, match="unknown name"):
        evaluate_kernel(book({"t": "pionts"}), CATALOG, as_of=AS_OF, complete_until={})


def test_needs_are_the_columns_and_the_widest_window() -> None:
    rules = book(
        {"spend": 'sum(order.total["90d"].where(sku.category == "k1"))', "age": "default(points, 0)"},
        {
            "s": 'exists(cart["5h":"3h"].where(exists(order["30d"].where(total > outer.price)))) and at("10d", spend > 1)'
        },
    )
    found = needs(rules, CATALOG, AS_OF)
    assert found.fields == ("points",)
    assert found.tables == {"products": ("category", "sku")}
    assert found.streams["cart"].columns == ("price", "price_currency")
    assert found.streams["order"].columns == ("sku", "total", "total_currency")
    assert str(found.streams["order"].since) == "2026-08-13 14:00:00.000001+00:00"
    assert needs(book({"n": "count(order)"}), CATALOG, AS_OF).streams == {"order": StreamNeed((), None)}


def test_a_condition_over_single_rows_looks_at_nothing_else() -> None:
    sent = StreamSchema("sent", (Column("kind", "text"), Column("cost", "money")))
    place = Place("plan.yaml", 1, 1)
    for text in ("exists(sent)", "now > at", "count(sent) > 1", "kin == 'x'", "kind"):
        with pytest.raises(ConfigError):
            row_condition(parse(text, place), sent)


def _splits(
    *splits: tuple[str, str, dict[str, float]], by: tuple[str, ...] = (), sticky: bool = True
) -> RuleBook:
    place = Place("rules.yaml", 7, 3)
    made = tuple(Split(name, salt, tuple(arms.items()), place, by, sticky) for name, salt, arms in splits)
    return RuleBook(segments=(rule("s", "points > 1"),), splits=made)


@pytest.mark.parametrize(
    ("splits", "problem"),
    [
        (_splits(("offer", "v1", {"a": 0.5, "b": 0.4})), "the arms of split `offer` sum to 0.9, expected 1"),
        (_splits(("offer", "v1", {"a": 0.5, "b": 0.5}), ("other", "v1", {"a": 0.5, "b": 0.5})),
         "splits `offer` and `other` have one salt, so their arms go together"),
        (_splits(("offer", "v1", {"a": 0.5, "b": 0.5}), by=("ctiy",)),
         "split `offer` is by `ctiy`, which is no profile field"),
        (_splits(("offer", "v1", {"a": 0.5, "b": 0.5}), by=("city",), sticky=False),
         "split `offer` is by `city` and not sticky"),
        (_splits(("s", "v1", {"a": 0.5, "b": 0.5})), "`s` is the name of a split and of a rule"),
        (_splits(("city", "v1", {"a": 0.5, "b": 0.5})), "`city` is also a profile field"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_split(splits: RuleBook, problem: str) -> None:
    assert problem in [each.problem for each in check_rules(splits, CATALOG)]


@pytest.mark.parametrize(
    ("line", "column", "hint"),
    [
        ('offer != "holduot"', 10, "did you mean `holdout`?"),
        ('"x" == me.offer', 1, "its arms are `holdout`, `voucher`"),
        ('exists(order.where(offer in ["voucher", "vucher"]))', 41, "did you mean `voucher`?"),
    ],
)
def test_an_arm_that_no_split_has_is_named_at_its_place(line: str, column: int, hint: str) -> None:
    splits = _splits(("offer", "v1", {"holdout": 0.5, "voucher": 0.5})).splits
    (found,) = check_rules(RuleBook((), (rule("s", line),), splits), CATALOG)
    assert (str(found.place), found.hint) == (f"rules.yaml:1:{column}", hint)


def test_rows_of_a_whole_period_whose_rows_look_on_are_judged_too() -> None:
    """How old the rows of yesterday are has no one number; what they look on to may still be open."""
    rules = book(segments={"s": 'exists(cart["day-1"].where(none(order["+"].where(none(cart["+1d"])))))'})
    assert [each.severity for each in check_rules(rules, CATALOG)] == ["warning"]
