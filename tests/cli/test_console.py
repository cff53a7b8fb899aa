"""stdout is data, stderr is talk."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cdptool.commands.report import Grid, Report
from cdptool.console import Voice, progress, show, show_error
from cdptool.errors import ConfigError, Finding, Place

WARNING = Finding("odd", Place("rules.yaml", 3, 5), "mend it", "warning")
GRID = Grid("Sizes [bold]", ("name", "n", "share"), (("[red]x[/red]", 1234, 0.5), ("Huế", None, 1.0)))
REPORT = Report(
    verb="segment",
    summary="2 segments",
    data={"n": 2, "as_of": datetime(2026, 11, 20, tzinfo=UTC), "who": "Huế"},
    grids=(GRID,),
    lines=("a line [x]",),
    findings=(WARNING,),
    timings=(("evaluate", 1.25),),
)
ANSWER = Report(verb="status", summary="all is well", lines=("the answer",), is_answer=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever terminal runs the tests."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    yield


def test_json_is_exactly_one_object_on_stdout_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Findings are in it: a program reads one place."""
    show(REPORT, Voice(as_json=True, verbose=True))
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    assert "Huế" in printed.out
    assert json.loads(printed.out) == {
        "command": "segment",
        "summary": "2 segments",
        "n": 2,
        "as_of": "2026-11-20 00:00:00+00:00",
        "who": "Huế",
        "findings": [{"severity": "warning", "place": "rules.yaml:3:5", "problem": "odd", "hint": "mend it"}],
    }


def test_tables_go_to_stdout_and_findings_and_the_summary_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(REPORT, Voice())
    printed = capsys.readouterr()
    assert printed.err.splitlines() == ["warning: rules.yaml:3:5: odd", "  hint: mend it", "2 segments"]
    assert printed.out.splitlines() == [
        "a line [x]",
        "Sizes [bold]",
        "  name              n  share",
        "  [red]x[/red]  1,234   0.50",
        "  Huế               –   1.00",
        "",
    ]


def test_verbose_adds_the_timings(capsys: pytest.CaptureFixture[str]) -> None:
    show(REPORT, Voice(verbose=True))
    assert "evaluate: 1.25 s" in capsys.readouterr().err.splitlines()


def test_quiet_says_nothing_of_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    show(REPORT, Voice(quiet=True))
    assert capsys.readouterr() == ("", "")


def test_quiet_keeps_an_answer_for_it_is_all_the_command_does(capsys: pytest.CaptureFixture[str]) -> None:
    show(ANSWER, Voice(quiet=True))
    assert capsys.readouterr() == ("the answer\n", "")


def test_a_grid_without_rows_shows_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    show(Report("x", "done", grids=(Grid("Empty", ("a", "bc"), ()),)), Voice())
    assert capsys.readouterr().out == "Empty\n  a  bc\n\n"


def test_on_a_terminal_data_is_not_read_as_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    show(REPORT, Voice())
    for text in ("a line [x]", "[red]x[/red]", "Sizes [bold]", "1,234"):
        assert text in terminal.getvalue()


@pytest.mark.parametrize(("no_color", "is_painted"), [("", True), ("1", False)])
def test_errors_are_red_on_a_terminal_unless_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch, no_color: str, is_painted: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("NO_COLOR", no_color)
    show_error(ConfigError("wrong"))
    assert ("\x1b[31m" in terminal.getvalue()) is is_painted
    assert terminal.getvalue().endswith("wrong\n")


@pytest.mark.parametrize(("n", "shown", "last"), [(20, 20, "error: wrong 20"), (32, 20, "… and 12 more")])
def test_twenty_findings_are_shown_and_the_rest_counted(
    capsys: pytest.CaptureFixture[str], n: int, shown: int, last: str
) -> None:
    show_error(ConfigError(*(Finding(f"wrong {i}") for i in range(1, n + 1))))
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert sum(line.startswith("error: ") for line in lines) == shown
    assert lines[-1] == last


@pytest.mark.parametrize(
    ("voice", "told"),
    [
        (Voice(verbose=True), "merge\n"),
        (Voice(), ""),
        (Voice(verbose=True, quiet=True), ""),
        (Voice(verbose=True, as_json=True), ""),
    ],
)
def test_progress_is_said_line_by_line_only_when_asked_for(
    capsys: pytest.CaptureFixture[str], voice: Voice, told: str
) -> None:
    """stderr is no terminal here."""
    with progress(voice) as say:
        say("merge")
    assert capsys.readouterr() == ("", told)


LINES = [
    ("  vip: pionts > 3", 8, ["  7 |   vip: pionts > 3", "    |        ^"]),
    ("\tcity == 'Huế' and x", 20, ["  7 | \tcity == 'Huế' and x", "    | \t                  ^"]),
    (
        "name == '山田' and x",
        18,
        ["  7 | name == '山田' and x", "    |                    ^"],
    ),  # two cells each
    (
        "name == 'Hue\u0302\u0301' and x",
        20,
        ["  7 | name == 'Hue\u0302\u0301' and x", "    |                  ^"],
    ),
    (
        "a" * 100 + "x" + "b" * 100,
        101,
        ["  7 | …" + "a" * 60 + "x" + "b" * 59 + "…", "    |  " + " " * 60 + "^"],
    ),
]


@pytest.mark.parametrize(
    ("line", "column", "printed"), LINES, ids=["plain", "tab", "wide", "combining", "long"]
)
def test_a_mark_stands_under_the_place(
    capsys: pytest.CaptureFixture[str], line: str, column: int, printed: list[str]
) -> None:
    show_error(ConfigError("odd", place=Place("rules.yaml", 7, column, shown=line)))
    assert capsys.readouterr().err.splitlines() == [f"error: rules.yaml:7:{column}: odd", *printed]


@pytest.mark.parametrize("width", [30, 50, 80])
def test_on_a_narrow_terminal_nothing_of_a_table_is_cut_off(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names took no room at all beside nine columns of numbers, and the last columns were off the edge."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    columns = ("segment", "before", "entered", "unknown → in", "unknown → out", "→ unknown", "after")
    show(
        Report("diff", "", grids=(Grid("Then", columns, (("accessories", 96, 8, 0, 0, 0, 1101),)),)), Voice()
    )
    lines = [line.split() for line in terminal.getvalue().splitlines() if line.strip()]
    assert [word for line in lines for word in line if word.isdigit() or "," in word] == [
        "96", "8", "0", "0", "0", "1,101",
    ]  # fmt: skip
    name = "".join(line[0] for line in lines if line[0] in "accessories")
    assert name == "accessories"
    headings = " ".join(word for line in lines for word in line)
    assert all(headings.count(word) == 3 for word in ("unknown", "→"))


def test_numbers_that_are_told_as_texts_stay_whole_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", "30")
    rows = (("the own rate so far", "-211,692,463.5", "<1 %"), ("what came", "-", "·"))
    show(Report("fit", "", grids=(Grid("", ("", "value of all", "share"), rows),)), Voice())
    told = terminal.getvalue()
    assert "-211,692,463.5" in told and "<1 %" in told
    assert "the own" in told and "the own rate so far" not in told
