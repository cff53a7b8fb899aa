"""`cdptool explain profile`: what holds a profile together, record by record, and the links that alone do so."""

from __future__ import annotations

from collections import deque
from typing import Any, Final, NamedTuple

import polars as pl

from cdptool.commands.citing import Cited, cited, profile_of
from cdptool.commands.households import told_households
from cdptool.commands.learned import weighings
from cdptool.commands.match_report import profile_links
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings, open_session
from cdptool.commands.waterfall import percent
from cdptool.ids import hash63, printed_id
from cdptool.matching.risk import risks
from cdptool.tables import EDGES, IDENTITY

COLUMNS: Final = ("record", "read from", "held by", "to", "pass", "bridge")


class _Link(NamedTuple):
    """A piece of evidence: its number, pass, fields, and the records that share it."""

    link: int
    step: str
    match_key: str
    members: tuple[int, ...]


def explain_profile(settings: Settings, who: str, *, show_values: bool = False) -> Report:
    """
    The evidence that holds a profile together: a tree of its records from the first on, with file and row.

    Args:
        settings: Where the project is.
        who: A profile id of today or of any time before, or one of its records as `source:source_key`.
        show_values: Print values in records' names as they are.

    Raises:
        UsageError: If there is no such profile or record.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        number = profile_of(snapshot, who)
        identity = snapshot.scan("identity", IDENTITY).filter(pl.col("profile_id") == number).collect()
        members = identity["record_id"].sort()
        inside = pl.col("record_id_l").is_in(members.implode())
        edges = snapshot.scan("edges", EDGES).filter(inside).collect()
        names = cited(session, snapshot, members, show_values=show_values)
        learned = {step.name: one for step, one in weighings(session, snapshot)} if edges.height else {}
        homes = told_households(session, snapshot, (number,))
        links = _links(edges)
        steps = _tree(names, links)
        chances = {
            (a, b): percent(one.probability(a, b))
            for a, b, link in steps
            if (one := learned.get(link.step)) is not None and one.knows(a, b)
        }
    (risk,) = risks(profile_links(edges, identity), [number]) or (None,)
    bridges = {one.link: one.n_parted for one in risk.bridges} if risk else {}
    rows = _rows(names, steps, bridges, chances)
    told = printed_id(number)
    renamed = f" ({who} leads to it)" if ":" not in who and who != told else ""
    n_bridges = f"{len(bridges)} of {risk.n_links} links bridges" if risk else "nothing to hold together"
    return Report(
        verb="explain profile",
        summary=f"{told}{renamed}: {len(members)} record{'s' if len(members) != 1 else ''}, {n_bridges}",
        data={
            "profile": told,
            "records": len(members),
            "links": risk.n_links if risk else 0,
            "longest_path": risk.diameter if risk else 0,
            "households": list(homes),
            "tree": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
        },
        grids=(Grid(f"What holds {told} together", COLUMNS, rows),),
        lines=homes,
        is_answer=True,
    )


def _links(edges: pl.DataFrame) -> list[_Link]:
    """The evidence of a profile, in the order of passes as they stand in the table; who shares a block shares a link."""
    on = ("pass", "match_key", "block")
    numbered = edges.with_columns(hash63("link", *(pl.col(name) for name in on)).alias("link"))
    ends = [numbered.select(*on, "link", record=end) for end in ("record_id_l", "record_id_r")]
    grouped = pl.concat(ends).unique().sort("record").group_by(*on, "link", maintain_order=True)
    rows = (
        grouped.agg("record").sort("pass", "match_key", "link").select("link", "pass", "match_key", "record")
    )
    return [_Link(link, step, key, tuple(records)) for link, step, key, records in rows.iter_rows()]


def _tree(names: dict[int, Cited], links: list[_Link]) -> list[tuple[int, int, _Link]]:
    """A walk from the first record by name, nearest first: every other record, whom it hangs on, and by what."""
    of_record: dict[int, list[_Link]] = {}
    for link in links:
        for record in link.members:
            of_record.setdefault(record, []).append(link)
    start = min(names, key=lambda record: names[record].name)
    seen, walked = {start}, set()
    queue, found = deque([start]), []
    while queue:
        record = queue.popleft()
        for link in of_record.get(record, ()):
            if link.link in walked:
                continue
            walked.add(link.link)
            for other in sorted(link.members, key=lambda one: names[one].name):
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
                    found.append((other, record, link))
    return found


def _rows(
    names: dict[int, Cited],
    steps: list[tuple[int, int, _Link]],
    bridges: dict[int, int],
    chances: dict[tuple[int, int], str],
) -> tuple[tuple[Any, ...], ...]:
    """One line per record, the first one without anything that it hangs on."""
    hanging = {record for record, _, _ in steps}
    rows: list[tuple[Any, ...]] = [
        (one.shown, one.place, None, None, None, None)
        for record, one in names.items()
        if record not in hanging
    ]
    for record, other, link in steps:
        chance = chances.get((record, other))
        held = f"{link.match_key} ({chance})" if chance else link.match_key
        parted = bridges.get(link.link)
        bridge = None if parted is None else f"yes: parts off {parted}"
        one = names[record]
        rows.append((one.shown, one.place, held, names[other].shown, link.step, bridge))
    return tuple(rows)
