"""
The only writer to the terminal: answers on stdout, talk on stderr.

Plain text unless stderr or stdout is a terminal and NO_COLOR is not set. Data is never read as markup.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from cdptool.errors import CdptoolError, Finding, Place

if TYPE_CHECKING:
    from cdptool.commands.report import Grid, Report

MOST_FINDINGS = 20
_BAR = 24  # signs of the longest bar
_FIGURE = re.compile(r"[-<>]?[\d,.]*( %)?\Z|[-–·]\Z")
_NARROW = 8  # cells of a text that stay in one line, however narrow the terminal
_AROUND = 60  # characters of a long line that are shown before a mark
_LOCAL_MODES = 3  # of what tcgetattr gives


@dataclass(frozen=True, slots=True)
class Voice:
    """How much to say: `--json`, `-q`, `-v`."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False


def show(report: Report, voice: Voice) -> None:
    """Print a report: with `--json` exactly one object on stdout, else tables on stdout and talk on stderr."""
    if voice.as_json:
        findings = [_finding_as_data(finding) for finding in report.findings]
        answer = {"command": report.verb, "summary": report.summary, **report.data}
        answer.setdefault("findings", findings)  # of `profile` the findings are the answer itself
        is_poor = (
            not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        )  # then it is JSON that escapes
        print(json.dumps(answer, ensure_ascii=is_poor, default=str))
        return
    if report.is_answer or not voice.quiet:
        for line in report.lines:
            print(line)
        for grid in report.grids:
            _print_grid(grid)
    sys.stdout.flush()
    if voice.quiet:
        _talk_findings(tuple(each for each in report.findings if each.severity == "error"))
        return
    _talk_findings(report.findings)
    if voice.verbose:
        for step, seconds in report.timings:
            _talk(f"{step}: {seconds:.2f} s")
    _talk(report.summary)


def show_error(error: CdptoolError) -> None:
    """Print what went wrong on stderr: place, problem, hint; at most 20 findings."""
    _talk_findings(error.findings)


@contextmanager
def progress(voice: Voice) -> Iterator[Callable[[str], None]]:
    """
    Yields a function that says what is being done now: a line each with `-v`, else a moving line on a terminal.

    Nothing with `-q` or `--json`, and nothing where stderr is no terminal.
    """
    if voice.quiet or voice.as_json or not (voice.verbose or _is_terminal(sys.stderr)):
        yield lambda _: None
    elif voice.verbose:
        yield _talk
    else:
        from rich.console import Console

        console = Console(stderr=True, markup=False, highlight=False)
        with console.status("") as status:
            yield status.update


def is_dialogue() -> bool:
    """Whether somebody sits there: keys can be read, and what is shown is seen."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_key(prompt: str, keys: str) -> str:
    """
    One of these keys, as soon as it is pressed; the end of the input is the last of them.

    Other keys are passed over, and so is what was pressed before the question stood there. Ctrl-C interrupts, as a key:
    a shell in the background may have told us to ignore the signal.
    """
    import termios
    import tty

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    pressed = ""
    try:
        tty.setcbreak(handle)  # drops what was typed ahead: nobody answers what he has not seen
        plain = termios.tcgetattr(handle)
        plain[_LOCAL_MODES] &= ~termios.ISIG
        termios.tcsetattr(handle, termios.TCSANOW, plain)
        sys.stderr.write(prompt)
        sys.stderr.flush()
        while pressed not in tuple(keys):
            pressed = _key(handle) or keys[-1]
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
    _talk(pressed)
    return pressed


def _key(handle: int) -> str:
    """The next key; empty at the end of the input."""
    pressed = os.read(handle, 1)
    if pressed == b"\x03":
        raise KeyboardInterrupt
    return "" if pressed == b"\x04" else pressed.decode("ascii", "replace").lower()


def _talk(text: str) -> None:
    print(text, file=sys.stderr)


def _talk_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings[:MOST_FINDINGS]:
        _talk(f"{_painted(finding.severity)}: {finding}")
        if finding.place is not None:
            _talk_line(finding.place)
        if finding.hint:
            _talk(f"  hint: {finding.hint}")
    if len(findings) > MOST_FINDINGS:
        _talk(f"… and {len(findings) - MOST_FINDINGS} more")


def _talk_line(place: Place) -> None:
    """The line of an expression as it is written, and a mark under the place; of a long line what is around it."""
    if place.shown is None or place.line is None or place.column is None:
        return
    before, line = place.column - 1, place.shown
    first = max(0, before - _AROUND) if len(line) > 2 * _AROUND else 0
    last = first + 2 * _AROUND
    text = f"{'…' * (first > 0)}{line[first:last]}{'…' * (last < len(line))}"
    margin = f"  {place.line} | "
    indent = "".join(sign if sign == "\t" else " " * _width(sign) for sign in line[first:before])
    _talk(f"{margin}{text}")
    _talk(f"{' ' * (len(margin) - 2)}| {' ' * (first > 0)}{indent}^")


def _width(sign: str) -> int:
    """How many cells of a terminal a character takes."""
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _is_terminal(stream: TextIO) -> bool:
    """Whether escape codes may be written: a terminal, and nobody asked for plain text."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _painted(severity: str) -> str:
    if not _is_terminal(sys.stderr):
        return severity
    return {"error": "\x1b[31merror\x1b[0m", "warning": "\x1b[33mwarning\x1b[0m"}.get(severity, severity)


