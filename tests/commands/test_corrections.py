"""The same key again with other content: which row counts, whatever order files and rows come in."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cdptool.commands.as_of import resolve_as_of
from cdptool.commands.check import check_data
from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.report import Report
from cdptool.commands.segment import compute_segments
from cdptool.commands.session import Settings, open_session
from cdptool.errors import ConfigError
from tests.frames import ROUNDS

PROJECT = """\
version: 1
name: corrected
tz: UTC
currency: EUR
fields: {{customer_id: identifier, city: text}}
streams: {{order: {{tz: UTC, columns: {{total: money}}}}}}
sources:
  shop:
    files: orders*.csv
    feeds: {{stream: order}}
    key: order
    at: time
    identifiers: {{customer_id: customer}}
    columns: {{total: total}}
    max_quarantined: 100%
{shop}
  crm:
    files: people*.csv
    feeds: records
    key: customer
    columns: {{customer_id: customer, city: city}}
    max_quarantined: 100%
{crm}
keys: {{customer_id: {{limit: 1}}}}
passes:
  - exact: same(customer_id)
traits:
  spend: sum(order.total)
  orders: count(order)
segments: {{big: spend >= 100}}
"""
HEADER = "order,time,customer,total,changed,version\n"
PEOPLE = "customer,city,changed\n"
AS_OF = "2026-12-01"


def project(folder: Path, shop: str = "", crm: str = "") -> Settings:
    folder.mkdir(exist_ok=True, parents=True)
    lines = {"shop": f"    {shop}", "crm": f"    {crm}"}
    (folder / "project.yaml").write_text(PROJECT.format(**lines))
    return Settings(folder, as_of=AS_OF)


def ingest(settings: Settings, name: str, rows: list[str], header: str = HEADER) -> Report:
    (settings.project / name).write_text(header + "".join(f"{row}\n" for row in rows))
    source = ("shop",) if header == HEADER else ("crm",)
    return ingest_files(settings, source, lambda _: None)


def answers(settings: Settings) -> dict[str, tuple[float, int, bool]]:
    """Spend, orders and whether they are `big`, by customer."""
    merge_records(settings)
    compute_segments(settings)
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        profiles = snapshot.scan("profiles").select("profile_id", "customer_id")
        traits = snapshot.scan("traits").join(profiles, on="profile_id").collect()
        big = set(snapshot.scan("memberships").collect()["profile_id"])
        return {
            row["customer_id"]: (row["spend"] / 10_000, row["orders"], row["profile_id"] in big)
            for row in traits.iter_rows(named=True)
            if row["orders"]
        }


def test_a_later_version_by_its_column_corrects_an_earlier_one(tmp_path: Path) -> None:
    settings = project(tmp_path, "corrections: {by: changed}")
    new, old = "1,2026-01-01,C1,150,2026-01-03,", "1,2026-01-01,C1,90,2026-01-02,"
    ingest(settings, "orders1.csv", [new])
    report = ingest(settings, "orders2.csv", [old, new])
    assert (report.data["rows_accepted"], report.data["rows_duplicate"]) == (1, 1)
    assert report.data["rows_corrected"] == 1
    assert not report.findings
    assert answers(settings) == {"C1": (150, 1, True)}


def test_back_to_an_earlier_value_is_a_version_too(tmp_path: Path) -> None:
    settings = project(tmp_path, "corrections: {by_number: version}")
    ingest(
        settings, "orders1.csv", ["1,2026-01-01,C1,9,,1", "1,2026-01-01,C1,100,,2", "1,2026-01-01,C1,9,,10"]
    )
    assert answers(settings) == {"C1": (9, 1, False)}


def test_the_earliest_stays_where_that_is_declared(tmp_path: Path) -> None:
    settings = project(tmp_path, "corrections: {keep: earliest, by: changed}")
    ingest(settings, "orders1.csv", ["1,2026-01-01,C1,150,2026-01-03,"])
    ingest(settings, "orders2.csv", ["1,2026-01-01,C1,90,2026-01-02,"])
    assert answers(settings) == {"C1": (90, 1, False)}


def test_all_rows_of_a_key_are_events_where_that_is_declared(tmp_path: Path) -> None:
    settings = project(tmp_path, "corrections: all")
    ingest(settings, "orders1.csv", ["1,2026-01-01,C1,60,,", "1,2026-01-01,C1,50,,"])
    report = ingest(settings, "orders2.csv", ["1,2026-01-01,C1,60,,"])
    assert report.data["rows_duplicate"] == 1
    assert answers(settings) == {"C1": (110, 2, True)}


def test_a_source_that_never_corrects_refuses_other_content(tmp_path: Path) -> None:
    settings = project(tmp_path, "corrections: refuse")
    ingest(settings, "orders1.csv", ["1,2026-01-01,C1,60,,", "2,2026-01-01,C1,1,,"])
    report = ingest(
        settings, "orders2.csv", ["1,2026-01-01,C1,50,,", "1,2026-01-01,C1,60,,", "1,2026-01-01,C1,50,,"]
    )
    assert (report.data["rows_duplicate"], report.data["rows_quarantined"]) == (1, 2)
    with open_session(settings, writes=False) as session:
        rows = (
            session.snapshot().scan("quarantine").select("row", "column", "rule", "reason").collect().rows()
        )
    assert rows == [(n, "order", "key", "the key of an earlier row, with other content") for n in (2, 4)]
    assert answers(settings) == {"C1": (61, 2, False)}


def test_what_nobody_declared_is_told(tmp_path: Path) -> None:
    settings = project(tmp_path)
    ingest(settings, "orders1.csv", ["1,2026-01-01,C1,60,,"])
    report = ingest(settings, "orders2.csv", ["1,2026-01-02,C1,50,,"])
    assert [finding.problem for finding in report.findings] == [
        "1 row of `shop` has the key of an earlier row and other content: the later `at` counts, of one `at` either"
    ]
    assert answers(settings) == {"C1": (50, 1, False)}


def test_records_are_corrected_by_their_version_too(tmp_path: Path) -> None:
    settings = project(tmp_path, crm="corrections: {by: changed}")
    ingest(settings, "people1.csv", ["C1,Hue,2026-01-02"], PEOPLE)
    ingest(settings, "people2.csv", ["C1,Vinh,2026-01-01", "C2,Hue,"], PEOPLE)
    merge_records(settings)
    with open_session(settings, writes=False) as session:
        found = session.snapshot().scan("profiles").select("customer_id", "city").collect()
    assert sorted(found.rows()) == [("C1", "Hue"), ("C2", "Hue")]


@pytest.mark.parametrize(
    ("shop", "crm", "problem"),
    [
        ("corrections: newest", "", "newest"),
        ("corrections: {keep: all, by: changed}", "", "means nothing"),
        ("corrections: {by: changed, of: x}", "", "unknown key `of`"),
        ("", "corrections: all", "is for sources of streams"),
        ("", "corrections: latest", "nothing says which version is newer"),
        ("", "overlap: 3d", "`overlap` needs `at`"),
    ],
)
def test_what_does_not_go_together_is_refused(shop: str, crm: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=problem):
        ingest_files(project(tmp_path, shop, crm), (), lambda _: None)


# The oracle: a plain loop over all rows, in the order of what makes a row newer.


def winners(rows: list[dict[str, Any]], keep: str) -> list[dict[str, Any]]:
    """The rows that count. Equally new ones differ in nothing here: their totals are the same."""
    by_key: dict[str, dict[str, Any]] = {}
    for row in rows:
        best = by_key.get(row["order"])
        new = row["version"] if keep == "latest" else -row["version"]
        old = None if best is None else (best["version"] if keep == "latest" else -best["version"])
        if old is None or new > old:
            by_key[row["order"]] = row
    return list(by_key.values())


@pytest.mark.parametrize("seed", range(8 * ROUNDS))
def test_histories_in_any_order_and_any_files_give_what_a_plain_loop_gives(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    keep = rng.choice(("latest", "earliest"))
    by = rng.choice(("by: changed", "by_number: version", ""))
    totals = {
        (order, version): rng.choice((10, 40, 90, 120)) for order in range(6) for version in range(1, 5)
    }
    customers = {order: f"C{rng.randrange(3)}" for order in range(6)}
    rows = []
    for _ in range(rng.randrange(5, 30)):
        order, version = rng.randrange(6), rng.randrange(1, 5)
        rows.append(
            {
                "order": f"O{order}",
                "version": version,
                "total": totals[order, version],
                "customer": customers[order],
            }
        )
    lines = [
        f"{r['order']},2026-01-{r['version'] if not by else 5:02},{r['customer']},{r['total']},2026-02-{r['version']:02},{r['version']}"
        for r in rows
    ]
    wanted: dict[str, tuple[float, int, bool]] = {}
    for row in winners(rows, keep):
        spend, n, _ = wanted.get(row["customer"], (0, 0, False))
        wanted[row["customer"]] = (spend + row["total"], n + 1, spend + row["total"] >= 100)
    for attempt in range(2):
        rng.shuffle(lines)
        line = f"corrections: {{keep: {keep}{', ' + by if by else ''}}}"
        settings = project(tmp_path / str(attempt), line)
        cuts = sorted(rng.randrange(len(lines) + 1) for _ in range(2))
        for i, (start, end) in enumerate(zip((0, *cuts), (*cuts, len(lines)), strict=True)):
            if end > start:
                ingest(settings, f"orders{rng.randrange(100)}-{i}.csv", lines[start:end])
        assert answers(settings) == wanted


# Late rows.


def test_rows_later_than_the_declared_overlap_are_told_and_kept(tmp_path: Path) -> None:
    settings = project(tmp_path, "overlap: 3d\n    corrections: latest")
    days = [f"{n},2026-01-{n:02},C1,1,," for n in range(1, 11)]
    assert not ingest(settings, "orders1.csv", days).findings
    assert not ingest(
        settings, "orders2.csv", [*days[6:], "11,2026-01-11,C1,1,,", "12,2026-01-08,C1,1,,"]
    ).findings
    report = ingest(settings, "orders3.csv", [*days[:2], "13,2026-01-02,C1,1,,", "14,2026-01-09,C1,1,,"])
    assert (report.data["rows_accepted"], report.data["rows_duplicate"]) == (2, 2)
    assert [f.problem for f in report.findings] == [
        "1 row of `shop` is later than declared (`overlap: 3d`): from before 2026-01-08 00:00 UTC,"
        " where it was taken as complete"
    ]
    assert report.findings[0].place is not None
    assert report.findings[0].place.line == 4
    check = check_data(settings, ("shop",), as_of="2026-01-12", everything=False, junit=None)
    assert check.data["failed"] == 0
    assert any("`overlap 3d`: fails in 1 of 20 rows" in finding.problem for finding in check.findings)
    again = check_data(settings, ("shop",), as_of="2026-01-12", everything=False, junit=None)
    assert not any("overlap" in finding.problem for finding in again.findings)


def test_a_stream_is_complete_until_its_newest_row_less_the_overlap(tmp_path: Path) -> None:
    settings = project(tmp_path, "overlap: 3d")
    ingest(settings, "orders1.csv", ["1,2026-01-10,C1,1,,"])
    with open_session(settings, writes=False) as session:
        found = resolve_as_of(session.project, session.snapshot(), None, datetime(2026, 1, 11, tzinfo=UTC))
    assert found.moment == datetime(2026, 1, 7, tzinfo=UTC)
    assert found.complete_until == {"order": datetime(2026, 1, 7, tzinfo=UTC)}


def test_the_files_of_one_run_are_not_late_among_themselves(tmp_path: Path) -> None:
    settings = project(tmp_path, "overlap: 1d")
    (tmp_path / "orders-a.csv").write_text(HEADER + "1,2026-01-10,C1,1,,\n")
    report = ingest(settings, "orders-b.csv", ["2,2026-01-01,C1,1,,"])
    assert report.data["rows_accepted"] == 2
    assert not report.findings


def test_a_workspace_from_before_versions_still_answers(tmp_path: Path) -> None:
    """Its streams have no `version_rank`: then `at` decides, as without a declaration."""
    settings = project(tmp_path)
    ingest(settings, "orders1.csv", ["1,2026-01-01,C1,60,,"])
    with open_session(settings, writes=True) as session:
        rows = session.snapshot().scan("stream_order").drop("version_rank").collect()
        people = session.snapshot().scan("records").drop("version_rank").collect()
        with session.workspace.begin(session.manifest("ingest", None, {})) as transaction:
            transaction.replace("stream_order", rows)
            transaction.replace("records", people)
            session.commit(transaction, {})
    assert isinstance(rows, pl.DataFrame)
    ingest(settings, "orders2.csv", ["1,2026-01-02,C1,50,,"])
    assert answers(settings) == {"C1": (50, 1, False)}
