"""
What is wrong with a destination's spec before anything is rendered, and with a file's size afterwards.
"""

from __future__ import annotations

from cdptool.destinations.normalize import STEP_NAMES
from cdptool.destinations.spec import DestinationSpec, ExportSpec
from cdptool.errors import Finding


def check_destination(destination: DestinationSpec) -> tuple[Finding, ...]:
    """Every reason why a spec cannot be rendered: unknown steps and headers, hashes of text that may not be NFC."""
    headers = {column.header for column in destination.columns}
    problems = []
    for column in destination.columns:
        unknown = [name for name in column.normalize if name not in STEP_NAMES]
        problems += [f"unknown step `{name}` in column `{column.header}`" for name in unknown]
        problems += [
            f"column `{column.header}` needs unknown header `{n}`" for n in column.needs if n not in headers
        ]
        if column.hash != "none" and column.normalize[:1] != ("nfc",):
            problems.append(f"column `{column.header}` is hashed but its first step is not `nfc`")
        if column.repeat < 1:
            problems.append(f"column `{column.header}` is repeated less than once")
    if sum(column.one_row_each for column in destination.columns) > 1:
        problems.append("more than one column has `one_row_each`")
    asked = {header for headers_of_one in destination.require_any for header in headers_of_one}
    problems += [f"`require_any` names unknown header `{header}`" for header in sorted(asked - headers)]
    return tuple(Finding(f"destination `{destination.id}`: {problem}") for problem in problems)


def check_export(export: ExportSpec, destination: DestinationSpec) -> tuple[Finding, ...]:
    """Every reason why an export does not fit its destination, as far as the two say it themselves."""
    named, problems = f"export `{export.name}`", []
    if destination.columns and export.columns:
        problems.append((f"{named} names columns, but `{destination.id}` has its own", "remove `columns`"))
    if not destination.columns and not export.columns:
        problems.append((f"{named} names no columns", f"`{destination.id}` writes the columns you list"))
    if export.value is not None and all(column.source != "value" for column in destination.columns):
        problems.append(
            (f"{named} gives a `value`, which `{destination.id}` does not take", "remove `value`")
        )
    return tuple(Finding(problem, export.place, hint) for problem, hint in problems)


def size_findings(export: ExportSpec, destination: DestinationSpec, rows: int) -> tuple[Finding, ...]:
    """Judge the number of rows: errors are for the export's own guard and the platform's maximum."""
    named, findings = f"export `{export.name}`", []
    least, most = destination.file.min_rows_warn, destination.file.max_rows
    if rows < export.min_rows:
        problem = f"{named} holds {rows} rows, `min_rows` asks for {export.min_rows}"
        findings.append(Finding(problem, export.place, "look at the segment, or lower `min_rows`"))
    if most is not None and rows > most:
        problem = f"{named} holds {rows} rows, `{destination.id}` takes at most {most}"
        findings.append(Finding(problem, export.place, "split the segment"))
    if rows == 0:
        findings.append(Finding(f"{named} holds no rows, only the header", export.place, severity="warning"))
    elif rows < least and export.kind == "audience":
        problem = f"{named} holds {rows} rows, `{destination.id}` needs about {least} to match anybody"
        findings.append(Finding(problem, export.place, severity="warning"))
    return tuple(findings)


def change_findings(export: ExportSpec, rows: int, previous_rows: int | None) -> tuple[Finding, ...]:
    """
    Judge the change since the last file of this export (`max_change`).

    >>> guard = ExportSpec("vip", "vip", "csv", max_change_ratio=0.5)
    >>> [len(change_findings(guard, rows, 100)) for rows in (150, 50, 151, 49)]
    [0, 0, 1, 1]
    """
    if export.max_change_ratio is None or not previous_rows:
        return ()
    if abs(rows - previous_rows) <= export.max_change_ratio * previous_rows:
        return ()
    problem = f"export `{export.name}` went from {previous_rows} to {rows} rows, `max_change` allows "
    hint = "look at the segment; if the change is right, let it pass once with --allow-change"
    return (Finding(f"{problem}{export.max_change_ratio:.0%}", export.place, hint),)
