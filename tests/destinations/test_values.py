"""Typed values as text."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdptool.destinations.values import as_text, money_text, printed_ids
from cdptool.ids import printed_id


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_column_of_ids_prints_as_one_id_does(value: int) -> None:
    frame = pl.DataFrame({"profile_id": [value]}, schema={"profile_id": pl.Int64})
    assert frame.select(printed_ids(pl.col("profile_id"))).item() == printed_id(value)


@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_money_is_exact(amount: int) -> None:
    text = pl.DataFrame({"x": [amount]}, schema={"x": pl.Int64}).select(money_text(pl.col("x"))).item()
    assert Decimal(text) * 10_000 == amount
    assert not text.endswith((".", "0")) or "." not in text


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (True, pl.Boolean, "true"),
        (date(2026, 1, 2), pl.Date, "2026-01-02"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), pl.Datetime("us", "UTC"), "2026-01-02T03:00:00Z"),
        (7, pl.UInt16, "7"),
        (Decimal("1.50"), pl.Decimal(10, 2), "1.50"),
        (0.1, pl.Float64, "0.1"),
        (float("nan"), pl.Float64, None),
        ("đ", pl.String, "đ"),
        (None, pl.Null, None),
    ],
)
def test_each_type_has_one_text_form(value, dtype, text) -> None:
    frame = pl.DataFrame({"x": [value]}, schema={"x": dtype})
    assert frame.select(as_text("x", frame.schema)).item() == text


def test_null_stays_null_in_ids_and_money() -> None:
    frame = pl.DataFrame({"profile_id": [None]}, schema={"profile_id": pl.Int64})
    assert frame.select(printed_ids(pl.col("profile_id"))).item() is None
    assert frame.select(money_text(pl.col("profile_id"))).item() is None
