"""The finished job: the example project run once per test process."""

from __future__ import annotations

import time

import pytest

from tests.end_to_end.jobs import RUN, Job


@pytest.fixture(scope="session")
def timed_job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, float]:
    """The job after one undisturbed run, and how long that took. To be read only: copy it to change it."""
    job = Job.fresh(tmp_path_factory.mktemp("finished") / "job")
    began = time.monotonic()
    done = job.run(*RUN)
    assert done.code == 0, done.stderr
    return job, time.monotonic() - began


@pytest.fixture(scope="session")
def finished(timed_job: tuple[Job, float]) -> Job:
    """The job after one undisturbed run. To be read only."""
    return timed_job[0]
