"""Tables of models: what counts as an order, when a fit is refused, and that no order of rows shows."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.models import (
    LifetimeSpec,
    OrdersSpec,
    Result,
    RhythmSpec,
    fit_lifetime,
    fit_look_alike,
    fit_rhythm,
    purchases,
)
from cdptool.models.histories import distinct, histories
from cdptool.models.logistic import ranking
from cdptool.models.rhythm import rhythms
from tests.models.histories import FIRST, days_of

pytest.importorskip("scipy")
ORDERS = OrdersSpec("order", value="total")
CLV = LifetimeSpec("clv", "bg_nbd", ORDERS, horizon_days=30, holdout_days=60)
UNTIL = FIRST + timedelta(days=300)


def shop(n: int, seed: int = 1, *, alike: bool = False) -> pl.DataFrame:
    """Customers with a rhythm of their own, some of whom stop, some sooner; amounts about a mean of their own."""
    chance = np.random.default_rng(seed)
    rows: list[tuple[int, int, float]] = []
    for profile in range(n):
        day, gap, mean = int(chance.integers(0, 120)), chance.gamma(2, 15), chance.gamma(4, 10)
        leave = 0.15 if alike else chance.beta(0.7, 2.5)
        while day < 300:
            rows.append((profile, day, round(float(mean * chance.gamma(5, 0.2)), 2) + 1))
            if chance.random() < leave:
                break
            day += 1 + int(chance.exponential(gap))
    return days_of(rows).unique(["profile_id", "day"], keep="first", maintain_order=True)


@pytest.fixture(scope="module")
def bought() -> pl.DataFrame:
    return shop(500)


def rows(*lines: tuple[int, int, str | None, int | None]) -> list[tuple[int, int, int | None]]:
    """What becomes of lines (profile, day of January, order, value): profile, day, value."""
    frame = pl.DataFrame(
        [(one, date(2026, 1, day), order, i, value) for i, (one, day, order, value) in enumerate(lines)],
        schema={
            "profile_id": pl.Int64,
            "day": pl.Date,
            "order": pl.String,
            "event_id": pl.Int64,
            "value": pl.Int64,
        },
        orient="row",
    )
    found = purchases(frame.lazy()).collect().sort("profile_id", "day")
    return [(one, day.day, value) for one, day, value in found.iter_rows()]


def test_lines_of_one_order_are_one_order_on_its_first_day() -> None:
    assert rows((1, 3, "a", 10), (1, 2, "a", 20)) == [(1, 2, 30)]


def test_orders_of_one_day_are_one_purchase() -> None:
    assert rows((1, 3, "a", 10), (1, 3, "b", 20), (1, 3, None, 5)) == [(1, 3, 35)]


def test_the_same_number_of_two_people_is_two_orders() -> None:
    assert rows((1, 3, "a", 10), (2, 3, "a", 20)) == [(1, 3, 10), (2, 3, 20)]


def test_what_was_given_back_whole_was_no_order_and_a_refund_is_none() -> None:
    assert rows((1, 1, "a", 10), (1, 2, "a", -10), (1, 3, "refund", -10), (1, 4, None, -1)) == []


def test_what_was_given_back_in_part_is_worth_the_rest() -> None:
    assert rows((1, 1, "a", 10), (1, 5, "a", -3)) == [(1, 1, 7)]


def test_what_was_free_is_an_order_and_so_is_one_of_unknown_value() -> None:
    assert rows((1, 1, "a", 0), (1, 2, "b", None)) == [(1, 1, 0), (1, 2, None)]


def test_a_history_begins_with_the_first_order_and_does_not_count_it() -> None:
    days = days_of([(1, 0, 5.0), (1, 14, 6.0), (1, 21, 8.0), (2, 7, 9.0), (3, 29, 1.0)])
    known = histories(days.lazy(), FIRST + timedelta(days=28), 7).collect()
    assert known.rows() == [(1, 2, 3.0, 4.0, 7.0), (2, 0, 0.0, 3.0, None)]
    assert distinct(known).n.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_every_customer_gets_a_row_of_sensible_values(bought: pl.DataFrame, kind: str) -> None:
    spec = LifetimeSpec("clv", kind, ORDERS, holdout_days=60)  # type: ignore[arg-type]  # one of the three
    result = fit_lifetime(spec, bought, UNTIL, "VND")
    assert result.refused == ()
    assert result.table["profile_id"].to_list() == sorted(bought["profile_id"].unique())
    assert result.table["alive"].is_between(0, 1).all()
    assert (result.table["expected_orders"] >= 0).all()
    assert (result.table["day_value"] > 0).all()
    expected = result.table["day_value"] * result.table["expected_orders"]
    assert (
        result.table["value"] - expected
    ).abs().max() <= 5  # ten-thousandths: a day's value is rounded before
    assert set(result.table["value_currency"]) == {"VND"}


def test_shuffled_orders_give_the_same_bytes(bought: pl.DataFrame) -> None:
    one = fit_lifetime(CLV, bought, UNTIL, "VND")
    two = fit_lifetime(CLV, bought.sample(fraction=1, shuffle=True, seed=7), UNTIL, "VND")
    assert_frame_equal(one.table, two.table, check_exact=True)
    assert one.figures == two.figures


def test_later_orders_are_not_seen(bought: pl.DataFrame) -> None:
    until = FIRST + timedelta(days=200)
    whole = fit_lifetime(CLV, bought, until, "VND")
    cut = fit_lifetime(CLV, bought.filter(pl.col("day") <= until), until, "VND")
    assert_frame_equal(whole.table, cut.table, check_exact=True)
    assert whole.figures == cut.figures


def test_without_values_there_are_none() -> None:
    result = fit_lifetime(LifetimeSpec("clv", "bg_nbd", OrdersSpec("order")), shop(300), UNTIL, None)
    assert result.table.columns == ["profile_id", "alive", "expected_orders", "order_days"]
    assert {figure.part for figure in result.figures} == {"data", "parameters", "holdout"}


def test_below_the_minimum_there_is_no_fit_and_a_sentence() -> None:
    result = fit_lifetime(CLV, shop(150), UNTIL, "VND")
    assert result.refused == ("150 customers have ordered, at least 200 are needed",)
    assert result.table.is_empty()
    assert result.table.columns == list(fit_lifetime(CLV, shop(300), UNTIL, "VND").table.columns)


def test_customers_who_never_come_back_allow_no_fit() -> None:
    days = days_of([(profile, profile % 90, 5.0) for profile in range(400)])
    result = fit_lifetime(CLV, days, UNTIL, "VND")
    assert result.refused == ("0 customers have ordered on two days or more, at least 50 are needed",)


def test_customers_who_leave_alike_are_fitted_and_it_says_that_the_parameters_say_little() -> None:
    result = fit_lifetime(CLV, shop(600, alike=True), UNTIL, "VND")
    assert result.refused == (
        "customers hardly differ, so its parameters say little; what is expected of them holds",
    )
    found = {(figure.of, figure.name): figure.value for figure in result.figures if figure.part != "spending"}
    assert found["", "a"] / (found["", "a"] + found["", "b"]) == pytest.approx(0.15, abs=0.03)
    came = found["what came", "order days"]
    assert found["the model", "order days"] == pytest.approx(came, rel=0.15)


def test_orders_like_clockwork_are_no_crash() -> None:
    """All alike: the likelihood runs off to a rim, which is refused; or it is found, which is fine."""
    days = days_of([(profile, day, 5.0) for profile in range(250) for day in range(0, 300, 30)])
    result = fit_lifetime(CLV, days, UNTIL, "VND")
    assert result.refused != () or result.table.height == 250


def test_values_alike_of_all_customers_leave_the_purchases_fitted(bought: pl.DataFrame) -> None:
    """Gamma–Gamma has no maximum where nothing varies; alive and expected orders do not need it."""
    result = fit_lifetime(CLV, bought.with_columns(pl.lit(50_000).alias("value")), UNTIL, "VND")
    assert result.refused[0].startswith("values: ")
    assert result.table["value"].null_count() == result.table.height
    assert result.table["alive"].null_count() == 0


def test_too_short_a_past_leaves_the_holdout_out(bought: pl.DataFrame) -> None:
    spec = LifetimeSpec("clv", "bg_nbd", ORDERS, holdout_days=299)
    result = fit_lifetime(spec, bought, UNTIL, "VND")
    assert result.table.height > 0
    assert result.refused[0].startswith("hold-out error: before 2025-01-02 ")


def test_a_rhythm_is_the_median_of_ones_own_gaps() -> None:
    days = days_of([(1, 0), (1, 10), (1, 12), (1, 24), (2, 5), (2, 6)])
    found = rhythms(days.lazy(), FIRST + timedelta(days=54)).collect()
    assert found.rows() == [(1, 10.0, 30, 3.0, 3)]


def test_the_risk_of_who_is_overdue_is_greater_and_shuffling_changes_nothing(bought: pl.DataFrame) -> None:
    spec = RhythmSpec("rhythm", "rhythm", ORDERS, horizon_days=40)
    one = fit_rhythm(spec, bought, UNTIL)
    two = fit_rhythm(spec, bought.sample(fraction=1, shuffle=True, seed=7), UNTIL)
    assert_frame_equal(one.table, two.table, check_exact=True)
    late = one.table.filter(pl.col("overdue") > 3)["risk"].mean()
    early = one.table.filter(pl.col("overdue") < 1)["risk"].mean()
    assert isinstance(late, float)
    assert isinstance(early, float)
    assert late > early + 0.2
    figures = {(figure.of, figure.name): figure.value for figure in one.figures if figure.part == "holdout"}
    assert figures["the model", "squared error"] < figures["one risk for all", "squared error"]


def test_few_rhythms_show_who_is_overdue_without_a_risk() -> None:
    result = fit_rhythm(RhythmSpec("rhythm", "rhythm", ORDERS), shop(100), UNTIL)
    assert result.refused[0].startswith("risk: one horizon ago ")
    assert result.table.height > 0
    assert result.table["risk"].null_count() == result.table.height


def look_alike_world(n: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Profiles of whom those with a great `a` in one city are in the seed more often; `b` is noise."""
    chance = np.random.default_rng(5)
    ids = chance.choice(2**60, n, replace=False)
    a, b, city = chance.normal(size=n), chance.normal(size=n), chance.choice(["x", "y", "z"], n)
    is_in = chance.random(n) < 1 / (1 + np.exp(4 - 2 * a - 2 * (city == "x")))
    features = pl.DataFrame({"profile_id": ids, "a": a, "b": b, "city": city}).with_columns(
        pl.when(pl.col("b") > 1).then(None).otherwise("b").alias("b")
    )
    seed = features.filter(pl.Series(is_in)).select("profile_id", pl.lit("in").alias("state"))
    return features, seed


