"""`cdptool diff`: who is in which segment now and at an earlier moment, or by these rules and by others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from cdptool.commands.as_of import AsOf, parse_as_of, resolve_as_of
from cdptool.commands.report import Grid, Report
from cdptool.commands.rule_inputs import answers_of, moment_asked, question_of
from cdptool.commands.session import Session, Settings, open_session
from cdptool.commands.table_files import require_table_file, write_table_file
from cdptool.config.other_rules import read_other_rules
from cdptool.errors import ConfigError, UsageError
from cdptool.ids import printed_ids
from cdptool.profiles.differences import difference_counts, differences, states, states_under_todays_ids
from cdptool.rules import RuleBook
from cdptool.rules.naming import nearest
from cdptool.rules.narrowing import narrowed
from cdptool.tables import ALIASES
from cdptool.workspace import Snapshot

COLUMNS: Final = (
    "segment", "before", "entered", "left", "unknown → in", "unknown → out", "→ unknown", "after", "unknown", "merged",
)  # fmt: skip
_MOVES: Final = slice(2, 7)  # the columns that count who changed
_SELDOM: Final = (4, 5, 6, 9)  # those about unknown people and merged ones, left out where there are none


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What to compare with: an earlier moment, or the rules of another folder or file; and where to write who.

    `known_at`: the answer before is given from what was known at that time.
    """

    since: str | None = None
    against: Path | None = None
    known_at: str | None = None
    to: Path | None = None


def diff_segments(settings: Settings, names: tuple[str, ...], wanted: Wanted) -> Report:
    """
    Compare segments, all or the named ones, by the rules and at the moment of now with what they were.

    Raises:
        ConfigError: If either rule book cannot be asked of this data.
        UsageError: If it is not said with what to compare, or a name is no segment.
    """
    _require_one(wanted)
    with open_session(settings, writes=False) as session:
        book = session.project.rules
        if book is None:
            raise ConfigError("the project has no `segments`", hint="add a rules.yaml: see docs/rules.md")
        snapshot = session.snapshot()
        as_of = moment_asked(session, snapshot)
        other = book if wanted.against is None else read_other_rules(wanted.against, session.project)
        segments = _chosen(names, book, other)
        then = session if wanted.known_at is None else session.known_at(wanted.known_at)
        earlier = _earlier(then, as_of, wanted)
        known = then.snapshot()
        before = _states(then, known, other, segments, earlier)
        after = _states(session, snapshot, book, segments, as_of)
        held = before
        if then.known is not None:
            before = states_under_todays_ids(held.lazy(), snapshot.scan("aliases", ALIASES)).collect()
        counts = difference_counts(before.lazy(), after.lazy()).collect()
        counts = counts.with_columns(_merged(held, before, counts["segment"]))
        changed = differences(before.lazy(), after.lazy()).collect()
        if wanted.to is not None:
            write_table_file(wanted.to, _printed(changed))
    report = _report(counts, changed, (book, other), _compared(then, (as_of, earlier), wanted), wanted)
    return replace(report, grids=_shown(report.grids[0], every=bool(names)))


def _merged(held: pl.DataFrame, before: pl.DataFrame, segments: pl.Series) -> pl.Series:
    """By how many those who were in are fewer today, because several of them are one person since."""

    def sizes(states: pl.DataFrame) -> dict[str, int]:
        return dict(states.filter(pl.col("state") == "in").group_by("segment").len().iter_rows())

    then, today = sizes(held), sizes(before)
    return pl.Series("n_merged", [then.get(name, 0) - today.get(name, 0) for name in segments], pl.Int64)


def _earlier(then: Session, as_of: AsOf, wanted: Wanted) -> AsOf:
    """The moment of the answer before, and how far feeds were complete as it was known then."""
    moment = as_of.moment
    if wanted.since is not None:
        moment = parse_as_of(wanted.since, then.project.tz, "--since")
        if moment >= as_of.moment:
            hint = f"the answer is as of {as_of.moment:%Y-%m-%d %H:%M} UTC; name an earlier moment"
            raise UsageError("`--since` is not before the moment of the answer", hint=hint)
    if then.known is None:
        return replace(as_of, moment=moment)
    return resolve_as_of(then.project, then.known, moment.isoformat(), then.now)


