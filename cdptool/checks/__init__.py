"""
What data must be like: expectations as written → forms → results with the places that fail.

`read_expectation` understands one line, `judge` holds all lines of a source against its rows, `junit` writes what
came of them for CI systems. Where rows come from, and which of them are new, is for commands to say.
"""

from __future__ import annotations

from cdptool.checks.evaluate import judge
from cdptool.checks.junit import Case, junit, junit_of_cases
from cdptool.checks.spec import Expectation, Form, Refers, Result, SourceData, Target
from cdptool.checks.syntax import read_expectation, schema_of_rows

__all__ = [
    "Case",
    "Expectation",
    "Form",
    "Refers",
    "Result",
    "SourceData",
    "Target",
    "judge",
    "junit",
    "junit_of_cases",
    "read_expectation",
    "schema_of_rows",
]
