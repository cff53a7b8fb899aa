"""
From a folder to a `Project`: files are read, put together, checked against each other, and refused together.

Every file stands for itself and for the others: all findings of all files are gathered before anything is
raised. What a file that could not be read would have declared is not held against the other files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from cdptool.config.destinations import read_destinations
from cdptool.config.exports import EXPORTS_KEYS
from cdptool.config.forms import Reading, Shape, closest, nearest
from cdptool.config.merge import MERGE_SHAPE
from cdptool.config.model import Project
from cdptool.config.names import OWN_COLUMNS, gather_names
from cdptool.config.plan import PLAN_SHAPE
from cdptool.config.project import PROJECT_SHAPE, absolute
from cdptool.config.reader import Entry, Scalar, Table, read_yaml
from cdptool.config.rules import RULES_KEYS, refuse_clashes
from cdptool.config.settings import settings_of, settle
from cdptool.config.sources import SOURCES_KEYS, complete_sources
from cdptool.destinations.spec import ExportSpec
from cdptool.errors import ConfigError, Finding, Place
from cdptool.rules.book import RuleBook
from cdptool.sources.spec import SourceSpec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Sources:
    sources: tuple[SourceSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class _Exports:
    exports: tuple[ExportSpec, ...] = ()


SOURCES_SHAPE: Final = Shape("sources.yaml", _Sources, SOURCES_KEYS)
RULES_SHAPE: Final = Shape("rules.yaml", RuleBook, RULES_KEYS)
EXPORTS_SHAPE: Final = Shape("exports.yaml", _Exports, EXPORTS_KEYS)

# Each file and the section it holds. project.yaml may hold the keys of all of them.
FILES: Final[tuple[tuple[str, Shape[Any]], ...]] = (
    ("project.yaml", PROJECT_SHAPE),
    ("sources.yaml", SOURCES_SHAPE),
    ("merge.yaml", MERGE_SHAPE),
    ("rules.yaml", RULES_SHAPE),
    ("plan.yaml", PLAN_SHAPE),
    ("exports.yaml", EXPORTS_SHAPE),
)
_FILE_OF: Final = {key: file for file, shape in FILES for key in shape.keys}
_VERSION: Final = "1"


@dataclass(slots=True)
class _Found:
    """What the files hold: all top-level keys together, the findings, the keys whose file cannot be read."""

    entries: dict[str, Entry] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def attempt(self, part: Callable[[], T]) -> T | None:
        """The result of a part, or None where it was refused; its findings are kept."""
        try:
            return part()
        except ConfigError as error:
            self.findings.extend(error.findings)
            return None


def load_project(
    folder: Path, overrides: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None
) -> Project:
    """
    Read the project of a folder.

    Args:
        folder: Holds project.yaml, or a folder `configs` with it.
        overrides: Settings given on the command line: a name of `SETTINGS` and its text. They win over all.
        env: The environment; `CDPTOOL_TZ` and its like win over the files.

    Returns:
        The project, checked.

    Raises:
        ConfigError: With every finding of every file, sorted by place.
    """
    root = find_root(folder)
    found = _read_files(root)
    written = Table(tuple(found.entries.values()), Place(str(root / "project.yaml"), 1, 1))
    top = found.attempt(partial(settle, written, overrides or {}, env or {})) or written
    destinations = read_destinations(root / "destinations")
    found.findings.extend(destinations.findings)
    kinds = {each.id: OWN_COLUMNS if each.columns else "" for each in destinations.specs}
    reading = Reading(gather_names(top, kinds, found.unreadable))
    basics = _section(found, top, PROJECT_SHAPE, reading)
    sources = _section(found, top, SOURCES_SHAPE, reading) or _Sources()
    merge = _section(found, top, MERGE_SHAPE, reading)
    rules = _section(found, top, RULES_SHAPE, reading)
    calendar = {"tz": basics.tz, "week_starts": basics.week_starts} if basics else {}
    plan = _section(found, top, PLAN_SHAPE, reading, calendar)
    exports = _section(found, top, EXPORTS_SHAPE, reading) or _Exports()
    if rules:
        found.attempt(partial(refuse_clashes, rules, reading))
    complete = found.attempt(partial(complete_sources, sources.sources, basics)) if basics else None
    if found.findings or basics is None or complete is None:
        raise ConfigError(*in_order(found.findings))
    return Project(
        root=root,
        name=basics.name,
        tz=basics.tz,
        week_starts=basics.week_starts,
        currency=basics.currency,
        region=basics.region,
        workspace=absolute(root, basics.workspace),
        out=absolute(root, basics.out),
        fields=basics.fields,
        streams=basics.streams,
        tables=basics.tables,
        sources=complete,
        merge=merge,
        rules=rules,
        plan=plan,
        exports=exports.exports,
        destinations=destinations.specs,
        settings=settings_of(top, reading.defaults, tuple(_FILE_OF)),
    )


def find_root(folder: Path) -> Path:
    """
    The folder that holds project.yaml: this one, else its `configs`.

    Raises:
        ConfigError: Where neither does.
    """
    for root in (folder, folder / "configs"):
        if (root / "project.yaml").is_file():
            return root
    hint = "name the project's folder with -C"
    raise ConfigError("no project.yaml here nor in `configs`", place=Place(str(folder)), hint=hint)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by place, each once; those without a place first."""

    def key(finding: Finding) -> tuple[str, int, int, str]:
        place = finding.place or Place("")
        return place.file, place.line or 0, place.column or 0, finding.problem

    return sorted(dict.fromkeys(findings), key=key)


