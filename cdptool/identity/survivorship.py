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
    by_time = pl.col("observed_at")
    preference: dict[str, tuple[list[pl.Expr], list[bool]]] = {
        "latest": ([by_time], [True]),
        "earliest": ([by_time], [False]),
        "most_frequent": ([pl.len().over("profile_id", name), by_time], [True, True]),
        "longest": ([pl.col(name).cast(pl.String).str.len_chars(), by_time], [True, True]),
    }
    keys, descending = preference[keep.prefer]
    # No constant among the keys: sorting a group by a literal reads beyond it (Polars 2.1 crashes).
    trust = [pl.col("source").replace_strict(_ranks(keep), default=len(keep.trust), return_dtype=pl.Int64)]
    trusted = trust if keep.trust else []
    return [*trusted, *keys, pl.col("record_id")], [*([False] * len(trusted)), *descending, False]


def _ranks(keep: Keep) -> dict[str, int]:
    """Source → its place in the order of trust."""
    return {source: rank for rank, source in enumerate(keep.trust)}


ORIGIN = ("record_id", "source", "observed_at")


def survivors(columns: Sequence[Column], plan: MergePlan) -> Kernel:
    """
    A kernel by `profile_id`: latest record versions with their profile → one row per profile.

    Output: `profile_id`, then per field `<field>` (its dtype) and where it came from: `<field>#record_id`,
    `<field>#source`, `<field>#observed_at`, `<field>#n_values` (Int64, 0 where no record holds a value).
    """

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        fields = []
        for column in columns:
            name = column.name
            keys, descending = _order(name, _keep_of(plan, name))
            held = pl.col(name).is_not_null()
            order = [key.filter(held) for key in keys]
            best = [
                pl.col(part).filter(held).sort_by(order, descending=descending, nulls_last=True).first()
                for part in (name, *ORIGIN)
            ]
            names = (name, *(f"{name}#{part}" for part in ORIGIN))
            fields += [expr.alias(alias) for expr, alias in zip(best, names, strict=True)]
            fields.append(pl.col(name).filter(held).n_unique().cast(pl.Int64).alias(f"{name}#n_values"))
        return records.group_by("profile_id").agg(fields)

    return kernel


def lineage(columns: Sequence[Column], plan: MergePlan) -> Kernel:
    """A row-local kernel: the output of `survivors` → one row per profile and field in the shape of LINEAGE."""

    def of_field(golden: pl.LazyFrame, name: str) -> pl.LazyFrame:
        keep = _keep_of(plan, name)
        n_values, source = pl.col(f"{name}#n_values"), pl.col(f"{name}#source")
        rule = (
            pl.when(n_values == 1)
            .then(pl.lit("only"))
            .when(source.is_in(list(keep.trust)))
            .then(pl.lit(f"trust, {keep.prefer}"))
            .otherwise(pl.lit(keep.prefer))
        )
        return golden.filter(n_values > 0).select(
            "profile_id",
            pl.lit(name).alias("field"),
            *(pl.col(f"{name}#{part}").alias(part) for part in ORIGIN),
            rule.alias("rule"),
            n_values.alias("n_values"),
        )

    def kernel(golden: pl.LazyFrame) -> pl.LazyFrame:
        return pl.concat([of_field(golden, column.name) for column in columns]).select(*LINEAGE)

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
            golden.select(pl.exclude("^.*#.*$"))
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
