"""How commands behave at a terminal, in a pipe and in a script: `house_style.md` §7."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from cdptool.cli import app
from tests.end_to_end.jobs import AS_OF, RUN, Job, everything

PROJECT = ("-C", "configs")
TIMED = (*PROJECT, "--as-of", AS_OF)
READING = {
    "config": ("config", *PROJECT),
    "status": ("status", *PROJECT),
    "explain merge": ("explain", "merge", "crm:0000103", "loyalty:0045010366", *PROJECT),
    "explain ids": ("explain", "ids", *PROJECT),
    "explain model": ("explain", "model", *PROJECT),
    "explain golden": ("explain", "golden", "crm:0000101", *PROJECT),
    "explain profile": ("explain", "profile", "p_ofn3j6irag5nq", *PROJECT),
    "explain segment": ("explain", "segment", "vip", "crm:0000101", *TIMED),
    "diff": ("diff", "--since", "2026-11-13", *TIMED),
    "backtest": ("backtest", "vip", "--months", "2", *TIMED),
    "check rules": ("check", "rules", *PROJECT),
    "check needs": ("check", "needs", *TIMED),
    "rules docs": ("rules", "docs", *PROJECT),
    "rules library": ("rules", "library", "rfm"),
    "review": ("review", *PROJECT),
    "test": ("test", *PROJECT),
    "report match": ("report", "match", *PROJECT),
    "report segments": ("report", "segments", *PROJECT),
    "report cuts": ("report", "cuts", "spend_year", *PROJECT),
    "report renewal": ("report", "renewal", "order.sku.category", *TIMED),
    "init": ("init", "sample_data/crm/customers.csv", "--dry-run"),
    "profile": ("profile", "sample_data/crm/customers.csv"),
    "dedupe": ("dedupe", "sample_data/crm/customers.csv", "--dry-run"),
    "quarantine list": ("quarantine", "list", *PROJECT),
    "quarantine show": ("quarantine", "show", *PROJECT),
    "workspace verify": ("workspace", "verify", *PROJECT),
    "workspace history": ("workspace", "history", *PROJECT),
}
WRITING = {
    "ingest": ("ingest", *PROJECT),
    "check data": ("check", "data", *TIMED),
    "merge": ("merge", *PROJECT),
    "sessions": ("sessions", *TIMED),
    "fit": ("fit", *TIMED),
    "segment": ("segment", *TIMED),
    "plan": ("plan", *TIMED),
    "export": ("export", *TIMED),
    "retain": ("retain", *TIMED),
    "run": RUN,
    "quarantine retry": ("quarantine", "retry", *PROJECT),
    "workspace tidy": ("workspace", "tidy", *PROJECT, "--keep", "10"),
}
COMMANDS = {**READING, **WRITING}
NEEDS_NO_WORKSPACE = {
    *("config", "init", "profile", "dedupe", "test"),
    *("check rules", "check needs", "rules docs", "rules library"),
}


def verbs(command: object, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command and group of the tool with the last line of its help."""
    yield name, getattr(command, "epilog", None) or ""
    for verb, inner in getattr(command, "commands", {}).items():
        yield from verbs(inner, (*name, verb))


ALL = dict(verbs(typer.main.get_command(app)))
EXAMPLES = {name: text.removeprefix("Example: ") for name, text in ALL.items() if text}


