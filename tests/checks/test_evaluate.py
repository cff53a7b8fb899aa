"""What is judged, what counts as failing, and what cannot be judged."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from xml.etree import ElementTree

from cdptool.checks import Expectation, Result, judge, junit
from cdptool.checks.drift import index
from cdptool.errors import Place
from tests.checks.data import NOW, line, orders


def test_only_new_rows_are_judged_and_old_ones_are_what_they_may_not_repeat() -> None:
    data = orders(
        (False, [{"order_id": "o1", "quantity": -1.0}]), (True, [{"order_id": "o1", "quantity": 1.0}])
    )
    quantity, unique = judge([line("quantity > 0"), line("unique(order_id)")], data)
    assert (quantity.outcome, quantity.n_checked) == ("held", 1)
    assert (unique.outcome, unique.places) == ("failed", (Place("f1.csv", 2),))


def test_unknown_fails_only_where_missing_is_asked() -> None:
    data = orders((True, [{"status": None}]))
    is_in, there = judge([line('status in ["paid"]'), line("not missing(status)")], data)
    assert (is_in.outcome, there.outcome) == ("held", "failed")


def test_share_that_must_hold_is_enough() -> None:
    data = orders((True, [{"quantity": float(i)} for i in range(100)]))
    assert [judge([line("quantity > 0", share)], data)[0].outcome for share in (0.99, 0.991)] == [
        "held",
        "failed",
    ]


def test_nothing_new_is_not_judged() -> None:
    data = orders((False, [{"quantity": -1.0}]))
    (result,) = judge([line("quantity > 0")], data)
    assert (result.outcome, result.told) == ("not judged", "no new rows")


def test_drift_is_seen_in_words_and_in_numbers_and_not_in_samples_of_one_thing() -> None:
    random = Random(7)
    old = [{"status": random.choice("ab"), "quantity": random.gauss(10, 2)} for _ in range(2000)]
    same = [{"status": random.choice("ab"), "quantity": random.gauss(10, 2)} for _ in range(1000)]
    moved = [{"status": random.choice("abbbbb"), "quantity": random.gauss(13, 2)} for _ in range(1000)]
    lines = [line("drift(status) < 0.1"), line("drift(quantity) < 0.1")]
    assert [each.outcome for each in judge(lines, orders((False, old), (True, same)))] == ["held", "held"]
    assert [each.outcome for each in judge(lines, orders((False, old), (True, moved)))] == [
        "failed",
        "failed",
    ]
    short = judge(lines, orders((False, old), (True, moved[:99])))
    assert [each.outcome for each in short] == ["not judged", "not judged"]


def test_values_that_turn_empty_are_drift() -> None:
    old, new = [{"status": "a"}] * 200, [{"status": "a"}] * 150 + [{"status": None}] * 50
    (result,) = judge([line("drift(status) < 0.2")], orders((False, old), (True, new)))
    assert result.outcome == "failed"


def test_index_is_symmetric_and_zero_for_the_same_shares() -> None:
    assert round(index([10, 20], [100, 200]), 2) == 0.0
    assert abs(index([70, 30], [30, 70]) - index([30, 70], [70, 30])) < 1e-12


def test_gap_is_told_by_its_first_day_and_today_is_not_over() -> None:
    days = [0, 1, 3]
    data = orders((True, [{"at": NOW - timedelta(days=day)} for day in days]))
    (result,) = judge([line("every 1d")], data)
    assert result.told == "1 of 3 days have no row, the first of them 2026-11-18"


def test_periods_shorter_than_a_day() -> None:
    data = orders((True, [{"at": NOW - timedelta(hours=hour)} for hour in (1, 2, 5)]))
    (result,) = judge([line("every 1h")], data)
    assert (result.n_checked, result.n_failing) == (5, 2)


def test_junit_counts_failures_and_lets_warnings_pass() -> None:
    here = Place("sources.yaml", 3, 5)
    places = (Place("a.csv", 2),)
    results = (
        Result(Expectation("quantity > 0", place=here), "failed", 10, 1, places=places),
        Result(Expectation("x \x00", severity="warning", place=here), "failed", 10, 1, places=places),
        Result(Expectation("every 1d", place=here), "not judged", detail="no new rows"),
    )
    root = ElementTree.fromstring(junit([("till", results)], name="shop"))
    assert root.attrib == {"name": "shop", "tests": "3", "failures": "1", "skipped": "1", "errors": "0"}
    failed, warned, skipped = root.iter("testcase")
    assert failed.attrib == {
        "classname": "sources.till",
        "name": "quantity > 0",
        "file": "sources.yaml",
        "line": "3",
    }
    assert (failed[0].tag, failed[0].get("message"), failed[0].text) == (
        "failure",
        "fails in 1 of 10 rows",
        "a.csv:2",
    )
    assert warned[0].tag == "system-out"
    assert skipped[0].tag == "skipped"
