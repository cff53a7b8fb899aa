"""
Identity resolution: records in, people out. `resolve()` is the whole of it, step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from cdptool.errors import Finding
from cdptool.identity.attaching import attach
from cdptool.identity.blocking import blocks, branches, match_fields, match_keys, stars
from cdptool.identity.clustering import cluster
from cdptool.identity.limits import barred_values, constraints_of
from cdptool.identity.registry import carry_ids
from cdptool.identity.spec import MergePlan
from cdptool.identity.survivorship import (
    attach_profile,
    identifiers,
    latest_versions,
    lineage,
    survivors,
    with_lists,
)
from cdptool.kernels import Engine
from cdptool.tables import EDGES, Column

JUDGED: Final = "judged POSITIVE"

__all__ = ["JUDGED", "Previous", "Resolution", "golden_profiles", "resolve"]


class Previous(NamedTuple):
    """The registry of the last run: `identity` and `aliases` (both empty at first)."""

    identity: pl.DataFrame
    aliases: pl.DataFrame


class Resolution(NamedTuple):
    """Who is who: IDENTITY, ALIASES, EDGES and CONFLICTS, each sorted by its key; findings."""

    identity: pl.DataFrame
    aliases: pl.DataFrame
    edges: pl.DataFrame
    conflicts: pl.DataFrame
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
    fields = match_fields(plan)
    keys = engine.map(records, match_keys(columns, fields))
    barred = barred_values(engine, keys, plan)
    members = engine.map(keys, blocks(plan, barred))
    evidence = engine.collect(engine.shuffle([members], [("branch", "block")], stars))
    limits = constraints_of(engine, keys, records, plan)
    everyone = engine.collect(engine.map(records, lambda rows: rows.select("record_id")))
    record_ids = everyone["record_id"].unique().sort()
    clusters = cluster(record_ids, evidence.filter(~pl.col("is_blocked")), limits.constraints)
    attached = attach(engine, keys, clusters.labels, plan)
    registered = carry_ids(attached.labels, previous.identity, previous.aliases)
    names = _branch_names(plan)
    used = pl.concat([_named(clusters.used, names), attached.edges, _judged(limits.constraints.together)])
    shared = evidence.filter("is_blocked").with_columns(pl.lit("shared by too many people").alias("reason"))
    cut = pl.concat([_named(clusters.cut, names), _named(shared, names), attached.conflicts])
    order = ["record_id_l", "record_id_r", "pass", "match_key"]
    return Resolution(
        identity=registered.identity,
        aliases=registered.aliases,
        edges=used.unique().sort(*order, "block"),
        conflicts=cut.unique().sort(*order, "reason"),
        findings=limits.findings,
    )


def golden_profiles(
    engine: Engine[Any], records: Any, identity: pl.DataFrame, columns: Sequence[Column], plan: MergePlan
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """
    One golden profile per person, with its lineage and identifiers.

    Returns:
        PROFILES (`profile_id`, the fields, `<key>s` lists, `is_known`), LINEAGE and IDENTIFIERS, sorted.
    """
    owned = engine.shuffle([records, engine.of(identity)], [("record_id",), ("record_id",)], attach_profile)
    latest = engine.shuffle([owned], [("record_id",)], latest_versions)
    golden = engine.checkpoint(
        engine.shuffle([latest], [("profile_id",)], survivors(columns, plan)), "golden"
    )
    held = engine.checkpoint(engine.shuffle([owned], [("profile_id",)], identifiers(plan)), "identifiers")
    profiles = engine.shuffle([golden, held], [("profile_id",), ("profile_id",)], with_lists(plan))
    return (
        engine.collect(profiles).sort("profile_id"),
        engine.collect(engine.map(golden, lineage(columns, plan))).sort("profile_id", "field"),
        engine.collect(held).sort("profile_id", "field", "value"),
    )


def _judged(pairs: tuple[tuple[int, int], ...]) -> pl.DataFrame:
    """POSITIVE judgements as EDGES: they hold a profile together like any other evidence."""
    rows = [(left, right, "decisions", JUDGED, left ^ right) for left, right in pairs]
    return pl.DataFrame(rows, schema=EDGES, orient="row")


def _branch_names(plan: MergePlan) -> pl.DataFrame:
    """`branch`, `pass`, `match_key`: how people call each branch."""
    return pl.DataFrame(
        [(i, step.name, " + ".join(fields)) for i, (step, fields) in enumerate(branches(plan))],
        schema={"branch": pl.Int64, "pass": pl.String, "match_key": pl.String},
        orient="row",
    )


def _named(edges: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Edges by branch number → edges by pass and match key, with the reason where there is one."""
    last = ["reason"] if "reason" in edges.columns else ["block"]
    return edges.join(names, on="branch").select("record_id_l", "record_id_r", "pass", "match_key", *last)
