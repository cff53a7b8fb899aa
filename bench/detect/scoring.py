"""
When a finding counts as right, and the sums of it.

A finding (file, kind, columns, rows) and a planted fault *touch* when they are of one file, share a column (a finding
without columns touches all), and at least half of the rows that the finding lists are rows of the fault (or of all
faults in those columns together; the original beside its duplicate is excused). Then the finding is

- *right* if its kind is that of the fault, or one that a sane person would also call it (`ALSO`: a shifted row is also
  full of wrong types; a weight in grams among kilograms is also an outlier);
- *also true* if only the kind differs: the total of a row whose quantity is an outlier is indeed broken. It counts
  neither for nor against.

Any other finding is wrong: it accuses clean cells. A fault is found if findings of a right kind that touch it, or
cover at least half of its rows, name together at least half of its rows. Precision = right / (right + wrong) over findings, several of one
(file, kind, columns) being one; recall = found / planted. Of rows: those listed by right and wrong findings, beside
those planted; where a finding lists fewer rows than it counts, the rest is taken to be like the listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

KINDS = (
    "wrong_type", "impossible_date", "malformed", "near_duplicate_category", "outlier", "broken_order", "broken_sum",
    "dangling_reference", "duplicate_key", "shifted_columns", "mixed_units", "mixed_encoding",
)  # fmt: skip
OTHER_NAMES = {
    "duplicate_row": "duplicate_key",  # a row that is there twice has its key twice
    "impossible_age": "impossible_date", "wrong_types": "wrong_type", "near_duplicate": "near_duplicate_category",
    "near_duplicate_categories": "near_duplicate_category", "outliers": "outlier", "broken_ordering": "broken_order",
    "dangling_references": "dangling_reference", "duplicate_keys": "duplicate_key", "shifted": "shifted_columns",
    "shifted_column": "shifted_columns", "mixed_unit": "mixed_units", "mixed_encodings": "mixed_encoding",
    "encoding": "mixed_encoding", "malformed_email": "malformed", "malformed_phone": "malformed",
    "malformed_postcode": "malformed", "impossible_dates": "impossible_date", "broken_sums": "broken_sum",
}  # fmt: skip
ALSO = {
    "wrong_type": {"malformed", "impossible_date"},
    "impossible_date": {"wrong_type", "malformed", "outlier"},
    "malformed": {"wrong_type"},
    "near_duplicate_category": set(),
    "outlier": {"mixed_units", "broken_sum"},
    "broken_order": set(),
    "broken_sum": set(),
    "dangling_reference": set(),
    "duplicate_key": set(),
    "shifted_columns": {"wrong_type", "malformed", "impossible_date"},
    "mixed_units": {"outlier", "wrong_type"},
    "mixed_encoding": {"malformed", "near_duplicate_category"},
}
Rows = frozenset[int]


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault in a file: kind, headers of its columns, data rows from 1, and the rows excused beside them."""

    file: str
    kind: str
    columns: frozenset[str]
    rows: Rows
    excused: Rows
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the detector says of a file; `n` rows, of which it may list only some."""

    file: str
    kind: str
    columns: frozenset[str]
    rows: Rows
    n: int


@dataclass(slots=True)
class Tally:
    """Counts of one kind."""

    planted: int = 0
    found: int = 0
    right: int = 0
    wrong: int = 0
    also_true: int = 0
    rows_planted: int = 0
    rows_found: float = 0.0
    rows_right: float = 0.0
    rows_wrong: float = 0.0

    def add(self, other: Tally) -> None:
        """Add the counts of another kind."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Score:
    """The tallies by kind, and what went wrong."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    missed: list[Planted] = field(default_factory=list)
    accused: list[Found] = field(default_factory=list)


def ratio(part: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return part / whole if whole else None


def read_findings(answer: Any, file: str = "") -> Iterator[Found]:
    """Every finding of the JSON, wherever it stands: an object with `kind` and `columns`, its file its own or above."""
    if isinstance(answer, list):
        for one in answer:
            yield from read_findings(one, file)
    if not isinstance(answer, dict):
        return
    named = next((answer[key] for key in ("file", "path", "table") if isinstance(answer.get(key), str)), None)
    file = PurePath(named).name if named else file
    if isinstance(answer.get("kind"), str) and ("columns" in answer or "rows" in answer):
        kind = answer["kind"].replace("-", "_").replace(" ", "_")
        columns = frozenset(str(name).split(".")[-1] for name in answer.get("columns") or ())
        rows = frozenset(int(row) for row in answer.get("rows") or ())
        yield Found(file, OTHER_NAMES.get(kind, kind), columns, rows, int(answer.get("count") or len(rows)))
        return
    for value in answer.values():
        yield from read_findings(value, file)


def _merged(findings: list[Found]) -> list[Found]:
    """Several findings of one (file, kind, columns) are one."""
    by: dict[tuple[str, str, frozenset[str]], Found] = {}
    for one in findings:
        key = (one.file, one.kind, one.columns)
        old = by.get(key)
        by[key] = one if old is None else Found(*key, old.rows | one.rows, old.n + one.n)
    return list(by.values())


def _share(finding: Found, rows: Rows) -> float:
    return len(finding.rows & rows) / len(finding.rows) if finding.rows else 0.0


def score(planted: list[Planted], findings: list[Found]) -> Score:
    """Judge every finding and every fault."""
    result = Score()
    caught: dict[int, set[int]] = {i: set() for i in range(len(planted))}
    for one in _merged(findings):
        _judge(one, planted, caught, result)
    for i, fault in enumerate(planted):
        tally = result.tallies[fault.kind]
        tally.planted += 1
        tally.rows_planted += len(fault.rows)
        tally.rows_found += len(caught[i])
        if len(caught[i]) >= 0.5 * len(fault.rows):
            tally.found += 1
        else:
            result.missed.append(fault)
    return result


def _judge(one: Found, planted: list[Planted], caught: dict[int, set[int]], result: Score) -> None:
    """Call a finding right, also true or wrong, and note the rows of faults that it catches."""
    near = [
        (i, fault)
        for i, fault in enumerate(planted)
        if fault.file == one.file
        and (not one.columns or fault.columns & one.columns or fault.kind == "duplicate_key")
    ]
    named = [
        (i, fault)
        for i, fault in near
        if (one.kind == fault.kind or one.kind in ALSO[fault.kind])
        and (not one.columns or fault.columns & one.columns)
    ]
    true_rows: Rows = frozenset().union(*(fault.rows | fault.excused for _, fault in near))
    tally = result.tallies.setdefault(one.kind, Tally())
    share = _share(one, true_rows)
    factor = one.n / len(one.rows) if one.rows else 0.0
    is_catch = False
    for i, fault in named:
        hits = one.rows & fault.rows
        if (share >= 0.5 and hits) or len(hits) >= 0.5 * len(fault.rows):
            rest = sorted(fault.rows - one.rows)
            caught[i] |= hits | set(rest[: round(len(hits) * (factor - 1))])
            is_catch = True
    if share < 0.5:
        tally.wrong += 1
        tally.rows_wrong += one.n
        result.accused.append(one)
    elif is_catch:
        tally.right += 1
        tally.rows_right += one.n * share
        tally.rows_wrong += one.n * (1 - share)
    else:
        tally.also_true += 1
