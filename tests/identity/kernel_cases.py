"""The kernels of identity on frames with versions, ties, nulls and keys that one table lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from cdptool.identity import KERNELS
from cdptool.identity.blocking import barred_blocks, blocks, holders, match_keys
from cdptool.identity.ignoring import without_barred, without_ignored
from cdptool.identity.limits import records_of
from cdptool.identity.pairing import agreements, candidates, conditional, counts
from cdptool.identity.recent import sightings
from cdptool.identity.spec import Keep, Key
from cdptool.identity.survivorship import (
    attach_profile,
    identifiers,
    latest_versions,
    lineage,
    survivors,
    with_lists,
)
from cdptool.kernels import NamedKernel
from tests.engines.cases import KernelCase
from tests.identity.test_pairing import rules
from tests.identity.worlds import COLUMNS, FIELDS, plan, records

PLAN = plan(
    "customer_id or email",
    "phone + name",
    keys=(Key("customer_id"), Key("email"), Key("phone"), Key("device_id", attach_only=True)),
    keep={
        "email": Keep(("web", "crm"), "earliest"),
        "name": Keep((), "most_frequent"),
        "phone": Keep((), "longest"),
    },
)
RECORDS = records("""
    id  at          source  email   phone         name     device_id  birth_date
    1   2025-01-01  crm     a@x.vn  +84912345678  Thu Hoa  D1         1990-01-01
    1   2026-01-01  crm     -       +84912345678  Thu Hoa  -          -
    2   2026-01-01  web     a@x.vn  +84912345678  Thu Lan  D2         -
    3   2026-01-01  web     b@x.vn  -             -        -          1990-01-01
    4   -           pos     -       +84912345678  Thu Hoa  -          -
    5   -           pos     -       -             -        D1         -
    6   2024-01-01  crm     b@x.vn  +84900000001  Thu Lan  -          1960-01-01
    7   2024-01-01  crm     -       -             -        -          -
""")
IDENTITY = pl.DataFrame({"record_id": [1, 2, 3, 4, 5, 6, 7, 9], "profile_id": [1, 1, 1, 1, 2, 2, 3, 4]})
OWNED = attach_profile(RECORDS.lazy(), IDENTITY.lazy()).collect()
LATEST = latest_versions(OWNED.lazy()).collect()
GOLDEN = survivors(COLUMNS, PLAN)(LATEST.lazy()).collect()
HELD = identifiers(PLAN)(OWNED.lazy()).collect()
KEYS = match_keys(COLUMNS, FIELDS)(RECORDS.lazy()).collect()
MEMBERS = blocks(PLAN)(KEYS.lazy()).collect()
BARRED = (
    KEYS.select(pl.lit("phone").alias("field"), pl.col("phone").alias("value")).drop_nulls().unique().head(1)
)
BY_PROFILE = ("profile_id",)
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400
AGEING = replace(
    PLAN,
    keep=(
        ("email", Keep((), "most_frequent", half_life_seconds=30 * DAY)),
        ("name", Keep((), "most_complete", valid_for_seconds=400 * DAY)),
        ("birth_date", Keep((), "most_restrictive")),
    ),
)

FRAMES = {
    "identity.stars": (MEMBERS,),
    "identity.attach_profile": (RECORDS, IDENTITY),
    "identity.latest_versions": (RECORDS,),
    "identity.living_versions": (RECORDS.with_columns(is_deleted=pl.col("record_id") % 2 == 0),),
}
TYPES = {column.name: column.type for column in COLUMNS}
PAIR_PLAN = rules("same(phone) and (near(name, 0.8) or missing(a.email))", "same(email) and differs(name)")
ASKED = conditional(PAIR_PLAN)
PAIRING = candidates(PAIR_PLAN, TYPES)(RECORDS.lazy()).collect()
BY_BLOCK = (("branch", "within"),)
LINKING = plan("email", "phone + name", link="only")
LINKED = conditional(LINKING)
LINKING_ROWS = candidates(LINKING, TYPES)(RECORDS.lazy()).collect()
IGNORING = plan("email", keys=(Key("email", ignore=("a@x.vn",)),))

CASES: tuple[KernelCase, ...] = (
    *(KernelCase(kernel, FRAMES[kernel.name]) for kernel in KERNELS),
    KernelCase(NamedKernel("identity.match_keys", (), match_keys(COLUMNS, FIELDS)), (RECORDS,)),
    KernelCase(NamedKernel("identity.blocks", (), blocks(PLAN)), (KEYS,)),
    KernelCase(NamedKernel("identity.barred_blocks", (), barred_blocks(PLAN, BARRED)), (KEYS,)),
    KernelCase(NamedKernel("identity.candidates", (), candidates(PAIR_PLAN, TYPES)), (RECORDS,)),
    KernelCase(NamedKernel("identity.linked_candidates", (), candidates(LINKING, TYPES)), (RECORDS,)),
    KernelCase(NamedKernel("identity.linked_counts", BY_BLOCK, counts(LINKED, TYPES)), (LINKING_ROWS,)),
    KernelCase(NamedKernel("identity.links", BY_BLOCK, agreements(LINKED, TYPES)), (LINKING_ROWS,)),
    KernelCase(NamedKernel("identity.records_of", (), records_of(("crm", "pos"))), (RECORDS,)),
    KernelCase(NamedKernel("identity.sightings", (), sightings(("email", "phone"))), (KEYS,)),
    KernelCase(NamedKernel("identity.counts", BY_BLOCK, counts(ASKED, TYPES)), (PAIRING,)),
    KernelCase(NamedKernel("identity.agreements", BY_BLOCK, agreements(ASKED, TYPES)), (PAIRING,)),
    KernelCase(NamedKernel("identity.without_ignored", (), without_ignored(COLUMNS, IGNORING)), (RECORDS,)),
    KernelCase(NamedKernel("identity.without_barred", (), without_barred(COLUMNS, BARRED)), (RECORDS,)),
    KernelCase(NamedKernel("identity.holders", (), holders(("email", "phone"))), (KEYS,)),
    KernelCase(NamedKernel("identity.holders_of_nothing", (), holders(())), (KEYS,)),
    KernelCase(NamedKernel("identity.survivors", (BY_PROFILE,), survivors(COLUMNS, PLAN)), (LATEST,)),
    KernelCase(
        NamedKernel("identity.survivors_that_age", (BY_PROFILE,), survivors(COLUMNS, AGEING, NEWEST)),
        (LATEST,),
    ),
    KernelCase(NamedKernel("identity.identifiers", (BY_PROFILE,), identifiers(PLAN)), (OWNED,)),
    KernelCase(NamedKernel("identity.lineage", (), lineage(COLUMNS, PLAN)), (GOLDEN,)),
    KernelCase(
        NamedKernel("identity.with_lists", (BY_PROFILE, BY_PROFILE), with_lists(PLAN)), (GOLDEN, HELD)
    ),
)
