"""Days that cannot be: no such day, a default of some system, births to come, events far from all others."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from cdptool.inspection.columns import Column, Mask
from cdptool.inspection.findings import Accused, Fault, Table, percent, written
from cdptool.inspection.headings import has_hint

LEAST_ROWS: Final = 20
YEAR: Final = 365.25
DEFAULTS: Final = tuple(
    float((date(*day) - date(1970, 1, 1)).days) for day in ((1900, 1, 1), (1899, 12, 30), (1899, 12, 31))
)
EPOCH: Final = date(1970, 1, 1)


def impossible_dates(table: Table, accused: Accused) -> list[Fault]:
    """
    Days that cannot be.

    Births may lie up to 120 years back and not after today; other dates are measured by the spread of the column.
    A last day of time (9999-12-31) that comes often means "open" and is let be.
    """
    faults = []
    for column in table.of_kind("date"):
        if column.n_meant < LEAST_ROWS:
            continue
        days = column.dates.days
        is_birth = has_hint(column.name, "birth")
        odd, rule = _odd_births(column, table.today) if is_birth else _odd_events(column, table.today)
        odd |= column.dates.is_impossible
        odd &= ~_means_open(column)
        rows = column.rows(odd)
        rows = rows[~accused.of(column.name)[rows]]
        if 0 < len(rows) <= 0.12 * column.n_filled:
            known = days[~np.isnan(days) & ~odd]
            first, last = (
                EPOCH.fromordinal(EPOCH.toordinal() + int(day)) for day in (known.min(), known.max())
            )
            share = percent(1 - len(rows) / column.n_filled)
            name = written(column.name)
            evidence = f"{share} of the dates lie in {first.year} to {last.year}; {rule}"
            expect = (
                f'{name} <= now and {name} >= "{first.year}-01-01"'
                if is_birth
                else (f'"{first.year}-01-01" <= {name} <= "{last.year}-12-31"')
            )
            faults.append(Fault("impossible_date", (column.name,), rows, evidence, expect))
    return faults


def _odd_births(column: Column, today: date) -> tuple[Mask, str]:
    now = float((today - EPOCH).days)
    days = np.floor(column.dates.days)
    default = np.isin(days, DEFAULTS)
    old = (days < now - 121 * YEAR) & ~default
    if (
        column.share(old & (days > now - 160 * YEAR)) > 0.03
    ):  # an old register: its people are no longer alive
        old &= days <= now - 160 * YEAR
    odd = (days > now) | old | default
    return odd & ~np.isnan(days), "nobody is born after today or is over 120"


def _odd_events(column: Column, today: date) -> tuple[Mask, str]:
    now = float((today - EPOCH).days)
    days = column.dates.days
    known = ~np.isnan(days)
    order = np.argsort(days[known])
    reached = np.cumsum(column.counts[known][order])
    first, low, high, last = (
        days[known][order][min(np.searchsorted(reached, part * reached[-1]), len(order) - 1)]
        for part in (0.06, 0.12, 0.88, 0.94)
    )
    span = max((high - low) / 0.76, 30.0)
    least = max(1.5 * span, 4 * YEAR)
    rarity = np.log(max(0.12 * reached[-1], 2) / 0.005) / np.log(2)  # as far as an exponential tail goes
    odd = known & (days < low - max(least, (low - first) * rarity))
    odd |= known & (days > high + max(least, (last - high) * rarity))
    ahead = known & (days > max(now, high) + YEAR) & (days > high + max(0.6 * span, YEAR))
    default = known & np.isin(np.floor(days), DEFAULTS) & (low > -25000)
    ancient = known & (days < -700_000 + 365 * 300)
    return odd | ahead | default | ancient, "these lie years away from all others"


def _means_open(column: Column) -> Mask:
    """The last day of time, repeated: an end that is not known yet."""
    is_last = column.stripped.str.contains(r"9999|2999|2099-12-31|31.12.2099").to_numpy()
    return is_last & (column.counts >= max(5, 0.02 * column.n_filled))