def _finding_as_data(finding: Finding) -> dict[str, str | None]:
    return {
        "severity": finding.severity,
        "place": str(finding.place) if finding.place else None,
        "problem": finding.problem,
        "hint": finding.hint,
    }


def _print_grid(grid: Grid) -> None:
    """A table on stdout: boxed on a terminal, aligned plain text elsewhere."""
    rows = [[_cell(value) for value in row] for row in grid.rows]
    if _is_terminal(sys.stdout):
        _print_boxed(grid, rows)
        return
    widths = [max(len(cells[i]) for cells in [list(grid.columns), *rows]) for i in range(len(grid.columns))]
    lines = [
        "  ".join(
            cell.rjust(width) if _is_number(grid, index) else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in [list(grid.columns), *rows]
    ]
    print("\n".join([grid.title, *(f"  {line}" for line in lines), ""]))


def _print_boxed(grid: Grid, rows: list[list[str]]) -> None:
    """The table on a terminal: where it is too narrow headings and texts take several lines, and nothing is cut off."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    room = Console().width
    edges = 2 + 2 * (len(grid.columns) - 1)  # what stands around and between columns
    widths = _widths(grid, rows, room - edges)
    table = Table(
        title=Text(grid.title),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for index, name in enumerate(grid.columns):
        is_number = _is_figure(rows, index)
        table.add_column(
            Text(name), justify="right" if is_number else "left", width=widths[index], overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(markup=False, highlight=False, width=max(room, sum(widths) + edges)).print(table)


def _widths(grid: Grid, rows: list[list[str]], room: int) -> list[int]:
    """
    How wide columns are: as their texts where there is room; else headings of numbers break between words, then texts.

    Numbers stay whole, and of a text there are at least `_NARROW` cells in a line: then the table is wider than the room.

    >>> from cdptool.commands.report import Grid
    >>> grid = Grid("", ("segment", "unknown then in"), (("accessories", 1),))
    >>> [_widths(grid, [["accessories", "1"]], room) for room in (30, 20, 13)]
    [[11, 15], [11, 9], [8, 7]]
    """
    headings = [[_cells(word) for word in name.split()] for name in grid.columns]
    contents = [max((_cells(row[i]) for row in rows), default=0) for i in range(len(grid.columns))]
    widths = [max(content, _cells(name)) for content, name in zip(contents, grid.columns, strict=True)]
    numbers = [index for index in range(len(widths)) if _is_figure(rows, index)]
    texts = [index for index in range(len(widths)) if index not in numbers]
    least = {i: max(contents[i], *headings[i]) if headings[i] else contents[i] for i in numbers}
    least |= {i: min(widths[i], _NARROW) for i in texts}
    for some in (numbers, texts):
        while sum(widths) > room and any(widths[i] > least[i] for i in some):
            widest = max((i for i in some if widths[i] > least[i]), key=lambda i: widths[i])
            widths[widest] -= 1
    return widths


def _is_figure(rows: list[list[str]], index: int) -> bool:
    """Whether a column holds numbers as they are shown, shares and signs for none among them."""
    return bool(rows) and all(_FIGURE.match(row[index]) for row in rows)


def _cells(text: str) -> int:
    return sum(map(_width, text))


def _is_number(grid: Grid, index: int) -> bool:
    return bool(grid.rows) and all(
        isinstance(row[index], int | float) or row[index] is None for row in grid.rows
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    share = getattr(value, "share", None)  # of a `report.Bar`
    if isinstance(share, float):
        return ("█" if _is_terminal(sys.stdout) else "#") * round(_BAR * share)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value)
