"""
What decisions and exports read: people with their addresses and memberships, and what happened to them.

Shared by `plan` and `export`, so that both judge consent, caps and bounces by the same rows.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from cdptool.commands.gone import require_whole_caps
from cdptool.commands.session import Session, digests_of
from cdptool.decisions import (
    by_identifier,
    cap_columns,
    events_by_profile,
    ledger_findings,
    people_schema,
    reservations,
)
from cdptool.decisions.events import LEDGER, LOG, PLANNED
from cdptool.decisions.spec import Cap, Plan
from cdptool.errors import Finding, UsageError
from cdptool.profiles import standing_versions, under_todays_ids
from cdptool.rules import row_condition
from cdptool.tables import ALIASES, DECISIONS, IDENTIFIERS, MEMBERSHIPS, Schema
from cdptool.workspace import Snapshot


def segmented_at(session: Session, given: datetime | None) -> datetime:
    """
    The moment of the segments in the workspace, which plan and export build on.

    Raises:
        UsageError: If there are none, they are of another moment than the one asked for, or the profiles or
            the rules are others since: then members would be missing under ids and names that are no more.
    """
    entries = session.steps("segment")
    if not entries or not session.snapshot().has("memberships"):
        raise UsageError("no segments are computed yet", hint="run `cdptool segment` first, or `cdptool run`")
    last = entries[-1].payload
    if last["of"] != segments_are_of(session):
        problem = "the profiles or the rules changed after the segments were computed"
        raise UsageError(problem, hint="run `cdptool segment` first, or `cdptool run`")
    moment = datetime.fromisoformat(last["as_of"])
    if given is not None and given != moment:
        problem = f"the segments are as of {moment.isoformat()}, not as of the moment asked for"
        raise UsageError(problem, hint="run `cdptool segment` with the same --as-of first, or `cdptool run`")
    return moment


def segments_are_of(session: Session) -> dict[str, str]:
    """What gives members their ids and segments their names: both must be the same when segments are read."""
    return {**digests_of(session.snapshot(), ("profiles",)), "rules": session.project.digest("rules")}


def decision_tables(plan: Plan | None) -> tuple[str, ...]:
    """The tables that `decision_people` and `decision_events` read, but for the decisions of earlier runs."""
    streams = [spec.stream for spec in (plan.consent, plan.sends) if spec] if plan else []
    return (
        "profiles",
        "memberships",
        "identifiers",
        "aliases",
        "records",
        *(f"stream_{name}" for name in streams),
    )


def decision_events(session: Session, snapshot: Snapshot, plan: Plan, as_of: datetime) -> pl.LazyFrame:
    """
    The ledger of consent, the log of sends and earlier plans, by profile: EVENTS with the cap columns.

    Raises:
        ConfigError: If a cap looks back beyond what retention left of the log.
    """
    require_whole_caps(session, snapshot, plan, as_of)
    ledger = _named_events(session, snapshot, plan.consent.stream, LEDGER) if plan.consent else None
    log = planned = None
    if plan.sends:
        log = _named_events(session, snapshot, plan.sends.stream, LOG, caps=plan.caps)
        decisions = under_todays_ids(snapshot.scan("decisions", DECISIONS), snapshot.scan("aliases", ALIASES))
        planned = reservations(decisions, plan, as_of=as_of)
        planned = planned.with_columns(_conditions(session, plan.caps, plan.sends.stream, PLANNED))
    return events_by_profile(
        snapshot.scan("identifiers", IDENTIFIERS),
        ledger=ledger,
        log=log,
        planned=planned,
        cap_columns=cap_columns(plan),
    )


def consent_findings(session: Session, snapshot: Snapshot, plan: Plan) -> tuple[Finding, ...]:
    """What is odd about the ledger of consent, as warnings; collects counts."""
    if plan.consent is None:
        return ()
    return ledger_findings(_named_events(session, snapshot, plan.consent.stream, LEDGER), plan)


def decision_people(snapshot: Snapshot, plan: Plan) -> pl.LazyFrame:
    """One row per profile: its addresses, whether each campaign is for it, which caps are its own."""
    addresses = sorted({channel.address for channel in plan.channels})
    profiles = snapshot.scan("profiles").select(
        "profile_id", *(pl.col(name).cast(pl.String) for name in addresses)
    )
    asked = {f"to:{campaign.name}": campaign.to for campaign in plan.campaigns}
    asked |= {f"only:{cap.id}": cap.only for cap in plan.caps if cap.only is not None}
    members = snapshot.scan("memberships", MEMBERSHIPS)
    by_profile = members.group_by("profile_id").agg(
        pl.col("state").filter(pl.col("segment") == segment).first().alias(f"state:{segment}")
        for segment in sorted(set(asked.values()))
    )

    def membership(segment: str) -> pl.Expr:
        """True: in; null: unknown; no row: out."""
        state = pl.col(f"state:{segment}")
        return pl.when(state == "unknown").then(None).otherwise(state.is_not_null())

    return (
        profiles.join(by_profile, on="profile_id", how="left")
        .with_columns(
            pl.lit(None, pl.String).alias("suppressed_by"),
            *(membership(segment).alias(name) for name, segment in asked.items()),
        )
        .select(*people_schema(plan))
    )


def _named_events(
    session: Session,
    snapshot: Snapshot,
    stream: str,
    schema: Schema,
    *,
    caps: tuple[Cap, ...] = (),
) -> pl.LazyFrame:
    """A stream in the shape the decisions read, one row per event and identifier of its record."""
    keys = tuple(key.field for key in session.project.merge.keys) if session.project.merge else ()
    wanted = {name: dtype for name, dtype in schema.items() if name not in ("field", "value")}
    rows = _standing(session, snapshot, f"stream_{stream}", {"record_id": pl.Int64(), **wanted})
    rows = rows.with_columns(_conditions(session, caps, stream, rows.collect_schema()))
    chosen = rows.select("record_id", *wanted, "^cap:.*$")
    records = snapshot.scan("records", dict.fromkeys(keys, pl.String()) | {"record_id": pl.Int64()})
    return session.engine.shuffle(
        [chosen, records.select("record_id", *keys)], [("record_id",), ("record_id",)], by_identifier(keys)
    )


def _standing(session: Session, snapshot: Snapshot, table: str, wanted: Schema) -> pl.LazyFrame:
    """The rows of a stream without those that a later row of their key corrects, as its source declares it."""
    rows = snapshot.scan(table, {"event_id": pl.Int64(), "version_rank": pl.Int64(), **wanted})
    has_ranks = pl.col("version_rank").is_not_null().any()
    if not session.engine.collect(rows.select(has_ranks)).item():
        return rows
    return session.engine.shuffle([rows], [("event_id",)], standing_versions)


def _conditions(session: Session, caps: tuple[Cap, ...], stream: str, schema: Schema) -> list[pl.Expr]:
    """The Boolean column of every cap with a condition, over rows of the stream of sends."""
    declared = next((one for one in session.project.streams if one.name == stream), None)
    if declared is None:
        return []
    return [
        row_condition(cap.where, declared, present=tuple(schema)).alias(f"cap:{cap.id}")
        for cap in caps
        if cap.where is not None
    ]
