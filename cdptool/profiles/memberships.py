"""Who is in which segment: the tables made of a rule book's answers, and what changed since another run."""

from __future__ import annotations

from typing import Literal

import polars as pl

from cdptool.rules import RuleBook
from cdptool.tables import MEMBERSHIPS

CHANGES: dict[str, pl.DataType] = {"segment": pl.String(), "profile_id": pl.Int64(), "change": pl.String()}
WATERFALL: dict[str, pl.DataType] = {
    "segment": pl.String(),
    "line": pl.Int64(),  # 0 = all profiles; the last line is the segment itself
    "n_in": pl.Int64(),
    "n_unknown": pl.Int64(),
}


def memberships(
    answers: pl.LazyFrame, book: RuleBook, *, unknown: Literal["unknown", "in"] = "unknown"
) -> pl.LazyFrame:
    """
    Who is in each segment, or may be.

    Args:
        answers: What the kernel of the book gives.
        book: The book.
        unknown: The state of those of whom it is not known. Whatever it is, they stay not `is_known`.

    Returns:
        One row per segment and profile that is `in` or `unknown`; who is out has no row. Columns of
        `tables.MEMBERSHIPS`, sorted by segment and profile. Lazy.
    """
    names = [rule.name for rule in book.segments]
    if not names:
        return pl.LazyFrame(schema=MEMBERSHIPS)
    long = answers.select("profile_id", *names).unpivot(names, index="profile_id", variable_name="segment")
    is_known = pl.col("value").is_not_null()
    state = pl.when(is_known).then(pl.lit("in")).otherwise(pl.lit(unknown))
    held = long.filter(pl.col("value").fill_null(True))
    columns = (state.alias("state"), is_known.alias("is_known"))
    return held.select("segment", "profile_id", *columns).sort("segment", "profile_id")


def traits(answers: pl.LazyFrame, book: RuleBook) -> pl.LazyFrame:
    """
    The traits of every profile.

    Returns:
        One row per profile: `profile_id`, each trait (null = null or unknown, money beside its
        `<trait>_currency`), `<trait>_is_known` (Boolean), the arm of each split. Sorted by `profile_id`. Lazy.
    """
    present = set(answers.collect_schema())
    columns = []
    for rule in book.traits:
        columns.append(pl.col(rule.name))
        if f"{rule.name}_currency" in present:
            columns.append(pl.col(f"{rule.name}_currency").cast(pl.String))
        columns.append(pl.col(f"{rule.name}#known").alias(f"{rule.name}_is_known"))
    columns += [pl.col(split.name) for split in book.splits]
    return answers.select("profile_id", *columns).sort("profile_id")


def waterfall(answers: pl.LazyFrame, book: RuleBook) -> pl.LazyFrame:
    """
    How many profiles are left after each line of each segment.

    Returns:
        One row per segment and line (columns of `WATERFALL`), segments as written, lines in order, line 0
        being all profiles. `n_unknown` counts those whose lines so far are not decided. Lazy.
    """
    steps = [(rule.name, line) for rule in book.segments for line in range(len(rule.lines) + 1)]
    if not steps:
        return pl.LazyFrame(schema=WATERFALL)
    frames = []
    for segment, line in steps:
        held = pl.lit(True) if line == 0 else pl.col(f"{segment}#{line}")
        n_in = pl.len() if line == 0 else held.sum()
        n_unknown = pl.lit(0) if line == 0 else held.is_null().sum()
        frames.append(
            answers.select(
                pl.lit(segment).alias("segment"),
                pl.lit(line, pl.Int64).alias("line"),
                n_in.cast(pl.Int64).alias("n_in"),
                n_unknown.cast(pl.Int64).alias("n_unknown"),
            )
        )
    return pl.concat(frames)


def sizes(members: pl.DataFrame) -> dict[str, int]:
    """How many are in each segment that has anybody, by name; `members` as `memberships` gives them."""
    counted = members.filter(pl.col("state") == "in").group_by("segment").len().sort("segment")
    return dict(counted.iter_rows())


def undecided(members: pl.DataFrame) -> dict[str, int]:
    """Of how many it is not known, by segment; counted in or not. A table of before has no `is_known`."""
    is_open = ~pl.col("is_known").fill_null(pl.col("state") == "in")
    counted = members.filter(is_open).group_by("segment").len().sort("segment")
    return dict(counted.iter_rows())


def changes(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """
    What changed between two tables of memberships, of two runs or of two as-of moments.

    Args:
        before: Columns of `tables.MEMBERSHIPS`; profiles under the ids of `after`. Of people who became one since, who
            was `in` counts before who was `unknown`.
        after: The same, with one row per segment and profile.

    Returns:
        One row per segment and profile whose state differs: `entered` (now in), `left` (was in, now out),
        `became_unknown`, `ruled_out` (was unknown, now out). Sorted by segment and profile. Lazy.
    """
    keys = ["segment", "profile_id"]
    before = before.group_by(keys).agg(pl.col("state").min())  # "in" sorts before "unknown"
    both = before.join(after, on=keys, how="full", coalesce=True, suffix="_after")
    now, was = pl.col("state_after").fill_null("out"), pl.col("state").fill_null("out")
    change = (
        pl.when(now == "in")
        .then(pl.lit("entered"))
        .when(now == "unknown")
        .then(pl.lit("became_unknown"))
        .when(was == "in")
        .then(pl.lit("left"))
        .otherwise(pl.lit("ruled_out"))
    )
    return both.filter(now != was).select(*keys, change.alias("change")).sort(keys)
