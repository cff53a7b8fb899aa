"""`include`: libraries put beside the project's own rules, under the project's names, with the library's places."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.config import effective, load_project
from cdptool.config.filling import filled, words_in
from cdptool.config.libraries import libraries
from cdptool.config.other_rules import read_other_rules
from cdptool.config.reader import Scalar
from cdptool.errors import ConfigError, Place
from cdptool.rules.nodes import to_text
from tests.config.projects import PROJECT, RULES, refused, write_project

HERE = Place("here.yaml", 7, 5)


def text(written: str, rules: dict[str, str] | None = None, **words: str | None) -> str:
    return filled(Scalar(written, False, HERE, HERE), words, rules or {}).text


def rules_of(folder: Path, include: str) -> dict[str, list[str]]:
    write_project(folder, rules=f"{RULES}include: {include}\n")
    book = load_project(folder).rules
    assert book is not None
    return {name: [to_text(line) for line in rule.lines] for name, rule in book.rules().items()}


def findings(folder: Path, include: str) -> list[tuple[str, str | None]]:
    return refused(write_project(folder, rules=f"{RULES}include: {include}\n"))


def test_words_are_replaced_whole_and_outside_of_quotes() -> None:
    assert text('count(s.where(a == "s" and as_ == 1))', s="order", a="channel") == (
        'count(order.where(channel == "s" and as_ == 1))'
    )
    assert text("a > 1", a="b", b="c") == "b > 1"  # what was put in is not replaced again


def test_without_a_window_the_brackets_go_and_without_a_column_rows_are_counted() -> None:
    assert text("sum(s.v[w].where(x > 1))", s="order", v="total", w=None) == "sum(order.total.where(x > 1))"
    assert text("nunique(s.id[w].where(nunique(s.id) > 1))", s="o", id=None, w='"9d"') == (
        'count(o["9d"].where(count(o) > 1))'
    )


def test_rules_are_renamed_but_not_columns_of_the_same_name() -> None:
    assert text("tier and s.tier", {"tier": "x_tier"}, s="card") == "x_tier and card.tier"


def test_what_stands_behind_a_replaced_word_is_told_at_its_own_column() -> None:
    line = filled(Scalar("stream[window] > nonsense", False, HERE, HERE), {"stream": "o", "window": None}, {})
    assert line.text == "o > nonsense"
    assert line.text_place.moved(line.text.index("nonsense")).column == 5 + 17


def test_a_library_stands_beside_the_project_s_own_rules(tmp_path: Path) -> None:
    found = rules_of(tmp_path, "[second_purchase]")
    assert list(found) == [
        "spend", "first_purchase_at", "second_purchase_at", "days_to_second",
        "buyers", "vip", "bought_once", "nudge_second",
    ]  # fmt: skip
    assert found["nudge_second"] == ["bought_once", "30 < now - first_purchase_at <= 45"]


def test_parameters_are_names_windows_and_numbers_of_the_project(tmp_path: Path) -> None:
    given = (
        "[{library: festive, basket: 2_000_000, window: year-1, order_id: null, bought: null, prefix: x_}]"
    )
    assert rules_of(tmp_path, given)["x_festive"] == [
        '1 <= count(order["year-1"]) <= 2',
        'sum(order.total["year-1"]) / count(order["year-1"]) >= 2_000_000',
        "count(order) >= 3",
    ]


@pytest.mark.parametrize(
    ("given", "purchases", "collected"),
    [
        ("", "default(total, 0) >= 0", 'default(total, 0) >= 0 and sku in ["x"]'),
        ("bought: 'total > 0 or sku == \"x\"', ", 'total > 0 or sku == "x"', '(total > 0 or sku == "x") and sku in ["x"]'),
        ("bought: null, ", None, 'sku in ["x"]'),
    ],
)  # fmt: skip
def test_which_rows_are_purchases_is_a_condition(
    tmp_path: Path, given: str, purchases: str | None, collected: str
) -> None:
    words = "channel: sku, collected: x, window: null"
    found = rules_of(tmp_path, f"[{{library: basket, {given}{words}}}]")
    rows = f"order.order_id.where({purchases})" if purchases else "order.order_id"
    assert found["purchases"] == [f"nunique({rows})"]
    assert found["collect_share"] == [f"nunique(order.order_id.where({collected})) / purchases"]


def test_without_a_value_every_row_is_a_purchase(tmp_path: Path) -> None:
    found = rules_of(tmp_path, "[{library: second_purchase, value: null}]")
    assert found["second_purchase_at"] == ['min(order.at.where(exists(order["36500d":"1s"])))']


def test_what_is_wrong_in_a_condition_is_told_where_the_project_has_it(tmp_path: Path) -> None:
    given = "[{library: rfm, bought: 'totl >= 0'}]"
    assert ("rules.yaml:9:35: unknown name `totl`", "did you mean `total`?") in findings(tmp_path, given)
    given = "[{library: basket, channel: sku, bought: 'total >= '}]"
    assert findings(tmp_path, given)[0][0] == "rules.yaml:9:60: the expression ends too early"


def test_what_only_rules_that_are_left_out_speak_of_is_not_asked_for(tmp_path: Path) -> None:
    """A shop without an app has no tokens of push messages, and none has to be named."""
    project = PROJECT.replace("  consent:", "  browse: {columns: {device: text}}\n  consent:")
    without = "push_tokens_seen, app_share, in_the_app"
    include = f"include: [{{library: devices, without: [{without}]}}]\n"
    write_project(tmp_path, project=project, rules=f"{RULES}{include}")
    book = load_project(tmp_path).rules
    assert book is not None
    assert "several_devices" in book.rules()


def test_rules_of_plans_and_exports_may_speak_of_what_is_included(tmp_path: Path) -> None:
    exports = (
        "version: 1\nexports: {once: {who: bought_once, to: csv, columns: [profile_id, days_to_second]}}\n"
    )
    write_project(tmp_path, rules=f"{RULES}include: [second_purchase]\n", exports=exports)
    assert load_project(tmp_path).exports[0].who == "bought_once"


def test_including_twice_under_two_prefixes(tmp_path: Path) -> None:
    both = "[{library: basket, prefix: a_, channel: sku}, {library: basket, prefix: b_, channel: sku, window: 90d}]"
    found = rules_of(tmp_path, both)
    assert found["b_average_basket"] == ['sum(order.total["90d"]) / b_purchases']
    assert found["a_average_basket"] == ['sum(order.total["365d"]) / a_purchases']


def test_a_rule_of_one_s_own_is_used_where_the_library_s_is_left_out(tmp_path: Path) -> None:
    own = RULES.replace("segments:", "segments:\n  bought_once: count(order) == 1")
    write_project(tmp_path, rules=f"{own}include: [{{library: second_purchase, without: bought_once}}]\n")
    book = load_project(tmp_path).rules
    assert book is not None
    assert [to_text(line) for line in book.rules()["bought_once"].lines] == ["count(order) == 1"]
    assert to_text(book.rules()["nudge_second"].lines[0]) == "bought_once"


def test_a_rule_of_one_s_own_is_never_replaced_in_silence(tmp_path: Path) -> None:
    own = RULES.replace("segments:", "segments:\n  bought_once: count(order) == 1")
    write_project(tmp_path, rules=f"{own}include: [second_purchase]\n")
    assert refused(tmp_path) == [
        (
            "rules.yaml:10:11: the library brings a rule `bought_once`, which is there already",
            f"the other is at {tmp_path}/rules.yaml:5:3; write `without: [bought_once]` to keep that one, or give a `prefix`",
        )
    ]


def test_the_configuration_shows_what_is_included_where_it_stands(tmp_path: Path) -> None:
    write_project(tmp_path, rules=f"{RULES}include: [second_purchase]\n")
    shown = {each.name: each for each in effective(load_project(tmp_path))}
    found = shown["traits.days_to_second"]
    assert (found.value, found.origin) == (
        "second_purchase_at - first_purchase_at",
        "cdptool/library/second_purchase.yaml:14:19",
    )
    assert shown["include"].value == "[second_purchase]"


@pytest.mark.parametrize(
    ("include", "problem", "hint"),
    [
        ("[rfn]", "9:11: unknown library `rfn`", "did you mean `rfm`?"),
        ("[]", "9:10: the list is empty", "name at least one"),
        ("[{stream: order}]", "9:11: missing key `library`", "write `library: rfm`"),
        ("[{library: festive}]", "9:21: library `festive` needs `basket`", "how large a basket is very large"),
        (
            "[{library: second_purchase, streem: order}]",
            "9:38: library `second_purchase` has no parameter `streem`",
            "did you mean `stream`?",
        ),
        (
            "[{library: second_purchase, stream: ordr}]",
            "9:46: unknown stream `ordr`",
            "did you mean `order`?",
        ),
        (
            "[{library: rfm, value: sku}]",
            "9:33: `sku` has type `identifier`, expected `money` or `number` or `integer`",
            "what a row is worth",
        ),
        ("[lifecycle, engagement, satisfaction]", "9:34: library `satisfaction` has `stream` by default: unknown stream `survey`", "name yours with `stream: …`"),
        ("[{library: second_purchase, apart: month}]", "9:45: `month` is not a length; write a number and one of s m h d w, such as `90d`", None),
        ("[{library: rfm, window: 9d:3d:1d}]", "9:34: too many parts", "write a range as `540d:180d`"),
        ("[{library: rfm_frozen, monetary: [1, 2]}]", "9:43: expected 4 numbers, found 2", "four amounts; from the last on is score 5"),
        ("[{library: rfm_frozen, monetary: [1, 3, 2, 4]}]", "9:43: the numbers do not rise", "write the smallest first"),
        ("[{library: second_purchase, without: bought}]", "9:47: unknown rule of the library `bought`", "did you mean `bought_once`?"),
        ("[{library: second_purchase, nudge_after: soon}]", "9:51: expected a number, found text", "write it in digits, such as `20` or `0.25`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_where_it_is_included(
    tmp_path: Path, include: str, problem: str, hint: str | None
) -> None:
    found = findings(tmp_path, include)
    lines = [(each.removeprefix("rules.yaml:"), said) for each, said in found]
    assert (problem, hint) in lines


def test_what_report_renewal_wrote_is_followed_from_a_table_of_its_own(tmp_path: Path) -> None:
    """As docs/library.md says: an article refers to its category, and that to the days."""
    project = PROJECT.replace(
        "products: {key: sku, columns: {sku: identifier, category: text, price: money}}",
        "products: {key: sku, columns: {sku: identifier, category: {ref: renewals}, price: money}}\n"
        "  renewals: {key: category, columns: {category: text, renewal_days: integer}}",
    )
    include = "include: [{library: renewal, renewal_days: category.renewal_days}]\n"
    write_project(tmp_path, project=project, rules=f"{RULES}{include}")
    book = load_project(tmp_path).rules
    assert book is not None
    assert "0.9 * sku.category.renewal_days <= now - at" in to_text(book.rules()["renewal_due"].lines[0])


def test_sessions_are_streams_too(tmp_path: Path) -> None:
    project = PROJECT.replace("  consent:", "  browse: {columns: {url: text}}\n  consent:")
    project += "sessions: {visit: {of: browse, device: phone, url: url}}\n"
    write_project(
        tmp_path, project=project, rules=f"{RULES}include: [{{library: second_purchase, stream: visit}}]\n"
    )
    assert refused(tmp_path) == [
        (
            "rules.yaml:9:21: library `second_purchase` has `value` by default: unknown column `total` of stream `visit`",
            "name yours with `value: …`, or write `value: null` where there is none",
        )
    ]
    include = "include: [{library: second_purchase, stream: visit, value: null}]\n"
    write_project(tmp_path, project=project, rules=f"{RULES}{include}")
    book = load_project(tmp_path).rules
    assert book is not None
    assert to_text(book.rules()["first_purchase_at"].lines[0]) == "min(visit.at)"


def test_rules_that_stand_elsewhere_may_include_as_well(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path))
    file = tmp_path / "other.yml"
    file.write_text(f"{RULES}include: [second_purchase]\nguard: {{vip: off}}\n", encoding="utf-8")
    assert "nudge_second" in read_other_rules(file, project).rules()
    file.write_text(f"{RULES}include: [{{library: rfm, value: totl}}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown column `totl` of stream `order`"):
        read_other_rules(file, project)


def test_a_mistake_of_the_whole_is_told_in_the_library(tmp_path: Path) -> None:
    """The rule that a project puts in the place of one of the library's is of another kind."""
    own = RULES.replace("traits:", 'traits:\n  purchases: last(order.sku["365d"])')
    write_project(tmp_path, rules=f"{own}include: [{{library: basket, channel: sku, without: purchases}}]\n")
    place = "cdptool/library/basket.yaml:14:47: `/` does not fit an amount of money and a text"
    assert refused(tmp_path)[0][0] == place


@pytest.mark.parametrize("name", libraries())
def test_every_parameter_is_used_and_tells_what_it_is(name: str) -> None:
    library = libraries()[name]
    written = (Path(__file__).parents[2] / "cdptool" / "library" / f"{name}.yaml").read_text(encoding="utf-8")
    body = written[written.index("\ntraits:") if library.traits else written.index("\nsegments:") :]
    assert library.about
    for parameter in library.parameters:
        assert parameter.about, parameter.name
        word = f"{parameter.name}_1" if parameter.kind == "numbers" else parameter.name
        defaults = [each.default.text for each in library.parameters if isinstance(each.default, Scalar)]
        assert word in body or any(word in words_in(text) for text in defaults), word
        assert parameter.name not in library.rules()
