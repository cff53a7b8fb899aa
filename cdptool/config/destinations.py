"""
Specs of destinations: those that come with cdptool, and those a project adds under `destinations/`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from cdptool.config.forms import Into, ListOf, Reading, Shape, refused
from cdptool.config.reader import Scalar, Value, read_yaml
from cdptool.config.scalars import Integer, OneOf, boolean, constant, date_text, one_sign, safe_name, text
from cdptool.destinations.spec import DestinationSpec, FileColumn, FileFormat
from cdptool.errors import ConfigError, Finding, Place


def newline(value: Value, _: Reading) -> str:
    """How a line ends."""
    if not isinstance(value, Scalar) or value.text not in ("\n", "\r\n"):
        raise refused("expected a line end", value.place, 'write `"\\n"` or `"\\r\\n"`')
    return value.text


_TEXTS: Final = ListOf(text)
_FILE: Final = Shape(
    "the file of a destination",
    FileFormat,
    {
        "format": OneOf(("csv", "parquet"), "format"),
        "delimiter": one_sign,
        "bom": boolean,
        "newline": newline,
        "min_rows_warn": Integer(),
        "max_rows": Integer(1),
        "formula_guard": boolean,
    },
)
_COLUMN: Final = Shape(
    "a column of a destination",
    FileColumn,
    {
        "header": text,
        "from": Into(text, ("source",)),
        "repeat": Integer(1),
        "normalize": _TEXTS,
        "hash": OneOf(("none", "sha256_hex", "sha256_base64"), "hash"),
        "needs": _TEXTS,
        "prehashed": boolean,
        "join": constant,
        "one_row_each": boolean,
    },
)
_DESTINATION: Final = Shape(
    "a destination",
    DestinationSpec,
    {
        "id": safe_name,
        "spec_version": text,
        "source": text,
        "checked_on": date_text,
        "file": _FILE,
        "columns": ListOf(_COLUMN),
        "require_any": ListOf(_TEXTS),
        "consent_purpose": text,
        "recipient": text,
        "country": text,
    },
)


class Destinations(NamedTuple):
    """The destinations by id, and what was found wrong in their files."""

    specs: tuple[DestinationSpec, ...]
    findings: tuple[Finding, ...]


def read_destinations(folder: Path | None) -> Destinations:
    """
    Read every destination.

    Args:
        folder: The project's own specs; they win over one of the same id that comes with cdptool.

    Returns:
        Destinations, sorted by id.
    """
    specs = {spec.id: spec for spec in _built_in()}
    findings: list[Finding] = []
    own = sorted(folder.glob("*.yaml")) if folder else []
    for file in own:
        try:
            spec = read_destination(file.read_bytes(), str(file))
            specs[spec.id] = spec
        except ConfigError as error:
            findings += error.findings
        except OSError:
            findings.append(Finding("cannot read the file", Place(str(file)), "check that you may read it"))
    return Destinations(tuple(specs[key] for key in sorted(specs)), tuple(findings))


@cache
def _built_in() -> tuple[DestinationSpec, ...]:
    """The specs of the package. Read once: they do not change while cdptool runs."""
    folder = resources.files("cdptool.destinations").joinpath("specs")
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name
    )
    return tuple(
        read_destination(each.read_bytes(), f"cdptool/destinations/specs/{each.name}") for each in files
    )


def read_destination(data: bytes, file: str) -> DestinationSpec:
    """
    Read the spec of one destination.

    Raises:
        ConfigError: With everything wrong in the file.
    """
    document = read_yaml(data, file)
    if document.top is None or document.findings:
        raise ConfigError(*document.findings)
    spec = _DESTINATION.read(document.top, Reading(), {}, Place(file, 1, 1))
    headers = {column.header for column in spec.columns}
    needed = {header for column in spec.columns for header in column.needs}
    wanted = needed | {header for headers_together in spec.require_any for header in headers_together}
    if unknown := sorted(wanted - headers):
        names = ", ".join(f"`{name}`" for name in unknown)
        raise ConfigError(f"no column has the header {names}", place=Place(file, 1, 1))
    return spec
