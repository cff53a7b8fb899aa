"""
From records to evidence: which records agree on all fields of a branch of a pass.

A branch of a rule pass is `same(a) and same(b)`: an equivalence, so the records that share its values form
a block, and a block of n records needs n - 1 edges (a star around its smallest record), never n².
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cdptool.fields import field_type
from cdptool.identity.spec import Key, MergePlan, Pass
from cdptool.kernels import Kernel, NamedKernel
from cdptool.tables import Column, hash63

BLOCKED = {"field": pl.String(), "value": pl.Int64()}
STARS = {
    "branch": pl.Int64(),
    "block": pl.Int64(),
    "record_id_l": pl.Int64(),
    "record_id_r": pl.Int64(),
    "is_blocked": pl.Boolean(),
}


def branches(plan: MergePlan) -> tuple[tuple[Pass, tuple[str, ...]], ...]:
    """Every branch of every pass, in order of trust; its index is the `branch` column of the frames."""
    return tuple((step, fields) for step in plan.passes for fields in step.branches)


def match_fields(plan: MergePlan) -> tuple[str, ...]:
    """Every field that a pass, a never-rule or a limit compares, sorted."""
    compared = {name for step in plan.passes for branch in step.branches for name in branch}
    return tuple(sorted(compared | {rule.field for rule in plan.never} | {key.field for key in plan.keys}))


def match_keys(columns: Sequence[Column], fields: Sequence[str]) -> Kernel:
    """
    A row-local kernel: records → one row per record version with the hashed match keys.

    Output: `record_id`, `observed_at`, `content`, then per field `<field>` (Int64 hash of its match key;
    null where the value is missing). Order kept.
    """
    types = {column.name: column.type for column in columns}

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        texts = records.select(
            "record_id",
            "observed_at",
            "content",
            *(field_type(types[name]).match_key(pl.col(name)).alias(name) for name in fields),
        )
        hashed = (pl.when(pl.col(f).is_not_null()).then(hash63(f, pl.col(f))).alias(f) for f in fields)
        return texts.select("record_id", "observed_at", "content", *hashed)

    return kernel


def blocks(plan: MergePlan, blocked: pl.DataFrame) -> Kernel:
    """
    A row-local kernel: match keys → one row per (branch, record) that has all fields of the branch.

    `blocked` (`field`, `value`) names values that identify nobody; their rows are kept and marked
    `is_blocked`, so that what was cut can be told. Output: `branch`, `block`, `record_id`, `is_blocked`.
    """
    barred = {name: part["value"] for (name,), part in blocked.group_by("field")}

    def kernel(keys: pl.LazyFrame) -> pl.LazyFrame:
        parts = []
        for index, (_, fields) in enumerate(branches(plan)):
            is_barred = pl.lit(value=False)
            for name in fields:
                if name in barred:
                    is_barred = is_barred | pl.col(name).is_in(barred[name].implode())
            parts.append(
                keys.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in fields)).select(
                    pl.lit(index, pl.Int64).alias("branch"),
                    (pl.col(fields[0]) if len(fields) == 1 else hash63(*(pl.col(f) for f in fields))).alias(
                        "block"
                    ),
                    "record_id",
                    is_barred.alias("is_blocked"),
                )
            )
        return pl.concat(parts)

    return kernel


def stars(members: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel over all rows of some (`branch`, `block`): members → edges from the block's smallest record.

    Output: `branch`, `block`, `record_id_l` (the smallest), `record_id_r`, `is_blocked`. Any order.
    """
    block = ("branch", "block")
    distinct = members.group_by(*block, "record_id").agg(pl.col("is_blocked").any())
    hub = pl.col("record_id").min().over(block)
    return (
        distinct.with_columns(hub.alias("record_id_l"))
        .filter(pl.col("record_id") != pl.col("record_id_l"))
        .select(*block, "record_id_l", pl.col("record_id").alias("record_id_r"), "is_blocked")
    )


def holders(keys: Sequence[Key]) -> Kernel:
    """
    A row-local kernel: match keys → one row per record and value of the given key fields.

    Output: `record_id`, `field`, `value`, `has_other` (whether the record holds another key of the list).
    """
    names = [key.field for key in keys]

    def kernel(rows: pl.LazyFrame) -> pl.LazyFrame:
        n_keys = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int64) for name in names)
        return (
            rows.select("record_id", *names, (n_keys > 1).alias("has_other"))
            .unpivot(on=names, index=["record_id", "has_other"], variable_name="field", value_name="value")
            .filter(pl.col("value").is_not_null())
            .select("record_id", "field", "value", "has_other")
        )

    return kernel


KERNELS = (NamedKernel("identity.stars", (("branch", "block"),), stars),)
