"""
Numbers orders of magnitude away from all others of their column, and minorities in another unit.

Heavy tails are normal: the tail of the column itself, on a logarithmic scale, says how far a value of it may go.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cdptool.inspection.columns import Column, Floats, Mask, Rows
from cdptool.inspection.findings import Accused, Fault, Table, percent, written
from cdptool.inspection.headings import has_hint

LEAST_ROWS: Final = 40
LEAST_SPREAD: Final = (
    0.15  # natural logarithm per e-fold of rarity: what is nearer is no other order of magnitude
)
CHANCE: Final = 0.005  # of one such value in a clean column
FACTORS: Final = (
    (1000.0, "1000"), (100.0, "100"), (10.0, "10"), (2.54, "2.54"), (2.20462, "2.2046"), (1.60934, "1.609"),
    (3.28084, "3.281"), (28.3495, "28.35"), (0.0, ""), (60.0, "60"), (1024.0, "1024"), (30.48, "30.48"),
    (1_000_000.0, "1000000"), (453.592, "453.6"), (12.0, "12"), (3.78541, "3.785"), (24.0, "24"), (3600.0, "3600"),
)  # fmt: skip


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
    known = ~np.isnan(values)
    n = int(known.sum())
    positive = known & (values > 0)
    negative = known & (values < 0)
    faults: list[Fault] = []
    if positive.sum() >= max(0.9 * (positive.sum() + negative.sum()), 0.25 * LEAST_ROWS):
        logs = np.full(len(values), np.nan)
        logs[positive] = np.log(values[positive])
        far_below = _is_far_below(values, positive)
        flipped = _flipped(table, column, values, negative, positive)
        units, text = (
            (None, "")
            if flipped.any()
            else _in_other_unit(logs, _beyond(logs, least=0.04), _beyond(-logs, least=0.04) & far_below)
        )
        high = _beyond(logs)
        low = (_beyond(-logs) & far_below) | _beyond(-logs, least=0.5)
        if column.figures.is_whole and np.nanmedian(values[positive]) < 50:
            low[:] = False
        if units is not None and _is_accusable(table, column, units & free, n, most=0.12):
            faults.append(_fault("mixed_units", column, np.flatnonzero(units & free), n, text))
            high, low = high & ~units, low & ~units
        odd = (
            (high | low | (far_below & (values < 0) & _is_far_below(values, positive, times=30)))
            & free
            & ~flipped
        )
        if odd.any() and _is_accusable(table, column, odd, n, most=0.03):
            text = "these are orders of magnitude away from all others"
            faults.append(
                _fault("outlier", column, np.flatnonzero(odd), n, text, _range(values, odd | flipped))
            )
        if (flipped & free).any():
            text = "these are below 0"
            faults.append(
                _fault(
                    "outlier", column, np.flatnonzero(flipped & free), n, text, f"{written(column.name)} >= 0"
                )
            )
    else:
        center = np.nanmedian(values)
        away = np.abs(values - center)
        logs = np.full(len(values), np.nan)
        logs[known & (away > 0)] = np.log(away[known & (away > 0)])
        odd = _beyond(logs) & free
        if odd.any() and _is_accusable(table, column, odd, n, most=0.03):
            text = "these are orders of magnitude away from all others"
            faults.append(_fault("outlier", column, np.flatnonzero(odd), n, text, _range(values, odd)))
    return faults


def _is_far_below(values: Floats, positive: Mask, *, times: float = 6) -> Mask:
    """Whether a value is small by plain distance too: near 0 a logarithm makes much of little."""
    low, middle, high = np.quantile(values[positive], (0.25, 0.5, 0.75))
    with np.errstate(invalid="ignore"):
        far: Mask = values < middle - times * max((high - low) / 1.35, 1e-12)
    return far


def _beyond(logs: Floats, *, least: float = LEAST_SPREAD) -> Mask:
    """The rows that the tail of the others does not reach: expected number of such values below CHANCE."""
    known = logs[~np.isnan(logs)]
    if len(known) < LEAST_ROWS:
        return np.zeros(len(logs), np.bool_)
    middle, start, far = np.quantile(known, (0.5, 0.85, 0.93))
    spread = max((far - start) / np.log(0.15 / 0.07), (start - middle) / np.log(0.5 / 0.15) * 0.35, least)
    reach = start + spread * np.log(max(0.15 * len(known), 2) / CHANCE)
    with np.errstate(invalid="ignore"):
        odd: Mask = logs > reach
    if not odd.any():
        return odd
    return _after_gap(logs, odd, start, reach, spread)


def _after_gap(logs: Floats, odd: Mask, start: float, reach: float, spread: float) -> Mask:
    """What lies beyond the first wide gap above the body; without a gap only what lies far beyond the reach."""
    tail = np.sort(logs[logs > start])
    gaps = np.flatnonzero(np.diff(tail) > max(0.5, spread))
    gaps = gaps[tail[gaps + 1] - start > 0.7 * (reach - start)]
    with np.errstate(invalid="ignore"):
        beyond: Mask = logs >= tail[gaps[0] + 1] if len(gaps) else logs > start + 1.5 * (reach - start)
    return beyond if odd.any() else odd


def _in_other_unit(logs: Floats, high: Mask, low: Mask) -> tuple[Mask | None, str]:
    """A group apart whose middle lies at a known factor from the middle of the rest, and that spreads no wider."""
    known = ~np.isnan(logs)
    for side, sign in ((high, 1.0), (low, -1.0)):
        group, bulk = logs[side], logs[known & ~high & ~low]
        if len(group) < 3 or len(group) < 0.002 * known.sum():
            continue
        width = float(np.subtract(*np.quantile(bulk, (0.9, 0.1))))
        distance = sign * (float(np.median(group)) - float(np.median(bulk)))
        allowed = 0.06 + 1.4 * width / 2.56 / np.sqrt(len(group)) * 1.25
        near = [(abs(distance - np.log(f)), text) for f, text in FACTORS if f > 1]
        away, text = min(near)
        n_odd = int((high | low).sum())
        n_different = len(np.unique(group))
        is_listed = (
            n_different < max(min(3, len(group)), 0.2 * min(len(group), 40)) or len(np.unique(bulk)) < 12
        )
        is_alone = len(group) >= 0.85 * n_odd
        spans = float(np.subtract(*np.quantile(group, (0.9, 0.1))))
        is_compact = is_alone and not is_listed and (len(group) < 5 or spans <= 1.5 * width + 0.1)
        if away <= min(allowed, 0.5) and is_compact:
            word = "larger" if sign > 0 else "smaller"
            return side, f"these are about {text} times {word} than the rest: another unit"
    return None, ""


def _flipped(table: Table, column: Column, values: Floats, negative: Mask, positive: Mask) -> Mask:
    """A few negative numbers in a column that has no business with them."""
    none = np.zeros(len(values), np.bool_)
    n_negative, n_all = int(negative.sum()), int((~np.isnan(values)).sum())
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
        if other.name == column.name or not 2 <= len(other.texts) <= 60:
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


def _fault(kind: str, column: Column, rows: Rows, n: int, text: str, expect: str | None = None) -> Fault:
    share = percent(1 - len(rows) / n)
    shown = expect.format(written(column.name)) if expect else None
    return Fault(kind, (column.name,), rows, f"{share} of the numbers are near each other; {text}", shown)
