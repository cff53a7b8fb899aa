"""Results as JUnit XML, which every CI system opens: one suite per source or file, one test case per thing checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cdptool.checks.spec import Result
from cdptool.errors import Place

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: where it is written, what came of it in one sentence, and the details below it."""

    group: str
    name: str
    place: Place
    outcome: Literal["passed", "failed", "skipped", "warned"]
    told: str = ""
    details: str = ""


def junit(suites: Sequence[tuple[str, Sequence[Result]]], *, name: str) -> bytes:
    """
    The results of all sources.

    Args:
        suites: Source → its results, in order.
        name: What the whole is called.

    Returns:
        As `junit_of_cases`; a failed warning passes, for JUnit knows no warnings, and says so in `system-out`.
    """
    cases = [(source, [_case_of(source, result) for result in results]) for source, results in suites]
    return junit_of_cases(cases, name=name)


def junit_of_cases(suites: Sequence[tuple[str, Sequence[Case]]], *, name: str) -> bytes:
    """
    Test cases by suite, as XML.

    Returns:
        UTF-8 bytes. Without times: same results, same bytes.
    """
    root = Element("testsuites", {"name": _plain(name)})
    totals = [0, 0, 0]
    for title, cases in suites:
        suite = SubElement(root, "testsuite", {"name": _plain(title)})
        outcomes = [case.outcome for case in cases]
        counts = [len(cases), outcomes.count("failed"), outcomes.count("skipped")]
        _count(suite, counts)
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        for case in cases:
            _write(suite, case)
    _count(root, totals)
    indent(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _count(element: Element, counts: Sequence[int]) -> None:
    for key, count in zip(("tests", "failures", "skipped"), counts, strict=True):
        element.set(key, str(count))
    element.set("errors", "0")


def _write(suite: Element, case: Case) -> None:
    attributes = {
        "classname": _plain(case.group),
        "name": _plain(case.name),
        "file": _plain(case.place.file),
        "line": str(case.place.line or 0),
    }
    element = SubElement(suite, "testcase", attributes)
    if case.outcome == "failed":
        failure = SubElement(element, "failure", {"type": "error", "message": _plain(case.told)})
        failure.text = _plain(case.details)
    elif case.outcome == "skipped":
        SubElement(element, "skipped", {"message": _plain(case.told)})
    elif case.outcome == "warned":
        SubElement(element, "system-out").text = _plain(f"warning: {case.told}\n{case.details}")


def _case_of(source: str, result: Result) -> Case:
    expectation = result.expectation
    outcome: Literal["passed", "failed", "skipped", "warned"] = "passed"
    if result.outcome == "failed":
        outcome = "failed" if expectation.severity == "error" else "warned"
    elif result.outcome == "not judged":
        outcome = "skipped"
    where = "\n".join(str(place) for place in result.places)
    return Case(f"sources.{source}", expectation.label, expectation.place, outcome, result.told, where)


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
