"""The exit code is the verdict: `settled.md` 24. 0 and 2 are tested everywhere else, 4 and 130 with interruptions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.end_to_end.jobs import RUN, Job, everything

EXPORT = ("export", *RUN[1:])
SURVEYS = "sample_data/service/surveys.csv"
HEAD = "id,answered_at,customer_no,email,kind,score,comment\n"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("exports.yaml", "to: meta_customer_list, purpose", "to: meta_customer_list, min_rows: 999, purpose"),
        ("rules.yaml", "- spend_90d >= 5_000_000", "- spend_90d >= 1"),
    ],
    ids=["min_rows", "max_change"],
)
def test_an_export_guard_that_fails_is_1_and_no_file_is_written(
    file: str, old: str, new: str, finished: Job, tmp_path: Path
) -> None:
    """All exports are held back together: a folder is never half of one day and half of another."""
    job = finished.copied(tmp_path / "job")
    job.edit(file, old, new)
    before = {name: state for name, state in everything(job.out).items() if not name.startswith("plan")}
    done = job.run(*RUN)
    assert (done.code, done.stdout) == (1, ""), done.stderr
    assert "configs/exports.yaml:27:3: export `meta_vip`" in done.stderr
    after = {name: state for name, state in everything(job.out).items() if not name.startswith("plan")}
    assert after == before


def test_a_guard_holds_a_dry_run_too(finished: Job, tmp_path: Path) -> None:
    job = finished.copied(tmp_path / "job")
    job.edit(
        "exports.yaml", "to: meta_customer_list, purpose", "to: meta_customer_list, min_rows: 999, purpose"
    )
    assert job.run(*EXPORT, "--dry-run").code == 1


def test_more_quarantined_rows_than_the_source_declares_are_1_and_nothing_is_committed(
    tmp_path: Path,
) -> None:
    job = Job.fresh(tmp_path / "job")
    (job.folder / SURVEYS).write_text(HEAD + "sv-1,not a time,,,nps,9,\n" * 9, encoding="utf-8")
    undeclared = job.run("ingest", "surveys", "-C", "configs")
    assert (undeclared.code, undeclared.stdout) == (2, ""), "a limit that nobody wrote: not as declared"
    job.edit(
        "sources.yaml",
        "    files: ../sample_data/service",
        "    max_quarantined: 5%\n    files: ../sample_data/service",
    )
    done = job.run("ingest", "surveys", "-C", "configs")
    assert (done.code, done.stdout) == (1, "")
    assert "surveys.csv:2: 9 of 9 rows are quarantined (100.0%, allowed 5.0%)" in done.stderr
    assert "  hint: " in done.stderr
    assert job.snapshot() == 0


def test_a_stale_feed_is_5_without_as_of(tmp_path: Path) -> None:
    job = Job.fresh(tmp_path / "job")
    (job.folder / SURVEYS).write_text(HEAD + "sv-1,2001-10-01T10:00:00+07:00,,,nps,9,\n", encoding="utf-8")
    job.edit("project.yaml", "  survey:\n", "  survey:\n    max_lag: 6h\n")
    assert job.run("ingest", "surveys", "-C", "configs").code == 0
    for command in (("run", "-C", "configs"), ("segment", "-C", "configs")):
        done = job.run(*command)
        assert (done.code, done.stdout) == (5, ""), command
        assert "stream `survey` is complete until 2001-10-01 03:00 UTC" in done.stderr
        assert "  hint: " in done.stderr


def test_a_bug_is_3_and_names_its_place_but_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cdptool import cli
    from cdptool.commands import config

    def broken(settings: object) -> None:
        raise ValueError("quyen@secret.example.com")

    monkeypatch.setattr(config, "show_config", broken)
    monkeypatch.setattr(sys, "argv", ["cdptool", "config"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (3, "")
    assert said.err.startswith("error: a bug in cdptool: ValueError in test_exit_codes.py:")
    assert "  hint: run again with --debug" in said.err
    assert "secret" not in said.err


def test_debug_shows_the_traceback_and_changes_no_exit_code(tmp_path: Path) -> None:
    job = Job.fresh(tmp_path / "job")
    done = job.run("status", "-C", "configs", "--debug")
    assert (done.code, done.stdout) == (2, "")
    assert "Traceback" in done.stderr
    assert "\nerror: " in done.stderr
