"""Somebody whose record its source deleted is taken back from where earlier exports sent them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cdptool.commands.export import export_audiences
from cdptool.commands.files import read_manifest
from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.report import Report
from cdptool.commands.segment import compute_segments
from cdptool.commands.session import Settings

PROJECT = """\
version: 1
name: members
tz: UTC
region: VN
fields: {member: identifier, email: email, name: person_name}
sources:
  club:
    files: "*.csv"
    feeds: records
    key: member
    at: {column: changed, tz: UTC}
    deletes: 'gone == "yes"'
    columns: {member: member, email: email, name: name}
keys: {member: {limit: many}, email: {limit: many}}
passes:
  - exact: same(member) or same(email)
segments: {reachable: not missing(email)}
exports:
  letter: {who: reachable, to: csv, columns: [member, email, name]}
  meta: {who: reachable, to: meta_customer_list}
"""
HEADER = "member,email,name,changed,gone\n"
AN = "1,an@hoasen.vn,An Le,2026-01-01,\n"
BINH = "2,binh@hoasen.vn,Binh Do,2026-01-01,\n"


def delivered(settings: Settings, name: str, rows: str) -> Report:
    """A further file, and everything up to the exports."""
    (settings.project / name).write_text(HEADER + rows)
    ingest_files(settings, (), lambda _: None)
    merge_records(settings)
    compute_segments(settings)
    return export_audiences(settings)


def project(folder: Path) -> Settings:
    (folder / "project.yaml").write_text(PROJECT)
    return Settings(folder, as_of="2026-02-01")


def test_a_deleted_person_is_listed_for_removal_as_they_were_sent(tmp_path: Path) -> None:
    settings, out = project(tmp_path), tmp_path / "out"
    delivered(settings, "a.csv", AN + BINH)
    assert not list(out.glob("*.removed.csv"))
    report = delivered(settings, "b.csv", "1,,,2026-01-05,yes\n")
    assert (out / "letter.csv").read_text().splitlines()[1:] == ["2,binh@hoasen.vn,Binh Do"]
    assert (out / "letter.removed.csv").read_text().splitlines() == ["member,email", "1,an@hoasen.vn"]
    digest = hashlib.sha256(b"an@hoasen.vn").hexdigest()
    assert digest in (out / "meta.removed.csv").read_text()
    assert digest not in (out / "meta.csv").read_text()
    assert [one["file"] for one in report.data["removals"]] == ["letter.removed.csv", "meta.removed.csv"]
    entries = {entry["name"]: entry for entry in read_manifest(out)["files"]}
    assert (entries["meta.removed.csv"]["kind"], entries["meta.removed.csv"]["who"]) == (
        "suppression",
        "removed",
    )
    assert entries["meta.removed.csv"]["destination"] == "meta_customer_list"
    again = export_audiences(settings)
    assert not any(one["written"] for one in again.data["removals"])


def test_who_comes_back_and_who_became_one_with_another_is_not_removed(tmp_path: Path) -> None:
    """An address that another living profile holds now must not be taken from it."""
    settings, out = project(tmp_path), tmp_path / "out"
    delivered(settings, "a.csv", AN + BINH)
    delivered(settings, "b.csv", "1,binh@hoasen.vn,An Le,2026-01-05,\n")
    assert not list(out.glob("*.removed.csv"))  # one profile by its old id or the other
    delivered(settings, "c.csv", "1,,,2026-01-06,yes\n2,,,2026-01-06,yes\n")
    assert "an@hoasen.vn" in (out / "letter.removed.csv").read_text()
    delivered(settings, "d.csv", "1,an@hoasen.vn,An Le,2026-01-07,\n")
    assert "an@hoasen.vn" not in (out / "letter.removed.csv").read_text()
    assert "binh@hoasen.vn" in (out / "letter.removed.csv").read_text()
