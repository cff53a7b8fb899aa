"""Workbooks: cells as a person sees them, one sheet that is meant, and rows that are accounted for."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cdptool.errors import Place, SourceError
from cdptool.sources import Dialect
from cdptool.sources.blocks import open_source
from tests.sources.project import CRM, SHOP, mapped, read
from tests.sources.workbooks import Cell, workbook

HAS_LIBRARY = importlib.util.find_spec("python_calamine") is not None or bool(os.environ.get("CI"))
needs_library = pytest.mark.skipif(not HAS_LIBRARY, reason="the extra [excel] is not installed")
PEOPLE: list[list[Cell]] = [["id", "email"], ["007", "an@example.com"], [17850.0, "binh@example.com"]]


def texts(folder: Path, data: bytes, **dialect: object) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The names, and the texts of all columns."""
    path = folder / "file"
    path.write_bytes(data)
    source = open_source(str(path), Dialect(**dialect), Place("file"))
    needed = tuple(str(i) for i in range(len(source.names)))
    return source.names, [row for block in source.blocks(needed) for row in block.frame.iter_rows()]


@needs_library
def test_cells_are_texts_as_a_person_sees_them(tmp_path: Path) -> None:
    cells: list[Cell] = [
        17850.0,
        "007",
        0.1 + 0.2,
        (46023.0, 1),
        (46023.5, 2),
        1e15,
        "1e5",
        " NULL ",
        None,
        -2.50,
    ]
    rows: list[list[Cell]] = [[f"c{i}" for i in range(len(cells))], cells]
    assert texts(tmp_path, workbook(("S", rows)))[1] == [
        (
            "17850",
            "007",
            "0.3",
            "2026-01-01",
            "2026-01-01T12:00:00",
            "1000000000000000",
            "1e5",
            " NULL ",
            None,
            "-2.5",
        )
    ]


@needs_library
def test_rows_keep_their_number_blank_ones_are_counted_and_longer_ones_quarantined(tmp_path: Path) -> None:
    rows = [[], *PEOPLE, [], ["A", None, "beyond"], ["B"]]
    found = read(tmp_path, workbook(("People", rows)), CRM)
    assert found.counts == (4, 3, 0, 1)
    assert found.notes == ("excel", "sheet `People`")
    assert found.tables["records"].select("source_key", "email", "row").rows() == [
        ("007", "an@example.com", 3),
        ("17850", "binh@example.com", 4),
        ("B", None, 7),
    ]
    assert found.tables["quarantine"].select("row", "reason", "raw").rows() == [
        (6, "3 cells, expected 2", b'{"id": "A", "email": null, "column_3": "beyond"}')
    ]
    assert found.result.file["blank_lines"].to_list() == [1]


@needs_library
def test_title_and_total_rows_are_declared(tmp_path: Path) -> None:
    rows = [["Report of May"], [], *PEOPLE, [], ["Total", 2.0]]
    with pytest.raises(SourceError, match="the first row has 1 cell, the rows below it up to 2") as caught:
        texts(tmp_path, workbook(("S", rows)))
    assert "skip_lines" in str(caught.value.findings[0].hint)
    names, found = texts(tmp_path, workbook(("S", rows)), skip_lines=1, footer_lines=1)
    assert names == ("id", "email")
    assert found == [("007", "an@example.com"), ("17850", "binh@example.com")]


@needs_library
def test_of_several_sheets_the_declared_one_is_read(tmp_path: Path) -> None:
    data = workbook(("Notes", [["x"]]), ("People", PEOPLE), ("Empty", []))
    with pytest.raises(SourceError, match="2 sheets hold rows"):
        texts(tmp_path, data)
    with pytest.raises(SourceError, match="there is no sheet `people`"):
        texts(tmp_path, data, sheet="people")
    assert len(texts(tmp_path, data, sheet="People")[1]) == 2
    assert len(texts(tmp_path, workbook(("People", PEOPLE), ("Empty", [])))[1]) == 2


@needs_library
def test_times_may_be_cells_or_texts_of_the_declared_format(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["order", "time", "customer", "email", "total"],
        [1.0, (46023.5, 2), "K1", None, 10.5],
        [2.0, "31/12/2025 08:00", "K1", None, "10.5"],
    ]
    at = mapped("at", "datetime", "time", tz="UTC", format=("%d/%m/%Y %H:%M",))
    found = read(tmp_path, workbook(("S", rows)), replace(SHOP, at=at))
    assert found.counts == (2, 2, 0, 0)
    assert [str(at) for at in found.tables["stream_order"]["at"]] == [
        "2026-01-01 12:00:00+00:00",
        "2025-12-31 08:00:00+00:00",
    ]
    assert found.tables["stream_order"]["total"].to_list() == [105_000, 105_000]


@needs_library
@pytest.mark.parametrize(
    ("data", "dialect", "problem"),
    [
        (workbook(("S", PEOPLE))[:-30], {}, "the zip archive is damaged or truncated"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, {}, "the workbook is damaged or truncated"),
        (workbook(("S", [])), {}, "the sheet `S` is empty"),
        (workbook(("S", PEOPLE)), {"format": "csv"}, "declared as csv, but it is an Excel workbook"),
        (b"id,email\n", {"format": "excel"}, "not an Excel workbook"),
    ],
)
def test_what_is_no_workbook_to_read_is_refused(
    tmp_path: Path, data: bytes, dialect: dict[str, str], problem: str
) -> None:
    with pytest.raises(SourceError) as caught:
        texts(tmp_path, data, **dialect)
    assert caught.value.findings[0].problem == problem
    assert caught.value.findings[0].hint


def test_without_the_extra_the_hint_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(SourceError, match="needs a library that is not installed") as caught:
        texts(tmp_path, workbook(("S", PEOPLE)))
    assert "cdptool[excel]" in str(caught.value.findings[0].hint)


@needs_library
def test_an_error_in_a_cell_is_told_and_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    """The library gives nothing for `#N/A`: without a look at the file itself the value was lost in silence."""
    rows: list[list[Cell]] = [
        ["id", "email"],
        ["1", "error:#N/A"],
        ["2", None],
        ["3", "an@hoasen.vn"],
        [None, "error:#REF!"],
    ]
    found = read(
        tmp_path,
        workbook(("S", [["error:#NAME?"]]), ("Main", [[], *rows])),
        replace(CRM, dialect=Dialect(sheet="Main")),
    )
    assert found.counts == (4, 3, 0, 1)
    issues = found.tables["issues"].select("row", "column", "verdict", "raw").rows()
    assert issues == [(3, "email", "placeholder", "#N/A")]
    assert texts(tmp_path, workbook(("S", [["a", "b", "c"], ["1", "error:#DIV/0!"]])))[1] == [
        ("1", "#DIV/0!", None)
    ]
