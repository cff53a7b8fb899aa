"""
Identity resolution: records in, people out. `resolve()` is the whole of it, step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import polars as pl

from cdptool.errors import Finding
from cdptool.identity import blocking, deletion, survivorship
from cdptool.identity.attaching import ATTACH, EDGE, attach, weak_fields
from cdptool.identity.blocking import (
    barred_blocks,
    blocks,
    branches,
    holders,
    match_fields,
    match_keys,
    stars,
)
from cdptool.identity.clustering import Clusters, cluster
from cdptool.identity.deletion import living_versions
from cdptool.identity.growing import NEGATIVE
from cdptool.identity.ignoring import without_barred, without_ignored
from cdptool.identity.likely import Origins, likely
from cdptool.identity.limits import Limits, barred_values, constraints_of
from cdptool.identity.pairing import EVIDENCE, paired
from cdptool.identity.registry import carry_ids
from cdptool.identity.spec import MergePlan
from cdptool.identity.survivorship import (
    attach_profile,
    identifiers,
    latest_versions,
    lineage,
    looks_back,
    survivors,
    with_lists,
)
from cdptool.ids import hash63
from cdptool.kernels import Engine
from cdptool.matching.saving import Saved
from cdptool.tables import EDGES, Column

JUDGED: Final = "judged POSITIVE"
_EDGE: Final = ("branch", "block", "record_id_l", "record_id_r")
_ORDER: Final = ("record_id_l", "record_id_r", "pass", "match_key")

# The kernels whose keys every engine must know; those made from a plan are tested beside them.
KERNELS: Final = (*blocking.KERNELS, *deletion.KERNELS, *survivorship.KERNELS)

__all__ = ["JUDGED", "KERNELS", "Previous", "Resolution", "golden_profiles", "living_records", "resolve"]


class Previous(NamedTuple):
    """The registry of the last run: `identity` and `aliases` (both empty at first), and its models to use again."""

    identity: pl.DataFrame
    aliases: pl.DataFrame
    models: Saved | None = None


class Resolution(NamedTuple):
    """Who is who: IDENTITY, ALIASES, EDGES, CONFLICTS, each sorted by its key; DOUBTFUL pairs, likeliest first; learned models."""

    identity: pl.DataFrame
    aliases: pl.DataFrame
    edges: pl.DataFrame
    conflicts: pl.DataFrame
    doubtful: pl.DataFrame
    models: Saved
    origins: tuple[Origins, ...]
    findings: tuple[Finding, ...]


def resolve(
    engine: Engine[Any], records: Any, columns: Sequence[Column], plan: MergePlan, previous: Previous
) -> Resolution:
    """
    Decide which records are one person.

    Args:
        engine: Where the kernels run.
        records: A table of the engine: RECORDS with the project's profile fields, all versions.
        columns: The profile fields.
        plan: merge.yaml and decisions.csv, already checked against the fields.
        previous: The registry of the last run, from which ids are carried.

    Returns:
        Resolution. The same for every order of the records and every number of buckets.
    """
    if any(key.ignore for key in plan.keys):
        records = engine.map(records, without_ignored(columns, plan))
    keys = engine.checkpoint(engine.map(records, match_keys(columns, match_fields(plan))), "keys")
    held = engine.collect(engine.map(keys, holders([key.field for key in plan.keys])))
    agreed = engine.collect(engine.shuffle([engine.map(keys, blocks(plan))], [("branch", "block")], stars))
    pairing = paired(engine, records, columns, plan)
    agreed = pl.concat([agreed.select(*EVIDENCE), pairing.edges])
    barred = barred_values(held, agreed, plan)
    evidence, shared = _without_shared(engine, keys, agreed, barred, plan)
    told = engine.map(records, without_barred(columns, barred)) if len(barred) else records
    learned = likely(engine, told, columns, plan, previous.models)
    evidence = pl.concat([evidence.select(EDGE), learned.edges.select(EDGE)])
    limits = constraints_of(engine, (keys, records), columns, held, plan)
    record_ids = engine.collect(engine.map(keys, lambda rows: rows.select("record_id")))
    clusters, unattached = _people(record_ids["record_id"].unique().sort(), evidence, held, limits, plan)
    registered = carry_ids(clusters.labels, previous.identity, previous.aliases)
    judged = _judged(limits.constraints.together)
    cut = _named(pl.concat([clusters.cut, shared, unattached]), plan, "reason")
    refused = judged.drop("block").with_columns(pl.lit(NEGATIVE).alias("reason"))
    return Resolution(
        identity=registered.identity,
        aliases=registered.aliases,
        edges=pl.concat(
            [_named(clusters.used, plan, "block"), _of_one_person(judged, registered.identity)]
        ).sort(*_ORDER, "block"),
        conflicts=_of_one_person(pl.concat([cut, refused]), registered.identity, is_one=False)
        .unique()
        .sort(*_ORDER, "reason"),
        doubtful=_open(learned.doubtful, registered.identity, limits.constraints.unique).sort(
            "probability", *_ORDER[:3], descending=[True, False, False, False]
        ),
        models=learned.models,
        origins=learned.origins,
        findings=(*pairing.findings, *limits.findings),
    )


def living_records(engine: Engine[Any], records: Any) -> Any:
    """The records that their sources have not deleted, with the versions since; a table of the engine like the given."""
    return engine.checkpoint(engine.shuffle([records], [("record_id",)], living_versions), "living")


def golden_profiles(
    engine: Engine[Any], records: Any, identity: pl.DataFrame, columns: Sequence[Column], plan: MergePlan
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """
    One golden profile per person, with its lineage and identifiers.

    Returns:
        PROFILES (`profile_id`, the fields, `<field>s` lists, `is_known`), LINEAGE and IDENTIFIERS, sorted.
    """
    owned = engine.shuffle([records, engine.of(identity)], [("record_id",), ("record_id",)], attach_profile)
    latest = engine.shuffle([owned], [("record_id",)], latest_versions)
    newest = _newest(engine, records) if looks_back(plan) else None
    golden = engine.checkpoint(
        engine.shuffle([latest], [("profile_id",)], survivors(columns, plan, newest)), "golden"
    )
    held = engine.checkpoint(engine.shuffle([owned], [("profile_id",)], identifiers(plan)), "identifiers")
    is_key = pl.col("field").is_in([key.field for key in plan.keys])
    profiles = engine.shuffle([golden, held], [("profile_id",), ("profile_id",)], with_lists(plan))
    return (
        engine.collect(profiles).sort("profile_id"),
        engine.collect(engine.map(golden, lineage(columns, plan))).sort("profile_id", "field"),
        engine.collect(held).filter(is_key).sort("profile_id", "field", "value"),
    )


def _newest(engine: Engine[Any], records: Any) -> datetime | None:
    """When the newest record was observed: the time from which survivorship looks back."""
    times = engine.collect(engine.map(records, lambda rows: rows.select("observed_at")))["observed_at"]
    return cast("datetime | None", times.max())


def _without_shared(
    engine: Engine[Any], keys: Any, agreed: pl.DataFrame, barred: pl.DataFrame, plan: MergePlan
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The edges of blocks that hold no barred value, and the others with their `reason`."""
    told = pl.lit("shared by too many people").alias("reason")
    edge = (*_EDGE, "reason")
    if barred.is_empty():
        return agreed, agreed.clear().with_columns(told).select(edge)
    blocked = engine.collect(engine.map(keys, barred_blocks(plan, barred))).unique()
    blocked = blocked.rename({"block": "within"})
    on = ["branch", "within"]
    cut = agreed.join(blocked, on=on, how="semi").with_columns(told).select(edge)
    return agreed.join(blocked, on=on, how="anti"), cut


