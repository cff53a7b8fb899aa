"""Exports as real systems write them: titles, footers, escapes, names and positions; nothing of it guessed silently."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cdptool.errors import Place, SourceError
from cdptool.sources import Dialect
from cdptool.sources.blocks import open_source
from tests.shared import shared_data
from tests.sources.project import CRM, mapped, read

Rows = list[tuple[str, ...]]


def rows_of(folder: Path, data: bytes, **dialect: object) -> tuple[tuple[str, ...], Rows, tuple[str, ...]]:
    """The names, all rows as texts, and the notes."""
    path = folder / "x.csv"
    path.write_bytes(data)
    source = open_source(str(path), Dialect(**dialect), Place("x.csv"))
    blocks = list(source.blocks(source.names))
    assert not any(block.rejected for block in blocks)
    return source.names, [row for b in blocks for row in b.frame.fill_null("").rows()], source.notes


def test_csv_spectrum_is_read_as_its_json_says(tmp_path: Path) -> None:
    """All twelve, header and dialect detected."""
    folder = shared_data("csv_spectrum")
    paths = sorted((folder / "csvs").glob("*.csv"))
    assert len(paths) == 12
    for path in paths:
        expected = json.loads((folder / "json" / f"{path.stem}.json").read_text())
        expected = expected if isinstance(expected, list) else [expected]
        names, rows, _ = rows_of(tmp_path, path.read_bytes())
        actual = [dict(zip(names, row, strict=True)) for row in rows]
        if path.stem == "location_coordinates":  # the published JSON has another phone number than its CSV
            assert (actual[0].pop("Contact Phone Number"), expected[0].pop("Contact Phone Number")) == (
                "2095257564",
                "1234567890",
            )
        assert actual == expected, path.name


TITLED = "Báo cáo khách hàng\nTháng 5\n\nid,email\nA,a@example.com\nB,b@example.com\n"


def test_declared_title_lines_are_skipped_and_lines_still_count_from_the_top(tmp_path: Path) -> None:
    spec = replace(CRM, dialect=Dialect(skip_lines=3))
    found = read(tmp_path, TITLED + "C,x,y\n", spec)
    assert found.counts == (3, 2, 0, 1)
    assert found.tables["quarantine"]["row"].to_list() == [7]
    assert "3 lines above the header left out (declared)" in found.notes


@pytest.mark.parametrize("footer", ["", "Total,2\n", "\nMade by X\n\n"])
def test_undeclared_title_lines_are_refused_with_how_to_declare_them(tmp_path: Path, footer: str) -> None:
    rows = "".join(f"{i},{i}@example.com\n" for i in range(30))
    with pytest.raises(SourceError) as caught:
        read(tmp_path, TITLED + rows + footer, CRM)
    (finding,) = caught.value.findings
    assert finding.problem == "the first line has 1 field, the rows below it 2"
    assert finding.hint is not None
    assert finding.hint.startswith("if the header is line 4, declare `skip_lines: 3`")


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
@pytest.mark.parametrize("block", [8, 8 << 20])
def test_declared_footer_lines_are_left_out(tmp_path: Path, end: str, block: int) -> None:
    spec = replace(CRM, dialect=Dialect(skip_lines=3, footer_lines=2))
    found = read(tmp_path, TITLED + "\nTotal,2\n\nMade by X" + end, spec, block=block)
    assert found.counts == (2, 2, 0, 0)
    assert found.result.file["blank_lines"].to_list() == [1]  # the one before the footer
    assert "2 lines below the rows left out (declared)" in found.notes


@pytest.mark.parametrize(
    ("dialect", "problem"),
    [
        ({"skip_lines": 9}, "fewer lines than the 9 to skip"),
        ({"skip_lines": 6}, "the file is empty"),
        ({"footer_lines": 9}, "fewer lines than the 9 of its footer"),
        ({"footer_lines": 5}, "the file is empty"),
    ],
)
def test_more_lines_left_out_than_there_are_is_refused(
    tmp_path: Path, dialect: dict[str, object], problem: str
) -> None:
    with pytest.raises(SourceError) as caught:
        rows_of(tmp_path, TITLED.encode(), **dialect)
    assert caught.value.findings[0].problem == problem


def test_excels_sep_line_is_obeyed_below_a_title_too(tmp_path: Path) -> None:
    names, rows, notes = rows_of(tmp_path, b"My export\r\nsep=;\r\nid;t,o\r\n1;2,5\r\n", skip_lines=1)
    assert (names, rows) == (("id", "t,o"), [("1", "2,5")])
    assert "delimiter `;` (`sep=` line)" in notes


def test_undeclared_escapes_are_quarantined_with_how_to_declare_them(tmp_path: Path) -> None:
    text = 'id,email\n"A \\"x\\" b",a@example.com\nB,\n'
    found = read(tmp_path, text, CRM)
    (reason,) = found.tables["quarantine"]["reason"]
    assert reason == 'text after a closing quote, before which stands `\\`: declare escape: "\\\\"'
    again = read(tmp_path, text, replace(CRM, dialect=Dialect(escape="\\")))
    assert again.tables["records"]["source_key"].to_list() == ['A "x" b', "B"]
    assert "escape `\\` (declared)" in again.notes


@pytest.mark.parametrize(
    ("text", "has_header"), [("id,,id\nA,an@example.com,1\n", True), ("A,an@example.com,1\n", False)]
)
def test_columns_by_position_need_no_names(tmp_path: Path, text: str, has_header: bool) -> None:
    names, rows, notes = rows_of(tmp_path, text.encode(), columns_by="position", has_header=has_header)
    assert (names, rows) == (("1", "2", "3"), [("A", "an@example.com", "1")])
    assert "columns by position" in notes
    spec = replace(
        CRM,
        dialect=Dialect(columns_by="position", has_header=has_header),
        key=("1",),
        columns=(mapped("email", "email", "2"),),
    )
    assert read(tmp_path, text, spec).tables["records"]["email"].to_list() == ["an@example.com"]
