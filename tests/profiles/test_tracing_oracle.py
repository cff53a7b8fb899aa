"""Rules taken apart on random books and data: every part and every count of rows is what the plain evaluator says."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from cdptool.profiles import arms_of
from cdptool.profiles.tracing import Traced, trace
from cdptool.profiles.worlds import World
from cdptool.rules.narrowing import narrowed
from cdptool.rules.nodes import Aggregate
from cdptool.sources.outputs import declared_schema
from cdptool.tables import UTC_TIME
from tests.frames import ROUNDS
from tests.rules.oracle import Oracle
from tests.rules.oracle_values import Here
from tests.rules.worlds import STREAMS, Case, make_case

CASES = 5
ASKED = 6  # rules of one profile each, per case


def world_of(case: Case) -> World:
    """The world that a case describes, all profiles together."""
    streams = {}
    for stream in STREAMS:
        columns = declared_schema(stream.columns)
        cells: list[dict[str, Any]] = []
        for profile, rows in case.rows.items():
            for row in rows:
                if row.stream == stream.name:
                    money = {f"{name}_currency": "VND" for name in ("price", "total") if name in columns}
                    fixed = {"profile_id": profile, "at": row.at, "event_id": row.id}
                    cells.append(dict.fromkeys(columns) | row.cells | money | fixed)
        schema = {"profile_id": pl.Int64, "at": UTC_TIME, "event_id": pl.Int64, **columns}
        streams[stream.name] = pl.DataFrame(
            [{name: row[name] for name in schema} for row in cells], schema=schema, orient="row"
        )
    people = case.profile_frame()
    arms = arms_of(case.book, people)
    everybody = people.join(arms, on="profile_id", how="left")
    tables = {"products": case.product_table()}
    return World(case.catalog, case.as_of, everybody, streams, tables, case.complete)


def parts(traced: Traced) -> list[Traced]:
    return [traced, *(each for inner in traced.parts for each in parts(inner))]


@pytest.mark.parametrize("seed", range(CASES * ROUNDS))
def test_every_part_and_every_row_is_judged_as_the_plain_evaluator_does(seed: int) -> None:
    case = make_case(70_000 + seed, n_profiles=4)
    everybody, oracles, chance = world_of(case), case.worlds(), random.Random(seed)
    rules = [*case.book.traits, *case.book.segments]
    for _ in range(ASKED):
        rule, profile = chance.choice(rules), chance.choice(list(case.profiles))
        oracle = Oracle(oracles[profile])
        whole = trace(everybody.only(profile, narrowed(case.book, [rule.name])), rule, case.book)
        for each in (one for line in whole.lines for one in parts(line)):
            at = case.as_of - timedelta(seconds=each.part.ago)
            here, told = Here(at, at), (seed, rule.name, profile, each.part.text)
            if each.part.is_truth:
                assert each.came.value is oracle.truth(each.part.node, here), told
            assert (each.why is not None) == (each.came.state == "unknown"), told
            if each.rows is not None:
                assert isinstance(each.part.node, Aggregate)
                selection = replace(each.part.node.selection, column=())
                counted = oracle.value(Aggregate("count", selection, selection.place), here)
                assert counted.lo == each.rows.n_counting, told
                assert counted.hi in (None, each.rows.n_counting + each.rows.n_unknown), told
