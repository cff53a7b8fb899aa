"""`cdptool export`: audience and suppression files, consent joined last, one manifest for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import polars as pl

from cdptool.commands.as_of import parse_as_of
from cdptool.commands.audiences import (
    BUILT_IN,
    NO_WISHES,
    Material,
    Wishes,
    audience_of,
    gather,
    members_of,
    shows_unknown,
)
from cdptool.commands.files import read_manifest, write_folder
from cdptool.commands.people import decision_tables, segmented_at
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
from cdptool.tables import UTC_TIME
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
COLUMNS: Final = ("file", "rows", "left out", "unknown", "destination", "written")


class Made(NamedTuple):
    """One export, rendered, not yet written."""

    export: ExportSpec
    destination: DestinationSpec
    name: str
    rendered: Rendered
    stopped: Mapping[str, int]  # reason → people whom consent kept back
    members: int  # of its segment, consent apart
    undecided: int  # of how many it is not known whether they are
    counts_unknown: bool  # whether those are members


def export_audiences(
    settings: Settings, names: tuple[str, ...] = (), *, dry_run: bool = False, wishes: Wishes = NO_WISHES
) -> Report:
    """Run the command for all exports, or the named ones."""
    with open_session(settings, writes=not dry_run) as session:
        given = parse_as_of(settings.as_of, session.project.tz) if settings.as_of else None
        as_of = segmented_at(session, given)
        return export(session, as_of, names, dry_run=dry_run, wishes=wishes)


def _inputs(session: Session) -> dict[str, str]:
    tables = (*decision_tables(session.project.plan), "traits", "decisions")
    return digests_of(session.snapshot(), tables)


def fingerprint_of(session: Session, as_of: datetime, wishes: Wishes) -> str:
    """What the files depend on."""
    project = session.project
    parts = [project.digest(part) for part in ("exports", "plan", "project")]
    return fingerprint(
        _inputs(session), as_of, *parts, session.out_from_project, shows_unknown(session, wishes)
    )


def export(
    session: Session,
    as_of: datetime,
    names: tuple[str, ...] = (),
    *,
    dry_run: bool = False,
    wishes: Wishes = NO_WISHES,
) -> Report:
    """
    Render, guard, write, commit the ledger.

    Raises:
        UsageError: If a name is not an export of the project.
        CheckFailed: If nobody may be `unknown` in the segment of an export, and somebody is; nothing is written.
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
        material = gather(session, snapshot, as_of, chosen, wishes)
        made = [_make(session, material, one) for one in chosen]
    findings = tuple(
        finding
        for one in made
        for finding in (*one.rendered.findings, *_changed(session, one, allow_change=wishes.allow_change))
    )
    broken = [finding for finding in findings if finding.severity == "error"]
    if broken:
        raise CheckFailed(*broken)
    mark = None if names else fingerprint_of(session, as_of, wishes)
    written = () if dry_run else _write(session, snapshot, made, as_of, mark)
    report = _report(session, made, written, findings, dry_run=dry_run)
    return _with_removals(report, tuple(_removals(session, snapshot, made)), written)


def _make(session: Session, material: Material, export: ExportSpec) -> Made:
    destination = next(one for one in session.project.destinations if one.id == export.to)
    audience = audience_of(session, material, export, destination)
    rendered = render(audience.people, replace(export, columns=audience.columns), destination)
    rendered = rendered._replace(findings=(*rendered.findings, *audience.notes))
    members = int(members_of(material, export).select(pl.len()).collect().item())
    name = f"{export.name}.{destination.file.format}"
    open_ = material.undecided.get(export.who, 0)
    counts = material.shows_known and open_ > 0
    return Made(export, destination, name, rendered, audience.stopped, members, open_, counts)


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
    session: Session, snapshot: Snapshot, made: list[Made], as_of: datetime, mark: str | None
) -> tuple[str, ...]:
    """
    Write the files and the manifest, then commit the ledger; the names of the files that changed.

    `mark` is what the files depend on; None = they are some of the exports only.
    """
    out = session.project.out
    files = {one.name: (one.rendered.body, _entry(one, as_of)) for one in made}
    for name, rendered, entry in _removals(session, snapshot, made):
        files[name] = (rendered.body, {**entry, "as_of": as_of.isoformat(), "stopped": {}})
    declared = {one.name for one in session.project.exports}
    before = read_manifest(out).get("files", ()) if mark is None else ()
    kept = tuple(entry for entry in before if entry["export"] in declared and entry["name"] not in files)
    with session.workspace.begin(session.manifest("export", as_of, _inputs(session))) as transaction:
        changed = write_folder(out, files, as_of=as_of, run=session.run_block(), kept=kept)
        transaction.append("ledger", _new_in_ledger(snapshot, made, as_of), LEDGER)
        for one in made:
            entry = {"rows": one.rendered.rows, "members": one.members, "who": one.export.who}
            transaction.log("export", one.export.name, entry)
        if mark is not None:
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
    return {
        **entry,
        "as_of": as_of.isoformat(),
        "stopped": dict(made.stopped),
        "unknown": made.undecided,
        "unknown_counted_in": made.counts_unknown,
    }


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
        (name, found.rows, 0, 0, entry["destination"], name in written) for name, found, entry in removals
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
            one.undecided,
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
