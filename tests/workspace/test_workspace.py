"""Tables, snapshots and history, as commands use them."""

from __future__ import annotations

import stat
from dataclasses import replace as with_
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.engines import LocalEngine
from cdptool.errors import SchemaError, StoreError
from cdptool.tables import IDENTITY
from cdptool.workspace import RunInfo, Workspace
from tests.workspace.writing import NOON, append, replace, run_info

ONE = pl.DataFrame({"record_id": [1, 2], "name": ["a", None]})
TWO = pl.DataFrame({"record_id": [3], "name": ["c"]})


def test_appended_rows_are_read_back_with_their_counts_and_digests(workspace: Workspace) -> None:
    assert append(workspace, "records", ONE) == 1
    assert append(workspace, "records", TWO.lazy(), 2) == 2
    snapshot = workspace.snapshot()
    assert (snapshot.number, snapshot.tables, snapshot.rows("records")) == (2, ("records",), 3)
    assert_frame_equal(snapshot.scan("records").collect(), pl.concat([ONE, TWO]))
    assert [file.rows for file in snapshot.files("records")] == [2, 1]
    assert set(snapshot.digests()) == {"records"}
    assert_frame_equal(LocalEngine().scan(snapshot.ref("records")).collect(), pl.concat([ONE, TWO]))


def test_a_commit_that_changes_nothing_makes_no_snapshot(workspace: Workspace) -> None:
    assert replace(workspace, "records", ONE) == 1
    assert replace(workspace, "records", ONE.rechunk(), 2) is None
    with workspace.lease("run-3"), workspace.begin(run_info(3)) as changes:
        assert changes.commit() is None
    assert workspace.snapshot().number == 1
    assert [run.run_id for run in workspace.runs()] == ["run-3", "run-2", "run-1"]
    assert {run.outcome for run in workspace.runs()} == {"done"}


def test_earlier_snapshots_stay_readable(workspace: Workspace) -> None:
    replace(workspace, "records", ONE)
    replace(workspace, "records", TWO, 2)
    with workspace.lease("run-3"), workspace.begin(run_info(3)) as changes:
        changes.drop("records")
        changes.commit()
    replace(workspace, "records", ONE, 4)
    seen = [workspace.snapshot(n).rows("records") for n in range(5)]
    assert seen == [0, 2, 1, 0, 2]
    assert_frame_equal(workspace.snapshot(1).scan("records").collect(), ONE)
    assert workspace.snapshot(1).digest("records") == workspace.snapshot(4).digest("records")
    assert [(info.number, info.changed) for info in workspace.history()] == [
        (n, ("records",)) for n in (4, 3, 2, 1)
    ]
    with pytest.raises(StoreError, match="no snapshot 9"):
        workspace.snapshot(9)


def test_an_absent_table_is_an_empty_frame_of_the_callers_schema(workspace: Workspace) -> None:
    snapshot = workspace.snapshot()
    assert snapshot.number == 0
    assert_frame_equal(snapshot.scan("identity", schema=IDENTITY).collect(), pl.DataFrame(schema=IDENTITY))
    with pytest.raises(StoreError, match="no table `identity`"):
        snapshot.scan("identity")


def test_no_rows_are_a_table_without_files(workspace: Workspace) -> None:
    assert append(workspace, "identity", pl.DataFrame(schema=IDENTITY)) == 1
    snapshot = workspace.snapshot()
    assert snapshot.has("identity")
    assert snapshot.files("identity") == ()
    assert snapshot.schema("identity") == IDENTITY
    assert append(workspace, "identity", pl.LazyFrame(schema=IDENTITY), 2) is None


def test_a_column_added_later_is_null_in_older_rows(workspace: Workspace) -> None:
    append(workspace, "records", ONE)
    append(workspace, "records", TWO.with_columns(city=pl.lit("Huế")), 2)
    append(workspace, "records", pl.DataFrame({"record_id": [4]}), 3)
    rows = workspace.snapshot().scan("records").sort("record_id").collect()
    assert rows["city"].to_list() == [None, None, "Huế", None]
    assert rows["name"].to_list() == ["a", None, "c", None]
    assert workspace.snapshot(1).scan("records").collect().columns == ["record_id", "name"]
    later = workspace.snapshot().scan("records", schema={"record_id": pl.Int64(), "vip": pl.Boolean()})
    assert later.collect()["vip"].null_count() == 4


def test_a_column_never_changes_its_dtype(workspace: Workspace) -> None:
    """Delta would turn "007" into 7 here."""
    append(workspace, "records", ONE)
    with pytest.raises(
        SchemaError, match=r"`records.record_id` is Int64 in the workspace, String in the new"
    ):
        append(workspace, "records", pl.DataFrame({"record_id": ["007"]}), 2)
    with pytest.raises(SchemaError, match="expected String"):
        workspace.snapshot().scan("records", schema={"record_id": pl.String()})
    assert workspace.snapshot().number == 1
    assert workspace.runs()[0].outcome == "failed"
    assert list((workspace.path / "data" / "records").iterdir()) == [
        workspace.path / file.path for file in workspace.snapshot().files("records")
    ]


