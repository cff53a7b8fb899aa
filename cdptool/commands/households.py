"""The households of a merge: read with those of the last one, written beside the profiles, and told."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from cdptool.commands.report import Grid
from cdptool.commands.session import Session
from cdptool.identity.households import KnownHouseholds, LivingTogether, households
from cdptool.identity.spec import MergePlan
from cdptool.ids import printed_id
from cdptool.tables import HOUSEHOLD_ALIASES, HOUSEHOLD_LINKS, HOUSEHOLDS, IDENTITY
from cdptool.workspace import Snapshot

TABLES: Final = ("households", "household_aliases", "household_links")
_SIZES: Final = ((1, "1"), (2, "2"), (3, "3"), (4, "4-5"), (6, "6 and more"))


def living_together(
    session: Session, snapshot: Snapshot, plan: MergePlan, profiles: pl.DataFrame, identity: pl.DataFrame
) -> LivingTogether | None:
    """The households of the profiles; None where merge.yaml declares none."""
    if plan.households is None:
        return None
    known = KnownHouseholds(
        identity,
        snapshot.scan("identity", IDENTITY).collect(),
        snapshot.scan("households", HOUSEHOLDS).collect(),
        snapshot.scan("household_aliases", HOUSEHOLD_ALIASES).collect(),
    )
    with session.timed("households"):
        return households(session.engine, profiles, session.project.fields, plan, known)


def nobody() -> LivingTogether:
    """The tables of a merge.yaml that declares households no more."""
    return LivingTogether(
        pl.DataFrame(schema=HOUSEHOLDS),
        pl.DataFrame(schema=HOUSEHOLD_ALIASES),
        pl.DataFrame(schema=HOUSEHOLD_LINKS),
    )


def household_grids(found: LivingTogether | None) -> tuple[Grid, ...]:
    """How large households are, and what too many share to be one."""
    if found is None:
        return ()
    sizes = found.members.group_by("household_id").len()["len"]
    bounds = [*(least for least, _ in _SIZES[1:]), found.members.height + 1]
    rows = tuple(
        (name, n)
        for (least, name), below in zip(_SIZES, bounds, strict=True)
        if (n := int(((sizes >= least) & (sizes < below)).sum()))
    )
    cut = _too_many(found)
    return (
        Grid("Households", ("people", "households"), rows),
        *((Grid("No household", ("agree on", "because", "values", "most people"), cut),) if cut else ()),
    )


def household_data(found: LivingTogether | None) -> dict[str, Any]:
    """The same for `--json`."""
    if found is None:
        return {}
    sizes = found.members.group_by("household_id").len()["len"]
    spread = sizes.value_counts().sort("len").rows()
    names = ("match_key", "reason", "values", "most_people")
    return {
        "households": {
            "households": len(sizes),
            "by_size": [dict(zip(("people", "households"), row, strict=True)) for row in spread],
            "too_many": [dict(zip(names, row, strict=True)) for row in _too_many(found)],
        }
    }


def told_households(session: Session, snapshot: Snapshot, people: tuple[int, ...]) -> tuple[str, ...]:
    """
    Whether profiles live together, in a line each: the household of one, or of two that share it or do not.

    Args:
        session: Whose merge.yaml declares households; without them nothing is told.
        snapshot: Of the last merge.
        people: One or two profile ids of today.
    """
    plan = session.project.merge
    if plan is None or plan.households is None or not snapshot.has("households"):
        return ()
    members = snapshot.scan("households", HOUSEHOLDS)
    mine = dict(members.filter(pl.col("profile_id").is_in(list(people))).collect().iter_rows())
    links = snapshot.scan("household_links", HOUSEHOLD_LINKS)
    ends = pl.concat_list("profile_id_l", "profile_id_r")
    if len(people) == 1:
        size = members.filter(pl.col("household_id") == mine.get(people[0])).collect().height
        if size < 2:
            return ()
        shared = links.filter(ends.list.contains(people[0]), pl.col("reason").is_null())
        agreed = shared.select(pl.col("match_key").unique().sort()).collect()["match_key"]
        by = f", by {' and '.join(agreed)}" if len(agreed) else ""
        return (f"lives in household {printed_id(mine[people[0]], 'h')} of {size} people{by}",)
    if len(set(mine.values())) == 1 and len(mine) == 2:
        return (f"they live in one household, {printed_id(mine[people[0]], 'h')}",)
    # Who shares a block agrees, though only its star is kept.
    barred = [
        links.filter(ends.list.contains(one), pl.col("reason").is_not_null())
        .select("match_key", "block", "reason")
        .unique()
        for one in people
    ]
    cut = (
        barred[0].join(barred[1], on=["match_key", "block", "reason"]).select("match_key", "reason").unique()
    )
    return tuple(
        f"no household, though they agree on {key}: {why}" for key, why in sorted(cut.collect().iter_rows())
    )


def _too_many(found: LivingTogether) -> tuple[tuple[Any, ...], ...]:
    """What does not make a household: by what is shared and why, how many values, and how many share the commonest."""
    cut = found.links.filter(pl.col("reason").is_not_null())
    counted = cut.group_by("match_key", "reason").agg(
        pl.col("block").n_unique().alias("values"), pl.col("n_shared").max()
    )
    return tuple(counted.sort("match_key", "reason").rows())
