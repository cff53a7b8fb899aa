"""The worked examples of the specification, with expectations written by hand: all hold, and every condition is needed."""

from __future__ import annotations

from pathlib import Path

from cdptool.commands.rule_tests import run_rule_tests
from cdptool.commands.session import Settings

FOLDER = Path(__file__).parent / "worked_examples"


def test_the_worked_examples_give_their_answers_and_no_condition_of_them_is_idle() -> None:
    report = run_rule_tests(Settings(project=FOLDER), ())
    assert [str(finding) for finding in report.findings] == []
    assert (report.exit_code, report.data["failed"]) == (0, 0)
    idle = {each["rule"]: each["never_decides"] for each in report.data["coverage"] if each["never_decides"]}
    assert idle == {}
    assert all(each["tests"] for each in report.data["coverage"])
