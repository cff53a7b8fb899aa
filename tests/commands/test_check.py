"""What `check` says of a small project, what it remembers, and with which code it ends."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cdptool.commands.check import check_data
from cdptool.commands.ingest import ingest_files
from cdptool.commands.report import Report
from cdptool.errors import StoreError, UsageError
from tests.commands.small import AS_OF, Small

ORDERS = "    columns: {sku: sku, total: total}\n"


def check(
    small: Small, *names: str, as_of: str = AS_OF, everything: bool = False, junit: Path | None = None
) -> Report:
    return check_data(small.settings(), names, as_of=as_of, everything=everything, junit=junit)


def ingest(small: Small) -> None:
    ingest_files(small.settings(), (), lambda _: None)


def expecting(small: Small, *lines: str, plan: str = "") -> Small:
    """The source of orders with these expectations, read."""
    expect = "".join(f"      - {line}\n" for line in lines)
    small.edit(ORDERS, f"{ORDERS}{plan}    expect:\n{expect}")
    ingest(small)
    return small


def outcomes(report: Report) -> dict[str, str]:
    return {each["check"]: each["outcome"] for each in report.data["checks"] if each["source"] == "shop"}


def test_failing_check_names_file_and_line_and_no_value(unread: Small) -> None:
    report = check(expecting(unread, "total >= 150000", "sku in products"))
    assert report.exit_code == 1
    (finding,) = report.findings
    assert "orders.csv:2" in finding.problem
    assert finding.problem.startswith("source `shop`: `total >= 150000`: fails in 1 of 2 rows: ")
    assert "lan@" not in str(report)
    assert outcomes(report) == {"total >= 150000": "failed", "sku in products": "held"}


def test_warning_fails_nothing(unread: Small) -> None:
    report = check(expecting(unread, "{check: total >= 150000, severity: warning, name: large}"))
    assert (report.exit_code, [each.severity for each in report.findings]) == (0, ["warning"])


def test_second_check_judges_only_what_came_since(unread: Small) -> None:
    expecting(unread, "total > 0", "unique(sku)")
    assert check(unread).exit_code == 0
    assert set(outcomes(check(unread)).values()) == {"not judged"}
    unread.write("orders2.csv", "time,email,sku,total\n2026-11-20 20:40:00,lan@example.vn,S1,7\n")
    ingest(unread)
    report = check(unread)
    assert outcomes(report) == {"total > 0": "held", "unique(sku)": "failed"}
    assert [each["checked"] for each in report.data["checks"][:2]] == [1, 1]
    assert outcomes(check(unread, everything=True)) == {"total > 0": "held", "unique(sku)": "failed"}


def test_what_failed_fails_again_until_it_is_mended(unread: Small) -> None:
    expecting(unread, "total >= 150000")
    assert [check(unread).exit_code for _ in range(2)] == [1, 1]
    unread.edit("- total >= 150000", "- {check: total >= 150000, at_least: 50%}")
    assert check(unread).exit_code == 0


def test_another_expectation_looks_at_everything_again(unread: Small) -> None:
    expecting(unread, "total > 0")
    assert check(unread).exit_code == 0
    unread.edit("- total > 0", "- total > 100000")
    assert check(unread).exit_code == 1


def test_check_that_finds_nothing_new_writes_nothing(unread: Small) -> None:
    expecting(unread, "total > 0")
    check(unread)
    with unread.session() as session:
        before = len(session.workspace.logs("check"))
    check(unread)
    with unread.session() as session:
        assert len(session.workspace.logs("check")) == before


def test_late_feed_alone_has_a_code_of_its_own(unread: Small) -> None:
    expecting(unread, "total > 0", plan="    max_lag: 2h\n")
    assert check(unread).exit_code == 0
    report = check(unread, as_of="2026-11-20T23:00+07:00")
    assert report.exit_code == 5
    assert "1 d 0 h back" in str(check(unread, as_of="2026-11-21T20:30+07:00").findings)


def test_out_of_period_rows_fail(unread: Small) -> None:
    expecting(unread, "total > 0", plan="    from: 2026-01-01\n    until: 2026-11-19\n")
    report = check(unread)
    assert outcomes(report) == {"from 2026-01-01": "held", "until 2026-11-19": "failed", "total > 0": "held"}


def test_period_ends_with_the_day_of_the_project(unread: Small) -> None:
    """02:00 in Ho Chi Minh is still the day before in UTC."""
    unread.write("orders.csv", "time,email,sku,total\n2026-11-20 02:00:00,lan@example.vn,S1,7\n")
    expecting(unread, "total > 0", plan="    from: 2026-11-20\n")
    assert outcomes(check(unread))["from 2026-11-20"] == "held"


def test_plan_is_shown(unread: Small) -> None:
    plan = "    owner: shop team\n    purpose: sales\n    legal_basis: contract\n    keep_for: 2w\n"
    report = check(expecting(unread, "total > 0", plan=plan))
    assert report.grids[0].rows == (("shop", "sales", "shop team", "contract", "14d"),)


def test_plan_of_a_stream_holds_for_its_sources_and_is_judged_as_a_whole(unread: Small) -> None:
    unread.edit("  order: {max_lag: 6h,", "  order: {max_lag: 6h, every: 1d, owner: shops, keep_for: 30d,")
    unread.write("orders9.csv", "time,email,sku,total\n2026-11-17 08:00:00,lan@example.vn,S1,7\n")
    report = check(expecting(unread, "total > 0", plan="    keep_for: 7d\n"))
    assert report.grids[0].rows == (("shop", None, "shops", None, "7d"),)
    (finding,) = report.findings
    assert finding.problem == (
        "`stream order`: `every 1d`: 2 of 3 days have no row, the first of them 2026-11-18"
    )
    assert report.exit_code == 1


def test_unplanned_column_is_told_once_and_a_new_one_as_a_warning(unread: Small) -> None:
    unread.write("carts.csv", "time,email,total,note\n2026-11-20 20:00:00,minh@example.vn,50000,x\n")
    ingest(unread)
    (first,) = check(unread).findings
    assert (first.severity, "`note`" in first.problem) == ("note", True)
    assert check(unread).findings == ()
    unread.write("carts.csv", "time,email,total,note,tag\n2026-11-20 20:00:00,minh@example.vn,50000,x,y\n")
    ingest(unread)
    (second,) = check(unread).findings
    assert (second.severity, "`tag`" in second.problem, "`note`" in second.problem) == (
        "warning",
        True,
        False,
    )
    assert check(unread).findings == ()


def test_promised_data_that_never_came_fails(unread: Small) -> None:
    expecting(unread, "total > 0", plan="    every: 1d\n")
    check(unread)
    unread.edit("sources:\n", "sources:\n  late:\n    files: late.csv\n    feeds: {stream: cart}\n"
                "    at: {column: time, tz: UTC}\n    columns: {total: total}\n    every: 1d\n")  # fmt: skip
    report = check(unread, "late")
    assert (report.exit_code, report.findings[0].problem) == (1, "nothing of source `late` was ever ingested")


def test_junit_is_written_with_every_check(unread: Small, tmp_path: Path) -> None:
    path = tmp_path / "ci" / "checks.xml"
    check(expecting(unread, "total >= 150000", "total > 0"), junit=path)
    root = ElementTree.parse(path).getroot()
    assert (root.get("tests"), root.get("failures")) == ("4", "1")  # two lines and two live streams
    before = path.read_bytes()
    check(unread, junit=path)
    assert path.read_bytes() == before


def test_source_that_does_not_exist_and_workspace_that_does_not(unread: Small) -> None:
    with pytest.raises(StoreError):
        check(unread)
    ingest(unread)
    with pytest.raises(UsageError):
        check(unread, "shopp")
    with pytest.raises(UsageError):
        check(unread, as_of="yesterday")


def test_expectations_never_make_ingest_read_again(unread: Small) -> None:
    ingest(unread)
    expecting(unread, "total >= 150000", plan="    owner: shop team\n")
    assert ingest_files(unread.settings(), (), lambda _: None).data["files"] == 0
