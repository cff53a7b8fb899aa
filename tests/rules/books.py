"""Rule books written as text, on a small shop, for tests that read as sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from cdptool.engines.local import LocalEngine
from cdptool.errors import Place
from cdptool.profiles import answer as profiles_answer
from cdptool.profiles import event_rows
from cdptool.rules import Catalog, Question, Rule, RuleBook, needs, parse
from cdptool.tables import UTC_TIME, Column, StreamSchema, TableSchema

AS_OF = datetime(2026, 11, 21, 14, tzinfo=UTC)
CATALOG = Catalog(
    fields=(Column("points", "integer"), Column("city", "text"), Column("born_on", "date")),
    streams=(
        StreamSchema("cart", (Column("cart_id", "identifier"), Column("sku", "identifier", "products"),
                              Column("price", "money"), Column("items", "integer"))),
        StreamSchema("order", (Column("sku", "identifier", "products"), Column("total", "money"),
                               Column("channel", "text"), Column("quantity", "number"))),
    ),
    tables=(TableSchema("products", "sku", (Column("sku", "identifier"), Column("category", "text"),
                                            Column("price_now", "money"), Column("stock", "integer"))),),
    lists=("emails",),
    tz="Asia/Ho_Chi_Minh",
)  # fmt: skip
PRODUCTS = pl.DataFrame(
    {
        "sku": ["s1", "s2", "s3"],
        "category": ["k1", "k1", "k2"],
        "price_now": [90_000, 50_000, None],
        "price_now_currency": ["VND", "VND", None],
        "stock": [3, 50, 0],
    }
)


def rule(name: str, *lines: str, column: int = 1) -> Rule:
    return Rule(
        name, tuple(parse(line, Place("rules.yaml", 1, column)) for line in lines), Place("rules.yaml", 1, 1)
    )


def book(
    traits: dict[str, str] | None = None, segments: dict[str, str | list[str]] | None = None
) -> RuleBook:
    lines = {name: [text] if isinstance(text, str) else text for name, text in (segments or {}).items()}
    return RuleBook(
        tuple(rule(name, text) for name, text in (traits or {}).items()),
        tuple(rule(name, *texts) for name, texts in lines.items()),
    )


def moment(text: str) -> datetime:
    """`13:30` is on the day of AS_OF; anything longer is a whole ISO time. UTC."""
    return datetime.fromisoformat(f"2026-11-21T{text}" if len(text) == 5 else text).replace(tzinfo=UTC)


def rows(stream: str, events: list[dict[str, Any]]) -> pl.LazyFrame:
    """Rows of a stream: `who`, `at`, and any declared column; ids by position."""
    declared = CATALOG.stream(stream)
    assert declared is not None
    schema: dict[str, Any] = {"profile_id": pl.Int64, "at": UTC_TIME, "event_id": pl.Int64}
    for column in declared.columns:
        dtypes = {"money": pl.Int64, "integer": pl.Int64, "number": pl.Float64}
        schema[column.name] = dtypes.get(column.type, pl.String)
        if column.type == "money":
            schema[f"{column.name}_currency"] = pl.String
    cells = []
    for number, event in enumerate(events):
        fixed = {"profile_id": event["who"], "at": moment(event["at"]), "event_id": number}
        money = {f"{name}_currency": "VND" for name in ("price", "total") if name in schema}
        cells.append(
            dict.fromkeys(schema) | money | fixed | {k: v for k, v in event.items() if k not in ("who", "at")}
        )
    return pl.DataFrame(cells, schema=schema, orient="row").lazy()


def answer(
    rules: RuleBook,
    *,
    given: dict[str, list[dict[str, Any]]] | None = None,
    profiles: list[dict[str, Any]] | None = None,
    as_of: datetime = AS_OF,
    complete_until: dict[str, datetime] | None = None,
    catalog: Catalog = CATALOG,
) -> pl.DataFrame:
    """The answers of a book, one row per profile, sorted."""
    given = given or {}
    who = sorted({event["who"] for events in given.values() for event in events})
    people = profiles if profiles is not None else [{"profile_id": each} for each in who]
    schema = {"profile_id": pl.Int64, "points": pl.Int64, "city": pl.String, "born_on": pl.Date,
              "emails": pl.List(pl.String)}  # fmt: skip
    frame = pl.DataFrame([dict.fromkeys(schema) | each for each in people], schema=schema, orient="row")
    streams = {name: rows(name, events) for name, events in given.items()}
    events = event_rows(streams, needs(rules, catalog, as_of), catalog)
    question = Question(rules, catalog, as_of, complete_until or {}, tables={"products": PRODUCTS})
    engine = LocalEngine()
    return engine.collect(profiles_answer(engine, frame.lazy(), events, question)).sort("profile_id")


def truths(line: str, **given: Any) -> list[bool | None]:
    """The truth of one line for each profile, in order of profile."""
    return answer(book(segments={"s": line}), **given)["s"].to_list()


def values(line: str, **given: Any) -> list[Any]:
    """The value of one trait for each profile, in order of profile."""
    return answer(book({"t": line}), **given)["t"].to_list()
