"""
Golden profiles: for every field the surviving value, and the lineage that says where it came from.

Among the records of a profile that hold a value, the most trusted sources come first, then the declared
preference, then the record id: a total order, so ties do not depend on how the data was partitioned. Null
never beats a value; a record without a date loses under `latest`. Other values are kept in `identifiers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from cdptool.identity.spec import Keep, MergePlan
from cdptool.kernels import Kernel, NamedKernel
from cdptool.tables import IDENTIFIERS, LINEAGE, Column

ORIGIN: Final = ("record_id", "source", "observed_at")
# Preferences that look at the value itself, so each field needs an order of its own.
_BY_VALUE: Final = ("most_frequent", "longest", "most_restrictive")
_FILLED: Final = "#filled"
_ONE_VOICE: Final = (
    1 << 20
)  # of a value seen now; whole numbers, so that their sum is the same in every order


def attach_profile(records: pl.LazyFrame, identity: pl.LazyFrame) -> pl.LazyFrame:
    """A kernel by `record_id`: record versions with the profile they belong to."""
    return records.join(identity, on="record_id")


def latest_versions(records: pl.LazyFrame) -> pl.LazyFrame:
    """A kernel by `record_id`: of each record the last version by `version_rank`, `observed_at`, `content`, null first."""
    order = ("record_id", "version_rank", "observed_at", "content")
    return records.sort(order, nulls_last=False).unique("record_id", keep="last", maintain_order=True)


def _keep_of(plan: MergePlan, name: str) -> Keep:
    return dict(plan.keep).get(name, plan.keep_default)


def _orders(columns: Sequence[Column], plan: MergePlan) -> tuple[tuple[Keep, tuple[str, ...]], ...]:
    """The fields that one order of the records serves, with the rule that orders them."""
    shared: dict[tuple[Keep, str], list[str]] = {}
    for column in columns:
        keep = _keep_of(plan, column.name)
        shared.setdefault((keep, column.name if keep.prefer in _BY_VALUE else ""), []).append(column.name)
    return tuple((keep, tuple(names)) for (keep, _), names in shared.items())


def _best_first(records: pl.LazyFrame, name: str, keep: Keep, newest: datetime | None) -> pl.LazyFrame:
    """The records of each profile in the order of a rule; `name` is the field whose values it may look at."""
    ranks = {source: rank for rank, source in enumerate(keep.trust)}
    rank = pl.col("source").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int64)
    by_value = {
        "most_frequent": _voices(keep, newest).sum().over("profile_id", name),
        "longest": pl.col(name).cast(pl.String).str.len_chars(),
        "most_complete": pl.col(_FILLED),
        "most_restrictive": pl.col(name),  # no before yes, little before much, early before late
    }
    keys = {"#trust": rank} if keep.trust else {}
    keys |= {"#value": by_value[keep.prefer]} if keep.prefer in by_value else {}
    descends = {"#value": keep.prefer != "most_restrictive", "observed_at": keep.prefer != "earliest"}
    order = ("profile_id", *keys, "observed_at", "record_id")
    return (
        records.with_columns(**keys)
        .sort(order, descending=[descends.get(key, False) for key in order], nulls_last=True)
        .drop(*keys)
    )


def _voices(keep: Keep, newest: datetime | None) -> pl.Expr:
    """What a record counts among those that hold the same value."""
    if keep.half_life_seconds is None or newest is None:
        return pl.col("record_id").is_not_null().cast(pl.Int64)
    age = (pl.lit(newest) - pl.col("observed_at")).dt.total_seconds() / keep.half_life_seconds
    return (_ONE_VOICE * pl.lit(0.5).pow(age)).floor().cast(pl.Int64).fill_null(0)


def _survivors_of(
    records: pl.LazyFrame, names: Sequence[str], keep: Keep, newest: datetime | None
) -> pl.LazyFrame:
    """One row per profile with the first value of each field in the order of a rule, and its ORIGIN."""
    here, profile = pl.int_range(pl.len()), pl.col("profile_id")
    positions, found = [], []
    for name in names:
        # The next row with a value survives, unless it belongs to another profile already.
        following = pl.when(pl.col(name).is_not_null()).then(here).fill_null(strategy="backward")
        is_own = profile.gather(following) == profile
        positions.append(pl.when(is_own).then(following).alias(f"{name}#at"))
        found.append(pl.col(name).gather(pl.col(f"{name}#at")))
        found += [pl.col(part).gather(pl.col(f"{name}#at")).alias(f"{name}#{part}") for part in ORIGIN]
    return (
        _best_first(records.select("profile_id", *ORIGIN, _FILLED, *names), names[0], keep, newest)
        .with_columns(positions)
        .select("profile_id", *found, profile.shift(1).ne_missing(profile).alias("#is_first"))
        .filter("#is_first")
        .drop("#is_first")
    )


def looks_back(plan: MergePlan) -> bool:
    """Whether any rule asks how old a value is, so that `survivors` needs to know the newest record."""
    rules = (plan.keep_default, *(keep for _, keep in plan.keep))
    return any(keep.valid_for_seconds is not None or keep.half_life_seconds is not None for keep in rules)


def _valid(names: Sequence[str], plan: MergePlan, newest: datetime | None) -> list[pl.Expr]:
    """The fields that expire, without the values that are too old."""
    found = []
    for name in names:
        seconds = _keep_of(plan, name).valid_for_seconds
        if seconds is not None and newest is not None:
            is_old = pl.col("observed_at") < newest - timedelta(seconds=seconds)
            found.append(pl.when(~is_old.fill_null(value=False)).then(pl.col(name)).alias(name))
    return found


def survivors(columns: Sequence[Column], plan: MergePlan, newest: datetime | None = None) -> Kernel:
    """
    A kernel by `profile_id`: latest record versions with their profile → one row per profile.

    `newest`: the time from which rules look back. Output: `profile_id`, then per field `<field>` (its dtype) and where
    it came from: `<field>#record_id`, `<field>#source`, `<field>#observed_at`, `<field>#n_values` (Int64, 0 where no
    record holds a value that is still valid).
    """
    names = [column.name for column in columns]
    parts = ("", *(f"#{part}" for part in ORIGIN), "#n_values")
    filled = pl.sum_horizontal(pl.lit(0), *(pl.col(name).is_not_null() for name in names)).cast(pl.Int64)

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        records = records.with_columns(filled.alias(_FILLED)).with_columns(_valid(names, plan, newest))
        golden = records.group_by("profile_id").agg(
            pl.col(name).drop_nulls().n_unique().cast(pl.Int64).alias(f"{name}#n_values") for name in names
        )
        for keep, fields in _orders(columns, plan):
            golden = golden.join(_survivors_of(records, fields, keep, newest), on="profile_id")
        return golden.select("profile_id", *(f"{name}{part}" for name in names for part in parts))

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
    """A kernel by `profile_id`: record versions with their profile → every value of every listed field, IDENTIFIERS."""
    names = plan.listed

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        return (
            records.select("profile_id", *(pl.col(name).cast(pl.String) for name in names))
            .unpivot(on=names, index="profile_id", variable_name="field", value_name="value")
            .filter(pl.col("value").is_not_null())
            .unique()
            .select(*IDENTIFIERS)
        )

    return kernel


def with_lists(plan: MergePlan) -> Kernel:
    """
    A kernel by `profile_id` over two frames: golden profiles and identifiers → PROFILES.

    Adds `<field>s` (List of String, sorted, empty where none) per key and field kept as a list, and `is_known`: whether the profile
    holds a key that is not attach-only.
    """
    known = [key.field for key in plan.keys if not key.attach_only]

    def kernel(golden: pl.LazyFrame, held: pl.LazyFrame) -> pl.LazyFrame:
        lists = (
            held.sort("profile_id", "value")
            .group_by("profile_id")
            .agg(
                *(pl.col("value").filter(pl.col("field") == name).alias(f"{name}s") for name in plan.listed),
                pl.col("field").is_in(known).any().alias("is_known"),
            )
        )
        empty = pl.lit([], pl.List(pl.String))
        return (
            golden.select(pl.exclude("^.*#.*$"))
            .join(lists, on="profile_id", how="left")
            .with_columns(
                *(pl.col(f"{name}s").fill_null(empty) for name in plan.listed),
                pl.col("is_known").fill_null(value=False),
            )
        )

    return kernel


KERNELS = (
    NamedKernel("identity.attach_profile", (("record_id",), ("record_id",)), attach_profile),
    NamedKernel("identity.latest_versions", (("record_id",),), latest_versions),
)
