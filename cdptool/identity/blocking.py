"""
From records to evidence: which records agree on all fields of a branch of a pass.

A branch of a rule pass is `same(a) and same(b)`: an equivalence, so the records that share its values form
a block, and a block of n records needs n - 1 edges (a star around its smallest record), never n².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from cdptool.fields import field_type
from cdptool.identity.conditions import OF_TWO_SOURCES, Branch
from cdptool.identity.spec import MergePlan, Pass
from cdptool.ids import hash63
from cdptool.kernels import Kernel, NamedKernel
from cdptool.tables import Column

_VERSION: Final = ("record_id", "version_rank", "observed_at", "content")

VALUES = {"record_id": pl.Int64(), "field": pl.String(), "value": pl.Int64()}
BLOCKED = {"field": pl.String(), "value": pl.Int64()}


def branches(plan: MergePlan) -> tuple[tuple[Pass, tuple[str, ...]], ...]:
    """
    Every branch of every pass, in order of trust; its index is the `branch` column of the frames.

    A learned pass is one branch of the fields that it compares.
    """
    return tuple((step, fields) for step in plan.passes for fields in step.branches or (step.compare,))


def rule_branches(plan: MergePlan) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The branches whose fields must all agree, with their index; some ask more (`pairing`)."""
    return tuple((i, fields) for i, (step, fields) in enumerate(branches(plan)) if not step.compare)


def plain_branches(plan: MergePlan) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The branches that ask nothing but that their fields agree."""
    asked = conditional(plan)
    return tuple((number, fields) for number, fields in rule_branches(plan) if number not in asked)


def conditional(plan: MergePlan) -> dict[int, Branch]:
    """The branches of rules that ask more than that their fields agree, by their number, and what they ask."""
    asked: list[Branch] = []
    for step in plan.passes:
        given = step.conditions or ((),) * max(len(step.branches), 1)
        if step.branches and plan.links_only(step):
            given = tuple((*one, OF_TWO_SOURCES) for one in given)
        asked += given
    return {number: condition for number, condition in enumerate(asked) if condition}


def match_fields(plan: MergePlan) -> tuple[str, ...]:
    """Every field that a pass, a never-rule or a limit compares, sorted."""
    compared = {name for step in plan.passes for branch in step.branches for name in branch}
    return tuple(
        sorted(
            compared | {rule.field for rule in plan.never if rule.field} | {key.field for key in plan.keys}
        )
    )


def match_keys(columns: Sequence[Column], fields: Sequence[str]) -> Kernel:
    """
    A row-local kernel: records → one row per record version with the hashed match keys.

    Output: `record_id`, `version_rank`, `observed_at`, `content`, then per field `<field>` (Int64 hash of its match key;
    null where the value is missing). Order kept.
    """
    types = {column.name: column.type for column in columns}

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        texts = records.select(
            *_VERSION,
            *(field_type(types[name]).match_key(pl.col(name)).alias(name) for name in fields),
        )
        hashed = (pl.when(pl.col(f).is_not_null()).then(hash63(f, pl.col(f))).alias(f) for f in fields)
        return texts.select(*_VERSION, *hashed)

    return kernel


def blocks(plan: MergePlan) -> Kernel:
    """
    A row-local kernel: match keys → one row per (branch, record version) that has all fields of the branch.

    Output: `branch`, `block` (Int64 hash of the values), `record_id`. Any order.
    """

    def kernel(keys: pl.LazyFrame) -> pl.LazyFrame:
        parts = [
            keys.filter(_has_all(fields)).select(
                pl.lit(index, pl.Int64).alias("branch"), _block(fields), "record_id"
            )
            for index, fields in plain_branches(plan)
        ]
        return pl.concat([_no_blocks(keys, "record_id"), *parts])

    return kernel


def barred_blocks(plan: MergePlan, barred: pl.DataFrame) -> Kernel:
    """
    A row-local kernel: match keys → the blocks that hold a value of `barred` (`field`, `value`).

    Output: `branch`, `block`, as often as records hold them.
    """
    values = {name: part["value"].implode() for (name,), part in barred.group_by("field")}

    def kernel(keys: pl.LazyFrame) -> pl.LazyFrame:
        parts = [
            keys.filter(
                _has_all(fields), pl.any_horizontal(pl.col(f).is_in(values[f]) for f in suspect)
            ).select(pl.lit(index, pl.Int64).alias("branch"), _block(fields))
            for index, fields in rule_branches(plan)
            if (suspect := [name for name in fields if name in values])
        ]
        return pl.concat([_no_blocks(keys), *parts])

    return kernel


def _no_blocks(keys: pl.LazyFrame, *more: str) -> pl.LazyFrame:
    """No rows, for a plan without passes, whose records only judgements and devices join."""
    return keys.head(0).select(*more, branch="record_id", block="record_id").select("branch", "block", *more)


def _has_all(fields: Sequence[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).is_not_null() for name in fields)


def _block(fields: Sequence[str]) -> pl.Expr:
    """The hash of the values that agree; that of a single field is its match key."""
    value = pl.col(fields[0]) if len(fields) == 1 else hash63(*(pl.col(name) for name in fields))
    return value.alias("block")


def block_of(fields: Sequence[str], types: Mapping[str, str]) -> pl.Expr:
    """The block of a record by its fields, null where it lacks one; the same number as `blocks` gives."""
    keys = [field_type(types[name]).match_key(pl.col(name)) for name in fields]
    hashed = [
        pl.when(key.is_not_null()).then(hash63(name, key)) for name, key in zip(fields, keys, strict=True)
    ]
    block = hashed[0] if len(hashed) == 1 else hash63(*hashed)
    return pl.when(pl.all_horizontal(key.is_not_null() for key in keys)).then(block)


def stars(members: pl.LazyFrame) -> pl.LazyFrame:
    """
    A kernel over all rows of some (`branch`, `block`): members → edges from the block's smallest record.

    Output: `branch`, `block`, `record_id_l` (the smallest), `record_id_r`, `weight` (the more records share a value,
    the less it says), `within` (the block). Any order.
    """
    block = ("branch", "block")
    hub = pl.col("record_id").min().over(block)
    return (
        members.with_columns(hub.alias("record_id_l"), weight=-pl.len().over(block).cast(pl.Float64))
        .filter(pl.col("record_id") != pl.col("record_id_l"))
        .select(*block, "record_id_l", pl.col("record_id").alias("record_id_r"), "weight", within="block")
        .unique()
    )


def holders(fields: Sequence[str]) -> Kernel:
    """A row-local kernel: match keys → one row per record version and value of the given fields, VALUES."""

    def kernel(keys: pl.LazyFrame) -> pl.LazyFrame:
        return (
            keys.select("record_id", *fields)
            .unpivot(on=list(fields), index="record_id", variable_name="field", value_name="value")
            .filter(pl.col("value").is_not_null())
            .select(pl.col(name).cast(dtype) for name, dtype in VALUES.items())
        )

    return kernel


KERNELS = (NamedKernel("identity.stars", (("branch", "block"),), stars),)
