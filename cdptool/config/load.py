"""
From a folder to a `Project`: files are read, put together, checked against each other, and refused together.

Every file stands for itself and for the others: all findings of all files are gathered before anything is
raised. What a file that could not be read would have declared is not held against the other files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from cdptool.config.audiences import with_audiences
from cdptool.config.destinations import read_destinations
from cdptool.config.exports import EXPORTS_KEYS
from cdptool.config.files import Found, read_files
from cdptool.config.forms import Reading, Shape
from cdptool.config.guards import GUARD_KEYS
from cdptool.config.libraries import with_included
from cdptool.config.merge import MERGE_SHAPE
from cdptool.config.model import Project
from cdptool.config.models import MODELS_KEYS, judge_models
from cdptool.config.names import OWN_COLUMNS, gather_names
from cdptool.config.plan import PLAN_SHAPE
from cdptool.config.project import PROJECT_SHAPE, Basics, absolute
from cdptool.config.reader import Table
from cdptool.config.rules import RULES_KEYS, judge_rules
from cdptool.config.sessions import SESSIONS_KEYS, judge_sessions
from cdptool.config.settings import settings_of, settle
from cdptool.config.sources import SOURCES_KEYS, complete_sources
from cdptool.config.table_files import table_sources
from cdptool.decisions.check import plan_warnings
from cdptool.decisions.spec import Plan
from cdptool.destinations.spec import ExportSpec
from cdptool.errors import ConfigError, Finding, Place
from cdptool.identity.spec import MergePlan
from cdptool.models import ModelSpec, with_models
from cdptool.profiles.guards import Guard
from cdptool.rules import Catalog, RuleBook
from cdptool.sources.spec import SourceSpec
from cdptool.web.spec import SessionSpec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Sources:
    sources: tuple[SourceSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class _Exports:
    exports: tuple[ExportSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sessions:
    sessions: tuple[SessionSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class _Guards:
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class _Models:
    models: tuple[ModelSpec, ...] = ()


SESSIONS_SHAPE: Final = Shape("project.yaml", _Sessions, SESSIONS_KEYS)
SOURCES_SHAPE: Final = Shape("sources.yaml", _Sources, SOURCES_KEYS)
RULES_SHAPE: Final = Shape("rules.yaml", RuleBook, RULES_KEYS)
MODELS_SHAPE: Final = Shape("rules.yaml", _Models, MODELS_KEYS)
GUARDS_SHAPE: Final = Shape("rules.yaml", _Guards, GUARD_KEYS)
EXPORTS_SHAPE: Final = Shape("exports.yaml", _Exports, EXPORTS_KEYS)

# Each file and the section it holds. project.yaml may hold the keys of all of them.
FILES: Final[tuple[tuple[str, Shape[Any]], ...]] = (
    ("project.yaml", PROJECT_SHAPE),
    ("project.yaml", SESSIONS_SHAPE),
    ("sources.yaml", SOURCES_SHAPE),
    ("merge.yaml", MERGE_SHAPE),
    ("rules.yaml", RULES_SHAPE),
    ("rules.yaml", MODELS_SHAPE),
    ("rules.yaml", GUARDS_SHAPE),
    ("plan.yaml", PLAN_SHAPE),
    ("exports.yaml", EXPORTS_SHAPE),
)
_FILE_OF: Final = {key: file for file, shape in FILES for key in shape.keys} | {"include": "rules.yaml"}


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
    found = read_files(root, _FILE_OF)
    written = Table(tuple(found.entries.values()), Place(str(root / "project.yaml"), 1, 1))
    top = found.attempt(partial(settle, written, overrides or {}, env or {})) or written
    destinations = read_destinations(root / "destinations")
    found.findings.extend(destinations.findings)
    kinds = {each.id: OWN_COLUMNS if each.columns else "" for each in destinations.specs}
    declared = Reading(gather_names(top, kinds, found.unreadable))
    top = with_audiences(found.attempt(partial(with_included, top, declared)) or top)
    unread: list[Finding] = []
    reading = Reading(gather_names(top, kinds, found.unreadable), refused=unread)
    parts = _read_sections(found, top, reading)
    warnings = _judge(found, parts, reading)
    found.findings.extend(unread)
    if found.findings or parts.basics is None:
        raise ConfigError(*in_order(found.findings))
    basics = parts.basics
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
        sessions=parts.sessions,
        sources=parts.sources,
        merge=parts.merge,
        rules=parts.rules,
        models=parts.models,
        guards=parts.guards,
        plan=parts.plan,
        exports=parts.exports,
        destinations=destinations.specs,
        settings=settings_of(top, reading.defaults, tuple(_FILE_OF)),
        warnings=warnings,
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """The sections that could be read."""

    basics: Basics | None
    sessions: tuple[SessionSpec, ...]
    sources: tuple[SourceSpec, ...]
    merge: MergePlan | None
    rules: RuleBook | None
    models: tuple[ModelSpec, ...]
    guards: tuple[Guard, ...]
    plan: Plan | None
    exports: tuple[ExportSpec, ...]


def _read_sections(found: Found, top: Table, reading: Reading) -> _Parts:
    basics = _section(found, top, PROJECT_SHAPE, reading)
    sources = _section(found, top, SOURCES_SHAPE, reading) or _Sources()
    made = found.attempt(partial(table_sources, basics, sources.sources)) if basics else None
    declared = (*sources.sources, *(made or ()))
    complete = found.attempt(partial(complete_sources, declared, basics)) if basics else None
    calendar = {"tz": basics.tz, "week_starts": basics.week_starts} if basics else {}
    return _Parts(
        basics,
        (_section(found, top, SESSIONS_SHAPE, reading) or _Sessions()).sessions,
        complete or (),
        _section(found, top, MERGE_SHAPE, reading),
        _section(found, top, RULES_SHAPE, reading),
        (_section(found, top, MODELS_SHAPE, reading) or _Models()).models,
        (_section(found, top, GUARDS_SHAPE, reading) or _Guards()).guards,
        _section(found, top, PLAN_SHAPE, reading, calendar),
        (_section(found, top, EXPORTS_SHAPE, reading) or _Exports()).exports,
    )


def _judge(found: Found, parts: _Parts, reading: Reading) -> tuple[Finding, ...]:
    """Add what the rule language refuses to the findings; give back its warnings and the plan's, in order."""
    basics = parts.basics
    if basics is None or found.unreadable:
        return ()
    lists = tuple(reading.types("list"))
    streams = (*basics.streams, *(spec.schema for spec in parts.sessions))
    fields = (*basics.fields, *(parts.merge.made_fields if parts.merge else ()))
    catalog = Catalog(fields, streams, basics.tables, lists, basics.tz, basics.week_starts)
    catalog = catalog.with_keyed_tables()
    judged = (
        *judge_sessions(parts.sessions, basics.streams),
        *judge_rules(parts.rules, parts.plan, with_models(catalog, parts.models)),
        *judge_models(parts.models, parts.rules, catalog),
        *(plan_warnings(parts.plan) if parts.plan is not None else ()),
    )
    found.findings += [each for each in judged if each.severity == "error"]
    return tuple(in_order(each for each in judged if each.severity != "error"))


