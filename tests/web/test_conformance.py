"""
What other tools make of the same events: the sessions they publish, and every place where ours differ and why.

docs/sessions.md tells the same; the numbers there are these.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from cdptool.commands.run import run_all
from cdptool.commands.session import Settings, open_session
from cdptool.web import Cutting, last_non_direct_kernel
from tests.shared import shared_data
from tests.web.real import Outcome, cut, time

DIFFERENT_CUT = {
    "Multiple first sessions per user": 2,  # the tracker kept two at once on one device: one for us
    "Multiple last sessions per user": 2,
    "Rotating domain_userid per session": 1,  # one id over three devices and two days
    "long session": 1,  # one id over ten days, with pauses of a day
    "Unexpired session": 1,  # one id over eight months
    "NULL domain_userid": 1,  # no device: in no session, and counted
}
SNOWPLOW = {
    "at": "start_tstamp",
    "ended_at": "end_tstamp",
    "seconds": "absolute_time_in_s",
    "events": "total_events",
    "pages": "page_views",
    "entry_page": "first_page_url",
    "exit_page": "last_page_url",
    "traffic_source": "mkt_source",
    "traffic_medium": "mkt_medium",
    "campaign": "mkt_campaign",
    "channel": "default_channel_group",
    "engaged": "is_engaged",
}
# Of the 10 sessions of the same events, how many differ in each figure.
DIFFERENT_FIGURE = {
    "at": 3,  # only a page ping is left: Snowplow counts the five seconds before it …
    "pages": 4,  # … and the page it belongs to; one page view was sent twice under one page_view_id
    "entry_page": 3,
    "exit_page": 3,
    "seconds": 9,  # 6: seconds that are touched, against seconds that have passed; 3: the pings
    "traffic_source": 1,  # a link from google.com: organic for us, no campaign for Snowplow
    "traffic_medium": 1,
    "channel": 9,  # 8: nothing known is Direct for Google and us, Unassigned for Snowplow; 1: that link
    "engaged": 3,  # 10 seconds or 2 pages; Snowplow: by heartbeats
}


def snowplow() -> tuple[Outcome, pl.DataFrame]:
    folder = shared_data("web_snowplow") / "data"
    events = pl.read_csv(folder / "source/snowplow_web_events.csv", infer_schema=False)
    events = events.unique("event_id", keep="first", maintain_order=True).rename({"event_id": "id"})
    columns = {
        "device": pl.col("domain_userid"),
        "at": time("derived_tstamp"),
        "is_page": pl.col("event_name") == "page_view",
        "url": pl.col("page_url"),
        "referrer": pl.col("page_referrer"),
        **{part: pl.col(f"mkt_{part}") for part in ("source", "medium", "campaign", "term", "content")},
    }
    expected = pl.read_csv(folder / "expected/default/snowplow_web_sessions_expected.csv", infer_schema=False)
    return cut(events, columns, Cutting()), expected


def same_cut(outcome: Outcome, theirs: str) -> dict[str, int]:
    """The sessions of theirs whose events are exactly those of one of ours: their id → ours."""

    def sets(column: str) -> dict[frozenset[str], Any]:
        parts = outcome.rows.drop_nulls(column).group_by(column).agg("id")
        return {frozenset(ids): name for name, ids in parts.iter_rows()}

    ours = sets("session_id")
    return {name: ours[events] for events, name in sets(theirs).items() if events in ours}


def test_snowplow_s_sessions_are_ours_but_for_those_listed() -> None:
    outcome, expected = snowplow()
    same = same_cut(outcome, "domain_sessionid")
    users = dict(outcome.rows.select("domain_sessionid", "user_id").drop_nulls().iter_rows())
    other = [name for name in expected["domain_sessionid"] if name not in same]
    assert (expected.height, len(other)) == (18, 8)
    counted = pl.Series([users[name] for name in other]).value_counts()
    assert dict(counted.iter_rows()) == DIFFERENT_CUT
    assert (outcome.rows["domain_sessionid"].drop_nulls().n_unique(), len(same)) == (46, 38)


def test_their_figures_are_ours_but_for_those_listed() -> None:
    outcome, expected = snowplow()
    same = same_cut(outcome, "domain_sessionid")
    ours = {row["event_id"]: row for row in outcome.sessions.to_dicts()}
    different: dict[str, int] = {}
    for row in expected.to_dicts():
        if row["domain_sessionid"] not in same:
            continue
        session = ours[same[row["domain_sessionid"]]]
        for mine, their in SNOWPLOW.items():
            if as_snowplow_says(mine, session[mine]) != as_compared(mine, row[their]):
                different[mine] = different.get(mine, 0) + 1
    assert different == DIFFERENT_FIGURE


def as_snowplow_says(name: str, value: Any) -> str | None:
    if name in ("at", "ended_at"):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"[:-3]
    return None if value is None else str(value).upper() if name == "engaged" else str(value)


def as_compared(name: str, text: str | None) -> str | None:
    if text is None or not name.endswith("_page"):
        return text
    return urlsplit(text).netloc + urlsplit(text).path


def dbtlabs(files: tuple[str, ...], cutting: Cutting) -> Outcome:
    folder = shared_data("web_snowplow_dbtlabs") / "seeds/event"
    parts = [pl.read_csv(folder / file, infer_schema=False, null_values=["NULL"]) for file in files]
    events = pl.concat(parts).rename({"event_id": "id"})
    columns = {
        "device": pl.col("domain_userid"),
        "user": pl.col("user_id"),
        "at": time("collector_tstamp"),
        "is_page": pl.col("event") == "page_view",
        "url": pl.col("page_url"),
        "referrer": pl.col("page_referrer"),
        **{part: pl.col(f"mkt_{part}") for part in ("source", "medium", "campaign", "term", "content")},
    }
    return cut(events, columns, cutting)


def test_dbt_labs_sessions_users_and_campaigns_are_ours() -> None:
    files = ("sp_event.csv", "sp_event_update.csv")
    outcome = dbtlabs(files, Cutting(at_campaign=True))
    expected = pl.read_csv(
        shared_data("web_snowplow_dbtlabs") / "seeds/expected/snowplow_sessions_expected.csv",
        infer_schema=False,
        null_values=["NULL"],
    )
    same = same_cut(outcome, "domain_sessionid")
    assert same.keys() == set(expected["session_id"])
    ours = {row["event_id"]: row for row in outcome.sessions.to_dicts()}
    owners = dict(outcome.rows.select("session_id", "owner").unique(maintain_order=True).iter_rows())
    for row in expected.to_dicts():
        session = ours[same[row["session_id"]]]
        device = row["user_snowplow_domain_id"]
        assert (owners[session["event_id"]] or device) == row["inferred_user_id"]
        said = ("campaign", "term", "ad_content")
        wanted = (row["marketing_campaign"], row["marketing_term"], row["marketing_content"])
        assert tuple(session[name] for name in said) == wanted
        # Their zone is New York; seconds as they stand.
        assert session["seconds"] == int(row["session_end"][-2:]) - int(row["session_start"][-2:])
    by_pause = dbtlabs(files, Cutting())
    assert (
        by_pause.sessions.height == 4
    )  # 40 seconds later by a campaign: one visit to the pause, two to them


def test_more_files_later_change_no_id_that_stays() -> None:
    """Their incremental run: the second file brings one event for a session that is there, and two new sessions."""
    first = dbtlabs(("sp_event.csv",), Cutting(at_campaign=True))
    both = dbtlabs(("sp_event_update.csv", "sp_event.csv"), Cutting(at_campaign=True))
    assert set(first.sessions["event_id"]) < set(both.sessions["event_id"])
    assert (first.sessions.height, both.sessions.height) == (3, 5)


def test_every_session_of_the_retentioneering_shop_is_ours() -> None:
    rows = pl.read_csv(shared_data("web_retentioneering_ecom") / "ecom.csv", infer_schema=False)
    rows = (
        rows.rename({"session_id": "theirs"}).with_row_index("id").with_columns(pl.col("id").cast(pl.String))
    )
    outcome = cut(rows, {"device": pl.col("user_id"), "at": time("timestamp")}, Cutting())
    assert len(same_cut(outcome, "theirs")) == outcome.sessions.height == rows["theirs"].n_unique() == 3_605


def test_sampled_ga4_events_of_one_session_are_of_one_session() -> None:
    """A random sample of events: pauses within a session are lost with the events, so only this way round."""
    rows = pl.read_parquet(shared_data("web_ga4_sample") / "ga4_events_sampled.parquet")
    value = pl.when(pl.element().struct["key"] == "ga_session_id").then(
        pl.element().struct["value"].struct["int_value"]
    )
    theirs = pl.col("event_params").list.eval(value).list.drop_nulls().list.first()
    rows = rows.select("user_pseudo_id", "event_timestamp", theirs.alias("theirs")).with_row_index("id")
    rows = rows.with_columns(pl.col("id").cast(pl.String))
    at = pl.from_epoch("event_timestamp", "us").dt.replace_time_zone("UTC")
    outcome = cut(rows, {"device": pl.col("user_pseudo_id"), "at": at}, Cutting())
    sizes = outcome.rows.group_by("session_id").agg(pl.len(), pl.col("theirs").n_unique())
    assert sizes.filter(pl.col("len") > 1).height == 2_528
    assert sizes.filter(pl.col("theirs") > 1).height == 14  # GA4 began anew within 30 minutes


def test_the_last_non_direct_touch_is_that_of_dbt_ga4() -> None:
    folder = shared_data("vectors")
    given = pl.read_csv(folder / "ga4_last_non_direct_input.csv", infer_schema=False)
    expected = pl.read_csv(folder / "ga4_last_non_direct_expected.csv", infer_schema=False)
    is_direct = pl.col("session_source") == "(direct)"
    rows = given.with_row_index("event_id").select(
        pl.col("event_id").cast(pl.Int64),
        pl.lit(1, pl.Int64).alias("person"),
        pl.from_epoch(pl.col("session_partition_timestamp").cast(pl.Int64))
        .dt.replace_time_zone("UTC")
        .alias("at"),
        pl.when(is_direct)
        .then(pl.lit("Direct"))
        .otherwise("session_default_channel_grouping")
        .alias("channel"),
        pl.col("session_partition_key").alias("traffic_source"),
        pl.col("session_medium").alias("traffic_medium"),
        pl.col("session_campaign").alias("campaign"),
    )
    found = last_non_direct_kernel(30 * 86_400)(rows.lazy()).collect().sort("event_id")
    for mine, their in (
        ("touch_source", "session_partition_key_last_non_direct"),
        ("touch_medium", "last_non_direct_medium"),
        ("touch_campaign", "last_non_direct_campaign"),
        ("touch_channel", "last_non_direct_default_channel_grouping"),
    ):
        assert found[mine].to_list() == expected[their].to_list()


EDGAR = """
version: 1
fields: {ip: identifier}
streams: {request: {columns: {document: text}}}
sessions: {visit: {of: request, device: ip, idle: %ss}}
sources:
  edgar:
    files: log.csv
    feeds: {stream: request}
    at: {expr: 'date + " " + time', format: "%%Y-%%m-%%d %%H:%%M:%%S", tz: UTC, required: true}
    identifiers: {ip: ip}
    columns: {document: accession}
