"""
Which pairs are compared at all: the few keys that together catch most pairs of one person, within a budget of pairs.

A key is a telling value (an e-mail), or two or three weaker ones (the sound of the family name, and the year and month
of birth). Which to try next `searching` says; here its pairs are gathered, unless they are too many.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cdptool.matching.blocks import Neighbours, hashed
from cdptool.matching.comparing import Comparison
from cdptool.matching.gathering import Gathered
from cdptool.matching.parts import Part, all_parts
from cdptool.matching.pricing import Prices
from cdptool.matching.searching import Choice, Search, choices
from cdptool.matching.values import MISSING, Ids, Rows

LARGEST_BLOCK: Final = 200
_WORTH: Final = 16  # one value in so many records must stand alone, that it is worth leaving such out
_SPENT: Final = 0.98  # of the budget: what is left is not worth another key
_ALWAYS: Final = 300_000
_PER_MATCH: Final = 4.0
_MOST: Final = (750_000, 1.4)  # pairs, and pairs per record


class Key(NamedTuple):
    """A blocking key: its name, its pairs (expected, brought, brought by it first), and the coverage so far."""

    name: str
    expected: float
    n_pairs: int
    n_new: int
    coverage: float


class Candidates(NamedTuple):
    """
    Pairs of rows (left < right, each once, sorted), and the keys that brought them.

    `too_large`: keys that would have brought more pairs than the budget leaves.
    """

    left: Rows
    right: Rows
    keys: tuple[Key, ...]
    too_large: tuple[str, ...]


def pair_budget(n_records: int, n_matches: float = np.inf) -> int:
    """
    The most pairs that are compared where nobody said otherwise.

    Some times as many as there are of one person; of many records fewer, for time, and of few more, as they cost none.

    Args:
        n_records: Records in all.
        n_matches: How many pairs of one person there seem to be; unknown, nothing is spared for it.
    """
    for_all, per_record = _MOST
    wanted = min(_PER_MATCH * n_matches, for_all + per_record * n_records)
    return int(max(_ALWAYS, wanted))


def candidates(
    comparisons: tuple[Comparison, ...],
    n_records: int,
    budget: int | None = None,
    keys: tuple[str, ...] | None = None,
) -> Candidates:
    """
    The pairs worth comparing.

    Args:
        comparisons: The fields.
        n_records: Records in all.
        budget: The most pairs; without it as `pair_budget` says.
        keys: The keys of an earlier time, by name: these and no others, in this order.
    """
    gathered = Gathered(n_records, budget if budget is not None else pair_budget(n_records))
    pieces = all_parts(comparisons) if n_records > 1 else ()
    possible = choices(pieces, n_records)
    if keys is not None:  # one of a field that few records hold now is a key all the same
        possible = [one for name in keys for one in possible if one.name == name]
    search = Search(comparisons, pieces, possible, Prices(pieces, n_records, LARGEST_BLOCK))
    made = _Made(pieces)
    taken: list[Key] = []
    too_large: list[str] = []
    while (number := search.next(in_order=keys is not None)) is not None:
        one = possible[number]
        blocks = made.blocks_of(one) if gathered.has_room(one.expected) else None
        n_pairs = gathered.add(blocks) if blocks is not None else None
        if blocks is None or n_pairs is None:
            too_large.append(one.name)
            continue
        search.take(number, n_pairs, blocks)
        taken.append(Key(one.name, one.expected, n_pairs, 0, search.coverage))
        if budget is None and keys is None:
            gathered.budget = pair_budget(n_records, search.n_matches)
        if gathered.is_spent(_SPENT):
            break
    left, right, n_new = gathered.all()
    found = tuple(key._replace(n_new=n) for key, n in zip(taken, n_new.tolist(), strict=True))
    return Candidates(left, right, found, tuple(too_large))


class _Made:
    """The blocks of keys, from value numbers that are made ready once for all keys of a part."""

    def __init__(self, pieces: tuple[Part, ...]) -> None:
        self._pieces = pieces
        self._shared: dict[str, Ids] = {}

    def blocks_of(self, one: Choice) -> Neighbours:
        """The blocks of a key."""
        return Neighbours.of(
            *hashed(*(self._shared_numbers(self._pieces[number]) for number in one.parts)), LARGEST_BLOCK
        )

    def _shared_numbers(self, part: Part) -> Ids:
        """Value numbers without those that one record holds alone: it shares no block with another. Worked out once."""
        if part.name not in self._shared:
            ids, counts = part.numbered()
            is_shared = np.append(counts > 1, False)  # the last for no value, which is -1
            has_many = int((counts == 1).sum()) * _WORTH > len(ids)
            self._shared[part.name] = (
                np.where(np.take(is_shared, ids), ids, np.int32(MISSING)) if has_many else ids
            )
        return self._shared[part.name]
