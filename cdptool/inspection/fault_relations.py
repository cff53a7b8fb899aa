"""Sums, products and differences of columns that hold in nearly every row, and the rows in which they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Final

import numpy as np

from cdptool.inspection.columns import Floats, Mask
from cdptool.inspection.findings import Accused, Fault, Table, percent, written
from cdptool.inspection.headings import has_hint

LEAST_ROWS: Final = 40
LEAST_HOLD: Final = 0.93
SAMPLE: Final = 1500
MOST_COLUMNS: Final = 14


@dataclass(frozen=True, slots=True)
class Relation:
    """`total` = the expression over `parts`; per row whether it holds, and whether it could be judged."""

    total: str
    parts: tuple[str, ...]
    text: str
    holds: Mask
    judged: Mask

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.total, *self.parts)

    @property
    def share(self) -> float:
        return float((self.holds & self.judged).sum() / max(self.judged.sum(), 1))


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to make one number of others: `{0} * {1}` and what it comes to."""

    text: str
    arity: int
    is_ordered: bool

    def value(self, parts: tuple[Floats, ...]) -> Floats:
        first, *rest = parts
        match self.text:
            case "{0} + {1}":
                return first + rest[0]
            case "{0} - {1}":
                return first - rest[0]
            case "{0} * {1}":
                return first * rest[0]
            case "{0} * {1} / 100":
                return first * rest[0] / 100
            case "{0} + {1} + {2}":
                return first + rest[0] + rest[1]
            case "{0} + {1} - {2}":
                return first + rest[0] - rest[1]
            case "{0} * {1} - {2}":
                return first * rest[0] - rest[1]
            case "{0} * {1} + {2}":
                return first * rest[0] + rest[1]
            case "{0} * {1} * (1 - {2})":
                return first * rest[0] * (1 - rest[1])
            case "{0} * {1} * (1 - {2} / 100)":
                return first * rest[0] * (1 - rest[1] / 100)
            case "{0} * (1 - {1})":
                return first * (1 - rest[0])
            case "{0} * (1 - {1} / 100)":
                return first * (1 - rest[0] / 100)
            case "{0} * (1 + {1})":
                return first * (1 + rest[0])
            case "{0} * (1 + {1} / 100)":
                return first * (1 + rest[0] / 100)
            case "{0} + {1} + {2} - {3}":
                return first + rest[0] + rest[1] - rest[2]
            case _:
                return first + rest[0] + rest[1] + rest[2]


FORMS: Final = (
    _Form("{0} * {1}", 2, False),
    _Form("{0} + {1}", 2, False),
    _Form("{0} - {1}", 2, True),
    _Form("{0} * {1} / 100", 2, False),
    _Form("{0} * (1 - {1})", 2, True),
    _Form("{0} * (1 - {1} / 100)", 2, True),
    _Form("{0} * (1 + {1})", 2, True),
    _Form("{0} * (1 + {1} / 100)", 2, True),
    _Form("{0} * {1} - {2}", 3, False),
    _Form("{0} * {1} + {2}", 3, False),
    _Form("{0} * {1} * (1 - {2})", 3, False),
    _Form("{0} * {1} * (1 - {2} / 100)", 3, False),
    _Form("{0} + {1} + {2}", 3, False),
    _Form("{0} + {1} - {2}", 3, False),
    _Form("{0} + {1} + {2} - {3}", 4, False),
    _Form("{0} + {1} + {2} + {3}", 4, False),
)


def relations(table: Table, accused: Accused) -> tuple[Relation, ...]:
    """
    The relations among the columns of numbers that hold in nearly every row, the simplest first.

    A relation counts only over rows in which none of its parts is trivial (0 added, 1 multiplied).
    """
    columns = [c for c in table.of_kind("number") if c.n_meant >= LEAST_ROWS and len(c.texts) > 1]
    columns = columns[:MOST_COLUMNS]
    found: list[Relation] = []
    values = {c.name: np.where(accused.of(c.name), np.nan, c.numbers) for c in columns}
    decimals = {c.name: c.figures.n_decimals for c in columns}
    for form in FORMS:
        if form.arity >= 3 and len(columns) > 11:
            continue
        for total, parts in _choices([c.name for c in columns], form):
            if _is_known(found, total, parts):
                continue
            relation = _relation(total, parts, form, values, decimals)
            if relation is not None:
                found.append(relation)
    return tuple(found + _lengths_of_time(table, accused))


def _lengths_of_time(table: Table, accused: Accused) -> list[Relation]:
    """Whole numbers that count the days between two dates, such as the nights of a stay."""
    found = []
    for first, second in permutations(table.of_kind("date")[:6], 2):
        between = np.floor(second.days) - np.floor(first.days)
        for column in table.of_kind("number"):
            if not column.figures.is_whole or len(column.texts) < 3:
                continue
            judged = ~np.isnan(between) & ~np.isnan(column.numbers)
            judged &= ~accused.of(first.name, second.name, column.name)
            holds = judged & (between == column.numbers)
            if judged.sum() >= LEAST_ROWS and holds.sum() >= LEAST_HOLD * judged.sum():
                found.append(Relation(column.name, (second.name, first.name), "{0} - {1}", holds, judged))
    return found


