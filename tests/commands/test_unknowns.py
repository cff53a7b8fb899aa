"""`--unknown`: people of whom it is not known are no members, members that a column tells, or a reason to stop."""

from __future__ import annotations

import json

import polars as pl
import pytest

from cdptool.commands.audiences import Wishes
from cdptool.commands.export import export_audiences
from cdptool.commands.plan import plan_campaigns
from cdptool.commands.run import run_all
from cdptool.commands.segment import compute_segments
from cdptool.commands.segments_report import report_segments
from cdptool.commands.unknowns import Unknowns
from cdptool.errors import CheckFailed
from cdptool.tables import MEMBERSHIPS
from tests.commands.small import AS_OF, Small

# Carts are known up to 20:00: of the two profiles of Lan's address, which have none, it is not known; Minh has one.
SEGMENTS = "segments: {buyers: 'exists(order[\"30d\"])'}"
RULES = 'segments:\n  buyers: exists(order["30d"])\n  no_cart:\n    - buyers\n    - none(cart["30d"])'
EXPORT = "exports:\n  no_cart: {who: no_cart, to: csv, columns: [email], kind: suppression}\n"


@pytest.fixture
def asked(unread: Small) -> Small:
    unread.edit(SEGMENTS, RULES)
    unread.edit("exports:\n", EXPORT)
    return unread


def members(shop: Small) -> list[tuple[str, bool]]:
    with shop.session() as session:
        rows = session.snapshot().scan("memberships", MEMBERSHIPS).filter(pl.col("segment") == "no_cart")
        return rows.select("state", "is_known").collect().rows()


def sizes(shop: Small, unknown: Unknowns = "exclude") -> tuple[int, int]:
    report = compute_segments(shop.settings(AS_OF), unknown=unknown)
    [row] = [each for each in report.data["segments"] if each["segment"] == "no_cart"]
    return row["in"], row["unknown"]


def written(shop: Small) -> str:
    return (shop.folder / "out" / "no_cart.csv").read_text(encoding="utf-8")


def test_unknown_is_no_member_and_is_counted_wherever_members_are(asked: Small) -> None:
    asked.run()
    assert sizes(asked) == (0, 2)
    steps = {row["step"]: row["result"] for row in asked.run("2026-11-20T20:59+07:00").data["steps"]}
    assert steps["segment"].startswith("2 segments (2 with unknown people) computed over 3 profiles")
    asked.run()
    assert members(asked) == [("unknown", False)] * 2
    report = compute_segments(asked.settings(AS_OF), dry_run=True)
    assert ("no_cart", "3 → 2 (1 unknown) → 0 (2 unknown)") in report.grids[1].rows
    shown = {row["segment"]: row for row in report_segments(asked.settings()).data["segments"]}
    assert (shown["no_cart"]["people"], shown["no_cart"]["unknown"]) == (0, 2)
    files = {row["file"]: row for row in export_audiences(asked.settings(), dry_run=True).data["files"]}
    assert (files["no_cart.csv"]["rows"], files["no_cart.csv"]["unknown"]) == (0, 2)
    entries = json.loads((asked.folder / "out" / "manifest.json").read_text())["files"]
    told = {entry["name"]: (entry["unknown"], entry["unknown_counted_in"]) for entry in entries}
    assert (told["no_cart.csv"], told["capped.csv"]) == ((2, False), (0, False))


def test_included_they_are_members_and_a_column_says_so(asked: Small) -> None:
    run_all(asked.settings(AS_OF), lambda _: None, unknown="include")
    assert members(asked) == [("in", False)] * 2
    assert written(asked).splitlines() == ["email,no_cart_is_known", "lan@example.vn,false"]
    assert report_segments(asked.settings()).data["segments"][1]["unknown"] == 2
    entries = json.loads((asked.folder / "out" / "manifest.json").read_text())["files"]
    assert [entry["name"] for entry in entries if entry["unknown_counted_in"]] == [
        "buyers.csv",
        "no_cart.csv",
    ]
    again = run_all(asked.settings(AS_OF), lambda _: None, unknown="include")
    assert not again.data["changed"]
    assert asked.run().data["changed"], "not said again, unknown is no member again"
    assert members(asked) == [("unknown", False)] * 2
    assert written(asked).splitlines() == ["email"]


def test_campaigns_take_whom_segments_count_in(asked: Small) -> None:
    asked.edit("thanks: {to: buyers,", "thanks: {to: no_cart,")
    asked.run()
    plan = plan_campaigns(asked.settings(), dry_run=True)
    assert (plan.data["send"], plan.data["unknown"]) == (0, {"thanks": 2})
    assert "of 2 profiles it is not known whether they are in `no_cart`" in plan.findings[-1].problem
    compute_segments(asked.settings(AS_OF), unknown="include")
    plan = plan_campaigns(asked.settings(), dry_run=True)
    assert (plan.data["send"], plan.data["unknown"]) == (2, {})


def test_an_export_may_count_otherwise_than_its_segments(asked: Small) -> None:
    asked.run()
    export_audiences(asked.settings(), wishes=Wishes(unknown="include"))
    assert written(asked).splitlines() == ["email,no_cart_is_known", "lan@example.vn,false"]
    export_audiences(asked.settings())
    assert written(asked).splitlines() == ["email"]
    sizes(asked, "include")
    export_audiences(asked.settings(), wishes=Wishes(unknown="exclude"))
    assert written(asked).splitlines() == ["email"]
    export_audiences(asked.settings())
    assert written(asked).splitlines() == ["email,no_cart_is_known", "lan@example.vn,false"]


def test_fail_stops_before_anything_is_written_and_names_the_segments_with_their_counts(asked: Small) -> None:
    with pytest.raises(CheckFailed) as failed:
        run_all(asked.settings(AS_OF), lambda _: None, unknown="fail")
    assert [finding.problem for finding in failed.value.findings] == [
        "of 1 profile it is not known whether it is in `buyers`; no segment was written",
        "of 2 profiles it is not known whether they are in `no_cart`; no segment was written",
    ]
    assert all(finding.place is not None and finding.place.line for finding in failed.value.findings)
    with asked.session() as session:
        assert not session.snapshot().has("memberships")
    assert not (asked.folder / "out").exists()
    asked.run()
    before = written(asked)
    with pytest.raises(CheckFailed):
        export_audiences(asked.settings(), wishes=Wishes(unknown="fail"))
    with pytest.raises(CheckFailed):
        compute_segments(asked.settings(AS_OF), unknown="fail")
    assert (members(asked), written(asked)) == ([("unknown", False)] * 2, before)
    export_audiences(asked.settings(), ("capped",), wishes=Wishes(unknown="fail"))  # no segment


def test_a_run_that_fails_on_unknown_does_nothing_again_where_all_is_known(unread: Small) -> None:
    unread.edit(SEGMENTS, "segments: {buyers: 'not missing(name)'}")
    unread.run()
    assert not run_all(unread.settings(AS_OF), lambda _: None, unknown="fail").data["changed"]
    unread.edit("buyers: 'not missing(name)'", "buyers: 'exists(order[\"30d\"])'")
    unread.run()
    with pytest.raises(CheckFailed):
        run_all(unread.settings(AS_OF), lambda _: None, unknown="fail")
