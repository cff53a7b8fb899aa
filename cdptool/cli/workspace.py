"""`cdptool workspace`: upkeep of what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdptool.cli.declaring import Call, group_of_verbs, verb
from cdptool.cli.options import READS, WRITES

if TYPE_CHECKING:
    from cdptool.commands.report import Report

workspace_group = group_of_verbs(
    "Verify, show and tidy the workspace.",
    epilog="Example: cdptool workspace verify -C configs",
)


@verb(workspace_group, "verify", *READS, example="cdptool workspace verify -C configs")
def workspace_verify(call: Call) -> Report:
    """Compare every file with its digest; exit 1 where one differs."""
    from cdptool.commands.upkeep import verify

    return verify(call.settings)


@verb(workspace_group, "history", *READS, example="cdptool workspace history -C configs")
def workspace_history(call: Call) -> Report:
    """Show the snapshots that are kept."""
    from cdptool.commands.upkeep import history

    return history(call.settings)


@verb(
    workspace_group,
    "tidy",
    "project",
    "keep",
    "days",
    *WRITES,
    example="cdptool workspace tidy -C configs --days 90",
)
def workspace_tidy(call: Call, *, keep: int, days: int) -> Report:
    """Compact tables of many small files and drop old snapshots.

    Files that no kept snapshot names are removed. --known-at of other commands goes back to the oldest that is kept.
    """
    from cdptool.commands.upkeep import tidy

    return tidy(call.settings, keep=keep, days=days)