def broken_relations(accused: Accused, known: tuple[Relation, ...]) -> list[Fault]:
    """The rows in which a relation fails, each told once for the cells it concerns."""
    faults: list[Fault] = []
    told = accused
    for relation in known:
        rows = np.flatnonzero(relation.judged & ~relation.holds & ~told.of(*relation.columns))
        if not len(rows):
            continue
        text = relation.text.format(*(written(part) for part in relation.parts))
        evidence = f"`{relation.total}` = {relation.text.format(*relation.parts)} in {percent(relation.share)} of the rows"
        total = written(relation.total)
        fault = Fault("broken_sum", relation.columns, rows, evidence, f"-0.01 <= {total} - ({text}) <= 0.01")
        faults.append(fault)
        told = told.with_([fault])
    return faults


def proven(table: Table, known: tuple[Relation, ...]) -> dict[str, Mask]:
    """Per column the rows in which a product or sum that it takes part in comes out right."""
    right: dict[str, Mask] = {}
    for relation in known:
        for name in relation.columns:
            right[name] = right.get(name, np.zeros(table.n_rows, np.bool_)) | (
                relation.holds & relation.judged
            )
    return right


def _choices(names: list[str], form: _Form) -> Iterator[tuple[str, tuple[str, ...]]]:
    for total in _totals_first(names):
        others = [name for name in names if name != total]
        for parts in combinations(others, form.arity):
            if form.is_ordered or form.text == "{0} - {1}":
                yield total, parts
                yield total, parts[::-1]
            elif form.arity >= 3 and form.text != "{0} + {1} + {2}" and "{3}" not in form.text:
                for last in range(3):
                    rest = tuple(p for i, p in enumerate(parts) if i != last)
                    yield total, (*rest, parts[last])
            elif "- {3}" in form.text:
                for last in range(4):
                    rest = tuple(p for i, p in enumerate(parts) if i != last)
                    yield total, (*rest, parts[last])
            else:
                yield total, parts


def _totals_first(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: (not has_hint(name, "total"), -names.index(name)))


def _is_known(found: list[Relation], total: str, parts: tuple[str, ...]) -> bool:
    """The same columns turned round, or a longer relation that a shorter one over some of them already explains."""
    columns = {total, *parts}
    return any(set(relation.columns) <= columns for relation in found)


def _relation(
    total: str, parts: tuple[str, ...], form: _Form, values: dict[str, Floats], decimals: dict[str, int]
) -> Relation | None:
    n = len(values[total])
    step = max(n // SAMPLE, 1)
    few = {name: values[name][::step] for name in (total, *parts)}
    share, judged = _held(total, parts, form, few, decimals)[2:]
    if judged < min(LEAST_ROWS * 0.5, 20) or share < LEAST_HOLD - 0.03:
        return None
    holds, judged_rows, share, count = _held(total, parts, form, values, decimals)
    if share < LEAST_HOLD or count < LEAST_ROWS:
        return None
    return Relation(total, parts, form.text, holds, judged_rows)


def _held(
    total: str, parts: tuple[str, ...], form: _Form, values: dict[str, Floats], decimals: dict[str, int]
) -> tuple[Mask, Mask, float, float]:
    """Where it holds, where it can be judged, its share over the rows that prove something, and their number."""
    goal, given = values[total], tuple(values[part] for part in parts)
    made = form.value(given)
    judged = ~np.isnan(goal) & ~np.isnan(made)
    slack = 0.51 * 10.0 ** -decimals[total] + 1e-9 * np.abs(np.nan_to_num(goal))
    if "*" not in form.text:
        slack = slack + 0.51 * max(10.0 ** -decimals[part] for part in parts) * 0.2
    with np.errstate(invalid="ignore"):
        holds = judged & (np.abs(goal - made) <= slack)
    telling = judged & _is_telling(goal, given, form)
    count = float(telling.sum())
    if count < 0.1 * judged.sum() or _is_constant(goal[judged], slack):
        return holds, judged, 0.0, count
    share = float((holds & telling).sum()) / max(count, 1)
    everywhere = float(holds.sum()) / max(judged.sum(), 1)
    return holds, judged, min(share, everywhere), count


def _is_telling(goal: Floats, parts: tuple[Floats, ...], form: _Form) -> Mask:
    """Rows in which each part matters: not 0, and not 1 where it multiplies."""
    telling: Mask = goal != 0
    for part in parts:
        telling &= part != 0
    if form.text.startswith("{0} * {1}"):
        telling &= (np.abs(parts[0]) != 1) & (np.abs(parts[1]) != 1)
    return telling


def _is_constant(values: Floats, slack: Floats | float) -> bool:
    return len(values) == 0 or bool(np.ptp(values) <= 4 * np.max(slack))
