"""
Attach-only keys (a device, a cookie): they carry events to a known person, they never join two known people.

A record that holds no other key belongs to the one known person who holds its device. Where two known people
share the device it belongs to neither, stays an anonymous profile of its own, and is told as a conflict.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from cdptool.identity.blocking import holders
from cdptool.identity.spec import MergePlan
from cdptool.kernels import Engine
from cdptool.tables import CONFLICTS, EDGES


class Attached(NamedTuple):
    """Labels after attaching (`record_id`, `cluster`), the EDGES that did it, and the CONFLICTS."""

    labels: pl.DataFrame
    edges: pl.DataFrame
    conflicts: pl.DataFrame


def attach(engine: Engine[Any], keys: Any, labels: pl.DataFrame, plan: MergePlan) -> Attached:
    """
    Attach the records that hold nothing but attach-only keys.

    Args:
        engine: Where the kernels run.
        keys: A table of the engine: the match keys of every record version.
        labels: `record_id`, `cluster` as the passes left them.
        plan: merge.yaml.

    Returns:
        Attached. A record with several devices follows the one with the smallest field name and value.
    """
    weak = sorted(key.field for key in plan.keys if key.attach_only)
    if not weak:
        return Attached(labels, pl.DataFrame(schema=EDGES), pl.DataFrame(schema=CONFLICTS))
    held = engine.collect(engine.map(keys, holders(plan.keys)))
    known = held.filter(~pl.col("field").is_in(weak))["record_id"].unique()
    holding = held.filter(pl.col("field").is_in(weak)).select("record_id", "field", "value").unique()
    is_known = pl.col("record_id").is_in(known.implode())
    owners = (
        holding.filter(is_known)
        .join(labels, on="record_id")
        .group_by("field", "value")
        .agg(
            pl.col("cluster").n_unique().alias("n_people"),
            pl.col("cluster").min(),
            pl.col("record_id").min().alias("head"),
        )
    )
    loose = holding.filter(~is_known).join(owners, on=["field", "value"], how="left")
    chosen = loose.sort("record_id", "field", "value").unique("record_id", keep="first", maintain_order=True)
    # Anonymous records of one device stay together, around the smallest of them.
    alone = pl.col("record_id").min().over("field", "value")
    one_owner = pl.col("n_people") == 1
    chosen = chosen.with_columns(
        pl.when(one_owner).then("cluster").otherwise(alone).alias("cluster"),
        pl.when(one_owner).then("head").otherwise(alone).alias("head"),
    )
    moved = chosen.select("record_id", "cluster")
    pair = (
        pl.min_horizontal("record_id", "head").alias("record_id_l"),
        pl.max_horizontal("record_id", "head").alias("record_id_r"),
        pl.lit("attach").alias("pass"),
        pl.col("field").alias("match_key"),
    )
    edges = chosen.filter(pl.col("record_id") != pl.col("head")).select(*pair, pl.col("value").alias("block"))
    conflicts = loose.filter(pl.col("n_people") > 1).select(
        *pair, pl.format("held by {} known people: attached to none", "n_people").alias("reason")
    )
    stay = labels.join(moved, on="record_id", how="anti")
    return Attached(pl.concat([stay, moved]).sort("record_id"), edges, conflicts)
