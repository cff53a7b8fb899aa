"""Whom an export is for: the members of a segment or of a built-in list, after consent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import polars as pl

from cdptool.commands.people import decision_events, decision_people
from cdptool.commands.plan import applies_of
from cdptool.commands.session import Session
from cdptool.commands.unknowns import Unknowns, counted_in, require_decided, unknown_before
from cdptool.decisions import bounced_addresses, capped, compile_program, consented, unsubscribed
from cdptool.decisions.spec import Plan
from cdptool.destinations import DestinationSpec, ExportSpec
from cdptool.errors import Finding
from cdptool.profiles import undecided
from cdptool.tables import IDENTIFIERS, MEMBERSHIPS
from cdptool.workspace import Snapshot

BUILT_IN: Final = ("unsubscribed", "bounced", "capped")


class Wishes(NamedTuple):
    """What of sudden changes and of people of whom it is not known; `unknown` None = as the segments were computed."""

    allow_change: bool = False
    unknown: Unknowns | None = None


NO_WISHES: Final = Wishes()


class Material(NamedTuple):
    """What all exports of a run are made of; the events are computed once, and only if an export asks for them."""

    as_of: datetime
    members: pl.LazyFrame  # of MEMBERSHIPS who counts as a member
    undecided: Mapping[str, int]  # of how many it is not known, by segment
    shows_known: bool  # whether members are in of whom it is not known, and a column is to say so
    identifiers: pl.LazyFrame  # IDENTIFIERS
    profiles: pl.LazyFrame  # profiles with their traits
    people: pl.LazyFrame  # `decision_people`; empty without a plan
    events: pl.LazyFrame  # EVENTS: consent, sends made, and what earlier runs planned


class Audience(NamedTuple):
    """Profiles with what can be written of them, which columns a plain file has, whom consent stopped, what to say."""

    people: pl.LazyFrame
    columns: tuple[str, ...]
    stopped: Mapping[str, int]  # reason → people
    notes: tuple[Finding, ...]


def shows_unknown(session: Session, wishes: Wishes) -> bool:
    """Whether people of whom it is not known are members."""
    return (wishes.unknown or unknown_before(session)) == "include"


def gather(
    session: Session, snapshot: Snapshot, as_of: datetime, chosen: list[ExportSpec], wishes: Wishes
) -> Material:
    """
    What the exports need of the workspace.

    Raises:
        CheckFailed: If nobody may be `unknown` in the segment of an export, and somebody is.
    """
    plan, engine = session.project.plan, session.engine
    members = snapshot.scan("memberships", MEMBERSHIPS).collect()
    open_ = undecided(members)
    if wishes.unknown == "fail":
        require_decided(((one.who, one.place) for one in chosen), open_, stopped="no file was written")
    profiles = snapshot.scan("profiles")
    if snapshot.has("traits"):
        profiles = profiles.join(snapshot.scan("traits"), on="profile_id", how="left")
    people = events = pl.LazyFrame()
    if plan is not None and chosen:
        people = decision_people(snapshot, plan)
        events = engine.checkpoint(decision_events(session, snapshot, plan, as_of), "events")
    return Material(
        as_of,
        counted_in(members.lazy(), wishes.unknown),
        open_,
        shows_unknown(session, wishes),
        snapshot.scan("identifiers", IDENTIFIERS),
        profiles,
        people,
        events,
    )


def audience_of(
    session: Session, material: Material, export: ExportSpec, destination: DestinationSpec
) -> Audience:
    """The audience of one export; in plain files a column says of whom it is known, where not only they are members."""
    plan = session.project.plan
    if plan is not None and export.who in BUILT_IN:
        return Audience(_list_of(session, material, export, plan), export.columns, {}, ())
    ids, stopped, notes = _members(session, material, export, destination)
    people, columns = material.profiles.join(ids, on="profile_id", how="semi"), export.columns
    if material.shows_known and not destination.columns:
        people, columns = _with_known(people, material, export)
    return Audience(people, columns, stopped, notes)


def members_of(material: Material, export: ExportSpec) -> pl.LazyFrame:
    """The members of the segment of an export, before consent."""
    return material.members.filter(pl.col("segment") == export.who)


def _with_known(
    audience: pl.LazyFrame, material: Material, export: ExportSpec
) -> tuple[pl.LazyFrame, tuple[str, ...]]:
    """The audience with a column that says of whom it is known, named as that of a trait; and what is written."""
    name = f"{export.who}_is_known"
    known = members_of(material, export).select("profile_id", pl.col("is_known").alias(name))
    return audience.join(known, on="profile_id", how="left"), (*export.columns, name)


def _members(
    session: Session, material: Material, export: ExportSpec, destination: DestinationSpec
) -> tuple[pl.LazyFrame, Mapping[str, int], tuple[Finding, ...]]:
    """The members of a segment after consent; how many were stopped, by reason; what to say about it."""
    members = members_of(material, export).select("profile_id")
    if export.kind == "suppression" and destination.consent_purpose is None:
        return members, {}, ()  # for one's own sender; what goes to a third party is asked for in any case
    plan, purpose = session.project.plan, export.purpose or destination.consent_purpose
    if plan is None or plan.consent is None or purpose is None:
        why = "names no purpose" if purpose is None else "has no ledger of consent to ask"
        problem = f"export `{export.name}` leaves without consent: it {why}"
        hint = "add `consent:` to plan.yaml and `purpose:` to the export"
        return members, {}, (Finding(problem, export.place, hint, "warning"),)
    gate = consented(
        members, material.events, plan, as_of=material.as_of, purpose=purpose, channel=export.channel
    )
    stopped = gate.dropped.group_by("reason").len().sort("reason").collect()
    return gate.kept, dict(stopped.iter_rows()), ()


def _list_of(session: Session, material: Material, export: ExportSpec, plan: Plan) -> pl.LazyFrame:
    """
    The audience of a built-in list: profiles that are unsubscribed, bounced or capped.

    Somebody who left under an old address left with all of them: the unsubscribed have a row per address, the
    bounced one per address that bounced. Capped is whom the sends made so far leave no room; the messages
    planned for this very moment do not count, or the list would stop them.
    """
    events, as_of = material.events, material.as_of
    chosen = [one for one in plan.channels if export.channel_list in (None, one.name)]
    if export.who == "capped":
        program = compile_program(plan, as_of=as_of, applies=applies_of(session))
        ids = capped(material.people, events, program, channel=export.channel_list)
        return material.profiles.join(ids, on="profile_id", how="semi")
    lists = []
    for channel in chosen:
        if export.who == "bounced":
            found = bounced_addresses(events, plan, as_of=as_of, channel=channel.name)
        else:
            asked = (
                (export.purpose,) if export.purpose else tuple(sorted({c.purpose for c in plan.campaigns}))
            )
            left = unsubscribed(events, plan, as_of=as_of, channel=channel.name, purposes=asked)
            held = material.identifiers.filter(pl.col("field") == channel.address)
            found = held.join(left, on="profile_id", how="semi").select(
                "profile_id", pl.col("value").alias("address")
            )
        # `address` may be a profile field too: the one written here gets a name no field can have.
        reached, many = pl.col("#address"), f"{channel.address}s"
        lists.append(
            material.profiles.join(found.rename({"address": "#address"}), on="profile_id")
            .with_columns(reached.alias(channel.address), pl.concat_list(reached).alias(many))
            .drop("#address")
        )
    return pl.concat(lists)
