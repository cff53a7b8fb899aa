"""
What is counted inside a group: the raw columns that the bounds of an aggregate are made of (`aggregates.finish`).

Every raw column is exact in integers, or summed in sorted order, so that the order of rows and the number of buckets
change nothing. Nulls of the column looked at are skipped. Ties break by (at, event_id), never by the order of rows;
`mode` prefers the value seen last.
"""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from cdptool.rules.aggregates import COUNTS, Request

# Raw columns that say nothing of what is not there: without a row they are zero.
ZERO_WITHOUT_ROWS: Final = ("n", "possible", "sum", "sum_most", "distinct", "distinct_possible")
_PLAIN: Final = (*COUNTS, "sum", "avg", "min", "max", "nunique")


def raw(request: Request, *, is_cut: bool = False) -> list[pl.Expr]:
    """
    The expressions of a group that the aggregate is made of, over rows with the masks of `request.rows`.

    Args:
        request: The aggregate.
        is_cut: The rows are those that count for certain, and no others.
    """
    if is_cut and request.function in _PLAIN:
        return _plain(request)
    certain, possible = request.rows.certain, request.rows.possible
    if request.column is None:
        return _counts(request, certain, possible)
    seen = request.column.lo
    certain, possible = certain & seen.is_not_null(), possible & seen.is_not_null()
    parts = [] if request.function == "nunique" else _counts(request, certain, possible)
    match request.function:
        case "sum":
            parts += _sums(request, certain, possible)
        case "avg":
            parts.append(_total(request, certain, seen).alias(request.named("sum")))
        case "first" | "last":
            parts += _ends(request, certain, possible)
        case "nunique":
            parts.append(_distinct(seen.filter(certain)).alias(request.named("distinct")))
            parts.append(_distinct(seen.filter(possible)).alias(request.named("distinct_possible")))
        case _:
            pass
    for bound in bounds_needed(request):
        parts += [
            getattr(pl.when(mask).then(seen), bound)().alias(request.named(f"{name}_{bound}"))
            for name, mask in (("certain", certain), ("possible", possible))
        ]
    currency = request.column.currency
    return parts + _codes(request, None if currency is None else pl.when(possible).then(currency))


def mode_rows(request: Request, rows: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    """One row per key: the most frequent certain value (`<id>.mode`); of equals the one seen last."""
    assert request.column is not None
    name = request.named("mode")
    seen = rows.filter(request.rows.certain).select(*keys, "at", "event_id", request.column.lo.alias(name))
    by_value = (
        seen.filter(pl.col(name).is_not_null())
        .sort(*keys, "at", "event_id")
        .group_by(*keys, name, maintain_order=True)
        .agg(pl.len().alias("n"), pl.col("at", "event_id").last())
    )
    ranked = by_value.sort(*keys, "n", "at", "event_id")
    return ranked.group_by(*keys, maintain_order=True).agg(pl.col(name).last())


def bounds_needed(request: Request) -> tuple[Literal["min", "max"], ...]:
    """Which ends of the values an aggregate is bounded by."""
    match request.function:
        case "min" | "max" if request.is_exact:
            return ("min",) if request.function == "min" else ("max",)
        case "min" | "max":
            return ("min", "max")
        case "avg" | "first" | "last" | "mode" if request.rows.condition is not None:
            return ("min", "max")
    return ()


def takes_rows(request: Request) -> bool:
    """Whether it looks at values row by row, so that it is better given its rows alone."""
    is_end = request.function in ("first", "last") and not is_time(request)
    return is_end or request.function == "nunique"


def needs_ids(request: Request) -> bool:
    """Whether ties of time are decided by the ids of rows."""
    return request.function == "mode" or (request.function in ("first", "last") and not is_time(request))


def is_time(request: Request) -> bool:
    """Whether the first or last time is all that is asked."""
    return request.is_exact and request.column is not None and request.column.lo.meta.eq(pl.col("at"))


def _plain(request: Request) -> list[pl.Expr]:
    """The same of rows that all count, without masks: several times faster."""
    if request.column is None:
        return [pl.len().cast(pl.Int64).alias(request.named("n"))]
    seen = request.column.lo
    parts = [seen.count().cast(pl.Int64).alias(request.named("n"))]
    match request.function:
        case "sum" | "avg":
            total = seen.sort().sum() if request.is_float else seen.sum()
            parts.append(total.alias(request.named("sum")))
        case "min":
            parts += [seen.min().alias(request.named(f"{name}_min")) for name in ("certain", "possible")]
            parts.append(seen.max().alias(request.named("possible_max")))
        case "max":
            parts += [seen.max().alias(request.named(f"{name}_max")) for name in ("certain", "possible")]
            parts.append(seen.min().alias(request.named("possible_min")))
        case "nunique":
            distinct = _distinct(seen.drop_nulls())
            parts += [distinct.alias(request.named(name)) for name in ("distinct", "distinct_possible")]
        case _:
            pass
    currency = request.column.currency
    return parts + _codes(request, None if currency is None else pl.when(seen.is_not_null()).then(currency))


def _codes(request: Request, codes: pl.Expr | None) -> list[pl.Expr]:
    """The least and the greatest currency."""
    if codes is None or not request.checks_currency:
        return []
    return [codes.min().alias(request.named("code")), codes.max().alias(request.named("other_code"))]


def _counts(request: Request, certain: pl.Expr, possible: pl.Expr) -> list[pl.Expr]:
    parts = [certain.sum().cast(pl.Int64).alias(request.named("n"))]
    if request.rows.condition is not None:
        parts.append(possible.sum().cast(pl.Int64).alias(request.named("possible")))
    return parts


def _total(request: Request, mask: pl.Expr, seen: pl.Expr) -> pl.Expr:
    # Float addition depends on order; integers do not.
    return seen.filter(mask).sort().sum() if request.is_float else pl.when(mask).then(seen).sum()


def _sums(request: Request, certain: pl.Expr, possible: pl.Expr) -> list[pl.Expr]:
    assert request.column is not None
    seen = request.column.lo
    if request.rows.condition is None:
        return [_total(request, certain, seen).alias(request.named("sum"))]
    perhaps = possible & ~certain
    least = _total(request, certain | (perhaps & (seen < 0)), seen)
    most = _total(request, certain | (perhaps & (seen > 0)), seen)
    return [least.alias(request.named("sum")), most.alias(request.named("sum_most"))]


def _distinct(values: pl.Expr) -> pl.Expr:
    return values.n_unique().cast(pl.Int64)


def _ends(request: Request, certain: pl.Expr, possible: pl.Expr) -> list[pl.Expr]:
    """The earliest (or latest) possible row: its value, its time, whether it is certain, its currency."""
    assert request.column is not None
    first = request.function == "first"
    if is_time(request):
        at = pl.when(possible).then(pl.col("at"))
        return [(at.min() if first else at.max()).alias(request.named("end"))]
    parts = {"end": request.column.lo}
    if not request.is_whole:
        parts["end_at"] = pl.col("at")
    if request.rows.condition is not None:
        parts["end_certain"] = certain
    if request.column.currency is not None and request.only_currency is None:
        parts["code"] = request.column.currency
    order = pl.when(possible).then(pl.struct("at", "event_id"))
    chosen = {name: part.min_by(order) if first else part.max_by(order) for name, part in parts.items()}
    return [part.alias(request.named(name)) for name, part in chosen.items()]
