"""`cdptool report cuts`: where a trait would be cut into equal parts, to be written down as frozen cut points."""

from __future__ import annotations

from typing import Final, TypeAlias

import polars as pl

from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings, open_session
from cdptool.errors import UsageError
from cdptool.rules.naming import nearest
from cdptool.tables import MONEY_SCALE

_Row: TypeAlias = tuple[str, int, float, list[float], float]
COLUMNS: Final = ("trait", "profiles", "least", "cut points", "most")


def report_cuts(settings: Settings, traits: tuple[str, ...], *, parts: int) -> Report:
    """
    The quantiles (type 7, as R and NumPy have them) of traits as the last `segment` left them.

    Who has none, or 0, is left out: of customers who never bought there is nothing to cut.

    Args:
        settings: Where the project is.
        traits: Names of traits that are numbers or amounts.
        parts: Into how many parts.

    Raises:
        UsageError: If there are no traits yet, or one is not there or no number.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        if not snapshot.has("traits"):
            raise UsageError(
                "no traits were computed yet", hint="run `cdptool segment` first, or `cdptool run`"
            )
        stored = snapshot.scan("traits").collect()
    rows = tuple(_row(stored, name, parts) for name in traits)
    return Report(
        verb="report cuts",
        summary="to freeze them, write them into rules.yaml, such as `recency: [30, 90, 180, 365]`",
        data={"parts": parts, "traits": [dict(zip(COLUMNS, row, strict=True)) for row in rows]},
        grids=(Grid(f"Cut into {parts}, zeros apart", COLUMNS, tuple(map(_told, rows))),),
        is_answer=True,
    )


def _row(stored: pl.DataFrame, name: str, parts: int) -> _Row:
    known = [each for each in stored.columns if f"{each}_is_known" in stored.columns]
    if name not in known:
        raise UsageError(f"there is no trait `{name}`", hint=nearest(name, known))
    if not stored.schema[name].is_numeric():
        raise UsageError(f"`{name}` is no number", hint="name a trait that is a number or an amount")
    scale = MONEY_SCALE if f"{name}_currency" in stored.columns else 1
    values = (stored[name].drop_nulls() / scale).cast(pl.Float64)
    values = values.filter(values != 0)
    if values.is_empty():
        raise UsageError(
            f"no profile has a value of `{name}`", hint="look at its rule, and at the feeds it reads"
        )
    cuts = [values.quantile(part / parts, "linear") for part in range(1, parts)]
    ends = values.sort()
    least, *inner, most = (round(float(each or 0), 4) for each in (ends[0], *cuts, ends[-1]))
    return name, values.len(), least, inner, most


def _told(row: _Row) -> tuple[str, int, str, str, str]:
    name, n, least, inner, most = row
    return name, n, _number(least), f"[{', '.join(map(_number, inner))}]", _number(most)


def _number(value: float) -> str:
    return f"{value:.10g}"
