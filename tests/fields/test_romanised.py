from __future__ import annotations

import polars as pl

from cdptool.fields.folding import fold
from cdptool.fields.romanised import _SYLLABLES, romanised


def test_names_in_other_scripts_become_latin_words() -> None:
    cases = {
        "ВАСИЛЬЕВ Александр": "vasilev aleksandr",
        "Παπαδόπουλος": "papadopoulos",
        "صديقي": "sdiqi",
        "王杰": "wang jie",
        "陳 美华": "chen mei hua",
        "Hoà Nguyễn": "hoa nguyen",
        "គឹម": "គម",
    }
    assert romanised(fold(pl.Series(list(cases)))).to_list() == list(cases.values())


def test_null_stays_null_and_plain_texts_are_not_touched() -> None:
    texts = pl.Series(["an", None])
    assert romanised(texts) is texts
    assert romanised(pl.Series(["иван", None])).to_list() == ["ivan", None]


def test_each_sign_has_one_reading() -> None:
    signs = [sign for line in _SYLLABLES for pair in line.split() for sign in pair.split("=")[1]]
    assert len(signs) == len(set(signs))
