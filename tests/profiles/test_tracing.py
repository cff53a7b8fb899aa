"""Rules taken apart: every part has the answer of its place, and the rows that are shown are those that decided."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from cdptool.profiles import row_judging
from cdptool.profiles.rule_tests import came_of
from cdptool.profiles.seen_rows import SeenRow
from cdptool.profiles.tracing import Trace, Traced, trace
from cdptool.profiles.worlds import World
from cdptool.rules import RuleBook
from cdptool.rules.narrowing import narrowed
from tests.frames import ROUNDS
from tests.rules.books import AS_OF, CATALOG, PRODUCTS, book, moment, rows

PEOPLE = {"profile_id": pl.Int64, "points": pl.Int64, "city": pl.String, "born_on": pl.Date, "emails": pl.List(pl.String)}  # fmt: skip


def world(
    given: dict[str, list[dict[str, Any]]],
    profile: dict[str, Any] | None = None,
    complete: dict[str, datetime] | None = None,
) -> World:
    """The world of one profile, number 1."""
    person = dict.fromkeys(PEOPLE) | {"profile_id": 1} | (profile or {})
    streams = {
        name: rows(name, [{"who": 1, **event} for event in events]).collect()
        for name, events in given.items()
    }
    frame = pl.DataFrame([person], schema=PEOPLE, orient="row")
    return World(CATALOG, AS_OF, frame, streams, {"products": PRODUCTS}, complete or {})


def traced(rules: RuleBook, name: str, *of: Any, **more: Any) -> Trace:
    return trace(world(*of, **more), rules.rules()[name], rules)


def every(trace: Trace) -> list[Traced]:
    def walk(part: Traced) -> list[Traced]:
        return [part, *(each for inner in part.parts for each in walk(inner))]

    return [each for line in trace.lines for each in walk(line)]


def told(trace: Trace) -> list[tuple[str, Any]]:
    return [
        (each.part.text, each.came.value if each.came.state == "known" else "unknown")
        for each in every(trace)
    ]


def hours(seen: tuple[SeenRow, ...]) -> list[tuple[str, bool | None]]:
    return [(f"{row.at:%H:%M}", row.counts) for row in seen]


def test_a_rule_is_told_line_by_line_down_to_the_values() -> None:
    rules = book({"spend": 'sum(order.total["1d"])'}, {"vip": ["spend >= 50 and points > 3", "not low"], "low": "points < 1"})  # fmt: skip
    given = {"order": [{"at": "13:00", "total": 600_000}, {"at": "15:00", "total": 990_000}]}
    assert [(text, str(value)) for text, value in told(traced(rules, "vip", given, {"points": 2}))] == [
        ("spend >= 50 and points > 3", "False"),
        ("spend >= 50", "True"),
        ("spend", "60"),
        ('sum(order.total["1d"])', "60"),
        ("points > 3", "False"),
        ("points", "2"),
        ("not low", "True"),
        ("low", "False"),
        ("points < 1", "False"),
        ("points", "2"),
    ]


def test_the_rows_that_count_are_shown_and_else_those_that_do_not() -> None:
    rules = book(
        segments={"s": 'exists(cart["5h":"3h"].where(none(order["+"]) and items > 1))', "t": "none(order)"}
    )
    given = {
        "cart": [{"at": "10:00", "items": 3}, {"at": "10:30", "items": 1}, {"at": "13:00", "items": 9}],
        "order": [],
    }
    (line,) = traced(rules, "s", given).lines
    assert line.rows is not None
    assert (line.rows.n_counting, line.rows.n_not, hours(line.rows.rows)) == (1, 1, [("10:00", True)])
    assert [(cell.name, cell.value) for cell in line.rows.rows[0].cells] == [("items", 3)]
    given["order"] = [{"at": "10:40"}, {"at": "09:00"}]
    (line,) = traced(rules, "s", given).lines
    assert line.rows is not None
    assert hours(line.rows.rows) == [("10:30", False), ("10:00", False)]
    assert [hours(row.inner) for row in line.rows.rows] == [[("10:40", True)], [("10:40", True)]]


def test_of_many_rows_a_few_are_shown_and_all_are_counted() -> None:
    rules = book(segments={"s": "exists(order)", "t": "exists(cart.where(exists(order)))"})
    orders = [{"at": f"{hour:02}:{minute:02}"} for hour in range(12) for minute in range(60)]
    given = {"order": orders, "cart": [{"at": "13:00"}]}
    (line,) = traced(rules, "s", given).lines
    assert line.rows is not None
    assert (line.rows.n_counting, line.rows.n_unseen, len(line.rows.rows)) == (720, 0, 5)
    (line,) = traced(rules, "t", given).lines
    assert line.rows is not None
    (row,) = line.rows.rows
    assert (len(row.inner), row.n_more) == (5, 715)


def test_of_a_profile_with_many_rows_few_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each row that is judged there is a copy of the profile: of a shared till that would be all memory."""
    asked: list[int] = []
    ask = row_judging._asked

    def counted(world: World, nodes: Any, numbers: Any, ago: int, book: RuleBook) -> list[bool | None]:
        asked.append(len(numbers) * sum(len(rows) for rows in world.streams.values()))
        return ask(world, nodes, numbers, ago, book)

    monkeypatch.setattr(row_judging, "_asked", counted)
    monkeypatch.setattr(row_judging, "_MOST_CELLS", 500)
    carts = [{"at": f"10:{minute:02}"} for minute in range(10)]
    orders = [{"at": f"11:{minute:02}", "total": 10} for minute in range(40)]
    rule = book({}, {"late": 'exists(cart.where(exists(order["+"].where(total > 5))))'})
    traced(rule, "late", {"cart": carts, "order": orders})
    assert asked
    assert max(asked) <= 500


