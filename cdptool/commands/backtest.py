"""`cdptool backtest`: how large a segment, or any condition, was at the end of each of the last months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.commands.as_of import AsOf
from cdptool.commands.report import Bar, Grid, Report
from cdptool.commands.rule_inputs import answers_of, moment_asked, question_of
from cdptool.commands.session import Session, Settings, open_session
from cdptool.config import Project
from cdptool.errors import Place, UsageError
from cdptool.profiles.differences import difference_counts, states
from cdptool.rules import Rule, RuleBook, parse
from cdptool.rules.naming import nearest
from cdptool.rules.narrowing import narrowed
from cdptool.rules.nodes import to_text
from cdptool.rules.windows import ONE_MICROSECOND, day_start, period_start
from cdptool.workspace import Snapshot

COLUMNS: Final = ("end of", "in", "", "entered", "left", "unknown")


class _Month(NamedTuple):
    """One moment and what was so then; entered and left are since the one before."""

    label: str
    moment: datetime
    size: int
    entered: int
    left: int
    unknown: int


def backtest(settings: Settings, rule: str, *, months: int) -> Report:
    """
    Ask a rule as of the end of each of the last months, and as of now.

    Args:
        settings: Where the project is, and as of when.
        rule: The name of a segment, or a condition in the rule language.
        months: How many.

    Raises:
        ConfigError: If the condition does not pass its checks; its place is inside the text.
        UsageError: If the name is no segment.
    """
    with open_session(settings, writes=False) as session:
        asked, book = _book(rule, session.project)
        snapshot = session.snapshot()
        as_of = moment_asked(session, snapshot)
        found = tuple(_months(session, snapshot, asked, (book, months), as_of))
        when, data = session.when(as_of), session.when_data(as_of)
    return _report(found, asked, rule, (when, data))


def _book(text: str, project: Project) -> tuple[Rule, RuleBook]:
    """The rule that is asked, and the book that it needs."""
    book = project.rules or RuleBook()
    named = next((each for each in book.segments if each.name == text), None)
    if named is not None:
        return named, narrowed(book, [text])
    if any(each.name == text for each in book.traits):
        hint = f'compare it with something, such as `{text} > 0`, or `{text} == "…"` where it is a text'
        raise UsageError(f"`{text}` is a trait, which has a value", hint=hint)
    if text.isidentifier() and project.catalog.field(text) is None:
        known = [each.name for each in book.segments]
        hint = nearest(text, known) or "write a segment, or a condition such as 'exists(order[\"90d\"])'"
        raise UsageError(f"there is no segment `{text}`", hint=hint)
    name = "backtested_"
    while name in book.rules():
        name += "_"
    rule = Rule(name, (parse(text, Place("the rule", 1, 1)),), Place("the rule", 1, 1))
    return rule, narrowed(book, (), ((), (rule,)))


def _months(
    session: Session, snapshot: Snapshot, rule: Rule, asked: tuple[RuleBook, int], as_of: AsOf
) -> Iterator[_Month]:
    """Every month, and then the moment of the answer."""
    book, months = asked
    before: pl.DataFrame | None = None
    for label, moment in _moments(as_of.moment, months, session.project):
        answers = answers_of(session, question_of(session, snapshot, book, replace(as_of, moment=moment)))
        now = states(answers.lazy(), [rule.name]).collect()
        if before is not None:
            counts = difference_counts(before.lazy(), now.lazy()).collect()
            row: dict[str, Any] = counts.row(0, named=True) if counts.height else {}
            entered, left = row.get("entered", 0) + row.get("turned_in", 0), row.get("left", 0)
            yield _Month(label, moment, row.get("n_after", 0), entered, left, row.get("n_unknown", 0))
        before = now


def _moments(as_of: datetime, months: int, project: Project) -> list[tuple[str, datetime]]:
    """The end of the month before the first one asked for, of each of them, and the moment itself."""
    zone = ZoneInfo(project.tz)
    local = as_of.astimezone(zone)
    found = []
    for ago in range(months, -1, -1):
        first = period_start(local.date(), "month", ago, project.week_starts)
        last = period_start(local.date(), "month", ago + 1, project.week_starts)
        found.append((f"{last:%Y-%m}", day_start(first, zone) - ONE_MICROSECOND))
    return [*found, (f"{local:%Y-%m-%d %H:%M}", as_of)]


def _report(found: tuple[_Month, ...], rule: Rule, asked: str, moment: tuple[str, dict[str, str]]) -> Report:
    when, data = moment
    largest = max((month.size for month in found), default=0)
    rows = tuple(
        (month.label, month.size, Bar(month.size / largest if largest else 0.0), *month[3:])
        for month in found
    )
    text = " and ".join(to_text(line) for line in rule.lines)
    sizes, n_months = [month.size for month in found], len(found) - 1
    return Report(
        verb="backtest",
        summary=f"from {min(sizes):,} to {max(sizes):,} people in {n_months} month{'s' * (n_months != 1)}, {when}",
        data={
            "rule": asked,
            "condition": text,
            **data,
            "months": [{**month._asdict(), "moment": month.moment.isoformat()} for month in found],
        },
        grids=(Grid(asked if asked == rule.name else text, COLUMNS, rows),),
        is_answer=True,
    )
