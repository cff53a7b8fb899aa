"""Figures of a merge: what was weighed, what it is worth, what is at risk."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.commands.match_report import report_match
from cdptool.commands.session import Settings
from tests.commands.small import Small
from tests.commands.test_review import made, project  # noqa: F401  fixtures


def test_a_learned_pass_shows_its_figures_keys_and_weights(project: Path) -> None:  # noqa: F811  a fixture
    report = report_match(Settings(project))
    (step,) = report.data["passes"]
    assert step["figures"]["records"] == report.data["records"] == 267
    assert step["figures"]["pairs compared"] >= step["figures"]["likely pairs left apart"] > 0
    assert 0 <= step["figures"]["of which wrong, as expected"] < 1
    assert step["keys"][-1]["coverage"] > 0.5
    best = max(step["weights"], key=lambda row: row["bits"]["strangers"])
    worst = min(step["weights"], key=lambda row: row["bits"]["strangers"])
    assert best["level"].startswith("same") or "slip" in best["level"]
    assert worst["level"] == "differs" and worst["bits"]["strangers"] < -3


def test_without_a_learned_pass_the_risks_are_told_all_the_same(finished: Small) -> None:
    report = report_match(finished.settings())
    assert report.data["passes"] == []
    assert sum(n for n in report.data["risk"]["sizes"].values()) == report.data["profiles"]


@pytest.mark.parametrize("show", [False, True])
def test_common_values_are_masked(finished: Small, show: bool) -> None:
    text = f"{report_match(finished.settings(), show_values=show)}"
    assert ("lan@example.vn" in text) is show
