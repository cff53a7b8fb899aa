"""
Ids that stay: each cluster carries the old profile id it overlaps most, and what is not carried is an alias.

The registry is the identity of the last run. A cluster and an old profile overlap by the records they
share; the largest overlap takes the id, ties go to the smaller id and then to the smaller cluster. Who gets
no old id gets a new one, made from its smallest record: so who is parted again after a wrong merge gets the
id back that the merge had made an alias.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cdptool.ids import hash63
from cdptool.tables import ALIASES


class Registered(NamedTuple):
    """`identity`: `record_id`, `profile_id` by record; `aliases`: `old_profile_id`, `profile_id` by old id."""

    identity: pl.DataFrame
    aliases: pl.DataFrame


def carry_ids(
    labels: pl.DataFrame, previous: pl.DataFrame, aliases: pl.DataFrame, *, kind: str = "profile"
) -> Registered:
    """
    Give every cluster a profile id.

    Args:
        labels: `record_id`, `cluster`, every record once.
        previous: `record_id`, `profile_id` of the last run (empty at first).
        aliases: `old_profile_id`, `profile_id` of the last run.
        kind: What the ids are of; ids of two kinds are never the same by more than chance.

    Returns:
        Registered. Every old id leads to a living one as long as any of its records lives; aliases are
        flat: no alias points to an alias.
    """
    overlap = (
        labels.join(previous, on="record_id")
        .group_by("cluster", "profile_id")
        .agg(pl.len().alias("n"))
        .sort(["n", "profile_id", "cluster"], descending=[True, False, False])
    )
    carried = _one_to_one(overlap)
    fresh = labels.select("cluster").unique().join(carried, on="cluster", how="anti")
    new = _new_ids(fresh, previous["profile_id"].unique(), kind)
    ids = pl.concat([carried.select("cluster", "profile_id"), new])
    identity = labels.join(ids, on="cluster").select("record_id", "profile_id").sort("record_id")
    # An id that lost its cluster leads to the cluster with most of its records.
    lost = (
        overlap.join(carried, on="profile_id", how="anti")
        .unique("profile_id", keep="first", maintain_order=True)
        .select(pl.col("profile_id").alias("old_profile_id"), "cluster")
        .join(ids, on="cluster")
        .select("old_profile_id", "profile_id")
    )
    moved = lost.rename({"old_profile_id": "profile_id", "profile_id": "now"})
    older = aliases.join(moved, on="profile_id", how="left").select(
        "old_profile_id", pl.coalesce("now", "profile_id").alias("profile_id")
    )
    flat = pl.concat([older, lost]).unique("old_profile_id", keep="last", maintain_order=True)
    living = ids["profile_id"].implode()
    gone = flat.filter(~pl.col("old_profile_id").is_in(living))
    return Registered(identity, gone.select(*ALIASES).sort("old_profile_id"))


def _one_to_one(overlap: pl.DataFrame) -> pl.DataFrame:
    """The greedy matching of clusters and old ids, largest overlap first (the frame is sorted that way)."""
    clear = overlap.filter((pl.len().over("cluster") == 1) & (pl.len().over("profile_id") == 1)).select(
        "cluster", "profile_id"
    )
    contested = overlap.join(clear, on="cluster", how="anti")
    clusters: set[int] = set()
    ids: set[int] = set()
    won = []
    for cluster, profile_id in contested.select("cluster", "profile_id").iter_rows():
        if cluster not in clusters and profile_id not in ids:
            clusters.add(cluster)
            ids.add(profile_id)
            won.append((cluster, profile_id))
    return pl.concat([clear, pl.DataFrame(won, schema=clear.schema, orient="row")])


def _new_ids(fresh: pl.DataFrame, taken: pl.Series, kind: str) -> pl.DataFrame:
    """New ids from the smallest record of each cluster; salted again while one is already taken."""
    made = fresh.select("cluster", hash63(kind, pl.col("cluster")).alias("profile_id"))
    salt = 0
    while made["profile_id"].is_in(taken.implode()).any():
        salt += 1
        again = hash63(kind, pl.col("cluster"), str(salt))
        made = made.with_columns(
            pl.when(pl.col("profile_id").is_in(taken.implode()))
            .then(again)
            .otherwise("profile_id")
            .alias("profile_id")
        )
    return made


class Changes(NamedTuple):
    """What a merge would change, in records and in profiles."""

    n_records_new: int
    n_records_moved: int
    n_records_unchanged: int
    n_profiles_new: int
    n_profiles_merged_away: int
    n_profiles_split: int
    n_profiles_gone: int
    n_profiles_unchanged: int


def changes(identity: pl.DataFrame, previous: pl.DataFrame) -> Changes:
    """Compare two identities: records new, moved, unchanged; profiles new, merged away, split, gone, unchanged."""
    both = identity.join(previous, on="record_id", how="left", suffix="_before")
    is_new = pl.col("profile_id_before").is_null()
    is_moved = pl.col("profile_id") != pl.col("profile_id_before")
    parts = both.filter(~is_new).group_by("profile_id_before").agg(pl.col("profile_id").n_unique().alias("n"))
    before, now = previous["profile_id"].unique(), identity["profile_id"].unique()
    left = previous.join(identity, on="record_id", how="semi")["profile_id"].unique()
    ended = before.filter(~before.is_in(now.implode()))
    gone = ended.filter(~ended.is_in(left.implode()))
    other = both.filter(is_new | is_moved)
    lost = previous.join(identity, on="record_id", how="anti")["profile_id"]
    touched = pl.concat([other["profile_id"], other["profile_id_before"], lost]).drop_nulls().unique()
    stayed = before.filter(before.is_in(now.implode()) & ~before.is_in(touched.implode()))
    return Changes(
        n_records_new=both.filter(is_new).height,
        n_records_moved=both.filter(is_moved).height,
        n_records_unchanged=both.filter(~is_new & ~is_moved).height,
        n_profiles_new=int((~now.is_in(before.implode())).sum()),
        n_profiles_merged_away=len(ended) - len(gone),
        n_profiles_split=parts.filter(pl.col("n") > 1).height,
        n_profiles_gone=len(gone),
        n_profiles_unchanged=len(stayed),
    )
