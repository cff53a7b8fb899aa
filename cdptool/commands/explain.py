"""
`cdptool explain merge A B`: why two records are, or are not, one person.

The path of evidence between them, and of every learned pass what each field says, in bits.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor

import polars as pl

from cdptool.commands.citing import Cited, cited, record_of, require_merged, shown_value
from cdptool.commands.households import told_households
from cdptool.commands.learned import told, weighed, weighings
from cdptool.commands.nearness import nearness
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.commands.waterfall import percent
from cdptool.config import Project
from cdptool.errors import UsageError
from cdptool.identity import JUDGED
from cdptool.identity.evidence import Step, shortest_path
from cdptool.identity.growing import held_once
from cdptool.identity.likely import Weighing
from cdptool.ids import printed_id
from cdptool.sources.outputs import declared_schema
from cdptool.tables import CONFLICTS, EDGES, IDENTITY, Column, records_schema
from cdptool.workspace import Snapshot

PATH = ("record", "place", "and", "place of that", "agree on", "value", "pass", "near")
CUT = ("record", "and", "pass", "agree on", "cut because")


def explain_merge(settings: Settings, left: str, right: str, *, show_values: bool = False) -> Report:
    """
    The shortest path of evidence between two records, each step with file and row.

    Args:
        settings: Where the project is.
        left: A record, as `source:source_key`.
        right: Another one.
        show_values: Print the agreeing values as they are instead of masked.

    Raises:
        UsageError: If a record is not in the workspace, or nothing is merged since it came.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        require_merged(snapshot)
        a, b = (record_of(snapshot, name) for name in (left, right))
        if a == b:
            raise UsageError("these are one record", hint="name two")
        identity = snapshot.scan("identity", IDENTITY).filter(pl.col("record_id").is_in([a, b]))
        profiles = dict(identity.select("record_id", "profile_id").collect().iter_rows())
        for record, which in ((a, "first"), (b, "second")):
            if record not in profiles:
                problem = f"the {which} record came after the last merge, or its source deleted it"
                raise UsageError(problem, hint="run `cdptool merge` first")
        learned = weighings(session, snapshot)
        names = cited(session, snapshot, pl.Series([a, b]), show_values=show_values)
        sides = (names[a].shown, names[b].shown)
        waterfalls = [
            told(step, found, sides, show_values=show_values)
            for step, one in learned
            if (found := weighed(one, a, b)) is not None
        ]
        if profiles[a] != profiles[b]:
            ends = ((sides[0], profiles[a]), (sides[1], profiles[b]))
            return _weighed(_apart(session, snapshot, *ends, show_values=show_values), waterfalls)
        members = _members(snapshot, profiles[a])
        inside = pl.col("record_id_l").is_in(members.implode())
        path = shortest_path(snapshot.scan("edges", EDGES).filter(inside).collect(), a, b)
        names = cited(session, snapshot, members, show_values=show_values)
        by_pass = {step.name: one for step, one in learned}
        rows = tuple(
            _weighed_row(step, names, by_pass[step.step])
            if step.step in by_pass
            else _row(snapshot, step, names, session.project, show_values=show_values)
            for step in path or ()
        )
    profile = printed_id(profiles[a])
    report = Report(
        verb="explain merge",
        summary=f"one person: both records belong to {profile}, by {len(rows)} step{'s' if len(rows) != 1 else ''}",
        data={"same": True, "profile": profile, "path": [dict(zip(PATH, row, strict=True)) for row in rows]},
        lines=_told(rows),
        is_answer=True,
    )
    return _weighed(report, waterfalls)


def _weighed(report: Report, waterfalls: list[tuple[Grid, str, dict[str, object]]]) -> Report:
    """The report with what the learned passes say of the two records."""
    return replace(
        report,
        grids=(*report.grids, *(grid for grid, _, _ in waterfalls)),
        lines=(*report.lines, *(line for _, line, _ in waterfalls)),
        data={**report.data, "learned": [data for _, _, data in waterfalls]},
    )


def _row(
    snapshot: Snapshot,
    step: Step,
    names: dict[int, Cited],
    project: Project,
    *,
    show_values: bool,
) -> tuple[str, ...]:
    types = {column.name: column.type for column in project.fields}
    fields = [] if step.match_key == JUDGED else step.match_key.split(" + ")
    fields = [name for name in fields if name in types]  # the project may have dropped one since
    held = _versions(snapshot, step, project.fields)
    agreed = _agreed(held, step, fields)
    values = [
        shown_value(types[name], text, show_values=show_values)
        for name, text in zip(fields, agreed, strict=True)
    ]
    near = nearness(held, step, project.merge, types) if project.merge else ()
    said = ", ".join(f"{name} {floor(100 * alike) / 100:.2f}" for name, alike in near)
    return (*_ends(step, names), step.match_key, " + ".join(values), step.step, said)


