"""
What part a column plays in telling people or firms apart, by the words of its name and a look at what it holds.

A column that plays none (a row number, a status, an amount) is left out, and the reason is told: two records that share
a status are not more likely one person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from cdptool.inspection.naming_words import says_birth
from cdptool.inspection.sample import Sample, sample_of_counted
from cdptool.roles.columns import Columns, columns_of
from cdptool.roles.contents import (
    is_like_firms,
    may_be,
    reads_as_names,
    role_by_values,
)
from cdptool.roles.named_columns import Column, birth_parts
from cdptool.roles.nameless import roles_of_nameless
from cdptool.roles.names import said_by
from cdptool.roles.repeats import of_each_row, repeated
from cdptool.roles.subjects import OTHER_NAMES, PRODUCTS, TITLES

_ROW_LIKE: Final = 0.98
_FEW: Final = 20
_MOST_STRANGE: Final = 0.6
_TINY: Final = 10  # different rows of which a value that all share still tells something
_VARIOUS: Final = 0.2
_MOSTLY: Final = 0.8
_NAMES: Final = frozenset(["given", "family", "full_name"])
_ANY_NAME: Final = frozenset(["given", "family", "full_name", "name", "some name", "organisation", "contact"])
_OPEN: Final = (_ANY_NAME - {"given", "family"}) | {
    *("registration", "founded", "age", "workplace", "website", "initials", "before_family")
}
_PARTS_TOLD: Final = "its parts stand in other columns"
_TOLD_BEFORE: Final = "mostly the same as another column"
_NOT_OF_IT: Final = "about somebody or something else, by its name"
_WRITTEN_TWICE: Final = ("given", "family", "full_name", "organisation")
_WHOSE: Final = frozenset(["organisation", "name", "some name", "full_name"])
_MADE_OF: Final = {
    "national_id": "identifier",
    "middle": "given",
    "initials": "given",
    "before_family": "family",
}


@dataclass(frozen=True, slots=True)
class Role:
    """
    A field of the comparison: its kind, the columns it is made of, and why.

    `kind` is one of `matching.KINDS`, or `full_name` (split into given and family).
    """

    field: str
    kind: str
    columns: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The fields to compare, and the columns left out with their reason."""

    fields: tuple[Role, ...]
    left_out: tuple[tuple[str, str], ...]


def roles(table: pl.DataFrame | Columns) -> Roles:
    """
    Propose what to compare.

    Args:
        table: The file's columns as texts (String), or these texts numbered.

    >>> found = roles(pl.DataFrame({"id": ["1", "2"], "first_name": ["An", "Bo"], "dob": ["1980-01-02", "1981-02-03"]}))
    >>> [(role.field, role.kind) for role in found.fields], found.left_out
    ([('first_name', 'given'), ('dob', 'birth_date')], (('id', 'neither its name nor its values speak of people or firms'),))
    """
    numbered = table if isinstance(table, Columns) else columns_of(table)
    columns = _columns(numbered)
    birth = birth_parts(columns)
    rest = tuple(column for column in columns if column.name not in birth)
    rest, named = _by_name(rest)
    _add_by_values(numbered, rest, named, has_birth=bool(birth))
    _settle_names(rest, named, has_birth=bool(birth))
    named |= repeated(numbered, named) | of_each_row(numbered, named)
    fields: list[Role] = []
    left_out: list[tuple[str, str]] = []
    for column in rest:
        role = named[column.name]
        reason = _unfit(column, role)
        if role is None or reason:
            left_out.append((column.name, reason))
        else:
            by = "by its values" if role not in column.said.roles else "by its name"
            kind = _MADE_OF.get(role, role) if not _is_of_years(column, role) else "age"
            fields.append(Role(column.name, kind, (column.name,), by))
    if birth:
        fields.append(Role("birth date", "birth_date", birth, "year, month and day in columns of their own"))
    return Roles(_joined(fields), tuple(left_out))


def _columns(table: Columns) -> tuple[Column, ...]:
    """The columns; a table of one row many times over is like a table of one row."""
    samples = {name: sample_of_counted(one.texts, one.counts) for name, one in table.by_name.items()}
    height = table.n_rows if any(sample.n_distinct > 1 for sample in samples.values()) else 1
    return tuple(Column(name, said_by(name), sample, height) for name, sample in samples.items())


def _by_name(columns: tuple[Column, ...]) -> tuple[tuple[Column, ...], dict[str, str | None]]:
    """
    The roles that names say, and the columns as they are once it is known of whom the rows are.

    Where hospitals have the names, the type of a hospital is no other's; and where only owners or teachers have, nobody
    else is in the file.
    """
    named = {column.name: _named(column) for column in columns}
    places = [c.said.of_place for c in columns if named[c.name] in _WHOSE and c.is_various]
    subject = frozenset().union(*places)
    if not _ANY_NAME & set(named.values()):
        staff = [c._replace(subject=c.said.of_staff) for c in columns if c.said.of_staff and c.is_various]
        subject |= next((c.said.of_staff for c in staff if _named(c) in _ANY_NAME), frozenset())
    if subject:
        columns = tuple(column._replace(subject=subject) for column in columns)
        named = {column.name: _named(column) for column in columns}
    return columns, named


