"""The kernel agrees with the plain evaluator on random rules and data; what it decides, late rows never change."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from cdptool.engines.local import LocalEngine
from cdptool.profiles import answer
from cdptool.rules import Question, check_rules, parse
from cdptool.rules.nodes import to_text
from tests.frames import ROUNDS
from tests.rules.constructs import EVERY, count_constructs
from tests.rules.oracle import Oracle
from tests.rules.oracle_values import Here, Val, known
from tests.rules.worlds import Case, make_case
from tests.rules.writer import PLACE

N_CASES = 12
N_PROFILES = 18
N_SOUND = 8
CHECKED: Counter[str] = Counter()  # how often each construct was checked
SOUND: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _covered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tell what was covered once all is run (seen with `pytest -s`)."""
    yield
    n_checks = CHECKED.pop("checks", 0)
    print(f"\n{n_checks:,} checks of the oracle; of feeds cut short: {dict(SOUND)}")
    for name in EVERY:
        print(f"{CHECKED[name]:>9,}  {name}")


def answers(
    case: Case,
    *,
    complete: dict[str, Any] | None = None,
    gone: dict[str, Any] | None = None,
    events: dict[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    known = case.complete if complete is None else complete
    tables = {"products": case.product_table()}
    question = Question(case.book, case.catalog, case.as_of, known, gone, tables=tables)
    rows = {name: each.lazy() for name, each in (case.events() if events is None else events).items()}
    return answer(LocalEngine(), case.profile_frame().lazy(), rows, question).collect().sort("profile_id")


@pytest.mark.parametrize("seed", range(N_CASES * ROUNDS))
def test_the_kernel_agrees_with_the_plain_evaluator(seed: int) -> None:
    case = make_case(seed, n_profiles=N_PROFILES)
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
    for rule in (*case.book.traits, *case.book.segments):
        CHECKED["checks"] += len(rows)
        count_constructs(rule, case.book, CHECKED, len(rows))


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
    case = make_case(100_000 + seed, n_profiles=N_PROFILES)
    events = case.events()
    cut = {name: case.as_of - timedelta(minutes=37 * (seed % 60)) for name in ("cart", "order")}
    kept = {name: rows.filter(pl.col("at") <= pl.lit(cut[name])) for name, rows in events.items()}
    early, full = answers(case, complete=cut, events=kept), answers(case, complete={})
    for rule in (*case.book.segments, *case.book.traits):
        is_segment = rule in case.book.segments
        known = pl.col(rule.name).is_not_null() if is_segment else pl.col(f"{rule.name}#known")
        was, now = (frame.select(rule.name, known.alias("known")) for frame in (early, full))
        same = was[rule.name].eq_missing(now[rule.name]) & now["known"]
        SOUND["answers"] += was.height
        SOUND["decided"] += int(was["known"].sum())
        SOUND["contradicted"] += int((was["known"] & ~same).sum())
        assert not (was["known"] & ~same).any(), f"seed {seed}: {[to_text(line) for line in rule.lines]}"


def test_the_random_cases_decide_in_both_ways_and_leave_some_open() -> None:
    """An oracle that only ever said unknown would agree too."""
    found: Counter[bool | None] = Counter()
    for seed in range(4):
        case = make_case(seed, n_profiles=N_PROFILES)
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
        times = events[name]["at"].drop_nulls().sort() if name in events else pl.Series([])
        if times.len():
            gone[name] = times[(seed * 7 + number * 3) % times.len()]
    left = later(events, gone)
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


def later(events: dict[str, pl.DataFrame], gone: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """The rows after the moments up to which they are gone."""
    return {
        name: rows.filter(pl.col("at") > pl.lit(gone[name])) if name in gone else rows
        for name, rows in events.items()
    }


def test_what_retention_left_still_decides_much_in_both_ways() -> None:
    """Saying unknown to everything would be sound too."""
    found: Counter[bool | None] = Counter()
    for seed in range(4):
        case = make_case(seed, n_profiles=N_PROFILES)
        gone = {name: case.as_of - timedelta(days=20) for name in ("cart", "order")}
        rows = answers(case, complete={}, gone=gone, events=later(case.events(), gone))
        found.update(value for rule in case.book.segments for value in rows[rule.name].to_list())
    assert all(found[truth] >= 20 for truth in (True, False, None)), found


def test_the_oracle_covers_every_construct() -> None:
    """Of 200 random books; the counts of a run are printed by `pytest -s`."""
    counts: Counter[str] = Counter()
    for seed in range(200):
        case = make_case(seed, n_profiles=1)
        for rule in (*case.book.traits, *case.book.segments):
            count_constructs(rule, case.book, counts, 1)
    assert {name: counts[name] for name in EVERY if counts[name] < 5} == {}


def test_random_rules_print_back_to_the_same_text() -> None:
    for seed in range(100):
        book = make_case(seed, n_profiles=1).book
        for line in [line for rule in (*book.traits, *book.segments) for line in rule.lines]:
            again = parse(to_text(line), PLACE)
            assert again == line and hash(again) == hash(line) and to_text(again) == to_text(line)
