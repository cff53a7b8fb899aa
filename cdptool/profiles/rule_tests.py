"""
Rule tests: a small world written by hand, and what the project's own rules must say of it.

Nothing here knows of a workspace. A segment is expected to be true, false or unknown of a customer; a trait to have a
value, to have none, or to be unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.errors import ConfigError, Finding, Place
from cdptool.profiles.evaluation import require_one_currency
from cdptool.profiles.worlds import World
from cdptool.rules import RuleBook
from cdptool.rules.narrowing import narrowed
from cdptool.rules.values import parse_iso
from cdptool.tables import MONEY_SCALE

State = Literal["known", "unknown"]
Told: TypeAlias = bool | int | float | str | Decimal | date | datetime | None

_SAME: Final = 1e-9  # of two numbers that are not whole


@dataclass(frozen=True, slots=True)
class Expected:
    """What a test says of one rule and one customer. `value` is as written; a value of None is "has none"."""

    rule: str
    customer: str
    state: State
    value: bool | int | str | Decimal | None
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class RuleTest:
    """
    One test, read: the world it gives and what it expects.

    The number of a customer, which is the `profile_id`, is his place in `customers` plus one. `places` says where each
    given row is written, by stream and `event_id`.
    """

    name: str
    world: World
    customers: tuple[str, ...]
    expected: tuple[Expected, ...]
    places: Mapping[tuple[str, int], Place]
    place: Place = field(compare=False)

    def number(self, customer: str) -> int:
        """The `profile_id` of a customer."""
        return self.customers.index(customer) + 1


@dataclass(frozen=True, slots=True)
class Came:
    """What a rule says of a profile: its state, its value, and the currency where it is an amount."""

    state: State
    value: Told
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class TestResult:
    """One expectation, and what came."""

    expected: Expected
    came: Came
    holds: bool

    __test__ = False  # no test of ours, whatever pytest thinks of the name


def judge_test(test: RuleTest, book: RuleBook) -> tuple[TestResult, ...]:
    """
    Ask the rules of a test's world.

    Args:
        test: The test.
        book: The project's rules; only those that the test names, and what they need, are evaluated.

    Returns:
        One result per expectation, in the order written.

    Raises:
        ConfigError: If an expected value is of another kind than its trait, at its place; if amounts of two currencies
            meet in one sum, as a run would refuse them.
    """
    answers = test.world.answers(narrowed(book, [each.rule for each in test.expected]))
    try:
        require_one_currency(answers)
    except ConfigError as error:
        raise ConfigError(*(replace(each, place=test.place) for each in error.findings)) from None
    segments = {rule.name for rule in book.segments}
    results, findings = [], []
    for expected in test.expected:
        row = answers.row(by_predicate=pl.col("profile_id") == test.number(expected.customer), named=True)
        came = came_of(row, expected.rule, is_segment=expected.rule in segments)
        dtype = answers.schema[expected.rule]
        is_money = f"{expected.rule}_currency" in row
        try:
            wanted = _typed(expected, dtype, is_money=is_money, tz=test.world.catalog.tz)
        except ValueError as error:
            findings.append(Finding(str(error), expected.place))
            continue
        results.append(TestResult(expected, came, _agrees(wanted, expected.state, came)))
    if findings:
        raise ConfigError(*findings)
    return tuple(results)


def came_of(row: Mapping[str, object], name: str, *, is_segment: bool) -> Came:
    """The answer of one rule in a row of answers."""
    value = row[name]
    if is_segment:
        return Came("known" if value is not None else "unknown", _told(value))
    if not row[f"{name}#known"]:
        return Came("unknown", None)
    currency = row.get(f"{name}_currency")
    if f"{name}_currency" in row and isinstance(value, int):
        return Came("known", Decimal(value) / MONEY_SCALE, str(currency) if currency is not None else None)
    return Came("known", _told(value))


def _told(value: object) -> Told:
    assert value is None or isinstance(value, bool | int | float | str | date | datetime)
    return value


def _typed(expected: Expected, dtype: pl.DataType, *, is_money: bool, tz: str) -> Told:
    """The expected value as the kind its rule has."""
    value = expected.value
    if value is None or expected.state == "unknown":
        return None
    if dtype == pl.Boolean:
        if isinstance(value, bool):
            return value
        raise ValueError(f"`{expected.rule}` is true, false or unknown, expected one of these")
    if dtype.is_temporal():
        kind: Literal["date", "time"] = "date" if dtype == pl.Date else "time"
        moment = parse_iso(value, kind, ZoneInfo(tz)) if isinstance(value, str) else None
        if moment is None:
            raise ValueError(f"`{expected.rule}` is a {kind}, expected one such as 2026-01-31")
        return moment
    if dtype == pl.String:
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"`{expected.rule}` is {'an amount' if is_money else 'a number'}, expected a number")
    return Decimal(value)


def _agrees(wanted: Told, state: State, came: Came) -> bool:
    if state != came.state:
        return False
    if isinstance(wanted, Decimal) and isinstance(came.value, float):
        return math.isclose(float(wanted), came.value, rel_tol=_SAME, abs_tol=_SAME)
    return wanted == came.value
