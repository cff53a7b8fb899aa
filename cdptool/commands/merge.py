"""`cdptool merge`: records → who is who, golden profiles, and what changed since the last time."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from cdptool.commands.households import TABLES, household_data, household_grids, living_together, nobody
from cdptool.commands.learned import saved_models
from cdptool.commands.models import moved_grid
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import (
    Session,
    Settings,
    digests_of,
    fingerprint,
    mark_done,
    open_session,
)
from cdptool.errors import ConfigError, UsageError
from cdptool.identity import Previous, Resolution, golden_profiles, living_records, resolve
from cdptool.identity.history import NEW, events
from cdptool.identity.households import LivingTogether, with_households
from cdptool.identity.registry import Changes, changes
from cdptool.ids import printed_id
from cdptool.matching.saving import SAVED, Saved
from cdptool.sources.outputs import declared_schema
from cdptool.tables import ALIASES, IDENTITY, IDENTITY_EVENTS, records_schema
from cdptool.workspace import Snapshot, Transaction

HISTORY: Final = "identity"  # the log that says when each number of `identity_events` was
_SHOWN: Final = 10
OUTPUTS = (
    "identity",
    "aliases",
    "edges",
    "conflicts",
    "doubtful",
    *SAVED,
    "profiles",
    "lineage",
    "identifiers",
)


def merge_records(settings: Settings, *, dry_run: bool = False, refit: bool = False) -> Report:
    """
    Run the command. With `dry_run` nothing is written and nobody else is kept waiting.

    With `refit` the learned passes learn again from the records that there are now.
    """
    with open_session(settings, writes=not dry_run) as session:
        if not session.snapshot().has("files"):
            raise UsageError("nothing is ingested yet", hint="run `cdptool ingest` first, or `cdptool run`")
        return merge(session, dry_run=dry_run, refit=refit)


def fingerprint_of(session: Session) -> str:
    """What the result of a merge depends on; the registry is its own output, so it takes no part."""
    records = digests_of(session.snapshot(), ("records",))
    return fingerprint(records, session.project.digest("project"), session.project.digest("merge"))


def merge(session: Session, *, dry_run: bool = False, refit: bool = False) -> Report:
    """
    Resolve, build golden profiles, commit.

    Raises:
        ConfigError: If the project has no merge.yaml.
    """
    plan = session.project.merge
    if plan is None:
        raise ConfigError("the project has no `passes`", hint="add a merge.yaml: see docs/merging.md")
    snapshot = session.snapshot()
    columns = session.project.fields
    before = saved_models(snapshot)
    previous = Previous(
        snapshot.scan("identity", IDENTITY).collect(),
        snapshot.scan("aliases", ALIASES).collect(),
        None if refit else before,
    )
    types = declared_schema(columns)
    stored = snapshot.scan("records", records_schema(types))
    records = session.engine.of(stored)
    if stored.select(pl.col("is_deleted").any()).collect().item():
        records = living_records(session.engine, records)
    with session.timed("resolve"):
        resolution = resolve(session.engine, records, columns, plan, previous)
    happened = _Happened(
        changes(resolution.identity, previous.identity),
        events(resolution.identity, previous.identity),
        before,
    )
    if not dry_run or plan.households is not None:
        with session.timed("golden profiles"):
            golden = golden_profiles(session.engine, records, resolution.identity, columns, plan)
        homes = living_together(session, snapshot, plan, golden[0], resolution.identity)
        happened = happened._replace(homes=homes)
        if not dry_run:
            _commit(session, snapshot, resolution, happened, golden)
    return _report(session, resolution, happened, dry_run=dry_run)


class _Happened(NamedTuple):
    """What a merge changes: in numbers, event by event (`identity.history`); the models of before; who lives together."""

    changes: Changes
    events: pl.DataFrame
    models: Saved
    homes: LivingTogether | None = None


def _commit(
    session: Session,
    snapshot: Snapshot,
    resolution: Resolution,
    happened: _Happened,
    golden: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
) -> None:
    """Replace the tables of the merge in one transaction."""
    mark = fingerprint_of(session)
    who = (resolution.identity, resolution.aliases, resolution.edges, resolution.conflicts)
    profiles, *rest = golden
    homes = happened.homes
    if homes is not None:
        profiles = with_households(profiles, homes.members)
    elif snapshot.has(TABLES[0]):
        homes = nobody()
    frames = (*who, resolution.doubtful, *resolution.models, profiles, *rest, *(homes or ()))
    tables = (*OUTPUTS, *(TABLES if homes else ()))
    inputs = digests_of(snapshot, ("records",))
    with session.workspace.begin(session.manifest("merge", None, inputs)) as transaction:
        for table, frame in zip(tables, frames, strict=True):
            transaction.replace(table, frame)
        _log(session, transaction, happened.events)
        mark_done(transaction, "merge", mark, tables)
        session.commit(transaction, {"records": resolution.identity.height, "profiles": golden[0].height})


def _log(session: Session, transaction: Transaction, happened: pl.DataFrame) -> None:
    """
    Add the events to the history under the next number.

    The table knows no time, so that the same merges make the same bytes; when each was stands in the log beside it.
    """
    if happened.is_empty():
        return
    number = len(session.workspace.logs(HISTORY)) + 1
    rows = happened.select(pl.lit(number, pl.Int64).alias("merge"), *happened.columns)
    transaction.append("identity_events", rows, IDENTITY_EVENTS)
    counts = dict(happened.group_by("kind").len().sort("kind").iter_rows())
    transaction.log(HISTORY, str(number), {"at": session.now.isoformat(), "events": counts})


_ORIGINS: Final = {
    "learned": "learned from these records",
    "kept": "kept from the last merge",
    "pinned": "pinned in merge.yaml",
    "anchored": "not learned: what is plausible of each field",
}


def _models(resolution: Resolution, before: Saved) -> tuple[Grid, ...]:
    """Which model each learned pass used, why not the one from before, and how they differ."""
    rows = tuple((one.step, _ORIGINS[one.origin], "; ".join(one.doubts)) for one in resolution.origins)
    others = [
        moved_grid(one.step, before, resolution.models)
        for one in resolution.origins
        if one.origin != "kept" and one.step in before.classes["pass"]
    ]
    used = Grid("Models", ("pass", "model", "because"), rows)
    return (used, *(grid for grid in others if grid.rows)) if rows else ()


def _largest(happened: pl.DataFrame) -> tuple[Grid, ...]:
    """The changes that moved most records, beside profiles that are only new."""
    moved = happened.filter(pl.col("kind") != NEW).sort(
        "records", "kind", "from", "to", descending=[True, *[False] * 3]
    )
    rows = tuple(
        (kind, *(printed_id(end) if end is not None else "" for end in (left, right)), n)
        for kind, left, right, n in moved.head(_SHOWN).iter_rows()
    )
    if not rows:
        return ()
    title = "Largest changes" if moved.height <= _SHOWN else f"Largest changes, {_SHOWN} of {moved.height:,}"
    return (Grid(title, ("what", "from", "to", "records"), rows),)


def _report(session: Session, resolution: Resolution, happened: _Happened, *, dry_run: bool) -> Report:
    difference = happened.changes
    n_records = resolution.identity.height
    n_profiles = resolution.identity["profile_id"].n_unique()
    sizes = resolution.identity.group_by("profile_id").len()["len"]
    largest = sizes.sort().item(-1) if len(sizes) else 0
    what = "would be" if dry_run else "are"
    rows = tuple(
        (name.removeprefix("n_").replace("_", " "), value)
        for name, value in difference._asdict().items()
        if value or name != "n_profiles_gone"
    )
    evidence = resolution.edges.group_by("pass", "match_key").len().sort("pass", "match_key")
    cut = resolution.conflicts.group_by("reason").len().sort("reason")
    return Report(
        verb="merge",
        summary=f"{n_records:,} records {what} {n_profiles:,} profiles; the largest holds {largest}",
        data={
            "records": n_records,
            "profiles": n_profiles,
            "largest": largest,
            "changes": {name.removeprefix("n_"): value for name, value in difference._asdict().items()},
            "evidence": [
                dict(zip(("pass", "match_key", "links"), row, strict=True)) for row in evidence.rows()
            ],
            "conflicts": [dict(zip(("reason", "links"), row, strict=True)) for row in cut.rows()],
            "largest_changes": [
                dict(zip(grid.columns, row, strict=True))
                for grid in _largest(happened.events)
                for row in grid.rows
            ],
            "models": [one._asdict() for one in resolution.origins],
            **household_data(happened.homes),
            "dry_run": dry_run,
        },
        grids=(
            Grid("Since the last merge", ("", "count"), rows),
            *_largest(happened.events),
            *_models(resolution, happened.models),
            Grid("Evidence used", ("pass", "agree on", "links"), tuple(evidence.rows())),
            *((Grid("Evidence cut", ("reason", "links"), tuple(cut.rows())),) if cut.height else ()),
            *household_grids(happened.homes),
        ),
        findings=resolution.findings,
        timings=tuple(session.timings.items()),
    )
