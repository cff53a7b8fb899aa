"""
What a model expected of days that it did not see, beside what came and beside two guesses that need no model.

The guesses are what people do without one: that the last period comes again, and that everybody goes on at the rate
they had since their first order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.models.figures import Figure
from cdptool.models.histories import Numbers
from cdptool.tables import MONEY_SCALE

MODEL: Final = "the model"
ORDER_DAYS: Final = "order days"
CAME: Final = "what came"
LAST: Final = "the last period again"
OWN: Final = "the own rate so far"


class Expected(NamedTuple):
    """Per profile: days with orders, and what they are worth; None where values are not asked for or not fitted."""

    orders: Numbers
    value: Numbers | None


class _Came(NamedTuple):
    """The same of days that came."""

    orders: Numbers
    value: Numbers


class Period(NamedTuple):
    """The days held out, and how many days a unit of the histories has."""

    cut: date  # the last day that the model saw
    until: date
    unit_days: float


def held_out(
    known: pl.DataFrame, days: pl.DataFrame, period: Period, expected: Expected
) -> tuple[Figure, ...]:
    """
    How far off the model and the guesses are, per profile.

    Args:
        known: HISTORIES up to the cut; the profiles that are judged.
        days: PURCHASES up to the end and beyond.
        period: Which days are held out.
        expected: What the model says of the days between, in the order of `known`.

    Returns:
        Of the model and of each guess: the sum it expected, its mean error and root mean square error per profile; of
        what came its sum. The same of values, where the model tells them.
    """
    cut, until, unit_days = period
    length = until - cut
    came, last = _between(known, days, cut, until), _between(known, days, cut - length, cut)
    age = np.maximum(_column(known, "age") * unit_days, 1.0)
    own = _column(known, "frequency") / age * length.days
    figures = [Figure("holdout", ORDER_DAYS, float(came.orders.sum()), CAME)]
    for name, guess in ((MODEL, expected.orders), (LAST, last.orders), (OWN, own)):
        figures += _errors(name, ORDER_DAYS, guess, came.orders)
    if expected.value is not None:
        spent = own * _column(known, "mean_value")
        figures.append(Figure("holdout", "value", float(came.value.sum()), CAME))
        for name, guess in ((MODEL, expected.value), (LAST, last.value), (OWN, spent)):
            figures += _errors(name, "value", guess, came.value)
    return tuple(figures)


def beaten_by(figures: tuple[Figure, ...]) -> list[str]:
    """In words, where a guess without a model was no further off by either error: then the model adds nothing."""
    found = {(figure.of, figure.name): figure.value for figure in figures}
    told = []
    for guess in (LAST, OWN):
        if all(found[guess, error] <= found[MODEL, error] for error in ("mean error", "RMS error")):
            off = f"{found[guess, 'mean error']:.2f} beside {found[MODEL, 'mean error']:.2f} order days a customer"
            told.append(f"out of sample {guess} was no further off ({off}): better not build on it")
    return told


def _errors(of: str, what: str, guess: Numbers, came: Numbers) -> Iterator[Figure]:
    own = "" if what == ORDER_DAYS else f" of {what}"
    yield Figure("holdout", what, float(guess.sum()), of)
    yield Figure("holdout", f"mean error{own}", float(np.abs(guess - came).mean()), of)
    yield Figure("holdout", f"RMS error{own}", float(np.sqrt(((guess - came) ** 2).mean())), of)


def _column(known: pl.DataFrame, name: str) -> Numbers:
    return known[name].cast(pl.Float64).fill_null(0.0).to_numpy()


def _between(known: pl.DataFrame, days: pl.DataFrame, after: date, until: date) -> _Came:
    """The days with orders of each known profile after one day and up to another, and their value."""
    inside = days.filter((pl.col("day") > after) & (pl.col("day") <= until))
    sums = inside.group_by("profile_id").agg(pl.len().alias("n"), pl.col("value").sum())
    joined = known.select("profile_id").join(sums, on="profile_id", how="left", maintain_order="left")
    orders, value = (joined[name].fill_null(0).cast(pl.Float64).to_numpy() for name in ("n", "value"))
    return _Came(orders, value / MONEY_SCALE)
