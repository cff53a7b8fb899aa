"""`cdptool check needs`: which campaigns, exports, segments, traits and reports can run with the data at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from cdptool.commands.as_of import moment_at_hand
from cdptool.commands.at_hand import data_at_hand
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.config import Project
from cdptool.decisions.events import ALL, plain
from cdptool.decisions.spec import Campaign, Channel, Plan
from cdptool.destinations.spec import DestinationSpec, ExportSpec
from cdptool.models import ModelSpec
from cdptool.rules import CAN, Judge, Level, RuleBook, Verdict, all_of, any_of, lacking, part_of, partly
from cdptool.tables import UTC_TIME
from cdptool.workspace import Snapshot

COLUMNS: Final = ("what", "name", "can run", "why not", "what to bring")
_SAID: Final = {Level.CAN: "yes", Level.PARTLY: "partly", Level.CANNOT: "no"}
_MADE_OF: Final = {"given_name": "name", "family_name": "name", "birth_year": "birth_date"}
_ALWAYS: Final = ("profile_id", "is_known", "value", "nothing", "household_id", "household_size")
_ACTS: Final = ("campaign", "export")
FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class _Use:
    """One thing somebody wants to run, and whether it can."""

    what: str
    name: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Granted:
    """The pairs of channel and purpose of which somebody granted consent; None: there is no ledger."""

    pairs: frozenset[tuple[str, str]] | None

    def verdict(self, channel: str | None, purpose: str) -> Verdict:
        if self.pairs is None:
            return lacking("no ledger of consent is declared", "`consent:` in plan.yaml, and its stream")
        channels = (channel.strip().lower(), ALL) if channel else None  # None: on any
        purposes = (purpose.strip().lower(), ALL)
        if any((channels is None or c in channels) and p in purposes for c, p in self.pairs):
            return CAN
        where = f" on `{channel}`" if channel else ""
        return lacking(f"nobody granted `{purpose}`{where}", f"consent for `{purpose}`{where}")


def check_needs(settings: Settings, *, strict: bool) -> Report:
    """
    Hold what the project wants to run against what the workspace holds; nothing is evaluated or written.

    Args:
        settings: What the command line says.
        strict: Whether it fails where something cannot run.
    """
    with open_session(settings, writes=False, needs_workspace=False) as session:
        uses = tuple(_uses(session, session.snapshot()))
        as_of = moment_at_hand(session.project, session.snapshot(), settings.as_of, session.now)
    acts = [use for use in uses if use.what in _ACTS]
    n_run = sum(use.verdict.level == Level.CAN for use in acts)
    counts = {said: sum(use.verdict.level == level for use in uses) for level, said in _SAID.items()}
    told = f"{counts['yes']} of {len(uses)} can run, {counts['partly']} partly, {counts['no']} cannot"
    moment, bring = f"{as_of.moment:%Y-%m-%d %H:%M} UTC", _to_bring(uses)
    rows = tuple((what, _waiting(waiting)) for what, waiting in bring.items())
    return Report(
        verb="check needs",
        summary=f"{n_run} of {len(acts)} campaigns and exports can run as of {moment}; of all, {told}",
        data={
            "as_of": as_of.moment.isoformat(),
            "can_run": counts,
            "uses": [_as_data(use) for use in uses],
            "bring": [
                {"bring": what, "for": [f"{use.what} {use.name}" for use in waiting]}
                for what, waiting in bring.items()
            ],
        },
        grids=(
            Grid("With the data at hand", COLUMNS, tuple(row for use in uses for row in _rows(use))),
            *((Grid("What is missing", ("what to bring", "waits for it"), rows),) if rows else ()),
        ),
        is_answer=True,
        exit_code=FAILED if strict and counts["no"] else 0,
    )


def _rows(use: _Use) -> Iterator[tuple[str, ...]]:
    """A line for each thing that is missing; what it is for stands in the first."""
    head = (use.what, use.name, _SAID[use.verdict.level])
    for lack in use.verdict.lacks[:1]:
        yield (*head, lack.why, lack.bring)
    if not use.verdict.lacks:
        yield (*head, "", "")
    for lack in use.verdict.lacks[1:]:
        yield ("", "", "", lack.why, lack.bring)


def _as_data(use: _Use) -> dict[str, object]:
    lacks = [
        {"why": lack.why, "bring": lack.bring, "can_run": _SAID[lack.level]} for lack in use.verdict.lacks
    ]
    return {"what": use.what, "name": use.name, "can_run": _SAID[use.verdict.level], "lacks": lacks}


def _to_bring(uses: tuple[_Use, ...]) -> dict[str, list[_Use]]:
    """What is missing, the most wanted first, and what waits for it."""
    waiting: dict[str, list[_Use]] = {}
    for use in uses:
        for bring in dict.fromkeys(lack.bring for lack in use.verdict.lacks):
            waiting.setdefault(bring, []).append(use)
    return dict(sorted(waiting.items(), key=lambda each: (-len(each[1]), each[0])))


def _waiting(uses: list[_Use]) -> str:
    """Campaigns and exports by name, the rules under them counted."""
    acts = [f"{use.what} {use.name}" for use in uses if use.what in _ACTS]
    kinds = Counter(use.what for use in uses if use.what not in _ACTS)
    return ", ".join((*acts, *(f"{n} {kind}{'s' * (n > 1)}" for kind, n in kinds.items())))


def _uses(session: Session, snapshot: Snapshot) -> Iterator[_Use]:
    project = session.project
    as_of = moment_at_hand(project, snapshot, session.settings.as_of, session.now)
    book, plan = project.rules or RuleBook(), project.plan
    data = data_at_hand(session, snapshot, as_of, _fields_used(project))
    judge = Judge(book, project.catalog, data)
    for model in project.models:
        judge.models[model.name] = _model(model, judge)
    granted = _granted(snapshot, plan, as_of.moment)
    if plan is not None:
        for campaign in plan.campaigns:
            yield _Use("campaign", campaign.name, _campaign(campaign, plan, judge, granted))
    specs = {spec.id: spec for spec in project.destinations}
    for export in project.exports:
        yield _Use("export", export.name, _export(export, specs[export.to], plan, judge, granted))
    for segment in book.segments:
        yield _Use("segment", segment.name, judge.rule(segment.name))
    for trait in book.traits:
        yield _Use("trait", trait.name, judge.rule(trait.name))
    for name, verdict in judge.models.items():
        yield _Use("model", name, verdict)
    yield _Use("report", "match", _match_report(project, snapshot))


def _fields_used(project: Project) -> Iterator[str]:
    """The profile fields that channels and exports read."""
    for channel in project.plan.channels if project.plan else ():
        yield channel.address
    specs = {spec.id: spec for spec in project.destinations}
    lists = set(project.catalog.lists)
    for export in project.exports:
        for name in (*export.columns, *(column.source for column in specs[export.to].columns)):
            yield _field_of(name, lists)


def _field_of(name: str, lists: set[str]) -> str:
    return name.removesuffix("s") if name in lists else _MADE_OF.get(name, name)


def _campaign(campaign: Campaign, plan: Plan, judge: Judge, granted: _Granted) -> Verdict:
    channels = {channel.name: channel for channel in plan.channels}
    ways = any_of(_channel(channels[name], campaign, judge, granted) for name in campaign.channels)
    parts = [judge.rule(campaign.to), ways]
    if plan.sends and plan.caps and not campaign.exempt:
        parts.append(partly(judge.stream(plan.sends.stream)))  # caps then count this run only
    parts += [partly(judge.rule(cap.only)) for cap in plan.caps if cap.only and not campaign.exempt]
    return all_of(parts)


def _channel(channel: Channel, campaign: Campaign, judge: Judge, granted: _Granted) -> Verdict:
    address = judge.name(channel.address)
    if not channel.needs_consent or campaign.exempt:
        return address
    return all_of((address, granted.verdict(channel.name, campaign.purpose)))


def _export(
    export: ExportSpec, spec: DestinationSpec, plan: Plan | None, judge: Judge, granted: _Granted
) -> Verdict:
    parts = [_who(export.who, plan, judge), _columns(export, spec, judge)]
    purpose = export.purpose or spec.consent_purpose
    asks = export.kind == "audience" or spec.consent_purpose is not None
    if purpose is not None and asks and plan is not None and plan.consent is not None:
        parts.append(granted.verdict(export.channel, purpose))
    return all_of(parts)


def _who(who: str, plan: Plan | None, judge: Judge) -> Verdict:
    """A segment, or one of the built-in lists."""
    if who in judge.book.rules():
        return judge.rule(who)
    asked = plan.consent if plan and who == "unsubscribed" else plan.sends if plan else None
    if asked is None:
        what = "`consent:`" if who == "unsubscribed" else "`sends:`"
        return lacking(f"plan.yaml names no {what}", f"{what} in plan.yaml, and its stream")
    return judge.stream(asked.stream)


def _columns(export: ExportSpec, spec: DestinationSpec, judge: Judge) -> Verdict:
    """The columns of the file: those that a platform asks for must be there, an empty one elsewhere is partly."""
    value = (judge.name(export.value),) if export.value else ()
    if not spec.columns:
        return partly(all_of(judge.name(name) for name in (*export.columns, *value) if name not in _ALWAYS))
    lists = set(judge.catalog.lists)

    def header(name: str) -> Verdict:
        sources = [column.source for column in spec.columns if column.header == name]
        known = [_field_of(source, lists) for source in sources if source not in _ALWAYS]
        named = [judge.name(each) for each in known if judge.catalog.field(each)]
        return (
            all_of(named)
            if named
            else lacking(f"no field `{sources[0]}` is declared", f"a field `{sources[0]}`")
        )

    ways = [all_of(header(name) for name in together) for together in spec.require_any]
    best = min(
        ways, key=lambda verdict: verdict.level, default=CAN
    )  # one way is enough; the others are choices
    return all_of((best, *(partly(each) for each in value)))


def _model(model: ModelSpec, judge: Judge) -> Verdict:
    orders = getattr(model, "orders", None)
    if orders is not None:
        return judge.stream(orders.stream)
    named = [getattr(model, "seed", ""), *getattr(model, "by", ())]
    part = part_of(judge.book, named).rules()
    return all_of(judge.rule(name) for name in named if name in part)


def _granted(snapshot: Snapshot, plan: Plan | None, as_of: datetime) -> _Granted:
    """Of which pairs the last word of somebody is that it is granted."""
    if plan is None or plan.consent is None:
        return _Granted(None)
    pair = ("channel", "purpose")
    schema = {"at": UTC_TIME, "record_id": pl.Int64(), **dict.fromkeys((*pair, "state"), pl.String())}
    rows = snapshot.scan(f"stream_{plan.consent.stream}", schema).with_columns(
        plain("channel").fill_null(ALL), plain("purpose").fill_null(ALL), plain("state")
    )
    rows = rows.filter(pl.col("at") <= as_of, pl.col("state").is_not_null())
    of_one_moment = pl.col("state") == "granted"  # the stricter word comes last
    rows = rows.sort("at", of_one_moment, descending=[False, True])
    latest = rows.unique(["record_id", *pair], keep="last", maintain_order=True)
    granted = latest.filter(pl.col("state") == "granted")
    pairs = granted.select(pair).unique().collect()
    return _Granted(frozenset(pairs.iter_rows()))


def _match_report(project: Project, snapshot: Snapshot) -> Verdict:
    if not snapshot.has("identity"):
        return lacking("nothing is merged yet", "`cdptool merge`")
    if project.merge is None or not any(each.compare for each in project.merge.passes):
        return lacking("merge.yaml has no learned pass", "a pass `likely:` in merge.yaml", Level.PARTLY)
    return CAN
