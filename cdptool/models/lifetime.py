"""
Lifetime models over frames: days with orders in, a row per profile out, and how far off the model was last time.

The parameters come from all histories up to the day. How good they are is told by a second fit that does not see
the last `holdout` days: what it expects there stands beside what came, and beside two guesses that need no model.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.models import geometric, pareto, spending
from cdptool.models.figures import Figure, Result
from cdptool.models.fitting import Fit, Unfit
from cdptool.models.geometric import Geometric
from cdptool.models.histories import Distinct, Numbers, distinct, histories
from cdptool.models.holdout import Expected, Period, beaten_by, held_out
from cdptool.models.pareto import Pareto
from cdptool.models.spec import LifetimeSpec
from cdptool.tables import MONEY_SCALE

# Below this the parameters of made-up customers come out anywhere (docs/models.md): no numbers are better then.
LEAST_CUSTOMERS: Final = 200
LEAST_REPEATERS: Final = 50

_UNIT_DAYS: Final = {"day": 1.0, "week": 7.0}


class Fitted(NamedTuple):
    """A model of purchases and, where values are asked for, of what they are worth."""

    model: Geometric | Pareto
    purchases: Fit
    spending: Fit | Unfit | None


def fit_lifetime(spec: LifetimeSpec, days: pl.DataFrame, until: date, currency: str | None) -> Result:
    """
    Fit a model and score every profile.

    Args:
        spec: The model.
        days: PURCHASES. Any order; those after `until` are not seen.
        until: The day the answer is for.
        currency: Of all values; None where there are none.

    Returns:
        One row per profile with an order, sorted: `profile_id`, `alive` (0–1), `expected_orders` (days with orders in
        the horizon), `order_days` (so far) and, where values are asked for, `day_value` and `value` in
        ten-thousandths (Int64) with their currencies; null where the values allow no fit. Empty where the fit is
        refused. The figures, and what was refused, in words.
    """
    known = _known(spec, days, until)
    data = _data_figures(known, until, days)
    short = too_few(known)
    if short:
        return Result(_no_rows(spec), data, (short,))
    fitted = _fit(spec, known)
    if isinstance(fitted, Unfit):
        return Result(_no_rows(spec), data, (fitted.reason,))
    told = [*data, *_parameters(spec, fitted)]
    refused = [f"values: {fitted.spending.reason}"] if isinstance(fitted.spending, Unfit) else []
    if fitted.purchases.is_flat:
        refused.append(
            "customers hardly differ, so its parameters say little; what is expected of them holds"
        )
    holdout = _holdout(spec, days, until)
    if isinstance(holdout, str):
        refused.append(f"hold-out error: {holdout}")
    else:
        refused += beaten_by(holdout)
    table = _scores(spec, fitted, known, currency)
    return Result(table, (*told, *(() if isinstance(holdout, str) else holdout)), tuple(refused))


def too_few(known: pl.DataFrame) -> str | None:
    """Why so few histories allow no fit; None where they do."""
    n, again = known.height, int((known["frequency"] > 0).sum())
    if n < LEAST_CUSTOMERS:
        return f"{n:,} customers have ordered, at least {LEAST_CUSTOMERS} are needed"
    if again < LEAST_REPEATERS:
        return f"{again:,} customers have ordered on two days or more, at least {LEAST_REPEATERS} are needed"
    return None


def _known(spec: LifetimeSpec, days: pl.DataFrame, until: date) -> pl.DataFrame:
    return histories(days.lazy(), until, _UNIT_DAYS[spec.unit]).collect()


def _model(spec: LifetimeSpec) -> Geometric | Pareto:
    return Pareto() if spec.kind == "pareto_nbd" else Geometric(modified=spec.kind == "mbg_nbd")


def _fit(spec: LifetimeSpec, known: pl.DataFrame) -> Fitted | Unfit:
    model = _model(spec)
    found = model.fit(distinct(known))
    if isinstance(found, Unfit):
        return found
    return Fitted(model, found, _fit_spending(known) if spec.orders.value else None)


def _fit_spending(known: pl.DataFrame) -> Fit | Unfit:
    again = known.filter((pl.col("frequency") > 0) & (pl.col("mean_value") > 0)).sort(
        "frequency", "mean_value"
    )
    if again.height < LEAST_REPEATERS:
        return Unfit(
            f"{again.height:,} customers with later orders of a value, at least {LEAST_REPEATERS} are needed"
        )
    return spending.fit_spending(
        again["frequency"].cast(pl.Float64).to_numpy(), again["mean_value"].to_numpy()
    )


def _each(known: pl.DataFrame) -> Distinct:
    """Every history for itself, in the order of the profiles."""
    frequency, recency, age = (
        known[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency", "age")
    )
    return Distinct(frequency, recency, age, np.ones(known.height))


def _scores(spec: LifetimeSpec, fitted: Fitted, known: pl.DataFrame, currency: str | None) -> pl.DataFrame:
    data, parameters = _each(known), fitted.purchases.parameters
    orders = fitted.model.expected(parameters, data, spec.horizon_days / _UNIT_DAYS[spec.unit])
    table = known.select(
        "profile_id",
        pl.Series("alive", fitted.model.alive(parameters, data)),
        pl.Series("expected_orders", orders),
        (pl.col("frequency") + 1).alias("order_days"),
    )
    if not spec.orders.value:
        return table
    worth = _day_values(fitted.spending, known)
    amounts = {"day_value": worth, "value": None if worth is None else worth * orders}
    for name, amount in amounts.items():
        empty = pl.lit(None, pl.Int64).alias(name)
        whole = empty if amount is None else pl.Series(name, amount * MONEY_SCALE).round(0).cast(pl.Int64)
        table = table.with_columns(whole, pl.lit(currency, pl.String).alias(f"{name}_currency"))
    return table


def _day_values(found: Fit | Unfit | None, known: pl.DataFrame) -> Numbers | None:
    """What a future day with orders is worth, of each profile; None where the values allow no fit."""
    if not isinstance(found, Fit):
        return None
    has_mean = known["mean_value"].is_not_null() & (known["frequency"] > 0)
    frequency = np.where(has_mean.to_numpy(), known["frequency"].cast(pl.Float64).to_numpy(), 0.0)
    return spending.expected_value(found.parameters, frequency, known["mean_value"].fill_null(0.0).to_numpy())


def _no_rows(spec: LifetimeSpec) -> pl.DataFrame:
    schema: dict[str, pl.DataType] = {
        "profile_id": pl.Int64(), "alive": pl.Float64(), "expected_orders": pl.Float64(), "order_days": pl.Int64(),
    }  # fmt: skip
    if spec.orders.value:
        for name in ("day_value", "value"):
            schema |= {name: pl.Int64(), f"{name}_currency": pl.String()}
    return pl.DataFrame(schema=schema)


def _data_figures(known: pl.DataFrame, until: date, days: pl.DataFrame) -> tuple[Figure, ...]:
    n_days = days.filter(pl.col("day") <= until).height
    again = int((known["frequency"] > 0).sum())
    return (
        Figure("data", "customers", float(known.height)),
        Figure("data", "of whom came back", float(again)),
        Figure("data", "order days", float(n_days)),
    )


def _parameters(spec: LifetimeSpec, fitted: Fitted) -> list[Figure]:
    names = pareto.NAMES if spec.kind == "pareto_nbd" else geometric.NAMES
    found = fitted.purchases
    told = [Figure("parameters", name, value) for name, value in zip(names, found.parameters, strict=True)]
    told.append(Figure("parameters", "log-likelihood", found.log_likelihood))
    if isinstance(fitted.spending, Fit):
        values = fitted.spending.parameters
        told += [Figure("spending", name, value) for name, value in zip(spending.NAMES, values, strict=True)]
        told.append(Figure("spending", "log-likelihood", fitted.spending.log_likelihood))
    return told


def _holdout(spec: LifetimeSpec, days: pl.DataFrame, until: date) -> tuple[Figure, ...] | str:
    """How far off a fit is that does not see the last days, beside guesses without a model; or why it is not told."""
    cut = until - timedelta(days=spec.holdout_days)
    known = _known(spec, days, cut)
    short = too_few(known)
    if short:
        return f"before {cut:%Y-%m-%d} {short}"
    fitted = _fit(spec, known)
    if isinstance(fitted, Unfit):
        return fitted.reason
    length = spec.holdout_days / _UNIT_DAYS[spec.unit]
    data = _each(known)
    expected = fitted.model.expected(fitted.purchases.parameters, data, length)
    worth = _day_values(fitted.spending, known)
    value = None if worth is None else expected * worth
    return held_out(known, days, Period(cut, until, _UNIT_DAYS[spec.unit]), Expected(expected, value))
