"""
The one currency of amounts, where they have but one: then none is read or compared row by row.

Nearly every stream has a single currency, and files keep the least and the greatest text of their parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from cdptool.rules.aggregates import Request

CODES: Final = pl.Categorical()  # of answers: a text takes four times as much memory, whatever it says


def with_known_currencies(
    requests: Iterable[Request], streams: Mapping[str, pl.LazyFrame], first: pl.Expr
) -> tuple[Request, ...]:
    """
    The aggregates of profiles, those that add up or compare amounts with the currency of all rows, where that is one.

    Args:
        requests: The aggregates.
        streams: By name all rows that they are made of.
        first: Some rows to look at first; files that stand in order are read no further than these.
    """
    told: dict[tuple[str, str], str | None] = {}

    def known(request: Request) -> Request:
        column, stream = request.column, request.rows.stream
        if not request.checks_currency or column is None or column.currency is None:
            return request
        name = column.currency.meta.output_name().removeprefix(f"{stream}.")
        if (stream, name) not in told:
            told[stream, name] = _of_all(streams[stream], name, first)
        currency = told[stream, name]
        return request if currency is None else with_one_currency(request, currency)

    return tuple(known(request) for request in requests)


def _of_all(rows: pl.LazyFrame, name: str, first: pl.Expr) -> str | None:
    """The text that a column of rows has in each; None where there are several, or it is no column of the rows."""
    if name not in rows.collect_schema():
        return None
    found = rows.filter(first).select(name).head(1).collect(engine="streaming").to_series()
    if found.is_empty() or found[0] is None:
        return None
    others = rows.filter(pl.col(name).ne_missing(pl.lit(found[0]))).select(name).head(1)
    return str(found[0]) if others.collect(engine="streaming").is_empty() else None


def one_currency(amounts: pl.Series, currency: pl.Series) -> str | None:
    """The currency of all amounts; None where there are several, or an amount has none.

    >>> one_currency(pl.Series([1, 2]), pl.Series(["VND", "VND"])), one_currency(pl.Series([1]), pl.Series(["VND"]))
    ('VND', 'VND')
    """
    first = currency.drop_nulls().head(1)
    if first.is_empty():
        return None
    is_same = currency == first.item()
    if not currency.null_count() and is_same.all():
        return str(first.item())
    return str(first.item()) if (is_same.fill_null(False) | amounts.is_null()).all() else None


def with_one_currency(request: Request, currency: str) -> Request:
    """The aggregate where all amounts are of one currency: none of its groups can mix two."""
    assert request.column is not None
    return replace(request, column=replace(request.column, currency=pl.lit(currency).cast(CODES)))
