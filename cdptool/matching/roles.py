"""
What part a column plays in telling people or firms apart, by the words of its name and a look at what it holds.

A column that plays none (a row number, a status, an amount) is left out, and the reason is told: two records that share
a status are not more likely one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from cdptool.inspection.naming_words import says_birth, words
from cdptool.inspection.sample import Sample, sample_of_counted
from cdptool.matching.columns import Columns, columns_of
from cdptool.matching.role_words import ALONE, FIRM_WORDS, NOT_A_PLACE, PARTS_OF_BIRTH, PHRASES

_ROW_LIKE: Final = 0.98
_FEW_FIRMS: Final = 0.10


@dataclass(frozen=True, slots=True)
class Role:
    """
    A field of the comparison: its kind, the columns it is made of, and why.

    `kind` is one of `matching.KINDS`, or `full_name` (split into given and family). `part` is how the columns
    become one text: `joined`, `date`, `parts of a date`, `phone`, `email`, `name`.
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
    ([('first_name', 'given'), ('dob', 'birth_date')], (('id', 'not a word that tells people or firms apart'),))
    """
    columns = table if isinstance(table, Columns) else columns_of(table)
    samples = {name: sample_of_counted(one.texts, one.counts) for name, one in columns.by_name.items()}
    names = list(samples)
    named = {name: _named(name, samples[name]) for name in names}
    birth = _birth_parts(names, samples)
    for name in birth:
        named[name] = "part of a birth date"
    others = {*named.values(), *(("birth_date",) if birth else ())}
    fields: list[Role] = []
    left_out: list[tuple[str, str]] = []
    for name in names:
        role, sample = named[name], samples[name]
        if role == "part of a birth date":
            continue
        if role is None:
            left_out.append((name, "not a word that tells people or firms apart"))
        elif not sample.n_rows:
            left_out.append((name, "empty"))
        elif sample.n_distinct < 2:
            left_out.append((name, "the same everywhere"))
        elif role == "identifier" and sample.n_distinct >= _ROW_LIKE * sample.n_rows:
            left_out.append((name, "every row has another: a row number"))
        else:
            kind = _whose_name(role, sample, others)
            fields.append(Role(name, kind, (name,), "by its name"))
    if birth:
        fields.append(
            Role("birth date", "birth_date", tuple(birth), "year, month and day in columns of their own")
        )
    return _settled(fields, left_out)


def _named(name: str, sample: Sample) -> str | None:
    """The role that the words of a name speak of, if the texts do not speak against it."""
    spaced = f" {words(name)} "
    if says_birth(name) and not any(f" {word} " in spaced for word in ("place", "noi", "city", "country")):
        return "birth_date"
    if (alone := ALONE.get(words(name))) is not None and _may_be(alone, spaced, sample):
        return alone
    spoken = [
        (-len(phrase.split()), place, role)
        for place, (role, phrases) in enumerate(PHRASES)
        for phrase in phrases
        if f" {phrase} " in spaced
    ]
    said = {role for _, _, role in spoken}
    if {"given", "family"} <= said and "full_name" not in said:
        return "full_name"  # `first_and_surname`
    for _, _, role in sorted(spoken):  # the longest phrase first: `gioi tinh` is no `tinh`
        if _may_be(role, spaced, sample):
            return "some name" if role == "name" and words(name) not in ("name", "names") else role
    return None


def _may_be(role: str, spaced: str, sample: Sample) -> bool:
    if role == "address" and any(f" {word} " in spaced for word in NOT_A_PLACE):
        return False
    if role == "email":
        return sample.matching("@") > 0.3
    if role == "phone":
        return sample.matching(r"(?:\d\D*){6}") > 0.5
    if role == "website":
        return sample.matching(r"[\w-]\.[A-Za-z]{2,}") > 0.5
    if role in (
        "given",
        "family",
        "middle",
        "full_name",
        "contact",
        "name",
        "organisation",
        "address",
        "city",
    ):
        return sample.matching(r"\p{L}") > 0.8 and " date " not in spaced and " id " not in spaced
    return " date " not in spaced


def _whose_name(role: str, sample: Sample, others: set[str | None]) -> str:
    """
    Whose name a column called `name` or `… name` is.

    A person's where another column speaks of people, or of the firm besides; else a firm's where its texts read so.
    """
    is_of_people = bool({"given", "family", "full_name", "birth_date"} & others)
    if role == "organisation":
        return "category" if is_of_people or "name" in others else role
    if role == "some name":
        return "category" if is_of_people or {"name", "organisation"} & others else "organisation"
    if role in ("contact", "website") and is_of_people:
        return "category"  # whoever looks after them, or where they signed up
    if role == "contact":
        return role if {"organisation", "some name", "name"} & others else "full_name"
    if role != "name":
        return role
    folded = Sample(sample.texts.str.to_lowercase(), sample.counts, sample.n_rows, sample.n_distinct)
    is_firm = not is_of_people and "organisation" not in others and folded.matching(FIRM_WORDS) > _FEW_FIRMS
    return "organisation" if is_firm else "full_name"


def _birth_parts(columns: list[str], samples: dict[str, Sample]) -> list[str]:
    """Year, month and day of birth in columns of their own, in this order; none where one is missing."""
    found = []
    for part, phrases in PARTS_OF_BIRTH.items():
        pattern = r"^(?:18|19|20)\d\d$" if part == "year" else r"^\d{1,2}$"
        matching = [
            name for name in columns if words(name) in phrases and samples[name].matching(pattern) > 0.9
        ]
        found += matching[:1]
    return found if len(found) == len(PARTS_OF_BIRTH) else []


def _settled(fields: list[Role], left_out: list[tuple[str, str]]) -> Roles:
    """One field per part of a name: further given, middle and family names join the first, a whole name gives way."""
    kinds = {role.kind for role in fields}
    has_parts = {"given", "family"} <= kinds
    merged: dict[str, Role] = {}
    kept: list[Role] = []
    for role in fields:
        kind = "given" if role.kind == "middle" else role.kind
        if kind == "full_name" and (has_parts or "full_name" in merged):
            left_out.append((role.field, "its parts stand in other columns"))
        elif kind in ("given", "family", "full_name"):
            first = merged.get(kind)
            merged[kind] = Role(
                first.field if first else role.field,
                kind,
                (*(first.columns if first else ()), *role.columns),
                role.why,
            )
        else:
            kept.append(Role(role.field, kind, role.columns, role.why))
    return Roles((*merged.values(), *kept), tuple(left_out))
