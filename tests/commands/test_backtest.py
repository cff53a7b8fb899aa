"""`cdptool backtest`: a rule at the end of each of the last months."""

from __future__ import annotations

import json

import pytest

from cdptool.commands.backtest import backtest
from cdptool.commands.report import Bar, Report
from cdptool.console import Voice, show
from cdptool.errors import ConfigError, UsageError
from tests.commands.small import AS_OF, Small


def run(small: Small, rule: str, months: int = 2, as_of: str = AS_OF) -> Report:
    return backtest(small.settings(as_of), rule, months=months)


def test_each_month_is_asked_as_of_its_last_microsecond_and_then_now(finished: Small) -> None:
    report = run(finished, "buyers", as_of="2026-12-31T23:00")
    assert [row[0] for row in report.grids[0].rows] == ["2026-10", "2026-11", "2026-12-31 23:00"]
    assert [month["moment"] for month in report.data["months"]] == [
        "2026-10-31T16:59:59.999999+00:00",
        "2026-11-30T16:59:59.999999+00:00",
        "2026-12-31T16:00:00+00:00",
    ]
    # Both orders are of 20 November, and the feed ends there: in December nobody knows.
    assert [(row[1], row[3], row[4]) for row in report.grids[0].rows] == [(0, 0, 0), (2, 2, 0), (0, 0, 0)]
    assert report.grids[0].rows[-1][5] > 0


def test_the_month_so_far_ends_at_the_moment(finished: Small) -> None:
    report = run(finished, 'exists(order["month"])', as_of="2026-11-20T19:30+07:00")
    assert [(row[0], row[1]) for row in report.grids[0].rows] == [
        ("2026-09", 0),
        ("2026-10", 0),
        ("2026-11-20 19:30", 1),
    ]


def test_a_condition_may_name_rules_and_is_told_as_it_is_read(finished: Small) -> None:
    report = run(finished, "spend>=150000 and buyers", as_of="2026-11-20T20:30+07:00")
    assert report.data["condition"] == "spend >= 150_000 and buyers"
    assert report.grids[0].rows[-1][1] == 1
    json.dumps(report.data)


def test_what_cannot_be_asked_is_told_inside_the_text(finished: Small) -> None:
    with pytest.raises(UsageError) as wrong:
        run(finished, "buyer")
    assert wrong.value.findings[0].hint == "did you mean `buyers`?"
    with pytest.raises(UsageError, match="is a trait"):
        run(finished, "spend")
    with pytest.raises(ConfigError, match="the rule:1:8: unknown stream `ordr`"):
        run(finished, "exists(ordr)")
    with pytest.raises(ConfigError, match="an amount of money, expected a condition"):
        run(finished, "sum(order.total)")
    with pytest.raises(ConfigError, match="not allowed here"):
        run(finished, '__import__("os")')


def test_bars_are_plain_in_a_pipe(finished: Small, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(finished, "buyers", as_of="2026-11-20T20:30+07:00")
    assert report.grids[0].rows[-1][2] == Bar(1.0)
    show(report, Voice())
    assert "#" * 24 in capsys.readouterr().out
    show(report, Voice(as_json=True))
    assert json.loads(capsys.readouterr().out)["months"][-1]["size"] == 2