def _section(
    found: _Found, top: Table, shape: Shape[T], reading: Reading, given: Mapping[str, object] | None = None
) -> T | None:
    """Read the keys of one section; None where there are none, or where it was refused."""
    entries = tuple(entry for entry in top if entry.key.text in shape.keys)
    if (not entries and shape is not PROJECT_SHAPE) or found.unreadable & set(shape.keys):
        return None
    place = entries[0].key.place if entries else top.place
    return found.attempt(lambda: shape.read(Table(entries, place), reading, given or {}, place))


def _read_files(root: Path) -> _Found:
    found = _Found()
    for file, shape in FILES:
        path = root / file
        if not path.exists():
            continue
        top = _read_file(path, found)
        if top is None:
            found.unreadable |= set(_FILE_OF) if file == "project.yaml" else set(shape.keys)
            continue
        _check_version(top, str(path), found)
        for entry in top:
            _take(entry, file, shape, found)
    _misspelt_files(root, found)
    return found


def _read_file(path: Path, found: _Found) -> Table | None:
    try:
        data = path.read_bytes()
    except OSError:
        hint = "check that it is a file and that you may read it"
        found.findings.append(Finding("cannot read the file", Place(str(path)), hint))
        return None
    document = read_yaml(data, str(path))
    found.findings.extend(document.findings)
    return document.top


def _check_version(top: Table, file: str, found: _Found) -> None:
    version, hint = top.get("version"), f"write `version: {_VERSION}` as its first line"
    if version is None:
        found.findings.append(Finding("missing key `version`", Place(file, 1, 1), hint))
    elif not isinstance(version, Scalar) or version.text != _VERSION:
        problem = f"expected version {_VERSION} of the file format"
        found.findings.append(Finding(problem, version.place, f"this cdptool reads version {_VERSION} only"))
    elif top.entries[0].key.text != "version":
        place = next(entry.key.place for entry in top if entry.key.text == "version")
        found.findings.append(Finding("`version` is not the first key", place, hint))


def _take(entry: Entry, file: str, shape: Shape[Any], found: _Found) -> None:
    """Put one top-level key beside those of the other files."""
    key, place = entry.key.text, entry.key.place
    if key == "version":
        return
    allowed = tuple(_FILE_OF) if file == "project.yaml" else tuple(shape.keys)
    if key not in allowed:
        elsewhere = _FILE_OF.get(key)
        hint = f"it stands in {elsewhere} or project.yaml" if elsewhere else nearest(key, allowed)
        found.findings.append(Finding(f"unknown key `{key}` in {file}", place, hint))
        # What is meant is read as well: its own errors are told, and nothing is missed elsewhere.
        meant = key if elsewhere else closest(key, allowed)
        if meant and meant not in found.entries:
            found.entries[meant] = Entry(Scalar(meant, False, place, place), entry.value)
    elif key in found.entries:
        first = found.entries[key].key.place
        problem = f"key `{key}` stands in two files"
        found.findings.append(Finding(problem, place, f"the other is at {first}; keep one of them"))
    else:
        found.entries[key] = entry


def _misspelt_files(root: Path, found: _Found) -> None:
    """A file whose name is nearly one of ours would be left out in silence."""
    names = [file for file, _ in FILES]
    for path in sorted(each for each in root.iterdir() if each.suffix in (".yaml", ".yml")):
        meant = closest(path.stem, [name.removesuffix(".yaml") for name in names], least=0.8)
        if meant and path.name not in names:
            hint = f"did you mean `{meant}.yaml`?"
            found.findings.append(Finding("this file is not read", Place(str(path)), hint))