def test_rows_must_be_what_the_schema_says(workspace: Workspace) -> None:
    with workspace.lease("run-1"), workspace.begin(run_info()) as changes:
        with pytest.raises(SchemaError, match=r"`identity.name` is String, expected no such column") as error:
            changes.append("identity", ONE, IDENTITY)
        assert len(error.value.findings) == 2
        with pytest.raises(SchemaError, match="UInt32, which tables do not hold"):
            changes.append("counts", ONE.select(pl.len()))
        with pytest.raises(SchemaError, match="cannot be the name"):
            changes.append("../records", ONE)


def test_all_tables_of_a_run_appear_at_once(workspace: Workspace) -> None:
    with workspace.lease("run-1"), workspace.begin(run_info()) as changes:
        changes.append("records", ONE)
        changes.replace("profiles", [ONE, TWO])
        with Workspace.open(workspace.path) as reader:
            assert reader.snapshot().tables == ()
        assert changes.snapshot().tables == ("profiles", "records")
        changes.append("records", changes.snapshot().scan("profiles"))
        assert changes.commit() == 1
    snapshot = workspace.snapshot()
    assert (snapshot.rows("records"), snapshot.rows("profiles")) == (5, 3)


def test_a_run_left_without_commit_leaves_nothing(workspace: Workspace) -> None:
    append(workspace, "records", ONE)
    with pytest.raises(ZeroDivisionError), workspace.lease("run-2"), workspace.begin(run_info(2)) as changes:
        changes.append("records", ONE)  # the same content as the committed file
        changes.append("records", TWO)
        raise ZeroDivisionError
    assert workspace.snapshot().rows("records") == 2
    assert workspace.verify() == ()
    assert len(list((workspace.path / "data").rglob("*.parquet"))) == 1
    assert list((workspace.path / "staging").iterdir()) == []


def test_files_from_staging_are_moved_and_others_copied(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "given.parquet"
    ONE.write_parquet(outside)
    with workspace.lease("run-1"), workspace.begin(run_info()) as changes:
        inside = changes.staging / "rows.parquet"
        TWO.write_parquet(inside)
        changes.append("records", inside)
        changes.append("records", outside)
        assert outside.exists()
        assert not inside.exists()
        changes.commit()
    assert sorted(workspace.snapshot().scan("records").collect()["record_id"]) == [1, 2, 3]


def test_the_order_of_appends_in_a_run_decides_nothing(tmp_path: Path) -> None:
    frames = [pl.DataFrame({"n": [n]}) for n in range(6)]
    seen = []
    for name, order in (("a", frames), ("b", frames[::-1])):
        with Workspace.open(tmp_path / name, create=True) as workspace, workspace.lease("run-1"):
            with workspace.begin(run_info()) as changes:
                for frame in order:
                    changes.append("records", frame)
                changes.commit()
            workspace.compact(run_info(2), more_than=2)
            seen.append(workspace.snapshot().digests())
    assert seen[0] == seen[1]


def test_manifests_and_logs_come_back_as_they_were_written(workspace: Workspace) -> None:
    run = RunInfo(
        "run-1",
        "ingest",
        NOON,
        as_of=NOON,
        config_digest="c0ffee",
        inputs={"crm/a.csv": "12ab"},
        counts={"rows": 3},
        timings={"read": 0.5},
        versions={"polars": "2.1.0"},
    )
    ended = with_(run, ended_at=NOON + timedelta(seconds=3), outcome="done")
    with workspace.lease("run-1"), workspace.begin(run) as changes:
        assert workspace.runs() == (run,)
        changes.log("merge", "phone", {"cut": 2})
        assert changes.commit(ended) is None
    assert workspace.runs() == (ended,)
    assert [(entry.key, entry.run_id, dict(entry.payload)) for entry in workspace.logs("merge")] == [
        ("phone", "run-1", {"cut": 2})
    ]
    workspace.record_run(run_info(2))
    assert [run.outcome for run in workspace.runs()] == ["interrupted", "done"]


def test_only_the_owner_can_read_the_files(workspace: Workspace) -> None:
    append(workspace, "records", ONE)
    modes = {
        path.relative_to(workspace.path).parts[0] + ("/" if path.is_dir() else ""): stat.S_IMODE(
            path.stat().st_mode
        )
        for path in workspace.path.rglob("*")
    }
    assert modes == {"catalog.db": 0o600, "data/": 0o700, "data": 0o600, "staging/": 0o700}
    assert stat.S_IMODE(workspace.path.stat().st_mode) == 0o700


def test_reading_creates_nothing(workspace: Workspace) -> None:
    append(workspace, "records", ONE)
    before = sorted(workspace.path.rglob("*"))
    with Workspace.open(workspace.path) as reader:
        reader.snapshot().scan("records").collect()
        reader.verify()
        reader.history()
        assert sorted(workspace.path.rglob("*")) == before
