from __future__ import annotations

import os
import sys
import unicodedata

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cdptool.fields.folding import clean, folded, is_clean, is_placeholder, squeezed
from tests.fields.reading import keys

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))
LETTERS = "abcxyzABCXYZ áàảãạăắằẵặâấầẫậđĐéèẽẹêếềễệíìĩịóòõọôốồỗộơớờỡợúùũụưứừữựýỳỹỵÀÉÊÔƠƯŁøßæçñüöÅΣς-.,'123"


def test_no_character_that_nfc_changes_passes_for_clean() -> None:
    """`is_clean` is a list of ranges; this is the whole of Unicode."""
    points = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
    texts = pl.Series([f"a{chr(c)}b" for c in points])
    passing = texts.filter(is_clean(texts))
    assert len(passing) > 1_000_000
    assert passing.str.normalize("NFC").equals(passing)
    pairs = pl.Series([f"{first}{second}" for first in "aàeα한가" for second in map(chr, points[:0x3000])])
    passing = pairs.filter(is_clean(pairs))
    assert passing.str.normalize("NFC").equals(passing)


def test_clean_trims_composes_and_drops_the_invisible() -> None:
    texts = pl.Series([" a b ", "\u00a0a\u3000", "\ufeffa", "a\u200bb", "Hoa\u0300", None, "\u200b"])
    assert clean(texts).to_list() == ["a b", "a", "a", "ab", "Hoà", None, ""]


def test_placeholders_in_any_case_say_nothing() -> None:
    texts = pl.Series(["null", "NULL", "NuLl", "N/A", "nan", "-", "?", "nano", "na", "none of these", None])
    assert is_placeholder(texts).to_list() == [True] * 7 + [False] * 3 + [None]


def test_folding_maps_letters_that_carry_no_separable_mark() -> None:
    texts = pl.DataFrame({"t": ["Đặng Đức", "Łódź", "Straße", "ΟΔΟΣ", "Hoà", "Hòa", "ﬁn", None]})
    expected = ["dang duc", "lodz", "strasse", "οδοσ", "hoa", "hoa", "fin", None]
    assert texts.select(folded(pl.col("t"))).to_series().to_list() == expected


@settings(deadline=None, max_examples=15 * ROUNDS)
@given(st.lists(st.text(alphabet=LETTERS, max_size=20), min_size=4, max_size=12))
def test_match_keys_do_not_see_case_or_composition(texts: list[str]) -> None:
    for name in ("person_name", "text", "address", "email"):
        plain = keys(name, texts)
        assert keys(name, [unicodedata.normalize("NFD", text) for text in texts]) == plain
        assert keys(name, [unicodedata.normalize("NFC", text) for text in texts]) == plain
        if name != "email":
            assert keys(name, [text.upper() for text in texts]) == plain
            assert keys(name, [text.lower() for text in texts]) == plain


@settings(deadline=None, max_examples=25 * ROUNDS)
@given(st.text(alphabet=LETTERS, max_size=20))
def test_a_match_key_is_its_own_match_key(text: str) -> None:
    for name in ("text", "address", "email", "postcode"):
        once = keys(name, [text])
        assert keys(name, once) == once
    frame = pl.DataFrame({"t": [text]})
    squeezed_once = frame.select(squeezed(pl.col("t")))
    assert squeezed_once.select(squeezed(pl.col("t"))).equals(squeezed_once)