def _weighed_row(step: Step, names: dict[int, Cited], one: Weighing) -> tuple[str, ...]:
    """A step of a learned pass: nothing need agree; what counts is the probability."""
    found = weighed(one, step.record_id_l, step.record_id_r)
    probability = percent(found.probability) if found is not None else ""
    return (*_ends(step, names), step.match_key, probability, step.step, "")


def _ends(step: Step, names: dict[int, Cited]) -> tuple[str, str, str, str]:
    left, right = names[step.record_id_l], names[step.record_id_r]
    return left.shown, left.place, right.shown, right.place


def _versions(snapshot: Snapshot, step: Step, columns: tuple[Column, ...]) -> pl.DataFrame:
    """All versions of the two records of a step."""
    stored = snapshot.scan("records", records_schema(declared_schema(columns)))
    return stored.filter(pl.col("record_id").is_in([step.record_id_l, step.record_id_r])).collect()


def _agreed(held: pl.DataFrame, step: Step, fields: list[str]) -> list[str]:
    """The value of each field on which two records agree, in whichever of their versions they do."""
    ends = (step.record_id_l, step.record_id_r)
    values = []
    for name in fields:
        left, right = (
            {str(value) for value in held.filter(pl.col("record_id") == end)[name].drop_nulls()}
            for end in ends
        )
        # Names agree in their folded form: then there may be no value that both have.
        values.append(min(left & right or right, default=""))
    return values


def _told(rows: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The path as people read it: a record, what agrees, the next record."""
    lines = [f"{rows[0][0]}  {rows[0][1]}"] if rows else []
    for _, _, record, place, match_key, value, step, near in rows:
        agreed = f"{match_key} agree ({value})" if value else match_key
        if value.endswith(" %"):
            agreed = f"weighed by {match_key}: {value}"
        agreed += f"; near: {near}" if near else ""
        lines += [f"  │ {agreed}, pass `{step}`", f"{record}  {place}"]
    return tuple(lines)


def _apart(
    session: Session, snapshot: Snapshot, left: tuple[str, int], right: tuple[str, int], *, show_values: bool
) -> Report:
    """Two people (each cited by a record, with its profile): the evidence between any of their records that was cut."""
    sides = [_members(snapshot, profile) for _, profile in (left, right)]
    here, there = (members.implode() for members in sides)
    one, other = pl.col("record_id_l"), pl.col("record_id_r")
    between = (one.is_in(here) & other.is_in(there)) | (one.is_in(there) & other.is_in(here))
    found = snapshot.scan("conflicts", CONFLICTS).filter(between).collect()
    ends = pl.concat([found["record_id_l"], found["record_id_r"]]).unique()
    names = cited(session, snapshot, ends, show_values=show_values)
    rows = tuple(
        (*(names[record].shown for record in ends), step, match_key, reason)
        for *ends, step, match_key, reason in found.rows()
    )
    profiles = [printed_id(profile) for _, profile in (left, right)]
    told = _said_of_sources(session, snapshot, sides, (left[0], right[0]))
    homes = told_households(session, snapshot, (left[1], right[1]))
    return Report(
        verb="explain merge",
        summary=f"two people: {left[0]} belongs to {profiles[0]}, {right[0]} to {profiles[1]}",
        data={
            "same": False,
            "profiles": profiles,
            "cut": [dict(zip(CUT, row, strict=True)) for row in rows],
            "sources": list(told),
            "households": list(homes),
        },
        grids=(Grid("Evidence cut", CUT, rows),) if rows else (),
        lines=(*(told if rows or told else ("no pass joins them",)), *homes),
        is_answer=True,
    )


def _said_of_sources(
    session: Session, snapshot: Snapshot, sides: list[pl.Series], cited: tuple[str, str]
) -> tuple[str, ...]:
    """What merge.yaml says of sources that keeps two people, or two records of one source, apart."""
    plan = session.project.merge
    if plan is None:
        return ()
    held = [
        set(
            snapshot.scan("records")
            .filter(pl.col("record_id").is_in(members.implode()))
            .select(pl.col("source").unique())
            .collect()["source"]
        )
        for members in sides
    ]
    told = [
        f"{held_once(source)}, and each of the two has a record of it"
        for source in plan.unique_sources
        if all(source in one for one in held)
    ]
    sources = {name.partition(":")[0] for name in cited}
    linking = [f"`{step.name}`" for step in plan.passes if plan.links_only(step)]
    if len(sources) == 1 and linking:
        told.append(f"link only: two records of one source are no evidence for {', '.join(linking)}")
    return tuple(told)


def _members(snapshot: Snapshot, profile: int) -> pl.Series:
    """The records of a profile."""
    identity = snapshot.scan("identity", IDENTITY).filter(pl.col("profile_id") == profile)
    return identity.select("record_id").collect()["record_id"]
