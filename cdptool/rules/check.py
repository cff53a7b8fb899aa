"""
Everything that can be wrong with a rule book without data: names, kinds, cycles, clashes, windows.

All findings of a book at once, each at its place inside the expression. What has no answer is refused here, in
words, so that evaluation never meets it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cdptool.errors import Finding, Place
from cdptool.rules.book import Catalog, Kind, RuleBook
from cdptool.rules.check_splits import check_splits
from cdptool.rules.checker import Checker, Scope
from cdptool.rules.compile import Compiler
from cdptool.rules.lint import lint
from cdptool.rules.naming import cycles, order, without_row_clock, wrong_names
from cdptool.rules.nodes import (
    Node,
)
from cdptool.rules.windows import day_start
from cdptool.tables import StreamSchema

# The end of a leap year, its quarter, month and week; and of weeks that begin on Sunday or Saturday.
_LONGEST: Final = ((2028, 12, 31), (2028, 12, 30), (2028, 12, 29))


def check_rules(book: RuleBook, catalog: Catalog) -> tuple[Finding, ...]:
    """
    Check a rule book against the names it may speak of, without data.

    Args:
        book: Traits, segments and splits.
        catalog: Profile fields, streams and reference tables.

    Returns:
        Every finding, sorted by place. Those of severity `error` forbid evaluation.
    """
    declared, catalog = catalog, catalog.with_splits(book)
    checker = Checker(catalog, book, fixed=without_row_clock(book))
    checker.findings += wrong_names(book, declared)
    checker.findings += check_splits(book, declared)
    checker.findings += [
        Finding(
            f"`{names[0]}` depends on itself: {' → '.join(names)}",
            book.rules()[names[0]].place,
            f"write `{names[-2]}` without `{names[0]}`" if len(names) > 2 else "write it without itself",
        )
        for names in cycles(book)
    ]
    segments = {rule.name for rule in book.segments}
    rules = book.rules()
    for name in order(book):
        checker.rule(rules[name], name in segments)
    if not any(finding.severity == "error" for finding in checker.findings):
        checker.findings += _beyond_signals(book, catalog)
    warnings = lint(book)
    unique = dict.fromkeys((*checker.findings, *warnings))
    return tuple(sorted(unique, key=lambda finding: (_at(finding.place), finding.problem)))


def _beyond_signals(book: RuleBook, catalog: Catalog) -> list[Finding]:
    """What streams that are kept as signals cannot answer, on the day when calendar windows are longest."""
    if all(stream.keep is None for stream in catalog.streams):
        return []
    zone, found = ZoneInfo(catalog.tz), list[Finding]()
    for day in _LONGEST:
        as_of = datetime(*day, 23, 59, 30, tzinfo=zone).astimezone(UTC)
        rolled = {
            stream.name: day_start(
                (as_of - timedelta(seconds=stream.keep.raw_seconds)).astimezone(zone).date(), zone
            )
            for stream in catalog.streams
            if stream.keep is not None
        }
        compiler = Compiler(book, catalog, as_of, {}, rolled_until=rolled)
        for name in order(book):
            compiler.rule(name, as_of)
        found += compiler.refused
    return found


def check_condition(node: Node, stream: StreamSchema, catalog: Catalog) -> tuple[Finding, ...]:
    """Check a condition over single rows of a stream, such as the `where` of a cap. Every finding."""
    checker = Checker(catalog, RuleBook())
    checker.expect_truth(node, checker.kind(node, Scope(stream)))
    return tuple(sorted(checker.findings, key=lambda finding: _at(finding.place)))


def expression_kind(
    node: Node, stream: StreamSchema, catalog: Catalog
) -> tuple[Kind | None, tuple[Finding, ...]]:
    """The kind of an expression over single rows of a stream, and every finding; no kind only with a finding."""
    checker = Checker(catalog, RuleBook())
    kind = checker.kind(node, Scope(stream))
    return kind, tuple(sorted(checker.findings, key=lambda finding: _at(finding.place)))


def _at(place: Place | None) -> tuple[str, int, int]:
    return (place.file, place.line or 0, place.column or 0) if place else ("", 0, 0)
