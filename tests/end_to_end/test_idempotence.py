"""A job that is done stays as it is: nothing new is written, and the tool says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.jobs import RUN, Job, everything


@pytest.fixture(scope="module")
def job(finished: Job, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A copy in another folder; its first run there settles what depends on the folder."""
    copied = finished.copied(tmp_path_factory.mktemp("again") / "job")
    assert copied.run(*RUN).code == 0
    return copied


def test_a_second_run_says_that_nothing_changed_and_touches_nothing(job: Job) -> None:
    snapshot, before = job.snapshot(), everything(job.out)
    done = job.run(*RUN)
    assert (done.code, done.stderr.splitlines()[-1].partition(":")[0]) == (0, "nothing changed")
    assert job.snapshot() == snapshot
    assert everything(job.out) == before


def test_a_second_run_tells_programs_that_nothing_changed(job: Job) -> None:
    answer = job.run(*RUN, "--json").answer
    assert answer["changed"] is False
    assert {step["result"] for step in answer["steps"][1:]} == {"unchanged"}


def test_the_folder_of_a_job_decides_nothing(finished: Job, job: Job) -> None:
    assert job.outputs() == finished.outputs()
    assert job.digests() == finished.digests()


def test_a_file_that_was_removed_from_out_is_written_again(job: Job, tmp_path: Path) -> None:
    copied = job.copied(tmp_path / "job")
    before = copied.outputs()
    (copied.out / "vip_list.csv").unlink()
    (copied.out / "plan" / "suppressed.csv").unlink()
    done = copied.run(*RUN, "--json")
    assert (done.code, done.answer["changed"]) == (0, True)
    assert copied.outputs() == before


def test_an_out_folder_that_another_one_came_after_is_brought_up_to_date(job: Job, tmp_path: Path) -> None:
    """That the last run was of this as-of says nothing about the folder an earlier one wrote."""
    copied = job.copied(tmp_path / "job")
    earlier = (*RUN[:-1], "2026-11-01T21:00+07:00")
    assert copied.run(*earlier, "-q").code == 0
    assert copied.run(*RUN, "-q", "--out", "other/out").code == 0
    assert copied.outputs() != Job(copied.folder / "other").outputs()
    assert copied.run(*RUN, "-q").code == 0
    assert copied.outputs() == Job(copied.folder / "other").outputs()
