"""
Learned passes: records that are probably one person by all that they say, though no single field proves it.

`matching` weighs pairs of records; here the records' fields become its texts, and its surest pairs become evidence like
any other, so that limits, never-rules and judgements hold for them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.fields import field_type, split_name
from cdptool.fields.folding import squeezed
from cdptool.identity.blocking import branches
from cdptool.identity.spec import MergePlan, Pass
from cdptool.identity.survivorship import latest_versions
from cdptool.ids import hash63
from cdptool.kernels import Engine
from cdptool.matching import Known, Matching, Model, Origin, comparisons, match
from cdptool.matching.exchange import from_text
from cdptool.matching.pooling import resolved
from cdptool.matching.saving import Saved, loaded, of_pass, saved, together
from cdptool.matching.values import Rows
from cdptool.tables import DOUBTFUL, Column

# Field type → kind of `matching`; names are split, and what is not here is a category.
_KINDS: Final = {
    "email": "email",
    "phone": "phone",
    "date": "birth_date",
    "identifier": "identifier",
    "postcode": "postcode",
    "address": "address",
}
_CITY: Final = ("city", "town", "suburb", "district", "province", "thanh_pho", "tinh")


class Likely(NamedTuple):
    """Edges by branch (`branch`, `block`, `record_id_l`, `record_id_r`, `weight`), DOUBTFUL pairs, and the models as tables."""

    edges: pl.DataFrame
    doubtful: pl.DataFrame
    models: Saved
    origins: tuple[Origins, ...]


class _Asked(NamedTuple):
    """A learned pass, its branch, and the plan that says whose records may be one."""

    branch: int
    step: Pass
    plan: MergePlan


class Origins(NamedTuple):
    """Of a learned pass: where its model is from (`matching.Origin`), and what spoke against the one before."""

    step: str
    origin: Origin
    doubts: tuple[str, ...]


def likely(
    engine: Engine[Any], records: Any, columns: Sequence[Column], plan: MergePlan, models: Saved | None = None
) -> Likely:
    """The evidence of all learned passes; records by their latest version. `models`: those of the last run."""
    found = [
        _of_pass(engine, records, columns, _Asked(number, step, plan), models)
        for number, (step, _) in enumerate(branches(plan))
        if step.compare
    ]
    edge = {
        **dict.fromkeys(("branch", "block", "record_id_l", "record_id_r"), pl.Int64),
        "weight": pl.Float64,
    }
    return Likely(
        pl.concat([pl.DataFrame(schema=edge), *(one.edges for one in found)]),
        pl.concat([pl.DataFrame(schema=DOUBTFUL), *(one.doubtful for one in found)]),
        together([one.models for one in found]),
        tuple(origin for one in found for origin in one.origins),
    )


def _of_pass(
    engine: Engine[Any],
    records: Any,
    columns: Sequence[Column],
    asked: _Asked,
    models: Saved | None,
) -> Likely:
    step = asked.step
    read, kinds = _known(engine, records, columns, step)
    before = _before(step, models)
    result = match(read, kinds, at_least=step.at_least, known=before)
    ids = read["record_id"].to_numpy()
    may_be, joined, evidence = _joined(result, read["source"], asked)
    told = _pairs(result, ids, step.name)
    pairs = told.with_columns(log_odds=evidence)
    sure = pairs.filter(joined & (1 / (1 + (-pl.col("log_odds")).exp()) >= step.at_least))
    return Likely(
        sure.select(
            pl.lit(asked.branch, pl.Int64).alias("branch"),
            hash63("likely", "record_id_l", "record_id_r").alias("block"),
            "record_id_l",
            "record_id_r",
            pl.col("log_odds").alias("weight"),
        ),
        told.filter(may_be & ~joined & (pl.col("probability") >= step.review)).sort(
            "probability", "record_id_l", "record_id_r", descending=[True, False, False]
        ),
        _kept(step, before, result),
        (Origins(step.name, result.origin, result.doubts),),
    )


def _joined(
    result: Matching, sources: pl.Series, asked: _Asked
) -> tuple[pl.Series, pl.Series, NDArray[np.float64]]:
    """
    Of each candidate whether its records may be one person at all, whether the pass takes them for one, and the log odds of it.

    A record of a list that holds each person once has one partner in another such list, whatever the clusters are: which of
    its sure pairs that is, is decided where limits and judgements are (`assigning`), by what the two records say alone.
    """
    left, right = result.candidates.left, result.candidates.right
    one, other = sources.gather(left), sources.gather(right)
    is_unique = sources.is_in(list(asked.plan.unique_sources))
    is_of_one = one == other
    is_barred = is_of_one & (is_unique.gather(left) | asked.plan.links_only(asked.step))
    labels, evidence = result.clusters, result.evidence
    if is_barred.any():
        kept = np.flatnonzero(~is_barred.to_numpy())
        evidence = result.log_odds.copy()
        labels, evidence[kept] = resolved(
            result.model, len(sources), left[kept], right[kept], result.stated[kept], asked.step.at_least
        )
    is_one_to_one = is_unique.gather(left) & is_unique.gather(right) & ~is_of_one
    joined = ~is_barred & (pl.Series(labels[left] == labels[right]) | is_one_to_one)
    return ~is_barred, joined, np.where(is_one_to_one.to_numpy(), result.log_odds, evidence)


def _known(
    engine: Engine[Any], records: Any, columns: Sequence[Column], step: Pass
) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """`record_id`, `source` and the texts of a pass, by record, and the kind of each text."""
    texts, kinds = match_texts(columns, step.compare)
    latest = engine.shuffle([records], [("record_id",)], latest_versions)
    known = engine.collect(engine.map(latest, lambda rows: rows.select("record_id", "source", **texts)))
    return known.sort("record_id"), kinds


class Weighing(NamedTuple):
    """A learned pass ready to weigh any of its records: their ids (sorted; the rows of the model) and the model."""

    record_ids: Rows
    model: Model

    def knows(self, *record_ids: int) -> bool:
        """Whether all of these records are there; some that a merge saw may have left since."""
        return bool(np.isin(np.asarray(record_ids, dtype=np.int64), self.record_ids).all())

    def rows(self, record_ids: Sequence[int] | pl.Series) -> Rows:
        """The rows of these records; all must be known."""
        return np.searchsorted(self.record_ids, np.asarray(record_ids, dtype=np.int64))

    def probability(self, left: int, right: int) -> float:
        """Of two records to be one person."""
        one, other = self.rows([left]), self.rows([right])
        return float(1 / (1 + np.exp(-self.model.log_odds(one, other)[0])))


def weighing(
    engine: Engine[Any], records: Any, columns: Sequence[Column], step: Pass, models: Saved
) -> Weighing | None:
    """The saved model of a learned pass over today's records; None where it was made for other fields."""
    known, kinds = _known(engine, records, columns, step)
    model = loaded(step.name, models, comparisons(known, kinds))
    return Weighing(known["record_id"].to_numpy(), model) if model is not None else None