def _compared(then: Session, moments: tuple[AsOf, AsOf], wanted: Wanted) -> tuple[str, dict[str, str | None]]:
    """What was compared with what, in words and as data."""
    as_of, earlier = moments
    parts = [
        *([f"since {earlier.moment:%Y-%m-%d %H:%M} UTC"] if wanted.since is not None else []),
        *([f"against the rules of {wanted.against}"] if wanted.against is not None else []),
        *([f"against what was known at {then.now:%Y-%m-%d %H:%M:%S} UTC"] if then.known is not None else []),
        f"as of {as_of.moment:%Y-%m-%d %H:%M} UTC",
    ]
    return ", ".join(parts), {
        "as_of": as_of.moment.isoformat(),
        "since": None if wanted.since is None else earlier.moment.isoformat(),
        "against": None if wanted.against is None else str(wanted.against),
        "known_at": None if then.known is None else then.now.isoformat(),
    }


def _require_one(wanted: Wanted) -> None:
    if wanted.since is not None and wanted.against is not None:
        hint = "--known-at may stand beside either"
        raise UsageError("compare with an earlier moment or with other rules, not with both", hint=hint)
    if wanted.since is None and wanted.against is None and wanted.known_at is None:
        hint = (
            "say --since 2026-11-13 for an earlier moment, --against FOLDER for other rules, or --known-at TIME"
            " for what was known then"
        )
        raise UsageError("say with what to compare", hint=hint)
    require_table_file(wanted.to)


def _chosen(names: tuple[str, ...], *books: RuleBook) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(rule.name for book in books for rule in book.segments))
    for name in names:
        if name not in known:
            hint = nearest(name, known) or f"the segments are {', '.join(known)}"
            raise UsageError(f"there is no segment `{name}`", hint=hint)
    return names or known


def _states(
    session: Session, snapshot: Snapshot, book: RuleBook, segments: tuple[str, ...], as_of: AsOf
) -> pl.DataFrame:
    mine = [rule.name for rule in book.segments if rule.name in segments]
    if not mine:
        return states(pl.LazyFrame({"profile_id": []}), ()).collect()
    answers = answers_of(session, question_of(session, snapshot, narrowed(book, mine), as_of))
    return states(answers.lazy(), mine).collect()


def _printed(changed: pl.DataFrame) -> pl.DataFrame:
    """Who changed, with ids as they are printed; sorted by segment and id."""
    printed = printed_ids(changed["profile_id"], "p").alias("profile_id")
    return changed.with_columns(printed).sort("segment", "profile_id")


def _report(
    counts: pl.DataFrame,
    changed: pl.DataFrame,
    books: tuple[RuleBook, RuleBook],
    compared: tuple[str, dict[str, str | None]],
    wanted: Wanted,
) -> Report:
    book, other = books
    now, before = ({rule.name for rule in one.segments} for one in (book, other))
    by_name = {row["segment"]: row for row in counts.iter_rows(named=True)}
    order = [rule.name for rule in (*book.segments, *other.segments)]
    rows = tuple(
        _row(by_name[name], in_now=name in now, in_before=name in before)
        for name in dict.fromkeys(order)
        if name in by_name
    )
    moved = sum(any(row[_MOVES]) for row in rows)
    told = f"{len(changed):,} change{'s' * (len(changed) != 1)} in {moved} of {len(rows)} segments"
    return Report(
        verb="diff",
        summary=f"{told} {compared[0]}" + (f"; who, in {wanted.to}" if wanted.to else ""),
        data={
            **compared[1],
            "segments": [_data(by_name[row[0]], now, before) for row in rows],
            "changes": len(changed),
        },
        grids=(Grid("Segments then and now", COLUMNS, rows),),
        is_answer=True,
    )


def _is_changed(row: tuple[Any, ...]) -> bool:
    """Whether somebody moved, or only one of two rule books has the segment."""
    return any(row[_MOVES]) or bool(row[-1]) or None in row


def _shown(grid: Grid, *, every: bool) -> tuple[Grid, ...]:
    """The table as narrow as it can be, of the changed segments or of all; none where there is no row."""
    rows = grid.rows if every else tuple(filter(_is_changed, grid.rows))
    kept = [i for i in range(len(COLUMNS)) if i not in _SELDOM or any(row[i] for row in rows)]
    narrow = tuple(tuple(row[i] for i in kept) for row in rows)
    return (Grid(grid.title, tuple(COLUMNS[i] for i in kept), narrow),) if rows else ()


def _row(counts: dict[str, Any], *, in_now: bool, in_before: bool) -> tuple[Any, ...]:
    """The counts of a segment; a size is empty where the rules do not have it."""
    values = {name: value for name, value in counts.items() if name != "segment"}
    if not in_before:
        values["n_before"] = None
    if not in_now:
        values["n_after"] = values["n_unknown"] = None
    return (counts["segment"], *values.values())


def _data(counts: dict[str, Any], now: set[str], before: set[str]) -> dict[str, Any]:
    name = counts["segment"]
    return {**counts, "is_new": name not in before, "is_gone": name not in now}
