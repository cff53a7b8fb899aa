"""Who is in which segment at one moment and at another, or by one rule book and by another: a pure function of two answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from cdptool.profiles.belonging import under_todays_ids

DIFFERENCES: Final[dict[str, pl.DataType]] = {
    "segment": pl.String(),
    "profile_id": pl.Int64(),
    "was": pl.String(),  # `in`, `out` or `unknown`
    "now": pl.String(),
}
COUNTS: Final[dict[str, pl.DataType]] = {
    "segment": pl.String(),
    "n_before": pl.Int64(),
    "entered": pl.Int64(),  # out → in
    "left": pl.Int64(),  # in → out
    "turned_in": pl.Int64(),  # unknown → in
    "turned_out": pl.Int64(),  # unknown → out
    "turned_unknown": pl.Int64(),  # in or out → unknown
    "n_after": pl.Int64(),
    "n_unknown": pl.Int64(),  # after
}


def states(answers: pl.LazyFrame, segments: Iterable[str]) -> pl.LazyFrame:
    """
    The state of every profile in each segment.

    Args:
        answers: What the kernel of a rule book gives.
        segments: Which of its segments.

    Returns:
        `segment`, `profile_id`, `state` (`in`, `out`, `unknown`). No order. Lazy.
    """
    names = list(segments)
    if not names:
        return pl.LazyFrame(schema={"segment": pl.String, "profile_id": pl.Int64, "state": pl.String})
    value = pl.col("value")
    state = (
        pl.when(value.is_null())
        .then(pl.lit("unknown"))
        .when(value)
        .then(pl.lit("in"))
        .otherwise(pl.lit("out"))
    )
    long = answers.select("profile_id", *names).unpivot(names, index="profile_id", variable_name="segment")
    return long.select("segment", "profile_id", state.alias("state"))


def states_under_todays_ids(states: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """
    What `states` gave at an earlier time, under the ids of today.

    Of people who became one since, one who was in counts for all of them, and else one of whom it was not known.

    Args:
        states: Under the ids of then.
        aliases: ALIASES.

    Returns:
        The columns of `states`, one row per segment and profile. No order. Lazy.

    >>> held = pl.LazyFrame({"segment": ["s", "s"], "profile_id": [1, 2], "state": ["out", "in"]})
    >>> states_under_todays_ids(held, pl.LazyFrame({"old_profile_id": [2], "profile_id": [1]})).collect().rows()
    [('s', 1, 'in')]
    """
    state = pl.col("state")
    strongest = (
        pl.when((state == "in").any())
        .then(pl.lit("in"))
        .when((state == "unknown").any())
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("out"))
    )
    held = under_todays_ids(states, aliases).group_by("segment", "profile_id")
    return held.agg(strongest.alias("state"))


def differences(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """
    Who is in another state than before.

    Args:
        before: What `states` gives; who stands in no row of a segment is out of it.
        after: The same, of another moment or another rule book.

    Returns:
        DIFFERENCES: one row per segment and profile whose state differs. Sorted by segment and profile. Lazy.

    >>> one = pl.LazyFrame({"segment": ["s", "s"], "profile_id": [1, 2], "state": ["in", "unknown"]})
    >>> two = pl.LazyFrame({"segment": ["s", "s"], "profile_id": [1, 2], "state": ["in", "out"]})
    >>> differences(one, two).collect().rows()
    [('s', 2, 'unknown', 'out')]
    """
    keys = ["segment", "profile_id"]
    both = before.join(after, on=keys, how="full", coalesce=True, suffix="_after")
    was, now = pl.col("state").fill_null("out"), pl.col("state_after").fill_null("out")
    changed = both.select(*keys, was.alias("was"), now.alias("now")).filter(pl.col("was") != pl.col("now"))
    return changed.sort(keys)


def difference_counts(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """
    How many changed, by segment.

    Returns:
        COUNTS: one row per segment that is in either, sorted. `n_after` is `n_before` + entered + turned_in − left − those
        who were in and turned unknown. Lazy.
    """
    sides = [
        frame.group_by("segment").agg((pl.col("state") == state).sum().cast(pl.Int64).alias(name) for name, state in wanted)
        for frame, wanted in ((before, (("n_before", "in"),)), (after, (("n_after", "in"), ("n_unknown", "unknown"))))
    ]  # fmt: skip
    was, now = pl.col("was"), pl.col("now")
    kinds = {
        "entered": (was == "out") & (now == "in"),
        "left": (was == "in") & (now == "out"),
        "turned_in": (was == "unknown") & (now == "in"),
        "turned_out": (was == "unknown") & (now == "out"),
        "turned_unknown": now == "unknown",
    }
    changed = differences(before, after).group_by("segment")
    moved = changed.agg(kind.sum().cast(pl.Int64).alias(name) for name, kind in kinds.items())
    sizes = sides[0].join(sides[1], on="segment", how="full", coalesce=True)
    counts = sizes.join(moved, on="segment", how="left").select(
        "segment", *(pl.col(name).fill_null(0) for name in COUNTS if name != "segment")
    )
    return counts.sort("segment")
