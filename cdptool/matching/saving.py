"""
A fitted model as tables that are kept: probabilities of every level, the classes, the keys; and back again.

How common values were is kept with it, as hashes (`frequencies`): so two records that did not change weigh the same
as long as the model is kept, whatever other records come and go.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.matching.candidates import Candidates, Key
from cdptool.matching.comparing import CONTEXTS, Comparison, comparison, frequencies
from cdptool.matching.frequencies import COMMON, WORDS, Frequencies
from cdptool.matching.model import Model
from cdptool.matching.scaling import Scale
from cdptool.tables import MATCH_CLASSES, MATCH_FREQUENCIES, MATCH_KEYS, MATCH_SCALE, MATCH_WEIGHTS

SAVED: Final = {
    "match_weights": MATCH_WEIGHTS,
    "match_classes": MATCH_CLASSES,
    "match_keys": MATCH_KEYS,
    "match_frequencies": MATCH_FREQUENCIES,
    "match_scale": MATCH_SCALE,
}


class Saved(NamedTuple):
    """MATCH_WEIGHTS, MATCH_CLASSES, MATCH_KEYS, MATCH_FREQUENCIES and MATCH_SCALE of any number of learned passes."""

    weights: pl.DataFrame
    classes: pl.DataFrame
    keys: pl.DataFrame
    frequencies: pl.DataFrame
    scale: pl.DataFrame


def saved(name: str, model: Model, candidates: Candidates) -> Saved:
    """The model of the pass of this name, and the keys of its candidates, as tables."""
    rows = [
        (name, place, known, one.field, one.kind.name, above, level, share)
        for known, tables in zip(model.names, model.tables, strict=True)
        for place, (one, both) in enumerate(zip(model.comparisons, tables, strict=True))
        for above, levels in enumerate(both.tolist())
        for level, share in enumerate(levels)
    ]
    classes = [
        (name, place, known, float(pairs), model.n_pairs)
        for place, (known, pairs) in enumerate(zip(model.names, model.expected, strict=True))
    ]
    keys = [(name, place, *one) for place, one in enumerate(candidates.keys)]
    refused = [(name, len(keys) + i, key, None, 0, 0, None) for i, key in enumerate(candidates.too_large)]
    return Saved(
        pl.DataFrame(rows, schema=MATCH_WEIGHTS, orient="row"),
        pl.DataFrame(classes, schema=MATCH_CLASSES, orient="row"),
        pl.DataFrame([*keys, *refused], schema=MATCH_KEYS, orient="row"),
        pl.concat(_frequency_rows(name, one) for one in model.comparisons),
        pl.DataFrame(
            [(name, place, *knot) for place, knot in enumerate(zip(*map(list, model.scale), strict=True))],
            schema=MATCH_SCALE,
            orient="row",
        ),
    )


def _frequency_rows(name: str, one: Comparison) -> pl.DataFrame:
    """How common the values of a field are, as MATCH_FREQUENCIES."""
    found = frequencies(one)
    named = (pl.lit(name).alias("pass"), pl.lit(one.field).alias("field"))
    listed = (
        pl.DataFrame({"what": ["alone", "known"], "hash": [None, None], "n": [found.alone, found.n_known]}),
        found.common.select(pl.lit("value").alias("what"), "hash", pl.col("bin").alias("n")),
        found.words.select(pl.lit("word").alias("what"), "hash", pl.col("held").alias("n")),
    )
    return pl.concat(
        rows.select(*named, "what", "hash", "n").cast(pl.Schema(MATCH_FREQUENCIES)) for rows in listed
    )


def kept_frequencies(name: str, tables: Saved) -> dict[str, Frequencies]:
    """How common the values of each field were when the model of a pass was learned."""
    found = {}
    rows = tables.frequencies.filter(pl.col("pass") == name)
    for (field,), of_field in rows.partition_by("field", as_dict=True).items():
        single = dict(of_field.filter(pl.col("hash").is_null()).select("what", "n").rows())
        common = of_field.filter(pl.col("what") == "value").select("hash", pl.col("n").alias("bin"))
        words = of_field.filter(pl.col("what") == "word").select("hash", pl.col("n").alias("held"))
        found[str(field)] = Frequencies(
            single["known"], single["alone"], common.cast(pl.Schema(COMMON)), words.cast(pl.Schema(WORDS))
        )
    return found


def together(parts: list[Saved]) -> Saved:
    """The tables of several passes as one each."""
    empty = Saved(*(pl.DataFrame(schema=schema) for schema in SAVED.values()))
    return Saved(*(pl.concat([getattr(one, name) for one in (empty, *parts)]) for name in Saved._fields))


def of_pass(name: str, tables: Saved) -> Saved:
    """The rows of one pass."""
    return Saved(*(table.filter(pl.col("pass") == name) for table in tables))


def loaded(name: str, tables: Saved, comparisons: tuple[Comparison, ...]) -> Model | None:
    """
    The model of a pass over these comparisons.

    Args:
        name: The pass.
        tables: What `saved` made.
        comparisons: The fields, over the records that are to be weighed.

    Returns:
        None where the pass has no model, or one of other fields or of other levels. The comparisons of the model are
        as common as their values were when it was learned.
    """
    classes = tables.classes.filter(pl.col("pass") == name).sort("place")
    weights = tables.weights.filter(pl.col("pass") == name)
    said = weights.unique(["place"]).sort("place").select("field", "kind").rows()
    most = weights.group_by("place").agg(pl.col("context", "level").max() + 1).sort("place")
    sizes = most.select("context", "level").rows()
    asked = [(one.field, one.kind.name) for one in comparisons]
    if classes.is_empty() or said != asked or sizes != [(len(CONTEXTS), one.n_levels) for one in comparisons]:
        return None
    common = kept_frequencies(name, tables)
    comparisons = tuple(
        comparison(one.field, one.kind.name, one.values, common.get(one.field)) for one in comparisons
    )
    kept = weights.sort("place", "context", "level").partition_by("class", "place", as_dict=True)
    shaped = tuple(
        tuple(
            np.asarray(kept[known, place]["probability"].to_numpy().reshape(-1, one.n_levels))
            for place, one in enumerate(comparisons)
        )
        for known in classes["class"]
    )
    knots = tables.scale.filter(pl.col("pass") == name).sort("place")
    return Model(
        comparisons,
        tuple(classes["class"]),
        shaped,
        classes["expected"].to_numpy(),
        float(classes["pairs"][0]),
        scale=Scale(knots["stated"].to_numpy(), knots["found"].to_numpy()),
    )


def kept_keys(name: str, tables: Saved) -> tuple[tuple[Key, ...], tuple[str, ...]]:
    """The blocking keys of a pass in the order they were taken, and those that were too large."""
    rows = tables.keys.filter(pl.col("pass") == name).sort("place").drop("pass", "place").rows()
    taken = tuple(Key(*row) for row in rows if row[-1] is not None)
    return taken, tuple(row[0] for row in rows if row[-1] is None)
