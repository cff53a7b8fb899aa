"""
Households: which profiles live together, a second and wider level over the profiles.

What two profiles must share is said in an expression over their golden values. An address or a phone that more people
share than a household holds is a building or an institution: it joins nobody, nor does what else would make a group so
large. A family name alone is no evidence; four in ten people may bear one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.fields import split_name
from cdptool.identity.blocking import block_of, blocks, branches, match_fields, match_keys, stars
from cdptool.identity.ignoring import value_number, without_barred, without_ignored
from cdptool.identity.pairing import EVIDENCE, paired
from cdptool.identity.registry import carry_ids
from cdptool.identity.spec import Households, MergePlan, Pass
from cdptool.ids import printed_ids
from cdptool.kernels import Engine
from cdptool.matching.connected import connected_components
from cdptool.tables import HOUSEHOLD_LINKS, HOUSEHOLDS, Column

NAME_PARTS: Final = ("given_name", "family_name")
_BARRED: Final = {"field": pl.String(), "value": pl.Int64()}
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


class KnownHouseholds(NamedTuple):
    """IDENTITY of now, and of the last merge: IDENTITY, HOUSEHOLDS and HOUSEHOLD_ALIASES."""

    identity: pl.DataFrame
    before: pl.DataFrame
    households: pl.DataFrame
    aliases: pl.DataFrame


class LivingTogether(NamedTuple):
    """HOUSEHOLDS, HOUSEHOLD_ALIASES and HOUSEHOLD_LINKS, sorted by their keys."""

    members: pl.DataFrame
    aliases: pl.DataFrame
    links: pl.DataFrame


def households(
    engine: Engine[Any],
    profiles: pl.DataFrame,
    columns: Sequence[Column],
    plan: MergePlan,
    known: KnownHouseholds,
) -> LivingTogether:
    """
    Group profiles into households.

    Args:
        engine: Where the kernels run.
        profiles: PROFILES: `profile_id` and the golden fields.
        columns: The profile fields.
        plan: merge.yaml; what its `households` says. Without it nobody lives with anybody.
        known: From which ids are carried: a household keeps the id with which it shares most records.

    Returns:
        LivingTogether. Every profile has a household, if only its own.
    """
    rule = plan.households
    ids = profiles["profile_id"].sort()
    if rule is None:
        return _named(ids.to_numpy(), ids, pl.DataFrame(schema=HOUSEHOLD_LINKS), known)
    fields = with_name_parts(columns)
    found = _evidence(engine, _as_records(engine, profiles, columns, plan), fields, rule)
    numbers = ids.to_numpy()
    left, right = (np.searchsorted(numbers, found[end].to_numpy()) for end in ("record_id_l", "record_id_r"))
    labels, kept = small_enough(len(numbers), left, right, found["n_shared"].to_numpy(), rule.limit)
    reason = (
        pl.when(pl.Series(kept))
        .then(None)
        .when(pl.col("n_shared") > rule.limit)
        .then(pl.lit(f"more than {rule.limit} people share it"))
        .otherwise(pl.lit(f"it would make a household of more than {rule.limit}"))
    )
    parts = [labels[side] for side in (left, right)]
    told = found.with_columns(reason=reason).filter(pl.Series(kept | (parts[0] != parts[1])))
    links = told.select(
        profile_id_l="record_id_l",
        profile_id_r="record_id_r",
        match_key=pl.col("branch").replace_strict(dict(enumerate(map(" + ".join, rule.branches)))),
        block="block",
        n_shared="n_shared",
        reason="reason",
    )
    return _named(numbers[labels], ids, links, known)


def with_name_parts(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The profile fields, and the parts of the name that are no fields of their own."""
    names = {column.name for column in columns}
    if _name_field(columns) is None:
        return tuple(columns)
    return (*columns, *(Column(part, "person_name") for part in NAME_PARTS if part not in names))


def _name_field(columns: Sequence[Column]) -> str | None:
    """The field whose parts are the given and the family name: `name`, else the only one that is a person's name."""
    found = [
        column.name for column in columns if column.type == "person_name" and column.name not in NAME_PARTS
    ]
    return "name" if "name" in found else found[0] if len(found) == 1 else None


