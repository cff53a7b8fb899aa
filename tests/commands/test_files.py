"""What leaves is whole or not there, private, and left alone when nothing changed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdptool.commands.files import are_in_place, read_manifest, write_file, write_folder
from cdptool.errors import StoreError

AS_OF = datetime(2026, 11, 20, 14, tzinfo=UTC)
BODIES = {"a.csv": b"a\n", "b.csv": b"b\n"}


def written(
    folder: Path, bodies: dict[str, bytes], run: str = "r1", as_of: datetime = AS_OF
) -> tuple[str, ...]:
    entries = {name: (body, {"name": name, "bytes": len(body)}) for name, body in bodies.items()}
    return write_folder(folder, entries, as_of=as_of, run={"run_id": run})


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_and_the_folders_made_for_it_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "newer" / "a.csv"
    assert write_file(path, b"x") is True
    assert [mode(each) for each in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]


def test_a_file_that_holds_these_bytes_is_left_alone_but_made_private(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    path.chmod(0o644)
    before = path.stat().st_mtime_ns
    assert write_file(path, b"x") is False
    assert (path.stat().st_mtime_ns, mode(path)) == (before, 0o600)


def test_what_cannot_be_written_whole_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the output cannot be written: no space left on device"):
        write_file(path, b"new and longer")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"a.csv": b"old"}


def test_the_rest_of_a_killed_run_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / ".a.csv.part").write_bytes(b"ha")
    write_file(tmp_path / "a.csv", b"whole")
    assert names_in(tmp_path) == ["a.csv"]


def test_a_folder_is_written_once_and_then_left_alone_by_other_runs(tmp_path: Path) -> None:
    """The manifest keeps the run that wrote the files: another one that changes nothing is not named."""
    assert written(tmp_path, BODIES) == ("a.csv", "b.csv", "manifest.json")
    assert written(tmp_path, BODIES, run="r2") == ()
    assert read_manifest(tmp_path)["run"] == {"run_id": "r1"}


def test_another_moment_changes_the_manifest_only(tmp_path: Path) -> None:
    written(tmp_path, BODIES)
    assert written(tmp_path, BODIES, as_of=AS_OF.replace(day=21)) == ("manifest.json",)


def test_a_file_that_is_no_more_is_removed_and_strangers_stay(tmp_path: Path) -> None:
    written(tmp_path, BODIES)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert written(tmp_path, {"a.csv": b"a\n"}) == ("b.csv", "manifest.json")
    assert names_in(tmp_path) == ["a.csv", "manifest.json", "notes.txt"]


def test_files_written_one_by_one_keep_the_entries_of_the_others(tmp_path: Path) -> None:
    written(tmp_path, BODIES)
    kept = tuple(entry for entry in read_manifest(tmp_path)["files"] if entry["name"] == "b.csv")
    files_now = {"a.csv": (b"a2\n", {"name": "a.csv", "bytes": 3})}
    assert write_folder(tmp_path, files_now, as_of=AS_OF, run={}, kept=kept) == ("a.csv", "manifest.json")
    assert [entry["name"] for entry in read_manifest(tmp_path)["files"]] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("name", ["a.csv", "manifest.json"])
def test_a_missing_file_or_manifest_is_not_in_place(tmp_path: Path, name: str) -> None:
    written(tmp_path, BODIES)
    assert are_in_place(tmp_path)
    (tmp_path / name).unlink()
    assert not are_in_place(tmp_path)


def test_a_cut_file_is_not_in_place(tmp_path: Path) -> None:
    written(tmp_path, BODIES)
    (tmp_path / "a.csv").write_bytes(b"")
    assert not are_in_place(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"'])
def test_a_manifest_that_cannot_be_read_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert read_manifest(tmp_path) == {}
    assert not are_in_place(tmp_path)


@pytest.mark.parametrize("name", [".", "there"])
def test_a_folder_is_refused_as_a_file_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """`--export .` was a crash: `.` has no name to write beside."""
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="is a directory"):
        write_file(Path(name), b"x")
