"""Every `expect:` line that `profile` proposes is one that `check` can run: it names the faulty rows and no other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.check import check_data
from cdptool.commands.ingest import ingest_files
from cdptool.commands.session import Settings
from cdptool.fields import FieldOptions, field_type
from cdptool.inspection.fault_finding import find_faults, table_of
from cdptool.inspection.findings import Fault, Table
from tests.inspection.planted import FAULTS, plant

TODAY = date(2026, 11, 22)
N_ROWS = 400
TYPES = {"number": "number", "date": "date"}


def declared(table: Table) -> dict[str, str]:
    """The types that somebody would declare: what nearly all cells are."""
    return {column.name: TYPES.get(column.kind, "text") for column in table.columns}


def project(folder: Path, frame: pl.DataFrame, types: dict[str, str], lines: tuple[str, ...]) -> Settings:
    """A table of these rows, numbered, of which a source expects these lines."""
    columns = "".join(f"      {name}: {kind}\n" for name, kind in types.items())
    mapped = "".join(f"      {name}: {name}\n" for name in types)
    expect = "".join(f"      - '{line.replace(chr(39), 2 * chr(39))}'\n" for line in lines)
    text = f"""
version: 1
name: small
tz: UTC
tables:
  rows:
    key: row_number
    columns:
      row_number: identifier
{columns}
sources:
  rows:
    files: rows.csv
    feeds: {{table: rows}}
    columns:
      row_number: row_number
{mapped}
    expect:
{expect}
"""
    (folder / "project.yaml").write_text(text.lstrip("\n"), encoding="utf-8")
    numbered = frame.with_row_index("row_number", offset=1)
    numbered.write_csv(folder / "rows.csv")
    return Settings(project=folder)


def failing(
    folder: Path, frame: pl.DataFrame, types: dict[str, str], faults: tuple[Fault, ...]
) -> dict[str, set[int]]:
    """Per line the rows (from 0) that it names."""
    folder.mkdir()
    lines = tuple(fault.expect for fault in faults if fault.expect)
    settings = project(folder, frame, types, lines)
    ingest_files(settings, (), lambda _: None)
    report = check_data(settings, (), as_of="2026-11-22T00:00Z", everything=True, junit=None)
    found: dict[str, set[int]] = {}
    for each in report.data["checks"]:
        found[each["check"]] = {int(place.rsplit(":", 1)[1]) - 2 for place in each["failing_at"]}
        assert each["outcome"] != "not judged"
    return found


def is_answered(table: Table, fault: Fault, row: int, types: dict[str, str]) -> bool:
    """Whether `ingest` refuses the cell or mends it, so that nothing is left for a check: no such day, spaces."""
    for column in table.columns:
        if column.name in fault.columns and column.codes[row] >= 0:
            text = column.texts[int(column.codes[row])]
            read = field_type(types[column.name]).read(pl.Series([text]), FieldOptions())
            if read.values.null_count() or text != text.strip():
                return True
    return False


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=lambda n: f"{FAULTS[n][1]}-{FAULTS[n][2]}-{n}")
def test_a_proposal_names_exactly_the_faulty_rows_and_lets_the_clean_table_pass(number, tmp_path):
    planted = plant(number, N_ROWS, 1)
    table = table_of("rows", planted.frame, today=TODAY)
    faults = tuple(fault for fault in find_faults(table) if fault.expect)
    if not faults:
        pytest.skip("nothing to propose")
    types = declared(table)
    named = failing(tmp_path / "faulty", planted.frame, types, faults)
    for fault in faults:
        left = {row for row in fault.rows.tolist() if not is_answered(table, fault, row, types)}
        assert left <= named[" ".join(fault.expect.split())] <= set(fault.rows.tolist())
    kept = pl.Series([row not in planted.rows | planted.accepted for row in range(N_ROWS)])
    clean = failing(tmp_path / "clean", planted.frame.filter(kept), types, faults)
    assert set().union(*clean.values()) == set()
