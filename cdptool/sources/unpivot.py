"""
Wide rows made long: one row for each cell of some columns, with the column's name beside the value.

A cell is what counts as a row then: empty ones are excluded, the others go the way of every row, and all of
them point back to the line, and the bytes, of the row they stood in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import polars as pl

from cdptool.errors import Finding, Place
from cdptool.sources.judging import Rows
from cdptool.sources.spec import Unpivot
from cdptool.sources.texts import as_text, key_text

RawOf = Callable[[int], bytes]  # the bytes of a row by its place in a block


@dataclass(frozen=True, slots=True)
class Unpivoting:
    """How the blocks of one file are made long: names of columns in the block, and what the new two are called."""

    names: pl.Series  # of the columns, in the order of the file
    sources: tuple[str, ...]
    name_to: str
    value_to: str

    def apply(
        self, block: pl.DataFrame, lines: Rows, raw: RawOf, kept: Sequence[str]
    ) -> tuple[pl.DataFrame, Rows, RawOf]:
        """
        The cells of a block that say something, row by row: the `kept` columns, name and value.

        Returns:
            The cells as a block, the lines of their rows, and the bytes of those rows.
        """
        n, k = block.height, len(self.sources)
        row_by_row = np.arange(n * k).reshape(k, n).T.ravel()
        texts = pl.concat([as_text(block[name]).alias("value") for name in self.sources])
        values = texts.gather(row_by_row)
        at = key_text(values).is_not_null().arg_true().to_numpy()
        rows = at // k
        frame = block.select(kept)[rows].with_columns(
            self.names.gather(at % k).alias(self.name_to), values.gather(at).alias(self.value_to)
        )
        return frame, lines[rows], lambda cell: raw(int(rows[cell]))


def unpivoted_names(unpivot: Unpivot, names: Sequence[str]) -> tuple[str, ...]:
    """
    The columns of a file that are made rows: those named, and those that a pattern fits, in the file's order.

    >>> unpivoted_names(Unpivot(("jan", "2026-*"), "month", "amount"), ["2026-02", "jan", "2025-01"])
    ('2026-02', 'jan')
    """
    return tuple(name for name in names if any(fnmatchcase(name, each) for each in unpivot.columns))


def unpivoting(unpivot: Unpivot, index: Mapping[str, str]) -> Unpivoting:
    """An unpivot bound to the columns of blocks; the two new columns stand in the index already."""
    names = [
        name
        for name in unpivoted_names(unpivot, list(index))
        if name not in (unpivot.name_to, unpivot.value_to)
    ]
    return Unpivoting(
        pl.Series("name", names, dtype=pl.String),
        tuple(index[name] for name in names),
        index[unpivot.name_to],
        index[unpivot.value_to],
    )


def unpivot_findings(unpivot: Unpivot, names: Sequence[str], place: Place) -> list[Finding]:
    """What does not fit the columns of a file: names that are taken, patterns that fit nothing."""
    taken = [name for name in (unpivot.name_to, unpivot.value_to) if name in names]
    found = [
        Finding(f"`{name}` is a column of the file already", place, "give the unpivoted one another name")
        for name in taken
    ]
    fits_none = [
        each
        for each in unpivot.columns
        if is_pattern(each) and not any(fnmatchcase(name, each) for name in names)
    ]
    return found + [Finding(f"no column fits `{each}`", place) for each in fits_none]


def is_pattern(name: str) -> bool:
    """Whether a declared column is a pattern over names."""
    return "*" in name or "?" in name
