"""
Facts: people with everything the pipeline reads about them, one row each.
"""

from __future__ import annotations

import polars as pl

from cdptool.decisions.caps import cap_counts, used_column
from cdptool.decisions.events import ALL, folded
from cdptool.decisions.pipeline import SUPPRESSED_BY, Program, flag
from cdptool.decisions.spec import Plan
from cdptool.decisions.standing import plan_pairs, standing
from cdptool.tables import Schema, require


def people_schema(plan: Plan) -> Schema:
    """
    The columns of `people`: one row per profile.

    `profile_id`; `suppressed_by` (the list that stops the person altogether, null for most; `erased` is its own
    reason); the address field of each channel (canonical, null where there is none usable); `to:<campaign>`
    (a member; null, unknown, is no candidate); `only:<cap>` (null, unknown, is under the cap).
    """
    return {
        "profile_id": pl.Int64(),
        SUPPRESSED_BY: pl.String(),
        **{channel.address: pl.String() for channel in plan.channels},
        **{f"to:{campaign.name}": pl.Boolean() for campaign in plan.campaigns},
        **{f"only:{cap.id}": pl.Boolean() for cap in plan.caps if cap.only is not None},
    }


def facts(people: pl.LazyFrame, events: pl.LazyFrame, program: Program) -> pl.LazyFrame:
    """
    People with everything the pipeline reads: their flags from the ledger and the log, and their used caps.

    Returns:
        One row per person: the columns of `people_schema`, Boolean flags (`pipeline.flag`, never null) and
        `used:<cap>` (never null). No order. Lazy; key-local by `profile_id`.
    """
    plan, as_of = program.plan, program.as_of
    require(people, people_schema(plan), "people")
    stands = standing(events, plan, as_of=as_of)
    flags = stands.group_by("profile_id").agg(*_flags(plan), *_bounced(plan))
    counts = cap_counts(events, plan, as_of=as_of)
    is_bounced = [
        (
            pl.col(f"bounced_any:{channel.name}").fill_null(False)
            | pl.col(f"bounced:{channel.name}").list.contains(pl.col(channel.address)).fill_null(False)
        ).alias(flag("hard_bounced", channel.name))
        for channel in plan.channels
    ]
    return (
        people.select(*people_schema(plan))
        .join(flags, on="profile_id", how="left")
        .join(counts, on="profile_id", how="left")
        .with_columns(pl.col("^is:.*$").fill_null(False), *is_bounced)
        .with_columns(pl.col(used_column(cap)).fill_null(0) for cap in plan.caps)
        .drop("^bounced(_any)?:.*$")
    )


def _flags(plan: Plan) -> list[pl.Expr]:
    stands, channel, purpose = pl.col("standing"), pl.col("channel"), pl.col("purpose")
    purposes = dict.fromkeys(campaign.purpose for campaign in plan.campaigns)
    left = [ALL, *dict.fromkeys(folded(c.name) for c in plan.channels)]
    return [
        (stands == "complained").any().alias(flag("complained")),
        *(
            ((stands == "unsubscribed") & (channel == c) & (purpose == p))
            .any()
            .alias(flag("unsubscribed", c, p))
            for c in left
            for p in purposes
        ),
        *(
            ((stands == state) & (channel == c) & (purpose == p)).any().alias(flag(state, c, p))
            for c, p in plan_pairs(plan)
            for state in ("granted", "withdrawn", "denied")
        ),
    ]


def _bounced(plan: Plan) -> list[pl.Expr]:
    address = pl.col("address")
    of = {
        c.name: (pl.col("standing") == "hard_bounced") & (pl.col("channel") == c.name) for c in plan.channels
    }
    return [
        *((is_one & address.is_null()).any().alias(f"bounced_any:{name}") for name, is_one in of.items()),
        *(
            address.filter(is_one & address.is_not_null()).alias(f"bounced:{name}")
            for name, is_one in of.items()
        ),
    ]
