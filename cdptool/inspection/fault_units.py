"""A minority of a column's numbers in another unit: a group apart, at a known factor from the rest and as wide as it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from cdptool.inspection.columns import Floats, Mask

FACTORS: Final = (
    (1000.0, "1000"), (100.0, "100"), (10.0, "10"), (2.54, "2.54"), (2.20462, "2.2046"), (1.60934, "1.609"),
    (3.28084, "3.281"), (28.3495, "28.35"), (60.0, "60"), (1024.0, "1024"), (30.48, "30.48"),
    (1_000_000.0, "1000000"), (453.592, "453.6"), (12.0, "12"), (3.78541, "3.785"), (24.0, "24"), (3600.0, "3600"),
)  # fmt: skip
PLAIN: Final = ("100", "1000")  # cents, thousandths: likely wherever numbers spread widely
SURE: Final = 0.25  # natural logarithm: what is less sure lies near some factor by chance
LEAST_GROUP: Final = 3
MOST_SPLIT: Final = 0.2  # of the numbers can be in the other unit
LEAST_GAP: Final = 0.2  # natural logarithm


class OtherUnit(NamedTuple):
    """The rows in another unit, and the sentence that says so."""

    rows: Mask
    text: str


def other_unit(values: Floats, far: Mask) -> OtherUnit | None:
    """
    The group that is in another unit.

    Args:
        values: Numbers above 0, NaN elsewhere.
        far: Rows that are known to lie far from the others.
    """
    with np.errstate(invalid="ignore"):
        logs = np.log(values)
    for group, is_split in _groups(logs, far):
        found = _judged(values, logs, group, is_split=is_split)
        if found is not None:
            return found
    return None


def _groups(logs: Floats, far: Mask) -> Iterator[tuple[Mask, bool]]:
    """What is far on either side; then (True) what lies beyond the widest gap on either side."""
    middle = float(np.nanmedian(logs))
    with np.errstate(invalid="ignore"):
        yield far & (logs > middle), False
        yield far & (logs < middle), False
        for side in (logs, -logs):
            cut = _widest_gap(side)
            if cut is not None:
                yield np.asarray(side >= cut), True


def _widest_gap(logs: Floats) -> float | None:
    known = np.sort(logs[~np.isnan(logs)])
    most = int(MOST_SPLIT * len(known))
    if most <= LEAST_GROUP:
        return None
    tail = known[-most:]
    gaps = np.diff(tail)[: most - LEAST_GROUP]
    place = int(np.argmax(gaps))
    return float(tail[place + 1]) if gaps[place] > LEAST_GAP else None


def _judged(values: Floats, logs: Floats, group: Mask, *, is_split: bool) -> OtherUnit | None:
    rest = ~np.isnan(logs) & ~group
    if group.sum() < LEAST_GROUP or group.sum() < 0.002 * rest.sum() or rest.sum() < LEAST_GROUP:
        return None
    theirs, ours = logs[group], logs[rest]
    width, spans = _width(ours), _width(theirs)
    is_listed = len(np.unique(theirs)) < 0.2 * min(len(theirs), 40) or len(np.unique(theirs)) < LEAST_GROUP
    if is_listed or len(np.unique(ours)) < 12 or (len(theirs) >= 5 and spans > 1.5 * width + 0.1):
        return None
    distance = float(np.median(theirs) - np.median(ours))
    if is_split and not (
        width < 1 and abs(distance) > 1.3 * width and len(theirs) >= 5 and _is_apart(values, group, rest)
    ):
        return None
    unsure = 0.04 + 1.75 * width / 2.56 / np.sqrt(len(theirs))
    away, text = min((abs(abs(distance) - np.log(factor)), text) for factor, text in FACTORS)
    if away <= min(unsure, 0.4) and (unsure <= SURE or text in PLAIN) and abs(distance) > 0.35:
        word = "larger" if distance > 0 else "smaller"
        return OtherUnit(group, f"these are about {text} times {word} than the rest: another unit")
    if _is_fahrenheit(values[group], values[rest]):
        return OtherUnit(group, "these are degrees Fahrenheit among degrees Celsius, or the reverse")
    return None


def _is_apart(values: Floats, group: Mask, rest: Mask) -> bool:
    """Whether the group is as far by plain distance too: near 0 a logarithm makes much of little."""
    low, middle, high = np.quantile(values[rest], (0.25, 0.5, 0.75))
    return bool(np.median(np.abs(values[group] - middle)) > 4 * (high - low))


def _width(logs: Floats) -> float:
    return float(np.subtract(*np.quantile(logs, (0.9, 0.1))))


def _is_fahrenheit(theirs: Floats, ours: Floats) -> bool:
    """Whether one is the other in degrees of the other scale, by the middle and the spread of both."""
    for celsius, fahrenheit in ((ours, theirs), (theirs, ours)):
        expected = np.median(celsius) * 1.8 + 32
        spread = max(float(np.std(ours)), 0.1) * 1.8
        if abs(float(np.median(fahrenheit)) - expected) < 0.6 * spread and np.median(celsius) < 60:
            return True
    return False
