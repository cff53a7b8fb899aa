"""`cdptool check rules`: everything that can be said of the rules without data."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdptool.commands.report import Report
from cdptool.commands.session import Settings
from cdptool.config import Project, load_project
from cdptool.config.libraries import FOLDER
from cdptool.errors import ConfigError, Finding
from cdptool.rules import RuleBook, unused_traits

FAILED, REFUSED = 1, 2


def check_rules(settings: Settings, *, strict: bool) -> Report:
    """
    Read the project and tell what is wrong with its rules; the workspace is not opened.

    Args:
        settings: What the command line says.
        strict: Whether a warning fails.

    Returns:
        The report, with exit code 2 where the project cannot be used, and with `strict` 1 where there is a warning.
    """
    try:
        project = load_project(settings.project, settings.overrides(), os.environ)
    except ConfigError as error:
        return _report(error.findings, "the project cannot be used", exit_code=REFUSED)
    book = project.rules or RuleBook()
    notes = tuple(unused_traits(book, _named(project), ready_made=f"{FOLDER}/"))
    has_warnings = any(each.severity == "warning" for each in project.warnings)
    what = f"{_counted(len(book.traits), 'trait')} and {_counted(len(book.segments), 'segment')}"
    return _report((*project.warnings, *notes), what, exit_code=FAILED if strict and has_warnings else 0)


def _report(findings: tuple[Finding, ...], what: str, *, exit_code: int) -> Report:
    counts = {kind: sum(each.severity == kind for each in findings) for kind in ("error", "warning", "note")}
    told = ", ".join(_counted(n, kind) for kind, n in counts.items())
    return Report(
        verb="check rules",
        summary=f"{what}: {told}",
        data={f"{kind}s": n for kind, n in counts.items()},
        findings=findings,
        exit_code=exit_code,
    )


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _named(project: Project) -> Iterator[str]:
    """What exports and models name."""
    for export in project.exports:
        yield from (*export.columns, *((export.value,) if export.value else ()))
    for model in project.models:
        yield from getattr(model, "by", ()) or ()
