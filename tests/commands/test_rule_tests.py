"""`cdptool test`: worlds by hand against the project's rules, and what no test is about."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cdptool.commands.report import Report
from cdptool.commands.rule_tests import run_rule_tests
from cdptool.errors import ConfigError, UsageError
from tests.commands.small import Small

HEAD = "version: 1\ntests:\n"
WORKED_EXAMPLE = """
  - name: E
    as_of: 2026-11-21T14:00
    complete_until: {order: "13:45"}
    given:
      cart:  [{customer: D, at: "05:00"}, {customer: D, at: "13:00"}, {customer: E, at: "10:00"}, {customer: F, at: "10:00"}]
      order: [{customer: D, at: "13:30"}, {customer: F, at: "10:20"}]
    expect: {cart_3h: {D: false, E: unknown, F: false}}
"""


@pytest.fixture
def shop(unread: Small) -> Small:
    """The small project with the cart rule of the worked example, and a segment of three lines."""
    unread.edit(
        "segments: {buyers: 'exists(order[\"30d\"])'}",
        """segments:
  buyers: 'exists(order["30d"])'
  cart_3h: 'exists(cart["5h":"3h"].where(none(order["+"])))'
  big: [spend >= 100, 'email == "a@example.vn" or missing(email)', buyers]""",
    )
    (unread.folder / "tests").mkdir()
    return unread


def run(shop: Small, tests: str, *names: str, junit: Path | None = None) -> Report:
    (shop.folder / "tests" / "a.yaml").write_text(HEAD + tests, encoding="utf-8")
    return run_rule_tests(shop.settings(), names, junit=junit)


def one(**parts: str) -> str:
    lines = [f"    {key}: {value}" for key, value in ({"as_of": "2026-11-21T14:00"} | parts).items()]
    return "  - name: one\n" + "\n".join(lines) + "\n"


def problems(error: ConfigError) -> list[str]:
    return [
        f"{f.place.line if f.place else 0}:{f.place.column if f.place else 0} {f.problem} | {f.hint}"
        for f in error.findings
    ]


def test_the_worked_example_gives_its_answers_and_touches_no_workspace(shop: Small) -> None:
    report = run(shop, WORKED_EXAMPLE)
    assert (report.exit_code, report.data["failed"]) == (0, 0)
    assert not (shop.folder / "workspace").exists()
    full = WORKED_EXAMPLE.replace('    complete_until: {order: "13:45"}\n', "")
    failed = run(shop, full)
    assert failed.exit_code == 1
    (finding,) = failed.findings
    assert finding.problem == "`E`: `cart_3h` of E is true, expected unknown"
    assert str(finding.place).endswith("a.yaml:9:37")


def test_values_are_typed_as_the_project_declares_them(shop: Small) -> None:
    given = "{order: [{customer: A, at: 2026-11-20, total: 1_000.50}, {customer: A, at: 2026-11-20T20:00-05:00, total: 12 VND}]}"
    report = run(shop, one(given=given, expect="{spend: {A: 1_012.50, B: 0}}"))
    assert report.exit_code == 0
    report = run(shop, one(given=given, expect="{spend: {A: 1012}}"))
    assert report.findings[0].problem == "`one`: `spend` of A is 1,012.5 VND, expected 1,012"


def test_rows_after_the_moment_are_not_seen_and_a_time_of_day_is_of_its_day(shop: Small) -> None:
    given = '{order: [{customer: late, at: "14:00:01"}, {customer: due, at: "14:00"}]}'
    assert run(shop, one(given=given, expect="{buyers: {late: false, due: true}}")).exit_code == 0


def test_the_arm_of_a_split_can_be_given_and_ranks_are_over_the_customers_of_the_test(shop: Small) -> None:
    shop.edit(
        "  buyers: 'exists(order[\"30d\"])'\n",
        "  buyers: 'exists(order[\"30d\"])'\n  asked: 'half == \"b\"'\n  best: ntile(spend, 2) == 2\n",
    )
    shop.edit("\nconsent: {stream", "\nsplits: {half: {salt: s1, arms: {a: 0.5, b: 0.5}}}\nconsent: {stream")
    profiles = "{A: {half: a}, B: {half: b}}"
    report = run(shop, one(profiles=profiles, expect="{asked: {A: false, B: true}}"))
    assert report.exit_code == 0
    given = "{order: [{customer: A, at: 2026-11-20, total: 5}, {customer: B, at: 2026-11-20, total: 6}]}"
    expect = "{best: {A: false, B: true}}"
    assert run(shop, one(given=given, expect=expect)).exit_code == 0
    failed = run(shop, one(given=given, expect="{best: {A: true}}"))
    assert failed.lines[1] == "  expected true, came false"
    with pytest.raises(ConfigError) as error:
        run(shop, one(profiles="{A: {half: c}}", expect="{asked: {A: false}}"))
    assert problems(error.value) == ["5:26 unknown arm of the split `half` | one of `a`, `b`"]


def test_two_currencies_in_one_sum_are_refused_as_a_run_would(shop: Small) -> None:
    given = "{order: [{customer: A, at: 2026-11-20, total: 5 USD}, {customer: A, at: 2026-11-20, total: 6}]}"
    with pytest.raises(ConfigError, match="amounts of two currencies"):
        run(shop, one(given=given, expect="{spend: {A: 11}}"))
    alone = given.replace(", {customer: A, at: 2026-11-20, total: 6}", "")
    assert "5 USD" in run(shop, one(given=alone, expect="{spend: {A: 6}}")).findings[0].problem


def test_a_failure_shows_each_line_with_its_truth_and_the_rows_that_decided(shop: Small) -> None:
    wrong = WORKED_EXAMPLE.replace("E: unknown", "E: true").replace("F: false", "F: true")
    path = str(shop.folder / "tests" / "a.yaml")
    assert [line.replace(path, "a.yaml") for line in run(shop, wrong).lines] == [
        "a.yaml:10:37: `cart_3h` of E",
        "  expected true, came unknown",
        '  unknown  exists(cart["5h":"3h"].where(none(order["+"])))',
        "      not known: `order` is complete until 2026-11-21 13:45 only",
        "      rows of `cart` after 2026-11-21 09:00 up to 2026-11-21 11:00: none counts, of 1 it is not known",
        "        ? 2026-11-21 10:00  a.yaml:8:71",
        "",
        "a.yaml:10:46: `cart_3h` of F",
        "  expected true, came false",
        '  false    exists(cart["5h":"3h"].where(none(order["+"])))',
        "      rows of `cart` after 2026-11-21 09:00 up to 2026-11-21 11:00: none counts, 1 does not",
        "        - 2026-11-21 10:00  a.yaml:8:99",
        "            + order  2026-11-21 10:20  a.yaml:9:43",
        "",
    ]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"given": "{ordr: []}"}, "5:13 unknown stream `ordr` | did you mean `order`?"),
        ({"given": "{order: [{customer: A, at: x, totl: 1}]}"}, "5:42 unknown name `totl` in a row of stream `order` | did you mean `total`?"),
        ({"given": "{order: [{customer: A, total: 1}]}"}, "5:21 missing `at` in a row of stream `order` | add `at:`"),
        ({"given": "{order: [{customer: A, at: noon}]}"}, "5:39 expected a time, found text | write it as `13:45` or `2026-11-21T13:45`"),
        ({"given": '{order: [{customer: A, at: "05:00", total: many}]}'}, "5:55 `total` is of type `money`: not an amount of at most 4 decimals with decimal sign `.` | None"),
        ({"complete_until": '{cat: "13:00"}'}, "5:22 unknown stream `cat` | did you mean `cart`?"),
        ({"profiles": "{A: {emial: x}}"}, "5:20 unknown name `emial` in a profile | did you mean `email`?"),
        ({"tables": "{product: []}"}, "5:14 unknown table `product` | did you mean `products`?"),
        ({"tables": "{products: [{name: x}]}"}, "5:25 missing `sku` in a row of table `products` | add `sku:`"),
        ({"expect": "{buyer: {A: true}}"}, "5:14 unknown trait or segment `buyer` | did you mean `buyers`?"),
        ({"expect": "{buyers: {A: 3}}"}, "5:26 expected true, false or unknown, found a number | a segment has no other answer"),
        ({"expect": "{buyers: {}}"}, "5:14 nothing is expected of this rule | write `{customer: true}`"),
        ({"expect": "{spend: {A: soon}}"}, "5:25 `spend` is an amount, expected a number | None"),
        ({"xpect": "{}"}, "5:5 unknown key `xpect` in a test | did you mean `expect`?"),
        ({"as_of": '"14:00"'}, "4:12 expected a time, found text | write it as `2026-11-21T14:00`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_and_the_nearest_name(
    shop: Small, parts: dict[str, str], found: str
) -> None:
    base = {} if {"expect", "xpect"} & parts.keys() else {"expect": "{buyers: {A: true}}"}
    with pytest.raises(ConfigError) as error:
        run(shop, one(**parts, **base))
    assert found in problems(error.value)


def test_the_same_name_twice_and_a_file_without_version_are_refused(shop: Small) -> None:
    test = one(expect="{buyers: {A: false}}")
    with pytest.raises(ConfigError, match="two tests have this name"):
        run(shop, test + test)
    (shop.folder / "tests" / "a.yaml").write_text("tests:\n" + test, encoding="utf-8")
    with pytest.raises(ConfigError, match="missing key `version`"):
        run_rule_tests(shop.settings(), ())


def test_tests_are_chosen_by_their_name_by_file_and_by_rule(shop: Small) -> None:
    tests = WORKED_EXAMPLE + one(expect="{buyers: {A: false}}")
    assert [row[0] for row in run(shop, tests, "ONE").grids[0].rows] == ["one"]
    assert [row[0] for row in run(shop, tests, "cart_3h").grids[0].rows] == ["E"]
    assert len(run(shop, tests, "a").grids[0].rows) == 2
    with pytest.raises(UsageError, match="no test is called `nothing`"):
        run(shop, tests, "nothing")


def test_without_tests_it_says_where_to_write_one(shop: Small) -> None:
    with pytest.raises(UsageError, match="no rule tests"):
        run_rule_tests(shop.settings(), ())


def test_conditions_that_never_decide_are_told(shop: Small) -> None:
    given = "{order: [{customer: A, at: 2026-11-20, total: 500}]}"
    report = run(shop, one(given=given, expect="{big: {A: true, B: false}}"))
    gaps = {(row[0], row[2]) for row in report.grids[1].rows}
    assert gaps == {
        ("spend", "only through `big`"),
        ("buyers", "only through `big`"),
        ("cart_3h", "no test names it"),
        # B has neither spent nor bought: each of the two lines alone would keep B out, so neither decides.
        ("big", "never decides: spend >= 100"),
        ("big", "never decides: buyers"),
        ("big", 'never decides: email == "a@example.vn" or missing(email)'),
        ("big", 'never decides: email == "a@example.vn"'),
    }
    profiles = "{C: {email: c@example.vn}, D: {email: a@example.vn}}"
    given = "{order: [{customer: A, at: 2026-11-20, total: 500}, {customer: B, at: 2026-11-20}, {customer: C, at: 2026-11-20, total: 500}, {customer: D, at: 2026-11-20, total: 500}]}"
    report = run(
        shop, one(profiles=profiles, given=given, expect="{big: {A: true, B: false, C: false, D: true}}")
    )
    # Who spent has bought: the last line is implied by the first, which no test can change.
    assert [row[2] for row in report.grids[1].rows if row[0] == "big"] == ["never decides: buyers"]


def test_rules_of_a_library_need_no_tests_of_ours_and_can_have_them(shop: Small) -> None:
    shop.edit(
        "traits: {spend:", "include: [{library: lifecycle, order_id: null, prefix: my_}]\ntraits: {spend:"
    )
    report = run(shop, one(expect="{buyers: {A: false}}"))
    assert {each["rule"] for each in report.data["coverage"]} == {"spend", "buyers", "cart_3h", "big"}
    named = run(shop, one(expect="{my_lifecycle_new: {A: false}}"))
    mine = [row[2] for row in named.grids[1].rows if row[0] == "my_lifecycle_new"]
    assert mine == ["nobody is expected to be in"]  # its conditions are held by tests of the library


def test_junit_has_a_suite_per_file_and_a_case_per_test(shop: Small, tmp_path: Path) -> None:
    path = tmp_path / "made" / "tests.xml"
    run(shop, WORKED_EXAMPLE + one(expect="{buyers: {A: true}}"), junit=path)
    root = ElementTree.parse(path).getroot()
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["E", "one"]
    failure = suite[1].find("failure")
    assert failure is not None
    assert "`buyers` of A is false, expected true" in (failure.text or "")
    assert 'false    exists(order["30d"])' in (failure.text or "")


def test_json_has_the_lines_of_what_failed(shop: Small) -> None:
    report = run(shop, WORKED_EXAMPLE.replace("E: unknown", "E: true"))
    expectations = json.loads(json.dumps(report.data))["tests"][0]["expectations"]
    assert ["lines" in each for each in expectations] == [False, True, False]
    (line,) = expectations[1]["lines"]
    assert line["unknown_because"] == {"kind": "late", "streams": {"order": "2026-11-21T06:45:00+00:00"}}
    assert [row["counts"] for row in line["rows"]["decided"]] == ["unknown"]
