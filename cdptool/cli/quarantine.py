"""`cdptool quarantine`: the rows that ingest set aside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdptool.cli.declaring import Call, group_of_verbs, verb
from cdptool.cli.options import READS, WRITES

if TYPE_CHECKING:
    from cdptool.commands.report import Report

quarantine_group = group_of_verbs(
    "See, mend and retry the rows that ingest set aside.",
    epilog="Example: cdptool quarantine list -C configs",
)


@verb(
    quarantine_group, "list", "sources", "rule", "issues", *READS,
    example="cdptool quarantine list -C configs --issues",
)  # fmt: skip
def quarantine_list(call: Call, *, sources: list[str] | None, rule: str | None, issues: bool) -> Report:
    """Count the rows that were set aside, by reason.

    With --issues also the values that were set to null in rows that were accepted.
    """
    from cdptool.commands.quarantine import Chosen, list_quarantine

    chosen = Chosen(tuple(sources or ()), rule=rule)
    return list_quarantine(call.settings, chosen, with_issues=issues)


@verb(
    quarantine_group, "show", "sources", "file", "rule", "limit", "show_values", "export", *READS,
    example="cdptool quarantine show till -C configs",
)  # fmt: skip
def quarantine_show(
    call: Call, *, sources: list[str] | None, limit: int, show_values: bool, export: Path | None, **which: Any
) -> Report:
    """Show the rows that were set aside.

    File and line, why, and the record: its shape, or with --show-values the text. --export writes them to a file.
    """
    from cdptool.commands.quarantine import Chosen, export_quarantine, show_quarantine

    chosen = Chosen(tuple(sources or ()), **which)
    if export is not None:
        return export_quarantine(call.settings, chosen, export)
    return show_quarantine(call.settings, chosen, limit=limit, show_values=show_values)


@verb(
    quarantine_group, "retry", "sources", "project", "mended", "dry_run", *WRITES,
    example="cdptool quarantine retry till -C configs --dry-run",
)  # fmt: skip
def quarantine_retry(call: Call, *, sources: list[str] | None, mended: Path | None, dry_run: bool) -> Report:
    """Read the rows that were set aside once more.

    Under today's mapping, or with --from as they were mended. Those that are good now leave quarantine.
    """
    from cdptool.commands.retry import retry_rows

    return retry_rows(call.settings, tuple(sources or ()), call.say, mended=mended, dry_run=dry_run)
