"""Ids and models from merge to merge: what is stored under an old id still leads to the person."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cdptool.commands.history import show_ids
from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.models import Wanted, explain_model
from cdptool.commands.report import Report
from cdptool.commands.session import Settings
from cdptool.config import load_project
from cdptool.errors import ConfigError, UsageError
from cdptool.ids import printed_id
from cdptool.workspace import Workspace
from tests.commands.small import Small
from tests.commands.test_removals import AN, BINH, delivered, project

BRIDGE = "3,an@hoasen.vn,An Le,2026-01-02,\n3,binh@hoasen.vn,An Le,2026-01-03,\n"


def test_two_members_who_are_one_neither_enter_nor_leave_nor_are_taken_back(tmp_path: Path) -> None:
    """Memberships and what exports sent are stored by profile; one of the two ids is an alias now."""
    settings = project(tmp_path)
    delivered(settings, "a.csv", AN + BINH)
    exported = delivered(settings, "b.csv", BRIDGE)
    assert not list((tmp_path / "out").glob("*.removed.csv"))
    assert exported.exit_code == 0
    events = show_ids(settings, None).data["events"]
    assert [event["what"] for event in events] == ["merge"]
    old, now = events[0]["from"], events[0]["to"]
    assert show_ids(settings, old).data["now"] == now
    assert show_ids(settings, now).data["now"] == now


def test_a_dry_run_lists_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    settings = project(tmp_path)
    delivered(settings, "a.csv", AN + BINH)
    (tmp_path / "b.csv").write_text("member,email,name,changed,gone\n" + BRIDGE)
    ingest_files(settings, (), lambda _: None)
    before = digests(tmp_path)
    told = merge_records(settings, dry_run=True)
    assert digests(tmp_path) == before
    assert [change["what"] for change in told.data["largest_changes"]] == ["merge"]
    assert told.data["changes"]["profiles_merged_away"] == 1
    assert told.data["changes"]["profiles_unchanged"] == 0
    done = merge_records(settings)
    assert done.data["largest_changes"] == told.data["largest_changes"]
    again = merge_records(settings)
    assert again.data["largest_changes"] == []
    assert again.data["changes"]["profiles_unchanged"] == 1


def digests(folder: Path) -> dict[str, str]:
    with Workspace.open(folder / "workspace", create=False) as workspace:
        return workspace.snapshot().digests()


def test_before_the_first_merge_there_is_nothing_to_tell(unread: Small) -> None:
    ingest_files(unread.settings(), (), lambda _: None)
    for ask in (
        lambda: show_ids(unread.settings(), None),
        lambda: explain_model(unread.settings(), Wanted()),
    ):
        with pytest.raises(UsageError, match="nothing is merged yet"):
            ask()


def test_an_id_that_nobody_has_and_a_text_that_is_none(finished: Small) -> None:
    assert "never given" in show_ids(finished.settings(), printed_id(5)).summary
    with pytest.raises(UsageError, match="no profile id"):
        show_ids(finished.settings(), "p_short")
    assert "no learned pass" in explain_model(finished.settings(), Wanted()).summary


LEARNED = """\
version: 1
name: people
tz: UTC
fields: {number: identifier, email: email, name: person_name, born: date}
sources:
  crm:
    files: "*.csv"
    feeds: records
    key: number
    columns: {number: number, email: email, name: name, born: born}
keys: {number: {limit: many}, email: {limit: many}}
passes:
  - likely: {compare: [name, email, born]}
"""


def people(rng: random.Random, first: int, n: int) -> str:
    """Rows of people of whom one in three comes twice, with a slip."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    rows = []
    for number in range(first, first + n):
        given, family = ("".join(rng.choice(letters) for _ in range(6)).title() for _ in range(2))
        email = f"{given.lower()}{number}@mail.example"
        born = f"{rng.randint(1950, 2000)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        rows.append(f"{number}a,{email},{given} {family},{born}")
        if rng.random() < 0.3:
            rows.append(f"{number}b,{rng.choice([email, ''])},{given} {family},{born}")
    return "number,email,name,born\n" + "\n".join(rows) + "\n"


def merged(settings: Settings, *, refit: bool = False) -> Report:
    ingest_files(settings, (), lambda _: None)
    return merge_records(settings, refit=refit)


def test_a_model_is_kept_learned_again_exported_pinned_and_compared(tmp_path: Path) -> None:
    rng = random.Random(1)
    (tmp_path / "project.yaml").write_text(LEARNED)
    (tmp_path / "a.csv").write_text(people(rng, 0, 400))
    settings = Settings(tmp_path)
    first = merged(settings)
    assert [one["origin"] for one in first.data["models"]] == ["learned"]
    kept = digests(tmp_path)
    (tmp_path / "b.csv").write_text(people(rng, 400, 100))
    second = merged(settings)
    assert [one["origin"] for one in second.data["models"]] == ["kept"]
    names = ("match_weights", "match_classes", "match_keys", "match_frequencies", "match_scale")
    assert all(digests(tmp_path)[name] == kept[name] for name in names)
    file = tmp_path / "models" / "likely.json"
    explain_model(settings, Wanted("likely", export=file))
    again = merged(settings, refit=True)
    assert [one["origin"] for one in again.data["models"]] == ["learned"]
    assert digests(tmp_path)["match_weights"] != kept["match_weights"]
    assert any(grid.title.endswith("moved most, in bits") for grid in again.grids)
    beside = explain_model(settings, Wanted("likely", beside=file))
    assert any(row["moved"] for row in beside.data["passes"]["likely"]["moved"])
    text = LEARNED.replace("born]}", "born], model: models/likely.json}")
    (tmp_path / "project.yaml").write_text(text)
    pinned = merged(settings, refit=True)
    assert [one["origin"] for one in pinned.data["models"]] == ["pinned"]
    assert all(digests(tmp_path)[name] == kept[name] for name in names)
    file.write_text(file.read_text()[:-20])
    with pytest.raises(ConfigError, match="is no model"):
        load_project(tmp_path)


def test_no_personal_value_stands_in_an_exported_model(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text(LEARNED)
    (tmp_path / "a.csv").write_text(people(random.Random(2), 0, 300))
    merged(Settings(tmp_path))
    file = tmp_path / "likely.json"
    explain_model(Settings(tmp_path), Wanted("likely", export=file))
    told = file.read_text()
    cells = {cell for line in (tmp_path / "a.csv").read_text().splitlines()[1:] for cell in line.split(",")}
    words = {word.lower() for cell in cells for word in cell.split() if len(word) > 3}
    assert not [word for word in words if word in told.lower()]