def _named(column: Column) -> str | None:
    """The role that the words of a name speak of, if the texts do not speak against it."""
    if not column.sample.n_rows or column.is_of_another:
        return None
    if says_birth(column.name) and "place" not in column.said.roles and may_be("birth_date", column.sample):
        return "birth_date"
    possible = [role for role in column.said.roles if may_be(role, column.sample)]
    if (
        possible[:1] == ["address"]
        and "organisation" in possible
        and column.sample.matching(r"\d") < _VARIOUS
    ):
        return "organisation"  # `address company`; a firm's address has numbers
    if (
        possible[:1] == ["unit"]
        and "building" in column.said.tokens
        and column.sample.matching(r"^\d") > _MOSTLY
    ):
        return "house_number"
    return possible[0] if possible else None


def _add_by_values(
    table: Columns, columns: tuple[Column, ...], named: dict[str, str | None], *, has_birth: bool
) -> None:
    """Roles of columns whose names say none: by their texts, and only one birth date and one address."""
    nameless = {c.name: c.sample for c in columns if c.said.is_nothing and c.sample.n_rows}
    if not _ANY_NAME & set(named.values()):
        nameless |= _in_no_known_language(columns)
    named |= roles_of_nameless(table, nameless, {role for role in named.values() if role})
    for column in columns:
        is_open = named[column.name] is None and not column.said.is_nothing and not column.is_of_another
        if not is_open or column.sample.n_distinct < 2:
            continue
        role = role_by_values(column.sample)
        taken = {*named.values(), *(("birth_date",) if has_birth else ())}
        if role in ("birth_date", "address") and (role in taken or "organisation" in taken):
            continue
        if role == "birth_date" and (
            column.said.is_of_another_day or not {*_NAMES, "name", "some name"} & taken
        ):
            continue
        named[column.name] = role
    if not _ANY_NAME & set(named.values()):
        named |= _unnamed_name(columns, named)


def _in_no_known_language(columns: tuple[Column, ...]) -> dict[str, Sample]:
    """The columns of a file of which most are called what nobody here knows; none of one of things that are sold."""
    things = PRODUCTS | TITLES
    strange = [c for c in columns if not c.said.roles and not c.said.is_of_something_else]
    if len(strange) < _MOST_STRANGE * len(columns) or any(
        things.intersection(c.said.tokens) for c in columns
    ):
        return {}
    return {column.name: column.sample for column in strange if column.sample.n_rows}


def _unnamed_name(columns: tuple[Column, ...], named: dict[str, str | None]) -> dict[str, str]:
    """Where no column is called a name: the first that reads like one, unless the rows are things that are sold."""
    if any(PRODUCTS.intersection(column.said.tokens) for column in columns):
        return {}
    is_open = [
        column
        for column in columns
        if named[column.name] is None
        and not column.is_of_another
        and not TITLES.intersection(column.said.tokens)
        and reads_as_names(column.sample)
    ]
    return {c.name: "organisation" if is_like_firms(c.sample) else "full_name" for c in is_open[:1]}


def _settle_names(columns: tuple[Column, ...], named: dict[str, str | None], *, has_birth: bool) -> None:
    """Whose name every name is, seen together with the others."""
    by_name = {column.name: column for column in columns}
    said = set(named.values())
    if "name" in said and ("given" in said) != ("family" in said):
        missing = "family" if "given" in said else "given"
        named |= {name: missing for name, role in named.items() if role == "name"}
    said = set(named.values())
    firms = [by_name[name] for name, role in named.items() if role == "organisation"]
    if any(column.is_various for column in firms):
        named |= {column.name: "category" for column in firms if not column.is_various}
    whose = _whose_name([by_name[name] for name, role in named.items() if role == "some name"])
    has_birth = has_birth or "birth_date" in said
    if whose and not _ANY_NAME - {"some name"} & said and (has_birth or _is_of_staff(whose)):
        named[whose.name] = "full_name"
    said = set(named.values())
    is_of_people = bool(_NAMES & said) or has_birth
    if is_of_people and _is_of_firms(by_name, named):
        is_of_people = False
        named |= {name: "contact" for name, role in named.items() if role in _NAMES}
        said = set(named.values())
    for name, role in named.items():
        if role in _OPEN:
            named[name] = _settled(by_name[name], role, said, is_of_people)


def _whose_name(columns: list[Column]) -> Column | None:
    """Of columns of names the one with the most different ones: whose the rows are."""
    return max(columns, key=lambda column: column.sample.n_distinct, default=None)


def _is_of_staff(column: Column) -> bool:
    """Whether it names people of a calling (providers, agents) who are no firms."""
    return bool(column.said.of_staff) and not is_like_firms(column.sample)


