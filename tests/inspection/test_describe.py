"""A column in figures, without telling whose it is."""

from __future__ import annotations

from datetime import date

import polars as pl

from cdptool.inspection.columns import read_column
from cdptool.inspection.describe import candidate_keys, describe, masked
from cdptool.inspection.fault_categories import near_duplicates
from cdptool.inspection.fault_finding import table_of
from cdptool.inspection.findings import Accused


def described(**columns: list[str | None]):
    table = table_of(
        "t", pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)), today=date(2026, 1, 1)
    )
    return table, tuple(describe(column) for column in table.columns)


def test_counts_of_empty_and_distinct_cells_and_the_lengths():
    _, (found,) = described(size=["S", "XL", None, "  ", "XL"])
    assert (found.n_rows, found.n_empty, found.n_distinct) == (5, 2, 2)
    assert (found.shortest, found.typical, found.longest) == (1, 2, 2)


def test_defaults_of_systems_are_listed_as_placeholders():
    _, (found,) = described(born=["1900-01-01", "1980-02-03", "1900-01-01", "1975-01-07"])
    assert found.placeholders == (("1900-01-01", 2),)


def test_a_key_is_one_column_else_two():
    table, columns = described(id=["a1", "a2", "a3"], n=["1", "1", "2"])
    assert candidate_keys(table, columns) == (("id",),)
    table, columns = described(order=["a1", "a1", "a2"], line=["x1", "x2", "x1"])
    assert candidate_keys(table, columns) == (("order", "line"),)


def test_personal_cells_and_rare_texts_are_masked_and_categories_are_not():
    _, (mail, note, grade) = described(
        mail=[f"an{i}@hoasen.vn" for i in range(40)],
        note=["Lan called"] * 2 + [f"note of Minh {i}" for i in range(38)],
        grade=["gold", "silver"] * 20,
    )
    assert "an1@" not in masked(mail, "an1@hoasen.vn")
    assert masked(note, "Lan called") == "L•••"
    assert masked(grade, "gold") == "gold"


def test_a_frequent_note_that_holds_a_phone_or_an_address_is_masked() -> None:
    """A dozen customers who come again make a category of `called An on 0903817264`."""
    notes = [
        text for text in ("called on 0903 817 264", "wrote to an@hoasen.vn", "gift wrap") for _ in range(40)
    ]
    found = describe(read_column("note", pl.Series(notes)))
    assert [masked(found, text) for text, _ in found.top] == [
        text if text == "gift wrap" else f"{text[0]}•••" for text, _ in found.top
    ]


def test_a_few_people_are_no_category_to_print() -> None:
    """Six doctors with a hundred visits each: nothing in `Mary Jones` says that it is a name but the column's."""
    names = ["Mary Jones"] * 60 + ["John Smith"] * 60 + ["mary jones"] * 2
    table = table_of("visits", pl.DataFrame({"doctor": names}), today=date(2026, 1, 1))
    found = describe(table.columns[0])
    assert {masked(found, text) for text, _ in found.top} == {"M••• J•••", "J••• S•••", "m••• j•••"}
    (fault,) = near_duplicates(table, Accused(table.n_rows))
    assert fault.expect is None
