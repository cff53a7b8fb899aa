"""Integers, numbers and money: by the declared decimal sign, exactly."""

from __future__ import annotations

import random
from decimal import Decimal

import polars as pl
import pytest

from cdptool.fields import currency_code
from tests.fields.reading import read

POINT: dict[str, str | None] = {
    "12": "12",
    "12.5": "12.5",
    "1,234.50": "1234.5",
    "1,234,567": "1234567",
    "(12.00)": "-12",
    "12-": "-12",
    "1.234.567": "1234567",
    "1.234": "1.234",
    "$1,000": "1000",
    "-$5": "-5",
    "12 USD": "12",
    "0012.50": "12.5",
    "12.3456": "12.3456",
    "12.340000": "12.34",
    "12.34567": None,
    ".5": "0.5",
    "5.": "5",
    "+7": "7",
    "−7": "-7",
    "1'234.5": "1234.5",
    "1 234.5": "1234.5",
    "1,23": None,
    "12,34,567": None,
    "1,2345": None,
    "1.2.3": None,
    "(12": None,
    "12)": None,
    "(-5)": None,
    "-5-": None,
    "1e5": None,
    "12 apples": None,
    "twelve": None,
    "922337203685477.5807": "922337203685477.5807",
    "922337203685477.5808": None,
    "9" * 16: None,
}
COMMA: dict[str, str | None] = {
    "1.234.567,50 ₫": "1234567.5",
    "VND 50.000": "50000",
    "50.000đ": "50000",
    "5.000 VNĐ": "5000",
    "1.500": "1500",
    "-1,5": "-1.5",
    "12": "12",
    "1,234,567": "1234567",
    "1 234,5": "1234.5",
    "1\u202f234,5 €": "1234.5",
    "1.23": None,
    "1.5": None,
    "1,23,4": None,
    "1.2345": None,
    "50 nghìn": None,
    "1.50.000": None,
}


@pytest.mark.parametrize(("decimal", "cases"), [(".", POINT), (",", COMMA)])
def test_money_by_the_declared_decimal_sign(decimal: str, cases: dict[str, str | None]) -> None:
    for text, amount in cases.items():
        expected = (None, "invalid") if amount is None else (int(Decimal(amount) * 10_000), "valid")
        assert read("money", [text], decimal=decimal) == [expected], text


def test_random_amounts_come_back_exactly() -> None:
    """Float64 would lose the last digits of every amount over 900 billion."""
    seed = 9
    rng = random.Random(seed)
    amounts = [rng.randrange(-(2**63), 2**63) // 10 ** rng.randrange(12) for _ in range(2_000)]
    plain = [f"{Decimal(amount) / 10_000:f}" for amount in amounts]
    assert [value for value, _ in read("money", list(plain))] == amounts, f"seed {seed}"
    german = [f"{Decimal(amount) / 10_000:,f}".translate(str.maketrans(",.", ".,")) for amount in amounts]
    assert [value for value, _ in read("money", list(german), decimal=",")] == amounts, f"seed {seed}"


def test_currency_codes_are_read_from_signs_and_codes() -> None:
    texts = ["₫", "đ", "VNĐ", "vnd", "1.500 đ", "$5", "€", "US$ 5", "usd", "12", None]
    expected = ["VND", "VND", "VND", "VND", "VND", "USD", "EUR", "USD", "USD", None, None]
    assert currency_code(pl.Series(texts, dtype=pl.String)).to_list() == expected


def test_integers_refuse_decimals_but_zeros() -> None:
    cases = {"7": 7, "007": 7, "+7": 7, "-7": -7, "7.0": 7, "1,234": 1234, "9223372036854775807": 2**63 - 1}
    assert read("integer", list(cases)) == [(value, "valid") for value in cases.values()]
    texts = ["7.5", "1e5", "x", "9223372036854775808", "1,23"]
    assert read("integer", list(texts)) == [(None, "invalid")] * len(texts)


def test_numbers_by_the_declared_decimal_sign() -> None:
    assert [
        value for value, _ in read("number", ["1.5", "-.5", "1e3", "1,234.5", "1,5", "inf", "1e999"])
    ] == [
        *(1.5, -0.5, 1000.0, 1234.5),
        *(None, None, None),
    ]
    found = read("number", ["1,5", "1.500", "1.5", "1,5e3", "7"], decimal=",")
    assert [value for value, _ in found] == [1.5, 1500.0, None, 1500.0, 7.0]
