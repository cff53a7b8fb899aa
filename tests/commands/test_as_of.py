"""The moment of a run comes from the data; the clock only says whether a feed is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cdptool.commands.as_of import NOTHING_YET, AsOf, parse_as_of, resolve_as_of
from cdptool.commands.explain_segment import explain_segment
from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.segment import compute_segments
from cdptool.errors import StaleError, UsageError
from tests.commands.small import FILES, Small

ORDERS_UNTIL = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
CARTS_UNTIL = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
SOON = ORDERS_UNTIL + timedelta(hours=1)
MUCH_LATER = ORDERS_UNTIL + timedelta(days=30)


def resolved(small: Small, given: str | None = None, *, now: datetime = SOON) -> AsOf:
    with small.session() as session:
        return resolve_as_of(session.project, session.snapshot(), given, now)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-20T21:00", "2026-11-20T14:00:00+00:00"),
        ("2026-11-20T21:00+07:00", "2026-11-20T14:00:00+00:00"),
        ("2026-11-20T21:00Z", "2026-11-20T21:00:00+00:00"),
        ("2026-11-20", "2026-11-19T17:00:00+00:00"),
    ],
)
def test_a_moment_without_an_offset_is_local_time_of_the_project(written: str, meant: str) -> None:
    assert parse_as_of(written, "Asia/Ho_Chi_Minh").isoformat() == meant


@pytest.mark.parametrize("written", ["yesterday", "", "2026-13-01", "0001-01-01", "9999-12-31T23:00-07:00"])
def test_what_is_no_time_in_utc_is_refused(written: str) -> None:
    """The first day of the calendar in Vietnam lies before it in UTC."""
    with pytest.raises(UsageError, match="`--as-of` is not a time"):
        parse_as_of(written, "Asia/Ho_Chi_Minh")


@pytest.mark.parametrize("written", ["0999-12-31", "9000-01-02", "9999-12-31T12:00"])
def test_moments_without_room_for_windows_are_refused(written: str) -> None:
    """A month that ends after the last day of the calendar has no end."""
    with pytest.raises(UsageError, match="too far from today"):
        parse_as_of(written, "Asia/Ho_Chi_Minh")


def test_by_default_it_is_how_far_all_live_feeds_are_complete(ingested: Small) -> None:
    """Streams without a `max_lag` (the consents of February) promise nothing and decide nothing."""
    assert resolved(ingested) == AsOf(CARTS_UNTIL, {"order": ORDERS_UNTIL, "cart": CARTS_UNTIL})


def test_a_feed_further_back_than_its_max_lag_stops_the_run(ingested: Small) -> None:
    with pytest.raises(StaleError) as caught:
        resolved(ingested, now=CARTS_UNTIL + timedelta(hours=6, seconds=1))
    assert caught.value.exit_code == 5
    assert [str(finding).partition(": ")[2] for finding in caught.value.findings] == [
        "stream `cart` is complete until 2026-11-20 13:00 UTC, further back than its `max_lag`"
    ]
    assert caught.value.findings[0].place is not None


def test_exactly_its_max_lag_is_not_late(ingested: Small) -> None:
    assert resolved(ingested, now=CARTS_UNTIL + timedelta(hours=6)).moment == CARTS_UNTIL


def test_a_moment_given_is_taken_and_asks_no_clock(ingested: Small) -> None:
    found = resolved(ingested, "2026-11-01", now=MUCH_LATER)
    assert found == AsOf(datetime(2026, 10, 31, 17, tzinfo=UTC), {"order": ORDERS_UNTIL, "cart": CARTS_UNTIL})


def test_a_live_feed_without_a_single_row_is_late(unread: Small) -> None:
    """Otherwise all that depends on it would be answered as if nothing had happened."""
    unread.write("carts.csv", "time,email,total\n")
    ingest_files(unread.settings(), (), lambda _: None)
    with pytest.raises(StaleError, match="stream `cart` has a `max_lag`, and not a single row"):
        resolved(unread)
    assert resolved(unread, "2026-11-20").complete_until == {"order": ORDERS_UNTIL, "cart": NOTHING_YET}


def test_nothing_is_decided_by_a_live_feed_that_has_brought_nothing(unread: Small) -> None:
    """Who bought nothing cannot be told before the first file of orders: a decided answer never changes."""
    unread.write("orders.csv", "time,email,sku,total\n")
    ingest_files(unread.settings(), (), lambda _: None)
    merge_records(unread.settings())
    report = compute_segments(unread.settings(as_of="2026-11-20T21:00"))
    assert [(row["in"], row["unknown"]) for row in report.data["segments"]] == [(0, report.data["profiles"])]
    why = explain_segment(unread.settings(), "buyers", "crm:K1", show_values=False).lines
    assert any("`order` has not brought a single row yet" in line for line in why)


def test_a_stream_that_no_source_feeds_has_nothing_to_wait_for(unread: Small) -> None:
    """`sent` has no source here: nothing was sent, and caps may count on it."""
    ingest_files(unread.settings(), (), lambda _: None)
    assert "sent" not in resolved(unread, "2026-11-20").complete_until


def test_without_live_feeds_it_is_the_newest_time_of_any_stream(ingested: Small) -> None:
    with ingested.session() as session:
        streams = tuple(replace(stream, max_lag_seconds=None) for stream in session.project.streams)
        project = replace(session.project, streams=streams)
        found = resolve_as_of(project, session.snapshot(), None, MUCH_LATER)
    assert found == AsOf(ORDERS_UNTIL, {})


def test_of_people_without_a_date_nothing_tells_the_moment(unread: Small) -> None:
    ingest_files(unread.settings(), ("crm", "products"), lambda _: None)
    with pytest.raises(UsageError, match="nothing in the workspace to take the time from"):
        resolved(unread)


def test_of_dated_people_alone_it_is_their_newest_date(unread: Small) -> None:
    unread.edit("    key: id\n", "    key: id\n    at: {column: seen, tz: Asia/Ho_Chi_Minh}\n")
    head, *rows = FILES["crm.csv"].strip().splitlines()
    dated = [f"{row},2026-03-0{day} 07:00:00" for day, row in enumerate(rows, start=1)]
    unread.write("crm.csv", "\n".join([f"{head},seen", *dated, ""]))
    ingest_files(unread.settings(), ("crm",), lambda _: None)
    assert resolved(unread).moment == datetime(2026, 3, 4, tzinfo=UTC)
