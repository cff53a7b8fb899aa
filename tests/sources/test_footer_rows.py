"""A footer that did not come: the last row is no total, and is not left out in silence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cdptool.sources import Dialect
from tests.sources.project import CRM, SHOP, SHOP_HEADER, read

DIALECT = Dialect(footer_lines=1)
ROWS = "1,2026-01-01T10:00:00Z,7,,10\n\n2,2026-01-02T10:00:00Z,8,,20\n"
REPORT = replace(SHOP, dialect=DIALECT)


@pytest.mark.parametrize("total", ["Total,,,,30", "Total;30", ",,,,30", "2 rows,30", "3,Total,9,,30"])
def test_a_footer_is_left_out(total: str, tmp_path: Path) -> None:
    assert read(tmp_path, SHOP_HEADER + ROWS + total + "\n", REPORT).counts == (2, 2, 0, 0)


def test_a_row_in_its_place_is_set_aside_with_its_line(tmp_path: Path) -> None:
    found = read(tmp_path, SHOP_HEADER + ROWS, REPORT)
    assert found.counts == (2, 1, 0, 1)
    [row] = found.tables["quarantine"].select("row", "rule", "reason", pl.col("raw").cast(pl.String)).rows()
    assert row == (4, "footer", "a row where the footer should be", "2,2026-01-02T10:00:00Z,8,,20")


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_of_two_lines_only_the_row_is_set_aside(end: str, tmp_path: Path) -> None:
    spec = replace(SHOP, dialect=Dialect(footer_lines=2))
    found = read(tmp_path, SHOP_HEADER + ROWS + "\nTotal,,,,30" + end, spec)
    assert found.counts == (2, 1, 0, 1)
    assert found.tables["quarantine"]["row"].to_list() == [4]


@pytest.mark.parametrize(("last", "is_row"), [("C3,c@hoasen.vn", True), ("Total,3", False), ("Sum,", False)])
def test_where_rows_have_no_time_their_keys_tell(last: str, is_row: bool, tmp_path: Path) -> None:
    spec = replace(CRM, dialect=DIALECT)
    found = read(tmp_path, f"id,email\nC1,a@hoasen.vn\nC2,b@hoasen.vn\n{last}\n", spec)
    assert found.counts == (2 + is_row, 2, 0, int(is_row))