def find_root(folder: Path) -> Path:
    """
    The folder that holds project.yaml: this one, else its `configs`.

    Raises:
        ConfigError: Where neither does, or where it may not be read.
    """
    for root in (folder, folder / "configs"):
        try:
            if (root / "project.yaml").is_file():
                return root
        except OSError:
            hint = "check that you may read it"
            raise ConfigError("cannot read the folder", place=Place(str(root)), hint=hint) from None
    hint = "name the project's folder with -C"
    raise ConfigError("no project.yaml here nor in `configs`", place=Place(str(folder)), hint=hint)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by place, each once; those without a place first."""

    def key(finding: Finding) -> tuple[str, int, int, str]:
        place = finding.place or Place("")
        return place.file, place.line or 0, place.column or 0, finding.problem

    return sorted(dict.fromkeys(findings), key=key)


def _section(
    found: Found, top: Table, shape: Shape[T], reading: Reading, given: Mapping[str, object] | None = None
) -> T | None:
    """Read the keys of one section; None where there are none, or where it was refused."""
    entries = tuple(entry for entry in top if entry.key.text in shape.keys)
    if (not entries and shape is not PROJECT_SHAPE) or found.unreadable & set(shape.keys):
        return None
    place = entries[0].key.place if entries else top.place
    return found.attempt(lambda: shape.read(Table(entries, place), reading, given or {}, place))