def with_households(profiles: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """PROFILES with `household_id` (as printed) and `household_size` (how many profiles it holds)."""
    size = pl.len().over("household_id").cast(pl.Int64).alias("household_size")
    printed = members.with_columns(size, printed_ids(members["household_id"], "h").alias("household_id"))
    return profiles.join(printed, on="profile_id", how="left", maintain_order="left")


def small_enough(n: int, left: Numbers, right: Numbers, shared: Numbers, limit: int) -> tuple[Numbers, Flags]:
    """
    The component of each profile, and which links hold it, so that none holds more than `limit`.

    Of a component that is too large the links whose value most people share go first, all of them at once.

    >>> small_enough(4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([2, 3, 2]), 2)[0].tolist()
    [0, 0, 2, 2]
    """
    kept = shared <= limit
    while True:
        labels = connected_components(n, left[kept], right[kept])
        sizes = np.bincount(labels, minlength=n)
        of_link = labels[left]
        is_large = kept & (sizes[of_link] > limit)
        if not is_large.any():
            return labels, kept
        most = np.zeros(n, dtype=np.int64)
        np.maximum.at(most, of_link[is_large], shared[is_large])
        kept &= ~(is_large & (shared == most[of_link]))


def _as_records(
    engine: Engine[Any], profiles: pl.DataFrame, columns: Sequence[Column], plan: MergePlan
) -> pl.DataFrame:
    """The profiles as records with the parts of their names, without what merging may not trust either."""
    frame = profiles.select(
        pl.col("profile_id").alias("record_id"),
        pl.lit(None, pl.Int64).alias("version_rank"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("observed_at"),
        pl.lit(0, pl.Int64).alias("content"),
        *(column.name for column in columns),
    )
    parts = _parts_of_name(columns)
    table = engine.of(frame.with_columns(**parts))
    trusted = engine.collect(engine.map(table, without_ignored(columns, plan)))
    return trusted.lazy().pipe(without_barred(columns, _shared(trusted, columns, plan))).collect()


def _parts_of_name(columns: Sequence[Column]) -> dict[str, pl.Expr]:
    name = _name_field(columns)
    if name is None:
        return {}
    parts = split_name(pl.col(name))
    made = {"given_name": parts.given, "family_name": parts.family}
    return {part: value for part, value in made.items() if part not in {column.name for column in columns}}


def _shared(frame: pl.DataFrame, columns: Sequence[Column], plan: MergePlan) -> pl.DataFrame:
    """The values of keys that more profiles hold than `shared_by` allows."""
    types = {column.name: column.type for column in columns}
    parts = [
        frame.select(
            pl.lit(key.field).alias("field"), value_number(key.field, types[key.field]).alias("value")
        )
        .drop_nulls()
        .filter(pl.len().over("value") > key.shared_by)
        .unique()
        for key in plan.keys
        if key.shared_by is not None
    ]
    return pl.concat([pl.DataFrame(schema=_BARRED), *parts])


def _evidence(
    engine: Engine[Any], frame: pl.DataFrame, columns: Sequence[Column], rule: Households
) -> pl.DataFrame:
    """EVIDENCE between profiles, with `n_shared`: how many share what the two have in common beside names."""
    step = Pass("households", rule.branches, rule.text, place=rule.place, conditions=rule.conditions)
    plan = MergePlan((), (step,))
    types = {column.name: column.type for column in columns}
    table = engine.of(frame)
    keys = engine.map(table, match_keys(columns, match_fields(plan)))
    agreed = engine.collect(engine.shuffle([engine.map(keys, blocks(plan))], [("branch", "block")], stars))
    found = pl.concat([agreed.select(*EVIDENCE), paired(engine, table, columns, plan).edges])
    parts = [
        _with_shared(found, number, _sharers(frame, fields, types))
        for number, (_, fields) in enumerate(branches(plan))
    ]
    return pl.concat(parts).sort("branch", "record_id_l", "record_id_r", "block")


def _sharers(frame: pl.DataFrame, fields: Sequence[str], types: Mapping[str, str]) -> pl.DataFrame:
    """`record_id`, `n_shared`: how many profiles have the same of these fields, names left out."""
    contact = [name for name in fields if not is_a_name(name, types)]
    held = frame.select("record_id", block_of(contact, types).alias("contact")).drop_nulls()
    return held.select("record_id", n_shared=pl.len().over("contact").cast(pl.Int64))


def _with_shared(found: pl.DataFrame, branch: int, sharers: pl.DataFrame) -> pl.DataFrame:
    mine = found.filter(pl.col("branch") == branch)
    return mine.join(sharers, left_on="record_id_l", right_on="record_id", maintain_order="left")


def is_a_name(field: str, types: Mapping[str, str]) -> bool:
    """Whether a field is a person's name or a part of it, which strangers share."""
    return field in NAME_PARTS or types.get(field) == "person_name"


def _named(labels: Numbers, ids: pl.Series, links: pl.DataFrame, known: KnownHouseholds) -> LivingTogether:
    """The groups with ids that stay: each keeps the id with which it shares most records."""
    groups = pl.DataFrame({"profile_id": ids, "group": labels})
    of_record = known.identity.join(groups, on="profile_id").select(
        "record_id", cluster=pl.col("record_id").min().over("group")
    )
    before = known.before.join(known.households, on="profile_id").select(
        "record_id", profile_id="household_id"
    )
    aliases = known.aliases.select(old_profile_id="old_household_id", profile_id="household_id")
    carried = carry_ids(of_record, before, aliases, kind="household")
    named = carried.identity.rename({"profile_id": "household_id"}).join(known.identity, on="record_id")
    return LivingTogether(
        named.select(*HOUSEHOLDS).unique().sort("profile_id"),
        carried.aliases.select(old_household_id="old_profile_id", household_id="profile_id"),
        links.select(*HOUSEHOLD_LINKS).sort("profile_id_l", "profile_id_r", "match_key", "block"),
    )
