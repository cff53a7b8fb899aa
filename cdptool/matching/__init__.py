"""
How alike two records are, learned from the records themselves: typed columns in, probabilities and clusters out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import polars as pl

from cdptool.matching.candidates import Candidates, candidates
from cdptool.matching.companions import believed
from cdptool.matching.comparing import Comparison, Table, comparison
from cdptool.matching.judging import doubts_of, doubts_of_fit
from cdptool.matching.kinds import KINDS
from cdptool.matching.model import FIRMLY, Model, fit
from cdptool.matching.pooling import resolved
from cdptool.matching.saving import Saved, kept_keys, loaded
from cdptool.matching.scaling import scaled
from cdptool.matching.values import Rows, Values, encoded

AUTOMATIC: Final = 0.9
Origin = Literal["learned", "kept", "pinned", "anchored"]

__all__ = ["AUTOMATIC", "KINDS", "Candidates", "Known", "Matching", "Model", "comparisons", "match"]


class Known(NamedTuple):
    """A model of an earlier time: the pass, its tables, and whether it is used whatever the data look like."""

    name: str
    tables: Saved
    is_pinned: bool = False

    @property
    def has_model(self) -> bool:
        """Whether the pass has a model in these tables."""
        return self.name in self.tables.classes["pass"]


class Matching(NamedTuple):
    """
    The candidates with their log odds, the model that weighed them, and each record's cluster (its smallest row).

    `stated`: the log odds as the fields add up (`Model.stated`); `log_odds`: on the scale of the model; `evidence`: those
    that made the clusters (`pooling`). `origin`: where the model is from. `doubts`: what spoke against the model that was
    learned or known before.
    """

    candidates: Candidates
    stated: Table
    log_odds: Table
    model: Model
    clusters: Rows
    evidence: Table
    origin: Origin = "learned"
    doubts: tuple[str, ...] = ()

    def believed(self) -> Table:
        """The log odds of the candidates with what the clusters of their records say (`companions`)."""
        left, right = self.candidates.left, self.candidates.right
        return believed(self.model, self.clusters, left, right, self.stated)


def match(
    texts: pl.DataFrame | Mapping[str, Values],
    kinds: Sequence[tuple[str, str]],
    *,
    at_least: float = AUTOMATIC,
    budget: int | None = None,
    known: Known | None = None,
) -> Matching:
    """
    Find the records that are one person or one firm, without labels.

    Args:
        texts: Match texts (String; null = nothing known), one column per field, or their values by the name of the
            column; in an order that depends on nothing but the records themselves.
        kinds: Column and kind (`matching.KINDS`), in the order of the comparisons.
        at_least: The probability from which a pair joins.
        budget: The most pairs that are compared; without it as `pair_budget` says.
        known: A model of an earlier time: used as long as it fits the fields and holds for these records too.
    """
    fields = comparisons(texts, kinds)
    n_records = len(texts) if isinstance(texts, pl.DataFrame) else len(fields[0].values.ids)
    weighed = _weighed(fields, n_records, budget, known)
    pairs, model, odds = weighed.candidates, weighed.model, weighed.stated
    found = resolved(model, n_records, pairs.left, pairs.right, odds, at_least)
    return Matching(pairs, odds, weighed.log_odds, model, *found, weighed.origin, weighed.doubts)


class _Weighed(NamedTuple):
    """Matching before its clusters."""

    candidates: Candidates
    stated: Table
    log_odds: Table
    model: Model
    origin: Origin
    doubts: tuple[str, ...]


def _weighed(
    fields: tuple[Comparison, ...], n_records: int, budget: int | None, known: Known | None
) -> _Weighed:
    """The candidates and their odds, under the known model where it holds, else under one that is learned now."""
    doubts: tuple[str, ...] = ()
    model = loaded(known.name, known.tables, fields) if known is not None else None
    if known is not None and model is not None:
        taken, _ = kept_keys(known.name, known.tables)
        names = tuple(key.name for key in taken)
        pairs = candidates(model.comparisons, n_records, budget, names)
        stated = model.stated(pairs.left, pairs.right)
        odds = scaled(stated, model.scale)
        doubts = doubts_of(model, n_records, pairs, odds)
        if known.is_pinned or not doubts:
            return _Weighed(pairs, stated, odds, model, "pinned" if known.is_pinned else "kept", doubts)
    elif known is not None and known.has_model:
        doubts = ("it was learned on other fields",)
    pairs = candidates(fields, n_records, budget)
    fitted = fit(fields, n_records, pairs.left, pairs.right)
    against = doubts_of_fit(fitted)
    if not against:
        return _Weighed(pairs, fitted.stated, fitted.log_odds, fitted.model, "learned", doubts)
    plain = fit(fields, n_records, pairs.left, pairs.right, anchored=FIRMLY)
    return _Weighed(pairs, plain.stated, plain.log_odds, plain.model, "anchored", (*doubts, *against))


def comparisons(
    texts: pl.DataFrame | Mapping[str, Values], kinds: Sequence[tuple[str, str]]
) -> tuple[Comparison, ...]:
    """The comparisons of these columns, in this order."""
    return tuple(
        comparison(name, kind, encoded(texts[name]) if isinstance(texts, pl.DataFrame) else texts[name])
        for name, kind in kinds
    )
