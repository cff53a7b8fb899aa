"""A disk that is full, a folder that may not be written, a pipe for a file: exit 2 with a next step, never a bug."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CSV = "id,name,email\n" + "".join(f"{i:06d},n{i},u{i}@mail.vn\n" for i in range(40_000))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused")
    (folder / "people.csv").write_text(CSV)
    assert _run(folder, "init", "people.csv", "--into", "p", "--tz", "UTC").returncode == 0
    return folder


def _run(folder: Path, *arguments: str, limit: str = "") -> subprocess.CompletedProcess[str]:
    command = f'{limit}exec "$0" -m cdptool "$@"'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_file_that_may_not_grow_is_no_bug_and_changes_nothing(project: Path) -> None:
    done = _run(project, "ingest", "-C", "p", limit="ulimit -f 150; ")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: file too large")
    assert "ulimit -f" in done.stderr
    done = _run(project, "ingest", "-C", "p")
    assert (done.returncode, done.stderr) == (
        0,
        "40,000 rows read = 40,000 accepted + 0 duplicate + 0 quarantined\n",
    )


def test_a_full_standard_output_is_told(project: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cdptool", "profile", "people.csv", "--json"],
            cwd=project, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: no space left on device")


def test_a_path_through_a_file_is_told_with_its_place(project: Path) -> None:
    done = _run(project, "init", "people.csv", "--into", "people.csv/p")
    assert done.returncode == 2
    assert done.stderr.startswith("error: people.csv/p: ")


@pytest.mark.parametrize("verb", ["init", "profile"])
def test_a_pipe_is_refused_and_not_waited_for(project: Path, verb: str) -> None:
    pipe = project / "pipe.csv"
    if not pipe.exists():
        os.mkfifo(pipe)
    done = _run(project, verb, "pipe.csv")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: pipe.csv: a pipe or a device, not a file",
    )


def test_a_folder_without_files_is_told(project: Path) -> None:
    (project / "empty").mkdir()
    done = _run(project, "init", "empty", "--into", "q")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: empty: there is no file in the folder",
    )


@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [
        ("<&-", ("dedupe", "people.csv", "--dry-run", "--explain", "1", "1"), 2),
        (">&-", ("profile", "people.csv"), 0),
        (">&-", ("--help",), 0),
        ("2>&-", ("status", "-C", "nowhere"), 2),
        ("<&- >&- 2>&-", ("ingest", "-C", "p", "--dry-run"), 0),
    ],
)
def test_a_stream_that_was_closed_is_no_bug(
    project: Path, closed: str, arguments: tuple[str, ...], code: int
) -> None:
    """Python has None in its place, and the first file that is opened would get its number."""
    command = f'exec "$0" -m cdptool "$@" {closed}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, *arguments], cwd=project, check=False, timeout=60
    )
    assert done.returncode == code


@pytest.mark.parametrize("encoding", ["ascii", "utf-8:strict"])
def test_a_terminal_that_knows_fewer_letters_is_no_bug(project: Path, encoding: str) -> None:
    """As under LC_ALL=C in cron; and the name of a file from an old archive need not be text."""
    name = b"kh\xe1ch.csv"
    (project / os.fsdecode(name)).write_text("email,city\nan@x.vn,Huế\nbo@x.vn,Huế\nchi@x.vn,Huế\n")
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"cdptool", b"profile", name],
        cwd=project, capture_output=True, check=False, timeout=60, env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert (done.returncode, done.stdout[:6]) == (0, b"kh\\udc")


def test_json_stays_json_on_a_terminal_that_knows_fewer_letters(project: Path) -> None:
    (project / "cafe.csv").write_text("email,drink\n" + "an@x.vn,café\n" * 9)
    done = subprocess.run(
        [sys.executable, "-m", "cdptool", "profile", "cafe.csv", "--json"],
        cwd=project, capture_output=True, check=False, timeout=60, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert json.loads(done.stdout)["files"][0]["columns"][1]["top"] == [{"value": "café", "count": 9}]
