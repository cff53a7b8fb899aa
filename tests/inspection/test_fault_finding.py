"""Planted faults are found and clean tables are left in peace."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from cdptool.inspection.fault_finding import find_faults, table_of
from tests.frames import ROUNDS
from tests.inspection.planted import FAULTS, SHAPES, Planted, frame_of, plant, plant_shift

TODAY = date(2026, 11, 22)


def found(frame: pl.DataFrame) -> list[tuple[str, frozenset[int]]]:
    return [
        (fault.kind, frozenset(fault.rows.tolist()))
        for fault in find_faults(table_of("t", frame, today=TODAY))
    ]


def assert_only_planted(planted: Planted) -> None:
    faults = found(planted.frame)
    told = frozenset().union(*(rows for kind, rows in faults if kind == planted.kind))
    assert [kind for kind, _ in faults if kind != planted.kind] == []
    assert told - planted.accepted == planted.rows - planted.accepted


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=lambda n: f"{FAULTS[n][1]}-{FAULTS[n][2]}-{n}")
def test_a_planted_fault_is_found_whole_and_nothing_else_is_accused(number):
    """The promise of `profile`: the rows at fault, all of them, and no clean column."""
    for seed in range(ROUNDS):
        assert_only_planted(plant(number, 400, seed))


def test_shifted_rows_are_told_once_and_not_as_wrong_types():
    for seed in range(ROUNDS):
        assert_only_planted(plant_shift(300, seed))


@pytest.mark.parametrize(("name", "make"), SHAPES, ids=[name for name, _ in SHAPES])
@pytest.mark.parametrize("n_rows", [6, 60, 2000])
def test_a_clean_table_is_not_accused(name, make, n_rows):
    """Heavy tails, rare grades, nearly equal names, sparse notes and balances of both signs are no faults."""
    for seed in range(ROUNDS):
        assert found(frame_of(make(n_rows, np.random.default_rng([seed, n_rows])))) == [], name


def test_no_rows_and_empty_columns_are_described_without_a_fault():
    empty = pl.DataFrame({"a": [], "b": []}, schema={"a": pl.String, "b": pl.String})
    assert found(empty) == []
    assert found(pl.DataFrame({"a": [None] * 50, "b": [""] * 50}, schema=empty.schema)) == []


def test_a_reference_to_nothing_is_found_in_another_file():
    keys = table_of("products", pl.DataFrame({"sku": [f"S{i:03d}" for i in range(40)]}), today=TODAY)
    used = [f"S{i % 40:03d}" for i in range(200)]
    used[17] = "S999"
    orders = table_of(
        "orders", pl.DataFrame({"line": [str(i) for i in range(200)], "sku": used}), today=TODAY
    )
    (fault,) = find_faults(orders, (keys, orders))
    assert (fault.kind, fault.columns, fault.rows.tolist()) == ("dangling_reference", ("sku",), [17])
    assert fault.expect == "sku in products.sku"


def test_a_repeated_row_is_told_once_and_not_as_a_repeated_key():
    frame = frame_of(SHAPES[0][1](100, np.random.default_rng(5)))
    again = pl.concat([frame, frame[10:12]])
    assert found(again) == [("duplicate_row", frozenset({100, 101}))]


def test_refunds_of_a_kind_of_their_own_are_no_outliers():
    """A value of another column explains the sign: not a slip."""
    amounts = ["-25.00" if i % 50 == 0 else f"{20 + i % 17}.00" for i in range(400)]
    kinds = ["refund" if i % 50 == 0 else "sale" for i in range(400)]
    assert found(pl.DataFrame({"amount": amounts, "kind": kinds})) == []
