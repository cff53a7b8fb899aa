"""`cdptool workspace …`: verify digests, show the history, tidy up."""

from __future__ import annotations

from datetime import timedelta

from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings, open_session
from cdptool.errors import CheckFailed


def verify(settings: Settings) -> Report:
    """
    Compare every file with its digest.

    Raises:
        CheckFailed: If a file is missing or has other bytes than were written.
    """
    with open_session(settings, writes=False) as session:
        findings = session.workspace.verify()
        n_files = sum(len(session.snapshot().files(table)) for table in session.snapshot().tables)
    if findings:
        raise CheckFailed(*findings)
    return Report("workspace verify", f"{n_files} files are as they were written", {"files": n_files})


def history(settings: Settings) -> Report:
    """Every kept snapshot: number, time, verb, tables changed."""
    with open_session(settings, writes=False) as session:
        kept = session.workspace.history()
    rows = tuple(
        (str(one.number), f"{one.committed_at:%Y-%m-%d %H:%M:%S}", one.verb, ", ".join(one.changed))
        for one in kept
    )
    names = ("snapshot", "committed_at", "verb", "changed")
    return Report(
        verb="workspace history",
        summary=f"{len(kept)} snapshots are kept",
        data={"snapshots": [dict(zip(names, row, strict=True)) for row in rows]},
        grids=(Grid("History", ("snapshot", "committed at (UTC)", *names[2:]), rows),),
        is_answer=True,
    )


def tidy(settings: Settings, *, keep: int, days: int = 0) -> Report:
    """
    Compact tables of many small files, then drop old snapshots and the files only they needed.

    Args:
        settings: Where the project is.
        keep: How many snapshots are kept at least.
        days: Those younger than this are kept, too, and the one that says how it stood when they began.
    """
    with open_session(settings, writes=True) as session:
        compacted = session.workspace.compact(session.manifest("compact", None, {}))
        border = session.now - timedelta(days=days)
        young = sum(one.committed_at > border for one in session.workspace.history()) if days else 0
        result = session.workspace.gc(max(keep, young + 1 if young else 0))
    data = {
        "compacted": compacted is not None,
        "snapshots_dropped": result.snapshots,
        "files_removed": result.files,
        "bytes_freed": result.bytes,
        "postponed": result.is_postponed,
    }
    later = "; another process reads the workspace, old snapshots stay for now" if result.is_postponed else ""
    return Report(
        verb="workspace tidy",
        summary=f"dropped {result.snapshots} snapshots, removed {result.files} files ({result.bytes:,} bytes){later}",
        data=data,
    )