def test_of_a_late_feed_it_says_which() -> None:
    rules = book(segments={"s": 'exists(cart["5h":"3h"].where(none(order["+"])))', "u": "points > 3 and s"})
    given = {"cart": [{"at": "10:00"}], "order": []}
    until = {"order": moment("13:45"), "cart": moment("13:50")}
    (line,) = traced(rules, "s", given, complete=until).lines
    assert line.why is not None
    assert (line.why.kind, line.why.streams) == ("late", (("order", moment("13:45")),))
    assert line.rows is not None
    assert hours(line.rows.rows) == [("10:00", None)]
    parts = {each.part.text: each for each in every(traced(rules, "u", given, complete=until))}
    empty = parts["points > 3"].why
    assert empty is not None and empty.kind == "empty"


def test_a_forward_window_that_is_not_over_is_told() -> None:
    rules = book(segments={"s": 'exists(cart["1h"].where(none(order["+3h"])))'})
    (line,) = traced(rules, "s", {"cart": [{"at": "13:30"}], "order": []}).lines
    assert line.why is not None and line.why.kind == "open"


def test_what_is_asked_of_an_earlier_moment_is_seen_from_there() -> None:
    rules = book(segments={"s": 'at("2h", exists(order["1h"].where(total > 1)))'})
    given = {"order": [{"at": "11:30", "total": 20_000}, {"at": "13:30", "total": 20_000}]}
    line, inner = every(traced(rules, "s", given))
    assert (line.came.value, inner.came.value, inner.part.ago) == (True, True, 7200)
    assert inner.rows is not None
    assert hours(inner.rows.rows) == [("11:30", True)]


def test_references_and_outer_rows_are_followed() -> None:
    rules = book(
        segments={
            "s": 'exists(cart.where(sku.category == "k1" and exists(order["+"].where(sku == outer.sku))))'
        }
    )
    given = {
        "cart": [{"at": "10:00", "sku": "s1"}, {"at": "11:00", "sku": "s3"}],
        "order": [{"at": "12:00", "sku": "s2"}, {"at": "12:30", "sku": "s1"}],
    }
    (line,) = traced(rules, "s", given).lines
    assert line.rows is not None
    (row,) = line.rows.rows
    assert (row.at.hour, [(cell.name, cell.value) for cell in row.cells]) == (10, [("sku.category", "k1")])
    assert hours(row.inner) == [("12:30", True)]


def test_what_is_drawn_by_the_profiles_id_is_drawn_for_its_rows_too() -> None:
    rules = book(
        {"t": "count(order.where(lucky and total > 1))"},
        {f"l{i}": f'bucket("salt {i}") < 0.5' for i in range(8)} | {"lucky": "l0 and not l1"},
    )
    given = {"order": [{"at": "11:30", "total": 20_000}, {"at": "13:30", "total": 5_000}]}
    for i in range(8):
        mine = book({"t": f"count(order.where(l{i} and total > 1))"}, {f"l{i}": f'bucket("salt {i}") < 0.5'})
        whole = traced(mine, "t", given)
        (line,) = whole.lines
        assert line.rows is not None
        assert line.rows.n_counting == whole.came.value
    assert traced(rules, "t", given).came.value in (0, 1)


COUNTS = (
    'count(order["6h"])',
    'count(order["6h"].where(total >= 3))',
    'count(cart["8h":"1h"].where(none(order["+2h"])))',
    'count(cart.where(exists(order["1h"].where(total > 2)) or missing(items)))',
    'count(order["day"].where(count(order["3h"]) >= 1 and not (total < 2)))',
    'count(cart.where(items > count(order["+"].where(sku == outer.sku))))',
    'at("3h", count(order["6h"].where(channel == "web")))',
)


@pytest.mark.parametrize("seed", range(6 * ROUNDS))
def test_as_many_rows_count_as_the_rule_counts_on_random_worlds(seed: int) -> None:
    chance = random.Random(seed)
    given: dict[str, list[dict[str, Any]]] = {"order": [], "cart": []}
    for _ in range(chance.randrange(1, 25)):
        at = (AS_OF - timedelta(minutes=10 * chance.randrange(-6, 80))).replace(tzinfo=None)
        event: dict[str, Any] = {"at": at.isoformat(), "sku": chance.choice(["s1", "s2", None])}
        if chance.random() < 0.5:
            money = chance.choice([None, 10_000, 20_000, 30_000])
            given["order"].append({**event, "total": money, "channel": chance.choice(["web", None])})
        else:
            given["cart"].append({**event, "items": chance.choice([None, 0, 1, 2])})
    late = {"order": AS_OF - timedelta(hours=chance.randrange(0, 5))} if chance.random() < 0.5 else {}
    rules = book({f"t{i}": text for i, text in enumerate(COUNTS)})
    asked = world(given, complete=late)
    answers = asked.answers(narrowed(rules, rules.rules())).row(0, named=True)
    for name, rule in rules.rules().items():
        whole = trace(asked, rule, rules)
        assert whole.came == came_of(answers, name, is_segment=False), (seed, name)
        (rows_,) = [each.rows for each in every(whole) if each.rows is not None]
        if whole.came.state == "known":
            assert (rows_.n_counting, rows_.n_unknown) == (whole.came.value, 0), (seed, name)
        else:
            assert all(each.why is not None for each in every(whole)), (seed, name)
