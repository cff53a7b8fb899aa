"""
What two models say differently: how many bits each level is worth in the one and in the other.

A bit doubles the odds that two records are one person, beside strangers.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.matching.comparing import MISSING, comparison
from cdptool.matching.kinds import KINDS
from cdptool.matching.level_words import level_words
from cdptool.matching.saving import Saved
from cdptool.matching.values import encoded

_LEVEL: Final = ("field", "kind", "context", "level")
_SELDOM: Final = 1e-3  # of the same person's pairs: what is seldom tells little
_TINY: Final = 1e-12


def bits(name: str, tables: Saved) -> pl.DataFrame:
    """
    What every level of a pass is worth.

    Returns:
        `field`, `kind`, `context`, `level`, `share` (of the pairs of one person) and `bits` (Float64), in the order of the
        model; without what is missing.
    """
    weights = tables.weights.filter((pl.col("pass") == name) & (pl.col("level") != MISSING))
    kinds = set(weights["kind"])
    follow = [kind for kind in kinds if kind in KINDS and kinds.intersection(KINDS[kind].given_agree)]
    weights = weights.filter((pl.col("context") == 0) | pl.col("kind").is_in(follow))
    same = weights.filter(pl.col("class") == "same person").sort("place", "context", "level")
    strangers = weights.filter(pl.col("class") == "strangers").select(
        *_LEVEL, pl.col("probability").alias("by_chance")
    )
    worth = (pl.col("probability").clip(_TINY) / pl.col("by_chance").clip(_TINY)).log(2.0)
    return same.join(strangers, on=list(_LEVEL), maintain_order="left").select(
        *_LEVEL, pl.col("probability").alias("share"), worth.alias("bits")
    )


def moved(name: str, before: Saved, now: Saved) -> pl.DataFrame:
    """
    The levels of a pass that both models have and that are not too seldom in either, the most moved first.

    Returns:
        `field`, `level` (in words), `before`, `now` and `moved` (bits).
    """
    other = bits(name, before).select(*_LEVEL, pl.col("share").alias("was"), pl.col("bits").alias("before"))
    both = bits(name, now).join(other, on=list(_LEVEL), maintain_order="left")
    seen = both.filter(pl.max_horizontal("share", "was") >= _SELDOM)
    change = pl.col("bits") - pl.col("before")
    return (
        with_words(seen.with_columns(change.alias("moved")))
        .select("field", "words", "before", pl.col("bits").alias("now"), "moved")
        .sort(pl.col("moved").abs(), descending=True, maintain_order=True)
    )


def with_words(levels: pl.DataFrame) -> pl.DataFrame:
    """Rows with `kind`, `context` and `level`, and what the level means as `words`."""
    known = {kind: comparison("", kind, encoded(pl.Series([], dtype=pl.String))) for kind in KINDS}
    follows = (", where it follows from another field", "")
    words = [
        level_words(known[kind], level) + follows[context == 0] if kind in known else f"level {level}"
        for kind, context, level in levels.select("kind", "context", "level").iter_rows()
    ]
    return levels.with_columns(pl.Series("words", words, dtype=pl.String))
