"""The figures that the literature gives for CDNOW and CLVTools for its apparel, from rows of orders on."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from cdptool.models import LifetimeSpec, OrdersSpec, fit_lifetime, purchases
from cdptool.models.histories import distinct, histories
from cdptool.models.pareto import Pareto
from cdptool.models.spec import Kind
from tests.shared import shared_data

CALIBRATED = date(1997, 9, 30)
CDNOW = {
    "bg_nbd": ((0.243, 4.414, 0.793, 2.426), -9582.4),
    "mbg_nbd": ((0.5248, 6.1831, 0.8914, 1.614), None),
    "pareto_nbd": ((0.553, 10.578, 0.606, 11.669), -9595.0),
}


def days(folder: str, file: str, names: tuple[str, str, str]) -> pl.DataFrame:
    """The rows of a file as days with orders."""
    profile, day, value = names
    rows = pl.read_csv(shared_data(folder) / file, try_parse_dates=True).with_row_index("event_id")
    orders = rows.lazy().select(
        pl.col(profile).cast(pl.Int64).alias("profile_id"),
        pl.col(day).alias("day"),
        pl.lit(None, pl.String).alias("order"),
        pl.col("event_id").cast(pl.Int64),
        (pl.col(value) * 10_000).round(0).cast(pl.Int64).alias("value"),
    )
    return purchases(orders).collect()


@pytest.fixture(scope="module")
def cdnow() -> pl.DataFrame:
    return days("clv_cdnow", "cdnow_sample_1in10.csv", ("customer_id", "date", "amount"))


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_cdnow_has_the_published_parameters(cdnow: pl.DataFrame, kind: Kind) -> None:
    spec = LifetimeSpec("clv", kind, OrdersSpec("order", value="amount"))
    result = fit_lifetime(spec, cdnow, CALIBRATED, "USD")
    figures = {(figure.part, figure.name): figure.value for figure in result.figures}
    parameters, likelihood = CDNOW[kind]
    found = [value for (part, name), value in figures.items() if part == "parameters"]
    assert found[:4] == pytest.approx(parameters, rel=0.002)
    if likelihood is not None:
        assert found[4] == pytest.approx(likelihood, abs=0.1)
    spent = [value for (part, name), value in figures.items() if part == "spending"]
    assert spent[:3] == pytest.approx((6.25, 3.74, 15.45), rel=0.002)
    assert spent[3] == pytest.approx(-4055.9, abs=0.1)


@pytest.mark.shared
def test_the_model_is_nearer_than_both_guesses_on_cdnow(cdnow: pl.DataFrame) -> None:
    """In the 39 weeks after the calibration, as everybody reports it."""
    spec = LifetimeSpec("clv", "bg_nbd", OrdersSpec("order"), holdout_days=273)
    result = fit_lifetime(spec, cdnow, date(1998, 6, 30), None)
    found = {(figure.of, figure.name): figure.value for figure in result.figures if figure.part == "holdout"}
    assert found["what came", "order days"] == 6_696 - 4_814
    for error in ("mean error", "RMS error"):
        assert found["the model", error] < found["the last period again", error]
        assert found["the model", error] < found["the own rate so far", error]


@pytest.mark.shared
def test_our_histories_of_cdnow_are_those_of_hardie(cdnow: pl.DataFrame) -> None:
    ours = histories(cdnow.lazy(), CALIBRATED, 7).collect().sort("profile_id")
    theirs = pl.read_csv(shared_data("clv_cdnow") / "cdnow_customers_summary.csv").sort("ID")
    assert ours["frequency"].to_list() == theirs["frequency"].to_list()
    for name, written in (("recency", "recency"), ("age", "T")):
        assert (ours[name] - theirs[written]).abs().max() < 0.006  # theirs are rounded to two digits


@pytest.mark.shared
def test_apparel_has_the_parameters_of_clvtools() -> None:
    """Estimated on the first 104 weeks; CLVTools prints 1.4490, 48.6361, 0.5613, 46.8844, -5848.10."""
    apparel = days("clv_apparel", "apparel_trans.csv", ("Id", "Date", "Price"))
    fit = Pareto().fit(distinct(histories(apparel.lazy(), date(2006, 12, 31), 7).collect()))
    assert fit.parameters == pytest.approx((1.4490, 48.6361, 0.5613, 46.8844), rel=0.0002)
    assert fit.log_likelihood == pytest.approx(-5848.10, abs=0.01)
