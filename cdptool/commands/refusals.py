"""Who has refused something, and the rows that say so: what retention leaves alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from cdptool.commands.session import Session
from cdptool.decisions import SPOKEN, ledger_refusals, log_refusals
from cdptool.tables import IDENTITY
from cdptool.workspace import Snapshot

_NONE = {"event_id": pl.Int64(), "record_id": pl.Int64()}


@dataclass(frozen=True, slots=True)
class Refusals:
    """Refusals that stand: by stream the rows that say so; and every record of the people they speak of."""

    by_stream: dict[str, pl.DataFrame]
    people: pl.DataFrame

    def events(self, stream: str) -> pl.DataFrame:
        """`event_id` of the rows of a stream that stay."""
        return self.by_stream.get(stream, pl.DataFrame(schema=_NONE)).select("event_id").unique()

    def records(self) -> pl.DataFrame:
        """`record_id` of the records that must go on telling who refused."""
        return self.people


def standing_refusals(session: Session, snapshot: Snapshot, as_of: datetime) -> Refusals:
    """
    The refusals that stand in the ledger and the log of the plan, and whose they are.

    The people are those of the last merge: records that came since are theirs only after the next one.
    """
    plan, engine = session.project.plan, session.engine
    kernels = {}
    if plan is not None and plan.consent is not None:
        kernels[plan.consent.stream] = ledger_refusals(as_of)
    if plan is not None and plan.sends is not None:
        kernels[plan.sends.stream] = log_refusals(plan.sends, as_of)
    found = {}
    for stream, kernel in kernels.items():
        rows = snapshot.scan(f"stream_{stream}", SPOKEN).select(*SPOKEN)
        found[stream] = engine.collect(engine.shuffle([rows], [("record_id",)], kernel))
    mine = pl.concat([pl.DataFrame(schema=_NONE), *found.values()]).select("record_id").drop_nulls().unique()
    identity = snapshot.scan("identity", IDENTITY)
    who = identity.join(mine.lazy(), on="record_id", how="semi").select("profile_id").unique()
    theirs = identity.join(who, on="profile_id", how="semi").select("record_id").collect()
    return Refusals(found, pl.concat([mine, theirs]).unique().sort("record_id"))
