"""
Numbers that stand alone, far above or below all others of their column.

Heavy tails are normal: how far a value may go is read off the tail of the column itself (`number_tails`), plainly
where the column is even and in logarithms where it is skewed. Minorities in another unit are told as such.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cdptool.inspection.columns import Column, Floats, Mask, Rows
from cdptool.inspection.fault_units import other_unit
from cdptool.inspection.findings import Accused, Fault, Kind, Table, percent, written
from cdptool.inspection.headings import has_hint
from cdptool.inspection.number_tails import above_tail, is_heavy

LEAST_ROWS: Final = 40
MOST: Final = 0.03  # of the numbers can be outliers
WIDE_GAP: Final = 0.4  # of the distance from the middle, where it is measured plainly
HEAVY_SIDE: Final = 0.78  # balances and differences have heavy tails more often than measures
SIGNED_GAP: Final = 1.5
FEW_VALUES: Final = 12
FAR: Final = 20.0  # times the largest of a short list
TINY: Final = 50.0  # times smaller than nearly all others
RARE: Final = 0.001  # what is small is rarely wrong: fewer such values by chance


def odd_numbers(table: Table, accused: Accused, excused: dict[str, Mask]) -> list[Fault]:
    """
    Outliers and mixed units.

    Args:
        table: The file.
        accused: Cells that are explained already.
        excused: Per column the rows in which a sum or product that the column takes part in comes out right.
    """
    faults: list[Fault] = []
    for column in table.of_kind("number"):
        values = column.numbers.copy()
        values[accused.of(column.name)] = np.nan
        if np.count_nonzero(~np.isnan(values)) < LEAST_ROWS or _is_identifier(column):
            continue
        free = ~excused.get(column.name, np.zeros(table.n_rows, np.bool_))
        faults += _faults_of(table, column, values, free)
    return faults


def _is_identifier(column: Column) -> bool:
    """Numbers that name things: not measured, so never too large."""
    digits = column.stripped.str.contains(r"^\d+$").to_numpy()
    values = column.figures.values[~np.isnan(column.figures.values)]
    is_unique = len(column.texts) > 0.9 * column.n_meant and column.figures.is_whole
    is_dense = (
        is_unique
        and len(values) > 0
        and float(np.subtract(*np.quantile(values, (0.95, 0.05)))) <= 3 * len(values)
    )
    has_zeros = column.share(column.stripped.str.contains(r"^0\d").to_numpy()) > 0.005
    return has_zeros or (column.share(digits) > 0.9 and (is_dense or has_hint(column.name, "identifier")))


def _faults_of(table: Table, column: Column, values: Floats, free: Mask) -> list[Fault]:
    n = int(np.count_nonzero(~np.isnan(values)))
    positive, negative = _above_zero(values), _above_zero(-values)
    if positive.sum() < max(0.9 * (positive.sum() + negative.sum()), 0.25 * LEAST_ROWS):
        odd = _far_on_both_sides(values) & free
        return _outliers(table, column, values, odd, np.zeros(len(values), np.bool_))
    faults: list[Fault] = []
    flipped = _flipped(table, column, negative, positive)
    odd = _far_from_amounts(column, values, positive) & ~flipped
    unit = None if flipped.any() else other_unit(np.where(positive, values, np.nan), odd)
    if unit is not None and _is_accusable(table, column, unit.rows & free, n, most=0.2):
        rows = np.flatnonzero(unit.rows & free)
        faults.append(_fault("mixed_units", column, rows, n, unit.text))
        odd &= ~unit.rows
    faults += _outliers(
        table, column, values, odd & free, flipped | (unit.rows if faults and unit else False)
    )
    if (flipped & free).any():
        rule = f"{written(column.name)} >= 0"
        faults.append(_fault("outlier", column, np.flatnonzero(flipped & free), n, "these are below 0", rule))
    return faults


def _above_zero(values: Floats) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.asarray(values > 0)


def _outliers(table: Table, column: Column, values: Floats, odd: Mask, others: Mask) -> list[Fault]:
    n = int(np.count_nonzero(~np.isnan(values)))
    if not odd.any() or not _is_accusable(table, column, odd, n, most=MOST) or _is_listed(values, odd):
        return []
    text = "these stand alone, further out than the others reach"
    return [_fault("outlier", column, np.flatnonzero(odd), n, text, _range(values, odd | others))]


def _is_listed(values: Floats, odd: Mask) -> bool:
    """Whether these are the dearest of a short list of prices or limits: the steps of a list are no gaps."""
    ours, theirs = values[odd], np.unique(values[~odd & ~np.isnan(values)])
    if len(ours) >= 3 and len(np.unique(ours)) <= len(ours) / 3:
        return True
    is_counting = bool(np.all(np.diff(theirs) <= 1))
    return len(theirs) <= FEW_VALUES and not is_counting and float(ours.max()) < FAR * float(theirs.max())


def _far_from_amounts(column: Column, values: Floats, positive: Mask) -> Mask:
    """Far from amounts that are nearly all above 0: plainly where they are even, by their size where they are skewed."""
    logs = np.full(len(values), np.nan)
    logs[positive] = np.log(values[positive])
    odd = above_tail(logs, needs_gap=False) if is_heavy(values) else above_tail(values, gap=WIDE_GAP)
    far_below = _is_far_below(values, positive)
    if not is_heavy(-values):
        odd |= above_tail(-values, gap=WIDE_GAP) & far_below
    if not (column.figures.is_whole and np.nanmedian(values[positive]) < 50):
        is_tiny = logs < np.nanquantile(logs, 0.02) - np.log(TINY)
        odd |= above_tail(-logs, chance=RARE) & (far_below | is_tiny)
    with np.errstate(invalid="ignore"):
        return np.asarray(odd | ((values < 0) & _is_far_below(values, positive, times=30)))


def _far_on_both_sides(values: Floats) -> Mask:
    """Far from numbers on both sides of 0, by their distance from the middle."""
    away = np.abs(values - np.nanmedian(values))
    logs = np.full(len(values), np.nan)
    beyond = _above_zero(away)
    logs[beyond] = np.log(away[beyond])
    both = np.concatenate([away, -away])  # a symmetric whole: its upper tail is that of the distances
    if is_heavy(both, heavy=HEAVY_SIDE):
        return above_tail(logs)
    return above_tail(both, gap=SIGNED_GAP)[: len(values)]


def _is_far_below(values: Floats, positive: Mask, *, times: float = 6) -> Mask:
    """Whether a value is small by plain distance too: near 0 a logarithm makes much of little."""
    low, middle, high = np.quantile(values[positive], (0.25, 0.5, 0.75))
    with np.errstate(invalid="ignore"):
        far: Mask = values < middle - times * max((high - low) / 1.35, 1e-12)
    return far


def _flipped(table: Table, column: Column, negative: Mask, positive: Mask) -> Mask:
    """A few negative numbers in a column that has no business with them."""
    none = np.zeros(table.n_rows, np.bool_)
    n_negative, n_all = int(negative.sum()), int((~np.isnan(column.numbers)).sum())
    if not n_negative or n_negative > max(2, 0.03 * n_all) or has_hint(column.name, "signed"):
        return none
    if positive.sum() < 0.6 * n_all or _is_explained(table, column, negative):
        return none
    for other in table.of_kind(
        "number"
    ):  # goods that came back: the quantity and the amount are both below 0
        if other.name != column.name:
            with np.errstate(invalid="ignore"):
                is_below = other.numbers < 0
            if is_below.sum() <= 0.06 * n_all:
                negative = negative & ~is_below
    return negative


def _is_accusable(table: Table, column: Column, odd: Mask, n: int, *, most: float) -> bool:
    count = int(odd.sum())
    return 0 < count <= max(most * n, 3) and not _is_explained(table, column, odd)


def _is_explained(table: Table, column: Column, odd: Mask) -> bool:
    """Whether one value of a column of few values goes with these rows: a kind of its own, not a fault."""
    count = int(odd.sum())
    if count < 3:
        return False
    for other in table.columns:
        is_measure = other.kind == "number" and len(other.texts) > 12
        if other.name == column.name or is_measure or not 2 <= len(other.texts) <= 60:
            continue
        codes = other.codes
        here = np.bincount(codes[odd] + 1, minlength=len(other.texts) + 1)
        rest = np.bincount(codes[~odd] + 1, minlength=len(other.texts) + 1)
        top = int(np.argmax(here))
        if here[top] >= 0.8 * count and rest[top] < 0.25 * (~odd).sum() and here[top] > 0.2 * rest[top]:
            return True
    return False


def _range(values: Floats, odd: Mask) -> str:
    kept = values[~np.isnan(values) & ~odd]
    return f"{kept.min():.6g} <= {{}} <= {kept.max():.6g}"


def _fault(kind: Kind, column: Column, rows: Rows, n: int, text: str, expect: str | None = None) -> Fault:
    share = percent(1 - len(rows) / n)
    shown = expect.format(written(column.name)) if expect else None
    return Fault(kind, (column.name,), rows, f"{share} of the numbers are near each other; {text}", shown)
