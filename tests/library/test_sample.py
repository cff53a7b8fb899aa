"""Every library on the example project: each answer of each profile is that of a plain loop over its rows."""

from __future__ import annotations

import shutil
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cdptool.commands.run import run_all
from cdptool.commands.session import Settings
from cdptool.config.libraries import libraries
from cdptool.workspace import Snapshot, Workspace
from tests.library import plain

ROOT = Path(__file__).parents[2]
AS_OF = datetime(2026, 11, 20, 14, tzinfo=UTC)
# Nobody collects in a store there, so what is bought in the web shop stands for it.
RULES = """version: 1
include:
  - {library: satisfaction, window: 180d}
  - {library: basket, collected: web}
  - devices
  - engagement
  - {library: festive, basket: 2_000_000}
  - identification
  - lifecycle
  - {library: loyalty, diamond: 5_000_000, gold: 4_000_000}
  - renewal
  - second_purchase
  - reachability
  - rfm
  - {library: rfm_frozen, prefix: frozen_, monetary: [500_000, 1_000_000, 3_000_000, 6_000_000]}
"""
STREAMS = ("order", "browse", "sent", "consent", "survey")
SOURCES = {
    "platform: {value: web}": "platform: {value: web}\n      device: anonymous_id",
    "platform: {value: app}": "platform: {value: app}\n      device: device_id\n      token: push_token",
}


def put(path: Path, changes: dict[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The example project after a run, with the libraries in the place of its own rules."""
    folder = tmp_path_factory.mktemp("sample")
    configs = folder / "configs"
    configs.mkdir()
    for name in ("project", "sources", "merge"):
        shutil.copy(ROOT / "configs" / f"{name}.yaml", configs)
    shutil.copy(ROOT / "configs" / "decisions.csv", configs)
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    (configs / "rules.yaml").write_text(RULES, "utf-8")
    put(configs / "sources.yaml", SOURCES)
    named = "      platform: text            # web | app\n"
    put(configs / "project.yaml", {named: f"{named}      device: identifier\n      token: identifier\n"})
    run_all(Settings(project=configs, as_of=AS_OF.isoformat()), lambda _: None)
    with Workspace.open(folder / "workspace") as workspace:
        return workspace.snapshot()


@pytest.fixture(scope="module")
def people(snapshot: Snapshot) -> dict[int, plain.Person]:
    """Everybody with all rows up to the moment."""
    identity = snapshot.scan("identity").collect()
    found: dict[int, dict[str, plain.Rows]] = defaultdict(lambda: defaultdict(list))
    for stream in STREAMS:
        rows = snapshot.scan(f"stream_{stream}").filter(pl.col("at") <= AS_OF).collect()
        for row in rows.join(identity, on="record_id").sort("at", "event_id").iter_rows(named=True):
            found[row["profile_id"]][stream].append(row)
    profiles = snapshot.scan("profiles").collect().iter_rows(named=True)
    return {
        row["profile_id"]: plain.Person(row, found[row["profile_id"]], AS_OF, "Asia/Ho_Chi_Minh")
        for row in profiles
    }


@pytest.fixture(scope="module")
def answers(snapshot: Snapshot) -> dict[int, dict[str, Any]]:
    """By profile each trait, and of each segment whether it is in (None = unknown)."""
    found = {row["profile_id"]: dict(row) for row in snapshot.scan("traits").collect().iter_rows(named=True)}
    states = snapshot.scan("memberships").select("segment", "profile_id", "state").collect()
    for segment, profile, state in states.iter_rows():
        found[profile][segment] = {"in": True, "unknown": None}[state]
    return found


def test_no_library_is_left_out() -> None:
    assert [name for name in libraries() if name not in RULES] == []


def test_every_answer_is_that_of_a_plain_loop(
    snapshot: Snapshot, people: dict[int, plain.Person], answers: dict[int, dict[str, Any]]
) -> None:
    products = {row["sku"]: row for row in snapshot.scan("table_products").collect().iter_rows(named=True)}
    scores = plain.parts(people)
    n = 0
    for key, who in people.items():
        expected = {**plain.renewal(who, products), **scores[key]}
        for library in plain.LIBRARIES:
            expected |= library(who)
        for name, value in expected.items():
            came = answers[key].get(name, False)  # who is out of a segment has no row
            if isinstance(value, float) and came is not None:
                assert came == pytest.approx(value, rel=1e-9, abs=1), (
                    name
                )  # amounts are whole ten-thousandths
            else:
                assert came == value, name
            n += 1
    assert n > 25_000


def test_some_are_in_and_some_are_not(answers: dict[int, dict[str, Any]]) -> None:
    """So that agreeing says something: the traps of the sample are seen by the libraries."""
    counts = {
        name: sum(each.get(name) is True for each in answers.values())
        for name in ("reachable_email", "bought_once", "festive", "renewal_due", "collects_in_store")
    }
    assert all(10 <= n <= 400 for n in counts.values()), counts
    assert {each["lifecycle_stage"] for each in answers.values()} >= {"new", "back", "lost", "prospect"}


def test_with_frozen_cut_points_nobody_is_without_a_segment(answers: dict[int, dict[str, Any]]) -> None:
    segments = [each["frozen_rfm_segment"] for each in answers.values()]
    assert None not in segments
    assert segments.count("no_purchase") == sum(each["frozen_rfm_r"] == "0" for each in answers.values())
