"""
What a source expects of its data: lines under `expect:`, and the keys of the collection plan that promise data.

`max_lag`, `every`, `from` and `until` are short for lines that could stand under `expect:` as well, so that one
machinery judges them all. Lines are understood once all streams and tables are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from cdptool.checks import Expectation, read_expectation, schema_of_rows
from cdptool.checks.spec import Severity
from cdptool.config.forms import Form, Into, ListOf, Reading, Shape, gather, refused
from cdptool.config.project import Basics
from cdptool.config.reader import Scalar, Table, Value
from cdptool.config.scalars import OneOf, date_text, duration, share, text
from cdptool.errors import ConfigError
from cdptool.rules import Catalog
from cdptool.sources.spec import SourceSpec


@dataclass(frozen=True, slots=True)
class _Options:
    """What may be said of a line beside the line itself."""

    severity: str = "error"
    name: str | None = None
    at_least: float = 1.0


_OPTIONS: Final = Shape(
    "an expectation",
    _Options,
    {"severity": OneOf(("error", "warning"), "severity"), "name": text, "at_least": share},
)


def expectation(value: Value, reading: Reading) -> Expectation:
    """One line, or a mapping with the line under `check`, and its severity, name and share."""
    if not isinstance(value, Table):
        return _expected(value, reading, _Options())
    line = value.get("check")
    if line is None:
        hint = "write `{check: quantity > 0, severity: warning}`"
        raise refused("missing key `check` in an expectation", value.place, hint)
    others = Table(tuple(entry for entry in value if entry.key.text != "check"), value.place)
    return _expected(line, reading, _OPTIONS.read(others, Reading(reading.names), {}, value.place))


def _expected(line: Value, reading: Reading, options: _Options) -> Expectation:
    written = text(line, reading)
    place = line.text_place if isinstance(line, Scalar) else line.place
    severity: Severity = "error" if options.severity == "error" else "warning"
    return Expectation(written, options.name, severity, options.at_least, place)


EXPECT: Final = ListOf(expectation, or_one=True)


@dataclass(frozen=True, slots=True)
class _Promise:
    """A key of the collection plan: how its value is read, and the line it is short for."""

    key: str
    form: Form[object]
    line: str

    def __call__(self, value: Value, reading: Reading) -> Expectation:
        self.form(value, reading)
        written = text(value, reading)
        return Expectation(self.line.format(written), f"{self.key} {written}", place=value.place)


PLAN_KEYS: Final[dict[str, Form[Expectation] | Into[Expectation]]] = {
    "max_lag": _Promise("max_lag", duration, "newest(at) within {}"),
    "every": _Promise("every", duration, "every {}"),
    "from": Into(_Promise("from", date_text, 'day >= "{}"'), ("expected_from",)),
    "until": Into(_Promise("until", date_text, 'day <= "{}"'), ("expected_until",)),
}


def judge_expectations(spec: SourceSpec, basics: Basics) -> None:
    """
    Refuse lines that cannot be understood, all of them together.

    Raises:
        ConfigError: With the place inside each line.
    """
    catalog = Catalog(basics.fields, basics.streams, basics.tables, (), basics.tz, basics.week_starts)
    schema = schema_of_rows(spec.feeds, spec.target, catalog)
    has_time = spec.at is not None
    if spec.every and not has_time:
        raise ConfigError(
            "`every` needs rows with a time", place=spec.place, hint="declare `at:` for the source"
        )
    gather(
        partial(read_expectation, each.text, each.place, schema, catalog, has_time=has_time)
        for each in spec.expectations
    )
