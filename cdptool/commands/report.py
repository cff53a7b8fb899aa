"""What a command answers: one `Report`, which the console prints for people or as one JSON object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cdptool.errors import Finding


@dataclass(frozen=True, slots=True)
class Bar:
    """A cell that is drawn: how long it is, as a share of the longest (0–1)."""

    share: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table for people: a title, column names, rows of texts and numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """
    The outcome of one command.

    `data` is exactly what `--json` prints. `grids` and `lines` are the same for people. An answer
    (`is_answer`) is printed even with `-q`, because it is all the command does; so are findings that are errors.
    """

    verb: str
    summary: str
    data: dict[str, Any] = field(default_factory=dict)
    grids: tuple[Grid, ...] = ()
    lines: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    timings: tuple[tuple[str, float], ...] = ()
    is_answer: bool = False
    exit_code: int = 0  # of a command that did its work, and found that the data failed a check
