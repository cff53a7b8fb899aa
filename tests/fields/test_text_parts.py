from __future__ import annotations

import polars as pl
import pytest

from cdptool.fields.text_parts import PARTS, part_of

CASES = (
    # text, given, family, generation, digits
    ("Robert E Smith Sr", "Robert E", "Smith", "1", None),
    ("Dobbins Jr, David", "David", "Dobbins", "2", None),
    ("Medina Sentosa, Maria Luis", "Maria Luis", "Medina Sentosa", None, None),
    ("Smith, John, II", None, None, "2", None),
    ("Klein III", "Klein", None, "3", None),
    ("Senior", "Senior", None, None, None),
    ("Morris I", "Morris", "I", "1", None),
    ("I", "I", None, None, None),
    ("Nguyễn Thị Lan Anh", "Anh Thị Lan", "Nguyễn", None, None),
    ("521-21-2123", None, None, None, "521212123"),
    ("  ", None, None, None, None),
)


@pytest.mark.parametrize("text, given, family, generation, digits", CASES)
def test_parts_of_texts(
    text: str, given: str | None, family: str | None, generation: str | None, digits: str | None
) -> None:
    found = {part: part_of(part, pl.Series([text, None])).to_list() for part in PARTS}
    if given is not None:
        assert found["given"] == [given, None]
        assert found["family"] == [family, None]
    assert found["generation"] == [generation, None]
    assert found["digits"] == [digits, None]
