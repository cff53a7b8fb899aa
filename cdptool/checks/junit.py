"""Results as JUnit XML, which every CI system opens: one suite per source, one test case per expectation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cdptool.checks.spec import Result

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(suites: Sequence[tuple[str, Sequence[Result]]], *, name: str) -> bytes:
    """
    The results of all sources.

    Args:
        suites: Source → its results, in order.
        name: What the whole is called.

    Returns:
        UTF-8 bytes. A failed error is a `failure`; a failed warning passes and says so in `system-out`, for JUnit
        knows no warnings; what could not be judged is `skipped`. Without times: same results, same bytes.
    """
    root = Element("testsuites", {"name": _plain(name)})
    totals = [0, 0, 0]
    for source, results in suites:
        suite = SubElement(root, "testsuite", {"name": _plain(source)})
        counts = [len(results), sum(map(_fails, results)), sum(map(_is_skipped, results))]
        _count(suite, counts)
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        for result in results:
            _case(suite, source, result)
    _count(root, totals)
    indent(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _count(element: Element, counts: Sequence[int]) -> None:
    for key, count in zip(("tests", "failures", "skipped"), counts, strict=True):
        element.set(key, str(count))
    element.set("errors", "0")


def _case(suite: Element, source: str, result: Result) -> None:
    expectation = result.expectation
    attributes = {
        "classname": _plain(f"sources.{source}"),
        "name": _plain(expectation.label),
        "file": _plain(expectation.place.file),
        "line": str(expectation.place.line or 0),
    }
    case = SubElement(suite, "testcase", attributes)
    where = "\n".join(str(place) for place in result.places)
    if _fails(result):
        failure = SubElement(case, "failure", {"type": "error", "message": _plain(result.told)})
        failure.text = _plain(where)
    elif _is_skipped(result):
        SubElement(case, "skipped", {"message": _plain(result.told)})
    elif result.outcome == "failed":
        SubElement(case, "system-out").text = _plain(f"warning: {result.told}\n{where}")


def _fails(result: Result) -> bool:
    return result.outcome == "failed" and result.expectation.severity == "error"


def _is_skipped(result: Result) -> bool:
    return result.outcome == "not judged"


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
