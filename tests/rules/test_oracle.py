"""The kernel agrees with the plain evaluator on random rules and data; what it decides, late rows never change."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from cdptool.engines.local import LocalEngine
from cdptool.profiles import answer
from cdptool.rules import Question, check_rules
from cdptool.rules.nodes import to_text
from tests.frames import ROUNDS
from tests.rules.oracle import Oracle
from tests.rules.oracle_values import Here, Val, known
from tests.rules.worlds import Case, make_case

N_CASES = 26
N_SOUND = 12


def answers(
    case: Case,
    *,
    complete: dict[str, Any] | None = None,
    gone: dict[str, Any] | None = None,
    events: pl.DataFrame | None = None,
) -> pl.DataFrame:
    known = case.complete if complete is None else complete
    tables = {"products": case.product_table()}
    question = Question(case.book, case.catalog, case.as_of, known, gone, tables=tables)
    rows = (case.events() if events is None else events).lazy()
    return answer(LocalEngine(), case.profile_frame().lazy(), rows, question).collect().sort("profile_id")


@pytest.mark.parametrize("seed", range(N_CASES * ROUNDS))
def test_the_kernel_agrees_with_the_plain_evaluator(seed: int) -> None:
    case = make_case(seed)
    assert [str(found) for found in check_rules(case.book, case.catalog) if found.severity == "error"] == []
    rows = {row["profile_id"]: row for row in answers(case).iter_rows(named=True)}
    assert list(rows) == sorted(case.profiles)
    differences, worlds = [], case.worlds()
    for profile, row in rows.items():
        oracle, here = Oracle(worlds[profile]), Here(case.as_of, case.as_of)
        for rule in case.book.segments:
            truths = [oracle.truth(line, here) for line in rule.lines]
            expected = False if False in truths else (None if None in truths else True)
            if row[rule.name] is not expected:
                differences.append(
                    f"{[to_text(line) for line in rule.lines]} of {profile}: {expected} {row[rule.name]}"
                )
        for rule in case.book.traits:
            expected_value = oracle.ruled(rule.name, here)
            if not same_value(expected_value, row[rule.name], row[f"{rule.name}#known"]):
                found = row[rule.name], row[f"{rule.name}#known"]
                differences.append(f"{to_text(rule.lines[0])} of {profile}: {expected_value} {found}")
    assert differences == [], f"seed {seed}"


def same_value(expected: Val, value: Any, is_known: bool) -> bool:
    if expected.empty is True:
        return value is None and is_known
    if not known(expected):
        return value is None and not is_known
    if isinstance(value, float) or expected.kind == "money":
        return is_known and math.isclose(
            value, expected.lo, rel_tol=1e-12, abs_tol=0.5 * (expected.kind == "money")
        )
    return is_known and value == expected.lo


@pytest.mark.parametrize("seed", range(N_SOUND * ROUNDS))
def test_a_decided_answer_is_not_changed_by_the_full_feed(seed: int) -> None:
    """The soundness promise: cut each feed somewhere, drop what is later, and compare with the whole."""
    case = make_case(100_000 + seed)
    events = case.events()
    cut = {name: case.as_of - timedelta(minutes=37 * (seed % 60)) for name in ("cart", "order")}
    kept = events.filter(
        *[(pl.col("stream") != name) | (pl.col("at") <= pl.lit(moment)) for name, moment in cut.items()]
    )
    early, full = answers(case, complete=cut, events=kept), answers(case, complete={})
    for rule in case.book.segments:
        both = early.select("profile_id", rule.name).join(
            full.select("profile_id", rule.name), on="profile_id"
        )
        broken = both.filter(pl.col(rule.name) != pl.col(f"{rule.name}_right"))
        assert broken.height == 0, f"seed {seed}: {[to_text(line) for line in rule.lines]}"
        lost = both.filter(pl.col(rule.name).is_not_null() & pl.col(f"{rule.name}_right").is_null())
        assert lost.height == 0, f"seed {seed}: {[to_text(line) for line in rule.lines]}"


def test_the_random_cases_decide_in_both_ways_and_leave_some_open() -> None:
    """An oracle that only ever said unknown would agree too."""
    found: Counter[bool | None] = Counter()
    for seed in range(8):
        case = make_case(seed)
        rows = answers(case)
        found.update(value for rule in case.book.segments for value in rows[rule.name].to_list())
    assert all(found[truth] >= 20 for truth in (True, False, None)), found


@pytest.mark.parametrize("seed", range(N_SOUND * ROUNDS))
def test_a_decided_answer_is_not_changed_by_what_retention_took(seed: int) -> None:
    """Drop the oldest rows of each stream, say so, and compare with the whole: equal or unknown, never different."""
    case = make_case(200_000 + seed)
    events = case.events()
    gone: dict[str, Any] = {}
    for number, name in enumerate(("cart", "order")):
        times = events.filter(pl.col("stream") == name)["at"].drop_nulls().sort()
        if times.len():
            gone[name] = times[(seed * 7 + number * 3) % times.len()]
    left = events.filter(
        *[(pl.col("stream") != name) | (pl.col("at") > pl.lit(until)) for name, until in gone.items()]
    )
    short = answers(case, complete=case.complete, gone=gone, events=left)
    full = answers(case, complete=case.complete)
    for rule in case.book.segments:
        both = short.select("profile_id", rule.name).join(
            full.select("profile_id", rule.name), on="profile_id"
        )
        broken = both.filter(
            pl.col(rule.name).is_not_null() & ~pl.col(rule.name).eq_missing(pl.col(f"{rule.name}_right"))
        )
        assert broken.height == 0, f"seed {seed}: {[to_text(line) for line in rule.lines]}"
    for rule in case.book.traits:
        wanted = [rule.name, f"{rule.name}#known"]
        both = short.select("profile_id", *wanted).join(full.select("profile_id", *wanted), on="profile_id")
        same = pl.col(rule.name).eq_missing(pl.col(f"{rule.name}_right")) & pl.col(f"{rule.name}#known_right")
        broken = both.filter(pl.col(f"{rule.name}#known") & ~same)
        assert broken.height == 0, f"seed {seed}: {to_text(rule.lines[0])}"


def test_what_retention_left_still_decides_much_in_both_ways() -> None:
    """Saying unknown to everything would be sound too."""
    found: Counter[bool | None] = Counter()
    for seed in range(8):
        case = make_case(seed)
        gone = {name: case.as_of - timedelta(days=20) for name in ("cart", "order")}
        events = case.events()
        left = events.filter(
            *[(pl.col("stream") != name) | (pl.col("at") > pl.lit(until)) for name, until in gone.items()]
        )
        rows = answers(case, complete={}, gone=gone, events=left)
        found.update(value for rule in case.book.segments for value in rows[rule.name].to_list())
    assert all(found[truth] >= 20 for truth in (True, False, None)), found
