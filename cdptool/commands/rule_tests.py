"""
`cdptool test`: what `tests/*.yaml` expect of the project's rules, held against what the rules say.

Reads no workspace: every test brings its own small world. Besides, it tells which rules and conditions no test is about.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from cdptool.checks import Case, junit_of_cases
from cdptool.commands.answered import answer_data, expected_text, told_answer
from cdptool.commands.files import write_file
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings
from cdptool.commands.traced import Telling
from cdptool.config import Project, load_project
from cdptool.config.rule_tests import load_rule_tests
from cdptool.errors import ConfigError, Finding, Place, UsageError
from cdptool.profiles.coverage import RuleCoverage, coverage
from cdptool.profiles.rule_tests import RuleTest, TestResult, judge_test
from cdptool.profiles.tracing import trace
from cdptool.rules import Rule, RuleBook
from cdptool.rules.narrowing import narrowed

Judged = Sequence[tuple[RuleTest, tuple[TestResult, ...]]]


class _Told(NamedTuple):
    """A rule taken apart, for people and for programs."""

    lines: tuple[str, ...]
    data: list[dict[str, Any]]


Traces = Mapping[Place, _Told]  # by the place of what was expected

FAILED: Final = 1
TESTS: Final = ("test", "expects", "outcome")
_MOST_TRACED: Final = 10
GAPS: Final = ("rule", "tests", "not tested yet", "place")


def run_rule_tests(settings: Settings, names: tuple[str, ...], *, junit: Path | None = None) -> Report:
    """
    Run the command for all tests, or for those that are meant by a name: of a test, of its file, of a rule.

    Returns:
        The report, with exit code 1 where an expectation fails.

    Raises:
        ConfigError: If the project or a test cannot be read as what it should be.
        UsageError: If there are no tests, or none of such a name.
    """
    project = load_project(settings.project, settings.overrides(), os.environ)
    book = project.rules or RuleBook()
    tests = _chosen(load_rule_tests(project), names, project)
    judged = [(test, judged_test) for test, judged_test in zip(tests, _judge(tests, book), strict=True)]
    traced = _traced(judged, book, project.tz)
    if junit is not None:
        write_file(junit, _junit(judged, project, traced))
    covered = tuple(_covered(coverage(book, judged), project))
    return _report(judged, covered, traced, is_part=bool(names), tz=project.tz)


def _covered(found: Iterable[RuleCoverage], project: Project) -> Iterator[RuleCoverage]:
    """The project's own rules, and those of libraries that tests name: their conditions are not ours to hold."""
    for each in found:
        if _is_own(each.rule, project):
            yield each
        elif each.tests:
            yield replace(each, idle=())


def _is_own(rule: Rule, project: Project) -> bool:
    """Whether a rule is written in the project, and not in a library that it includes."""
    return Path(rule.place.file).is_relative_to(project.root)


def _chosen(tests: tuple[RuleTest, ...], names: tuple[str, ...], project: Project) -> tuple[RuleTest, ...]:
    if not tests:
        hint = f"write {project.root / 'tests' / 'segments.yaml'}: see docs/rules.md"
        raise UsageError("the project has no rule tests", hint=hint)
    for name in names:
        if not any(_is_meant(name, test) for test in tests):
            near = get_close_matches(name, [test.name for test in tests], n=1, cutoff=0.4)
            hint = f"did you mean `{near[0]}`?" if near else f"the first is `{tests[0].name}`"
            raise UsageError(f"no test is called `{name}`, nor asks for such a rule", hint=hint)
    return tuple(test for test in tests if not names or any(_is_meant(name, test) for name in names))


def _is_meant(name: str, test: RuleTest) -> bool:
    """Whether the text stands in the name of the test or of its file, or names a rule that it asks for."""
    places = (test.name, Path(test.place.file).stem)
    is_rule = any(name == each.rule for each in test.expected)
    return is_rule or any(name.casefold() in text.casefold() for text in places)


def _judge(tests: Sequence[RuleTest], book: RuleBook) -> list[tuple[TestResult, ...]]:
    """The results of every test; what is expected of the wrong kind is told for all of them together."""
    results, findings = [], list[Finding]()
    for test in tests:
        try:
            results.append(judge_test(test, book))
        except ConfigError as error:
            findings += error.findings
    if findings:
        raise ConfigError(*findings)
    return results


def _traced(judged: Judged, book: RuleBook, tz: str) -> Traces:
    """Of the first expectations that fail: each line of the rule with its truth, and the rows that decided it."""
    failed = [(test, result) for test, results in judged for result in results if not result.holds]
    found = {}
    for test, result in failed[:_MOST_TRACED]:
        expected = result.expected
        places = {key: str(place) for key, place in test.places.items()}
        told = Telling(places, book, test.world.catalog, show_values=True)
        alone = test.world.only(test.number(expected.customer), narrowed(book, [expected.rule]))
        traced = trace(alone, book.rules()[expected.rule], book)
        lines = (
            f"{expected.place}: `{expected.rule}` of {expected.customer}",
            f"  expected {expected_text(expected)}, came {told_answer(result.came, tz)}",
            *told.lines(traced),
            "",
        )
        found[expected.place] = _Told(lines, told.data(traced))
    return found


