"""Columns that another column decides (a product its name, a postcode its town), but for a few rows."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cdptool.inspection.columns import Column, Mask, Rows
from cdptool.inspection.findings import Accused, Fault, Table, percent
from cdptool.inspection.headings import has_hint

LEAST_ROWS: Final = 100
MOST_BROKEN: Final = 0.04
MOST_COLUMNS: Final = 25


class Dependency(NamedTuple):
    """`given` decides `then` in nearly every row."""

    given: str
    then: str
    is_broken: Mask
    error: float


def broken_dependencies(table: Table, accused: Accused) -> list[Fault]:
    """
    The few rows in which a value stands beside another than it always does.

    Believed only where knowing the one column leaves at most a fifth of the surprise about the other, over
    many groups; a row is told once, for the column that most of the broken dependencies share.
    """
    found = _dependencies(table, accused)
    if not found:
        return []
    votes = _votes(found, table.n_rows)
    faults: list[Fault] = []
    told = np.zeros(table.n_rows, np.bool_)
    for dependency in sorted(found, key=lambda d: (d.error, d.given, d.then)):
        mine = np.maximum(votes[dependency.given], votes[dependency.then])
        most = np.maximum.reduce([votes[name] for name in votes])
        rows = np.flatnonzero(dependency.is_broken & ~told & (mine == most))
        if len(rows):
            told[rows] = True
            evidence = f"`{dependency.given}` decides `{dependency.then}` in {percent(1 - dependency.error)} of the rows"
            faults.append(
                Fault("broken_dependency", (dependency.given, dependency.then), rows, evidence, None)
            )
    return faults


def _votes(found: list[Dependency], n_rows: int) -> dict[str, Rows]:
    votes: dict[str, Rows] = {}
    for dependency in found:
        for name in (dependency.given, dependency.then):
            votes[name] = votes.get(name, np.zeros(n_rows, np.int64)) + dependency.is_broken
    return votes


def _dependencies(table: Table, accused: Accused) -> list[Dependency]:
    givens = [c for c in table.columns if _can_decide(c)]
    thens = [c for c in table.columns if _can_be_decided(c)]
    if len(givens) * len(thens) > MOST_COLUMNS**2:
        givens, thens = givens[:MOST_COLUMNS], thens[:MOST_COLUMNS]
    found = []
    for given in givens:
        for then in thens:
            if given is not then:
                dependency = _dependency(given, then, ~accused.of(given.name, then.name))
                if dependency is not None:
                    found.append(dependency)
    return found


def _can_decide(column: Column) -> bool:
    if column.kind not in ("words", "code", "text", "postcode", "number") or column.n_meant < LEAST_ROWS:
        return False
    if column.kind == "number" and not (column.figures.is_whole and has_hint(column.name, "identifier")):
        return False
    return 4 <= len(column.texts) <= 0.34 * column.n_meant


def _can_be_decided(column: Column) -> bool:
    if column.kind not in ("words", "code", "text", "postcode") or column.n_meant < LEAST_ROWS:
        return False
    return 2 <= len(column.texts) <= 0.5 * column.n_meant


def _dependency(given: Column, then: Column, free: Mask) -> Dependency | None:
    both = np.flatnonzero((given.codes >= 0) & (then.codes >= 0) & free)
    if len(both) < LEAST_ROWS:
        return None
    width = len(then.texts)
    pairs, places, counts = np.unique(
        given.codes[both] * width + then.codes[both], return_inverse=True, return_counts=True
    )
    group = pairs // width
    starts = np.flatnonzero(np.r_[True, np.diff(group) > 0])
    size = np.add.reduceat(counts, starts)
    top = np.maximum.reduceat(counts, starts)
    in_group = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(group)]))
    is_sound = (size >= 4) & (top >= 0.66 * size) & (size - top <= np.maximum(0.34 * size, 1))
    minority = counts < top[in_group]
    broken_pairs = minority & is_sound[in_group]
    n_broken = int(counts[minority].sum())
    error = n_broken / len(both)
    most = np.bincount(then.codes[both], minlength=width).max() / len(both)
    n_large = int((size >= 4).sum())
    usual = np.unique((pairs % width)[(counts == top[in_group]) & (size[in_group] >= 4)])
    n_strewn = int(((size - top) > 0).sum())
    if (
        n_large < 5
        or len(usual) < 3
        or 2 * n_strewn < min(n_broken, n_large)
        or most > 0.8
        or error == 0
        or error > MOST_BROKEN
        or error > 0.12 * (1 - most)
    ):
        return None
    if float(size[size >= 4].sum()) < 0.7 * len(both) or not _is_tight(size, top):
        return None
    broken = np.zeros(given.n_rows, np.bool_)
    broken[both[broken_pairs[places]]] = True
    return Dependency(given.name, then.name, broken, error) if broken.any() else None


def _is_tight(size: Rows, top: Rows) -> bool:
    """Whether the exceptions are strewn: most groups have none, or as few as their size and a slip rate explain."""
    rate = float((size - top).sum()) / float(size.sum())
    large = size >= 4
    expected = 1 - np.exp(-3 * rate * size[large])
    exceptional = (size - top)[large] > np.maximum(2, 6 * rate * size[large])
    return (
        float((size - top)[large].astype(bool).sum()) <= max(expected.sum() * 1.5, 2)
        and float(exceptional.mean()) <= 0.1
    )
