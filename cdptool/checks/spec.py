"""
What is expected of a source's data, as written and as understood, and what came of it.

An expectation is one line of text with a severity. Read, it is one of a few forms: a condition that each row
meets, or a demand on all rows together. A result says how many rows were looked at, how many fail, and where the
first of them stand; never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

import polars as pl

from cdptool.errors import Place
from cdptool.rules import Node
from cdptool.tables import StreamSchema

Severity = Literal["error", "warning"]
Outcome = Literal["held", "failed", "not judged"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line under `expect:`, or what a key of the collection plan (`every`, `max_lag`, …) stands for."""

    text: str
    name: str | None = None
    severity: Severity = "error"
    at_least: float = 1.0  # the share of rows that must hold
    place: Place = field(default=Place("sources.yaml"), compare=False)  # where the text begins

    @property
    def label(self) -> str:
        """What people call it: its name, else the line itself."""
        return self.name or " ".join(self.text.split())


@dataclass(frozen=True, slots=True)
class Holds:
    """Every row meets a condition. A row of which it is unknown does not fail."""

    condition: Node


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows of the source have the same values; a row with an empty one is not compared."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A column that other data refers to: of a reference table, a stream, or the records."""

    kind: Literal["table", "stream", "records"]
    name: str
    column: str


@dataclass(frozen=True, slots=True)
class Refers:
    """Every value of a column exists in another column; an empty one refers to nothing."""

    column: str
    target: Target


@dataclass(frozen=True, slots=True)
class FileRows:
    """The number of rows of every file meets a condition on `rows`."""

    condition: Node


@dataclass(frozen=True, slots=True)
class Volume:
    """The number of rows of every file lies around the median of the files before it."""

    tolerance: float


@dataclass(frozen=True, slots=True)
class Fresh:
    """The newest time of a column is no longer ago than this."""

    column: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Every:
    """Each period since the first row has a row."""

    seconds: int


@dataclass(frozen=True, slots=True)
class InTime:
    """No row is later than the overlap of its source allows, as ingest counted when it came."""


@dataclass(frozen=True, slots=True)
class Steady:
    """The population stability index of a column's new values against the earlier ones stays below a bound."""

    column: str
    below: float


Form: TypeAlias = Holds | Unique | Refers | FileRows | Volume | Fresh | Every | InTime | Steady


@dataclass(frozen=True, slots=True)
class SourceData:
    """
    What the expectations of one source are judged on.

    `rows` are all rows of the source: the columns of `schema`, `at` where it has one, `file_id` and `row`.
    `files` are its files as they came, the oldest first: `file_id`, `path`, `rows_read`, `rows_late`, `is_new`. Only rows of new
    files are judged; the others are history. `targets` hold what may be referred to, as one column `value`.
    """

    schema: StreamSchema
    rows: pl.LazyFrame
    files: pl.DataFrame
    moment: datetime
    tz: str = "UTC"
    targets: Mapping[Target, pl.LazyFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one expectation. `n_checked` counts rows, or what else `unit` names: files, days."""

    expectation: Expectation
    outcome: Outcome
    n_checked: int = 0
    n_failing: int = 0
    unit: str = "row"
    detail: str = ""
    places: tuple[Place, ...] = ()  # the first few that fail

    @property
    def told(self) -> str:
        """
        What happened, in words.

        >>> Result(Expectation("quantity > 0"), "failed", 1500, 3).told
        'fails in 3 of 1,500 rows'
        """
        if self.detail:
            return self.detail
        unit = self.unit + ("" if self.n_checked == 1 else "s")
        if self.outcome == "failed" or self.n_failing:
            return f"fails in {self.n_failing:,} of {self.n_checked:,} {unit}"
        return f"holds in {self.n_checked:,} {unit}"
