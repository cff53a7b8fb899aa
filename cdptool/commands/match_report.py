"""`cdptool report match`: can the merge be trusted, in figures; what the learned passes weigh; which profiles are at risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from cdptool.commands.citing import require_merged, shown_value
from cdptool.commands.learned import saved_models, weighings
from cdptool.commands.match_figures import (
    Pairs,
    figures,
    key_grid,
    risk_data,
    risk_grids,
    risks_of,
    shown_risks,
    weight_data,
    weight_grid,
)
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.identity.likely import Weighing
from cdptool.identity.spec import Pass
from cdptool.identity.survivorship import latest_versions
from cdptool.ids import hash63, printed_id
from cdptool.matching.saving import kept_keys
from cdptool.sources.outputs import declared_schema
from cdptool.tables import DOUBTFUL, EDGES, IDENTITY, Column, records_schema
from cdptool.workspace import Snapshot

_SHARE_TOLD: Final = 0.3
_MOST_TOLD: Final = 3


def report_match(settings: Settings, *, show_values: bool = False) -> Report:
    """
    Figures, keys and weights of every learned pass, and the risks of all profiles.

    Raises:
        UsageError: If nothing is merged yet.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        require_merged(snapshot)
        identity = snapshot.scan("identity", IDENTITY).collect()
        links = profile_links(snapshot.scan("edges", EDGES).collect(), identity)
        sizes = identity.group_by("profile_id").len("n").rename({"profile_id": "cluster"})
        found = risks_of(sizes.cast({"n": pl.Int64}), links)
        shares = _common_values(session, snapshot, shown_risks(found), show_values=show_values)
        names = {cluster: printed_id(cluster) for cluster in shown_risks(found)}
        grids, lines = risk_grids(found, names, shares)
        passes = [_pass_report(snapshot, step, one) for step, one in weighings(session, snapshot)]
    n_profiles = sizes.height
    return Report(
        verb="report match",
        summary=f"{identity.height:,} records are {n_profiles:,} profiles; {len(passes)} learned pass{'' if len(passes) == 1 else 'es'}",
        data={
            "records": identity.height,
            "profiles": n_profiles,
            "passes": [data for _, data in passes],
            "risk": risk_data(found, names, shares),
        },
        grids=(*(grid for some, _ in passes for grid in some), *grids),
        lines=lines,
        is_answer=True,
    )


def profile_links(edges: pl.DataFrame, identity: pl.DataFrame) -> pl.DataFrame:
    """`risk.LINKS` of profiles: who shares a block shares one link."""
    linked = edges.with_columns(
        hash63("link", *(pl.col(name) for name in ("pass", "match_key", "block"))).alias("link")
    )
    ends = [linked.select("link", record=end) for end in ("record_id_l", "record_id_r")]
    members = pl.concat(ends).unique()
    return members.join(identity, left_on="record", right_on="record_id").select(
        pl.col("profile_id").alias("cluster"), "record", "link"
    )


def _pass_report(snapshot: Snapshot, step: Pass, one: Weighing) -> tuple[tuple[Grid, ...], dict[str, Any]]:
    """The grids of a learned pass, and the same as data."""
    models = saved_models(snapshot)
    keys, too_large = kept_keys(step.name, models)
    pairs = _likely_pairs(snapshot, step, one)
    told = figures(one.model, keys, sum(key.n_new for key in keys), pairs)
    grids = (
        Grid(f"Pass `{step.name}` in figures", ("", "figure"), told),
        key_grid(keys, too_large),
        weight_grid(one.model),
    )
    data = {
        "pass": step.name,
        "figures": {name.removeprefix("… "): figure for name, figure in told},
        "keys": [key._asdict() for key in keys],
        "keys_over_budget": list(too_large),
        "weights": weight_data(one.model),
    }
    return grids, data


def _likely_pairs(snapshot: Snapshot, step: Pass, one: Weighing) -> Pairs:
    """The pairs that a pass joined, and those it left in doubt."""
    ends = ["record_id_l", "record_id_r"]
    joined = snapshot.scan("edges", EDGES).filter(pl.col("pass") == step.name).select(ends).collect()
    doubtful = snapshot.scan("doubtful", DOUBTFUL).filter(pl.col("pass") == step.name).select(ends).collect()
    both = pl.concat([joined, doubtful])
    known = both.filter(pl.all_horizontal(pl.col(end).is_in(one.record_ids.tolist()) for end in ends))
    left, right = (one.rows(known[end]) for end in ends)
    odds = one.model.log_odds(left, right)
    is_joined = np.arange(known.height) < joined.height
    return Pairs(left, right, np.asarray(1 / (1 + np.exp(-odds))), is_joined)


def _common_values(
    session: Session, snapshot: Snapshot, profiles: Sequence[int], *, show_values: bool
) -> dict[int, str]:
    """Per profile the most common values of what passes compare, with the share of its records that hold each."""
    plan = session.project.merge
    if plan is None or not profiles:
        return {}
    asked = {key.field for key in plan.keys} | {name for step in plan.passes for name in step.compare}
    columns = [column for column in session.project.fields if column.name in asked]
    identity = snapshot.scan("identity", IDENTITY).filter(pl.col("profile_id").is_in(list(profiles)))
    stored = snapshot.scan("records", records_schema(declared_schema(session.project.fields)))
    held = latest_versions(stored.join(identity, on="record_id")).collect()
    return {
        int(profile): _told(rows, columns, show_values=show_values)
        for (profile,), rows in held.partition_by("profile_id", as_dict=True).items()
    }


def _told(rows: pl.DataFrame, columns: Sequence[Column], *, show_values: bool) -> str:
    told: list[tuple[float, str]] = []
    for column in columns:
        top = rows[column.name].drop_nulls().cast(pl.String).value_counts().sort("count", column.name)
        share = int(top["count"].item(-1)) / rows.height if top.height else 0.0
        if share >= _SHARE_TOLD:
            text = shown_value(column.type, str(top[column.name].item(-1)), show_values=show_values)
            told.append((-share, f"{column.name} {text} {share:.0%}"))
    return ", ".join(text for _, text in sorted(told)[:_MOST_TOLD])
