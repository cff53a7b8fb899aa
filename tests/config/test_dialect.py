"""A dialect as people write it: lines around the table, escapes, columns by position."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.config import load_project
from cdptool.errors import ConfigError
from cdptool.sources import Dialect
from tests.config.projects import SOURCES, write_project

WRITTEN = 'dialect: {delimiter: ";", encoding: utf-8-sig}'


def declared(folder: Path, dialect: str) -> Dialect:
    path = write_project(folder, sources=SOURCES.replace(WRITTEN, f"dialect: {dialect}"))
    return next(source.dialect for source in load_project(path).sources if source.name == "crm")


def test_lines_around_the_table_escapes_and_positions_are_read(tmp_path: Path) -> None:
    written = '{skip_lines: 3, footer_lines: 1, escape: "\\\\", columns_by: position, has_header: false}'
    assert declared(tmp_path, written) == Dialect(
        skip_lines=3, footer_lines=1, escape="\\", columns_by="position", has_header=False
    )


@pytest.mark.parametrize(
    ("dialect", "problem"),
    [
        ("{skip_lines: -1}", "expected a number of lines"),
        ("{footer_lines: all}", "expected a number of lines"),
        ("{columns_by: number}", "unknown way to name columns `number`"),
        ("{escape: ab}", "expected one character"),
        ("{skip_line: 1}", "unknown key `skip_line` in a dialect"),
    ],
)
def test_what_means_nothing_is_refused(tmp_path: Path, dialect: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        declared(tmp_path, dialect)
    assert caught.value.findings[0].problem.startswith(problem)
