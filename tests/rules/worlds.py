"""Seeded random catalogs, data and rules for the oracle: few names, many ties, nulls, odd zones, late feeds."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.profiles import arms_of, event_schema
from cdptool.rules import Catalog, RuleBook, Split, needs
from cdptool.rules.book import kind_of
from cdptool.tables import Column, StreamSchema, TableSchema
from tests.rules.oracle_values import Row, World
from tests.rules.writer import PLACE, Writer

SKUS = ("s1", "s2", "s3")
CHANNELS = ("store", "web", "app")
MOMENTS = (
    ("Asia/Ho_Chi_Minh", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 3, 5, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 6, 1, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 6, 2, tzinfo=UTC)),
    ("UTC", datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
)
STREAMS = (
    StreamSchema(
        "cart",
        (
            Column("sku", "identifier", "products"),
            Column("price", "money"),
            Column("items", "integer"),
            Column("channel", "text"),
        ),
    ),
    StreamSchema(
        "order",
        (
            Column("sku", "identifier", "products"),
            Column("total", "money"),
            Column("quantity", "number"),
            Column("channel", "text"),
            Column("due_on", "date"),
            Column("is_gift", "boolean"),
        ),
    ),
)
PRODUCTS = TableSchema(
    "products",
    "sku",
    (
        Column("sku", "identifier"),
        Column("category", "text"),
        Column("price_now", "money"),
        Column("stock", "integer"),
    ),
)
FIELDS = (
    Column("points", "integer"),
    Column("city", "text"),
    Column("born_on", "date"),
    Column("score", "number"),
    Column("is_member", "boolean"),
    Column("favourite", "identifier", "products"),
    Column("joined_at", "datetime"),
)


@dataclass(frozen=True)
class Case:
    """One catalog, one book, the data of some profiles."""

    catalog: Catalog
    book: RuleBook
    as_of: datetime
    complete: dict[str, datetime]
    products: list[dict[str, Any]]
    profiles: dict[int, dict[str, Any]]
    rows: dict[int, list[Row]]

    def worlds(self) -> dict[int, World]:
        """The world of every profile; each knows of the others."""
        everyone = {profile: self.world(profile) for profile in self.profiles}
        for profile, *drawn in arms_of(self.book, self.profile_frame()).iter_rows():
            everyone[profile].fields |= dict(
                zip([split.name for split in self.book.splits], drawn, strict=True)
            )
        for world in everyone.values():
            world.everyone = list(everyone.values())
            world.ranked = next(iter(everyone.values())).ranked
        return everyone

    def world(self, profile: int, *, rows: list[Row] | None = None) -> World:
        kinds = {
            f"{stream.name}.{column.name}": kind_of(column) for stream in STREAMS for column in stream.columns
        }
        kinds |= {f"products.{column.name}": kind_of(column) for column in PRODUCTS.columns}
        kinds |= {column.name: kind_of(column) for column in FIELDS} | {"emails": "list"}
        kinds |= {split.name: "text" for split in self.book.splits}
        rules = {rule.name: list(rule.lines) for rule in (*self.book.traits, *self.book.segments)}
        return World(
            fields=dict(self.profiles[profile]),
            rows=self.rows[profile] if rows is None else rows,
            kinds=kinds,
            refs={"cart.sku": "products", "order.sku": "products", "favourite": "products"},
            tables={"products": {row["sku"]: row for row in self.products}},
            complete=self.complete,
            rules=rules,
            segments={rule.name for rule in self.book.segments},
            labels={rule.name: rule.labels for rule in self.book.traits},
            profile=profile,
            zone=ZoneInfo(self.catalog.tz),
            week_starts=self.catalog.week_starts,
        )

    def product_table(self) -> pl.DataFrame:
        schema = {"sku": pl.String, "category": pl.String, "price_now": pl.Int64, "stock": pl.Int64}
        return pl.DataFrame(self.products, schema=schema).with_columns(
            pl.lit("VND").alias("price_now_currency")
        )

    def profile_frame(self) -> pl.DataFrame:
        schema = {
            "profile_id": pl.Int64, "points": pl.Int64, "city": pl.String, "born_on": pl.Date, "score": pl.Float64,
            "is_member": pl.Boolean, "favourite": pl.String, "joined_at": pl.Datetime("us", "UTC"),
            "emails": pl.List(pl.String),
        }  # fmt: skip
        return pl.DataFrame(
            [{"profile_id": id_, **cells} for id_, cells in self.profiles.items()], schema=schema
        )

    def events(self) -> dict[str, pl.DataFrame]:
        """The rows of each stream the book reads, as `event_rows` gives them."""
        frames = {}
        for name, need in needs(self.book, self.catalog, self.as_of).streams.items():
            schema, rows = event_schema(name, need, self.catalog), []
            for profile, events in self.rows.items():
                for row in events:
                    if row.stream == name:
                        money = {
                            f"{cell}_currency": "VND" for cell in row.cells if cell in ("price", "total")
                        }
                        fixed = {"profile_id": profile, "at": row.at, "event_id": row.id}
                        rows.append({each: (row.cells | money | fixed).get(each) for each in schema})
            frames[name] = pl.DataFrame(rows, schema=schema, orient="row")
        return frames


def make_case(seed: int, *, n_profiles: int = 6, n_traits: int = 6, n_segments: int = 8) -> Case:
    """A random case; the same seed gives the same case."""
    rng = random.Random(seed)
    tz, as_of = rng.choice(MOMENTS)
    catalog = Catalog(
        FIELDS, STREAMS, (PRODUCTS,), ("emails",), tz, rng.choice(("monday", "sunday", "saturday"))
    )
    complete = {
        stream.name: as_of - timedelta(minutes=rng.choice((0, 15, 200, 3000, 12_000)))
        for stream in STREAMS
        if rng.random() < 0.6
    }
    products = [
        {
            "sku": sku,
            "category": rng.choice(("k1", "k2", None)),
            "price_now": rng.choice((10_000, 25_000, None)),
            "stock": rng.randrange(8),
        }
        for sku in rng.sample(SKUS, rng.randint(1, 3))
    ]
    profiles = {id_: _fields(rng, as_of) for id_ in range(1, n_profiles + 1)}
    rows = {id_: _rows(rng, as_of, id_) for id_ in profiles}
    arms = rng.choice(((("holdout", 0.4), ("rest", 0.6)), (("holdout", 0.2), ("rest", 0.3), ("web", 0.5))))
    writer = Writer(rng, Split("offer", f"salt {rng.random()}", arms, PLACE, rng.choice(((), ("city",)))))
    for index in range(n_traits):
        writer.trait(index)
    for index in range(n_segments):
        writer.segment(index)
    return Case(catalog, writer.book, as_of, complete, products, profiles, rows)


def _fields(rng: random.Random, as_of: datetime) -> dict[str, Any]:
    return {
        "points": rng.choice((0, 3, 5, None)),
        "city": rng.choice(("hue", "vinh", None)),
        "born_on": rng.choice((date(1990, 1, 31), date(2000, 2, 29), None)),
        "score": rng.choice((0.0, 0.5, 1.25, -2.0, None)),
        "is_member": rng.choice((True, False, None)),
        "favourite": rng.choice((*SKUS, None)),
        "joined_at": rng.choice((as_of - timedelta(days=3), as_of, None)),
        "emails": rng.choice((None, [], ["a@x"], ["a@x", "b@x"])),
    }


def _rows(rng: random.Random, as_of: datetime, profile: int) -> list[Row]:
    found = []
    for number in range(rng.choice((0, 1, 3, 5, 8))):
        stream = rng.choice(STREAMS)
        back = rng.choice((0, 1, 60, 180, 181, 300, 1440, 1440 * 2, 1440 * 7, 1440 * 30, 1440 * 31, -30))
        at = as_of - timedelta(minutes=back * rng.choice((1, 1, 1, 2)))
        if rng.random() < 0.2 and found:
            at = rng.choice(found).at
        at += rng.choice((timedelta(), timedelta(), timedelta(microseconds=1), -timedelta(microseconds=1)))
        found.append(
            Row(stream.name, at, 1000 * profile + rng.randrange(500) * 2 + number % 2, _cells(rng, stream))
        )
    return list({(row.stream, row.id): row for row in found}.values())


def _cells(rng: random.Random, stream: StreamSchema) -> dict[str, Any]:
    options: dict[str, tuple[Any, ...]] = {
        "sku": (*SKUS, None),
        "price": (10_000, 30_000, None),
        "items": (0, 1, 3, None),
        "channel": (*CHANNELS, None),
        "total": (10_000, 20_000, 35_000, -5_000, None),
        "quantity": (1.0, 0.25, 2.5, None),
        "due_on": (date(2026, 3, 1), date(2026, 11, 1), None),
        "is_gift": (True, False, None),
    }
    return {column.name: rng.choice(options[column.name]) for column in stream.columns}
