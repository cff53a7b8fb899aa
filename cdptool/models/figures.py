"""What a model reports of itself: one figure a row, so that every kind of model fits one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import polars as pl

MODEL_FIGURES: Final[dict[str, pl.DataType]] = {
    "model": pl.String(),
    "part": pl.String(),  # `data`, `parameters`, `spending`, `holdout`
    "of": pl.String(),  # which guess of several the figure is of; empty where there is one
    "figure": pl.String(),
    "value": pl.Float64(),
}


class Figure(NamedTuple):
    """A figure of a model, or of a guess that it stands beside."""

    part: str
    name: str
    value: float
    of: str = ""


class Result(NamedTuple):
    """What a model gives: its table by profile, its figures, and in words what could not be done."""

    table: pl.DataFrame
    figures: tuple[Figure, ...]
    refused: tuple[str, ...] = ()


def figures_table(results: Iterable[tuple[str, Result]]) -> pl.DataFrame:
    """The figures of several models, each under its name: MODEL_FIGURES, in the order given."""
    rows = [
        (name, figure.part, figure.of, figure.name, figure.value)
        for name, result in results
        for figure in result.figures
    ]
    return pl.DataFrame(rows, schema=MODEL_FIGURES, orient="row")
