"""`cdptool explain ids`: which profiles were new, merged, split or gone, and what became of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from cdptool.commands.citing import require_merged
from cdptool.commands.merge import HISTORY
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.errors import UsageError
from cdptool.identity.history import fate
from cdptool.ids import id_of, printed_id
from cdptool.tables import ALIASES, IDENTITY, IDENTITY_EVENTS

_COLUMNS: Final = ("when", "run", "what", "from", "to", "records")


def show_ids(settings: Settings, profile: str | None, *, limit: int = 20) -> Report:
    """
    The history of all profile ids, or of one.

    Args:
        settings: Where the project is.
        profile: An id of today or of any time before, as `p_…`; None = all, the newest first.
        limit: The most events that are shown.

    Raises:
        UsageError: If nothing is merged yet, or the text is no profile id.
    """
    with open_session(settings, writes=False) as session:
        require_merged(session.snapshot())
        log = session.snapshot().scan("identity_events", IDENTITY_EVENTS).collect()
        if profile is None:
            return _of_all(session, log, limit)
        return _of_one(session, profile, log, limit)


def _of_all(session: Session, log: pl.DataFrame, limit: int) -> Report:
    counts = log.group_by("merge", "kind").len().sort("merge", "kind", descending=[True, False])
    times = _times(session)
    rows = tuple(
        (*times.get(number, ("", "")), kind, n) for number, kind, n in counts.head(limit).iter_rows()
    )
    newest = log.filter(pl.col("kind") != "new").sort(
        "merge", "records", "from", descending=[True, True, False]
    )
    events = _rows(newest.head(limit), times)
    n_merges = log["merge"].n_unique()
    return Report(
        verb="explain ids",
        summary=f"{n_merges:,} merge{'s' * (n_merges != 1)} changed profiles",
        data={"events": [dict(zip(_COLUMNS, row, strict=True)) for row in events]},
        grids=(
            Grid("Merges", ("when", "run", "what", "profiles"), rows),
            *((Grid("Newest changes", _COLUMNS, events),) if events else ()),
        ),
        is_answer=True,
    )


def _of_one(session: Session, profile: str, log: pl.DataFrame, limit: int) -> Report:
    try:
        old = id_of(profile)
    except ValueError:
        raise UsageError(
            "this is no profile id", hint="write it as it is printed: `p_` and 13 letters"
        ) from None
    snapshot = session.snapshot()
    identity = snapshot.scan("identity", IDENTITY).collect()
    found = fate(old, identity, snapshot.scan("aliases", ALIASES).collect(), log)
    rows = _rows(found.events.head(limit), _times(session))
    now = printed_id(found.profile_id) if found.profile_id is not None else None
    n_records = identity.filter(pl.col("profile_id") == (found.profile_id or -1)).height
    return Report(
        verb="explain ids",
        summary=_told(profile, now, n_records, is_known=bool(rows) or now is not None),
        data={"id": profile, "now": now, "events": [dict(zip(_COLUMNS, row, strict=True)) for row in rows]},
        grids=(Grid("History", _COLUMNS, rows),) if rows else (),
        is_answer=True,
    )


def _told(profile: str, now: str | None, n_records: int, *, is_known: bool) -> str:
    if now is None:
        return f"{profile} was never given" if not is_known else f"{profile} is gone: no record of it is left"
    told = f"{n_records:,} record{'' if n_records == 1 else 's'}"
    return f"{profile} is a profile of {told}" if now == profile else f"{profile} is {now} today, of {told}"


def _rows(events: pl.DataFrame, times: Mapping[int, tuple[str, str]]) -> tuple[tuple[object, ...], ...]:
    return tuple(
        (*times.get(number, ("", "")), kind, *(printed_id(end) if end is not None else "" for end in ends), n)
        for number, kind, *ends, n in events.iter_rows()
    )


def _times(session: Session) -> dict[int, tuple[str, str]]:
    """When each numbered merge was, and its run."""
    entries = session.workspace.logs(HISTORY)
    return {int(entry.key): (entry.payload["at"][:16].replace("T", " "), entry.run_id) for entry in entries}
