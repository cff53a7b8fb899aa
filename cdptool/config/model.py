"""
A project as the rest of cdptool sees it: one frozen object, no dict, no YAML.

Also what `cdptool config` shows (each setting with its origin) and what `run` compares (a digest per
section, over what was understood: comments, layout and spelled-out defaults do not change it).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from cdptool.decisions.spec import Plan
from cdptool.destinations.spec import DestinationSpec, ExportSpec
from cdptool.errors import Finding
from cdptool.identity.spec import MergePlan
from cdptool.models import ModelSpec, with_models
from cdptool.profiles.guards import Guard
from cdptool.rules import Catalog, RuleBook
from cdptool.sources.spec import SourceSpec
from cdptool.tables import Column, StreamSchema, TableSchema
from cdptool.web.spec import SessionSpec

Week: TypeAlias = Literal["monday", "sunday", "saturday"]
Section: TypeAlias = Literal["project", "sources", "merge", "rules", "plan", "exports"]

# What each step reads. `workspace`, `out` and `name` say where, not what: they change no digest.
SECTIONS: Final[tuple[tuple[Section, tuple[str, ...]], ...]] = (
    ("project", ("tz", "week_starts", "currency", "region", "fields", "streams", "tables", "sessions")),
    ("sources", ("sources",)),
    ("merge", ("merge",)),
    ("rules", ("rules", "models")),
    ("plan", ("plan",)),
    ("exports", ("exports", "destinations", "guards")),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of the effective configuration: its dotted name, the value as text, and where it came from."""

    name: str
    value: str
    origin: str  # "default", "file:line:column", "environment CDPTOOL_X" or "flag"


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a project declares, read and checked."""

    root: Path  # the folder of project.yaml; globs of sources are relative to it
    name: str
    tz: str
    week_starts: Week
    currency: str | None
    region: str | None
    workspace: Path
    out: Path
    fields: tuple[Column, ...]
    streams: tuple[StreamSchema, ...]
    tables: tuple[TableSchema, ...]
    sessions: tuple[SessionSpec, ...]
    sources: tuple[SourceSpec, ...]
    merge: MergePlan | None
    rules: RuleBook | None
    models: tuple[ModelSpec, ...]
    guards: tuple[Guard, ...]
    plan: Plan | None
    exports: tuple[ExportSpec, ...]
    destinations: tuple[DestinationSpec, ...]
    settings: tuple[Setting, ...] = field(default=(), compare=False, repr=False)
    warnings: tuple[Finding, ...] = field(default=(), compare=False, repr=False)  # what may not be meant

    @property
    def catalog(self) -> Catalog:
        """The names that rules may speak of."""
        lists = tuple(f"{name}s" for name in self.merge.listed) if self.merge else ()
        streams = (*self.streams, *(spec.schema for spec in self.sessions))
        fields = (*self.fields, *(self.merge.made_fields if self.merge else ()))
        declared = Catalog(fields, streams, self.tables, lists, self.tz, self.week_starts)
        return with_models(declared.with_keyed_tables(), self.models)

    def digest(self, section: Section) -> str:
        """The sha256 of what a section means, in hex."""
        attributes = dict(SECTIONS)[section]
        meaning = [_meaning(getattr(self, attribute)) for attribute in attributes]
        return hashlib.sha256(json.dumps(meaning, ensure_ascii=False).encode()).hexdigest()

    @property
    def digests(self) -> tuple[tuple[Section, str], ...]:
        """The digest of every section, in the order of the steps."""
        return tuple((section, self.digest(section)) for section, _ in SECTIONS)


def effective(project: Project) -> tuple[Setting, ...]:
    """Every setting of the project with its origin, in the order of the files, defaults beside their kin."""
    return project.settings


def _meaning(value: Any) -> Any:
    """What a value means, as JSON: a dataclass is its kind and what it compares by, so places take no part."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [each for each in dataclasses.fields(value) if each.compare]
        return [type(value).__name__, *([each.name, _meaning(getattr(value, each.name))] for each in fields)]
    if isinstance(value, tuple | list):
        return [_meaning(item) for item in value]
    if isinstance(value, dict):
        return [[key, _meaning(item)] for key, item in value.items()]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
