"""
Compared texts as a screen may show them: by the kind of the comparison, as its field type masks.
"""

from __future__ import annotations

from typing import Final

from cdptool.fields import field_type

_TYPES: Final = {
    **dict.fromkeys(("given", "family", "organisation", "workplace"), "person_name"),
    "email": "email",
    "phone": "phone",
    **dict.fromkeys(("identifier", "registration"), "identifier"),
    "address": "address",
    "house_number": "address",
    "postcode": "postcode",
}
_PLAIN: Final = ("city", "state", "place", "category", "age")


def masked(kind: str, text: str | None) -> str | None:
    """
    A compared text, masked.

    >>> masked("birth_date", "19900312"), masked("family", "nguyen"), masked("city", "hue"), masked("email", None)
    ('1990••••', 'n•••', 'hue', None)
    """
    if text is None or kind in _PLAIN:
        return text
    if kind in ("birth_date", "founded"):
        return text[:4] + "•" * min(len(text[4:]), 4)
    if kind == "email" and "@" not in text:
        return field_type("address").mask(text)
    return field_type(_TYPES.get(kind, "address")).mask(text)
