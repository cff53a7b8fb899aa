"""
How alike two records are, learned from the records themselves: typed columns in, probabilities and clusters out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from cdptool.matching.candidates import Candidates, candidates
from cdptool.matching.clusters import clusters
from cdptool.matching.comparing import Comparison, Table, comparison
from cdptool.matching.kinds import KINDS
from cdptool.matching.model import Model, fit
from cdptool.matching.values import Rows, encoded

AUTOMATIC: Final = 0.9

__all__ = ["AUTOMATIC", "KINDS", "Candidates", "Matching", "Model", "comparisons", "match"]


class Matching(NamedTuple):
    """The candidates with their log odds, the model that weighed them, and each record's cluster (its smallest row)."""

    candidates: Candidates
    log_odds: Table
    model: Model
    clusters: Rows


def match(
    texts: pl.DataFrame,
    kinds: Sequence[tuple[str, str]],
    *,
    at_least: float = AUTOMATIC,
    budget: int | None = None,
) -> Matching:
    """
    Find the records that are one person or one firm, without labels.

    Args:
        texts: Match texts (String; null = nothing known), one column per field, in an order that depends on nothing
            but the records themselves.
        kinds: Column and kind (`matching.KINDS`), in the order of the comparisons.
        at_least: The probability from which a pair joins.
        budget: The most pairs that are compared; without it as `pair_budget` says.
    """
    fields = comparisons(texts, kinds)
    pairs = candidates(fields, len(texts), budget)
    fitted = fit(fields, len(texts), pairs.left, pairs.right)
    labels = clusters(len(texts), pairs.left, pairs.right, fitted.log_odds, fitted.model.log_odds, at_least)
    return Matching(pairs, fitted.log_odds, fitted.model, labels)


def comparisons(texts: pl.DataFrame, kinds: Sequence[tuple[str, str]]) -> tuple[Comparison, ...]:
    """The comparisons of these columns, in this order."""
    return tuple(comparison(name, kind, encoded(texts[name])) for name, kind in kinds)