def _is_of_firms(by_name: dict[str, Column], named: dict[str, str | None]) -> bool:
    """Whether every row has a firm and only some of them a person: a firm with somebody to ask for."""
    firms = [by_name[name].share_filled for name, role in named.items() if role == "organisation"]
    people = [
        by_name[name].share_filled for name, role in named.items() if role in _NAMES or role == "birth_date"
    ]
    return bool(firms) and max(firms) > 0.95 and max(people, default=0) < 0.7


def _settled(column: Column, role: str, said: set[str | None], is_of_people: bool) -> str | None:
    """The role of a name among the others, None where it gives way."""
    if role == "registration":
        return "national_id" if is_of_people else role
    if role == "founded":
        return role if {"organisation", "some name"} & said and not is_of_people else None
    if role == "age":
        return role if is_of_people and "birth_date" not in said else None
    if role == "workplace" and column.sample.n_distinct <= _FEW:
        return "category"
    if role == "workplace":
        return role if is_of_people or {"name", "some name", "contact"} & said else "organisation"
    if role == "organisation" and is_of_people and column.is_various:
        return "workplace" if not column.said.of_place else None
    if role == "organisation":
        return ("category" if not column.said.of_place else None) if is_of_people or "name" in said else role
    if role in ("website", "contact") and is_of_people:
        return None  # where they signed up, and whoever looks after them
    if role == "website":
        return role
    if role == "contact":
        return role if {"organisation", "some name", "name"} & said else "full_name"
    if role in ("initials", "before_family"):
        needed = {"initials": "given" not in said, "before_family": "family" in said}
        return role if needed[role] else None
    if {"given", "family"} <= said and role in ("name", "full_name"):
        return None
    if role == "some name" and OTHER_NAMES.intersection(column.said.tokens):
        return "category"
    if role == "some name":
        if is_of_people or {"name", "organisation"} & said:
            return "category"
        return None if PRODUCTS.intersection(column.said.tokens) else "organisation"
    speaks_of_firms = not {"given", "family", "birth_date", "organisation"} & said and is_like_firms(
        column.sample
    )
    return "organisation" if speaks_of_firms else "full_name"


def _unfit(column: Column, role: str | None) -> str:
    """Why a column is left out; empty where it is compared."""
    sample = column.sample
    if not sample.n_rows:
        return "empty"
    if role is None:
        return _why_none(column)
    if sample.n_distinct < 2 and column.height > _TINY:
        return "the same everywhere"
    if role == "unit":
        return "a part of the address that is often left out"
    is_key = role in ("identifier", "national_id", "registration")
    is_of_each = sample.n_distinct >= (_ROW_LIKE if role == "identifier" else 1) * sample.n_rows
    return "every row has another: a row number" if is_key and is_of_each else ""


def _why_none(column: Column) -> str:
    sample = column.sample
    if sample.n_distinct < 2 and column.height > _TINY:
        return "the same everywhere"
    if column.is_of_another or "contact" in column.said.roles[:1]:
        return _NOT_OF_IT
    if column.said.roles and not may_be(column.said.roles[0], sample):
        return f"named like {_called(column.said.roles[0])}, and its values read otherwise"
    if {"city", "postcode", "state"} & set(column.said.roles[:1]):
        return _TOLD_BEFORE
    if {"name", "full_name", "address", "initials"} & set(column.said.roles):
        return _PARTS_TOLD
    if sample.n_distinct >= _ROW_LIKE * sample.n_rows and sample.n_rows > _TINY:
        return "every row has another, and its name speaks of neither people nor firms"
    return "neither its name nor its values speak of people or firms"


def _called(role: str) -> str:
    """
    A role in words, with its article.

    >>> _called("email"), _called("birth_date")
    ('an email', 'a birth date')
    """
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role.replace('_', ' ')}"


def _is_of_years(column: Column, role: str) -> bool:
    """Whether it holds years of birth alone: as near each other as ages are."""
    return role == "birth_date" and column.sample.matching(r"^\s*(?:1[5-9]|20)\d\d(?:\.0)?\s*$") > _MOSTLY


def _joined(fields: list[Role]) -> tuple[Role, ...]:
    """One field per part of a name: further given, middle and family names join the first."""
    merged: dict[str, Role] = {}
    kept: list[Role] = []
    for role in fields:
        if role.kind not in _WRITTEN_TWICE:
            kept.append(role)
        elif role.kind not in merged:
            merged[role.kind] = role
        elif _is_more_of(role, merged[role.kind]):
            first = merged[role.kind]
            merged[role.kind] = replace(first, columns=(*first.columns, *role.columns))
        else:
            kept.append(role)
    return (*merged.values(), *kept)


def _is_more_of(role: Role, first: Role) -> bool:
    """Whether a column goes on with what another began: `NAME2` after `NAME1`, a second family name."""
    return role.kind in ("given", "family") or said_by(role.field).tokens == said_by(first.field).tokens
