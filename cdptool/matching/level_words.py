"""
What a level of a comparison means, in words: for explanations and for tables of weights.
"""

from __future__ import annotations

from typing import Final

from cdptool.matching.comparing import DIFFERENT, MISSING, N_BINS, Comparison

_NAMES: Final = (
    "alike",
    "one is the other's beginning or initial",
    "a word in common, or a short form of the other",
    "one slip apart, or nearly so",
)
_WORDED: Final = (
    "a few words in common",
    "about half in common",
    "most words in common",
    "nearly the same words",
)
_NUMBERS: Final = ("two slips apart", "one slip apart, or the same last seven")
# Near levels by kind, the farthest first; a kind that has other levels than these is told by their number.
NEAR: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("given", "family", "contact", "city", "state", "place"), _NAMES),
    **dict.fromkeys(("organisation", "workplace"), _WORDED),
    "age": ("some years apart", "a year apart"),
    "address": ("a few words in common, or the same but for the house", *_WORDED[1:]),
    **dict.fromkeys(("identifier", "registration", "phone", "house_number"), _NUMBERS),
    **dict.fromkeys(
        ("birth_date", "founded"),
        (
            "same year, or same day of the year",
            "same but for the month or the day",
            "one slip apart",
        ),
    ),
    "email": ("nearly the same before the @", "the same before the @", "two slips apart at most"),
    "website": ("two slips apart", "one slip apart, or the same but for its ending"),
    "postcode": ("the same beginning", "one slip apart"),
}
_SHARES: Final = ("very common", "common", "less common", "uncommon", "rare", "very rare")
_FEW: Final = 5
_COMMON_BINS: Final = 2


def level_words(one: Comparison, level: int) -> str:
    """The level as a line of a table of weights."""
    if level == MISSING:
        return "one of them is empty"
    if level == DIFFERENT:
        return "differs"
    if level >= one.first_exact:
        bins = level - one.first_exact
        return f"same, {_SHARES[bins]}" if len(_SHARES) == N_BINS else f"same, rarity {bins + 1} of {N_BINS}"
    near = NEAR.get(one.kind.name, ())
    place = level - DIFFERENT
    n_near = one.first_exact - DIFFERENT - 1
    return near[place - 1] if len(near) == n_near else f"alike, {place} of {n_near}"


def pair_words(one: Comparison, level: int, left: int, right: int) -> str:
    """The level of two rows: of equal values also how many records hold them."""
    mine, other = int(one.values.ids[left]), int(one.values.ids[right])
    if level == MISSING:
        return "both are empty" if mine < 0 and other < 0 else "one of them is empty"
    if level < one.first_exact:
        return level_words(one, level)
    if mine != other:
        return "the same, but in the other name's column"
    held = int(one.values.counts[mine])
    is_common = level - one.first_exact < _COMMON_BINS
    how = "common " if is_common and held > _FEW else "rare " if held <= _FEW else ""
    return f"same {how}value, in {held:,} of {one.values.n_known:,} records"
