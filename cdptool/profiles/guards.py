"""
A guard against sudden change: how far the size of a segment may move before somebody should look at it.

A feed that stopped, a column that was renamed, a rule with a slip: each shows first as a segment of another size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cdptool.errors import Finding, Place, Severity

EVERY: Final = "all"


@dataclass(frozen=True, slots=True)
class Guard:
    """
    What is sudden: more than `change_ratio` of the size before, and more than `people`; or nobody where somebody was.

    `segment` is a name, or `all` for those without a guard of their own. Where not `empty`, nobody is a size as any other.
    """

    segment: str
    change_ratio: float = 0.5
    people: int = 100
    is_off: bool = False
    empty: bool = True
    place: Place | None = field(default=None, compare=False)


# What is told, though it stops nothing, where a project has no guard of its own.
_WATCH: Final = Guard(EVERY, empty=False)


def watched(guards: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """The guards by which a run tells of sudden changes: those of the project, and a mild one for the rest."""
    return (_WATCH, *guards)


def guard_of(guards: tuple[Guard, ...], segment: str) -> Guard | None:
    """The guard of a segment: its own, else that of all; None where there is none, or where it is off."""
    named = {guard.segment: guard for guard in guards}
    guard = named.get(segment) or named.get(EVERY)
    return None if guard is None or guard.is_off else guard


def is_sudden(guard: Guard, before: int, now: int) -> bool:
    """
    Whether a size moved further than a guard allows.

    >>> guard = Guard("vip", change_ratio=0.5, people=100)
    >>> [is_sudden(guard, before, now) for before, now in ((1000, 1500), (1000, 1501), (100, 200), (0, 101), (2, 0))]
    [False, True, False, True, True]
    """
    moved = abs(now - before)
    is_empty = guard.empty and now == 0 < before
    return is_empty or (moved > guard.people and moved > guard.change_ratio * before)


def change_of_size(
    guards: tuple[Guard, ...], segment: str, sizes: tuple[int, int], *, since: str, severity: Severity
) -> Finding | None:
    """
    What to say of a segment whose size moved suddenly.

    Args:
        guards: The guards that count.
        segment: Its name.
        sizes: How many were in, and are.
        since: Since when, in words.
        severity: Whether that stops something, as an error, or is only told.

    Returns:
        A finding at the guard; None where nothing is sudden.
    """
    before, now = sizes
    guard = guard_of(guards, segment)
    if guard is None or not is_sudden(guard, before, now):
        return None
    hint = "look at its feeds and its rule"
    if severity == "error":
        hint += "; if the change is right, let it pass once with --allow-change"
    problem = f"segment `{segment}` went from {before:,} to {now:,} people since {since}"
    return Finding(problem, guard.place, hint, severity)