@pytest.fixture(scope="module")
def job(finished: Job, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A finished job of this module's own, settled in its folder; commands here change nothing in it."""
    copied = finished.copied(tmp_path_factory.mktemp("manners") / "job")
    assert copied.run(*RUN).code == 0
    return copied


def test_every_command_is_looked_at_here() -> None:
    leaves = {" ".join(name) for name in ALL if not any(other[:-1] == name for other in ALL if other)}
    assert leaves == set(COMMANDS)


def test_every_command_and_group_shows_an_example() -> None:
    assert set(ALL) == set(EXAMPLES)
    for name, text in ALL.items():
        assert not text or text.startswith(f"Example: cdptool {' '.join(name)}".rstrip()), name


def test_every_example_runs_as_printed_in_plain_text_and_shows_nothing_personal(
    job: Job, finished: Job
) -> None:
    """One after the other in one folder, as if somebody read through the help; then what they say with -v."""
    personal = personal_values(job)
    said = {line: job.run(*line.split()[1:], env={"TERM": "xterm-256color"}) for line in EXAMPLES.values()}
    said |= {f"{name} -v": job.run(*WRITING[name], "-v") for name in ("ingest", "merge", "plan", "export")}
    said |= {"the first run": finished.done(0)}
    for line, done in said.items():
        assert done.code == 0, f"{line}\n{done.stderr}"
        assert "\x1b" not in done.stdout + done.stderr, line
        shown = (done.stdout + done.stderr).replace("@hoasen.example.com", "")  # owners of campaigns
        assert [value for value in personal if value in shown] == [], line
        assert not re.search(r"[\w.]+@[\w.]+\.(com|org|vn|net)\b", shown), line
    asked = next(line for line in said if "explain merge" in line)
    values = job.run(*asked.split()[1:], "--show-values").stdout
    assert any(value in values for value in personal), "the test would not notice a value"


def personal_values(job: Job) -> set[str]:
    """Every e-mail, phone, name and address of the profiles, and of one raw file as it is written there."""
    fields = job.table("profiles").select("email", "phone", "name", "address").unpivot()["value"].drop_nulls()
    raw = (job.folder / "sample_data/crm/customers.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    cells = {row.split(";")[i] for row in raw if row.count(";") == 9 for i in (1, 4, 5, 6)}
    found = {value for value in {*fields, *cells} if len(value) > 5}
    assert len(found) > 1500
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_one_object_on_stdout_and_reading_changes_no_file(name: str, job: Job) -> None:
    before = everything(job.folder)
    done = job.run(*COMMANDS[name], "--json")
    assert (done.code, done.stderr) == (0, "")
    assert name in WRITING or everything(job.folder) == before
    assert done.answer["command"] == name
    assert isinstance(done.answer["summary"], str)
    assert isinstance(done.answer["findings"], list)


def test_the_first_ingest_can_be_a_dry_run(tmp_path: Path) -> None:
    """Before there is a workspace is when one most wants to see how files are read."""
    job = Job.fresh(tmp_path / "job")
    before = everything(job.folder)
    done = job.run("ingest", "surveys", "till", *PROJECT, "--dry-run", "--json")
    assert (done.code, done.answer["files"], done.answer["rows_quarantined"]) == (0, 14, 2)
    assert everything(job.folder) == before


def test_json_holds_warnings_too(job: Job) -> None:
    done = job.run(*WRITING["export"], "--json")
    warnings = [finding["severity"] for finding in done.answer["findings"]]
    assert warnings == ["warning", "warning"]


@pytest.mark.parametrize("name", WRITING)
def test_quiet_says_nothing_when_all_is_well(name: str, job: Job) -> None:
    done = job.run(*WRITING[name], "-q")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")


def test_quiet_still_gives_the_answer_that_was_asked_for(job: Job) -> None:
    done = job.run(*READING["status"], "-q")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("Sources\n")


@pytest.mark.parametrize(
    "name",
    sorted(READING.keys() - NEEDS_NO_WORKSPACE),
)
def test_reading_does_not_make_a_workspace(name: str, tmp_path: Path) -> None:
    job = Job.fresh(tmp_path / "job")
    before = everything(job.folder)
    assert job.run(*READING[name]).code == 2
    assert everything(job.folder) == before


@pytest.mark.parametrize("name", ["ingest", "merge", "sessions", "segment", "plan", "export"])
def test_a_dry_run_changes_nothing(name: str, job: Job) -> None:
    before = everything(job.folder)
    done = job.run(*WRITING[name], "--dry-run", "--json")
    assert (done.code, done.answer["dry_run"]) == (0, True)
    assert everything(job.folder) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_hangs_up_is_no_error(name: str, job: Job) -> None:
    done = job.hang_up(*COMMANDS[name])
    assert done.code == 0
    assert (
        "roken pipe" not in done.stderr
        and "Traceback" not in done.stderr
        and not re.search(r"\berror\b", done.stderr)
    )


@pytest.mark.parametrize("line", ["cdptool --help", "cdptool run --help", "cdptool config -C configs"])
def test_head_of_a_long_answer_is_no_error(line: str, job: Job) -> None:
    done = job.shell(f"{line} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (done.code, done.stdout.count("\n"), done.stderr) == (0, 1, done.stderr)
    assert "roken pipe" not in done.stderr and "Traceback" not in done.stderr


def test_no_color_is_plain_on_a_terminal_too(job: Job) -> None:
    """`script` gives the command a terminal of its own."""
    for name in ("status", "run"):
        line = " ".join(["cdptool", *COMMANDS[name]])
        coloured = job.shell(f"TERM=xterm-256color script -qec '{line}' /dev/null")
        plain = job.shell(f"TERM=xterm-256color NO_COLOR=1 script -qec '{line}' /dev/null")
        assert coloured.code == plain.code == 0
        assert "\x1b" not in plain.stdout, name


def test_files_that_leave_are_for_their_owner_only(job: Job) -> None:
    files = [path for path in job.out.rglob("*") if path.is_file()]
    assert len(files) > 15
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (job.out, job.out / "plan", job.workspace)} == {
        0o700
    }


def test_verbose_adds_steps_and_timings_on_stderr(job: Job) -> None:
    done, quiet = job.run(*RUN, "-v"), job.run(*RUN)
    assert done.stdout == quiet.stdout
    assert re.search(r"^ingest crm: \d+\.\d\d s$", done.stderr, re.MULTILINE)
