"""A first row that is data is found out; names that look like data are left alone."""

from __future__ import annotations

import polars as pl
import pytest

from cdptool.inspection.header_row import is_row

# first row; a few rows below it; whether the first row is one of them
CASES: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("no,name,city", ("1,An,Huế", "2,Bo,Huế"), False),
    ("1,An,Huế", ("2,Bo,Huế", "3,An,Vinh"), True),
    ("1,An,Huế", ("2,Bo,Vinh", "3,Chi,Vinh"), False),  # one sign only: not enough to say so
    ("an@x.vn,An", ("bo@x.vn,Bo", "chi@x.vn,Chi"), True),
    ("customer,2024,2025,2026", ("An,1200,3,4", "Bo,7,8,1"), False),
    ("sku,2026-01-01,2026-02-01", ("A,1,2", "B,3,4"), False),
    ("name,name2", ("name,name2", "An,Bo"), False),  # two exports put together
    ("status,name", ("active,An", "status,name"), False),
    ("17,18,19", ("1,2,3", "4,5,6"), True),
)


@pytest.mark.parametrize(("first", "rows", "expected"), CASES)
def test_the_first_row_is_judged_by_the_columns_below_it(
    first: str, rows: tuple[str, ...], expected: bool
) -> None:
    names = tuple(first.split(","))
    texts = pl.DataFrame([row.split(",") for row in rows], schema=names, orient="row")
    assert is_row(names, texts) is expected


def test_a_file_without_rows_has_names() -> None:
    assert not is_row(("no", "name"), pl.DataFrame(schema={"no": pl.String, "name": pl.String}))


def test_a_first_row_of_empty_cells_is_no_row_of_data() -> None:
    assert not is_row(("column_1", "column_2"), pl.DataFrame({"column_1": ["1"], "column_2": ["x"]}))
