"""Doubtful pairs, side by side, and the answers in decisions.csv."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest

from cdptool.cli.reviewing import judge_pairs
from cdptool.commands.answers import HEADER, add_answer
from cdptool.commands.explain import explain_merge
from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.review import answer, open_review, review_list
from cdptool.commands.session import Settings
from cdptool.console import Voice
from cdptool.errors import ConfigError, UsageError
from cdptool.identity.spec import Judged

PROJECT = """
version: 1
name: doubts
fields: {name: person_name, phone: phone, birth_date: date, city: text}
region: VN
sources:
  crm: {files: crm.csv, feeds: records, key: id, columns: {name: name, phone: phone, birth_date: born, city: city}}
keys: {phone: {limit: many}}
passes:
  - likely: {compare: [name, phone, birth_date], at_least: 0.9999999}
decisions: decisions.csv
"""
WORDS = (
    "an",
    "binh",
    "chi",
    "dung",
    "giang",
    "hanh",
    "khanh",
    "lan",
    "minh",
    "nga",
    "oanh",
    "phuc",
    "quan",
    "son",
)


def people() -> str:
    """Two hundred people; every third is there again, without a phone, and born a day later or in another year."""
    chance = np.random.default_rng(4)
    lines = ["id,name,phone,born,city"]
    for number in range(200):
        family, middle, given = chance.choice(WORDS, 3)
        born = f"{chance.integers(1950, 2003)}-{chance.integers(1, 13):02d}-{chance.integers(1, 28):02d}"
        name = f"{family} {middle} {given} {chr(97 + number % 26)}{chr(97 + number // 26)}o".title()
        lines.append(f"{number},{name},09{chance.integers(10**7, 10**8)},{born},Hue")
        if number % 3 == 0:
            other = f"{born[:-1]}{(int(born[-1]) + 1) % 10}" if number % 2 else f"1949{born[4:]}"
            lines.append(f"{number}-2,{name},,{other},Vinh")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doubts")
    (folder / "project.yaml").write_text(PROJECT)
    (folder / "crm.csv").write_text(people())
    (folder / "decisions.csv").write_text(f"{HEADER}\n")
    ingest_files(Settings(folder), (), lambda _: None)
    merge_records(Settings(folder))
    return folder


@pytest.fixture
def project(made: Path) -> Path:
    """The merged project, with nothing judged."""
    (made / "decisions.csv").write_text(f"{HEADER}\n")
    return made


def reviewed(folder: Path, limit: int = 4, show_values: bool = False):
    return open_review(Settings(folder), limit=limit, show_values=show_values)


def test_the_most_telling_pair_comes_first_with_its_differences_marked(project: Path) -> None:
    reviewing = reviewed(project)
    assert reviewing.n_open > 4 == len(reviewing.doubts)
    tells = [d.probability * (1 - d.probability) * d.sizes[0] * d.sizes[1] for d in reviewing.doubts]
    assert tells == sorted(tells, reverse=True)
    marks = {name: mark for name, _, _, mark in reviewing.doubts[0].fields}
    assert (marks["name"], marks["phone"], marks["city"]) == ("=", "", "≠")
    assert marks["birth_date"] in "~≠"


def test_values_are_masked_unless_asked_for(project: Path) -> None:
    lines = (project / "crm.csv").read_text().splitlines()[1:]
    values = {cell for line in lines for cell in line.split(",")[1:3] if cell}
    shown = f"{review_list(reviewed(project))}"
    assert not [value for value in values if value in shown]
    shown = f"{review_list(reviewed(project, show_values=True))}"
    assert [value for value in values if value in shown]


def test_an_answer_is_one_line_and_the_pair_is_not_asked_again(project: Path) -> None:
    reviewing = reviewed(project)
    doubt = reviewing.doubts[0]
    assert answer(reviewing, doubt, "u", "ann")
    assert not answer(reviewing, doubt, "y", "bob"), "the first word stands"
    header, line = (project / "decisions.csv").read_text().splitlines()
    assert header == HEADER
    pattern = rf"{doubt.left.name},{doubt.right.name},UNSURE,ann,\d{{4}}-\d\d-\d\d,review: pass likely said [\d.]+ %"
    assert re.fullmatch(pattern, line)
    again = reviewed(project)
    assert again.n_open == reviewing.n_open - 1
    assert doubt.profiles not in [other.profiles for other in again.doubts]


def test_merge_heeds_the_answer(project: Path, tmp_path: Path) -> None:
    reviewing = reviewed(project)
    doubt = reviewing.doubts[0]
    answer(reviewing, doubt, "y", "ann")
    merge_records(Settings(project))
    report = explain_merge(Settings(project), doubt.left.name, doubt.right.name)
    assert report.data["same"] is True
    (learned,) = report.data["learned"]
    assert learned["probability"] == pytest.approx(doubt.probability, abs=1e-6)
    assert learned["total_bits"] == pytest.approx(
        learned["prior_bits"] + sum(line["bits"] for line in learned["lines"]), abs=0.01
    )
    (project / "decisions.csv").write_text(f"{HEADER}\n")
    merge_records(Settings(project))


def test_nobody_is_asked_where_no_answer_could_be_kept(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first pair was shown and judged, and then refused."""
    with pytest.raises(UsageError, match="names no file for answers"):
        judge_pairs(reviewed(project)._replace(file=None), "ann", Voice())
    assert capsys.readouterr().out == ""


