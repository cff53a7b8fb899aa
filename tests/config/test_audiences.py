"""Conditions in the place of a segment's name: of campaigns and exports, each a segment of its own."""

from __future__ import annotations

import pytest

from cdptool.commands.check_rules import check_rules
from cdptool.commands.export import export_audiences
from cdptool.commands.plan import plan_campaigns
from cdptool.commands.segment import compute_segments
from cdptool.config import load_project
from cdptool.errors import ConfigError
from tests.commands.small import Small

WHOLE = "2026-11-20T20:30+07:00"  # up to here the orders are known
TO = "thanks: {to: buyers,"
WHO = "buyers: {who: buyers,"


@pytest.fixture
def shop(tmp_path) -> Small:
    return Small.written(tmp_path)


def test_a_campaign_may_be_to_a_condition_and_an_export_for_a_list_of_them(shop: Small) -> None:
    shop.edit(TO, "thanks: {to: 'buyers and spend < 150_000',")
    shop.edit(WHO, "buyers: {who: [buyers, spend >= 150_000],")
    shop.edit("purpose: marketing, channel: email}\n  capped", "kind: suppression}\n  capped")
    project = load_project(shop.folder)
    assert project.rules is not None
    assert [rule.name for rule in project.rules.segments] == ["buyers", "to_thanks", "who_buyers"]
    assert project.plan is not None
    assert (project.plan.campaigns[0].to, project.exports[0].who) == ("to_thanks", "who_buyers")
    shop.run(WHOLE)
    report = compute_segments(shop.settings(WHOLE), dry_run=True)
    sizes = {row["segment"]: row["in"] for row in report.data["segments"]}
    assert sizes == {"buyers": 2, "to_thanks": 1, "who_buyers": 1}
    assert [row[0] for row in report.grids[1].rows] == ["who_buyers"], "a list is counted line by line"
    assert plan_campaigns(shop.settings(), dry_run=True).data["send"] == 1
    files = {
        row["file"]: row["rows"] for row in export_audiences(shop.settings(), dry_run=True).data["files"]
    }
    assert files["buyers.csv"] == 1


def test_what_is_wrong_with_it_is_told_where_it_stands(shop: Small) -> None:
    shop.edit(TO, "thanks: {to: 'buyers and spent < 3',")
    shop.edit(WHO, "buyers: {who: [buyers, exists(ordr)],")
    with pytest.raises(ConfigError) as refused:
        load_project(shop.folder)
    found = {each.problem: each for each in refused.value.findings}
    assert set(found) == {"unknown name `spent`", "unknown stream `ordr`"}
    text = (shop.folder / "project.yaml").read_text(encoding="utf-8").splitlines()
    for problem, word in (("unknown name `spent`", "spent"), ("unknown stream `ordr`", "ordr")):
        place = found[problem].place
        assert place is not None and place.line is not None and place.column is not None
        assert text[place.line - 1][place.column - 1 :].startswith(word)


def test_the_segment_has_a_name_that_rules_can_say(shop: Small) -> None:
    shop.edit(TO, "year-end.2026: {to: not missing(email),")
    book = load_project(shop.folder).rules
    assert book is not None
    assert [rule.name for rule in book.segments] == ["buyers", "to_year_end_2026"]


def test_one_name_is_a_name_and_is_judged_as_one(shop: Small) -> None:
    shop.edit(TO, "thanks: {to: buyer,")
    with pytest.raises(ConfigError, match="unknown segment `buyer`") as refused:
        load_project(shop.folder)
    assert refused.value.findings[0].hint == "did you mean `buyers`?"


@pytest.mark.parametrize("written", ["''", "[]", "{segment: buyers}", "3", "true"])
def test_what_is_neither_is_refused(shop: Small, written: str) -> None:
    shop.edit(TO, f"thanks: {{to: {written},")
    with pytest.raises(ConfigError):
        load_project(shop.folder)


def test_the_name_of_the_segment_may_not_be_taken(shop: Small) -> None:
    shop.edit(TO, "thanks: {to: not buyers,")
    shop.edit("segments: {buyers:", "segments: {to_thanks: points > 3, buyers:")
    with pytest.raises(ConfigError, match="`to_thanks` is the name of two rules"):
        load_project(shop.folder)


def test_it_is_checked_for_slips_like_every_segment(shop: Small) -> None:
    shop.edit(TO, "thanks: {to: 'none(order[\"30d\"])',")
    problems = [each.problem for each in check_rules(shop.settings(), strict=False).findings]
    assert "segment `to_thanks` only says what people did not do" in problems
