"""What a group-by makes of rows: the raw columns of the aggregates that runs of rows do not tell, and those of pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from cdptool.rules.aggregates import Request, Rows
from cdptool.rules.raw_columns import ZERO_WITHOUT_ROWS, mode_rows, raw, takes_rows
from cdptool.rules.runs import WHO

_SEEN: Final = "#seen"


def masks(rows: Rows, inside: pl.Expr) -> list[pl.Expr]:
    """Which rows count for certain, and which possibly; never null."""
    certain, possible = f"{rows.id}.certain", f"{rows.id}.possible"
    if rows.condition is None:
        return [inside.alias(certain)]
    return [
        (inside & rows.condition.fill_null(False)).alias(certain),
        (inside & rows.condition.fill_null(True)).alias(possible),
    ]


def grouped(
    requests: list[Request], rows: pl.LazyFrame, keys: list[str], *, is_cut: bool = False
) -> list[pl.LazyFrame]:
    """The raw columns of the requests by some keys; what several of them ask is worked out once."""
    alone = [] if is_cut else [request for request in requests if takes_rows(request)]
    together = [request for request in requests if request not in alone]
    first: dict[bytes, str] = {}
    parts, again = [], []
    for part in (part for request in together for part in raw(request, is_cut=is_cut)):
        name = part.meta.output_name()
        known = first.setdefault(part.meta.undo_aliases().meta.serialize(), name)
        parts += [part] if known == name else []
        again += [] if known == name else [pl.col(known).alias(name)]
    found = [rows.group_by(keys).agg(parts).with_columns(again)] if parts else []
    found += [_by_rows(request, rows, keys) for request in alone]
    return found + [mode_rows(request, rows, keys) for request in requests if request.function == "mode"]


def _by_rows(request: Request, rows: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    """The raw columns of one request, of no more rows than may count, whose values are worked out once."""
    assert request.column is not None
    seen = replace(request, column=replace(request.column, lo=pl.col(_SEEN)))
    rows = rows.filter(request.rows.possible).with_columns(request.column.lo.alias(_SEEN))
    return rows.group_by(keys).agg(raw(seen))


def by_number(grouped: pl.DataFrame, n_profiles: int) -> list[pl.Series]:
    """The columns of groups in the order of the numbers that they are of; where there is no group zero, or null."""
    who, made = grouped[WHO].to_numpy(), []
    place = pl.Series([None], dtype=pl.UInt32).new_from_index(0, n_profiles).scatter(who, np.arange(len(who)))
    for column in grouped.drop(WHO):
        if column.name.rpartition(".")[2] in ZERO_WITHOUT_ROWS and not column.null_count():
            values = np.zeros(n_profiles, dtype=column.to_numpy().dtype)
            values[who] = column.to_numpy()
            made.append(pl.Series(column.name, values))
        else:
            made.append(column.gather(place))
    return made