def test_without_a_file_for_answers_the_next_step_is_told(project: Path) -> None:
    reviewing = reviewed(project)._replace(file=None)
    with pytest.raises(UsageError, match="names no file for answers"):
        answer(reviewing, reviewing.doubts[0], "y", "ann")


def test_what_others_wrote_stays_byte_for_byte(tmp_path: Path) -> None:
    """Line ends, a missing last one, and rights."""
    file = tmp_path / "decisions.csv"
    before = f'{HEADER}\r\na:1,b:2,POSITIVE,ann,,"x, y"'.encode()
    file.write_bytes(before)
    file.chmod(0o640)
    assert add_answer(file, Judged("a:1", 'b:"3', "NEGATIVE", "bob", "2026-01-01", "w"))
    assert file.read_bytes() == before + b'\r\na:1,"b:""3",NEGATIVE,bob,2026-01-01,w\r\n'
    assert file.stat().st_mode & 0o777 == 0o640
    assert not add_answer(file, Judged("b:2", "a:1", "NEGATIVE", "bob", "", "")), "judged the other way round"
    assert [one.name for one in tmp_path.iterdir()] == ["decisions.csv"]


def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("something else\n")
    with pytest.raises(ConfigError, match="an unknown header"):
        add_answer(file, Judged("a:1", "b:2", "NEGATIVE", "bob", "", ""))
    assert file.read_text() == "something else\n"


def at_a_terminal(folder: Path, keys: str) -> tuple[int, str]:
    """Run `review` on a terminal of its own; each key is pressed when it is asked for."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cdptool", "review", "-C", str(folder), "--who", "ann"]

    def own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it

    done = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, preexec_fn=own_terminal
    )
    os.close(theirs)
    seen, asked, waited = "", 0, 0
    while True:
        ready, _, _ = select.select([ours], [], [], 10)
        if not ready:  # a busy machine may swallow a signal; a person would press Ctrl-C again
            waited += 1
            assert waited < 6, seen
            os.write(ours, b"\x03" if asked and keys[asked - 1] == "\x03" else b"")
            continue
        try:
            seen += os.read(ours, 65536).decode(errors="replace")
        except OSError:  # the other side hung up
            break
        if seen.count("q = quit:") > asked and asked < len(keys):
            os.write(ours, keys[asked].encode())
            asked += 1
    os.close(ours)
    return done.wait(), seen


def test_at_a_terminal_one_key_answers_and_the_next_pair_comes(project: Path) -> None:
    before = reviewed(project)
    code, seen = at_a_terminal(project, "ysnq")
    assert code == 0
    assert "2 answers written to" in seen
    rows = [line.split(",") for line in (project / "decisions.csv").read_text().splitlines()[1:]]
    first, _, third = (doubt for doubt in before.doubts[:3])
    assert [row[:4] for row in rows] == [
        [first.left.name, first.right.name, "POSITIVE", "ann"],
        [third.left.name, third.right.name, "NEGATIVE", "ann"],
    ]


def test_an_interrupted_review_keeps_what_was_answered(project: Path) -> None:
    code, _ = at_a_terminal(project, "n\x03")
    assert code == 130
    assert (project / "decisions.csv").read_text().count("NEGATIVE") == 1
