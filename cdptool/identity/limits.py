"""What holds a merge back: values that too many people share, and what one cluster may not become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from cdptool.errors import Finding
from cdptool.identity.blocking import BLOCKED, VALUES, branches, holders, rule_branches
from cdptool.identity.conditions import features
from cdptool.identity.forbidding import PairRules
from cdptool.identity.growing import Constraints
from cdptool.identity.recent import Window, Windows, sightings
from cdptool.identity.spec import Judged, Key, MergePlan
from cdptool.identity.survivorship import latest_versions
from cdptool.kernels import Engine, Kernel
from cdptool.matching.connected import connected_components
from cdptool.tables import Column


class Limits(NamedTuple):
    """The constraints, and what was wrong with the judgements."""

    constraints: Constraints
    findings: tuple[Finding, ...]


def barred_values(held: pl.DataFrame, edges: pl.DataFrame, plan: MergePlan) -> pl.DataFrame:
    """
    The values of `shared_by` keys that more people hold than allowed, as BLOCKED (`field`, `value`).

    People are counted by all *other* evidence: two records that only this value would join are two people.
    People of whom no other key is known count as one together, for nothing tells them apart.

    Args:
        held: The output of `holders` for all keys, every version.
        edges: The output of `stars`.
        plan: merge.yaml.
    """
    parts = [_barred(key, key.shared_by, held, edges, plan) for key in plan.keys if key.shared_by is not None]
    return pl.concat([pl.DataFrame(schema=BLOCKED), *parts]).sort("field", "value")


def _barred(
    key: Key, shared_by: int, held: pl.DataFrame, edges: pl.DataFrame, plan: MergePlan
) -> pl.DataFrame:
    """The barred values of one key. A value that few enough records hold is not looked at further."""
    of_key = held.filter(pl.col("field") == key.field)
    suspects = of_key.filter(pl.len().over("value") > shared_by)
    if suspects.is_empty():
        return pl.DataFrame(schema=BLOCKED)
    others = [i for i, fields in rule_branches(plan) if key.field not in fields]
    evidence = edges.filter(pl.col("branch").is_in(others))
    parts = [suspects["record_id"], evidence["record_id_l"], evidence["record_id_r"]]
    ids = pl.concat(parts).unique().sort()
    where = ids.to_numpy()
    labels = connected_components(
        len(where),
        *(np.searchsorted(where, evidence[end].to_numpy()) for end in ("record_id_l", "record_id_r")),
    )
    people = pl.DataFrame({"record_id": ids, "person": labels})
    told_apart = held.filter(pl.col("field") != key.field).select("record_id").unique()
    named = people.join(told_apart, on="record_id", how="semi")["person"].unique()
    return (
        suspects.join(people, on="record_id")
        .with_columns(pl.when(pl.col("person").is_in(named.implode())).then("person").otherwise(-1))
        .group_by("field", "value")
        .agg(pl.col("person").n_unique().alias("n_people"))
        .filter(pl.col("n_people") > shared_by)
        .select(*BLOCKED)
    )


def constraints_of(
    engine: Engine[Any],
    tables: tuple[Any, Any],
    columns: Sequence[Column],
    held: pl.DataFrame,
    plan: MergePlan,
) -> Limits:
    """
    The limits, never-rules and judgements of the plan, in the ids and values of these records.

    Args:
        engine: Where the kernels run.
        tables: Tables of the engine: the output of `match_keys`, and RECORDS.
        columns: The profile fields.
        held: The output of `holders` for all keys.
        plan: merge.yaml and decisions.csv.
    """
    keys, records = tables
    limits = {key.field: key.limit for key in plan.keys if key.limit is not None and key.per is None}
    never = tuple(rule.field for rule in plan.never if rule.field)
    differing = pl.DataFrame(schema=VALUES)
    if never:
        latest = engine.shuffle([keys], [("record_id",)], latest_versions)
        differing = engine.collect(engine.map(latest, holders(never))).unique()
    together, apart, findings = _judged_pairs(engine, records, plan.judgements)
    unique = engine.collect(engine.map(records, records_of(plan.unique_sources)))
    constraints = Constraints(
        limits=limits,
        held=held.filter(pl.col("field").is_in(list(limits))),
        never=differing,
        apart=apart,
        together=together,
        pairs=_pair_rules(engine, records, columns, plan),
        windows=_windows(engine, keys, plan),
        unique=unique.unique(),
        weighed=tuple(number for number, (step, _) in enumerate(branches(plan)) if step.compare),
        parts_ambiguous=plan.ambiguous == "apart",
    )
    return Limits(constraints, findings)


def records_of(sources: tuple[str, ...]) -> Kernel:
    """A row-local kernel: records → `record_id`, `source` of those of some sources, as often as they have versions."""
    return lambda rows: rows.select("record_id", "source").filter(pl.col("source").is_in(list(sources)))


def _windows(engine: Engine[Any], keys: Any, plan: MergePlan) -> Windows:
    """The limits within a length of time, and what they count."""
    limits = tuple(
        Window(key.field, key.limit, key.per)
        for key in plan.keys
        if key.limit is not None and key.per is not None
    )
    if not limits:
        return Windows()
    fields = tuple(limit.field for limit in limits)
    return Windows(limits, engine.collect(engine.map(keys, sightings(fields))).unique())


def _pair_rules(engine: Engine[Any], records: Any, columns: Sequence[Column], plan: MergePlan) -> PairRules:
    """The never-rules that are expressions, with what they look at in the latest version of each record."""
    rules = tuple(rule for rule in plan.never if rule.branches)
    if not rules:
        return PairRules()
    types = {column.name: column.type for column in columns}
    needed = features([branch for rule in rules for branch in rule.branches], types)
    latest = engine.shuffle([records], [("record_id",)], latest_versions)
    seen = engine.collect(engine.map(latest, lambda rows: rows.select("record_id", *needed.values())))
    return PairRules(rules, seen, types)


Pairs = tuple[tuple[int, int], ...]


def _judged_pairs(
    engine: Engine[Any], records: Any, judgements: tuple[Judged, ...]
) -> tuple[Pairs, Pairs, tuple[Finding, ...]]:
    """Judgements as pairs of record ids (together, apart); the last word on a pair counts."""
    cited = sorted({name for judged in judgements for name in (judged.left, judged.right)})
    if not cited:
        return (), (), ()
    names = pl.concat_str("source", pl.lit(":"), "source_key")
    found = engine.collect(
        engine.map(
            records,
            lambda rows: rows.select("record_id", names.alias("name")).filter(pl.col("name").is_in(cited)),
        )
    )
    ids = dict(zip(found["name"], found["record_id"], strict=True))
    said: dict[tuple[int, int], str] = {}
    findings = []
    for judged in sorted(judgements, key=lambda one: (one.when, one.left, one.right)):
        unknown = [name for name in (judged.left, judged.right) if name not in ids]
        if unknown:
            findings.append(
                Finding(
                    "a judgement names a record that is not in the workspace",
                    judged.place,
                    "it stays in the file and counts when the record arrives",
                    "warning",
                )
            )
            continue
        pair = (min(ids[judged.left], ids[judged.right]), max(ids[judged.left], ids[judged.right]))
        said[pair] = judged.judgement
    pairs = sorted(said.items())
    return (
        tuple(pair for pair, word in pairs if word == "POSITIVE"),
        tuple(pair for pair, word in pairs if word == "NEGATIVE"),
        tuple(findings),
    )
