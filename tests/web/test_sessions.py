"""Sessions through the whole tool: whose they are, what rules see, what late rows and other files do to their ids."""

from __future__ import annotations

from pathlib import Path
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.commands.session import Settings
from cdptool.commands.sessions import show_sessions
from cdptool.config import load_project
from cdptool.errors import ConfigError
from tests.web.site import PROJECT, Site

AD = "https://shop.example/?gclid=x"
TABLET = (
    "1 10 09:00 tablet - view /a -",  # before anybody has logged in: of Mai, the first who does
    "2 11 09:00 tablet - view /a -",  # Mai logs in later in this visit
    "3 11 09:05 tablet mai login - -",
    "4 12 09:00 tablet - view /b -",  # after her
    "5 13 09:00 tablet nam login - -",
    "6 13 09:01 tablet - view /c -",
    f"7 14 09:00 tablet - view {AD} -",  # after him
    "8 11 10:00 laptop - view /z -",  # nobody logs in here
)


def test_on_a_shared_device_events_and_visits_go_to_who_logged_in(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("", TABLET)
    site.run()
    assert site.table("stream_visit")["known_by"].to_list() == [
        "later",
        "login",
        None,
        "earlier",
        "login",
        "earlier",
    ]
    people = site.people()
    assert {name: (row["visits"], row["views"], row["paid"]) for name, row in people.items()} == {
        "mai": (3, 4, 0),
        "nam": (2, 3, 1),
    }
    identified = site.table("touches_of_visit").join(site.table("profiles"), on="profile_id").sort("shop_id")
    told = identified.filter(pl.col("shop_id").is_not_null()).select("identified_at", "sessions_before")
    assert [(f"{at:%d %H:%M}", n) for at, n in told.iter_rows()] == [("11 02:05", 2), ("13 02:00", 0)]


def test_what_an_open_visit_may_still_change_is_unknown(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("", ["1 20 20:50 d1 an login - -", "2 20 20:50 d1 an view /a -", "3 20 20:00 d2 ba view /a -"])
    site.run("2026-11-20T20:55+07:00")
    members = site.table("memberships").join(site.table("profiles"), on="profile_id")
    states = {(row["segment"], row["shop_id"]): row["state"] for row in members.to_dicts()}
    assert states == {
        ("bouncers", "an"): "unknown",
        ("active", "an"): "unknown",
        ("bouncers", "ba"): "in",
    }


def test_columns_of_the_stream_may_be_called_as_our_own(tmp_path: Path) -> None:
    """`device` is what the library `devices` counts by default."""
    plain, named = Site(tmp_path / "plain"), Site(tmp_path / "named")
    columns = {"device": "device", "is_known": "user", "is_page": "action", "url": "link", "campaign": "id"}
    declared = "".join(f", {name}: text" for name in columns)
    mapped = "".join(f", {ours}: {theirs}" for ours, theirs in columns.items())
    text = PROJECT.replace("link: text}", f"link: text{declared}}}").replace(
        "link: link}", f"link: link{mapped}}}"
    )
    (named.folder / "project.yaml").write_text(text, "utf-8")
    for site in (plain, named):
        site.write("", TABLET)
        site.run()
    for name in ("stream_visit", "touches_of_visit"):
        assert_frame_equal(
            named.table(name).drop("content", strict=False), plain.table(name).drop("content", strict=False)
        )


def test_events_after_the_moment_are_not_seen(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("", ["1 20 20:00 d an view /a -", "2 20 20:10 d an view /b -"])
    site.run("2026-11-20T20:05+07:00")
    assert site.table("stream_visit")["pages"].to_list() == [1]
    site.run("2026-11-20T20:15+07:00")
    assert site.table("stream_visit")["pages"].to_list() == [2]


@pytest.mark.parametrize("seed", range(4))
def test_the_same_events_in_any_files_and_order_are_the_same_sessions(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    rows = list(TABLET)
    whole, parts = Site(tmp_path / "whole"), Site(tmp_path / "parts")
    whole.write("", rows)
    whole.run()
    rng.shuffle(rows)
    cut = rng.randrange(1, len(rows))
    for name, some in (("b", rows[cut:]), ("a", [*rows[:cut], rows[-1]])):  # a row comes twice
        parts.write(name, some)
        parts.run()
    for table in ("stream_visit", "events_of_visit", "touches_of_visit"):
        assert_frame_equal(parts.table(table), whole.table(table), check_row_order=True)


LATE = [
    pytest.param("9 10 09:29", 3, {"new": 0, "joined": 0}, id="inside: the ids stay"),
    pytest.param(
        "9 10 08:40", 3, {"new": 1, "joined": 1}, id="before the first: begins earlier under a new id"
    ),
    pytest.param(
        "9 10 09:50", 2, {"new": 0, "joined": 1}, id="between two: one, under the id of the earlier"
    ),
    pytest.param("9 11 09:00", 4, {"new": 1, "joined": 0}, id="apart: one more"),
]


@pytest.mark.parametrize(("late", "n", "change"), LATE)
def test_what_a_late_row_does_to_ids(late: str, n: int, change: dict[str, int], tmp_path: Path) -> None:
    site = Site(tmp_path)
    first = [
        "1 10 09:00 d - view /a -",
        "2 10 09:25 d - view /b -",
        "3 10 10:15 d - view /c -",
        "4 12 09:00 d - view /d -",
    ]
    site.write("1", first)
    site.run()
    before = site.table("stream_visit")["event_id"]
    site.write("2", [f"{late} d - view /late -"])
    settings = Settings(project=tmp_path, as_of="2026-11-20T21:00+07:00")
    from cdptool.commands.ingest import ingest_files

    ingest_files(settings, (), lambda _: None, dry_run=False)
    told = show_sessions(settings).data["sessions"][0]["changes"]
    after = site.table("stream_visit")["event_id"]
    assert after.len() == n
    assert told == {
        "new since the last time": change["new"],
        "ids that went over into another session": change["joined"],
        "ids that are gone": 0,
    }
    assert len(set(after) - set(before)) == change["new"]
    assert len(set(before) - set(after)) == change["joined"]


def test_nothing_new_makes_nothing_new(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("", TABLET)
    site.run()
    again = site.run()
    assert [row["result"] for row in again.data["steps"]][1:] == ["unchanged"] * 3


def test_a_payment_page_on_the_way_is_no_referrer(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("", ["1 10 09:00 d - order https://shop.example/ok https://checkout.pay.example/x"])
    site.run()
    row = site.table("stream_visit").row(0, named=True)
    assert (row["channel"], row["conversions"], row["bounced"], row["engaged"]) == ("Direct", 1, False, True)


BROKEN = [
    ("of: browse", "of: brows", "unknown stream `brows`"),
    ("device: device_id", "device: devise_id", "unknown field `devise_id`"),
    ("url: page\n", "url: pag\n", "`pag`"),
    ("  visit:\n    of", "  browse:\n    of", "`browse` is a stream already"),
    ('conversion: action == "order"', 'conversion: acton == "order"', "`acton`"),
    ("ignore_referrers:", "ignore_referrer:", "unknown key `ignore_referrer` in sessions"),
    (
        "    device: device_id\n    url",
        "    split: noon\n    device: device_id\n    url",
        "unknown split `noon`",
    ),
    ("    of: browse\n", "", "missing key `of` in sessions"),
    ("where(bounced)", "where(bounce)", "`bounce`"),
]


@pytest.mark.parametrize(
    ("old", "new", "problem"), BROKEN, ids=[new.strip() or "no stream" for _, new, _ in BROKEN]
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    old: str, new: str, problem: str, tmp_path: Path
) -> None:
    assert PROJECT.count(old) == 1
    (tmp_path / "project.yaml").write_text(PROJECT.replace(old, new), "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_project(tmp_path)
    assert any(problem in finding.problem and finding.place for finding in refused.value.findings)
