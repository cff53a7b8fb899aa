"""What part the name of a column says that it plays; the texts in it still have to agree (`contents`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cdptool.inspection.naming_words import words
from cdptool.roles.subjects import (
    ELSEWHERE,
    KIN,
    OF_A_NUMBER,
    OTHER_DAYS,
    PEOPLE,
    SAYS_NOTHING,
    STAFF,
    WHERE,
    WRAPPERS,
)
from cdptool.roles.words import ALONE, OF_BIRTH, PARTS_OF_BIRTH, PHRASES

_KEYS: Final = ("registration", "national_id", "identifier", "email", "phone", "website")
_NO_ADDRESS: Final = frozenset(
    ["ip", "mac", "web", "url", "host", "wallet", "type", "country", "land", "pays", "pais"]
)
_NAMES: Final = ("name", "naam", "nome", "nom", "nombre", "navn", "namn", "ten", "adi")


_NAME_ROLES: Final = frozenset(["given", "middle", "family", "full_name", "name", "some name"])
_IN_FULL: Final = {
    "nm": "name",
    "frst": "first",
    "fst": "first",
    "lst": "last",
    "cust": "customer",
    "emp": "employee",
    "midl": "middle",
}


def _written(phrases: Iterable[str]) -> Iterator[str]:
    """The phrases, and those of several words as one word."""
    for phrase in phrases:
        yield phrase
        if " " in phrase and len(phrase) > 5:
            yield phrase.replace(" ", "")


def _roles_of_phrases() -> dict[str, list[tuple[int, str]]]:
    """Phrase → the roles it may speak of, with their places in the order in which they are asked."""
    found: dict[str, list[tuple[int, str]]] = {}
    for place, (role, phrases) in enumerate(PHRASES):
        for phrase in _written(phrases):
            found.setdefault(phrase, []).append((place, role))
    return found


_ROLES: Final = _roles_of_phrases()
_LONGEST: Final = max(phrase.count(" ") for phrase in _ROLES) + 1
_STAFF: Final = frozenset(_written(STAFF))
_ELSEWHERE: Final = frozenset(_written(ELSEWHERE))
_WHERE: Final = frozenset(_written(WHERE))


class Said(NamedTuple):
    """
    What a name says: `roles` (the likeliest first), and of whom.

    `of_staff`: the words that say it is of somebody who looks after the row. `is_of_something_else`: of a doing, a thing, a
    state. `of_place`: the words of a place where it happened. `is_nothing`: the name is none (`Field3`, `column_3`).
    """

    tokens: tuple[str, ...]
    roles: tuple[str, ...]
    of_staff: frozenset[str] = frozenset()
    is_of_something_else: bool = False
    of_place: frozenset[str] = frozenset()
    is_nothing: bool = False

    @property
    def is_of_another_day(self) -> bool:
        """Whether a day in it is none on which people are born."""
        return any(token.startswith(OTHER_DAYS) for token in self.tokens)


def said_by(name: str) -> Said:
    """
    What the name of a column says; numbers in it say nothing.

    >>> said_by("ADDRESS1_CITY").roles[0], said_by("CellPhone2").roles[0], said_by("Apellido 1").roles
    ('city', 'phone', ('family',))
    >>> said_by("Guest Name").roles, said_by("account_manager").of_staff, said_by("Field7").is_nothing
    (('full_name',), frozenset({'manager'}), True)
    """
    tokens = tuple(_IN_FULL.get(token, token) for token in words(name).split() if not token.isdigit())
    phrases = _phrases_in(tokens)
    said = frozenset(phrases)
    return Said(
        tokens,
        _roles(tokens, phrases),
        of_staff=said & _STAFF | {token for token in tokens[1:][-1:] if token == "by"},
        is_of_something_else=not said.isdisjoint(_ELSEWHERE),
        of_place=said & _WHERE,
        is_nothing=all(token in SAYS_NOTHING for token in tokens),
    )


def _phrases_in(tokens: tuple[str, ...]) -> list[str]:
    """All runs of words, the longest first."""
    return [
        " ".join(tokens[start : start + length])
        for length in range(min(_LONGEST, len(tokens)), 0, -1)
        for start in range(len(tokens) - length + 1)
    ]


def _roles(tokens: tuple[str, ...], phrases: list[str]) -> tuple[str, ...]:
    bare = tuple(token for token in tokens if token not in WRAPPERS) or tokens
    found: list[str] = []
    alone = ALONE.get(" ".join([token for token in bare if token not in PEOPLE] or bare))
    if alone is not None and (alone != "house_number" or len(tokens) == 1):
        found.append(alone)
    spoken = sorted(
        (-phrase.count(" "), place, role) for phrase in phrases for place, role in _ROLES.get(phrase, ())
    )
    roles = [role for _, _, role in spoken]
    says_given = "given" in roles or "first" in tokens
    if says_given and "family" in roles and "full_name" not in roles:
        found.append("full_name")  # `first_and_surname`
    found += (_whose(tokens, bare) if role == "name" else role for role in roles)
    if not KIN.isdisjoint(tokens) and not _NAME_ROLES.isdisjoint(found):
        return ("category",)
    if _is_of_people(tokens) and "some name" in found:
        found = ["full_name" if role == "some name" else role for role in found]
    elif len(tokens) == 1 and (tokens[0] in PEOPLE or _is_of_people(tokens)):
        found.append("full_name")
    if "id" in tokens:
        found = [role for role in found if role in _KEYS]
    return tuple(dict.fromkeys(role for role in found if not _is_refused(role, tokens, bare)))


def _whose(tokens: tuple[str, ...], bare: tuple[str, ...]) -> str:
    """A `name` and no more, or the name of something that is said before or after it."""
    return "name" if len(bare) == 1 and len(tokens) == 1 else "some name"


def _is_of_people(tokens: tuple[str, ...]) -> bool:
    """Whether it is the name of people of some part: `guest name`, `Kundenname`."""
    if not PEOPLE.isdisjoint(tokens):
        return not {*_NAMES}.isdisjoint(tokens)
    starts = (token.removesuffix(name) for token in tokens for name in _NAMES if token.endswith(name))
    return any(start.removesuffix("s") in PEOPLE for start in starts if start)


def _is_refused(role: str, tokens: tuple[str, ...], bare: tuple[str, ...]) -> bool:
    if role in ("organisation", "given", "family", "full_name", "some name"):
        return not OF_A_NUMBER.isdisjoint(tokens)
    if role == "category":
        return len(bare) > 1 and not {"type", "category", "sector", "class"}.isdisjoint(tokens)
    if role == "city":
        return {"location", "address"} <= set(tokens) and "city" not in tokens
    return role == "address" and not _NO_ADDRESS.isdisjoint(tokens)


def part_of_birth(name: str) -> str | None:
    """
    `year`, `month` or `day` where the name says that it is this part of a birth date.

    >>> part_of_birth("GebJahr"), part_of_birth("birth_month"), part_of_birth("bd"), part_of_birth("birthday")
    ('year', 'month', 'day', None)
    """
    tokens = words(name).split()
    joined = "".join(tokens)
    for part, called in PARTS_OF_BIRTH.items():
        if joined in ("by", "bm", "bd", "yob", "mob"):
            if joined in called:
                return part
        elif not set(tokens).isdisjoint(called) and not set(tokens).isdisjoint(OF_BIRTH):
            return part
    return None
