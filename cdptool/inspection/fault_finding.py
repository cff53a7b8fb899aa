"""
All detectors in order: who explains a cell first, has explained it.

A shifted row has wrong types everywhere, a price in cents breaks its total: each is one fault, told once. So the
order is that of causes before their effects, and each detector leaves alone what is accused already.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from cdptool.inspection.columns import read_column
from cdptool.inspection.fault_categories import mixed_encodings, near_duplicates
from cdptool.inspection.fault_dates import impossible_dates
from cdptool.inspection.fault_dependencies import broken_dependencies
from cdptool.inspection.fault_keys import dangling_references, duplicate_keys, duplicate_rows
from cdptool.inspection.fault_numbers import odd_numbers
from cdptool.inspection.fault_orders import broken_orders
from cdptool.inspection.fault_relations import broken_relations, proven, relations
from cdptool.inspection.fault_shifts import shifted_columns
from cdptool.inspection.fault_types import ages, malformed, wrong_types
from cdptool.inspection.findings import Accused, Fault, Table


def table_of(name: str, frame: pl.DataFrame, *, today: date, lost: tuple[str, ...] = ()) -> Table:
    """A file's rows (String columns) as the detectors see them, and the texts of records that are no rows."""
    columns = tuple(read_column(column, frame[column]) for column in frame.columns)
    return Table(name, columns, frame.height, today, lost)


def find_faults(table: Table, tables: tuple[Table, ...] = ()) -> tuple[Fault, ...]:
    """
    Find what is at fault in a table that nobody described.

    Args:
        table: The file.
        tables: All files that were given, this one among them: what references may point to.

    Returns:
        The faults by kind in the order of causes; a cell is accused once. Rows count from 0.
    """
    shifts = shifted_columns(table)
    moved = np.zeros(table.n_rows, np.bool_)
    for fault in shifts:
        moved[fault.rows] = True
    if moved.any():
        table = _without_rows(table, moved)
    accused = Accused(table.n_rows)
    faults = [*shifts]
    for step in (mixed_encodings, wrong_types, malformed, impossible_dates, ages):
        found = step(table, accused)
        faults += found
        accused = accused.with_(found)
    known = relations(table, accused)
    found = odd_numbers(table, accused, proven(table, known))
    accused = accused.with_(found)
    faults += found
    found = broken_orders(table, accused)
    faults += [*broken_relations(accused.with_(found), known), *found]
    found = near_duplicates(table, accused)
    accused = accused.with_(found)
    faults += found
    repeats = duplicate_rows(table)
    repeated = np.zeros(table.n_rows, np.bool_)
    for fault in repeats:
        repeated[fault.rows] = True
    faults += [*repeats, *duplicate_keys(table, accused, repeated)]
    found = dangling_references(table, accused, tables or (table,))
    accused = accused.with_(found)
    faults += [*found, *broken_dependencies(table, accused)]
    return tuple(fault for fault in faults if len(fault.rows))


def _without_rows(table: Table, moved: np.ndarray) -> Table:
    """The table with these rows empty: their cells speak of other columns."""
    columns = []
    for column in table.columns:
        codes = np.where(moved, -1, column.codes)
        counts = np.bincount(codes[codes >= 0], minlength=len(column.texts)).astype(np.int64)
        keep = counts > 0
        new = np.cumsum(keep) - 1
        codes = np.where(codes >= 0, new[codes] if len(new) else -1, -1)
        columns.append(
            replace(column, texts=column.texts.filter(pl.Series(keep)), counts=counts[keep], codes=codes)
        )
    return replace(table, columns=tuple(columns))