def _people(
    record_ids: pl.Series, evidence: pl.DataFrame, held: pl.DataFrame, limits: Limits, plan: MergePlan
) -> tuple[Clusters, pl.DataFrame]:
    """The clusters of the passes, with those attached that only a device is known of; what was not attached."""
    clusters = cluster(record_ids, evidence, limits.constraints)
    weak = weak_fields(plan)
    if not weak:
        return clusters, clusters.cut.clear()
    attaching = attach(held, clusters.labels, weak, len(branches(plan)))
    everything = pl.concat([evidence.select(EDGE), attaching.edges])
    return cluster(record_ids, everything, limits.constraints), attaching.cut


def _judged(pairs: tuple[tuple[int, int], ...]) -> pl.DataFrame:
    """POSITIVE judgements as EDGES: they hold a profile together like any other evidence."""
    rows = [(left, right, "decisions", JUDGED) for left, right in pairs]
    edges = pl.DataFrame(rows, schema=list(EDGES.items())[:4], orient="row")
    return edges.with_columns(hash63("judged", *(pl.col(end) for end in _ORDER[:2])).alias("block"))


def _of_one_person(rows: pl.DataFrame, identity: pl.DataFrame, *, is_one: bool = True) -> pl.DataFrame:
    """The pairs whose records belong to one profile, or (`is_one` false) to two."""
    profile_of = identity.select("record_id", "profile_id")
    return (
        rows.join(profile_of, left_on="record_id_l", right_on="record_id")
        .join(profile_of, left_on="record_id_r", right_on="record_id", suffix="_r")
        .filter((pl.col("profile_id") == pl.col("profile_id_r")) == is_one)
        .select(rows.columns)
    )


def _open(doubtful: pl.DataFrame, identity: pl.DataFrame, unique: pl.DataFrame) -> pl.DataFrame:
    """The doubtful pairs of two profiles that may be one: not both with a record of a list that holds each person once."""
    pairs = _of_one_person(doubtful, identity, is_one=False)
    owned = unique.join(identity, on="record_id").select("profile_id", "source").unique()
    ends = ("record_id_l", "record_id_r")
    held = [
        pairs.select(*ends).join(identity, left_on=end, right_on="record_id").join(owned, on="profile_id")
        for end in ends
    ]
    settled = held[0].join(held[1], on=[*ends, "source"], how="semi").select(ends)
    return pairs.join(settled, on=ends, how="anti")


def _named(edges: pl.DataFrame, plan: MergePlan, last: str) -> pl.DataFrame:
    """Edges by branch number → edges by pass and match key, the smaller record first; `last` stays too."""
    called = [(step.name, " + ".join(fields)) for step, fields in branches(plan)]
    called += [(ATTACH, field) for field in weak_fields(plan)]
    names = pl.DataFrame(called, schema={"pass": pl.String, "match_key": pl.String}, orient="row")
    return edges.join(names.with_row_index("branch").cast({"branch": pl.Int64}), on="branch").select(
        pl.min_horizontal("record_id_l", "record_id_r").alias("record_id_l"),
        pl.max_horizontal("record_id_l", "record_id_r").alias("record_id_r"),
        "pass",
        "match_key",
        last,
    )
