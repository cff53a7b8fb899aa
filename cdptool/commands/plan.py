"""`cdptool plan`: every campaign for every person, one decision each with its reason, and the files to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from cdptool.commands.as_of import parse_as_of
from cdptool.commands.files import write_folder
from cdptool.commands.people import (
    consent_findings,
    decision_events,
    decision_people,
    decision_tables,
    segmented_at,
)
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import (
    Session,
    Settings,
    digests_of,
    fingerprint,
    mark_done,
    open_session,
)
from cdptool.commands.unknowns import told
from cdptool.decisions import plan_kernel, suppressed_report
from cdptool.decisions.planning import Applies
from cdptool.decisions.spec import Campaign, Cap, Plan
from cdptool.destinations import DestinationSpec, ExportSpec, manifest_entry, render
from cdptool.errors import ConfigError, Finding
from cdptool.profiles import undecided
from cdptool.rules import row_condition
from cdptool.tables import DECISIONS, MEMBERSHIPS
from cdptool.workspace import Snapshot

FOLDER = "plan"
SEND_COLUMNS = ("profile_id", "dispatch_id")
SUPPRESSED_COLUMNS = ("profile_id", "campaign", "channel", "reason", "rule", "reasons")


def plan_campaigns(settings: Settings, *, dry_run: bool = False) -> Report:
    """Run the command."""
    with open_session(settings, writes=not dry_run) as session:
        given = parse_as_of(settings.as_of, session.project.tz) if settings.as_of else None
        return plan(session, segmented_at(session, given), dry_run=dry_run)


def _inputs(session: Session) -> dict[str, str]:
    return digests_of(session.snapshot(), decision_tables(session.project.plan))


def fingerprint_of(session: Session, as_of: datetime) -> str:
    """What the decisions depend on, but for earlier ones: those are the step's own output, which `is_done` compares."""
    project = session.project
    return fingerprint(
        _inputs(session), as_of, project.digest("plan"), project.digest("project"), session.out_from_project
    )


def applies_of(session: Session) -> Applies:
    """Whether a campaign's message on a channel meets a cap's condition: asked of the row it would leave."""
    sends = session.project.plan.sends if session.project.plan else None
    declared = next((one for one in session.project.streams if sends and one.name == sends.stream), None)

    def applies(cap: Cap, campaign: Campaign, channel: str) -> bool:
        if cap.where is None or declared is None:
            return True
        row = {"channel": channel, "campaign": campaign.name, "kind": campaign.kind, "status": "sent"}
        frame = pl.DataFrame({name: [value] for name, value in row.items()})
        met = frame.select(row_condition(cap.where, declared, present=tuple(row)).alias("met"))["met"][0]
        # A condition that cannot be told fills the cap: it protects the person.
        return met is None or bool(met)

    return applies


def plan(session: Session, as_of: datetime, *, dry_run: bool = False) -> Report:
    """
    Decide, write the send files and suppressed.csv, commit the decisions.

    Raises:
        ConfigError: If the project has no campaigns.
    """
    plan_spec = session.project.plan
    if plan_spec is None or not plan_spec.campaigns:
        raise ConfigError("the project has no `campaigns`", hint="add a plan.yaml: see docs/activation.md")
    snapshot = session.snapshot()
    with session.timed("decide"):
        decisions = _decide(session, snapshot, plan_spec, as_of)
        unknown = _unknown(snapshot, plan_spec)
        findings = (*consent_findings(session, snapshot, plan_spec), *_unknown_findings(unknown))
    written = () if dry_run else _write(session, snapshot, plan_spec, decisions, as_of)
    report = _report(session, decisions, written, findings, dry_run=dry_run)
    by_name = {campaign.name: n for campaign, n in unknown.items()}
    return replace(report, data={**report.data, "unknown": by_name})


def _unknown(snapshot: Snapshot, plan_spec: Plan) -> dict[Campaign, int]:
    """Of how many it is not known whether a campaign is for them: they get no message and no decision."""
    members = snapshot.scan("memberships", MEMBERSHIPS).filter(pl.col("state") == "unknown")
    counts = undecided(members.collect())
    return {each: counts[each.to] for each in plan_spec.campaigns if each.to in counts}


def _unknown_findings(unknown: Mapping[Campaign, int]) -> tuple[Finding, ...]:
    hint = "`segment --unknown include` counts them as members"
    return tuple(
        Finding(told(each.to, n, f"campaign `{each.name}` is not for them"), each.place, hint, "note")
        for each, n in unknown.items()
    )


