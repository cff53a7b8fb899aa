"""
A model as one text that people keep under git: JSON with a line per table, so that a diff shows what moved.

The text is of one learned pass and says nothing of its name: it can be pinned in another project, too.
"""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from cdptool.matching.saving import SAVED, Saved

FORM: Final = "cdptool model 1"
_ADDED: Final = "match_scale"  # texts of before are without it, and their odds are as stated


def to_text(name: str, tables: Saved) -> str:
    """
    The model of a pass.

    Raises:
        KeyError: If the pass has none.
    """
    if name not in tables.classes["pass"]:
        raise KeyError(name)
    parts = [f'"form": {json.dumps(FORM)}']
    for part, table in zip(SAVED, tables, strict=True):
        rows = table.filter(pl.col("pass") == name).drop("pass")
        lines = ",\n  ".join(json.dumps(row) for row in (tuple(rows.columns), *rows.rows()))
        parts.append(f'"{part}": [\n  {lines}]')
    return "{" + ",\n".join(parts) + "}\n"


def from_text(name: str, text: str) -> Saved:
    """
    The model of a text, as that of the pass of this name.

    Raises:
        ValueError: If the text is no model; what is wrong, in words without a value.
    """
    try:
        told: Any = json.loads(text)
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(told, dict) or told.get("form") != FORM:
        raise ValueError(f"it does not begin with the form `{FORM}`")
    frames = []
    for part, schema in SAVED.items():
        wanted = {column: dtype for column, dtype in schema.items() if column != "pass"}
        header, *rows = told.get(part) or [list(wanted) if part == _ADDED else []]
        if header != list(wanted):
            raise ValueError(f"`{part}` does not have the columns {', '.join(wanted)}")
        try:
            frame = pl.DataFrame(rows, schema=wanted, orient="row")
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            raise ValueError(f"a row of `{part}` does not fit its columns") from None
        frames.append(frame.select(pl.lit(name).alias("pass"), *wanted))
    model = Saved(*frames)
    _refuse_holes(model)
    return model


def _refuse_holes(model: Saved) -> None:
    """A text may have been cut, or mended by hand: each class says once how often each level of each field comes."""
    weights, classes, _, frequencies, scale = model
    shares = weights["probability"]
    if shares.null_count() or not shares.is_between(0, 1).all():
        raise ValueError("a probability of `match_weights` is not between 0 and 1")
    levels = weights.select("place", "context", "level").unique()
    sizes = levels.group_by("place").agg(pl.col("context", "level").max() + 1)
    n_levels = int((sizes["context"] * sizes["level"]).sum())
    wanted = classes.select("class").join(levels, how="cross")
    names = ["place", "context", "level"]
    is_whole = levels.height == n_levels and weights.height == wanted.height
    if not is_whole or wanted.join(weights, on=["class", *names], how="anti").height:
        raise ValueError("`match_weights` does not hold every level of every class once")
    counts = classes.select("expected", "pairs").fill_nan(None).null_count().row(0)
    if classes["class"].n_unique() != classes.height or any(counts):
        raise ValueError("`match_classes` does not hold every class once, with its pairs")
    single = frequencies.filter(pl.col("what").is_in(["alone", "known"]), pl.col("n").is_not_null())
    told = single.group_by("field").agg(pl.col("what").n_unique()).filter(pl.col("what") == 2)["field"]
    fields = set(weights["field"])
    if set(told) != fields or not set(frequencies["field"]) <= fields:
        raise ValueError(
            "`match_frequencies` does not say of every field how many values are known and alone"
        )
    knots = scale.sort("place").select("stated", "found").fill_nan(None)
    falls = knots.select((pl.all().diff() < 0).any()).row(0)
    if any(knots.null_count().row(0)) or any(falls):
        raise ValueError("`match_scale` does not rise")
