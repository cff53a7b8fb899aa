"""
`--known-at`: the workspace as it stood at an earlier time, for an answer as it was then.

Every commit leaves a snapshot: streams, records, who was who, reference tables, what had left. The newest one that was
committed by the time asked for is all that was known then; nothing is filtered, so nothing can be forgotten. What was
dropped (`workspace tidy`, or retention, which may keep nothing that had to go) cannot be given back, and is refused.
"""

from __future__ import annotations

from datetime import datetime

from cdptool.errors import UsageError
from cdptool.workspace import Snapshot, SnapshotInfo, Workspace

_FIRST = 1  # the number of the first snapshot of every workspace; numbers are never given twice


def snapshot_known_at(workspace: Workspace, moment: datetime) -> Snapshot:
    """
    The tables as they stood at a moment.

    Raises:
        UsageError: If nothing was merged by then, or the workspace no longer has it.
    """
    kept = workspace.history()  # the newest first
    by_then = [one for one in kept if one.committed_at <= moment]
    if not by_then:
        raise _too_early(kept, moment)
    snapshot = workspace.snapshot(max(one.number for one in by_then))
    if not snapshot.has("profiles"):
        raise UsageError(
            f"nothing was merged yet at {_shown(moment)}",
            hint="`cdptool workspace history` shows what was done when; name a later time",
        )
    return snapshot


def moment_of_snapshot(workspace: Workspace, number: str) -> datetime:
    """
    When a snapshot was committed, by the number that `workspace history` shows.

    Raises:
        UsageError: If it is not there, or no longer.
    """
    kept = {str(one.number): one.committed_at for one in workspace.history()}
    if number not in kept:
        numbers = sorted(kept, key=int)
        hint = f"kept are {numbers[0]} to {numbers[-1]}: see `cdptool workspace history`" if kept else None
        raise UsageError(f"there is no snapshot {number}", hint=hint)
    return kept[number]


def _too_early(kept: tuple[SnapshotInfo, ...], moment: datetime) -> UsageError:
    if not kept or kept[-1].number == _FIRST:
        return UsageError(
            f"nothing was ingested yet at {_shown(moment)}",
            hint="`cdptool workspace history` shows what was done when; name a later time",
        )
    return UsageError(
        f"the workspace does not go back to {_shown(moment)}: its oldest snapshot is of"
        f" {_shown(kept[-1].committed_at)}",
        hint="`workspace tidy` (see its --days) and retention drop older ones; name a later time",
    )


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
