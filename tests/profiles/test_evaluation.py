"""Streams become one tagged frame with only what the rules need; engines give the same answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.engines import BucketEngine, LocalEngine
from cdptool.errors import ConfigError, SchemaError
from cdptool.profiles import answer as profiles_answer
from cdptool.profiles import evaluate, event_rows, event_schema, require_one_currency
from cdptool.rules import Question, evaluate_kernel, needs
from tests.rules.books import AS_OF, CATALOG, answer, book, rows
from tests.rules.worlds import make_case

RULES = book(
    {"spend": 'sum(order.total["90d"])'}, {"left": 'exists(cart["5h":"3h"].where(none(order["+"])))'}
)


def test_event_rows_hold_the_needed_columns_and_times() -> None:
    wanted = needs(RULES, CATALOG, AS_OF)
    streams = {
        "order": rows(
            "order", [{"who": 1, "at": "2026-01-01", "total": 9}, {"who": 1, "at": "13:00", "total": 5}]
        ),
        "cart": rows("cart", [{"who": 2, "at": "10:00"}, {"who": None, "at": "10:30"}]),
    }
    assert list(wanted.streams) == ["cart", "order"]
    cart, order = (each.collect() for each in event_rows(streams, wanted, CATALOG).values())
    assert order.schema == pl.Schema(event_schema("order", wanted.streams["order"], CATALOG))
    assert cart.drop("at", "event_id").rows() == [(2,), (None,)]  # whose it is not is for the kernel to say
    assert order.drop("at", "event_id").rows() == [(1, 5, "VND")]


def test_a_stream_without_rows_yet_is_empty_and_one_without_a_column_is_refused() -> None:
    wanted = needs(RULES, CATALOG, AS_OF)
    for name, found in event_rows({}, wanted, CATALOG).items():
        assert found.collect().schema == pl.Schema(event_schema(name, wanted.streams[name], CATALOG))
    with pytest.raises(SchemaError, match="`stream_order` lacks column `total`"):
        event_rows({"order": rows("order", []).drop("total")}, wanted, CATALOG)


def test_every_engine_gives_the_same_answers(tmp_path: Path) -> None:
    events = {
        "order": rows("order", [{"who": each % 5, "at": "13:00", "total": each} for each in range(8)]),
        "cart": rows("cart", [{"who": each, "at": "10:00"} for each in range(8)]),
    }
    given = event_rows(events, needs(RULES, CATALOG, AS_OF), CATALOG)
    people = pl.LazyFrame({"profile_id": list(range(8))})
    kernel = evaluate_kernel(RULES, CATALOG, as_of=AS_OF, complete_until={})
    whole = evaluate(LocalEngine(), people, given, kernel).collect()
    for n in (3, 8):
        with BucketEngine(n, tmp_path) as engine:
            assert_frame_equal(evaluate(engine, people, given, kernel).collect().sort("profile_id"), whole)


def test_two_currencies_in_one_sum_stop_the_run_without_a_value() -> None:
    orders = [{"who": 1, "at": "09:00", "total": 7, "total_currency": code} for code in ("VND", "USD")]
    with pytest.raises(ConfigError) as refused:
        require_one_currency(answer(RULES, given={"order": orders}))
    assert str(refused.value) == "amounts of two currencies meet in one aggregate of 1 profiles"
    require_one_currency(answer(RULES, given={"order": orders[:1]}))


@pytest.mark.parametrize("seed", [2, 9])
def test_every_engine_finds_the_same_cut_points_and_arms(seed: int, tmp_path: Path) -> None:
    """Ranks and strata are over all profiles, though a kernel sees those of one hash bucket."""
    case = make_case(seed, n_profiles=15)
    tables = {"products": case.product_table()}
    question = Question(case.book, case.catalog, case.as_of, case.complete, tables=tables)
    people, events = case.profile_frame().lazy(), {name: rows.lazy() for name, rows in case.events().items()}
    whole = profiles_answer(LocalEngine(), people, events, question).collect().sort("profile_id")
    for n in (1, 3, 8):
        with BucketEngine(n, tmp_path) as engine:
            found = profiles_answer(engine, people, events, question).collect().sort("profile_id")
            assert_frame_equal(found, whole)
