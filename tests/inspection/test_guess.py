"""A column's type is decided by its texts; its name is only a hint."""

from __future__ import annotations

import polars as pl
import pytest

from cdptool.inspection import guess_column


def _type(name: str, *texts: str) -> str:
    return guess_column(name, pl.Series(list(texts), dtype=pl.String)).type


@pytest.mark.parametrize(
    ("name", "texts", "expected"),
    [
        ("x", ["an@hoasen.vn", "binh@hoasen.vn"], "email"),
        ("email", ["9f86d081884c7d659a2feaa0c55ad015", "60303ae22b998861bce3b28f33eec1be"], "identifier"),
        ("email", ["red", "green"], "text"),
        ("sdt", ["0912345876", "0987612345"], "phone"),
        ("x", ["+84912345876", "+442079460123"], "phone"),
        ("order_no", ["0912345876", "0987612345"], "identifier"),
        ("user_id", ["12", "13"], "identifier"),
        ("store", ["007", "012"], "identifier"),
        ("serial", ["1234567890123456789", "1234567890123456788"], "identifier"),
        ("zip", ["02134", "10001"], "postcode"),
        ("Ngày sinh", ["31/12/1990", "01/02/1985"], "date"),
        ("created_at", ["2024-01-02 10:00:00", "2024-01-03 11:30:00"], "datetime"),
        ("dob", ["1990-01-02 00:00:00", "1985-03-04 00:00:00"], "date"),
        ("amount", ["12", "13.50"], "money"),
        ("total_items", ["12", "13"], "integer"),
        ("weight", ["1.25", "3.5"], "number"),
        ("is_active", ["1", "0"], "boolean"),
        ("clicks", ["1", "0"], "integer"),
        ("opt_in", ["yes", "no"], "boolean"),
        ("sex", ["M", "F"], "gender"),
        ("size", ["M", "F"], "text"),
        ("country", ["VN", "Đức"], "country"),
        ("HoTen", ["Nguyễn Văn An", "Trần Thị Bình"], "person_name"),
        ("first_name", ["Ann", "Bob"], "person_name"),
        ("name", ["Blue chair", "Red table"], "text"),
        ("address", ["5 Trần Phú", "12 Main Street"], "address"),
        ("ip_address", ["10.0.0.1", "10.0.0.2"], "text"),
        ("comment", ["all good", "never again"], "text"),
        ("empty", ["", "n/a"], "text"),
    ],
)
def test_the_type_follows_the_texts(name: str, texts: list[str], expected: str) -> None:
    assert _type(name, *texts) == expected


def test_a_few_wrong_texts_do_not_change_the_type() -> None:
    """A guess must survive the faults that it is there to find."""
    texts = pl.Series([str(i) for i in range(97)] + ["seven", "?!", "x"])
    assert guess_column("score", texts).type == "integer"


def test_the_share_never_says_all_where_one_is_missing() -> None:
    texts = pl.Series([f"user{i}@hoasen.vn" for i in range(1999)] + ["nobody"])
    found = guess_column("mail", texts)
    assert found.share < 1
    assert "99.9 %" in found.evidence


@pytest.mark.parametrize(
    ("texts", "formats", "either"),
    [
        (["25/12/2024", "01/02/2025"], ("%d/%m/%Y",), ()),
        (["12/25/2024", "01/02/2025"], ("%m/%d/%Y",), ()),
        (["05/06/2024", "01/02/2025"], (), ("%d/%m/%Y", "%m/%d/%Y")),
        (["25.12.24", "01.02.25"], ("%d.%m.%y",), ()),
        (["2024-12-25"], (), ()),
        (["25/12/2024 10:00", "01/02/2025 11:30"], ("%d/%m/%Y %H:%M",), ()),
        (["25 Dec 2024", "01 Feb 2025"], ("%d %b %Y",), ()),
        (["20241225", "20250102"], ("%Y%m%d",), ()),
    ],
)
def test_only_a_value_proves_the_order_of_day_and_month(
    texts: list[str], formats: tuple[str, ...], either: tuple[str, ...]
) -> None:
    found = guess_column("date", pl.Series(texts))
    assert (found.type in ("date", "datetime"), found.format, found.either) == (True, formats, either)


def test_times_that_carry_their_zone_say_so() -> None:
    assert guess_column("at", pl.Series(["2024-01-02T10:00:00Z"])).tz_hint == "UTC"
    assert guess_column("at", pl.Series(["2024-01-02T10:00:00+07:00"])).tz_hint == "+07:00"
    assert guess_column("at", pl.Series(["2024-01-02 10:00:00"])).tz_hint is None


@pytest.mark.parametrize(
    ("texts", "decimal", "either"),
    [
        (["1.250,50", "12,00"], ",", ()),
        (["1,250.50", "12.00"], ".", ()),
        (["1.250.000", "12.000"], ",", ()),
        (["1.250", "12.000"], ".", (".", ",")),
        (["950", "120", "800", "1.250", "12.000"], ",", ()),
        (["12", "13"], ".", ()),
    ],
)
def test_the_decimal_sign_is_proven_or_said_to_be_open(
    texts: list[str], decimal: str, either: tuple[str, ...]
) -> None:
    found = guess_column("price", pl.Series(texts))
    assert (found.type, found.decimal, found.either) == ("money", decimal, either)


def test_the_currency_is_read_from_the_amounts() -> None:
    assert guess_column("gia", pl.Series(["1.250.000 ₫", "90.000 ₫"])).currency == "VND"


def test_no_evidence_holds_a_value() -> None:
    """Evidence goes into files that people share."""
    found = guess_column("mail", pl.Series(["an@hoasen.vn", "binh@hoasen.vn"]))
    assert "hoasen" not in found.evidence
