"""Days kept as counts answer as their rows did, or not at all: random rows, rules, windows and ways of keeping."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cdptool.engines.local import LocalEngine
from cdptool.errors import ConfigError, Place
from cdptool.profiles import answer, daily, event_rows, signal_rows
from cdptool.rules import Catalog, Question, Rule, RuleBook, check_rules, needs, parse
from cdptool.rules.windows import day_start
from cdptool.tables import Signals, StreamSchema
from tests.frames import ROUNDS
from tests.rules.oracle_values import Row
from tests.rules.worlds import Case, make_case
from tests.rules.writer import PLACE

N_CASES = 10
N_RULES = 40
WINDOWS = ("", '["month"]', '["month-1"]', '["week-4":"week-1"]', '["quarter"]', '["year"]', '["day-3":"day-2"]',
           '["30d"]', '["31d"]', '["2d"]', '["30d":"1d"]', '["31d":"2d"]', '["year-1"]')  # fmt: skip
WHERES = ("", '.where(channel == "web")', '.where(sku.category == "k1")', ".where(week == me.born_on)",
          ".where(me.points > 1)", '.where(not channel == "web" or sku == "s1")', '.where(month >= "2026-01-01")',
          ".where(exists(cart))", '.where(at >= "2026-02-01")', ".where(me.is_member)")  # fmt: skip
VALUES = ("sum({}.{})", "avg({}.{})", "count({}.{})", "min({}.{})", "max({}.{})", "nunique({}.{})", "last({}.{})",
          "first({}.{})", "mode({}.{})")  # fmt: skip
COLUMNS = {
    "cart": ("price", "price", "items", "items", "channel", "sku", "day", "at", "sku.stock"),
    "order": ("total", "total", "total", "channel", "day", "week", "month", "at", "due_on", "quantity"),
}
SUMS = {"cart": ("price", "items"), "order": ("total",)}
BY = {"cart": ("channel", "sku"), "order": ("channel", "sku", "is_gift", "due_on")}


def random_rule(rng: random.Random) -> str:
    stream = rng.choice(("cart", "order"))
    selection = stream + rng.choice(WINDOWS) + rng.choice(WHERES)
    pick = rng.random()
    if pick < 0.35:
        text = f"{rng.choice(('count', 'exists', 'none'))}({selection})"
    else:
        shape = rng.choice(VALUES[:2] * 3 + VALUES)
        text = shape.format(selection, rng.choice(COLUMNS[stream]))
    return f'at("{rng.choice(("1d", "30d"))}", {text})' if rng.random() < 0.15 else text


def random_keep(rng: random.Random, stream: str) -> Signals:
    chosen = {
        name: tuple(each for each in of[stream] if rng.random() < 0.7)
        for name, of in (("by", BY), ("sums", SUMS))
    }
    return Signals(rng.randint(1, 35) * 86_400, chosen["by"], chosen["sums"])


def with_more_rows(case: Case, rng: random.Random) -> Case:
    """The world's rows lie around the ends of its windows; these lie at all hours of the days that hold them."""
    cells = {
        "cart": {"sku": ("s1", "s2", None), "price": (1, -3, 7, None), "items": (0, 2, -1, None), "channel": ("web", "app", None)},
        "order": {"sku": ("s1", "s3"), "total": (5, -2, None), "quantity": (0.5,), "channel": ("web", None),
                  "due_on": (None,), "is_gift": (True, None)},
    }  # fmt: skip
    rows = {}
    for profile, known in case.rows.items():
        more = []
        for number in range(24):
            stream = rng.choice(("cart", "order"))
            near = rng.choice((1, 2, 30, 31)) * 1440 + rng.randrange(
                -720, 720
            )  # an end of a window is in that day
            at = case.as_of - timedelta(minutes=rng.choice((near, near, rng.randrange(70 * 1440))))
            chosen = {name: rng.choice(options) for name, options in cells[stream].items()}
            more.append(Row(stream, at, 1_000_000 + 1000 * profile + number, chosen))
        rows[profile] = [*known, *more]
    return replace(case, rows=rows)


