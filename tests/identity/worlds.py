"""Small worlds for the merge: records written as text tables, plans in one line, random ones by seed."""

from __future__ import annotations

import random
from typing import Any

import polars as pl

from cdptool.engines import LocalEngine
from cdptool.identity import Previous, Resolution, golden_profiles, resolve
from cdptool.identity.spec import Judged, Keep, Key, MergePlan, Never, Pass
from cdptool.ids import hash63
from cdptool.tables import ALIASES, IDENTITY, UTC_TIME, Column, records_schema
from tests.frames import table
from tests.identity.oracle import Partition, Version

COLUMNS = (
    Column("customer_id", "identifier"),
    Column("device_id", "identifier"),
    Column("email", "email"),
    Column("phone", "phone"),
    Column("name", "person_name"),
    Column("birth_date", "date"),
)
FIELDS = tuple(column.name for column in COLUMNS)
DTYPES: dict[str, pl.DataType] = {**dict.fromkeys(FIELDS, pl.String()), "birth_date": pl.Date()}
SCHEMA = records_schema(DTYPES)
NOTHING = Previous(pl.DataFrame(schema=IDENTITY), pl.DataFrame(schema=ALIASES))


def records(text: str) -> pl.DataFrame:
    """
    RECORDS from a text table with `id` and any of `at`, `source` and the fields.

    The record is cited as `source:id` (`crm` by default); its content is the hash of the row.
    """
    header = text.strip().splitlines()[0].split()
    given = {"id": pl.Int64(), "at": UTC_TIME, "source": pl.String(), **DTYPES}
    rows = table(text, {name: given[name] for name in header})
    missing = [pl.lit(None, given[name]).alias(name) for name in given if name not in header]
    full = rows.with_columns(missing).with_columns(pl.col("source").fill_null("crm"))
    return (
        full.with_columns(
            pl.col("id").alias("record_id"),
            pl.col("id").cast(pl.String).alias("source_key"),
            pl.col("at").alias("observed_at"),
            hash63(
                pl.concat_str(*(pl.col(f).cast(pl.String).fill_null("-") for f in FIELDS), separator="|")
            ).alias("content"),
            pl.lit(None, pl.Int64).alias("version_rank"),
            pl.lit(None, pl.Boolean).alias("is_deleted"),
            pl.lit(0, pl.Int64).alias("file_id"),
            pl.int_range(pl.len()).alias("row"),
        )
        .select(*SCHEMA)
        .cast(dict(SCHEMA))
    )


def plan(*passes: str, **parts: Any) -> MergePlan:
    """A plan from passes such as `email or phone + name`; keys default to every identifying field."""
    steps = tuple(
        Pass(f"p{i}", tuple(tuple(branch.split(" + ")) for branch in text.split(" or ")), text)
        for i, text in enumerate(passes)
    )
    keys = parts.pop("keys", tuple(Key(field) for field in ("customer_id", "email", "phone")))
    never = tuple(Never(field, f"differs({field})") for field in parts.pop("never", ()))
    keep = tuple(parts.pop("keep", {}).items())
    return MergePlan(keys=keys, passes=steps, never=never, keep=keep, **parts)


def judged(left: int, right: int, judgement: str, when: str = "2026-01-01") -> Judged:
    """One line of decisions.csv about two CRM records."""
    return Judged(f"crm:{left}", f"crm:{right}", judgement, "an", when, "")


def resolved(
    frame: pl.DataFrame, merge_plan: MergePlan, previous: Previous = NOTHING, engine: Any = None
) -> Resolution:
    """`resolve` on one frame."""
    engine = engine or LocalEngine()
    return resolve(engine, engine.of(frame), COLUMNS, merge_plan, previous)


def golden(frame: pl.DataFrame, merge_plan: MergePlan, identity: pl.DataFrame, engine: Any = None) -> Any:
    """`golden_profiles` on one frame."""
    engine = engine or LocalEngine()
    return golden_profiles(engine, engine.of(frame), identity, COLUMNS, merge_plan)


