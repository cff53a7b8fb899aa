"""
Who looks like the same person and is not: households, namesakes, firms of one building, branches of one firm.

Each is a class of its own beside *same person* and *stranger*. What tells it from the same person is fixed here (other
given names in a household, other names of firms in one building); how many pairs it holds is learned, and of some how
much else they share. Without these classes the model takes the biggest lump of similar records for its
matches, and households are the biggest lump.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cdptool.matching.comparing import DIFFERENT, Comparison, Table
from cdptool.matching.kinds import LOCATION

LIKE_STRANGERS: Final = "like strangers"
AGREES: Final = "agrees"
DIFFERS: Final = "differs"
CLOSE_BY: Final = "close by"  # numbers of one building follow each other
Share = float | str  # of the way from strangers (0) to the same person (1), or one of the words above
_OF_ONE_FIRM: Final[dict[str, Share]] = {
    "organisation": 1.0,
    "identifier": 0.8,
    "website": 0.9,
    "phone": 0.5,
    "email": 0.5,
    "category": 0.9,
}
_OF_BRANCHES: Final = ("organisation", "phone", "website")
_PLACES: Final = dict.fromkeys(LOCATION, 0.85)


@dataclass(frozen=True, slots=True)
class Likeness:
    """
    A class of pairs that are not one person: what they share by kind of field, the kinds it needs, and those it does without.

    `learned`: the kinds whose levels follow the pairs of the class. Only where something that is fixed tells the class
    from the same person (other given names, another street): else it takes pairs of one person, and learns from them.
    `unlike`: those of them that are fixed all the same where values are close; how many share a word of their name is
    learned (sister firms of one house, shops of one trade), that hardly any have nearly the same one is not.
    """

    name: str
    shares: dict[str, Share]
    needs: tuple[frozenset[str], ...]
    but_not: frozenset[str] = frozenset()
    learned: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()

    def learns(self, kind: str) -> bool:
        """Whether the levels of this kind follow the pairs of the class."""
        return kind in self.learned and self.shares.get(kind) not in (None, AGREES, DIFFERS)


LIKENESSES: Final = (
    Likeness(
        "household",
        {**_PLACES, "family": 1.0, "given": DIFFERS, "phone": 0.5, "email": 0.1, "category": 0.3},
        (frozenset({"family"}), frozenset({"address", "phone", "postcode", "house_number"})),
        learned=(*LOCATION, "phone"),
    ),
    Likeness(
        "housemates",  # couples of two names among them
        {**_PLACES, "family": DIFFERS, "given": DIFFERS, "phone": 0.5, "email": 0.1, "category": 0.3},
        (frozenset({"family"}), frozenset({"given"}), frozenset({"address", "phone"})),
        learned=(*LOCATION, "phone"),
    ),
    Likeness(
        "twins",
        {
            **_PLACES,
            "family": 1.0,
            "given": DIFFERS,
            "birth_date": AGREES,
            "phone": 0.5,
            "email": 0.1,
            "category": 0.6,
        },
        (frozenset({"family"}), frozenset({"given"}), frozenset({"birth_date"})),
    ),
    Likeness(
        "father and son",
        {
            **_PLACES,
            "family": 1.0,
            "given": AGREES,
            "birth_date": DIFFERS,
            "phone": 0.5,
            "email": 0.1,
            "category": 0.6,
        },
        (frozenset({"family"}), frozenset({"given"}), frozenset({"birth_date"})),
    ),
    Likeness(
        "namesakes",
        {"family": AGREES, "given": AGREES},
        (frozenset({"family"}), frozenset({"given"})),
    ),
    Likeness(
        "neighbours",
        {
            **_PLACES,
            "organisation": LIKE_STRANGERS,
            "phone": CLOSE_BY,
            "email": LIKE_STRANGERS,
            "website": LIKE_STRANGERS,
            "category": 0.2,
        },
        (frozenset({"organisation"}), frozenset({"address"})),
        learned=("organisation", *LOCATION, "phone", "website", "email", "category"),
        unlike=("organisation",),
    ),
    Likeness(
        "branches",
        {**_OF_ONE_FIRM, "address": DIFFERS, "city": 0.3, "state": 0.6, "postcode": 0.1},
        (frozenset({"organisation"}), frozenset({"address"})),
        learned=(*LOCATION, *_OF_BRANCHES),
    ),
    Likeness(
        "branches",
        {**_OF_ONE_FIRM, "city": DIFFERS, "state": 0.6, "postcode": 0.1},
        (frozenset({"organisation"}), frozenset({"city"})),
        but_not=frozenset({"address"}),
        learned=(*LOCATION, *_OF_BRANCHES),
    ),
)


def likenesses(comparisons: tuple[Comparison, ...]) -> tuple[Likeness, ...]:
    """The classes that these fields can tell."""
    kinds = {one.kind.name for one in comparisons}
    return tuple(
        one for one in LIKENESSES if all(kinds & group for group in one.needs) and not kinds & one.but_not
    )


def table(one: Comparison, share: Share, same: Table, strangers: Table) -> Table:
    """The levels of a field in a class, from those of the same person and of strangers (context × level); each row sums to one."""
    exact = one.first_exact
    if share == DIFFERS:
        levels = strangers.copy()
        levels[..., exact:] *= 0.1
        levels[..., exact - 1] *= 0.5
    elif share == AGREES:
        levels = same.copy()
        levels[..., DIFFERENT:exact] *= 0.05
    elif share == LIKE_STRANGERS:
        levels = strangers.copy()
    elif share == CLOSE_BY:
        levels = 0.4 * same + 0.4 * strangers
        levels[..., DIFFERENT + 1] += 0.15
        levels[..., DIFFERENT + 2] += 0.05
    else:
        part = float(share)
        levels = part * same + (1 - part) * strangers
    return np.asarray(levels / levels.sum(axis=-1, keepdims=True))
