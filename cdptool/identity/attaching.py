"""
Attach-only keys (a device, a cookie): they carry events to a known person, they never join two known people.

A person of whom no other key is known belongs to the one known person who holds the device. Where two known
people share the device he belongs to neither, stays an anonymous profile, and is told as a conflict.
Attaching is evidence like any other, the loosest: limits, never-rules and judgements hold for it too.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from cdptool.identity.spec import MergePlan

ATTACH: Final = "attach"
EDGE: Final = ("branch", "block", "record_id_l", "record_id_r", "weight")


class Attaching(NamedTuple):
    """Edges by branch that attach, and those cut (with their `reason`) because several people hold the device."""

    edges: pl.DataFrame
    cut: pl.DataFrame


def weak_fields(plan: MergePlan) -> tuple[str, ...]:
    """The attach-only fields, sorted; their branches follow those of the passes in this order."""
    return tuple(sorted(key.field for key in plan.keys if key.attach_only))


def attach(held: pl.DataFrame, labels: pl.DataFrame, weak: tuple[str, ...], first_branch: int) -> Attaching:
    """
    The evidence that attaches the clusters of which nothing but attach-only keys is known.

    Args:
        held: `record_id`, `field`, `value` of all keys.
        labels: `record_id`, `cluster` as the passes left them.
        weak: The attach-only fields.
        first_branch: The branch of the first of them.

    Returns:
        Attaching. A cluster with several devices follows the one with the smallest field name and value.
    """
    of_person = held.join(labels, on="record_id")
    is_weak = pl.col("field").is_in(list(weak))
    is_known = pl.col("cluster").is_in(of_person.filter(~is_weak)["cluster"].unique().implode())
    owners = (
        of_person.filter(is_weak, is_known)
        .group_by("field", "value")
        .agg(pl.col("cluster").n_unique().alias("n_people"), pl.col("record_id").min().alias("owner"))
    )
    loose = of_person.filter(is_weak, ~is_known).join(owners, on=["field", "value"], how="left")
    chosen = loose.sort("cluster", "field", "value", "record_id").unique(
        "cluster", keep="first", maintain_order=True
    )
    # Anonymous people of one device stay together, around the smallest record.
    hub = (
        pl.when(pl.col("n_people") == 1)
        .then("owner")
        .otherwise(pl.col("record_id").min().over("field", "value"))
    )
    edges = chosen.with_columns(hub.alias("hub")).filter(pl.col("record_id") != pl.col("hub"))
    branch = pl.col("field").replace_strict(
        list(weak), range(first_branch, first_branch + len(weak)), return_dtype=pl.Int64
    )
    numbered = (branch.alias("branch"), pl.col("value").alias("block"))
    return Attaching(
        edges.select(
            *numbered,
            pl.col("hub").alias("record_id_l"),
            pl.col("record_id").alias("record_id_r"),
            pl.lit(0.0).alias("weight"),
        ),
        loose.filter(pl.col("n_people") > 1).select(
            *numbered,
            pl.col("owner").alias("record_id_l"),
            pl.col("record_id").alias("record_id_r"),
            pl.format("held by {} known people: attached to none", "n_people").alias("reason"),
        ),
    )
