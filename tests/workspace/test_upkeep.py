"""Verifying, forgetting and compacting."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.errors import StoreError
from cdptool.workspace import Workspace
from tests.workspace.writing import append, replace, run_info

ONE = pl.DataFrame({"record_id": range(1000)})
TWO = pl.DataFrame({"record_id": range(1000, 1200)})


def test_flipped_bytes_are_found(workspace: Workspace) -> None:
    """Polars reads such a file without complaint, with wrong numbers."""
    append(workspace, "records", ONE)
    append(workspace, "records", TWO, 2)
    assert workspace.verify() == ()
    path = workspace.path / workspace.snapshot().files("records")[0].path
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    [finding] = workspace.verify()
    assert str(finding) == f"{path}: the bytes are not those that were written"


def test_missing_and_cut_files_are_found_and_not_mapped(workspace: Workspace) -> None:
    append(workspace, "records", ONE)
    append(workspace, "identity", TWO, 2)
    snapshot = workspace.snapshot()
    cut, missing = (workspace.path / snapshot.files(table)[0].path for table in ("records", "identity"))
    cut.write_bytes(cut.read_bytes()[:-4])
    missing.unlink()
    assert [finding.problem for finding in workspace.verify()] == [
        "the file is missing",
        f"{snapshot.files('records')[0].bytes - 4} bytes, expected {snapshot.files('records')[0].bytes}",
    ]
    for table in ("records", "identity"):
        with pytest.raises(StoreError, match="a file of the workspace"):
            snapshot.scan(table)


def test_writing_the_same_rows_again_mends_a_damaged_file(workspace: Workspace) -> None:
    replace(workspace, "records", ONE)
    path = workspace.path / workspace.snapshot().files("records")[0].path
    path.write_bytes(b"")
    replace(workspace, "records", ONE, 2)
    assert workspace.verify() == ()


def test_gc_keeps_what_a_kept_snapshot_needs(workspace: Workspace) -> None:
    append(workspace, "records", ONE)
    replace(workspace, "records", TWO, 2)
    append(workspace, "records", ONE, 3)
    orphan = workspace.path / "data" / "gone" / "0.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"1234")
    assert workspace.gc(2).files == 1  # the orphan: ONE is in snapshot 3 again
    assert not orphan.parent.exists()
    assert [workspace.snapshot(n).rows("records") for n in (2, 3)] == [200, 1200]
    with pytest.raises(StoreError, match="no snapshot 1") as error:
        workspace.snapshot(1)
    assert error.value.findings[0].hint == "kept are 2 to 3: see `cdptool workspace history`"
    replace(workspace, "records", TWO, 4)
    result = workspace.gc(1)
    assert (result.snapshots, result.files) == (2, 1)
    assert result.bytes > 0
    assert workspace.verify() == ()
    assert_frame_equal(workspace.snapshot().scan("records").collect(), TWO)
    assert workspace.gc(0).snapshots == 0  # the newest one always stays
    assert replace(workspace, "records", ONE, 5) == 5


def test_gc_waits_for_readers(workspace: Workspace) -> None:
    replace(workspace, "records", ONE)
    with Workspace.open(workspace.path) as reader:
        rows = reader.snapshot().scan("records")
        replace(workspace, "records", TWO, 2)
        result = workspace.gc(1)
        assert (result.is_postponed, result.snapshots, result.files) == (True, 0, 0)
        assert_frame_equal(rows.collect(), ONE)
    result = workspace.gc(1)
    assert (result.is_postponed, result.snapshots, result.files) == (False, 1, 1)


def test_gc_inside_a_transaction_is_a_bug(workspace: Workspace) -> None:
    with workspace.lease("run-1"), workspace.begin(run_info()), pytest.raises(RuntimeError):
        workspace.gc(1)


def test_compaction_keeps_rows_and_order(workspace: Workspace) -> None:
    for n in range(4):
        append(
            workspace, "records", ONE.slice(n * 7, 7).with_columns(pl.lit(n).cast(pl.Int64).alias(f"c{n}")), n
        )
    before = workspace.snapshot().scan("records").collect()
    with workspace.lease("run-9"):
        assert workspace.compact(run_info(9, "compact")) is None
        assert workspace.compact(run_info(10, "compact"), more_than=3) == 5
        assert workspace.compact(run_info(11, "compact"), more_than=3) is None
    assert len(workspace.snapshot().files("records")) == 1
    assert_frame_equal(workspace.snapshot().scan("records").collect(), before)
    assert_frame_equal(workspace.snapshot(4).scan("records").collect(), before)
