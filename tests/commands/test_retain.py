"""What is older than `keep_for` leaves for good: counted, not coming back, and never making an answer smaller."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cdptool.commands import merge, retain
from cdptool.commands.expiry import Expiry
from cdptool.commands.ingest import ingest_files
from cdptool.commands.report import Report
from cdptool.commands.retain import retain_data
from cdptool.commands.segment import compute_segments
from cdptool.errors import ConfigError
from cdptool.tables import EXPIRED, FILES, MENDED, QUARANTINE
from tests.commands.small import AS_OF, Small

OLD_ORDERS = """
time,email,sku,total
2026-07-01 10:00:00,old@example.vn,S1,100000
2026-08-01 10:00:00,lan@example.vn,S1,300000
not a time,lan@example.vn,S1,999999
2026-11-19 10:00:00,lan@example.vn,S2,50000
"""
WHOLE = (
    "2026-11-20T20:30+07:00"  # the newest order: the feed is complete, and only retention shortens windows
)
ANCIENT = """
time,email,sku,total
2025-07-01 10:00:00,ancient@example.vn,S1,100000
no time at all,ancient@example.vn,S1,100000
"""


def plan(small: Small, source: str, keep: str = "60d") -> None:
    """Say how long one source is kept."""
    path = small.folder / "project.yaml"
    text = path.read_text(encoding="utf-8")
    begin = text.index("\nsources:")
    head, tail = text[:begin], text[begin:]
    small.write(
        "project.yaml", head + tail.replace(f"\n  {source}:\n", f"\n  {source}:\n    keep_for: {keep}\n", 1)
    )


@pytest.fixture
def aged(unread: Small) -> Small:
    """Orders of before and after the 60 days, kept in full, ingested and resolved."""
    unread.edit("at: {column: time, tz: Asia/Ho_Chi_Minh}\n    identifiers: {email: email}\n    columns: {sku: sku",
                "at: {column: time, tz: Asia/Ho_Chi_Minh, required: true}\n    max_quarantined: 60%\n"
                "    identifiers: {email: email}\n    columns: {sku: sku")  # fmt: skip
    unread.edit("spend: 'sum(order.total[\"30d\"])'",
                "spend: 'sum(order.total[\"30d\"])', ever: count(order), wide: 'sum(order.total[\"200d\"])',"
                " newest: last(order.at), oldest: first(order.at)")  # fmt: skip
    unread.write("orders_old.csv", OLD_ORDERS)
    unread.write("orders_ancient.csv", ANCIENT)
    unread.run()
    return unread


def held(small: Small) -> dict[str, int]:
    with small.session() as session:
        snapshot = session.snapshot()
        return {table: snapshot.rows(table) for table in snapshot.tables}


def accounts(small: Small) -> pl.DataFrame:
    """Per file of the shop: what was counted when it was read, what is there, and what left."""
    with small.session() as session:
        snapshot = session.snapshot()
        files = snapshot.scan("files", FILES).filter(pl.col("source") == "shop").collect()
        there = snapshot.scan("stream_order").group_by("file_id").agg(n_there=pl.len()).collect()
        bad = snapshot.scan("quarantine", QUARANTINE).group_by("file_id").agg(n_bad=pl.len()).collect()
        left = snapshot.scan("expired", EXPIRED).collect()
    gone = left.filter(pl.col("table") == "stream_order").select("file_id", n_gone="rows")
    lost = left.filter(pl.col("table") == "quarantine").select("file_id", n_lost="rows")
    for other in (there, bad, gone, lost):
        files = files.join(other, on="file_id", how="left")
    return files.fill_null(0).sort("path")


def assert_accounted(small: Small) -> None:
    files = accounts(small)
    counted = files["rows_accepted"] + files["rows_duplicate"] + files["rows_quarantined"]
    assert files["rows_read"].to_list() == counted.to_list()
    assert files["rows_accepted"].to_list() == (files["n_there"] + files["n_gone"]).to_list()
    assert files["rows_quarantined"].to_list() == (files["n_bad"] + files["n_lost"]).to_list()


def texts_on_disk(folder: Path) -> bytes:
    """Every Parquet file of the workspace as it decodes, and the catalog as it is."""
    files = sorted((folder / "workspace" / "data").rglob("*.parquet"))
    decoded = (str(pl.read_parquet(path).to_dicts()).encode() for path in files)
    return b"\n".join([(folder / "workspace" / "catalog.db").read_bytes(), *decoded])


def steps(report: Report) -> dict[str, str]:
    return {step["step"]: step["result"] for step in report.data["steps"]}


def test_a_run_in_which_nothing_is_too_old_did_not_fail(aged: Small) -> None:
    """`status` listed it among the latest runs as failed, once per night."""
    plan(aged, "shop", "5000d")
    retain_data(aged.settings(AS_OF), lambda _: None)
    with aged.session() as session:
        latest = session.workspace.runs()[0]
    assert (latest.verb, latest.outcome) == ("retain", "done")


def test_rows_and_their_records_leave_and_their_profiles_with_them(aged: Small) -> None:
    before = held(aged)
    assert b"ancient@example.vn" in texts_on_disk(aged.folder)
    plan(aged, "shop")
    report = aged.run()
    # three old orders, the records made of old@ and ancient@ alone, and what was set aside of the ancient file
    assert steps(report)["retain"].startswith("6 rows left")
    after = held(aged)
    assert (before["stream_order"] - after["stream_order"], before["records"] - after["records"]) == (3, 2)
    assert before["quarantine"] - after["quarantine"] == 1
    assert before["profiles"] - after["profiles"] == 2
    text = texts_on_disk(aged.folder)
    assert b"ancient@example.vn" not in text and b"old@example.vn" not in text
    assert b"lan@example.vn" in text
    assert_accounted(aged)


def test_a_second_time_nothing_changes(aged: Small) -> None:
    plan(aged, "shop")
    aged.run()
    again = aged.run()
    assert again.data["changed"] is False


def test_a_dry_run_tells_the_rows_of_each_source_and_writes_nothing(aged: Small) -> None:
    plan(aged, "shop")
    before = held(aged)
    report = retain_data(aged.settings(AS_OF), lambda _: None, dry_run=True)
    assert held(aged) == before
    assert {(each["source"], each["table"]): each["rows"] for each in report.data["sources"]} == {
        ("shop", "stream_order"): 3,
        ("shop", "records"): 2,
        ("shop", "quarantine"): 1,
    }
    real = retain_data(aged.settings(AS_OF), lambda _: None)
    assert real.data["sources"] == report.data["sources"]


@pytest.mark.parametrize("way", ["same file", "same bytes elsewhere", "a longer file", "another mapping"])
def test_what_left_does_not_come_back(aged: Small, way: str) -> None:
    plan(aged, "shop")
    aged.run()
    before = held(aged)["stream_order"]
    if way == "same bytes elsewhere":
        aged.write("orders_copy.csv", ANCIENT)
    if way == "a longer file":
        aged.write("orders_old_more.csv", OLD_ORDERS + "2026-11-18 10:00:00,lan@example.vn,S2,70000\n")
        before += 1
    if way == "another mapping":
        aged.edit(
            "columns: {sku: sku, total: total}", "columns: {sku: sku, total: {column: total, currency: USD}}"
        )
    ingest_files(aged.settings(), (), lambda _: None)
    assert held(aged)["stream_order"] == before
    assert_accounted(aged)
    retain_data(aged.settings(AS_OF), lambda _: None)
    assert held(aged)["stream_order"] == before
    assert_accounted(aged)


def test_a_window_beyond_what_is_left_is_unknown_and_never_smaller(aged: Small) -> None:
    plan(aged, "shop")
    aged.run(WHOLE)
    report = compute_segments(aged.settings(WHOLE), dry_run=True)
    told = [str(each) for each in report.findings if "beyond what retention left" in each.problem]
    assert len(told) == 4  # count, 200d, last, first; 30d is whole
    with aged.session() as session:
        traits = session.snapshot().scan("traits").collect()
    assert traits["spend_is_known"].all()
    assert not traits["ever_is_known"].any() and not traits["wide_is_known"].any()
    assert not traits["oldest_is_known"].any()
    assert traits.filter("newest_is_known").height == 2  # who still has an order has the last one


def test_an_earlier_as_of_does_not_bring_anything_back_nor_a_later_one_erase_early(aged: Small) -> None:
    plan(aged, "shop")
    aged.run()
    n = held(aged)["stream_order"]
    aged.run("2026-09-01T00:00+07:00")
    assert held(aged)["stream_order"] == n
    aged.run("2062-01-01T00:00+07:00")  # a slip: counts as now
    assert held(aged)["stream_order"] >= 1


def test_records_leave_when_they_were_not_seen_since(unread: Small) -> None:
    unread.write("crm.csv", "id,email,name,born,day\nK1,lan@example.vn,Lan,1990-01-01,2026-11-01\n"
                 "K3,tran@example.vn,Tran,1960-05-05,2025-01-01\nK5,x@example.vn,X,1960-05-05,\n")  # fmt: skip
    unread.edit(
        "    feeds: records\n    key: id\n",
        "    feeds: records\n    key: id\n    at: {column: day, tz: UTC}\n",
    )
    plan(unread, "crm", "365d")
    report = unread.run()
    with unread.session() as session:
        keys = session.snapshot().scan("records").filter(pl.col("source") == "crm").collect()["source_key"]
    assert sorted(keys) == ["K1", "K5"]
    assert [each.problem for each in report.findings if "have no time" in each.problem] == [
        "1 rows of source `crm` have no time, so `keep_for` cannot be asked of them"
    ]


def test_a_refusal_and_who_refused_outlive_every_length(unread: Small) -> None:
    """The customer card joins two addresses; one of them refused long ago, the other said yes last week."""
    unread.write("crm.csv", "id,email,name,born,day\nK1,lan@example.vn,Lan,1990-01-01,2025-01-01\n"
                 "K1,lan2@example.vn,Lan,1990-01-01,2025-01-02\n")  # fmt: skip
    unread.write("consents.csv", "time,email,channel,purpose,state\n"
                 "2025-01-01 10:00:00,lan2@example.vn,email,marketing,withdrawn\n"
                 "2025-01-01 09:00:00,minh@example.vn,email,marketing,withdrawn\n"
                 "2025-01-02 10:00:00,minh@example.vn,email,marketing,granted\n"
                 "2026-11-10 10:00:00,lan@example.vn,email,marketing,granted\n")  # fmt: skip
    unread.edit(
        "    feeds: records\n    key: id\n",
        "    feeds: records\n    key: id\n    at: {column: day, tz: UTC}\n",
    )
    unread.run()
    assert "lan" not in (unread.folder / "out" / "buyers.csv").read_text(encoding="utf-8")
    plan(unread, "crm", "30d")
    plan(unread, "consents", "30d")
    report = unread.run()
    assert "1 refusals outlive it, and of 2 records" in steps(report)["retain"]
    # of Minh the grant is forgotten, so nothing is known of him: silence is no consent
    assert (unread.folder / "out" / "buyers.csv").read_text(encoding="utf-8").split() == ["email,spend"]
    with unread.session() as session:
        snapshot = session.snapshot()
        ledger = snapshot.scan("stream_consent").collect()
        cards = snapshot.scan("records").filter(pl.col("source") == "crm").collect()
    assert ledger["state"].to_list().count("withdrawn") == 1
    assert cards["name"].is_null().all() and cards["email"].is_not_null().all()
    assert unread.run().data["changed"] is False


def test_a_cap_that_looks_further_back_than_the_log_is_refused(unread: Small) -> None:
    unread.edit("  products:\n    files", "  log:\n    files: log.csv\n    feeds: {stream: sent}\n"
                "    at: {column: time, tz: Asia/Ho_Chi_Minh}\n    identifiers: {email: email}\n"
                "    columns: {channel: channel, campaign: campaign, status: status}\n  products:\n    files")  # fmt: skip
    unread.write("log.csv", "time,email,channel,campaign,status\n2026-11-01 10:00:00,lan@example.vn,email,a,sent\n"
                 "2026-11-20 10:00:00,lan@example.vn,email,b,sent\n")  # fmt: skip
    unread.edit("max: 1, per: 24h", "max: 1, per: month")
    unread.run()
    plan(unread, "log", "7d")
    with pytest.raises(ConfigError, match="cap `day` looks back beyond what retention left"):
        unread.run()
    unread.edit("max: 1, per: month", "max: 1, per: 24h")
    unread.run()


def test_the_history_that_holds_what_left_is_dropped(aged: Small) -> None:
    with aged.session() as session:
        assert len(session.workspace.history()) > 2
    plan(aged, "shop")
    aged.run()
    with aged.session() as session:
        assert len(session.workspace.history()) == 1
        assert session.workspace.verify() == ()


def test_a_reader_keeps_the_history_until_the_next_run(aged: Small) -> None:
    plan(aged, "shop")
    with aged.session():
        report = aged.run()
        assert any("kept for now" in each.problem for each in report.findings)
    aged.run()
    with aged.session() as session:
        assert len(session.workspace.history()) == 1


@pytest.mark.parametrize("where", ["_remember", "_drop_records", "_beside"])
def test_a_sweep_that_breaks_off_leaves_everything_as_it_was(
    aged: Small, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    plan(aged, "shop")
    aged.run("2026-08-20T00:00+07:00")  # so that only the sweep is still to be done
    before = held(aged)

    def broken(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Expiry, where, broken)
        with pytest.raises(OSError):
            aged.run()
    assert held(aged)["stream_order"] == before["stream_order"]
    aged.run()
    assert_accounted(aged)
    assert b"old@example.vn" not in texts_on_disk(aged.folder)


@pytest.mark.parametrize("step", ["merge", "purge"])
def test_a_run_that_breaks_off_after_the_sweep_is_finished_by_the_next(
    aged: Small, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    plan(aged, "shop")

    def broken(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(merge if step == "merge" else retain, step, broken)
        with pytest.raises(OSError):
            aged.run()
    assert b"old@example.vn" in texts_on_disk(aged.folder)
    aged.run()
    assert b"old@example.vn" not in texts_on_disk(aged.folder)


def test_mended_rows_leave_with_the_row_they_became(aged: Small) -> None:
    with aged.session(writes=True) as session:
        snapshot = session.snapshot()
        row = snapshot.scan("stream_order").sort("at").select("file_id", "row", "source").first().collect()
        mended = row.with_columns(raw=pl.lit(b"secret")).select(*MENDED)
        with session.workspace.begin(session.manifest("ingest", None, {})) as transaction:
            transaction.append("mended", mended, MENDED)
            session.commit(transaction, {})
    plan(aged, "shop")
    aged.run()
    assert held(aged).get("mended", 0) == 0
