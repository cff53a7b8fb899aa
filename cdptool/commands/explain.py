"""
`cdptool explain merge A B`: why two records are, or are not, one person.

The path of evidence between them, and of every learned pass what each field says, in bits.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cdptool.commands.learned import told, weighed, weighings
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.commands.waterfall import percent
from cdptool.errors import UsageError
from cdptool.fields import field_type
from cdptool.identity import JUDGED
from cdptool.identity.evidence import Step, shortest_path
from cdptool.identity.likely import Weighing
from cdptool.ids import printed_id
from cdptool.tables import CONFLICTS, EDGES, FILES, IDENTITY, Column
from cdptool.workspace import Snapshot

PATH = ("record", "place", "and", "place of that", "agree on", "value", "pass")
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
        UsageError: If a record is not in the workspace.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        ids = {name: _record_id(snapshot, name) for name in (left, right)}
        profiles = dict(
            snapshot.scan("identity")
            .filter(pl.col("record_id").is_in(list(ids.values())))
            .select("record_id", "profile_id")
            .collect()
            .iter_rows()
        )
        missing = [name for name, record in ids.items() if record not in profiles]
        if missing:
            problem = f"`{missing[0]}` came after the last merge, or its source deleted it"
            raise UsageError(problem, hint="run `cdptool merge` first")
        a, b = ids[left], ids[right]
        learned = weighings(session, snapshot)
        waterfalls = [
            told(step, weighed(one, a, b), (left, right), show_values=show_values) for step, one in learned
        ]
        if profiles[a] != profiles[b]:
            return _weighed(_apart(session, snapshot, (left, profiles[a]), (right, profiles[b])), waterfalls)
        members = _members(snapshot, profiles[a])
        inside = pl.col("record_id_l").is_in(members.implode())
        path = shortest_path(snapshot.scan("edges", EDGES).filter(inside).collect(), a, b)
        names = _names(session, snapshot, members)
        by_pass = {step.name: one for step, one in learned}
        rows = tuple(
            _weighed_row(step, names, by_pass[step.step])
            if step.step in by_pass
            else _row(snapshot, step, names, session.project.fields, show_values)
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


def _record_id(snapshot: Snapshot, name: str) -> int:
    source, _, key = name.partition(":")
    found = (
        snapshot.scan("records")
        .filter((pl.col("source") == source) & (pl.col("source_key") == key))
        .select("record_id")
        .head(1)
        .collect()
    )
    if found.is_empty():
        sources = snapshot.scan("files", FILES).select("source").unique().sort("source").collect()["source"]
        hint = f"cite it as source:source_key; the sources are {', '.join(sources)}"
        raise UsageError("no such record in the workspace", hint=hint)
    return int(found["record_id"][0])


def _names(session: Session, snapshot: Snapshot, records: pl.Series) -> dict[int, tuple[str, str]]:
    """record_id → (`source:source_key`, place) of its first version."""
    files = snapshot.scan("files", FILES).select("file_id", "path")
    frame = (
        snapshot.scan("records")
        .filter(pl.col("record_id").is_in(records.implode()))
        .join(files, on="file_id", how="left")
        .sort("record_id", "path", "row")
        .unique("record_id", keep="first", maintain_order=True)
        .select(
            "record_id",
            pl.concat_str("source", pl.lit(":"), "source_key"),
            "path",
            "row",
        )
        .collect()
    )
    return {record: (name, f"{session.shown(path)}:{row}") for record, name, path, row in frame.iter_rows()}


def _row(
    snapshot: Snapshot,
    step: Step,
    names: dict[int, tuple[str, str]],
    columns: tuple[Column, ...],
    show_values: bool,
) -> tuple[str, ...]:
    left, right = names[step.record_id_l], names[step.record_id_r]
    fields = [] if step.match_key == JUDGED else step.match_key.split(" + ")
    types = {column.name: field_type(column.type) for column in columns}
    agreed = _agreed(snapshot, step, fields)
    values = [
        text if show_values else types[name].mask(text) for name, text in zip(fields, agreed, strict=True)
    ]
    return (*left, *right, step.match_key, " + ".join(values), step.step)


def _weighed_row(step: Step, names: dict[int, tuple[str, str]], one: Weighing) -> tuple[str, ...]:
    """A step of a learned pass: nothing need agree; what counts is the probability."""
    probability = percent(weighed(one, step.record_id_l, step.record_id_r).probability)
    return (*names[step.record_id_l], *names[step.record_id_r], step.match_key, probability, step.step)


def _agreed(snapshot: Snapshot, step: Step, fields: list[str]) -> list[str]:
    """The value of each field on which two records agree, in whichever of their versions they do."""
    ends = (step.record_id_l, step.record_id_r)
    held = (
        snapshot.scan("records")
        .filter(pl.col("record_id").is_in(ends))
        .select("record_id", *fields)
        .collect()
    )
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
    for _, _, record, place, match_key, value, step in rows:
        agreed = f"{match_key} agree ({value})" if value else match_key
        if value.endswith(" %"):
            agreed = f"weighed by {match_key}: {value}"
        lines += [f"  │ {agreed}, pass `{step}`", f"{record}  {place}"]
    return tuple(lines)


def _apart(session: Session, snapshot: Snapshot, left: tuple[str, int], right: tuple[str, int]) -> Report:
    """Two people (each cited by a record, with its profile): the evidence between any of their records that was cut."""
    sides = [_members(snapshot, profile) for _, profile in (left, right)]
    here, there = (members.implode() for members in sides)
    one, other = pl.col("record_id_l"), pl.col("record_id_r")
    between = (one.is_in(here) & other.is_in(there)) | (one.is_in(there) & other.is_in(here))
    found = snapshot.scan("conflicts", CONFLICTS).filter(between).collect()
    names = _names(session, snapshot, pl.concat([found["record_id_l"], found["record_id_r"]]))
    rows = tuple(
        (*(names[record][0] for record in ends), step, match_key, reason)
        for *ends, step, match_key, reason in found.rows()
    )
    profiles = [printed_id(profile) for _, profile in (left, right)]
    return Report(
        verb="explain merge",
        summary=f"two people: {left[0]} belongs to {profiles[0]}, {right[0]} to {profiles[1]}",
        data={"same": False, "profiles": profiles, "cut": [dict(zip(CUT, row, strict=True)) for row in rows]},
        grids=(Grid("Evidence cut", CUT, rows),) if rows else (),
        lines=() if rows else ("no pass joins them",),
        is_answer=True,
    )


def _members(snapshot: Snapshot, profile: int) -> pl.Series:
    """The records of a profile."""
    identity = snapshot.scan("identity", IDENTITY).filter(pl.col("profile_id") == profile)
    return identity.select("record_id").collect()["record_id"]
