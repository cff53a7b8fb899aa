"""The mapped columns of a source: what one of our columns is made from, and how its texts are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from cdptool.config.forms import Into, ListOf, MapOf, Reading, Shape, check_known, gather, wrong
from cdptool.config.project import currency_code, region, zone
from cdptool.config.reader import Entry, Scalar, Table, Value
from cdptool.config.scalars import OneOf, boolean, constant, text
from cdptool.errors import ConfigError, Finding, Place
from cdptool.fields.text_parts import PARTS
from cdptool.rules import parse
from cdptool.sources.expressions import compiled_column, compiled_filter
from cdptool.sources.spec import Expression, Mapped

# Which options mean something for which types; `format` of a date, `decimal` of a number.
_OPTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("format", ("date", "datetime")),
    ("tz", ("datetime",)),
    ("currency", ("money",)),
    ("currency_from", ("money",)),
    ("decimal", ("money", "number", "integer")),
    ("region", ("phone",)),
    ("part", ("person_name", "text", "identifier")),
)
_ORIGINS: Final = ("column", "value", "expr", "first")


def expression(value: Value, reading: Reading) -> Expression:
    """An expression over the columns of the file; which columns there are is known when it is read."""
    line = text(value, reading)
    place = value.text_place if isinstance(value, Scalar) else value.place
    parse(line, place, names_columns=True)
    return Expression(line, place)


def condition(value: Value, reading: Reading) -> Expression:
    """An expression that is true or false of a row of the file."""
    line = expression(value, reading)
    compiled_filter(line)
    return line


def labelled(value: Value, reading: Reading) -> tuple[str, Expression]:
    """One `label: condition` of a choice."""
    if not isinstance(value, Table) or len(value.entries) != 1:
        raise wrong("one `label: condition`", value, """write `- store: 'till != ""'`""")
    entry = value.entries[0]
    return constant(entry.key, reading), expression(entry.value, reading)


def file_columns(value: Value, reading: Reading) -> tuple[str | None, tuple[str, ...]]:
    """The column of the file, and those to look into where it has no valid value."""
    first, *rest = ListOf(text, or_one=True, least=1)(value, reading)
    return first, tuple(rest)


def meaning(entry: Entry, reading: Reading) -> tuple[str, str]:
    """A text of the file, and what it stands for."""
    return entry.key.text, constant(entry.value, reading)


def written(value: Value, reading: Reading) -> str:
    """A text as it stands in the file, such as `1` or `no`."""
    return constant(value, reading)


def otherwise(value: Value, reading: Reading) -> str:
    """What becomes of a text that `values` does not list; `null` is a word here."""
    if isinstance(value, Scalar) and value.text == "null":
        return "null"
    return OneOf(("keep", "null", "quarantine"), "way to treat other texts")(value, reading)


_MAPPED: Final = Shape(
    "a mapped column",
    Mapped,
    {
        "column": Into(file_columns, ("column", "fallbacks")),
        "value": constant,
        "expr": expression,
        "first": ListOf(labelled, least=1),
        "values": MapOf(meaning, written),
        "else": Into(otherwise, ("otherwise",)),
        "required": boolean,
        "format": ListOf(text, or_one=True, least=1),
        "tz": zone,
        "currency": currency_code,
        "currency_from": text,
        "decimal": OneOf((".", ","), "decimal sign"),
        "region": region,
        "part": OneOf(PARTS, "part of a text"),
    },
)


def mapped(entry: Entry, reading: Reading, kind: str | None) -> Mapped:
    """One of our columns: the name of the file's column, or the long form with options."""
    name, place = entry.key.text, entry.key.place
    parts: list[Any] = [partial(_mapped_value, entry, reading, kind)]
    if kind:
        parts.append(partial(check_known, kind, name, place, reading))
    return cast(Mapped, gather(parts)[0])


def _mapped_value(entry: Entry, reading: Reading, kind: str | None) -> Mapped:
    types = reading.types(kind or "")
    return read_mapped(entry.key.text, types.get(entry.key.text, ""), entry.value, entry.key.place, reading)


def read_mapped(name: str, kind: str, value: Value, place: Place, reading: Reading) -> Mapped:
    if not isinstance(value, Table):
        column, fallbacks = file_columns(value, reading)
        return Mapped(name, kind, column=column, fallbacks=fallbacks, place=place)
    result = _MAPPED.read(value, reading, {"name": name, "type": kind}, place)
    findings = []
    if sum(value.get(key) is not None for key in _ORIGINS) != 1:
        problem = "a mapped column needs one of `column`, `value`, `expr` and `first`"
        findings.append(Finding(problem, place, "keep one of them"))
    if value.get("else") is not None and not result.values:
        findings.append(Finding("`else` means nothing without `values`", place, "add `values:`"))
    try:
        compiled_column(result)
    except ConfigError as error:
        findings += error.findings
    for option, types in _OPTIONS:
        written = next((entry for entry in value if entry.key.text == option), None)
        if written and kind and kind not in types:
            problem = f"`{option}` means nothing for type `{kind}`"
            findings.append(Finding(problem, written.key.place, f"it is read for {', '.join(types)}"))
    if findings:
        raise ConfigError(*findings)
    return result


def at(value: Value, reading: Reading) -> Mapped:
    """When a row happened or was true."""
    return read_mapped("at", "datetime", value, value.place, reading)


@dataclass(frozen=True, slots=True)
class MappedColumns:
    """The mapped columns of a source; `kind` names what they may be, None where that is not known."""

    kind: str | None

    def __call__(self, value: Value, reading: Reading) -> tuple[Mapped, ...]:
        return MapOf(partial(mapped, kind=self.kind), text)(value, reading)
