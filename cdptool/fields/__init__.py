"""
Field types: each knows how its values are cleaned, judged, compared and masked.

Ingest, merge, export and privacy ask the type; none of them knows what an e-mail looks like.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from cdptool.errors import SchemaError
from cdptool.fields.address import Address
from cdptool.fields.base import NO_FLAWS, FieldOptions, FieldReader, FieldType, Read
from cdptool.fields.boolean import Boolean
from cdptool.fields.country import Country
from cdptool.fields.date import Date
from cdptool.fields.datetime import Datetime
from cdptool.fields.email import Email
from cdptool.fields.gender import Gender
from cdptool.fields.identifier import Identifier
from cdptool.fields.integer import Integer
from cdptool.fields.money import Money, currency_code
from cdptool.fields.number import Number
from cdptool.fields.person_name import NameParts, PersonName, split_name
from cdptool.fields.phone import Phone
from cdptool.fields.postcode import Postcode
from cdptool.fields.text import Text

__all__ = [
    "NO_FLAWS",
    "TYPES",
    "FieldOptions",
    "FieldReader",
    "FieldType",
    "NameParts",
    "Read",
    "currency_code",
    "field_type",
    "split_name",
]

TYPES: Final[tuple[FieldType, ...]] = (
    Email(),
    Phone(),
    PersonName(),
    Date(),
    Datetime(),
    Money(),
    Integer(),
    Number(),
    Text(),
    Boolean(),
    Identifier(),
    Country(),
    Gender(),
    Postcode(),
    Address(),
)


def field_type(name: str) -> FieldType:
    """
    The field type of this name.

    Raises:
        SchemaError: Where there is none; the hint names the nearest.

    >>> field_type("email").is_personal
    True
    """
    for kind in TYPES:
        if kind.name == name:
            return kind
    names = [kind.name for kind in TYPES]
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(f'`{n}`' for n in names)}"
    raise SchemaError(f"unknown field type `{name}`", hint=hint)
