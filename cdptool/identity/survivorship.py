"""
Golden profiles: for every field the surviving value, and the lineage that says where it came from.

Among the records of a profile that hold a value, the most trusted sources come first, then the declared
preference, then the record id: a total order, so ties do not depend on how the data was partitioned. Null
never beats a value; a record without a date loses under `latest`. Other values are kept in `identifiers`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cdptool.identity.spec import Keep, MergePlan
from cdptool.kernels import Kernel, NamedKernel
from cdptool.tables import IDENTIFIERS, LINEAGE, Column


def attach_profile(records: pl.LazyFrame, identity: pl.LazyFrame) -> pl.LazyFrame:
    """A kernel by `record_id`: record versions with the profile they belong to."""
    return records.join(identity, on="record_id")


def latest_versions(records: pl.LazyFrame) -> pl.LazyFrame:
    """A kernel by `record_id`: the last version of each record by (`observed_at`, `content`), null first."""
    return records.sort("record_id", "observed_at", "content", nulls_last=False).unique(
        "record_id", keep="last", maintain_order=True
    )


def _keep_of(plan: MergePlan, name: str) -> Keep:
    return dict(plan.keep).get(name, plan.keep_default)


def _order(name: str, keep: Keep) -> tuple[list[pl.Expr], list[bool]]:
    """The sort keys of one field, best first, and whether each descends."""
    rank = pl.lit(len(keep.trust), pl.Int64)
    for position, source in reversed(list(enumerate(keep.trust))):
        rank = pl.when(pl.col("source") == source).then(position).otherwise(rank)
    by_time = pl.col("observed_at")
    preference: dict[str, tuple[list[pl.Expr], list[bool]]] = {
        "latest": ([by_time], [True]),
        "earliest": ([by_time], [False]),
        "most_frequent": ([pl.len().over("profile_id", name), by_time], [True, True]),
        "longest": ([pl.col(name).cast(pl.String).str.len_chars(), by_time], [True, True]),
    }
    keys, descending = preference[keep.prefer]
    return [rank, *keys, pl.col("record_id")], [False, *descending, False]


def survivors(columns: Sequence[Column], plan: MergePlan) -> Kernel:
    """
    A kernel by `profile_id`: latest record versions with their profile → one row per profile.

    Output: `profile_id`, then per field `<field>` (its dtype) and `<field>#from` (Struct: record_id, source,
    observed_at, rule, n_values; null where no record holds a value).
    """

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        fields = []
        for column in columns:
            name, keep = column.name, _keep_of(plan, column.name)
            keys, descending = _order(name, keep)
            held = pl.col(name).is_not_null()
            best = [
                pl.col(c)
                .filter(held)
                .sort_by([k.filter(held) for k in keys], descending=descending, nulls_last=True)
                .first()
                for c in (name, "record_id", "source", "observed_at")
            ]
            n_values = pl.col(name).filter(held).n_unique().cast(pl.Int64)
            is_trusted = best[2].is_in(list(keep.trust)) if keep.trust else pl.lit(value=False)
            rule = (
                pl.when(n_values == 1)
                .then(pl.lit("only"))
                .when(is_trusted)
                .then(pl.lit(f"trust, {keep.prefer}"))
                .otherwise(pl.lit(keep.prefer))
            )
            origin = pl.struct(
                best[1].alias("record_id"),
                best[2].alias("source"),
                best[3].alias("observed_at"),
                rule.alias("rule"),
                n_values.alias("n_values"),
            )
            fields += [best[0].alias(name), pl.when(n_values > 0).then(origin).alias(f"{name}#from")]
        return records.group_by("profile_id").agg(*fields)

    return kernel


def lineage(columns: Sequence[Column]) -> Kernel:
    """A row-local kernel: the output of `survivors` → one row per profile and field in the shape of LINEAGE."""

    def kernel(golden: pl.LazyFrame) -> pl.LazyFrame:
        parts = [
            golden.filter(pl.col(f"{column.name}#from").is_not_null()).select(
                "profile_id",
                pl.lit(column.name).alias("field"),
                *(
                    pl.col(f"{column.name}#from").struct.field(part)
                    for part in ("record_id", "source", "observed_at", "rule", "n_values")
                ),
            )
            for column in columns
        ]
        return pl.concat(parts).select(*LINEAGE)

    return kernel


def identifiers(plan: MergePlan) -> Kernel:
    """A kernel by `profile_id`: record versions with their profile → every value of every key, IDENTIFIERS."""
    names = [key.field for key in plan.keys]

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        return (
            records.select("profile_id", *names)
            .unpivot(on=names, index="profile_id", variable_name="field", value_name="value")
            .filter(pl.col("value").is_not_null())
            .unique()
            .select(*IDENTIFIERS)
        )

    return kernel


def with_lists(plan: MergePlan) -> Kernel:
    """
    A kernel by `profile_id` over two frames: golden profiles and identifiers → PROFILES.

    Adds `<key>s` (List of String, sorted, empty where none) per key, and `is_known`: whether the profile
    holds a key that is not attach-only.
    """
    known = [key.field for key in plan.keys if not key.attach_only]

    def kernel(golden: pl.LazyFrame, held: pl.LazyFrame) -> pl.LazyFrame:
        lists = held.group_by("profile_id").agg(
            *(
                pl.col("value").filter(pl.col("field") == key.field).sort().alias(f"{key.field}s")
                for key in plan.keys
            ),
            pl.col("field").is_in(known).any().alias("is_known"),
        )
        empty = pl.lit([], pl.List(pl.String))
        return (
            golden.select(pl.exclude("^.*#from$"))
            .join(lists, on="profile_id", how="left")
            .with_columns(
                *(pl.col(f"{key.field}s").fill_null(empty) for key in plan.keys),
                pl.col("is_known").fill_null(value=False),
            )
        )

    return kernel


KERNELS = (
    NamedKernel("identity.attach_profile", (("record_id",), ("record_id",)), attach_profile),
    NamedKernel("identity.latest_versions", (("record_id",),), latest_versions),
)