def partition(identity: pl.DataFrame) -> Partition:
    """Which records are together, whatever their profiles are called."""
    parts = identity.group_by("profile_id").agg("record_id")["record_id"].to_list()
    return frozenset(frozenset(part) for part in parts)


def people(frame: pl.DataFrame, merge_plan: MergePlan) -> list[list[int]]:
    """The partition that `resolve` makes, as sorted lists."""
    return sorted(sorted(part) for part in partition(resolved(frame, merge_plan).identity))


PASSES = (
    ("customer_id or email",),
    ("customer_id or email", "phone + name"),
    ("email", "phone"),
    ("customer_id", "email or phone", "name + birth_date"),
    ("email + name or customer_id", "phone"),
)


def random_plan(rng: random.Random, *, bound: bool) -> MergePlan:
    """Passes and, where `bound`, limits and never-rules; sharing limits and attach-only devices in both."""
    limits = {
        "customer_id": rng.choice([None, 1]),
        "email": rng.choice([None, 2]),
        "phone": rng.choice([None, 1, 2]),
    }
    shared = {"phone": rng.choice([None, 1, 2]), "email": rng.choice([None, None, 2])}
    keys = [
        Key(field, limit if bound else None, shared.get(field)) for field, limit in sorted(limits.items())
    ]
    if rng.random() < 0.4 and not bound:
        keys.append(Key("device_id", attach_only=True))
    never = ("birth_date",) if bound and rng.random() < 0.6 else ()
    return plan(*rng.choice(PASSES), keys=tuple(keys), never=never, keep_default=Keep())


def random_world(rng: random.Random, number: int, size: int = 8) -> list[Version]:
    """A handful of record versions over few values, all of them this world's own."""
    pools = {
        "customer_id": [f"C{number}-{i}" for i in range(4)],
        "device_id": [f"D{number}-{i}" for i in range(3)],
        "email": [f"mail{i}@w{number}.example" for i in range(4)],
        "phone": [f"+84{number:05d}{i}" for i in range(3)],
        "name": [f"Name{'abcdefghij'[i]} World {number}" for i in range(3)],
        "birth_date": [f"{1950 + i}-01-{1 + number % 28:02d}" for i in range(2)],
    }
    density = {field: rng.choice([0.2, 0.5, 0.8]) for field in pools}
    world: list[Version] = []
    for record in range(rng.randint(2, size)):
        for version in range(rng.choice([1, 1, 1, 2, 3])):
            values = {f: rng.choice(pool) if rng.random() < density[f] else None for f, pool in pools.items()}
            at = rng.choice([None, f"2026-0{rng.randint(1, 4)}-01"])
            content = rng.randrange(1 << 40)
            world.append(
                {
                    "record_id": number * 100 + record,
                    "observed_at": at,
                    "content": content,
                    "n": version,
                    **values,
                }
            )
    return world


def as_records(worlds: list[list[Version]]) -> pl.DataFrame:
    """The worlds as one frame of RECORDS, of the version's `source`, else cited as `crm:<record_id>`."""
    rows = [{"source": "crm", **version} for world in worlds for version in world]
    return (
        pl.DataFrame(rows, infer_schema_length=None)
        .with_columns(
            pl.col("record_id").cast(pl.String).alias("source_key"),
            pl.col("observed_at")
            .cast(pl.String)
            .str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC"),
            pl.col("birth_date").cast(pl.String).str.to_date("%Y-%m-%d"),
            pl.lit(None, pl.Int64).alias("version_rank"),
            pl.lit(None, pl.Boolean).alias("is_deleted"),
            pl.lit(0, pl.Int64).alias("file_id"),
            pl.int_range(pl.len()).alias("row"),
        )
        .select(*SCHEMA)
        .cast(dict(SCHEMA))
    )
