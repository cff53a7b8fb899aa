"""One file of an app that holds sign-ups, orders and page views feeds records and two streams."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.commands.ingest import ingest_files
from cdptool.commands.session import Settings, open_session
from cdptool.config import load_project
from cdptool.errors import ConfigError

PROJECT = """\
version: 1
name: app
tz: UTC
currency: VND
workspace: ../workspace
fields: {user_id: identifier, name: person_name, email: email}
streams:
  order: {tz: UTC, columns: {order_id: identifier, total: money}}
  browse: {tz: UTC, columns: {action: text}}
"""
SOURCES = """\
version: 1
sources:
  app_people:
    files: ../in/*.csv
    feeds: records
    key: user
    at: {column: time, tz: UTC}
    only: event == "signup"
    columns: {user_id: user, name: {expr: 'family + " " + given'}, email: email}
  app_orders:
    like: app_people
    key: [user, time]
    only: event == "order"
    feeds: {stream: order}
    identifiers: {user_id: user}
    columns: {order_id: ref, total: {expr: quantity * price}}
  app_views:
    like: app_orders_model
    feeds: {stream: browse}
    only: event in ["page", "screen"]
    columns: {action: {column: event, values: {page: view, screen: view}}}
"""
ROWS = """\
event,user,time,family,given,email,ref,quantity,price
signup,1,2026-03-01 10:00:00,Trần,An,an@example.com,,,
order,1,2026-03-02 10:00:00,,,,O1,2,15.5
page,1,2026-03-02 09:00:00,,,,,,
screen,2,2026-03-02 09:00:00,,,,,,
signup,2,2026-03-03 10:00:00,Lê,Bình,b@example.com,,,
heartbeat,2,2026-03-03 10:00:00,,,,,,
"""


def project(folder: Path, sources: str) -> Settings:
    (folder / "configs").mkdir()
    (folder / "in").mkdir()
    (folder / "configs" / "project.yaml").write_text(PROJECT)
    (folder / "configs" / "sources.yaml").write_text(sources)
    (folder / "in" / "app.csv").write_text(ROWS)
    return Settings(folder)


def test_one_file_feeds_records_and_two_streams(tmp_path: Path) -> None:
    sources = SOURCES.replace("like: app_orders_model", "like: app_people\n    identifiers: {user_id: user}")
    settings = project(tmp_path, sources)
    report = ingest_files(settings, (), lambda _: None)
    told = {one["source"]: (one["read"], one["accepted"], one["excluded"]) for one in report.data["sources"]}
    assert told == {"app_people": (6, 2, 4), "app_orders": (6, 1, 5), "app_views": (6, 2, 4)}
    assert report.summary == "18 rows read = 5 accepted + 0 duplicate + 0 quarantined + 13 excluded"
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        people = snapshot.scan("records").filter(source="app_people").sort("source_key").collect()
        orders = snapshot.scan("stream_order").collect()
        views = snapshot.scan("stream_browse").collect()
    assert people["name"].to_list() == ["Trần An", "Lê Bình"]
    assert orders.select("order_id", "total").rows() == [("O1", 310_000)]
    assert views["action"].to_list() == ["view", "view"]
    assert ingest_files(settings, (), lambda _: None).data["files"] == 0


@pytest.mark.parametrize(
    ("model", "problem", "hint"),
    [
        ("app_poeple", "unknown source `app_poeple`", "did you mean `app_people`?"),
        (
            "app_orders",
            "a source that is like another cannot be the model of a third",
            "name the source that `app_orders` is like",
        ),
    ],
)
def test_a_model_must_be_a_source_of_its_own(tmp_path: Path, model: str, problem: str, hint: str) -> None:
    project(tmp_path, SOURCES.replace("app_orders_model", model))
    with pytest.raises(ConfigError) as caught:
        load_project(tmp_path)
    (finding,) = caught.value.findings
    assert (finding.problem, finding.hint) == (problem, hint)
    assert finding.place is not None
    assert (finding.place.line, finding.place.column) == (18, 11)
