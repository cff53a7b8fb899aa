"""
The kinds of fields that tell people and firms apart, and what is plausible of each before any data is seen.

`exact`, `near` and `differs` say how often two records of one person agree, nearly agree or differ where both hold a
value: the anchor of the learned model (`model.fit`), wide enough for clean and for careless data. `given_agree`
names the kinds whose agreement this one follows from (a city from its postcode, an e-mail made from the name).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cdptool.matching import levels, sketches
from cdptool.matching.ages import ages, near_ages
from cdptool.matching.house_numbers import addresses
from cdptool.matching.levels import Judge
from cdptool.matching.sketches import Screen


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of field: its judge of unequal values, the anchors, and on which kinds it depends."""

    name: str
    judge: Judge | None
    exact: float
    near: tuple[float, ...]
    differs: float
    at_most: float  # differs in more pairs of one person than this in no data: such a lump is something else
    given_agree: tuple[str, ...] = ()


_NAMES: Final = ("given", "family", "organisation")
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("given", levels.names, 0.75, (0.05, 0.03, 0.04, 0.11), 0.02, 0.25),
        Kind("family", levels.names, 0.75, (0.04, 0.005, 0.03, 0.12), 0.055, 0.25),
        Kind("organisation", levels.words, 0.45, (0.12, 0.12, 0.12, 0.12), 0.07, 0.25),
        Kind("birth_date", levels.dates, 0.80, (0.03, 0.03, 0.10), 0.04, 0.25),
        Kind("identifier", levels.digits, 0.82, (0.03, 0.08), 0.07, 0.3),
        Kind("phone", levels.digits, 0.60, (0.02, 0.06), 0.32, 0.7),
        Kind("email", levels.emails, 0.60, (0.02, 0.05, 0.08), 0.25, 0.7, _NAMES),
        Kind("address", addresses, 0.50, (0.08, 0.08, 0.08, 0.08), 0.18, 0.6),
        Kind("house_number", levels.digits, 0.70, (0.02, 0.06), 0.22, 0.5, ("address",)),
        Kind("postcode", levels.postcodes, 0.62, (0.08, 0.08), 0.22, 0.5, ("address",)),
        Kind("city", levels.names, 0.66, (0.04, 0.01, 0.05, 0.09), 0.15, 0.5, ("postcode", "address")),
        Kind(
            "state", levels.names, 0.85, (0.01, 0.01, 0.01, 0.03), 0.10, 0.4, ("city", "postcode", "address")
        ),
        Kind("place", levels.names, 0.60, (0.04, 0.01, 0.08, 0.08), 0.19, 0.5, ("postcode",)),
        Kind("website", levels.websites, 0.62, (0.04, 0.04), 0.30, 0.6, ("organisation",)),
        Kind("contact", levels.names, 0.52, (0.05, 0.03, 0.05, 0.07), 0.28, 0.7),
        Kind("age", ages, 0.50, (0.10, 0.30), 0.10, 0.5),
        Kind("workplace", levels.words, 0.45, (0.08, 0.08, 0.08, 0.08), 0.23, 0.7, ("address",)),
        Kind("founded", levels.dates, 0.70, (0.04, 0.04, 0.10), 0.12, 0.7),
        Kind("category", None, 0.85, (), 0.15, 0.7),
    )
}
# A number that a public register gives to one firm, and to it alone: an identifier that hardly ever differs.
KINDS["registration"] = replace(KINDS["identifier"], exact=0.88, differs=0.015, at_most=0.02)
# Per judge what lets through every pair that it would give a level.
SCREENS: Final[dict[Judge, Screen]] = {
    levels.names: sketches.near_names,
    levels.dates: sketches.near_dates,
    levels.digits: sketches.near_numbers,
    levels.postcodes: sketches.near_postcodes,
    levels.emails: sketches.near_emails,
    levels.words: sketches.near_words,
    ages: near_ages,
    addresses: sketches.near_words,
    levels.websites: sketches.near_websites,
}
MADE_OF_NAMES: Final = ("email", "website")
LOCATION: Final = ("address", "house_number", "postcode", "city", "state", "place", "workplace")
