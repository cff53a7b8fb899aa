"""An import that overwrites by key and deletes by a column, as Apache Unomi's own test does it, and its numbers."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.session import Settings, open_session
from tests.shared import shared_data

FILES = ("2-surfers-test.csv", "3-surfers-overwrite-test.csv", "4-surfers-delete-test.csv")
PROJECT = """\
version: 1
name: surfers
tz: UTC
region: VN
workspace: ../workspace
fields: {linkedin_id: identifier, name: person_name, email: email, gender: gender, alive: boolean, city: text}
"""
MERGE = """\
version: 1
keys: {linkedin_id: {limit: 1}}
passes:
  - exact: same(linkedin_id)
"""
SOURCES = """\
version: 1
sources:
  surfers:
    files: ../in/*.csv
    feeds: records
    dialect: {delimiter: ";", columns_by: position}   # the header of the second file has other names
    key: "1"
    at:                                               # the files carry no date: their names say which is newer
      column: file.name
      values: {2-surfers-test.csv: 2017-01-02, 3-surfers-overwrite-test.csv: 2017-01-03, 4-surfers-delete-test.csv: 2017-01-04}
      else: quarantine
      tz: UTC
    deletes: 'row["8"] == "TRUE"'
    columns: {linkedin_id: "1", name: "2", email: "3", gender: "5", alive: "6", city: "7"}
"""


def project(folder: Path) -> Settings:
    (folder / "configs").mkdir()
    (folder / "in").mkdir()
    for name, text in (("project", PROJECT), ("merge", MERGE), ("sources", SOURCES)):
        (folder / "configs" / f"{name}.yaml").write_text(text)
    return Settings(folder)


def profiles(settings: Settings) -> pl.DataFrame:
    """Ingest what is new, merge, and read the profiles."""
    ingest_files(settings, (), lambda _: None)
    merge_records(settings)
    with open_session(settings, writes=False) as session:
        return session.snapshot().scan("profiles").collect()


def test_surfers_are_imported_overwritten_and_deleted(tmp_path: Path) -> None:
    """34 → 36 → 0 profiles, as ProfileImportSurfersIT.java has it."""
    data, settings = shared_data("cdp_unomi_import"), project(tmp_path)
    found = []
    for name in FILES:
        shutil.copy(data / name, tmp_path / "in" / name)
        found.append(profiles(settings))
    first, second, third = found
    assert [frame.height for frame in found] == [34, 36, 0]
    assert first["alive"].to_list() == [True] * 34
    assert second["alive"].to_list() == [False] * 36
    assert second.filter(pl.col("name").str.contains("Pauline")).height == 1
    assert third.columns == second.columns
    kept = first.join(second, on="linkedin_id", suffix="_now")
    assert (kept["profile_id"] == kept["profile_id_now"]).all()


def test_all_files_at_once_in_any_order_of_arrival_give_the_same(tmp_path: Path) -> None:
    """The date decides what is newer, not which file came first."""
    data, settings = shared_data("cdp_unomi_import"), project(tmp_path)
    for name in (FILES[2], FILES[0], FILES[1]):
        shutil.copy(data / name, tmp_path / "in" / name)
        last = profiles(settings)
    assert last.height == 0


def test_a_deletion_needs_nothing_but_key_and_time(tmp_path: Path) -> None:
    settings = project(tmp_path)
    sources = tmp_path / "configs" / "sources.yaml"
    sources.write_text(SOURCES.replace('name: "2"', 'name: {column: "2", required: true}'))
    header = "id;name;email;fb;gender;alive;city;delete\n"
    (tmp_path / "in" / FILES[0]).write_text(header + "1;An;;;;TRUE;;FALSE\n2;Ba;;;;TRUE;;FALSE\n")
    assert profiles(settings).height == 2
    (tmp_path / "in" / FILES[1]).write_text(header + "1;;;;;;;TRUE\n")
    assert profiles(settings)["linkedin_id"].to_list() == ["2"]
