"""
A file's columns as numbers of their different texts, so that each text is read once however many rows hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cdptool.matching.sorting import sorted_with_rows
from cdptool.matching.values import MISSING, Ids, Rows, Values, encoded

_BITS = 62
_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of one file by name, each by its different texts; null and the empty text are none."""

    n_rows: int
    by_name: dict[str, Values]

    def only(self, names: Sequence[str]) -> Columns:
        """Some of the columns."""
        return Columns(self.n_rows, {name: self.by_name[name] for name in names})

    def in_order(self, rows: Rows) -> Columns:
        """The same columns with their rows in another order."""
        by_name = {
            name: Values(np.take(one.ids, rows), one.texts, one.counts) for name, one in self.by_name.items()
        }
        return Columns(len(rows), by_name)

    def some(self, names: Sequence[str]) -> pl.DataFrame:
        """Some columns of a few hundred rows, picked evenly: enough to see how the columns hang together."""
        rows = np.arange(0, self.n_rows, self.n_rows // _LOOKED_AT + 1)
        return pl.DataFrame({name: self.by_name[name].at(rows) for name in names})

    def different(self, names: Sequence[str]) -> tuple[pl.DataFrame, Ids]:
        """
        The different rows of some columns, and per row of the file its number among them.

        >>> table = pl.DataFrame({"a": ["x", "x", None], "b": ["1", "1", "2"]})
        >>> rows, ids = columns_of(table).different(("a", "b"))
        >>> len(rows), bool(ids[0] == ids[1] != ids[2])
        (2, True)
        """
        first, *others = (self.by_name[name] for name in names)
        if not others:
            alone = first.texts.alias(names[0]).to_frame()
            if len(first.texts) and int(first.counts.sum()) == self.n_rows:
                return alone, first.ids
            rows = pl.concat([alone, pl.DataFrame({names[0]: [None]}, schema=alone.schema)])
            return rows, np.where(first.ids == MISSING, np.int32(len(first.texts)), first.ids)
        codes, below = first.ids.astype(np.int64) + 1, len(first.texts) + 1
        for one in others:
            if (below * (len(one.texts) + 1)).bit_length() > _BITS:
                codes, below = _renumbered(codes, below)
            codes *= len(one.texts) + 1
            codes += one.ids
            codes += 1
            below *= len(one.texts) + 1
        firsts, ids = _grouped(codes, below)
        table = {name: self.by_name[name].at(firsts) for name in names}
        return pl.DataFrame(table), ids


def columns_of(table: pl.DataFrame) -> Columns:
    """The columns of a table of texts (String)."""
    return Columns(len(table), {column.name: encoded(column) for column in table})


def _grouped(codes: Rows, below: int) -> tuple[Rows, Ids]:
    """The first row of every different code, and per row the number of its code."""
    ordered, order = sorted_with_rows(codes, below)
    fresh = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
    ids = np.empty(len(codes), dtype=np.int32)
    ids[order] = np.cumsum(fresh, dtype=np.int32) - np.int32(1)
    return order[fresh], ids


def _renumbered(codes: Rows, below: int) -> tuple[Rows, int]:
    firsts, ids = _grouped(codes, below)
    return ids.astype(np.int64), len(firsts)