def _before(step: Pass, models: Saved | None) -> Known | None:
    """The model that a pass has from before: the pinned one, else that of the last run."""
    if step.model is not None:
        return Known(step.name, from_text(step.name, step.model), is_pinned=True)
    return Known(step.name, models) if models is not None else None


def _kept(step: Pass, known: Known | None, result: Matching) -> Saved:
    """The tables of the model that was used: those from before where it is the same."""
    if known is not None and result.origin in ("kept", "pinned"):
        return of_pass(step.name, known.tables)
    return saved(step.name, result.model, result.candidates)


def _pairs(result: Matching, ids: np.ndarray[tuple[int], np.dtype[np.int64]], name: str) -> pl.DataFrame:
    """The candidates as DOUBTFUL, the smaller record first."""
    ends = np.take(ids, result.candidates.left), np.take(ids, result.candidates.right)
    return pl.DataFrame(
        {
            "record_id_l": np.minimum(*ends),
            "record_id_r": np.maximum(*ends),
            "pass": pl.Series([name]).new_from_index(0, len(ends[0])),
            "probability": 1 / (1 + np.exp(-result.log_odds)),
        },
        schema=DOUBTFUL,
    )


def match_texts(
    columns: Sequence[Column], compare: Sequence[str]
) -> tuple[dict[str, pl.Expr], list[tuple[str, str]]]:
    """The texts that `matching` compares, as expressions over the records, and the kind of each."""
    types = {column.name: column.type for column in columns}
    texts: dict[str, pl.Expr] = {}
    kinds: list[tuple[str, str]] = []
    for name in compare:
        if types[name] == "person_name":
            parts = split_name(pl.col(name))
            given = pl.concat_str(parts.given, parts.middle, separator=" ", ignore_nulls=True)
            texts |= {f"{name} given": squeezed(given), f"{name} family": squeezed(parts.family)}
            kinds += [(f"{name} given", "given"), (f"{name} family", "family")]
            continue
        key = field_type(types[name]).match_key(pl.col(name))
        kind = _KINDS.get(types[name]) or ("city" if any(word in name for word in _CITY) else "category")
        is_digits = kind in ("birth_date", "phone", "identifier", "postcode")
        texts[name] = key.str.replace_all(r"[^\p{L}\p{N}]", "") if is_digits else key
        kinds.append((name, kind))
    return texts, kinds