def stream_rows(case: Case, stream: StreamSchema) -> pl.DataFrame:
    """All rows of a stream, as the workspace has them; each profile is a record of its own."""
    schema = columns_of(stream)
    rows = []
    for profile, events in case.rows.items():
        for row in events:
            if row.stream == stream.name:
                money = {name: "VND" for name in schema if name.endswith("_currency")}
                fixed = {"event_id": row.id, "record_id": profile, "at": row.at, "content": 0, "source": "s"}
                rows.append(fixed | dict.fromkeys(schema) | money | row.cells)
    fixed_schema = {
        "event_id": pl.Int64,
        "record_id": pl.Int64,
        "at": pl.Datetime("us", "UTC"),
        "content": pl.Int64,
    }
    return pl.DataFrame(rows, schema={**fixed_schema, "source": pl.String, **schema}, orient="row")


def columns_of(stream: StreamSchema) -> dict[str, Any]:
    from cdptool.sources.outputs import declared_schema

    return declared_schema(stream.columns)


def compacted(rows: pl.DataFrame, stream: StreamSchema, until: datetime, tz: str) -> pl.DataFrame:
    """The rows with every day before the moment rolled up and spread out again."""
    assert stream.keep is not None
    schema, raw = columns_of(stream), rows.filter(pl.col("at") >= until)
    counts = daily(stream.keep, schema, tz)(rows.filter(pl.col("at") < until).lazy())
    spread = signal_rows(stream.keep, schema, tz)(counts).collect()
    return pl.concat([raw.drop("source"), spread.select(raw.drop("source").columns)])


def answered(
    case: Case, catalog: Catalog, rules: RuleBook, rows: dict[str, pl.DataFrame], rolled: dict[str, datetime]
) -> pl.DataFrame:
    streams = {name: frame.lazy().rename({"record_id": "profile_id"}) for name, frame in rows.items()}
    events = event_rows(streams, needs(rules, catalog, case.as_of), catalog)
    tables = {"products": case.product_table()}
    question = Question(rules, catalog, case.as_of, case.complete, rolled_until=rolled, tables=tables)
    return answer(LocalEngine(), case.profile_frame().lazy(), events, question).collect()


def outcomes(seed: int) -> Counter[str]:
    """How often each comparison was equal or refused; a difference fails."""
    rng, found = random.Random(seed), Counter[str]()
    case = with_more_rows(make_case(300_000 + seed), rng)
    case = replace(case, complete={}) if seed % 3 else case
    plain = replace(case.catalog, streams=tuple(replace(each, keep=None) for each in case.catalog.streams))
    catalog = replace(
        plain, streams=tuple(replace(each, keep=random_keep(rng, each.name)) for each in plain.streams)
    )
    zone, rows, rolled, short = ZoneInfo(catalog.tz), {}, {}, {}
    for stream in catalog.streams:
        assert stream.keep is not None
        begin = case.as_of - timedelta(seconds=stream.keep.raw_seconds)
        rolled[stream.name] = day_start(begin.astimezone(zone).date(), zone)
        rows[stream.name] = stream_rows(case, stream)
        short[stream.name] = compacted(rows[stream.name], stream, rolled[stream.name], catalog.tz)
    mine = [Rule("t", (parse(random_rule(rng), PLACE),), PLACE) for _ in range(N_RULES)]
    theirs = [replace(rule, name="t") for rule in case.book.traits if not rule.labels]
    for rule in (*mine, *theirs):
        book = RuleBook((rule,))
        if any(each.severity == "error" for each in check_rules(book, plain)):
            continue  # names another rule, or kinds that do not fit
        whole = answered(case, plain, book, rows, {})
        try:
            less = answered_when_allowed(case, catalog, book, short, rolled)
        except ConfigError as error:
            assert "kept as signals" in error.findings[0].problem
            found["refused"] += 1
            continue
        columns = ["profile_id", "t", "t#known"]
        assert whole.select(columns).equals(less.select(columns)), f"seed {seed}: {rule.lines[0]}"
        found["equal"] += 1
        found["told"] += int(less["t#known"].any() and less["t"].is_not_null().any())
    return found


