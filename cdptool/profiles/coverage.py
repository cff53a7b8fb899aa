"""
What rule tests are about: which rules they name, which answers they have seen, which conditions made a difference.

A condition is decisive in a test when the rule without it would give one of the test's customers another answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from cdptool.errors import Place
from cdptool.profiles.rule_tests import RuleTest, TestResult
from cdptool.rules import RuleBook
from cdptool.rules.book import Rule
from cdptool.rules.mutants import Mutant, mutants
from cdptool.rules.narrowing import closure, narrowed


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """
    What tests say of one rule.

    `tests` name it. `through` are rules under test that need it. Of a segment: how many expectations are true, false,
    unknown. `idle` are the conditions that never made a difference, where any test names the rule.
    """

    rule: Rule
    is_segment: bool
    tests: tuple[str, ...]
    through: tuple[str, ...]
    n_true: int
    n_false: int
    n_unknown: int
    idle: tuple[tuple[str, Place], ...]


@dataclass(slots=True)
class _Seen:
    """What is known of one rule so far."""

    open: list[Mutant]
    tests: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


def coverage(
    book: RuleBook, judged: Sequence[tuple[RuleTest, tuple[TestResult, ...]]]
) -> tuple[RuleCoverage, ...]:
    """
    What tests cover of a book.

    Args:
        book: The project's rules.
        judged: Every test with its results.

    Returns:
        One entry per rule, traits first, in the order written.
    """
    rules, segments = book.rules(), {rule.name for rule in book.segments}
    seen = {name: _Seen(list(mutants(rule))) for name, rule in rules.items()}
    for test, results in judged:
        for result in results:
            known = seen[result.expected.rule]
            known.states.append(_state(result))
            if test.name not in known.tests:
                known.tests.append(test.name)
        _strike_out(test, results, book, seen)
    tested = [name for name, known in seen.items() if known.tests]
    needed = {name: closure([name], book) - {name} for name in tested}
    return tuple(
        RuleCoverage(
            rule=rules[name],
            is_segment=name in segments,
            tests=tuple(known.tests),
            through=tuple(other for other in tested if name in needed[other]),
            n_true=known.states.count("true"),
            n_false=known.states.count("false"),
            n_unknown=known.states.count("unknown"),
            idle=tuple((mutant.text, mutant.place) for mutant in known.open) if known.tests else (),
        )
        for name, known in seen.items()
    )


def _state(result: TestResult) -> str:
    if result.expected.state == "unknown":
        return "unknown"
    return {True: "true", False: "false"}.get(result.expected.value is True, "value")


def _strike_out(
    test: RuleTest, results: Iterable[TestResult], book: RuleBook, seen: dict[str, _Seen]
) -> None:
    """Take the conditions that decide in a test off the lists of those that never did."""
    asked: dict[str, list[int]] = {}
    for result in results:
        asked.setdefault(result.expected.rule, []).append(test.number(result.expected.customer))
    segments = {rule.name for rule in book.segments}
    tried = {
        f"mutant_{i}_": (name, mutant)
        for i, (name, mutant) in enumerate((name, each) for name in asked for each in seen[name].open)
    }
    if not tried:
        return
    made = [replace(mutant.rule, name=name) for name, (_, mutant) in tried.items()]
    more = (
        tuple(rule for rule in made if tried[rule.name][0] not in segments),
        tuple(rule for rule in made if tried[rule.name][0] in segments),
    )
    answers = test.world.answers(narrowed(book, asked, more))
    for column, (name, mutant) in tried.items():
        mine = answers.filter(pl.col("profile_id").is_in(asked[name]))
        if any(not mine[column + part].equals(mine[name + part]) for part in _parts(name, segments)):
            seen[name].open.remove(mutant)


def _parts(name: str, segments: set[str]) -> tuple[str, ...]:
    """The columns that hold the answer of a rule."""
    return ("",) if name in segments else ("", "#known")
