"""What is told of profiles whose records left, or changed, after the last merge: nothing wrong, and no crash."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cdptool.commands.explain import explain_merge
from cdptool.commands.explain_profile import explain_profile
from cdptool.commands.golden import explain_golden
from cdptool.commands.ingest import ingest_files
from cdptool.commands.review import open_review
from cdptool.commands.session import Settings
from tests.commands.small import Small
from tests.commands.test_review import made

GONE = "a record that is gone"
__all__ = ["made"]  # a fixture, found by its name


@pytest.fixture
def left(copied: Small) -> tuple[Small, str]:
    """The small project, in which K2 is no row of its source any more; and its profile."""
    profile = str(explain_golden(copied.settings(), "crm:K1").data["profile"])
    copied.edit("    key: id\n", '    key: id\n    only: id != "K2"\n')
    ingest_files(copied.settings(), (), lambda _: None)
    return copied, profile


def test_a_golden_profile_says_which_of_its_values_are_of_a_record_that_is_gone(
    left: tuple[Small, str],
) -> None:
    small, profile = left
    report = explain_golden(small.settings(), profile)
    assert GONE in {row["record"] for row in report.data["fields"]}
    (finding,) = report.findings
    assert finding.problem == "1 record of the profile left after the last merge"


def test_what_held_a_profile_together_is_told_of_a_record_that_is_gone(left: tuple[Small, str]) -> None:
    small, profile = left
    assert GONE in {row["record"] for row in explain_profile(small.settings(), profile).data["tree"]}


@pytest.fixture
def learned(tmp_path: Path, made: Path) -> Path:
    """The project of doubtful pairs, to be changed."""
    shutil.copytree(made, tmp_path / "project")
    return tmp_path / "project"


def declare(folder: Path, line: str) -> None:
    """Read the file again under a mapping with one more line."""
    text = (folder / "project.yaml").read_text()
    (folder / "project.yaml").write_text(text.replace("key: id, ", f"key: id, {line}, "))
    ingest_files(Settings(folder), (), lambda _: None)


def test_a_pair_is_not_asked_of_whom_one_record_is_gone(learned: Path) -> None:
    before = open_review(Settings(learned), limit=99, show_values=False)
    gone = before.doubts[0].left.name.removeprefix("crm:")
    declare(learned, f"only: 'id != \"{gone}\"'")
    after = open_review(Settings(learned), limit=99, show_values=False)
    assert after.n_open == before.n_open - 1
    assert gone not in {doubt.left.name.removeprefix("crm:") for doubt in after.doubts}


def test_a_record_that_was_deleted_is_not_weighed_in_the_place_of_another(learned: Path) -> None:
    """The rows of a model are those of the living: looked up there, a dead one was its neighbour."""
    declare(learned, "at: {column: born, tz: UTC}, deletes: 'id == \"3\"'")
    assert explain_merge(Settings(learned), "crm:3", "crm:3-2").data["learned"] == []
