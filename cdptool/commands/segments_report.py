"""`cdptool report segments`: how large segments are, and how they lie over each other."""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings, open_session
from cdptool.errors import UsageError
from cdptool.profiles import sizes, undecided
from cdptool.profiles.overlap import overlap
from cdptool.tables import MEMBERSHIPS

COLUMNS: Final = ("segment", "people", "of all", "unknown")
MOST: Final = 12  # segments beside each other, so that a terminal holds them


def report_segments(settings: Settings, names: tuple[str, ...] = ()) -> Report:
    """
    Run the command for all segments, or the named ones.

    Raises:
        UsageError: If a name is no segment of the project, or none was computed yet.
    """
    with open_session(settings, writes=False) as session:
        snapshot, book = session.snapshot(), session.project.rules
        known = [rule.name for rule in book.segments] if book else []
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise UsageError(
                f"there is no segment `{unknown[0]}`", hint=f"the project has: {', '.join(known)}"
            )
        if not snapshot.has("memberships"):
            raise UsageError(
                "no segments were computed yet", hint="run `cdptool segment` first, or `cdptool run`"
            )
        members = snapshot.scan("memberships", MEMBERSHIPS)
        n_profiles = int(snapshot.scan("profiles").select(pl.len()).collect().item())
        return _report(members, [name for name in known if not names or name in names], n_profiles)


def _report(members: pl.LazyFrame, segments: list[str], n_profiles: int) -> Report:
    held = members.collect()
    people, open_ = sizes(held), undecided(held)
    ordered = sorted(segments, key=lambda name: -people.get(name, 0))  # of equals the first in rules.yaml
    rows = tuple(
        (name, people.get(name, 0), _share(people.get(name, 0), n_profiles), open_.get(name, 0))
        for name in ordered
    )
    peopled = [name for name in ordered if people.get(name)]
    beside = peopled[:MOST]
    rest = f"; overlap of the {MOST} largest, name others to see theirs" if len(peopled) > MOST else ""
    both = overlap(members, beside)
    return Report(
        verb="report segments",
        summary=f"{len(segments)} segment{'s' * (len(segments) != 1)} of {n_profiles:,} profiles{rest}",
        data={
            "profiles": n_profiles,
            "segments": [
                {
                    "segment": name,
                    "people": n,
                    "share": n / n_profiles if n_profiles else None,
                    "unknown": n_open,
                }
                for name, n, _, n_open in rows
            ],
            "overlap": both.filter(pl.col("segment") != pl.col("other")).to_dicts(),
        },
        grids=(Grid("Sizes", COLUMNS, rows), *_matrix(both, beside)),
        is_answer=True,
    )


def _matrix(both: pl.DataFrame, beside: list[str]) -> tuple[Grid, ...]:
    """Of those in the segment of a row the share that is also in that of a column; columns by number."""
    if len(beside) < 2:
        return ()
    n_both = {(one, other): n for one, other, n in both.iter_rows()}
    rows = tuple(
        (
            str(number),
            one,
            *("·" if one == other else _percent(n_both[one, other], n_both[one, one]) for other in beside),
        )
        for number, one in enumerate(beside, 1)
    )
    numbers = tuple(str(number) for number in range(1, len(beside) + 1))
    return (Grid("Of 100 in a row, so many are in a column too", ("", "segment", *numbers), rows),)


def _share(part: int, whole: int) -> str:
    """
    A share as people say it.

    >>> _share(1, 3), _share(0, 0)
    ('33 %', '-')
    """
    return f"{_percent(part, whole)} %" if whole else "-"


def _percent(part: int, whole: int) -> str:
    """
    Of a hundred, how many; never 0 of somebody, nor all where one is missing.

    >>> _percent(1, 1000), _percent(0, 7), _percent(999, 1000), _percent(7, 7), _percent(1, 3)
    ('<1', '0', '>99', '100', '33')
    """
    percent = 100 * part / whole
    if 0 < percent < 0.5:
        return "<1"
    return ">99" if 99.5 <= percent < 100 else f"{percent:.0f}"