def held_out(result: Result) -> dict[tuple[str, str], float]:
    """What is told of profiles that were not seen."""
    return {(figure.of, figure.name): figure.value for figure in result.figures if figure.part == "holdout"}


def test_a_look_alike_lifts_out_of_sample_and_noise_does_not() -> None:
    features, seed = look_alike_world(3_000)
    lift = held_out(fit_look_alike(features, seed))
    assert lift["the best tenth", "lift"] > 2.5
    noise = fit_look_alike(features.select("profile_id", "b"), seed)
    by_noise = held_out(noise)
    assert by_noise["the best tenth", "lift"] == pytest.approx(1, abs=0.5)
    assert by_noise["all", "ranks rightly"] == pytest.approx(0.5, abs=0.06)


def test_a_look_alike_does_not_depend_on_the_order_of_profiles() -> None:
    features, seed = look_alike_world(1_500)
    one = fit_look_alike(features, seed)
    two = fit_look_alike(features.sample(fraction=1, shuffle=True, seed=1), seed.reverse())
    assert_frame_equal(one.table, two.table, check_exact=True)
    assert one.figures == two.figures


def test_no_figure_of_a_look_alike_tells_a_value_of_a_profile() -> None:
    features, seed = look_alike_world(1_500)
    secret = features.with_columns(pl.lit("Nguyen Thi Lan").alias("city"))
    both = pl.concat([features.head(750), secret.tail(750)])
    assert not any("Lan" in figure.name for figure in fit_look_alike(both, seed).figures)


