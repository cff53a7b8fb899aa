"""How far back each stream is still whole: what rules and caps may speak of after retention."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from cdptool.commands.session import Session
from cdptool.decisions.caps import cap_window
from cdptool.decisions.spec import Plan
from cdptool.errors import ConfigError, Finding
from cdptool.tables import RETENTION
from cdptool.workspace import Snapshot


def gone_until(session: Session, snapshot: Snapshot) -> dict[str, datetime]:
    """
    The time of the newest row of each stream that has left.

    Of a session at the seam the beginning may be gone, and what a later one is credited to: sessions are whole
    only from so much later on.
    """
    stream_of = {spec.name: spec.target for spec in session.project.sources if spec.feeds == "stream"}
    newest: dict[str, datetime] = {}
    for source, at in _gone(snapshot).iter_rows():
        stream = stream_of.get(source)
        if stream is not None:
            newest[stream] = max(at, newest.get(stream, at))
    for spec in session.project.sessions:
        if spec.of in newest:
            newest[spec.name] = newest[spec.of] + timedelta(seconds=spec.idle_seconds + spec.lookback_seconds)
    return newest


def _gone(snapshot: Snapshot) -> pl.DataFrame:
    rows = snapshot.scan("retention", RETENTION).select("source", "gone_until")
    return rows.filter(pl.col("gone_until").is_not_null()).collect()


def require_whole_caps(session: Session, snapshot: Snapshot, plan: Plan, as_of: datetime) -> None:
    """
    Refuse caps that look back beyond what retention left of the log: they would count too little.

    Raises:
        ConfigError: For each of them, at its place.
    """
    gone = gone_until(session, snapshot).get(plan.sends.stream) if plan.sends else None
    short = [
        cap
        for cap in plan.caps
        if gone is not None and (cap_window(cap, plan, as_of=as_of).first or gone) <= gone
    ]
    if short:
        problem = "looks back beyond what retention left: sends up to {:%Y-%m-%d %H:%M} UTC are gone"
        hint = "lengthen `keep_for` of the log of sends, or shorten the cap"
        raise ConfigError(
            *(Finding(f"cap `{cap.id}` {problem.format(gone)}", cap.place, hint) for cap in short)
        )
