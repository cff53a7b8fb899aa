from __future__ import annotations

import random
import sys

import polars as pl
import pytest

from cdptool.fields import FieldOptions, field_type, split_name
from tests.fields.reading import keys, read
from tests.shared import shared_data


def test_only_shouted_and_whispered_names_get_capitals() -> None:
    cases = {
        "nguyễn văn an": "Nguyễn Văn An",
        "NGUYỄN VĂN AN": "Nguyễn Văn An",
        "  Nguyễn\t Văn  An ": "Nguyễn Văn An",
        "Nguye\u0302\u0303n An": "Nguyễn An",
        "Ludwig van Beethoven": "Ludwig van Beethoven",
        "John McDonald": "John McDonald",
        "o'neil": "O'Neil",
        "Mr John Smith": "Mr John Smith",
        "Khách Sạn Hoa": "Khách Sạn Hoa",
    }
    assert read("person_name", list(cases)) == [(value, "valid") for value in cases.values()]


def test_nobody_is_a_placeholder() -> None:
    texts = [
        "test",
        "TEST",
        "n/a",
        "Khách lẻ",
        "KHÁCH LẺ",
        "khach le",
        "unknown",
        "Không tên",
        "Guest",
        "Unknown",
    ]
    assert read("person_name", list(texts)) == [(None, "placeholder")] * len(texts)
    assert read("person_name", ["12", "a@b.vn", "***"]) == [(None, "invalid")] * 3


def test_no_letter_that_nfc_changes_is_taken_as_it_is() -> None:
    letters = [chr(c) for c in range(sys.maxunicode + 1) if chr(c).isalpha()]
    texts = pl.Series(
        [f"{letter}a Bi{letter}" for letter in letters] + [f"A{letter} Bi" for letter in letters]
    )
    taken = field_type("person_name").quick(texts, FieldOptions()).drop_nulls()
    assert len(taken) > 1_000
    assert taken.str.normalize("NFC").equals(taken)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Nguyễn Văn Hoà", "NGUYEN VAN HOA"),
        ("Hoà", "Hòa"),
        ("Thuỷ Tuý", "Thủy Túy"),
        ("Đặng Đức", "dang duc"),
        ("Nguyễn Văn Anh", "Anh Nguyễn Văn"),
        ("Ông Nguyễn Văn An", "Nguyễn Văn An"),
        ("Chị Nguyễn Thị Lan", "Nguyễn Thị Lan"),
        ("Bà Lê Lan", "Lê Lan"),
        ("Mr. John Smith Jr.", "Smith, John"),
        ("Dr. Prof. Ann Lee", "ann lee"),
        ("Müller, Jürgen", "JURGEN MULLER"),
    ],
)
def test_one_key_for_one_name(left: str, right: str) -> None:
    assert len(set(keys("person_name", [left, right]))) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Nguyễn Văn An", "Nguyễn An"),
        ("An", "Anh"),
        ("Chi Lan", "Lan"),
        ("Mr", "Mrs"),
        ("Nguyễn Nguyễn An", "Nguyễn An"),
    ],
)
def test_different_names_have_different_keys(left: str, right: str) -> None:
    assert len(set(keys("person_name", [left, right]))) == 2


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["boy", "girl"])
def test_vietnamese_names_agree_with_themselves_without_accents_and_in_any_order(kind: str) -> None:
    with_accents = shared_data(f"ref_vietnam/names/{kind}.txt").read_text("utf-8").splitlines()
    without = shared_data(f"ref_vietnam/names/{kind}_no_accents.txt").read_text("utf-8").splitlines()
    assert len(with_accents) > 1_200
    expected = keys("person_name", list(with_accents))
    assert keys("person_name", list(without)) == expected
    rng = random.Random(1)
    shuffled = [" ".join(rng.sample(words, len(words))) for words in map(str.split, with_accents)]
    assert keys("person_name", shuffled) == expected
    values = [value for value, verdict in read("person_name", list(with_accents)) if verdict == "valid"]
    assert len(values) == len(with_accents)


def test_names_are_split_by_order() -> None:
    names = pl.DataFrame(
        {"n": ["Nguyễn Thị Lan Anh", "Mr John Q Smith", "Smith, John", "Anh", "", None, "Ông Lê Lợi"]}
    )

    def split(order: str) -> list[tuple[str | None, ...]]:
        parts = split_name(pl.col("n"), order)
        return names.select(g=parts.given, m=parts.middle, f=parts.family).rows()

    nothing = (None, None, None)
    assert split("auto") == [
        ("Anh", "Thị Lan", "Nguyễn"),
        ("John", "Q", "Smith"),
        ("John", None, "Smith"),
        ("Anh", None, None),
        nothing,
        nothing,
        ("Lợi", None, "Lê"),
    ]
    assert split("vn")[0] == ("Anh", "Thị Lan", "Nguyễn")
    assert split("western")[0] == ("Nguyễn", "Thị Lan", "Anh")
