"""Answers of rules as people and programs read them: true, false, unknown, an amount, a time, a text."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cdptool.profiles.rule_tests import Came, Expected, Told


def told_answer(came: Came, tz: str) -> str:
    """
    An answer in one phrase.

    >>> told_answer(Came("known", Decimal("5000000.0000"), "VND"), "UTC"), told_answer(Came("unknown", None), "UTC")
    ('5,000,000 VND', 'unknown')
    """
    if came.state == "unknown":
        return "unknown"
    told = told_value(came.value, tz)
    return f"{told} {came.currency}" if came.currency and came.value is not None else told


def told_value(value: Told, tz: str) -> str:
    """
    A value; times are local, and whole numbers have no decimals.

    >>> [told_value(each, "UTC") for each in (None, True, 1234.5, "store", date(2026, 1, 31))]
    ['nothing', 'true', '1,234.5', 'store', '2026-01-31']
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value.normalize():,f}"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4f}".rstrip("0").rstrip(".")
        case datetime():
            return value.astimezone(ZoneInfo(tz)).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
        case date():
            return value.isoformat()
    return value


def expected_text(expected: Expected) -> str:
    """What a test expects, as it is told."""
    if expected.state == "unknown":
        return "unknown"
    value = expected.value
    return value if isinstance(value, str) else told_value(value, "UTC")


def answer_data(came: Came) -> dict[str, Any]:
    """An answer for `--json`."""
    value: Any = came.value
    if isinstance(value, Decimal):
        value = f"{value.normalize():f}"
    elif isinstance(value, date):
        value = value.isoformat()
    data = {"state": came.state, "value": value}
    return data if came.currency is None else {**data, "currency": came.currency}
