"""Nothing is taken for a number, a time or a null that nobody declared as one: from the shell to the workspace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.session import Settings, open_session

PROJECT = """\
version: 1
name: values
tz: Asia/Ho_Chi_Minh
region: VN
fields: {customer_id: identifier, phone: phone}
tables:
  cells: {key: number, columns: {number: identifier, word: text, code: identifier}}
sources:
  cells:
    files: cells.csv
    feeds: {table: cells}
    columns: {number: number, word: value, code: value}
  people:
    files: people.csv
    feeds: records
    key: id
    columns: {customer_id: id, phone: phone}
"""
# What other readers make of them: no zeros, floats, infinities, nulls, times, dates, truth values, sums.
VALUES = (
    "007",
    "00000",
    "0901234567",
    "9999999999999999999",
    "99999999999999999999999",
    "1e5",
    "1E400",
    "1.10",
    "-0",
    "0x1F",
    "1_000",
    "NA",
    "inf",
    "00:00",
    "2026-01-02",
    "01/02/2026",
    "true",
    "NO",
    "+84901234567",
    "=1+1",
    "1,5",
    "'007",
)
# What the field types call nothing: null in the table, and as written in `issues`.
NOTHING = ("NaN", "nan", "NULL", "null", "N/A", "None", "-", "\\N", "#N/A")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The tables after `cdptool ingest`."""
    folder: Path = tmp_path_factory.mktemp("values")
    (folder / "project.yaml").write_text(PROJECT)
    cells = "".join(
        f'k{i},"{value}"\n' if "," in value else f"k{i},{value}\n"
        for i, value in enumerate((*VALUES, *NOTHING))
    )
    (folder / "cells.csv").write_text("number,value\n" + cells)
    (folder / "people.csv").write_text(
        "id,phone\n007,+84908120934\n0000000000000000012,0908120934\n1e5,\nNULL,\nNaN,\n00:00,\n"
    )
    command = [sys.executable, "-m", "cdptool", "ingest", "-C", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with open_session(Settings(folder), writes=False) as session:
        snapshot = session.snapshot()
        return {name: snapshot.scan(name).collect() for name in ("table_cells", "records", "issues")}


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_a_value_arrives_as_written(ingested: dict[str, pl.DataFrame], number: int) -> None:
    found = ingested["table_cells"].filter(pl.col("number") == f"k{number}")
    assert found.select("word").rows() == [(VALUES[number],)]


def test_what_stands_for_nothing_is_null_and_kept_as_written(ingested: dict[str, pl.DataFrame]) -> None:
    cells = ingested["table_cells"].filter(pl.col("word").is_null())
    assert cells["number"].sort().to_list() == sorted(f"k{len(VALUES) + i}" for i in range(len(NOTHING)))
    issues = ingested["issues"].join(cells, on=["file_id", "row"])
    assert set(issues["raw"]) == set(NOTHING)


def test_keys_and_phones_keep_their_digits(ingested: dict[str, pl.DataFrame]) -> None:
    found = ingested["records"].sort("row").select("source_key", "phone")
    assert found.rows() == [
        ("007", "+84908120934"),
        ("0000000000000000012", "+84908120934"),
        ("1e5", None),
        ("NULL", None),
        ("NaN", None),
        ("00:00", None),
    ]
