"""One shape of all that can be found at fault in a file that nobody described, and who was accused already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

import numpy as np

from cdptool.inspection.columns import Column, Mask, Rows

Kind = Literal[
    "shifted_columns",
    "mixed_encoding",
    "wrong_type",
    "malformed",
    "impossible_date",
    "impossible_age",
    "mixed_units",
    "outlier",
    "broken_sum",
    "broken_order",
    "near_duplicate",
    "duplicate_row",
    "duplicate_key",
    "dangling_reference",
    "broken_dependency",
]


class Fault(NamedTuple):
    """Rows (from 0) whose cells of these columns break a rule that the rest of the file keeps."""

    kind: Kind
    columns: tuple[str, ...]
    rows: Rows
    evidence: str
    expect: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's columns, the day that counts as today, and the texts of records that could not be cut into cells."""

    name: str
    columns: tuple[Column, ...]
    n_rows: int
    today: date
    lost: tuple[str, ...] = ()

    def of_kind(self, *kinds: str) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.kind in kinds)


@dataclass(frozen=True, slots=True)
class Accused:
    """The cells that were found at fault so far: a fault is told once, by the detector that explains it best."""

    n_rows: int
    cells: dict[str, Mask] = field(default_factory=dict)

    def of(self, *names: str) -> Mask:
        """The rows in which one of these columns is accused."""
        mask = np.zeros(self.n_rows, np.bool_)
        for name in names:
            if name in self.cells:
                mask |= self.cells[name]
        return mask

    def with_(self, faults: Iterable[Fault]) -> Accused:
        """These, and the cells of the faults."""
        cells = dict(self.cells)
        for fault in faults:
            for name in fault.columns:
                mask = cells[name].copy() if name in cells else np.zeros(self.n_rows, np.bool_)
                mask[fault.rows] = True
                cells[name] = mask
        return Accused(self.n_rows, cells)


def written(name: str) -> str:
    """
    A column as the rule language writes it.

    >>> written("total"), written("Unit price")
    ('total', 'row["Unit price"]')
    """
    return name if name.isidentifier() else f'row["{name}"]'


def percent(share: float) -> str:
    """
    A share for people.

    >>> percent(0.9975), percent(1.0), percent(0.99999)
    ('99.75 %', '100 %', '> 99.99 %')
    """
    if 0.9999 < share < 1:
        return "> 99.99 %"
    return f"{share * 100:.4g} %"
