"""What holds a merge back: values that too many people share, and what one cluster may not become."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from cdptool.errors import Finding
from cdptool.identity.blocking import BLOCKED, blocks, branches, holders, stars
from cdptool.identity.clustering import Constraints, connected_components
from cdptool.identity.spec import Judged, MergePlan
from cdptool.identity.survivorship import latest_versions
from cdptool.kernels import Engine


class Limits(NamedTuple):
    """The constraints, and what was wrong with the judgements."""

    constraints: Constraints
    findings: tuple[Finding, ...]


def barred_values(engine: Engine[Any], keys: Any, plan: MergePlan) -> pl.DataFrame:
    """
    The values of `shared_by` keys that more people hold than allowed, as BLOCKED (`field`, `value`).

    People are counted by all *other* evidence: two records that only this value would join are two people.
    Records that hold no other key count as one person together, for nothing tells them apart.
    """
    limited = [key for key in plan.keys if key.shared_by is not None]
    barred = pl.DataFrame(schema=BLOCKED)
    for key in limited:
        members = engine.map(keys, blocks(plan, barred.clear()))
        others = [i for i, (_, fields) in enumerate(branches(plan)) if key.field not in fields]
        edges = engine.collect(engine.shuffle([members], [("branch", "block")], stars)).filter(
            pl.col("branch").is_in(others)
        )
        held = engine.collect(engine.map(keys, holders(plan.keys))).filter(pl.col("field") == key.field)
        ids = pl.concat([held["record_id"], edges["record_id_l"], edges["record_id_r"]]).unique().sort()
        where = ids.to_numpy()
        labels = connected_components(
            len(where),
            np.searchsorted(where, edges["record_id_l"].to_numpy()),
            np.searchsorted(where, edges["record_id_r"].to_numpy()),
        )
        person = pl.DataFrame({"record_id": ids, "person": labels})
        counted = (
            held.join(person, on="record_id")
            .with_columns(pl.when(pl.col("has_other").any().over("person")).then("person").otherwise(-1))
            .group_by("field", "value")
            .agg(pl.col("person").n_unique().alias("n_people"))
            .filter(pl.col("n_people") > key.shared_by)
        )
        barred = pl.concat([barred, counted.select("field", "value")])
    return barred.sort("field", "value")


def constraints_of(engine: Engine[Any], keys: Any, records: Any, plan: MergePlan) -> Limits:
    """The limits, never-rules and judgements of the plan, in the ids and values of these records."""
    limits = {key.field: key.limit for key in plan.keys if key.limit is not None}
    limited = tuple(key for key in plan.keys if key.limit is not None)
    held = engine.collect(engine.map(keys, holders(limited))) if limited else _no_values()
    never = [rule.field for rule in plan.never]
    latest = engine.shuffle([keys], [("record_id",)], latest_versions)
    differing = (
        engine.collect(
            engine.map(
                latest,
                lambda rows: (
                    rows.select("record_id", *never)
                    .unpivot(on=never, index="record_id", variable_name="field", value_name="value")
                    .filter(pl.col("value").is_not_null())
                ),
            )
        )
        if never
        else _no_values()
    )
    names = ["record_id", "field", "value"]
    together, apart, findings = _judged_pairs(engine, records, plan.judgements)
    constraints = Constraints(
        limits=limits,
        held=held.select(names).unique().sort(names),
        never=differing.select(names).unique().sort(names),
        apart=apart,
        together=together,
    )
    return Limits(constraints, findings)


def _no_values() -> pl.DataFrame:
    return pl.DataFrame(schema={"record_id": pl.Int64, "field": pl.String, "value": pl.Int64})


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
