"""
Rows among the lines that are left out as a footer: where an export came without its totals, its last row is no total.

A line is taken for a row only on evidence: it reads as one without a fault, and its time is a time; in a source without times
its key looks like those above it. It is quarantined then, so that nothing is left out in silence, and can be retried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from cdptool.sources.csv_records import Fault
from cdptool.sources.judging import QuarantinedRows
from cdptool.sources.mapping import AT, KEY, Mapper
from cdptool.sources.raw import RawForm
from cdptool.sources.spec import SourceSpec

FOOTER: Final = Fault("footer", "a row where the footer should be")
_MOST: Final = 10_000  # shapes of keys that are remembered


class FooterRows:
    """Judges the footer of one file, after its rows."""

    def __init__(self, spec: SourceSpec, mapper: Mapper, form: RawForm) -> None:
        self._spec, self._mapper, self._form = spec, mapper, form
        self._is_asked = bool(spec.dialect.footer_lines) and form.kind == "csv" and spec.unpivot is None
        self._shapes: set[str] = set()

    def see(self, rows: pl.DataFrame) -> None:
        """Remember what the keys of good rows look like."""
        if self._is_asked and self._spec.key and self._spec.at is None and len(self._shapes) < _MOST:
            self._shapes.update(_shapes(rows).unique())

    def found(self, footer: Sequence[tuple[int, bytes]]) -> QuarantinedRows:
        """The lines (number and bytes) that are rows."""
        rows = [(line, raw) for line, raw in footer if self._is_asked and self._is_row(line, raw)]
        n = len(rows)
        return QuarantinedRows(
            [line for line, _ in rows],
            [None] * n,
            [FOOTER.rule] * n,
            [FOOTER.reason] * n,
            [raw for _, raw in rows],
        )

    def _is_row(self, line: int, raw: bytes) -> bool:
        try:
            fields = self._form.read(raw)
        except UnicodeDecodeError:
            return False
        if isinstance(fields, Fault):
            return False
        block = pl.DataFrame({str(i): pl.Series([field], dtype=pl.String) for i, field in enumerate(fields)})
        chosen = self._mapper.chosen(block, np.array([line]))
        if not len(chosen.lines):
            return False
        rows = self._mapper.read(chosen.frame, chosen.lines, chosen.raw).rows
        if not rows.height:
            return False
        if self._spec.at is not None:
            return rows[AT][0] is not None
        return bool(self._spec.key) and _shapes(rows)[0] in self._shapes


def _shapes(rows: pl.DataFrame) -> pl.Series:
    """The first key of each row with digits as 9 and letters as x."""
    return rows[f"{KEY}0"].str.replace_all(r"\d", "9").str.replace_all(r"\p{L}", "x").fill_null("")
