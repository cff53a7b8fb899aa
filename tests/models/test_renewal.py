"""Days until people buy the same again: against a slow Kaplan-Meier with exact fractions, and what must not matter."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import polars as pl
import pytest

from cdptool.models.renewal import RENEWALS, renewals
from tests.frames import ROUNDS

UNTIL = date(2026, 2, 20)
Row = tuple[int | None, str | None, date]


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, {"profile_id": pl.Int64(), "kind": pl.String(), "day": pl.Date()}, orient="row")


def slow(rows: list[Row], least: int) -> dict[str, tuple[int, int, int | None, int | None]]:
    """The same, one wait at a time."""
    bought: dict[tuple[str, int], set[date]] = {}
    for who, kind, day in rows:
        if who is not None and kind is not None and day <= UNTIL:
            bought.setdefault((kind, who), set()).add(day)
    waits: dict[str, list[tuple[int, bool]]] = {}
    for (kind, _), held in bought.items():
        days = sorted(held)
        for one, other in zip(days, [*days[1:], None], strict=True):
            waits.setdefault(kind, []).append((((other or UNTIL) - one).days, other is not None))
    return {
        kind: (
            len(found),
            sum(again for _, again in found),
            reached(found, Fraction(3, 4), least),
            reached(found, Fraction(1, 2), least),
        )
        for kind, found in waits.items()
    }


def reached(waits: list[tuple[int, bool]], share: Fraction, least: int) -> int | None:
    left = Fraction(1)
    for days in sorted({each for each, _ in waits}):
        waiting = sum(each >= days for each, _ in waits)
        left *= 1 - Fraction(sum(each == days and again for each, again in waits), waiting)
        if left <= share:
            return days if waiting >= least else None
    return None


@pytest.mark.parametrize("seed", range(60 * ROUNDS))
def test_it_is_kaplan_and_meier_s_estimate(seed: int) -> None:
    chance = random.Random(seed)
    rows: list[Row] = [
        (chance.choice([1, 2, 3, 4, 5, 6, None]), chance.choice(["a", "b", None]), date(2026, 1, 1) + timedelta(chance.randrange(60)))
        for _ in range(chance.randrange(80))
    ]  # fmt: skip
    least = chance.choice([1, 3, 10])
    found = {row[0]: row[1:] for row in renewals(frame(rows), UNTIL, least).iter_rows()}
    assert found == slow(rows, least)


def test_waiting_customers_make_the_interval_longer_than_the_finished_ones_say() -> None:
    """Ten bought again after 10 days; ten more have been waiting for 40: half of all have come by day 10, not more."""
    rows: list[Row] = [(who, "tea", date(2026, 1, 1)) for who in range(20)]
    rows += [(who, "tea", date(2026, 1, 11)) for who in range(10)]
    row = renewals(frame(rows), date(2026, 1, 15), least=1).row(0, named=True)
    assert row == {"kind": "tea", "purchases": 30, "renewals": 10, "quarter_days": 10, "median_days": 10}
    rows += [(who, "tea", date(2026, 1, 1)) for who in range(20, 30)]
    assert renewals(frame(rows), date(2026, 1, 15), least=1)["median_days"][0] is None


def test_without_purchases_there_is_nothing() -> None:
    assert renewals(frame([]), UNTIL).schema == RENEWALS
    assert renewals(frame([]), UNTIL).height == 0
