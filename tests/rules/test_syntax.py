"""Text to nodes and back; what is not in the grammar is refused at its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdptool.errors import ConfigError, Place
from cdptool.rules.syntax import parse, to_text

PLACE = Place("rules.yaml", 4, 10)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ('count(order["90d"])>=3', 'count(order["90d"]) >= 3'),
        ('exists(cart["5h":"3h"].where(none(order["+"])))',) * 2,
        ('sum(order["90d"].total)', 'sum(order.total["90d"])'),
        ('last(cart["5h":"3h"].where(none(order["+"])).cart_id)',
         'last(cart.cart_id["5h":"3h"].where(none(order["+"])))'),
        ("1 <= n <= 2",) * 2,
        ("a and (b or not c) and d",) * 2,
        ("(a and b) and c",) * 2,
        ("not (a and b)",) * 2,
        ("(a + b) * -2 - (c - d) / e",) * 2,
        ("-a * 3", "-a * 3"),
        ("-(5)", "-5"),
        ("2 - -5",) * 2,
        ("0.9 * sku.renewal_days <= now - at", "0.9 * sku.renewal_days <= now - at"),
        ('sku in ["s1", "s2"]',) * 2,
        ('"a@x" not in emails',) * 2,
        ("x == true", "x == true"),
        ("spend >= 5000000", "spend >= 5_000_000"),
        ('at("90d", gold) and none(order["90d"])',) * 2,
        ('nunique(order.week["week-4":"week-1"]) >= 3',) * 2,
        ('exists(order["month"].where(x).where(y))', 'exists(order["month"].where(x and y))'),
        (r'matches(email, "^\\d+@")', r'matches(email, "^\\d+@")'),
        ('city == "Huế"',) * 2,
        ("a\n  and b", "a and b"),
        ('exists(order["720h"])', 'exists(order["30d"])'),
        ('same(phone) and near(name, 0.88) and missing(a.name)',) * 2,
    ],
)  # fmt: skip
def test_a_line_prints_back_to_its_canonical_text(text: str, canonical: str) -> None:
    node = parse(text, PLACE)
    assert to_text(node) == canonical
    assert parse(canonical, PLACE) == node
    assert hash(parse(canonical, PLACE)) == hash(node)


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ('__import__("os")', 10, "`__import__` is not allowed here"),
        ("a and (lambda: 1)", 17, "a function of one's own is not allowed here"),
        ("a if b else c", 12, "`if … else` is not allowed here"),
        ("a is b", 12, "`is` is not allowed here"),
        ("a == b is not c", 17, "`is not` is not allowed here"),
        ("x == None", 15, "`None` is not allowed here"),
        ("x == b'y'", 15, "this constant is not allowed here"),
        ("x ** 2 > 1", 12, "`**` is not allowed here"),
        ('(x == "ế") & y', 21, "`&` is not allowed here"),
        ("+x > 3", 10, "`+` is not allowed here"),
        ("x > 3, y", 15, "a comma is not allowed here"),
        ('x in ("a", "b")', 15, "a list in round brackets is not allowed here"),
        ('x in {"a", "b"}', 15, "a list in braces is not allowed here"),
        ('x in ["a" "b"]', 20, "a second text is not allowed here"),
        ("x == 'it''s'", 19, "a second text is not allowed here"),
        ("f'{x}'", 10, "a text with values inside is not allowed here"),
        ("[x for x in y]", 10, "a loop is not allowed here"),
        ("x := 3", 12, "cannot read this"),
        ("sku in [a]", 18, "this in a list is not allowed here"),
        ('order["90d"]', 16, "a window is not allowed here"),
        ("order.where(x)", 16, "`.where(…)` is not allowed here"),
        ("count(order).total", 23, "`.total` is not allowed here"),
        ("count(order.where(x, y))", 31, "`.where(…)` takes one condition, found 2"),
        ('count("order")', 16, "a text is not allowed here"),
        (
            'count(order["5h":"3 h"])',
            27,
            "`3 h` is not a length; write a number and one of s m h d w, such as `90d`",
        ),
        (
            'count(order["week":"3 h"])',
            29,
            "`3 h` is not a length; write a number and one of s m h d w, such as `90d`",
        ),
        (
            'count(order["90x"])',
            22,
            "`90x` is not a length; write a number and one of s m h d w, such as `90d`",
        ),
        ('count(order["3h":"5h"])', 22, 'a range runs from the older end: write "5h":"3h"'),
        ('count(order["1d"]["2d"])', 28, "a second window is not allowed here"),
        ("count(order, cart)", 10, "`count` takes 1 argument, found 2"),
        ("count(order[90])", 22, "this window is not allowed here"),
        ("count(3)", 16, "this is not allowed here"),
        ('"Huế" == os.system("x")', 22, "`.system(…)` is not allowed here"),
        ("a # and b", 12, "a comment is not allowed here"),
        ("   ", 13, "an empty expression is not allowed here"),
        ("x.__class__.__mro__()", 22, "`.__mro__(…)` is not allowed here"),
        ("1" * 400, 10, "a number of this size is not allowed here"),
        ("1e999 > x", 10, "a number of this size is not allowed here"),
        ('at("month", x)', 13, "`month` is not a length; write a number and one of s m h d w, such as `90d`"),
        ("matches(x, pattern=y)", 21, "a named or starred argument is not allowed here"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_at_its_place(text: str, column: int, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text, PLACE)
    assert [str(found) for found in refused.value.findings] == [f"rules.yaml:4:{column}: {problem}"]


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    for text in ("(" * 500 + "x" + ")" * 500, "-" * 5_000 + "x", "not " * 100 + "x", "1" + "+1" * 5_000):
        with pytest.raises(ConfigError):
            parse(text, PLACE)


def test_true_and_one_are_different_constants() -> None:
    assert parse("x == true", PLACE) != parse("x == 1", PLACE)


@given(st.text(alphabet="abc(){}[]<>=!+-*/.,:\"' 019dh\n\\#ệ", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        node = parse(text, PLACE)
    except ConfigError:
        return
    assert parse(to_text(node), PLACE) == node
