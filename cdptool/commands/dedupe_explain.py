"""What `dedupe` found in a file, explained: two rows field by field, or all of it in figures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from cdptool.commands.match_figures import (
    Pairs,
    common_values,
    figures,
    key_grid,
    risk_data,
    risk_grids,
    risks_of,
    shown_risks,
    weight_data,
    weight_grid,
)
from cdptool.commands.report import Grid, Report
from cdptool.commands.waterfall import percent, verdict, waterfall_data, waterfall_grid
from cdptool.errors import UsageError
from cdptool.matching import Matching
from cdptool.matching.explaining import waterfall
from cdptool.matching.values import Rows

_LIKELY: Final = 0.5


def explained_rows(
    matching: Matching, at: dict[int, int], rows: tuple[int, int], *, at_least: float, show_values: bool
) -> Report:
    """
    Why two rows are, or are not, one.

    Args:
        matching: The outcome.
        at: Row of the file → row of the matching.
        rows: Two rows of the file, from 1.
        at_least: From which probability a pair joins.
        show_values: Show values as they are instead of masked.

    Raises:
        UsageError: If there is no such row, or it is one row twice.
    """
    missing = [row for row in rows if row not in at]
    if missing or rows[0] == rows[1]:
        problem = f"the file has no row {missing[0]}" if missing else "these are one row"
        raise UsageError(
            problem, hint="name two rows as `clusters.csv` counts them, the first after the header is 1"
        )
    left, right = (at[row] for row in rows)
    found = waterfall(matching.model, left, right)
    is_one = bool(matching.clusters[left] == matching.clusters[right])
    names = (f"row {rows[0]}", f"row {rows[1]}")
    told = "one cluster" if is_one else "two clusters"
    sure = found.probability >= at_least
    why = ""
    if is_one and not sure:
        why = "; other rows of their cluster join them"
    if not is_one and sure:
        why = "; what their clusters say of each other on the whole speaks against it"
    among = _among_all(matching, left, right)
    if among is not None and percent(among) != percent(found.probability):
        why += f"; beside all other rows they are one with {percent(among)}"
    return Report(
        verb="dedupe",
        summary=f"{told}: {verdict(found)}; pairs join from {100 * at_least:g} % on{why}",
        data={
            "rows": list(rows),
            "same": is_one,
            **waterfall_data(found, show_values=show_values),
            "probability_among_all": None if among is None else round(among, 6),
        },
        grids=(waterfall_grid(found, f"Rows {rows[0]} and {rows[1]}", names, show_values=show_values),),
        is_answer=True,
    )


def _among_all(matching: Matching, left: int, right: int) -> float | None:
    """The probability of the pair with what the clusters of its rows say; None where no key brought it."""
    ends = np.minimum(*matching.candidates[:2]), np.maximum(*matching.candidates[:2])
    at = np.flatnonzero((ends[0] == min(left, right)) & (ends[1] == max(left, right)))
    return float(1 / (1 + np.exp(-matching.believed()[at[0]]))) if len(at) else None


def match_report(
    matching: Matching, names: pl.Series, *, show_values: bool
) -> tuple[tuple[Grid, ...], tuple[str, ...], dict[str, Any]]:
    """
    Figures, keys, weights and risks.

    Args:
        matching: The outcome.
        names: The printed cluster of every row of the matching.
        show_values: Show values as they are instead of masked.
    """
    left, right = matching.candidates.left, matching.candidates.right
    probabilities = np.asarray(1 / (1 + np.exp(-matching.log_odds)))
    likely = probabilities >= _LIKELY
    joined = matching.clusters[left] == matching.clusters[right]
    labels, counts = np.unique(matching.clusters, return_counts=True)
    n_within = int((counts * (counts - 1) // 2).sum())
    pairs = Pairs(
        left[likely],
        right[likely],
        probabilities[likely],
        joined[likely],
        int(joined.sum()) / n_within if n_within else None,
    )
    keys, too_large = matching.candidates.keys, matching.candidates.too_large
    told = figures(matching.model, keys, len(left), pairs)
    links = _links(matching.clusters, pairs)
    found = risks_of(pl.DataFrame({"cluster": labels, "n": counts}).cast(pl.Int64), links)
    shown = dict.fromkeys(shown_risks(found))
    printed = {cluster: str(names[cluster]) for cluster in shown}
    shares = {
        cluster: common_values(
            matching.model, np.flatnonzero(matching.clusters == cluster), show_values=show_values
        )
        for cluster in shown
    }
    grids, lines = risk_grids(found, printed, shares)
    data = {
        "figures": {name.removeprefix("… "): figure for name, figure in told},
        "keys": [key._asdict() for key in keys],
        "weights": weight_data(matching.model),
        "risk": risk_data(found, printed, shares),
    }
    return (
        (
            Grid("In figures", ("", "figure"), told),
            key_grid(keys, too_large),
            weight_grid(matching.model),
            *grids[1:],
        ),
        lines,
        data,
    )


def _links(clusters: Rows, pairs: Pairs) -> pl.DataFrame:
    """The likely pairs within clusters, as `risk.LINKS`."""
    left, right = pairs.left[pairs.joined], pairs.right[pairs.joined]
    numbers = np.arange(len(left))
    ends = [
        pl.DataFrame({"cluster": clusters[left], "record": side, "link": numbers}) for side in (left, right)
    ]
    return pl.concat(ends).cast(pl.Int64)
