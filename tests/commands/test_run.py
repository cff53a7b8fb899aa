"""Each step runs when its inputs changed, and its manifest says what it read."""

from __future__ import annotations

import polars as pl
import pytest

from cdptool.commands.export import export_audiences
from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.plan import plan_campaigns
from cdptool.commands.segment import compute_segments
from cdptool.errors import UsageError
from cdptool.workspace import RunInfo
from tests.commands.small import AS_OF, FILES, Small


def manifests(small: Small) -> dict[str, RunInfo]:
    with small.session() as session:
        return {run.verb: run for run in reversed(session.workspace.runs())}


def test_every_step_leaves_a_manifest_with_inputs_counts_timings_and_versions(finished: Small) -> None:
    found = manifests(finished)
    assert set(found) == {"ingest", "merge", "segment", "plan", "export"}
    assert len({run.run_id for run in found.values()}) == 1
    for run in found.values():
        assert run.outcome == "done"
        assert run.inputs and all(len(digest) == 64 for digest in run.inputs.values())
        assert run.counts and run.config_digest and run.ended_at is not None
        assert set(run.versions) == {"cdptool", "polars", "python"}
        assert run.timings and all(seconds >= 0 for seconds in run.timings.values())
    assert set(found["ingest"].inputs) == set(FILES)
    assert set(found["merge"].inputs) == {"records"}
    assert found["ingest"].counts["rows_read"] == 12
    assert found["segment"].counts == {"buyers": 2}
    assert found["plan"].counts == {"decisions": 2}


def test_a_manifest_holds_the_timings_of_its_own_step_only(finished: Small) -> None:
    found = manifests(finished)
    assert set(found["merge"].timings) == {"resolve", "golden profiles"}
    assert set(found["segment"].timings) == {"evaluate"}


def test_only_steps_that_depend_on_time_have_an_as_of(finished: Small) -> None:
    assert [verb for verb, run in manifests(finished).items() if run.as_of is None] == ["ingest", "merge"]


def test_a_second_run_changes_nothing_and_says_so(copied: Small) -> None:
    report = copied.run()
    assert report.data["changed"] is False
    assert report.summary.startswith("nothing changed")
    assert {step["result"] for step in report.data["steps"][1:]} == {"unchanged"}


def test_a_file_that_brings_no_new_row_is_a_change_all_the_same(copied: Small) -> None:
    """The accounts of files grew, though no row was accepted."""
    copied.write("orders_again.csv", FILES["orders.csv"] + "\n")
    report = copied.run()
    assert report.data["changed"] is True
    assert report.data["steps"][0]["result"].startswith("2 rows read = 0 accepted + 2 duplicate")
    assert {step["result"] for step in report.data["steps"][1:]} == {"unchanged"}


def test_a_file_that_was_taken_away_is_written_again(copied: Small) -> None:
    (copied.folder / "out" / "buyers.csv").unlink()
    results = {step["step"]: step["result"] for step in copied.run().data["steps"]}
    assert (results["plan"], results["export"] != "unchanged") == ("unchanged", True)
    assert (copied.folder / "out" / "buyers.csv").exists()


def test_segments_of_other_rules_or_profiles_are_not_exported(copied: Small) -> None:
    """Their members would be missing under ids and names that are no more."""
    export_audiences(copied.settings())
    copied.edit('exists(order["30d"])', 'exists(order["1h"])')
    with pytest.raises(UsageError, match="the profiles or the rules changed"):
        export_audiences(copied.settings())
    compute_segments(copied.settings(AS_OF))
    export_audiences(copied.settings())
    copied.edit("differs(birth_date)", "differs(customer_id)")
    merge_records(copied.settings())
    with pytest.raises(UsageError, match="the profiles or the rules changed"):
        plan_campaigns(copied.settings())


def test_plan_and_export_refuse_another_moment_than_that_of_the_segments(copied: Small) -> None:
    with pytest.raises(UsageError, match="the segments are as of 2026-11-20T14:00:00"):
        plan_campaigns(copied.settings("2026-11-21"))


def test_an_earlier_plan_again_leaves_the_later_one_and_their_order(copied: Small) -> None:
    later = "2026-11-25T21:00+07:00"
    copied.run(later)
    copied.run(AS_OF)
    with copied.session() as session:
        moments = session.snapshot().scan("decisions").select("as_of").collect()["as_of"]
    assert moments.n_unique() == 2
    assert moments.is_sorted()


def test_who_withdrew_is_not_sent_to_and_not_exported(finished: Small) -> None:
    with finished.session() as session:
        decided = session.snapshot().scan("decisions").select("decision", "reason").collect()
    assert sorted(decided.rows()) == [("send", "ok"), ("suppress", "withdrawn")]
    lines = (finished.folder / "out" / "buyers.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2


def test_the_list_of_the_capped_counts_what_was_planned_before_and_not_now(finished: Small) -> None:
    """A list that held today's own recipients would stop the very messages that are being sent."""
    path = finished.folder / "out" / "capped.csv"
    assert pl.read_csv(path).height == 0
    finished.run("2026-11-20T22:00+07:00")
    assert pl.read_csv(path).height == 1


def test_a_dry_run_creates_nothing_and_needs_no_workspace(unread: Small) -> None:
    before = sorted(unread.folder.iterdir())
    report = ingest_files(unread.settings(), (), lambda _: None, dry_run=True)
    assert report.data["rows_accepted"] == 12
    assert sorted(unread.folder.iterdir()) == before


def test_files_of_the_same_bytes_are_read_once_as_if_they_had_come_in_turn(unread: Small) -> None:
    unread.write("orders_copy.csv", FILES["orders.csv"])
    report = ingest_files(unread.settings(), ("shop",), lambda _: None)
    assert (report.data["files"], report.data["rows_read"]) == (1, 2)
    assert ingest_files(unread.settings(), ("shop",), lambda _: None).data["files"] == 0


def test_a_merge_before_any_ingest_says_what_to_do_first(unread: Small) -> None:
    """`0 records are 0 profiles` would look like a result."""
    with pytest.raises(UsageError, match="nothing is ingested yet"):
        merge_records(unread.settings())
