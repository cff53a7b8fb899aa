"""`cdptool export`: audience and suppression files, consent joined last, one manifest for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from cdptool.commands.as_of import parse_as_of
from cdptool.commands.files import read_manifest, write_folder
from cdptool.commands.people import decision_events, decision_people, decision_tables, segmented_at
from cdptool.commands.plan import applies_of
from cdptool.commands.removals import removal
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import (
    Session,
    Settings,
    digests_of,
    fingerprint,
    mark_done,
    open_session,
)
from cdptool.decisions import bounced_addresses, capped, compile_program, consented, unsubscribed
from cdptool.decisions.spec import Plan
from cdptool.destinations import (
    DestinationSpec,
    ExportSpec,
    Rendered,
    change_findings,
    manifest_entry,
    render,
)
from cdptool.errors import CheckFailed, Finding, Severity, UsageError
from cdptool.profiles.guards import change_of_size
from cdptool.tables import IDENTIFIERS, MEMBERSHIPS, UTC_TIME
from cdptool.workspace import Snapshot

LEDGER = {
    "export": pl.String(),
    "destination": pl.String(),
    "spec_version": pl.String(),
    "profile_id": pl.Int64(),
    "header": pl.String(),
    "value": pl.String(),
    "first_sent_as_of": UTC_TIME,
}
BUILT_IN = ("unsubscribed", "bounced", "capped")
COLUMNS = ("file", "rows", "left out", "destination", "written")


class _Material(NamedTuple):
    """What all exports of a run are made of; the events are computed once, and only if an export asks for them."""

    as_of: datetime
    members: pl.LazyFrame  # MEMBERSHIPS
    identifiers: pl.LazyFrame  # IDENTIFIERS
    profiles: pl.LazyFrame  # profiles with their traits
    people: pl.LazyFrame  # `decision_people`; empty without a plan
    events: pl.LazyFrame  # EVENTS: consent, sends made, and what earlier runs planned


class Made(NamedTuple):
    """One export, rendered, not yet written."""

    export: ExportSpec
    destination: DestinationSpec
    name: str
    rendered: Rendered
    stopped: Mapping[str, int]  # reason → people whom consent kept back
    members: int  # of its segment, consent apart


def export_audiences(
    settings: Settings, names: tuple[str, ...] = (), *, dry_run: bool = False, allow_change: bool = False
) -> Report:
    """Run the command for all exports, or the named ones."""
    with open_session(settings, writes=not dry_run) as session:
        given = parse_as_of(settings.as_of, session.project.tz) if settings.as_of else None
        as_of = segmented_at(session, given)
        return export(session, as_of, names, dry_run=dry_run, allow_change=allow_change)


def _inputs(session: Session) -> dict[str, str]:
    tables = (*decision_tables(session.project.plan), "traits", "decisions")
    return digests_of(session.snapshot(), tables)


def fingerprint_of(session: Session, as_of: datetime) -> str:
    """What the files depend on."""
    project = session.project
    parts = [project.digest(part) for part in ("exports", "plan", "project")]
    return fingerprint(_inputs(session), as_of, *parts, session.out_from_project)


def export(
    session: Session,
    as_of: datetime,
    names: tuple[str, ...] = (),
    *,
    dry_run: bool = False,
    allow_change: bool = False,
) -> Report:
    """
    Render, guard, write, commit the ledger.

    Raises:
        UsageError: If a name is not an export of the project.
        CheckFailed: If an export breaks its own guard (`min_rows`, `max_change`), or the segment of one that of
            rules.yaml and the change is not allowed; then nothing is written.
    """
    project = session.project
    unknown = sorted(set(names) - {one.name for one in project.exports})
    if unknown:
        known = ", ".join(one.name for one in project.exports) or "none"
        raise UsageError(f"there is no export `{unknown[0]}`", hint=f"the project has: {known}")
    chosen = [one for one in project.exports if not names or one.name in names]
    snapshot = session.snapshot()
    with session.timed("render"):
        material = _material(session, snapshot, as_of, {one.who for one in chosen})
        made = [_make(session, material, one) for one in chosen]
    findings = tuple(
        finding
        for one in made
        for finding in (*one.rendered.findings, *_changed(session, one, allow_change=allow_change))
    )
    broken = [finding for finding in findings if finding.severity == "error"]
    if broken:
        raise CheckFailed(*broken)
    written = () if dry_run else _write(session, snapshot, made, as_of, is_partial=bool(names))
    report = _report(session, made, written, findings, dry_run=dry_run)
    return _with_removals(report, tuple(_removals(session, snapshot, made)), written)


def _material(session: Session, snapshot: Snapshot, as_of: datetime, wanted: set[str]) -> _Material:
    plan, engine = session.project.plan, session.engine
    profiles = snapshot.scan("profiles")
    if snapshot.has("traits"):
        profiles = profiles.join(snapshot.scan("traits"), on="profile_id", how="left")
    people = events = pl.LazyFrame()
    if plan is not None and wanted:
        people = decision_people(snapshot, plan)
        events = engine.checkpoint(decision_events(session, snapshot, plan, as_of), "events")
    return _Material(
        as_of,
        snapshot.scan("memberships", MEMBERSHIPS),
        snapshot.scan("identifiers", IDENTIFIERS),
        profiles,
        people,
        events,
    )


def _make(session: Session, material: _Material, export: ExportSpec) -> Made:
    destination = next(one for one in session.project.destinations if one.id == export.to)
    stopped: Mapping[str, int] = {}
    notes: tuple[Finding, ...] = ()
    plan = session.project.plan
    if plan is not None and export.who in BUILT_IN:
        audience = _list_of(session, material, export, plan)
    else:
        ids, stopped, notes = _members(session, material, export, destination)
        audience = material.profiles.join(ids, on="profile_id", how="semi")
    rendered = render(audience, export, destination)
    rendered = rendered._replace(findings=(*rendered.findings, *notes))
    is_in = (pl.col("segment") == export.who) & (pl.col("state") == "in")
    members = int(material.members.filter(is_in).select(pl.len()).collect().item())
    return Made(export, destination, f"{export.name}.{destination.file.format}", rendered, stopped, members)


def _members(
    session: Session, material: _Material, export: ExportSpec, destination: DestinationSpec
) -> tuple[pl.LazyFrame, Mapping[str, int], tuple[Finding, ...]]:
    """The members of a segment after consent; how many were stopped, by reason; what to say about it."""
    members = material.members.filter((pl.col("segment") == export.who) & (pl.col("state") == "in")).select(
        "profile_id"
    )
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


def _list_of(session: Session, material: _Material, export: ExportSpec, plan: Plan) -> pl.LazyFrame:
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


def _changed(session: Session, made: Made, *, allow_change: bool) -> tuple[Finding, ...]:
    """The guards against sudden change: the rows of the file and the size of its segment, against the last time."""
    export = made.export
    entries = [entry.payload for entry in session.workspace.logs("export") if entry.key == export.name]
    last = entries[-1] if entries else {}
    found = change_findings(export, made.rendered.rows, int(last["rows"]) if last else None)
    if allow_change:
        found = tuple(replace(each, severity="warning", hint=None) for each in found)
    if "members" not in last or last["who"] != export.who or export.who in BUILT_IN:
        return found
    since = f"it was last exported as `{export.name}`"
    sizes = int(last["members"]), made.members
    severity: Severity = "warning" if allow_change else "error"
    sudden = change_of_size(session.project.guards, export.who, sizes, since=since, severity=severity)
    return found if sudden is None else (*found, sudden)


def _write(
    session: Session, snapshot: Snapshot, made: list[Made], as_of: datetime, *, is_partial: bool
) -> tuple[str, ...]:
    """Write the files and the manifest, then commit the ledger; the names of the files that changed."""
    out = session.project.out
    files = {one.name: (one.rendered.body, _entry(one, as_of)) for one in made}
    for name, rendered, entry in _removals(session, snapshot, made):
        files[name] = (rendered.body, {**entry, "as_of": as_of.isoformat(), "stopped": {}})
    declared = {one.name for one in session.project.exports}
    before = read_manifest(out).get("files", ()) if is_partial else ()
    kept = tuple(entry for entry in before if entry["export"] in declared and entry["name"] not in files)
    mark = fingerprint_of(session, as_of)
    with session.workspace.begin(session.manifest("export", as_of, _inputs(session))) as transaction:
        changed = write_folder(out, files, as_of=as_of, run=session.run_block(), kept=kept)
        transaction.append("ledger", _new_in_ledger(snapshot, made, as_of), LEDGER)
        for one in made:
            entry = {"rows": one.rendered.rows, "members": one.members, "who": one.export.who}
            transaction.log("export", one.export.name, entry)
        if not is_partial:
            mark_done(transaction, "export", mark, ("ledger",))
        session.commit(transaction, {one.name: one.rendered.rows for one in made})
    return changed


def _removals(
    session: Session, snapshot: Snapshot, made: list[Made]
) -> Iterator[tuple[str, Rendered, dict[str, Any]]]:
    """The lists of people who are to be removed where they were sent before."""
    for one in made:
        found = removal(snapshot, session.project, one.export, one.destination, one.rendered)
        if found is not None:
            yield found


def _entry(made: Made, as_of: datetime) -> dict[str, Any]:
    """The manifest entry of a file; it has its own as-of, for files may be exported one by one."""
    entry = manifest_entry(made.name, made.rendered, made.export, made.destination)
    return {**entry, "as_of": as_of.isoformat(), "stopped": dict(made.stopped)}


def _new_in_ledger(snapshot: Snapshot, made: list[Made], as_of: datetime) -> pl.DataFrame:
    """What was never sent before: (export, destination, spec version, person, header, value)."""
    sent = [
        one.rendered.ledger.select(
            pl.lit(one.export.name).alias("export"),
            pl.lit(one.destination.id).alias("destination"),
            pl.lit(one.destination.spec_version).alias("spec_version"),
            "profile_id",
            "header",
            "value",
            pl.lit(as_of, UTC_TIME).alias("first_sent_as_of"),
        )
        for one in made
    ]
    keys = [name for name in LEDGER if name != "first_sent_as_of"]
    known = snapshot.scan("ledger", LEDGER).select(keys).collect()
    frame = pl.concat([pl.DataFrame(schema=LEDGER), *sent])
    return frame.join(known, on=keys, how="anti", nulls_equal=True).sort(keys)


def _with_removals(
    report: Report, removals: tuple[tuple[str, Rendered, dict[str, Any]], ...], written: tuple[str, ...]
) -> Report:
    """The report with the lists of people to remove, below the other files."""
    if not removals:
        return report
    rows = tuple(
        (name, found.rows, 0, entry["destination"], name in written) for name, found, entry in removals
    )
    grid = report.grids[0]
    told = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return replace(
        report,
        data={**report.data, "removals": told},
        grids=(replace(grid, rows=(*grid.rows, *rows)), *report.grids[1:]),
    )


def _report(
    session: Session,
    made: list[Made],
    written: tuple[str, ...],
    findings: tuple[Finding, ...],
    *,
    dry_run: bool,
) -> Report:
    rows = tuple(
        (
            one.name,
            one.rendered.rows,
            one.rendered.left_out.height + sum(one.stopped.values()),
            one.destination.id,
            one.name in written,
        )
        for one in made
    )
    if dry_run:
        summary = f"{len(made)} files would be written to {session.shown_out}"
    elif written:
        summary = f"{len(written)} files written to {session.shown_out}"
    else:
        summary = f"nothing changed in {session.shown_out}"
    return Report(
        verb="export",
        summary=summary,
        data={
            "out": session.shown_out,
            "dry_run": dry_run,
            "files": [
                {**dict(zip(COLUMNS, row, strict=True)), "stopped": dict(one.stopped)}
                for row, one in zip(rows, made, strict=True)
            ],
        },
        grids=(Grid("Exports", COLUMNS, rows),),
        findings=findings,
        timings=tuple(session.timings.items()),
    )
