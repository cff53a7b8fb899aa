"""
What is wrong with the rows of a block: set aside by their first fault, or kept with an issue per lost value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.int64]
_RULES = ("invalid",)  # verdicts that are rules of the quarantine by themselves


class QuarantinedRows(NamedTuple):
    """Rows set aside for one reason each: their provenance rows, column, rule, reason and bytes."""

    rows: list[int]
    columns: list[str | None]
    rules: list[str]
    reasons: list[str]
    raws: list[bytes]
    byte_offsets: Sequence[int | None] = ()  # where these begin; () = not known


class Flawed(NamedTuple):
    """Texts of a column of the file that gave no value: its name, the flaws, and the texts beside them."""

    column: str | None
    flaws: pl.DataFrame
    texts: pl.Series


class Faults:
    """The first fault of each row of a block: `at` is an index into `causes`, -1 = none."""

    def __init__(self, height: int) -> None:
        self.at: Rows = np.full(height, -1, np.int64)
        self.causes: list[tuple[str | None, str, str]] = []

    def add(self, rows: pl.Series, column: str | None, rule: str, reason: str) -> None:
        """These rows have this fault, unless they have one already."""
        fresh = rows.to_numpy()
        fresh = fresh[self.at[fresh] < 0]
        if fresh.size:
            self.at[fresh] = len(self.causes)
            self.causes.append((column, rule, reason))

    def forgive(self, rows: pl.Series, kept: str | None) -> None:
        """These rows have no fault any more, but for those of the column `kept`."""
        at = rows.to_numpy()
        is_kept = np.array([column == kept for column, _, _ in self.causes] + [False])
        self.at[at[~is_kept[self.at[at]]]] = -1


def judge(
    label: str | None, values: pl.Series, flawed: Sequence[Flawed], faults: Faults, *, required: bool
) -> list[Flawed]:
    """Quarantine the rows whose required value is not there; return what is wrong and may be missing."""
    if not required or not values.null_count():
        return [found for found in flawed if found.flaws.height]
    missing = values.is_null()
    kept = []
    for found in flawed:
        is_lost = missing.gather(found.flaws["row"])
        lost = found.flaws.filter(is_lost)
        for verdict, reason in lost.select("verdict", "reason").unique().sort("verdict", "reason").rows():
            rows = lost.filter((pl.col("verdict") == verdict) & (pl.col("reason") == reason))["row"]
            rule = verdict if verdict in _RULES else "required"
            faults.add(rows, found.column, rule, reason)
        if lost.height < found.flaws.height:
            kept.append(Flawed(found.column, found.flaws.filter(~is_lost), found.texts.filter(~is_lost)))
    faults.add(missing.arg_true(), label, "required", "required, and empty")
    return kept


def issue_frame(issues: list[Flawed], rows: pl.Series, kept: NDArray[np.bool_]) -> pl.DataFrame:
    """All issues of the block's kept rows: row, column, verdict, reason, raw. Sorted by row, then column order."""
    is_kept = pl.Series(kept)
    parts = [
        pl.DataFrame(
            {
                "row": rows.gather(found.flaws["row"]),
                "column": pl.Series([found.column], dtype=pl.String).new_from_index(0, found.flaws.height),
                "verdict": found.flaws["verdict"],
                "reason": found.flaws["reason"],
                "raw": found.texts.cast(pl.String),
            }
        ).filter(is_kept.gather(found.flaws["row"]))
        for found in issues
    ]
    schema = {"row": pl.Int64(), **dict.fromkeys(("column", "verdict", "reason", "raw"), pl.String())}
    return pl.concat(parts).sort("row", maintain_order=True) if parts else pl.DataFrame(schema=schema)
