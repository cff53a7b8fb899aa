"""
A whole project from its files: our names for their columns, and which columns of different files are one field.

Two columns are the same identifier where their values meet, or where they are called alike; never because
they are of one type.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from cdptool.fields import FieldOptions, field_type
from cdptool.inspection.facts import ColumnFacts, FileFacts
from cdptool.inspection.file_words import singular, slug
from cdptool.inspection.naming_words import says_birth, words
from cdptool.inspection.propose import SourceDraft, draft_source, is_device
from cdptool.inspection.settling import Defaults, Settled, settle, settle_time
from cdptool.tables import PROVENANCE, RECORDS, STREAM

_RESERVED: Final = (
    *(
        "at",
        "and",
        "or",
        "not",
        "in",
        "now",
        "me",
        "outer",
        "true",
        "false",
        "a",
        "b",
        "profile_id",
        "is_known",
    ),
    *(
        "given_name",
        "family_name",
        "birth_year",
        "key_id",
        "null",
        "default",
        "row",
        "any",
        "all",
        "none",
        "version",
    ),
)
_FIXED_FIELDS: Final = (*_RESERVED, *RECORDS, *PROVENANCE)
_FIXED_COLUMNS: Final = (*_RESERVED, *STREAM, *PROVENANCE)
_FIRST_NAMES: Final = ("first", "given", "forename", "fname", "firstname", "vorname", "prenom", "ten dem")
_LAST_NAMES: Final = ("last", "family", "surname", "lname", "lastname", "nachname", "apellido", "apellidos")
_CITIES: Final = ("city", "town", "tinh thanh", "tinhthanh", "thanh pho", "ville", "stadt", "ciudad", "citta")
_MEETS: Final = 0.5
_MOST_VALUES: Final = 20_000


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """One of our columns: what it is made from, its type, options and evidence; `ref`: the table it points to."""

    ours: str
    column: str
    settled: Settled
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class SourceProposal:
    """A source as it can be written down. `left_out` are columns of the file in which there is nothing."""

    draft: SourceDraft
    name: str
    target: str | None
    at: Settled | None
    n_without_time: int  # rows whose time is empty or cannot be read, all rows looked at
    identifiers: tuple[DraftColumn, ...]
    columns: tuple[DraftColumn, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectProposal:
    """Everything that is proposed: sources in the order of the files, profile fields and which of them are keys."""

    sources: tuple[SourceProposal, ...]
    fields: dict[str, Settled]
    keys: tuple[str, ...]
    devices: tuple[str, ...]
    defaults: Defaults


def propose_project(files: tuple[FileFacts, ...], defaults: Defaults) -> ProjectProposal:
    """
    Propose a project.

    Args:
        files: What is known of each file; their names differ.
        defaults: Zone, region and currency of the project.
    """
    drafts = [draft_source(file) for file in files]
    naming = _Naming(defaults, tuple(drafts))
    found = {id(draft): naming.records(draft) for draft in drafts if draft.feeds == "records"}
    found |= {id(draft): naming.table(draft) for draft in drafts if draft.feeds == "table"}
    found |= {id(draft): naming.stream(draft) for draft in drafts if draft.feeds == "stream"}
    sources = tuple(found[id(draft)] for draft in drafts)
    keys = tuple(key for key in naming.keys if f"{key}s" not in naming.fields)
    devices = tuple(naming.devices) if set(keys) - set(naming.devices) else ()
    return ProjectProposal(sources, naming.fields, keys, devices, defaults)


@dataclass(slots=True)
class _Naming:
    """The names given so far."""

    defaults: Defaults
    drafts: tuple[SourceDraft, ...]
    fields: dict[str, Settled] = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)
    devices: dict[str, None] = field(default_factory=dict)
    known: dict[str, pl.Series] = field(default_factory=dict)  # key field → values, of records
    tables: dict[str, pl.Series] = field(default_factory=dict)  # table → values of its key

    def records(self, draft: SourceDraft) -> SourceProposal:
        """Every column with something in it becomes a profile field."""
        file, used, columns = draft.file, set[str](), []
        for column in self._filled(draft):
            settled = settle(column, file, self.defaults)
            is_key = draft.key == (column.name,)
            if is_key and settled.type in ("integer", "number", "text"):
                settled = Settled("identifier", (), f"{column.guess.evidence}; it names the row")
            wanted = self._field_wanted(column, draft, is_key=is_key)
            ours = self._field(wanted, column.name, settled, draft, used)
            used.add(ours)
            columns.append(DraftColumn(ours, column.name, settled))
            if is_key and settled.type == "identifier":
                self.known[ours] = _values(file.texts[column.name])
            if is_key or (settled.type in ("email", "phone") and wanted in ("email", "phone")):
                self._is_key(ours, column.name)
        at, n_without = self._time(draft)
        return SourceProposal(draft, file.name, None, at, n_without, (), tuple(columns), self._empty(draft))

    def table(self, draft: SourceDraft) -> SourceProposal:
        """Every column with something in it becomes a column of the table."""
        name = slug(draft.file.name)
        columns = self._columns(draft, (), ("source", "at", *_RESERVED, *PROVENANCE), ())
        self.tables[name] = _values(draft.file.texts[draft.key[0]])
        return SourceProposal(draft, draft.file.name, name, None, 0, (), columns, self._empty(draft))

    def stream(self, draft: SourceDraft) -> SourceProposal:
        """Whose row it is goes to profile fields, the rest to columns of the stream."""
        file, used, who = draft.file, set[str](), []
        for name in draft.who:
            column = file.column(name)
            settled = settle(column, file, self.defaults)
            if settled.type in ("integer", "number", "text", "date"):
                settled = Settled("identifier", (), column.guess.evidence)
            ours = self._field(self._field_wanted(column, draft, is_key=False), name, settled, draft, used)
            used.add(ours)
            who.append(DraftColumn(ours, name, settled))
            if settled.type != "person_name":
                self._is_key(ours, name)
        at, n_without = self._time(draft)
        taken = (*draft.who, *((draft.at,) if draft.at else ()))
        columns = self._columns(draft, taken, _FIXED_COLUMNS, tuple(self.tables))
        return SourceProposal(
            draft, file.name, slug(file.name), at, n_without, tuple(who), columns, self._empty(draft)
        )

    def _time(self, draft: SourceDraft) -> tuple[Settled | None, int]:
        """What to declare for the time, and how many rows would have none."""
        if draft.at is None:
            return None, 0
        settled = settle_time(draft.file.column(draft.at), self.defaults)
        formats = tuple(value for key, value in settled.options if key == "format")
        read = field_type("datetime").read(
            draft.file.texts[draft.at], FieldOptions(tz=self.defaults.tz, formats=formats)
        )
        return settled, read.values.null_count()

    def _columns(
        self, draft: SourceDraft, taken: Collection[str], fixed: Collection[str], tables: tuple[str, ...]
    ) -> tuple[DraftColumn, ...]:
        used, columns = set(fixed), []
        for column in self._filled(draft):
            if column.name in taken:
                continue
            settled = settle(column, draft.file, self.defaults)
            if draft.feeds == "table" and draft.key == (column.name,):
                settled = Settled("identifier", (), f"{column.guess.evidence}; it names the row")
            ours = _free(slug(column.name), slug(draft.file.name), used)
            used |= {ours, f"{ours}_currency"} if settled.type == "money" else {ours}
            ref = self._table_of(column, draft.file, tables) if settled.type == "identifier" else None
            columns.append(DraftColumn(ours, column.name, settled, ref))
        return tuple(columns)

    def _field(
        self, wanted: str, column: str, settled: Settled, draft: SourceDraft, used: Collection[str]
    ) -> str:
        """The field of this name where it is of this type and not used in this file; else a name of its own."""
        own = slug(column)
        named = (wanted, own, f"{slug(draft.file.name)}_{own}")
        for name in (*named, *(f"{own}_{n}" for n in range(2, 1000))):
            if name in _FIXED_FIELDS or name in used or not self._fits(name, settled):
                continue
            self.fields.setdefault(name, settled)
            return name
        raise AssertionError("a thousand columns of one name")

    def _fits(self, name: str, settled: Settled) -> bool:
        if name in self.fields:
            return self.fields[name].type == settled.type
        is_currency = name.endswith("_currency") and name.removesuffix("_currency") in self.fields
        has_currency = settled.type == "money" and f"{name}_currency" in self.fields
        return not is_currency and not has_currency

    def _field_wanted(self, column: ColumnFacts, draft: SourceDraft, *, is_key: bool) -> str:
        kind, spoken = column.guess.type, words(column.name)
        plain = {"email": "email", "phone": "phone", "gender": "gender", "country": "country"}
        plain |= {"postcode": "postcode", "address": "address"}
        if kind in plain:
            return plain[kind]
        if kind == "person_name":
            return _name_field(spoken)
        if kind == "date" and says_birth(column.name):
            return "birth_date"
        if kind == "text" and spoken in _CITIES:
            return "city"
        if is_key and spoken in ("id", "uuid", "guid", "key", "code", "no"):
            return f"{slug(singular(draft.file.about.split()[-1]))}_id"
        if not is_key and (same := self._met(column, draft.file)):
            return same
        return slug(column.name)

    def _met(self, column: ColumnFacts, file: FileFacts) -> str | None:
        """The key of records whose values this column holds."""
        if column.guess.type not in ("identifier", "integer", "text") or column.name not in _whose_of(
            self.drafts, file
        ):
            return None
        return _best_meeting(column, file, self.known)

    def _table_of(self, column: ColumnFacts, file: FileFacts, tables: tuple[str, ...]) -> str | None:
        return _best_meeting(column, file, {name: self.tables[name] for name in tables}, least=0.9)

    def _is_key(self, ours: str, column: str) -> None:
        self.keys.setdefault(ours)
        if is_device(column) and self.fields[ours].type == "identifier":
            self.devices.setdefault(ours)

    @staticmethod
    def _filled(draft: SourceDraft) -> list[ColumnFacts]:
        """The columns with something in them; the key in any case, and before the others."""
        kept = [c for c in draft.file.columns if not c.is_empty or c.name in draft.key]
        return sorted(kept, key=lambda column: column.name not in draft.key)

    @staticmethod
    def _empty(draft: SourceDraft) -> tuple[str, ...]:
        return tuple(c.name for c in draft.file.columns if c.is_empty and c.name not in draft.key)


def _whose_of(drafts: tuple[SourceDraft, ...], file: FileFacts) -> tuple[str, ...]:
    return next((draft.who for draft in drafts if draft.file is file), ())


def _name_field(spoken: str) -> str:
    spaced = f" {spoken} "
    if any(f" {word} " in spaced for word in _FIRST_NAMES):
        return "first_name"
    if any(f" {word} " in spaced for word in _LAST_NAMES):
        return "last_name"
    return "name"


def _values(texts: pl.Series) -> pl.Series:
    return texts.drop_nulls().str.strip_chars().unique(maintain_order=True).head(_MOST_VALUES)


def _best_meeting(
    column: ColumnFacts, file: FileFacts, known: dict[str, pl.Series], *, least: float = _MEETS
) -> str | None:
    """Whose values these are: most of them stand there, and they are too long, or named too alike, for chance."""
    mine = _values(file.texts[column.name])
    mine = mine.filter(mine != "")
    if not len(mine):
        return None
    tokens = {singular(word) for word in words(column.name).split()} - {"id", "no", "code", "key", "ma"}
    shares = {}
    for name, theirs in known.items():
        alike = bool(tokens & {singular(word) for word in name.split("_")})
        is_long = mine.str.len_chars().sum() >= 4 * len(mine) and len(mine) >= 3
        if alike or is_long:
            shares[name] = float(mine.is_in(theirs.implode()).sum()) / len(mine)
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] >= least else None


def _free(wanted: str, prefix: str, used: Collection[str]) -> str:
    for name in (wanted, f"{prefix}_{wanted}", *(f"{wanted}_{n}" for n in range(2, 1000))):
        taken = name in used or (name.endswith("_currency") and name.removesuffix("_currency") in used)
        if not taken and f"{name}_currency" not in used:
            return name
    raise AssertionError("a thousand columns of one name")
