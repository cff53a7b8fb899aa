"""`keep: signals`: old rows become counts of days; the answers stay, the rows do not, and nothing counts twice."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.explain_segment import explain_segment
from cdptool.commands.ingest import ingest_files
from cdptool.commands.retain import retain_data
from cdptool.config import load_project
from cdptool.errors import ConfigError
from cdptool.ids import printed_id
from tests.commands.small import AS_OF, Small
from tests.commands.test_retain import WHOLE, accounts, assert_accounted, held, plan, steps, texts_on_disk

ORDERS = """
time,email,sku,total
2026-06-01 23:59:59,lan@example.vn,S1,100000
2026-06-02 00:00:00,lan@example.vn,S1,250000
2026-06-02 10:00:00,lan@example.vn,S2,-50000
2026-06-02 10:00:00,lan@example.vn,,
2026-07-11 10:00:00,gone@example.vn,S2,70000
2026-11-19 10:00:00,lan@example.vn,S2,50000
"""
TRAITS = (
    "{spend: 'sum(order.total[\"30d\"])', ever: count(order), paid: sum(order.total), mean: avg(order.total),"
    " s1: 'count(order.where(sku == \"S1\"))', last_day: max(order.day), june: 'count(order[\"month-5\"])',"
    ' days: nunique(order.day), shirts: \'sum(order.total["year"].where(sku.name == "Áo"))\'}'
)
KEEP = (
    "{max_lag: 6h, keep: {raw: 60d, then: signals, by: [sku], sums: [total]}, columns: {sku: {ref: products}"
)


@pytest.fixture
def aged(unread: Small) -> Small:
    """Orders of June to November, all of them still rows, and what rules say of them."""
    unread.edit("traits: {spend: 'sum(order.total[\"30d\"])'}", f"traits: {TRAITS}")
    unread.edit(
        "    columns: {sku: sku, total: total}",
        "    key: [time, email, sku]\n    columns: {sku: sku, total: total}",
    )
    unread.write("orders_old.csv", ORDERS)
    unread.run(WHOLE)
    return unread


def keep_signals(small: Small) -> None:
    small.edit("{max_lag: 6h, columns: {sku: {ref: products}", KEEP)


def traits(small: Small) -> pl.DataFrame:
    with small.session() as session:
        return session.snapshot().scan("traits").collect()


def test_answers_stay_when_rows_become_counts(aged: Small) -> None:
    before, n_before = traits(aged), held(aged)
    keep_signals(aged)
    report = aged.run(WHOLE)
    assert steps(report)["retain"] == "rows became signals: 5 of `order`"
    assert traits(aged).equals(before)
    assert before["ever"].sum() == 8 and before["ever_is_known"].all()
    after = held(aged)
    assert n_before["stream_order"] - after["stream_order"] == 5
    assert (
        after["signals_order"] == 5
    )  # four of one person, kept apart by day and article, and one of another
    assert_accounted(aged)
    assert aged.run(WHOLE).data["changed"] is False


def test_an_explanation_shows_days_that_are_counts_as_such(aged: Small) -> None:
    keep_signals(aged)
    aged.run(WHOLE)
    told = []
    for profile, days in traits(aged).select("profile_id", "days").iter_rows():
        report = explain_segment(aged.settings(WHOLE), "days", printed_id(profile))
        assert report.data["value"] == days
        told += [line for line in report.lines if "kept as a count of its day" in line]
    assert len(told) == 4  # five rows at most are shown, the newest first


def test_a_dry_run_counts_what_would_become_signals(aged: Small) -> None:
    keep_signals(aged)
    before = held(aged)
    report = retain_data(aged.settings(AS_OF), lambda _: None, dry_run=True)
    assert report.data["rolled"] == {"order": 5}
    assert held(aged) == before


def test_rows_read_again_are_duplicates_and_late_ones_are_counted(aged: Small) -> None:
    keep_signals(aged)
    aged.run(WHOLE)
    aged.write("orders_old_more.csv", ORDERS + "2026-06-03 10:00:00,lan@example.vn,S1,30000\n")
    report = aged.run(WHOLE)
    assert steps(report)["ingest"].startswith("7 rows read = 1 accepted + 6 duplicate")
    assert steps(report)["retain"] == "rows became signals: 1 of `order`"
    assert traits(aged)["ever"].sum() == 9
    assert_accounted(aged)


def test_a_correction_of_what_is_counted_comes_too_late(aged: Small) -> None:
    keep_signals(aged)
    aged.run(WHOLE)
    before = traits(aged)
    aged.write("orders_corrected.csv", "time,email,sku,total\n2026-06-02 00:00:00,lan@example.vn,S1,999999\n")
    ingest_files(aged.settings(), (), lambda _: None)
    aged.run(WHOLE)
    assert traits(aged).equals(before)
    assert held(aged)["signals_order"] == 5
    assert_accounted(aged)


def test_another_mapping_does_not_count_anything_twice(aged: Small) -> None:
    keep_signals(aged)
    aged.run(WHOLE)
    before = traits(aged)
    aged.edit(
        "columns: {sku: sku, total: total}", "columns: {sku: sku, total: {column: total, decimal: '.'}}"
    )
    aged.edit("total: {column: total, decimal: '.'}", "total: {column: total, required: false, decimal: '.'}")
    aged.run(WHOLE)
    assert traits(aged).equals(before)
    assert_accounted(aged)


def test_counted_days_leave_when_their_time_is_over(aged: Small) -> None:
    keep_signals(aged)
    aged.run(WHOLE)
    plan(aged, "shop", "140d")
    report = aged.run(WHOLE)
    assert "4 rows left" in steps(report)["retain"]
    assert held(aged)["signals_order"] == 1
    assert b"gone@example.vn" in texts_on_disk(aged.folder)
    assert not traits(aged)["ever_is_known"].any()
    plan_again = (aged.folder / "project.yaml").read_text(encoding="utf-8").replace("140d", "100d")
    aged.write("project.yaml", plan_again)
    aged.run(WHOLE)
    assert held(aged)["signals_order"] == 0
    assert b"gone@example.vn" not in texts_on_disk(aged.folder)
    assert accounts(aged)["n_gone"].sum() == 5


@pytest.mark.parametrize("new", ["keep: {raw: 60d, then: signals}, columns", "columns"])
def test_what_is_counted_cannot_be_kept_otherwise_afterwards(aged: Small, new: str) -> None:
    """Without `keep` the counted days would be missing from every answer."""
    keep_signals(aged)
    aged.run(WHOLE)
    aged.edit(f"traits: {TRAITS}", "traits: {spend: count(order)}")
    aged.edit("keep: {raw: 60d, then: signals, by: [sku], sums: [total]}, columns: {sku", f"{new}: {{sku")
    with pytest.raises(ConfigError, match="older rows of stream `order` are kept as signals"):
        aged.run(WHOLE)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("sums: [total]", "sums: [sku]", "`sku` has type `identifier`, of which no sums are kept"),
        ("by: [sku]", "by: [skuu]", "unknown column `skuu` of stream `order`"),
        ("by: [sku]", "by: [sku, total]", "`total` stands in `by` and in `sums`"),
        ("then: signals", "then: nothing", "unknown way to keep `nothing`"),
        ("max(order.day)", "max(order.at)", "which cannot tell `max` of `at`"),
        ('["month-5"]', '["120d"]', "which cannot tell parts of days"),
        (
            "consent: {columns: {channel",
            "consent: {keep: {raw: 9d, then: signals}, columns: {channel",
            "asked row by row",
        ),
    ],
)
def test_what_cannot_be_kept_or_asked_is_refused_at_its_place(
    unread: Small, old: str, new: str, told: str
) -> None:
    unread.edit("traits: {spend: 'sum(order.total[\"30d\"])'}", f"traits: {TRAITS}")
    keep_signals(unread)
    load_project(unread.folder, {}, {})
    unread.edit(old, new)
    with pytest.raises(ConfigError) as error:
        load_project(unread.folder, {}, {})
    finding = next(each for each in error.value.findings if told in each.problem)
    assert (
        finding.place is not None and finding.place.line and Path(finding.place.file).name == "project.yaml"
    )
