"""
The exception tree and `Finding`, the one shape of everything that can be said about input.

Every exception of cdptool derives from `CdptoolError` and carries the exit code of its kind. No message
ever holds a cell value: findings name places, columns, counts and reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

Severity = Literal["error", "warning", "note"]


class Text(Protocol):
    """A text of which is known where each character stands in its file."""

    def place(self, offset: int, /) -> Place: ...


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """
    Where something stands: a file, and in it a line and a column (both from 1) where they are known.

    An expression also knows its line as written (`shown`), to be printed with a mark under the place, and, where it
    may run over several lines, the text it begins (`text`). Neither is part of what a place is.
    """

    file: str
    line: int | None = None
    column: int | None = None
    shown: str | None = field(default=None, compare=False, repr=False)
    text: Text | None = field(default=None, compare=False, repr=False)

    def moved(self, offset: int) -> Place:
        """
        The place so many characters into the text that begins here.

        >>> str(Place("configs/rules.yaml", 14, 7).moved(3))
        'configs/rules.yaml:14:10'
        """
        if self.text is not None:
            return self.text.place(offset)
        column = None if self.column is None else self.column + offset
        return Place(self.file, self.line, column, self.shown, self.text)

    def __str__(self) -> str:
        """
        >>> str(Place("configs/rules.yaml", 14, 7))
        'configs/rules.yaml:14:7'
        """
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong: the problem (lower case, no full stop), its place, and the next step."""

    problem: str
    place: Place | None = None
    hint: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        """
        >>> str(Finding("unknown key `emial`", Place("a.yaml", 2, 3), "did you mean `email`?"))
        'a.yaml:2:3: unknown key `emial`'
        """
        return f"{self.place}: {self.problem}" if self.place else self.problem


class CdptoolError(Exception):
    """Root of every exception of cdptool: holds findings and the exit code of its kind."""

    exit_code: ClassVar[int] = 2

    def __init__(self, *findings: Finding | str, place: Place | None = None, hint: str | None = None) -> None:
        self.findings = tuple(f if isinstance(f, Finding) else Finding(f, place, hint) for f in findings)
        super().__init__("\n".join(str(f) for f in self.findings))


class UsageError(CdptoolError):
    """The command line asks for something that does not exist or does not fit together."""


class ConfigError(CdptoolError):
    """A project file cannot be read as what it should be."""


class SourceError(CdptoolError):
    """An input file is missing, unreadable or not what its source declares."""


class StoreError(CdptoolError):
    """The workspace or the output folder cannot be read or written."""


class SchemaError(CdptoolError):
    """A frame lacks a column, or has it with another dtype."""


class CheckFailed(CdptoolError):
    """The data failed a check that the user declared."""

    exit_code = 1


class BusyError(StoreError):
    """Another run holds the workspace."""

    exit_code = 4


class StaleError(CdptoolError):
    """A live feed is further behind than its declared `max_lag`."""

    exit_code = 5