keys: {ip: {attach_only: true}}
passes: [{exact: same(ip)}]
"""


def test_the_edgar_challenge_from_its_log_to_its_answer(tmp_path: Path) -> None:
    """Through the whole tool; their duration counts both ends, ours what passed between."""
    folder = shared_data("web_edgar_sessions") / "test_1"
    pause = (folder / "input/inactivity_period.txt").read_text("utf-8").strip()
    (tmp_path / "project.yaml").write_text(EDGAR % pause, "utf-8")
    (tmp_path / "log.csv").write_bytes((folder / "input/log.csv").read_bytes())
    settings = Settings(project=tmp_path)
    run_all(settings, lambda _: None)
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        records = snapshot.scan("records").select("record_id", "ip")
        visits = snapshot.scan("stream_visit").join(records, on="record_id").collect()
    day = "%Y-%m-%d %H:%M:%S"
    ours = {
        f"{ip},{at:{day}},{end:{day}},{seconds + 1},{n}"
        for ip, at, end, seconds, n in visits.select("ip", "at", "ended_at", "seconds", "events").iter_rows()
    }
    theirs = (folder / "output/sessionization.txt").read_text("utf-8").split()
    # A line holds a blank between day and time.
    lines = {f"{theirs[i]} {theirs[i + 1]} {theirs[i + 2]}" for i in range(0, len(theirs), 3)}
    assert ours == lines and len(lines) == visits.height == 6