def _report(
    judged: Judged, covered: tuple[RuleCoverage, ...], traced: Traces, *, is_part: bool, tz: str
) -> Report:
    failed = [(test, result) for test, results in judged for result in results if not result.holds]
    n = sum(len(results) for _, results in judged)
    n_failed_tests = sum(any(not each.holds for each in results) for _, results in judged)
    n_tested = sum(bool(each.tests) for each in covered)
    rows = tuple((test.name, len(results), _outcome(results)) for test, results in judged)
    gaps = () if is_part else tuple(row for each in covered for row in _gaps(each))
    outcome = f"{n_failed_tests} of {len(rows)} tests fail" if failed else f"{len(rows)} tests hold"
    share = "" if is_part else f"; {n_tested} of {len(covered)} rules are tested"
    return Report(
        verb="test",
        summary=f"{outcome}: {n} expectations, {len(failed)} failed{share}",
        data={
            "failed": len(failed),
            "tests": [_test_data(test, results, traced) for test, results in judged],
            "coverage": None if is_part else [_coverage_data(each) for each in covered],
        },
        lines=tuple(line for told in traced.values() for line in told.lines),
        grids=(
            Grid("Rule tests", TESTS, rows),
            *((Grid("Coverage", GAPS, gaps),) if gaps else ()),
        ),
        findings=tuple(_finding(test, result, tz) for test, result in failed),
        exit_code=FAILED if failed else 0,
    )


def _outcome(results: Sequence[TestResult]) -> str:
    n_failed = sum(not each.holds for each in results)
    return f"{n_failed} fail" if n_failed else "holds"


def _finding(test: RuleTest, result: TestResult, tz: str) -> Finding:
    expected = result.expected
    return Finding(
        f"`{test.name}`: `{expected.rule}` of {expected.customer} is {told_answer(result.came, tz)},"
        f" expected {expected_text(expected)}",
        expected.place,
    )


def _gaps(each: RuleCoverage) -> list[tuple[Any, ...]]:
    """What no test is about, one row each."""
    name, n, place = each.rule.name, len(each.tests), str(each.rule.place)
    if not each.tests:
        through = f"only through {', '.join(f'`{other}`' for other in each.through[:3])}"
        return [(name, n, through if each.through else "no test names it", place)]
    rows: list[tuple[Any, ...]] = []
    if each.is_segment and not each.n_true:
        rows.append((name, n, "nobody is expected to be in", place))
    if each.is_segment and not each.n_false:
        rows.append((name, n, "nobody is expected to be out", place))
    return rows + [(name, n, f"never decides: {text}", str(where)) for text, where in each.idle]


def _test_data(test: RuleTest, results: Sequence[TestResult], traced: Traces) -> dict[str, Any]:
    expectations = [
        {
            "rule": each.expected.rule,
            "customer": each.expected.customer,
            "place": str(each.expected.place),
            "expected": expected_text(each.expected),
            "came": answer_data(each.came),
            "holds": each.holds,
            **({"lines": traced[each.expected.place].data} if each.expected.place in traced else {}),
        }
        for each in results
    ]
    return {"name": test.name, "place": str(test.place), "expectations": expectations}


def _coverage_data(each: RuleCoverage) -> dict[str, Any]:
    return {
        "rule": each.rule.name,
        "place": str(each.rule.place),
        "kind": "segment" if each.is_segment else "trait",
        "tests": list(each.tests),
        "through": list(each.through),
        "true": each.n_true,
        "false": each.n_false,
        "unknown": each.n_unknown,
        "never_decides": [{"condition": text, "place": str(place)} for text, place in each.idle],
    }


def _lines(traced: Traces, result: TestResult) -> tuple[str, ...]:
    told = traced.get(result.expected.place)
    return told.lines if told else ()


def _junit(judged: Judged, project: Project, traced: Traces) -> bytes:
    """One suite per file, one case per test."""
    suites: dict[str, list[Case]] = {}
    for test, results in judged:
        failed = [each for each in results if not each.holds]
        told = f"{len(failed)} of {len(results)} expectations fail" if failed else ""
        findings = "\n".join(
            "\n".join((str(_finding(test, each, project.tz)), *_lines(traced, each))) for each in failed
        )
        group = f"tests.{Path(test.place.file).stem}"
        case = Case(group, test.name, test.place, "failed" if failed else "passed", told, findings)
        suites.setdefault(test.place.file, []).append(case)
    return junit_of_cases(list(suites.items()), name=project.name)