def test_a_small_seed_is_refused() -> None:
    features, seed = look_alike_world(1_500)
    result = fit_look_alike(features, seed.head(49))
    assert result.refused == ("the seed has 49 members, at least 50 are needed",)
    assert result.table.columns == ["profile_id", "score", "rank"]


def test_who_may_be_in_the_seed_teaches_nothing_and_is_scored() -> None:
    features, seed = look_alike_world(1_500)
    unsure = seed.with_columns(
        pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("unknown")).otherwise("state").alias("state")
    )
    result = fit_look_alike(features, unsure)
    assert result.table.height == 1_500
    assert result.figures[0].value + result.figures[1].value == 1_495


def test_ranking_is_the_share_of_pairs_in_order() -> None:
    chance = np.random.default_rng(2)
    scores, is_true = chance.integers(0, 5, 60).astype(float), chance.random(60) < 0.4
    pairs = [(one, other) for one in scores[is_true] for other in scores[~is_true]]
    slow = sum((one > other) + 0.5 * (one == other) for one, other in pairs) / len(pairs)
    assert ranking(scores, is_true) == pytest.approx(slow)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_is_missing_to_a_look_alike(odd: float) -> None:
    """One infinite amount made all quantiles NaN, and with them one band of everybody."""
    features, seed = look_alike_world(1_500)
    numbers = features.select(pl.col("profile_id"), pl.col("a").cast(pl.Float64))
    is_odd = pl.col("profile_id") % 7 == 0
    told, plain = (
        fit_look_alike(
            numbers.with_columns(pl.when(is_odd).then(pl.lit(value)).otherwise("a").alias("a")), seed
        )
        for value in (odd, None)
    )
    assert_frame_equal(told.table, plain.table)


def test_a_field_that_a_look_alike_looks_at_may_have_any_name() -> None:
    features, seed = look_alike_world(1_500)
    texts = features.select("profile_id", a=pl.col("a").cast(pl.String))
    scored = [fit_look_alike(texts.rename({"a": name}), seed).table for name in ("a", "count", "value")]
    assert_frame_equal(scored[0], scored[1])
    assert_frame_equal(scored[0], scored[2])
