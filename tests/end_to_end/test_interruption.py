"""Two runs at once, runs that are killed, runs that are interrupted: what is left is whole, and the next one ends right."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

from cdptool.workspace import Workspace
from tests.end_to_end.jobs import ROUNDS, RUN, SECONDS, SEED, Job, kill_group

KILLS = 20 * ROUNDS
KILLS_EACH = 5  # at most, in one workspace, one after the other, before a run is left alone


def verified(job: Job) -> bool:
    with Workspace.open(job.workspace) as workspace:
        return workspace.verify() == ()


def leftovers(job: Job) -> list[Path]:
    """What a killed run may leave for a while, but not after the next one."""
    staged = [path for path in (job.workspace / "staging").rglob("*") if path.is_file()]
    return staged + list(job.out.rglob(".*"))


def test_two_runs_at_once_one_is_told_that_the_workspace_is_busy(finished: Job, tmp_path: Path) -> None:
    job = Job.fresh(tmp_path / "job")
    runs = [job.start(*RUN), job.start(*RUN)]
    said = {run.pid: run.communicate(timeout=SECONDS) for run in runs}
    codes = sorted(run.returncode for run in runs)
    assert codes in ([0, 4], [0, 0]), codes  # [0, 0] where the second came after the first had ended
    for run in runs:
        if run.returncode == 4:
            assert said[run.pid][0] == ""
            assert said[run.pid][1].startswith("error: ") and "hint: " in said[run.pid][1]
    assert verified(job)
    assert job.outputs() == finished.outputs()
    assert job.digests() == finished.digests()


def test_two_runs_at_once_that_wait_both_end_right(finished: Job, tmp_path: Path) -> None:
    job = Job.fresh(tmp_path / "job")
    runs = [job.start(*RUN, "--wait", "60", "--json") for _ in range(2)]
    said = [run.communicate(timeout=SECONDS) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], [stderr for _, stderr in said]
    assert sorted(json.loads(stdout)["changed"] for stdout, _ in said) == [False, True]
    assert verified(job)
    assert job.outputs() == finished.outputs()
    assert job.digests() == finished.digests()


def test_a_run_killed_at_any_moment_is_completed_by_the_next_one_oracle(
    timed_job: tuple[Job, float], tmp_path: Path
) -> None:
    """The moments lie between the first and the last thing a run does; a few kills of one folder come in a row."""
    finished, duration = timed_job
    chance, n_kills, n_jobs = random.Random(SEED), 0, 0
    expected = finished.outputs(), finished.digests()
    while n_kills < KILLS:
        job, n_jobs = Job.fresh(tmp_path / str(n_jobs)), n_jobs + 1
        assert n_jobs <= KILLS, "most runs had ended before they were killed: the test shows nothing"
        killed, longest = killed_in_a_row(job, chance, duration)
        # On a machine that was busy with something else the first run took longer than they do now.
        n_kills, duration = n_kills + killed, min(duration, longest)
        done = job.run(*RUN)
        assert done.code == 0, f"seed {SEED}: {done.stderr}"
        assert (job.outputs(), job.digests()) == expected, f"seed {SEED}"
        assert verified(job), f"seed {SEED}"
        assert leftovers(job) == [], f"seed {SEED}"


def killed_in_a_row(job: Job, chance: random.Random, duration: float) -> tuple[int, float]:
    """How many runs were killed before one ended by itself, and how long a first one took that did."""
    for n_kills in range(KILLS_EACH):
        began = time.monotonic()
        process = job.fork(*RUN)
        process.join(chance.uniform(0.1, duration / (1 + n_kills / 2)))  # each has less to do than the last
        if process.exitcode is not None:
            return n_kills, duration if n_kills else time.monotonic() - began
        kill_group(process)
    return KILLS_EACH, duration


def test_ctrl_c_ends_with_130_and_leaves_a_workspace_that_the_next_run_completes(
    finished: Job, tmp_path: Path
) -> None:
    job = Job.fresh(tmp_path / "job")
    process = job.start(*RUN, "-v")
    assert process.stderr is not None
    while not process.stderr.readline().startswith("../sample_data/pos"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert stdout == ""
    assert "Traceback" not in stderr
    assert verified(job)
    assert job.run(*RUN).code == 0
    assert job.outputs() == finished.outputs()
    assert job.digests() == finished.digests()
