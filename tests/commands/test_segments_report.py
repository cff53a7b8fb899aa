"""`report segments`: sizes, shares, and who is in two at once."""

from __future__ import annotations

import random

import polars as pl
import pytest

from cdptool.commands.ingest import ingest_files
from cdptool.commands.segments_report import report_segments
from cdptool.errors import UsageError
from cdptool.profiles.overlap import overlap
from tests.commands.small import Small


@pytest.fixture
def shop(unread: Small) -> Small:
    unread.edit(
        "segments: {buyers: 'exists(order[\"30d\"])'}",
        """segments:
  buyers: 'exists(order["30d"])'
  dear: 'exists(order["30d"].where(total >= 200_000))'
  nobody: 'exists(order["30d"].where(total < 0))'""",
    )
    return unread


def test_sizes_and_shares_of_one_another(shop: Small) -> None:
    shop.run()
    report = report_segments(shop.settings())
    assert report.data["overlap"] == [
        {"segment": "buyers", "other": "dear", "n_both": 1},
        {"segment": "dear", "other": "buyers", "n_both": 1},
    ]
    n_profiles = report.data["profiles"]
    assert [row[:2] for row in report.grids[0].rows] == [("buyers", 2), ("dear", 1), ("nobody", 0)]
    assert report.data["segments"][0]["share"] == 2 / n_profiles
    assert report.grids[1].rows == (("1", "buyers", "·", "50"), ("2", "dear", "100", "·"))


def test_one_segment_has_no_other_to_be_held_beside(shop: Small) -> None:
    shop.run()
    report = report_segments(shop.settings(), ("dear",))
    assert [row[0] for row in report.grids[0].rows] == ["dear"]
    assert len(report.grids) == 1


def test_what_is_not_there_is_said(shop: Small) -> None:
    ingest_files(shop.settings(), (), lambda _: None)
    with pytest.raises(UsageError, match="no segments were computed yet"):
        report_segments(shop.settings())
    with pytest.raises(UsageError, match="there is no segment `deer`"):
        report_segments(shop.settings(), ("deer",))


@pytest.mark.parametrize("seed", range(20))
def test_overlap_is_what_sets_say(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"s{n}" for n in range(chance.randint(1, 6))]
    sets = {name: {n for n in range(40) if chance.random() < 0.3} for name in names}
    rows = [(name, n, "in") for name, held in sets.items() for n in held]
    rows += [(name, 99, "unknown") for name in names] + [("other", 1, "in")]
    chance.shuffle(rows)
    members = pl.LazyFrame(rows, ["segment", "profile_id", "state"], orient="row")
    found = {(one, other): n for one, other, n in overlap(members, names).iter_rows()}
    assert found == {(one, other): len(sets[one] & sets[other]) for one in names for other in names}
