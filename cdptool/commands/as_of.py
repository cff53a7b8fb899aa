"""
The moment an answer is for: from the data, not from the clock.

By default the earliest point to which all live feeds (streams with a `max_lag`) are complete. The clock is
asked one thing only: whether a feed is further behind than it promised; and not even that with `--as-of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.commands.late import watermark
from cdptool.config import Project
from cdptool.errors import Finding, StaleError, UsageError
from cdptool.rules.windows import EARLIEST, LATEST
from cdptool.tables import FILES
from cdptool.workspace import Snapshot

# How far a live feed is complete that has not brought a single row; the first moment that has a local time anywhere.
NOTHING_YET: Final = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment (UTC), and how far each live feed is complete."""

    moment: datetime
    complete_until: Mapping[str, datetime]

    def seen_until(self, stream: str) -> datetime:
        """Up to when a stream tells what happened; the moment where it has brought nothing, for then no row is later."""
        until = self.complete_until.get(stream, self.moment)
        return self.moment if until <= NOTHING_YET else min(self.moment, until)


def parse_as_of(text: str, tz: str, option: str = "--as-of") -> datetime:
    """
    A moment written by a person: ISO 8601; without an offset it is local time of the project's zone.

    >>> parse_as_of("2026-11-20T21:00", "Asia/Ho_Chi_Minh").isoformat()
    '2026-11-20T14:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(tz))
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day of the calendar leave it in another zone
        hint = "write it as 2026-11-20T21:00+07:00, or 2026-11-20 for its first moment"
        raise UsageError(f"`{option}` is not a time", hint=hint) from None
    if not EARLIEST <= moment < LATEST:
        hint = f"name a moment between the years {EARLIEST.year} and {LATEST.year}"
        raise UsageError(f"`{option}` is too far from today for windows of a hundred years", hint=hint)
    return moment


def resolve_as_of(project: Project, snapshot: Snapshot, given: str | None, now: datetime) -> AsOf:
    """
    The moment of this run.

    Args:
        project: Its live feeds are the streams with a `max_lag`.
        snapshot: What was ingested.
        given: `--as-of`, as written; None where it is not said.
        now: The clock, to judge feeds by. Not asked where the moment is given.

    Returns:
        The moment given; else the earliest to which all live feeds are complete; in a project without live
        feeds the newest time of any stream, and without streams that of any file.

    Raises:
        UsageError: If it is neither given nor known from the data.
        StaleError: If it is not given and a live feed is further behind the clock than its `max_lag`, or has not
            brought a single row while others have.
    """
    newest = _newest(project, snapshot)
    complete = _complete(project, snapshot, newest)
    if given is not None:
        return AsOf(parse_as_of(given, project.tz), complete)
    late = _late(project, newest, now)
    if late:
        raise StaleError(*late)
    delivered = [at for at in complete.values() if at > NOTHING_YET]
    if delivered:
        return AsOf(min(delivered), complete)
    known = list(newest.values()) or _newest_of_any_file(snapshot)
    if not known:
        hint = "say --as-of 2026-11-20T21:00+07:00, or ingest a source with times first"
        raise UsageError("there is nothing in the workspace to take the time from", hint=hint)
    return AsOf(max(known), complete)


def moment_at_hand(project: Project, snapshot: Snapshot, given: str | None, now: datetime) -> AsOf:
    """The moment the data speaks of, whether feeds are late or not; `now` where there is no data at all."""
    newest = _newest(project, snapshot)
    complete = _complete(project, snapshot, newest)
    if given is not None:
        return AsOf(parse_as_of(given, project.tz), complete)
    delivered = [at for at in complete.values() if at > NOTHING_YET]
    known = min(delivered) if delivered else max(newest.values(), default=now)
    return AsOf(known, complete)


def _complete(project: Project, snapshot: Snapshot, newest: Mapping[str, datetime]) -> dict[str, datetime]:
    """
    How far each live feed is complete: to its newest row, less what its sources may still bring again.

    A stream one of whose sources declares an `overlap` is live, too: its last rows are not the last word. One that
    is fed and has brought nothing is known to no moment: that nothing happened in it cannot be told.
    """
    overlaps = [one for one in project.sources if one.feeds == "stream" and one.overlap_seconds is not None]
    live = {stream.name for stream in project.streams if stream.max_lag_seconds is not None}
    live |= {one.target for one in overlaps if one.target}
    fed = {one.target for one in project.sources if one.feeds == "stream"}
    complete = {name: newest.get(name, NOTHING_YET) for name in sorted(live) if name in fed or name in newest}
    for source in overlaps:
        until = watermark(snapshot, source)
        if until is not None and source.target in complete:
            complete[source.target] = min(complete[source.target], until)
    return complete


def _late(project: Project, newest: Mapping[str, datetime], now: datetime) -> list[Finding]:
    """The live feeds that are further behind than they promise."""
    fed = {source.target for source in project.sources if source.feeds == "stream"} if newest else set()
    late = []
    for stream in sorted(project.streams, key=lambda one: one.name):
        if stream.max_lag_seconds is None or stream.name not in {*newest, *fed}:
            continue
        at = newest.get(stream.name)
        if at is None:
            problem = f"stream `{stream.name}` has a `max_lag`, and not a single row with a time"
        elif now - at > timedelta(seconds=stream.max_lag_seconds):
            problem = f"stream `{stream.name}` is complete until {at:%Y-%m-%d %H:%M} UTC, further back than its `max_lag`"
        else:
            continue
        late.append(
            Finding(problem, stream.place, "ingest newer files, or say --as-of to answer for that time")
        )
    return late


def _newest_of_any_file(snapshot: Snapshot) -> list[datetime]:
    """The newest time any file speaks of: for a project that has records only."""
    newest = snapshot.scan("files", FILES).select(pl.col("newest_at").max()).collect().item()
    return [] if newest is None else [newest]


def _newest(project: Project, snapshot: Snapshot) -> dict[str, datetime]:
    """The newest time of each stream, from the accounts of its files."""
    stream_of = {s.name: s.target for s in project.sources if s.feeds == "stream"}
    files = snapshot.scan("files", FILES).select("source", "newest_at").collect()
    newest: dict[str, datetime] = {}
    for source, at in files.filter(pl.col("newest_at").is_not_null()).iter_rows():
        stream = stream_of.get(source)
        if stream is not None:
            newest[stream] = max(at, newest.get(stream, at))
    return newest
