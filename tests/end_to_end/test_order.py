"""The order of the input and the number of buckets decide nothing: `settled.md` 10."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.workspace import Workspace
from tests.end_to_end.jobs import ROUNDS, RUN, SEED, Job
from tests.end_to_end.shuffling import shuffle_inputs

OF_INPUT = ("files", "quarantine", "issues", "records", "stream_", "table_")  # tables with provenance in them


@pytest.mark.parametrize("nth", range(ROUNDS))
def test_shuffled_rows_and_files_change_no_byte_no_id_and_no_decision_oracle(
    nth: int, finished: Job, tmp_path: Path
) -> None:
    job = Job.fresh(tmp_path / "job")
    assert shuffle_inputs(job.folder / "sample_data", SEED + nth) > 20
    done = job.run(*RUN)
    assert done.code == 0, f"seed {SEED + nth}: {done.stderr}"
    assert job.outputs() == finished.outputs(), f"seed {SEED + nth}"
    digests = finished.digests()
    derived = {name: digest for name, digest in digests.items() if not name.startswith(OF_INPUT)}
    assert {"identity", "profiles", "memberships", "decisions", "ledger"} <= set(derived)
    assert {name: job.digests()[name] for name in derived} == derived, f"seed {SEED + nth}"
    for name in sorted(digests.keys() - derived.keys() - {"files"}):
        one, other = (each.table(name).drop("byte_offset", strict=False) for each in (job, finished))
        assert one.equals(other), f"table {name}, seed {SEED + nth}"


@pytest.mark.parametrize("buckets", ["3", "8"])
def test_buckets_change_nothing(buckets: str, finished: Job, tmp_path: Path) -> None:
    """Nor does --debug, which rides along to save a run."""
    job = Job.fresh(tmp_path / "job")
    done = job.run(*RUN, "--buckets", buckets, "--debug")
    assert done.code == 0, done.stderr
    assert job.outputs() == finished.outputs()
    assert job.digests() == finished.digests()
    with Workspace.open(job.workspace) as workspace:
        assert workspace.verify() == ()
    assert not list((job.workspace / "spill").rglob("*.*"))
