"""The outcome of a check as people and programs read it: every check in a table, every failure with its places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cdptool.checks import Expectation, Result
from cdptool.commands.report import Grid, Report
from cdptool.commands.unplanned import Unplanned
from cdptool.errors import Finding
from cdptool.rules.windows import length_text
from cdptool.sources import SourceSpec

COLUMNS: Final = ("source", "check", "outcome", "checked", "failing", "what")
PLAN: Final = ("source", "purpose", "owner", "legal basis", "keep for")
FAILED, STALE = 1, 5
_SHOWN: Final = 3  # places in a line for people; the rest stand in the JSON and the JUnit file


@dataclass(frozen=True, slots=True)
class Checked:
    """One source and what came of its expectations; or one live stream (`spec` is None) and how late it is."""

    name: str
    spec: SourceSpec | None
    results: tuple[Result, ...]
    late: Expectation | None = None  # the one of them that says how late it may be
    is_absent: bool = False  # nothing of it was ever ingested

    @property
    def failed(self) -> tuple[Result, ...]:
        """The expectations of severity `error` that fail."""
        return tuple(each for each in self.results if _severity(each) == "error")

    @property
    def is_missing(self) -> bool:
        """Whether promised data never came."""
        return self.is_absent and self.spec is not None and (self.spec.max_lag or self.spec.every) is not None

    @property
    def fails(self) -> bool:
        """Whether more is wrong than that the feed is late, which has an exit code of its own."""
        return any(each.expectation is not self.late for each in self.failed) or self.is_missing

    @property
    def breaks(self) -> bool:
        """Whether something is wrong with the new rows themselves, so that they are to be looked at again."""
        return any(each.unit in ("row", "file", "column") for each in self.failed)


def told(
    sources: Sequence[Checked],
    feeds: Sequence[Checked],
    unplanned: Sequence[Unplanned],
    specs: Sequence[SourceSpec],
    moment: datetime,
) -> Report:
    """
    The report.

    Args:
        sources: The sources that expect something.
        feeds: The live streams.
        unplanned: Columns that nothing maps.
        specs: All sources that were asked for, whose collection plan is shown.
        moment: What feeds were judged at.
    """
    both = (*sources, *feeds)
    results = [(checked.name, result) for checked in both for result in checked.results]
    failed = sum(len(each.failed) + each.is_missing for each in both)
    warned = sum(_severity(result) == "warning" for _, result in results)
    judged = sum(result.outcome != "not judged" for _, result in results)
    findings = tuple(_findings(both)) + tuple(each.finding() for each in unplanned)
    code = FAILED if any(each.fails for each in both) else STALE if failed else 0
    plans = tuple(plan for plan in map(_plan, specs) if any(plan[1:]))
    return Report(
        verb="check data",
        summary=_summary(judged, failed, warned, moment),
        data={
            "as_of": moment.isoformat(),
            "checked": judged,
            "failed": failed,
            "warnings": warned,
            "checks": [_as_data(name, result) for name, result in results],
            "plan": [dict(zip(PLAN, row, strict=True)) for row in plans],
            "unplanned": [{"source": each.source, "columns": each.columns} for each in unplanned],
        },
        grids=(
            *((Grid("Collection plan", PLAN, plans),) if plans else ()),
            *((Grid("Checks", COLUMNS, tuple(_row(*each) for each in results)),) if results else ()),
        ),
        findings=findings,
        exit_code=code,
    )


def _severity(result: Result) -> str | None:
    return result.expectation.severity if result.outcome == "failed" else None


def _findings(checked: Sequence[Checked]) -> list[Finding]:
    found = []
    for each in checked:
        if each.is_absent and each.spec is not None:
            problem = f"nothing of source `{each.name}` was ever ingested"
            hint = "run `cdptool ingest`"
            found.append(Finding(problem, each.spec.place, hint, "error" if each.is_missing else "warning"))
        found += [_finding(each.name, result) for result in each.results if result.outcome == "failed"]
    return found


def _finding(name: str, result: Result) -> Finding:
    owner = f"`{name}`" if name.startswith("stream ") else f"source `{name}`"
    problem = f"{owner}: `{result.expectation.label}`: {result.told}"
    if result.places:
        shown = [str(each) for each in result.places[:_SHOWN]]
        more = ", …" if result.n_failing > len(shown) else ""
        problem += f": {', '.join(shown)}{more}"
    line = replace(result.expectation.place, shown=None)  # it is right; the rows are not
    return Finding(problem, line, None, result.expectation.severity)


def _row(name: str, result: Result) -> tuple[Any, ...]:
    outcome = "warning" if _severity(result) == "warning" else result.outcome
    return name, result.expectation.label, outcome, result.n_checked, result.n_failing, result.told


def _plan(spec: SourceSpec) -> tuple[str | None, ...]:
    length = None if spec.keep_for_seconds is None else length_text(spec.keep_for_seconds)
    return spec.name, spec.purpose, spec.owner, spec.legal_basis, length


def _as_data(name: str, result: Result) -> dict[str, Any]:
    return {
        "source": name,
        "check": result.expectation.label,
        "severity": result.expectation.severity,
        "outcome": result.outcome,
        "checked": result.n_checked,
        "failing": result.n_failing,
        "unit": result.unit,
        "told": result.told,
        "place": str(result.expectation.place),
        "failing_at": [str(each) for each in result.places],
    }


def _summary(judged: int, failed: int, warned: int, moment: datetime) -> str:
    said = f"{judged} checks: {failed} failed, {warned} warned" if judged or failed else "nothing to check"
    return f"{said}; feeds judged at {moment:%Y-%m-%d %H:%M} UTC"
