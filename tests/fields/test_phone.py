from __future__ import annotations

import csv
import random
from collections import Counter

import phonenumbers
import pytest

from cdptool.fields.phone import is_junk, judge_number, read_number
from cdptool.fields.vietnamese_numbers import AREA_CODES, MOBILE_CODES
from tests.fields.reading import read
from tests.shared import shared_data

NUMBER = ("+84987654312", "valid")
# Every trap of activation.md §3.1 and §3.2.
TRAPS: dict[str, tuple[str | None, str]] = {
    **dict.fromkeys(
        (
            *("0987654312", "987654312", "84987654312", "+840987654312", "0084987654312", "098.765.4312"),
            *(
                "(+84) 98 765 4312",
                "+84 (0) 987654312",
                "tel:+84987654312",
                "O987654312",
                "０９８７６５４３１２",
            ),
            *("٠٩٨٧٦٥٤٣١٢", "०९८७६५४३१२", "84987654312.0", "987654312.0", "0987654312/0912345687"),
            *("113 / 0987654312", "0987654312; 02438245678", "0987654312\n0912345687", "0987654312 ext 12"),
            *(" 098-765-4312 ", "\u202a0987654312\u202c"),
        ),
        NUMBER,
    ),
    "01687654312": ("+84387654312", "valid"),
    "841687654312": ("+84387654312", "valid"),
    "+84 168 765 4312": ("+84387654312", "valid"),
    "0438245679": ("+842438245679", "valid"),
    "08 38245679": ("+84838245679", "valid"),  # somebody's mobile today, so never rewritten
    **dict.fromkeys(
        ("0000000000", "0900000000", "0999999999", "0987654321", "0901234567"), (None, "placeholder")
    ),
    **dict.fromkeys(("113", "123", "abc", "8.49877E+10", "12345", "0287"), (None, "invalid")),
    "0992000012": (None, "invalid"),
}
# The plan's own examples are mostly invented, and end as invented numbers do. Last seven digits -> rows.
KEYBOARD_EXAMPLES = {
    "1234567": 158,
    "0123456": 138,
    "2345678": 110,
    "3456789": 22,
    "4567890": 6,
    "1112222": 2,
    "0010000": 1,
    "0000000": 1,
    "8000000": 1,
    "4441444": 1,
}


@pytest.mark.parametrize(("text", "expected"), TRAPS.items())
def test_traps(text: str, expected: tuple[str | None, str]) -> None:
    assert read("phone", [text]) == [expected]


def test_spreadsheet_exponents_and_short_codes_are_named() -> None:
    assert judge_number("8.49877E+10", "VN")[2] == "a spreadsheet exponent: the last digits are lost"
    assert judge_number("113", "VN")[2] == "a short code, not a phone number"
    assert judge_number("113/114", "VN")[2] == "a list without a valid number"


@pytest.mark.shared
def test_every_example_of_the_plans_is_read_as_its_e164() -> None:
    """1,032 rows in four spellings; the keyboard rule then takes the invented ones out, listed by their ending."""
    with shared_data("vectors/libphonenumber_examples.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1_032
    endings: Counter[str] = Counter()
    for region in sorted({row["region"] for row in rows}):
        ours = [row for row in rows if row["region"] == region]
        for spelling in ("national", "international", "e164", "rfc3966"):
            texts = [row[spelling] for row in ours]
            for row, text, (value, verdict) in zip(
                ours, texts, read("phone", texts, region=region), strict=True
            ):
                assert row["is_valid"] == "True"
                e164, national, _ = read_number(text, region)
                assert e164 == row["e164"]
                expected = (None, "placeholder") if is_junk(national) else (row["e164"], "valid")
                assert (value, verdict) == expected
                if spelling == "e164" and is_junk(national):
                    endings[national[-7:]] += 1
    assert endings == KEYBOARD_EXAMPLES


def test_home_numbers_agree_with_the_library_on_random_numbers() -> None:
    seed, n = 7, 60_000
    rng = random.Random(seed)
    texts = [f"0{rng.randrange(10**8, 10**9)}" for _ in range(n)]
    for text, (value, _) in zip(texts, read("phone", list(texts)), strict=True):
        number = phonenumbers.PhoneNumber(country_code=84, national_number=int(text))
        valid = phonenumbers.is_valid_number(number) and not is_junk(text)
        # What is no number today may still be an old one that is rewritten.
        assert (value == f"+84{text[1:]}") == valid, f"seed {seed}"


def test_all_spellings_agree_with_the_slow_reader() -> None:
    seed = 11
    rng = random.Random(seed)
    forms = ("0{}", "+84{}", "84{}", "{}", "0084{}", "+84 {}", "0{}.0", "0{} ", "(0){}", "0-{}", "+840{}")
    texts = [
        rng.choice(forms).format(rng.randrange(10 ** rng.choice((7, 8, 9, 9, 9, 10)))) for _ in range(1_500)
    ]
    for text, (value, verdict) in zip(texts, read("phone", list(texts)), strict=True):
        assert (value, verdict) == judge_number(text.strip(), "VN")[:2], f"seed {seed}"


def test_old_forms_are_never_numbers_of_today() -> None:
    """A rewrite must not take away somebody's number: checked for codes of both kinds."""
    assert (len(MOBILE_CODES), len(AREA_CODES)) == (21, 42)
    rng = random.Random(3)
    for old, new in MOBILE_CODES.items():
        for _ in range(20):
            rest = f"{rng.randrange(10**7):07d}"
            assert not phonenumbers.is_valid_number(phonenumbers.parse(f"+84{old}{rest}"))
            assert phonenumbers.is_valid_number(phonenumbers.parse(f"+84{new}{rest}"))
    collisions = set()
    for old, new in AREA_CODES.items():
        for _ in range(100):
            rest = f"{rng.randrange(2, 9)}{rng.randrange(10 ** (7 if len(old) == 1 else 6)):0{7 if len(old) == 1 else 6}d}"
            if phonenumbers.is_valid_number(phonenumbers.parse(f"+84{old}{rest}")):
                collisions.add(old)
            elif not is_junk(rest):
                assert judge_number(f"0{old}{rest}", "VN")[0] == f"+84{new}{rest}"
    assert collisions == set()


def test_a_valid_number_is_never_rewritten() -> None:
    """055 9… is a mobile of today although 055 was Quảng Ngãi's code: no landline began with 9."""
    assert read("phone", ["0559917242", "0553817242"]) == [
        ("+84559917242", "valid"),
        ("+842553817242", "valid"),
    ]


def test_other_regions_read_their_national_form() -> None:
    cases = {"US": "(201) 555-0123", "GB": "07400 173456", "IT": "06 6981 2345", "AR": "011 15-2345-6783"}
    expected = ["+12015550123", "+447400173456", "+390669812345", "+5491123456783"]
    found = [read("phone", [text], region=region)[0][0] for region, text in cases.items()]
    assert found == expected
    assert read("phone", ["0987654312", "+84987654312"], region="US")[1] == NUMBER
