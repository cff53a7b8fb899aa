"""`cdptool explain segment`: what each line says of one profile, and where the rows stand that decided it."""

from __future__ import annotations

import json

import polars as pl
import pytest

from cdptool.commands.explain_segment import explain_segment
from cdptool.commands.ingest import ingest_files
from cdptool.commands.report import Report
from cdptool.commands.segment import compute_segments
from cdptool.errors import StoreError, UsageError
from cdptool.ids import printed_id
from tests.commands.small import AS_OF, Small

RULES = """segments:
  buyers: 'exists(order["30d"])'
  left: 'exists(cart["5h"].where(none(order["+"])))'
  adults: 'birth_date < "2000-01-01" and not missing(email)'
  best: 'ntile(spend_all, 2) == 2'
  drawn: 'half == "b" and exists(order)'
  known_buyer: 'count(order.where(buyers)) >= 0 and at("10m", none(order["20m"]))'
  later: 'exists(cart["5h"].where(exists(order["+"].where(total > 150000))))'"""


@pytest.fixture
def shop(copied: Small) -> Small:
    copied.edit("segments: {buyers: 'exists(order[\"30d\"])'}", RULES)
    copied.edit("traits: {spend:", "traits: {mail: email, spend_all: 'sum(order.total)', spend:")
    copied.edit(
        "\nconsent: {stream", "\nsplits: {half: {salt: s1, arms: {a: 0.5, b: 0.5}}}\nconsent: {stream"
    )
    return copied


def explained(shop: Small, name: str, who: str, as_of: str = AS_OF, *, show_values: bool = False) -> Report:
    return explain_segment(shop.settings(as_of), name, who, show_values=show_values)


def test_each_line_has_its_truth_its_value_and_the_rows_with_file_and_line(shop: Small) -> None:
    report = explained(shop, "spend", "crm:K4", "2026-11-20T20:30+07:00")
    assert [line.replace(f"{shop.folder}/", "") for line in report.lines[1:]] == [
        '  sum(order.total["30d"]) = 200,000 VND',
        "    rows of `order` after 2026-10-21 20:30 up to 2026-11-20 20:30: 1 counts",
        "      + 2026-11-20 19:00  total 200,000 VND  orders.csv:3",
    ]
    assert report.data["value"] == "200000"
    assert report.data["lines"][0]["rows"]["decided"][0]["counts"] == "yes"
    json.dumps(report.data)


def test_a_feed_that_is_not_complete_is_named(shop: Small) -> None:
    report = explained(shop, "left", "crm:K4", "2026-11-20T21:00+07:00")
    assert report.data["state"] == "unknown"
    assert [line.replace(f"{shop.folder}/", "") for line in report.lines[1:]] == [
        '  unknown  exists(cart["5h"].where(none(order["+"])))',
        "      not known: `order` is complete until 2026-11-20 20:30 only",
        "      rows of `cart` after 2026-11-20 16:00 up to 2026-11-20 21:00: none counts, of 1 it is not known",
        "        ? 2026-11-20 20:00  carts.csv:2",
    ]
    assert "it is not known whether" in report.summary


def test_values_of_a_person_are_masked_unless_asked_for(shop: Small) -> None:
    for name in ("adults", "mail"):
        told = json.dumps([explained(shop, name, "crm:K1").lines, explained(shop, name, "crm:K1").data])
        assert "lan@example.vn" not in told and "1990-01-01" not in told
    assert "l•••@e•••.vn" in explained(shop, "mail", "crm:K1").summary
    assert "email = lan@example.vn" in [
        line.strip() for line in explained(shop, "adults", "crm:K1", show_values=True).lines
    ]


def test_it_agrees_with_segment_for_everybody_at_any_moment(shop: Small) -> None:
    for as_of in (AS_OF, "2026-11-20T20:10+07:00", "2026-11-20T19:00+07:00"):
        compute_segments(shop.settings(as_of))
        with shop.session() as session:
            snapshot = session.snapshot()
            rows = snapshot.scan("memberships").select("segment", "profile_id", "state").collect().rows()
            found = {(segment, profile): state for segment, profile, state in rows}
            people = snapshot.scan("profiles").select(pl.col("profile_id")).collect()["profile_id"]
        for segment in ("buyers", "left", "adults", "later", "best", "drawn", "known_buyer"):
            for profile in people:
                data = explained(shop, segment, printed_id(profile), as_of).data
                state = {True: "in", False: None, None: "unknown"}[data["value"]]
                assert state == found.get((segment, profile)), (segment, as_of)


def test_without_a_moment_it_is_that_of_the_last_segment(shop: Small) -> None:
    compute_segments(shop.settings("2026-11-20T20:10+07:00"))
    report = explain_segment(shop.settings(None), "buyers", "crm:K4")
    assert report.data["as_of"] == "2026-11-20T13:10:00+00:00"


def test_wrong_names_are_told_with_the_nearest(shop: Small) -> None:
    with pytest.raises(UsageError) as error:
        explained(shop, "buyer", "crm:K1")
    assert error.value.findings[0].hint == "did you mean `buyers`?"
    with pytest.raises(UsageError, match="no such profile"):
        explained(shop, "buyers", "p_nobody")
    with pytest.raises(UsageError, match="no such record"):
        explained(shop, "buyers", "crm:K77")


def test_before_a_merge_there_is_nobody_to_speak_of(unread: Small) -> None:
    with pytest.raises(StoreError):
        explain_segment(unread.settings(AS_OF), "buyers", "crm:K1")
    ingest_files(unread.settings(), (), lambda _: None)
    with pytest.raises(UsageError, match="nothing is merged yet"):
        explain_segment(unread.settings(AS_OF), "buyers", "crm:K1")