def answered_when_allowed(
    case: Case, catalog: Catalog, book: RuleBook, rows: dict[str, pl.DataFrame], rolled: dict[str, datetime]
) -> pl.DataFrame:
    """Without what `check` says of the longest day: only what this very moment allows or refuses."""
    loose = replace(
        catalog,
        streams=tuple(replace(s, keep=replace(s.keep, raw_seconds=10**9)) for s in catalog.streams if s.keep),
    )
    return answered(case, loose, book, rows, rolled)


@pytest.mark.parametrize("seed", range(N_CASES * ROUNDS))
def test_counted_days_answer_as_their_rows_or_refuse(seed: int) -> None:
    outcomes(seed)


def test_much_is_answered_and_much_refused() -> None:
    found = sum((outcomes(1_000 + seed) for seed in range(4)), Counter[str]())
    assert found["equal"] >= 20 and found["refused"] >= 20 and found["told"] >= 15, found


KEPT = Catalog(
    streams=(
        replace(
            make_case(0).catalog.streams[1],
            keep=Signals(90 * 86_400, ("channel",), ("total",)),
        ),
    ),
    tz="Asia/Ho_Chi_Minh",
)


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ('count(order["90d"].where(sku == "s1"))', None),
        ('sum(order.total["month-6":"month-1"].where(channel == "web"))', None),
        ("max(order.day)", None),
        ("none(order)", None),
        ('count(order["91d"])', "parts of days"),
        ('at("30d", count(order["90d"]))', "parts of days"),
        ('count(order["year"].where(sku == "s1"))', "a condition on `sku`"),
        ('count(order["year"].where(total > 5))', "a condition on `total`, of which only sums are kept"),
        ("max(order.total)", "`max` of `total`, of which only sums are kept"),
        ("last(order.at)", "`last` of `at`"),
        ("last(order.channel)", "`last`, which asks for the order within a day"),
        ("count(order.where(count(order) == 1))", "a look around each row"),
    ],
)
def test_check_says_where_a_rule_asks_more_than_is_kept(text: str, lacking: str | None) -> None:
    node = parse(f"1 == 1 and missing({text})" if "none" not in text else text, Place("rules.yaml", 7, 10))
    rule = Rule("s", (node,), Place("rules.yaml", 7, 3))
    errors = [each for each in check_rules(RuleBook(segments=(rule,)), KEPT) if each.severity == "error"]
    if lacking is None:
        assert errors == []
        return
    assert lacking in errors[0].problem
    assert errors[0].place is not None and errors[0].place.line == 7 and (errors[0].place.column or 0) >= 10


def test_what_was_added_and_what_was_taken_off_come_back_apart() -> None:
    """A condition that is unknown of all four bounds the sum by both; one number would narrow it."""
    keep, schema = Signals(86_400, (), ("items",)), {"items": pl.Int64()}
    rows = pl.DataFrame({"items": [5, -2, 0, None, 4]}).with_columns(
        event_id=1,
        record_id=7,
        source=pl.lit("s"),
        content=0,
        at=pl.lit(datetime(2026, 1, 1, 9), pl.Datetime("us", "UTC")),
    )
    spread = signal_rows(keep, schema, "UTC")(daily(keep, schema, "UTC")(rows.lazy())).collect()
    assert sorted(spread["items"].drop_nulls()) == [-2, 0, 0, 9]
    assert spread["items"].null_count() == 1 and spread["at"].unique().to_list() == [
        pl.Series([datetime(2026, 1, 1)]).dt.replace_time_zone("UTC")[0]
    ]
