"""`check rules` reads the project alone: errors are its answer, warnings too where they are asked to count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdptool.cli import app
from cdptool.commands.check_rules import check_rules
from cdptool.commands.session import Settings
from tests.commands.small import Small


def test_a_sound_project_has_no_errors_and_needs_no_workspace(unread: Small) -> None:
    report = check_rules(unread.settings(), strict=True)
    assert (report.exit_code, report.data) == (0, {"errors": 0, "warnings": 0, "notes": 0})
    assert not Path(unread.folder / "workspace").exists()


def test_a_warning_fails_only_where_it_is_asked_to(unread: Small) -> None:
    unread.edit("segments: {", "segments: {quiet: 'none(cart[\"7d\"])', ")
    assert check_rules(unread.settings(), strict=False).exit_code == 0
    assert check_rules(unread.settings(), strict=True).exit_code == 1


def test_errors_are_the_answer_of_the_check(unread: Small) -> None:
    unread.edit("exists(order", "exists(ordr")
    report = check_rules(unread.settings(), strict=False)
    assert (report.exit_code, report.data["errors"]) == (2, 1)
    (found,) = report.findings
    assert found.problem == "unknown stream `ordr`"
    assert found.place is not None
    assert found.place.shown is not None
    assert found.place.shown[(found.place.column or 0) - 1 :].startswith("ordr")


def test_what_cannot_be_read_does_not_hide_what_is_wrong_elsewhere(unread: Small) -> None:
    """And what names it is not blamed for it."""
    unread.edit("traits: {", "traits: {half: 'count(order', tier: {first: [{good: points = 3}]}, ")
    unread.edit("segments: {", "segments: {uses: 'half > 3 and tier == \"good\"', odd: 'exists(ordr)', ")
    report = check_rules(unread.settings(), strict=False)
    assert [each.problem for each in report.findings] == [
        "a bracket is opened here and never closed", "cannot read this", "unknown stream `ordr`",
    ]  # fmt: skip


def test_what_exports_and_models_name_is_used(unread: Small) -> None:
    unread.edit("traits: {", "traits: {idle: 'count(order)', ")
    assert [each.problem for each in check_rules(unread.settings(), strict=False).findings] == [
        "named by no rule and no export: trait `idle`"
    ]


@pytest.mark.parametrize("words", [["check", "rules"], ["check", "data", "crm"], ["check", "crm"], ["check"]])
def test_the_word_data_may_be_left_out(
    copied: Small, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    app([*words, "-C", str(copied.folder), "--json"], prog_name="cdptool", standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["command"] == (
        "check rules" if "rules" in words else "check data"
    )


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    assert check_rules(Settings(project=tmp_path), strict=False).exit_code == 2
