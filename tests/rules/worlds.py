"""Seeded random catalogs, data and rules for the oracle: few names, many ties, nulls, odd zones, late feeds."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.errors import Place
from cdptool.profiles import tagged_schema
from cdptool.rules import Catalog, Rule, RuleBook, needs, parse
from cdptool.rules.book import kind_of
from cdptool.tables import Column, StreamSchema, TableSchema
from tests.rules.oracle_values import Row, World

PLACE = Place("rules.yaml", 1, 1)
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

    def world(self, profile: int, *, rows: list[Row] | None = None) -> World:
        kinds = {
            f"{stream.name}.{column.name}": kind_of(column) for stream in STREAMS for column in stream.columns
        }
        kinds |= {f"products.{column.name}": kind_of(column) for column in PRODUCTS.columns}
        kinds |= {column.name: kind_of(column) for column in FIELDS} | {"emails": "list"}
        rules = {rule.name: list(rule.lines) for rule in (*self.book.traits, *self.book.segments)}
        return World(
            fields=self.profiles[profile],
            rows=self.rows[profile] if rows is None else rows,
            kinds=kinds,
            refs={"cart.sku": "products", "order.sku": "products", "favourite": "products"},
            tables={"products": {row["sku"]: row for row in self.products}},
            complete=self.complete,
            rules=rules,
            segments={rule.name for rule in self.book.segments},
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

    def events(self) -> pl.DataFrame:
        schema = tagged_schema(needs(self.book, self.catalog, self.as_of), self.catalog)
        rows = []
        for profile, events in self.rows.items():
            for row in events:
                cells = {f"{row.stream}.{name}": value for name, value in row.cells.items()}
                cells |= {
                    f"{name}_currency": "VND" for name in cells if name.split(".")[1] in ("price", "total")
                }
                fixed = {"profile_id": profile, "stream": row.stream, "at": row.at, "event_id": row.id}
                rows.append({**fixed, **{name: cells.get(name) for name in list(schema)[4:]}})
        return pl.DataFrame(rows, schema=schema, orient="row")


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
    writer = Writer(rng)
    traits = tuple(Rule(f"t{i}", (parse(writer.trait(i), PLACE),), PLACE) for i in range(n_traits))
    writer.n_traits = n_traits
    segments = tuple(
        Rule(f"s{i}", tuple(parse(writer.segment(i), PLACE) for _ in range(rng.choice((1, 1, 2, 3)))), PLACE)
        for i in range(n_segments)
    )
    return Case(catalog, RuleBook(traits, segments), as_of, complete, products, profiles, rows)


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


class Writer:
    """Writes random rules that pass the checks. `scope` is the chain of streams of the rows around, innermost last."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.n_traits = self.n_segments = 0
        self.kinds: dict[str, str] = {}

    def trait(self, index: int) -> str:
        kind = self.rng.choice(("number", "number", "money", "text", "time"))
        text = self.scalar(kind, (), 2)
        self.kinds[f"t{index}"] = kind
        return text

    def segment(self, index: int) -> str:
        text = self.truth((), 3)
        self.n_segments = index  # a line may only name segments before its own
        return text

    def truth(self, scope: tuple[str, ...], depth: int) -> str:
        pick = self.rng.random()
        if depth <= 0 or pick < 0.30:
            return self.comparison(scope, depth)
        if pick < 0.40:
            return f"not ({self.truth(scope, depth - 1)})"
        if pick < 0.55:
            word = self.rng.choice((" and ", " or "))
            return "(" + word.join(self.truth(scope, depth - 1) for _ in range(2)) + ")"
        if pick < 0.62:
            return self.rng.choice((f"missing({self.any(scope, depth)})", self.matching(scope, depth)))
        if pick < 0.70 and not scope:
            named = [f"s{i}" for i in range(self.n_segments)] + ["is_member", '"a@x" in emails']
            text = self.rng.choice(named)
            return f'at("{self.length()}", {text})' if self.rng.random() < 0.4 else f"({text})"
        if pick < 0.74 and not scope:
            return f'at("{self.length()}", {self.truth(scope, depth - 1)})'
        if len(scope) >= 2:
            return self.comparison(scope, depth)
        return f"{self.rng.choice(('exists', 'none'))}({self.selection(scope, depth)})"

    def comparison(self, scope: tuple[str, ...], depth: int) -> str:
        kind = self.rng.choice(("number", "number", "money", "text", "time", "date"))
        left = self.scalar(kind, scope, depth)
        if self.rng.random() < 0.12 and kind in ("number", "text"):
            return (
                f"{left} {self.rng.choice(('in', 'not in'))} [{self.constant(kind)}, {self.constant(kind)}]"
            )
        operator = self.rng.choice(("==", "!=", "<", "<=", ">", ">="))
        if self.rng.random() < 0.1 and kind == "number":
            return f"{self.constant(kind)} <= {left} < {self.constant(kind)}"
        right = self.constant(kind) if self.rng.random() < 0.7 else self.scalar(kind, scope, depth - 1)
        return f"{left} {operator} {right}"

    def matching(self, scope: tuple[str, ...], depth: int) -> str:
        return f'matches({self.scalar("text", scope, depth)}, "{self.rng.choice(("^s", "[12]$", "e"))}")'

    def any(self, scope: tuple[str, ...], depth: int) -> str:
        return self.scalar(self.rng.choice(("number", "money", "text", "time", "date")), scope, depth)

    def scalar(self, kind: str, scope: tuple[str, ...], depth: int) -> str:
        pick = self.rng.random()
        if depth > 0 and pick < 0.15 and kind in ("number", "money"):
            return self.arithmetic(kind, scope, depth)
        if depth > 0 and pick < 0.22:
            return f"default({self.scalar(kind, scope, depth - 1)}, {self.constant(kind)})"
        if (depth > 0 and pick < 0.65 and len(scope) < 2) or (not scope and pick < 0.75):
            return self.aggregate(kind, scope, depth)
        if not scope and pick < 0.82:
            named = [name for name, of in self.kinds.items() if of == kind]
            if named:
                text = self.rng.choice(named)
                return f'at("{self.length()}", {text})' if self.rng.random() < 0.3 else text
        return self.name(kind, scope)

    def arithmetic(self, kind: str, scope: tuple[str, ...], depth: int) -> str:
        one, two = (self.scalar(kind, scope, depth - 1) for _ in range(2))
        number = self.scalar("number", scope, depth - 1)
        if kind == "money":
            return self.rng.choice((f"({one} - {two})", f"({one} + {two})", f"({one} * {number})", f"(-{one})",
                                    f"({one} / {number})"))  # fmt: skip
        times = [self.scalar("time", scope, depth - 1) for _ in range(2)]
        options = (f"({one} + {two})", f"({one} - {two})", f"({one} * {two})", f"({one} / {two})",
                   f"({times[0]} - {times[1]})", f"(-{one})")  # fmt: skip
        return self.rng.choice(options)

    def name(self, kind: str, scope: tuple[str, ...]) -> str:
        mine = {
            "number": ["points", "score", "favourite.stock"],
            "money": ["favourite.price_now"],
            "text": ["city", "favourite", "favourite.category"],
            "time": ["joined_at", "now"],
            "date": ["born_on"],
        }
        if not scope:
            return self.rng.choice(mine[kind])
        row = self.columns(kind, scope[-1])
        options = row * 3 + [f"me.{name}" for name in mine[kind] if name != "now"]
        if len(scope) > 1:
            options += [f"outer.{name}" for name in self.columns(kind, scope[0]) if name not in PERIODS] * 3
        return self.rng.choice(options or mine[kind])

    def columns(self, kind: str, stream: str) -> list[str]:
        if stream == "cart":
            return {
                "number": ["items", "sku.stock"],
                "money": ["price", "sku.price_now"],
                "text": ["sku", "channel", "sku.category"],
                "time": ["at"],
                "date": ["month", "day"],
            }[kind]
        return {
            "number": ["quantity", "sku.stock"],
            "money": ["total", "sku.price_now"],
            "text": ["sku", "channel", "sku.category"],
            "time": ["at"],
            "date": ["due_on", "week"],
        }[kind]

    def aggregate(self, kind: str, scope: tuple[str, ...], depth: int) -> str:
        stream = self.rng.choice(("cart", "order"))
        if kind == "number" and self.rng.random() < 0.5:
            if self.rng.random() < 0.6:
                return f"count({self.selection(scope, depth, stream)})"
            column = self.rng.choice(
                self.columns(self.rng.choice(("number", "text", "date", "money")), stream)
            )
            return f"nunique({self.selection(scope, depth, stream)}.{column})"
        functions = ["min", "max", "first", "last", "mode"] + (
            ["sum", "avg"] * 2 if kind in ("number", "money") else []
        )
        column = self.rng.choice(self.columns(kind, stream))
        return f"{self.rng.choice(functions)}({self.selection(scope, depth, stream)}.{column})"

    def selection(self, scope: tuple[str, ...], depth: int, stream: str | None = None) -> str:
        stream = stream or self.rng.choice(("cart", "order"))
        text = stream + self.window(inside=bool(scope))
        if depth > 0 and self.rng.random() < 0.65:
            text += f".where({self.truth((*scope, stream), depth - 1)})"
        return text

    def window(self, *, inside: bool) -> str:
        pick: Callable[[tuple[str, ...]], str] = self.rng.choice
        if inside and self.rng.random() < 0.5:
            return pick(('["+"]', '["+3h"]', '["+1d"]', '["+30d"]'))
        calendar = ('["day"]', '["day-1"]', '["week"]', '["week-4":"week-1"]', '["month"]', '["month-1"]',
                    '["quarter"]', '["year-1"]')  # fmt: skip
        ranges = ('["5h":"3h"]', '["24h":"3h"]', '["30d":"1d"]')
        return pick((pick(calendar), pick(ranges), f'["{self.length()}"]', ""))

    def length(self) -> str:
        return self.rng.choice(("1h", "3h", "24h", "2d", "7d", "30d", "31d"))

    def constant(self, kind: str) -> str:
        options = {
            "number": ("0", "1", "2", "0.5", "3", "-1"),
            "money": ("1", "2.5", "0", "3"),
            "text": ('"s1"', '"web"', '"hue"', '"k1"', '"store"'),
            "time": ("now", '"2026-02-20"', '"2026-10-31"', '"2018-11-04"'),
            "date": ('"2026-03-01"', '"1990-01-31"', '"2018-11-01"'),
        }
        return self.rng.choice(options[kind])


PERIODS = ("day", "week", "month", "quarter", "year")