def _decide(session: Session, snapshot: Snapshot, plan_spec: Plan, as_of: datetime) -> pl.DataFrame:
    kernel = plan_kernel(plan_spec, as_of=as_of, applies=applies_of(session))
    people = decision_people(snapshot, plan_spec)
    events = decision_events(session, snapshot, plan_spec, as_of)
    decided = session.engine.shuffle([people, events], [("profile_id",), ("profile_id",)], kernel)
    return session.engine.collect(decided).sort("campaign", "profile_id")


def _write(
    session: Session, snapshot: Snapshot, plan_spec: Plan, decisions: pl.DataFrame, as_of: datetime
) -> tuple[str, ...]:
    """Write out/plan/ and commit; the names of the files that changed."""
    files = _files(session, snapshot, plan_spec, decisions)
    mark = fingerprint_of(session, as_of)
    history = snapshot.scan("decisions", DECISIONS)  # stored in the order of `as_of`
    with session.workspace.begin(session.manifest("plan", as_of, _inputs(session))) as transaction:
        changed = write_folder(session.project.out / FOLDER, files, as_of=as_of, run=session.run_block())
        earlier, later = history.filter(pl.col("as_of") < as_of), history.filter(pl.col("as_of") > as_of)
        transaction.replace("decisions", pl.concat([earlier, decisions.lazy(), later]), DECISIONS)
        mark_done(transaction, "plan", mark, ("decisions",))
        session.commit(transaction, {"decisions": decisions.height})
    return changed


def _files(
    session: Session, snapshot: Snapshot, plan_spec: Plan, decisions: pl.DataFrame
) -> dict[str, tuple[bytes, dict[str, Any]]]:
    """Name → bytes and manifest entry: a send file per campaign and channel in use, and suppressed.csv."""
    csv = next(one for one in session.project.destinations if one.id == "csv")
    address = {channel.name: channel.address for channel in plan_spec.channels}
    sends = decisions.filter(pl.col("decision") == "send")
    reached = sends.lazy().select("profile_id").unique()
    profiles = snapshot.scan("profiles").select("profile_id", *sorted(set(address.values())))
    addresses = profiles.join(reached, on="profile_id", how="semi").collect()
    stopped = suppressed_report(decisions.lazy()).with_columns(pl.col("reasons").list.join("; ")).collect()
    files = [_csv(stopped, ExportSpec("suppressed", "", "csv", columns=SUPPRESSED_COLUMNS), csv)]
    for (campaign, channel), part in sends.group_by(["campaign", "channel"], maintain_order=True):
        columns = (*SEND_COLUMNS, address[str(channel)])
        audience = part.select(*SEND_COLUMNS).join(addresses, on="profile_id")
        spec = ExportSpec(
            f"{campaign}.{channel}", str(campaign), "csv", columns=columns, channel=str(channel)
        )
        files.append(_csv(audience, spec, csv))
    return dict(files)


def _csv(
    frame: pl.DataFrame, export: ExportSpec, destination: DestinationSpec
) -> tuple[str, tuple[bytes, dict[str, Any]]]:
    rendered = render(frame, export, destination)
    name = f"{export.name}.csv"
    return name, (rendered.body, manifest_entry(name, rendered, export, destination))


def _report(
    session: Session,
    decisions: pl.DataFrame,
    written: tuple[str, ...],
    findings: tuple[Finding, ...],
    *,
    dry_run: bool,
) -> Report:
    counts = decisions.group_by("campaign", "decision", "channel", "reason").len().sort(pl.all())
    names = ("campaign", "decision", "channel", "reason", "people")
    n_sent = decisions.filter(pl.col("decision") == "send").height
    n_stopped = decisions.height - n_sent
    verb = "would be sent" if dry_run else "to send"
    return Report(
        verb="plan",
        summary=f"{n_sent:,} messages {verb}, {n_stopped:,} suppressed with a reason; {len(written)} files changed",
        data={
            "send": n_sent,
            "suppress": n_stopped,
            "decisions": [dict(zip(names, row, strict=True)) for row in counts.iter_rows()],
            "files_changed": list(written),
            "dry_run": dry_run,
        },
        grids=(Grid("Decisions", names, tuple(counts.iter_rows())),),
        findings=findings,
        timings=tuple(session.timings.items()),
    )
