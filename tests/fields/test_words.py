"""Text, identifier, address, boolean, gender, country, postcode: case tables."""

from __future__ import annotations

import phonenumbers
import pytest

from cdptool.fields.country import _codes, _lookups, _table
from tests.fields.reading import keys, read

CASES: dict[str, dict[str, object]] = {
    "text": {" Hà Nội ": "Hà Nội", "a\nb": "a\nb", "Ha\u0300": "Hà", "0": "0"},
    "identifier": {"007": "007", " K 1 ": "K 1", "1.0": "1.0", "0": "0", "aB": "aB"},
    "address": {"12  Lê Lợi\nQ1": "12 Lê Lợi, Q1", "5 Trần Phú,\r\n Huế": "5 Trần Phú, Huế"},
    "boolean": {"Có": True, "TRUE": True, "1": True, "y": True, "không": False, "No": False, "0": False},
    "gender": {"Nam": "male", "NỮ": "female", "f": "female", "M": "male", "khác": "other"},
    "country": {"vn": "VN", "Viet Nam": "VN", "VIỆT NAM": "VN", "VNM": "VN", "Đức": "DE", "U.S.": "US"},
    "postcode": {"70000": "70000", "70000.0": "70000", "sw1a  1aa": "SW1A 1AA", "02139-4307": "02139-4307"},
}
PLACEHOLDERS = {
    "identifier": ["null", "0000", "-"],
    "gender": ["unknown"],
    "postcode": ["00000"],
    "text": ["N/A"],
}
INVALID = {
    "boolean": ["maybe", "2"],
    "gender": ["0", "1"],
    "country": ["Narnia", "ZZ"],
    "postcode": ["abc", "7"],
}


@pytest.mark.parametrize("name", CASES)
def test_valid_values(name: str) -> None:
    assert read(name, list(CASES[name])) == [(value, "valid") for value in CASES[name].values()]


def test_placeholders_and_invalid_values() -> None:
    for name, texts in PLACEHOLDERS.items():
        assert read(name, list(texts)) == [(None, "placeholder")] * len(texts)
    for name, texts in INVALID.items():
        assert read(name, list(texts)) == [(None, "invalid")] * len(texts)


def test_the_country_table_holds_every_region_once_and_no_name_twice() -> None:
    assert set(phonenumbers.SUPPORTED_REGIONS) <= set(_codes())
    assert len(_codes()) == _codes().n_unique() == 252
    codes3 = [code3 for _, code3, _ in _table() if code3 != "---"]
    assert len(codes3) == len(set(codes3)) == 249 + 1  # and Kosovo
    assert all(table["key"].is_unique().all() for table in _lookups())
    for code, _, names in _table():
        assert read("country", [*names.split("|"), code.lower()]) == [(code, "valid")] * (
            names.count("|") + 2
        )


def test_codes_and_names_that_fold_alike_are_kept_apart() -> None:
    texts = ["NGA", "Nga", "MY", "Mỹ", "AO", "Áo", "my", "duc"]
    assert [code for code, _ in read("country", list(texts))] == [
        "NG",
        "RU",
        "MY",
        "US",
        "AO",
        "AT",
        "MY",
        "DE",
    ]


def test_match_keys_of_addresses_and_postcodes() -> None:
    assert len(set(keys("address", ["Số 5, Trần-Phú", "so 5 tran  phu", "SỐ 5 TRẦN PHÚ."]))) == 1
    assert keys("text", ["TP. Hồ Chí Minh", "!!", None]) == ["tp ho chi minh", None, None]
    assert keys("postcode", ["SW1A 1AA", "sw1a1aa"]) == ["SW1A1AA"] * 2
    assert keys("identifier", ["K 1", "k 1"]) == ["K 1", "k 1"]
