"""How segments lie over each other: how many are in both of two, for every two."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

OVERLAP: dict[str, pl.DataType] = {"segment": pl.String(), "other": pl.String(), "n_both": pl.Int64()}


def overlap(members: pl.LazyFrame, segments: Sequence[str]) -> pl.DataFrame:
    """
    How many people two segments share.

    Args:
        members: Columns of `tables.MEMBERSHIPS`; who is `unknown` counts nowhere.
        segments: The segments, each once.

    Returns:
        One row per ordered pair of them, a segment with itself included: columns of `OVERLAP`, in their order.

    >>> members = pl.LazyFrame({"segment": ["a", "a", "b"], "profile_id": [1, 2, 2], "state": ["in"] * 3})
    >>> overlap(members, ["a", "b"]).rows()
    [('a', 'a', 2), ('a', 'b', 1), ('b', 'a', 1), ('b', 'b', 1)]
    """
    held = members.filter((pl.col("state") == "in") & pl.col("segment").is_in(list(segments)))
    is_in = [(pl.col("segment") == name).any().alias(name) for name in segments]
    people = held.group_by("profile_id").agg(is_in)
    counts = [
        (pl.col(one) & pl.col(other)).sum().cast(pl.Int64).alias(f"{i} {j}")
        for i, one in enumerate(segments)
        for j, other in enumerate(segments[: i + 1])
    ]
    both = people.select(counts).collect().row(0, named=True) if segments else {}
    rows = [
        (one, other, both[f"{max(i, j)} {min(i, j)}"])
        for i, one in enumerate(segments)
        for j, other in enumerate(segments)
    ]
    return pl.DataFrame(rows, OVERLAP, orient="row")
