"""
Which pairs are compared at all: the few keys that together catch most pairs of one person, within a budget of pairs.

A key is a telling value (an e-mail), or two or three weaker ones (the sound of the family name, and the year and month
of birth). Which keys to take is worked out before any pair is made: on made-up pairs of one person, drawn from the
anchors of the kinds and from what the records really leave empty, every key is tried, and the one that catches the
most new pairs for its cost is taken, again and again.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.blocks import Neighbours, hashed
from cdptool.matching.comparing import Comparison
from cdptool.matching.gathering import Gathered
from cdptool.matching.parts import Part, names_in_either_order, parts
from cdptool.matching.values import MISSING, Ids, Rows

LARGEST_BLOCK: Final = 200
_IMAGINED: Final = 10_000
_SEED: Final = 20_250_102
_LEAST_GAIN: Final = 0.0001
_FREE: Final = (0.02, 0.1)  # pairs per record that cost nothing: the sorting of a key is dearer
_MANY: Final = 500_000  # records, of which each sorting costs
_WORTH: Final = 16  # one value in so many records must stand alone, that it is worth leaving such out
_SPENT: Final = 0.98  # of the budget: what is left is not worth another key
_ALWAYS: Final = 300_000
_PER_MATCH: Final = 3.0
_MOST: Final = (750_000, 1.4)  # pairs, and pairs per record
_TELLING: Final = 0.8  # coverage from which the pairs say how many are of one person


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


class _Choice(NamedTuple):
    """A possible key: its parts, the pairs that it is expected to bring, and the made-up pairs that it catches."""

    name: str
    parts: tuple[Part, ...]
    expected: float
    catches: NDArray[np.bool_]


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
    is_spare = budget is None and keys is None
    choices = _choices(comparisons, n_records) if n_records > 1 else []
    if keys is not None:  # one of a field that few records hold now is a key all the same
        choices = [one for name in keys for one in choices if one.name == name]
    else:
        choices = [one for one in choices if one.catches.any()]
    coverage = _Coverage(choices, n_records)
    blocks = _Blocks()
    taken: list[tuple[_Choice, int, float]] = []
    too_large: list[str] = []
    while (number := coverage.next(in_order=keys is not None)) is not None:
        one = choices[number]
        n_pairs = gathered.add(blocks.of(one)) if gathered.has_room(one.expected) else None
        if n_pairs is None:
            too_large.append(one.name)
            continue
        coverage.catch(number)
        taken.append((one, n_pairs, coverage.share))
        if is_spare and coverage.share >= _TELLING:
            by_chance = sum(one.expected for one, _, _ in taken)
            gathered.budget = pair_budget(n_records, (gathered.count() - by_chance) / coverage.share)
            is_spare = False
        if gathered.is_spent(_SPENT):
            break
    left, right, n_new = gathered.all()
    found = [
        Key(one.name, one.expected, n_pairs, new, share)
        for (one, n_pairs, share), new in zip(taken, n_new.tolist(), strict=True)
    ]
    return Candidates(left, right, tuple(found), tuple(too_large))


class _Coverage:
    """Which made-up pairs the keys have caught so far (sixty-four a number), and which key to try next."""

    def __init__(self, choices: list[_Choice], n_records: int) -> None:
        n_bits = -(-_IMAGINED // 64) * 64
        catches = np.zeros((len(choices), n_bits), dtype=bool)
        for number, one in enumerate(choices):
            catches[number, :_IMAGINED] = one.catches
        self._catches = np.packbits(catches, axis=1).view(np.uint64)
        self._missed = np.packbits(np.arange(n_bits) < _IMAGINED).view(np.uint64)
        self._costs = np.array([one.expected for one in choices]) + _FREE[n_records >= _MANY] * n_records
        self._is_open = np.ones(len(choices), dtype=bool)

    def next(self, *, in_order: bool) -> int | None:
        """The first key not yet tried, or the one with the most new pairs for its cost; None where none is worth it."""
        if not self._is_open.any():
            return None
        gains = np.bitwise_count(self._catches & self._missed).sum(axis=1, dtype=np.int64) / _IMAGINED
        worth = np.where(self._is_open & (gains >= _LEAST_GAIN), gains / self._costs, 0)
        best = int(np.argmax(self._is_open if in_order else worth))
        self._is_open[best] = False
        return best if in_order or worth[best] > 0 else None

    def catch(self, number: int) -> None:
        """Take this key: what it catches is caught."""
        self._missed &= ~self._catches[number]

    @property
    def share(self) -> float:
        """The share of the made-up pairs that is caught."""
        return 1 - int(np.bitwise_count(self._missed).sum()) / _IMAGINED


class _Blocks:
    """The blocks of keys, from value numbers that are made ready once for all keys of a part."""

    def __init__(self) -> None:
        self._shared: dict[str, Ids] = {}

    def of(self, one: _Choice) -> Neighbours:
        """The blocks of a key."""
        return Neighbours.of(*hashed(*(self._shared_numbers(part) for part in one.parts)), LARGEST_BLOCK)

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


def _choices(comparisons: tuple[Comparison, ...], n_records: int) -> list[_Choice]:
    """Every key: single telling parts, pairs of parts, and three whole or coarse ones of three fields."""
    pieces = [(part, one) for one in comparisons for part in parts(one)]
    agrees = _imagined(comparisons, pieces)
    n_pairs = n_records * (n_records - 1) / 2
    shares = [part.agreeing / n_pairs for part, _ in pieces]
    numbers = range(len(pieces))
    groups: list[tuple[int, ...]] = [(k,) for k in numbers if pieces[k][0].is_alone]
    groups += [g for g in combinations(numbers, 2) if _of_different_fields(g, pieces)]
    whole = [k for k in numbers if not pieces[k][0].survives]
    groups += [g for g in combinations(whole, 3) if _of_different_fields(g, pieces)]
    found = [
        _Choice(
            " + ".join(pieces[k][0].name for k in group),
            tuple(pieces[k][0] for k in group),
            n_pairs * float(np.prod([shares[k] for k in group])),
            np.logical_and.reduce([agrees[k] for k in group]),
        )
        for group in groups
    ]
    either = names_in_either_order(comparisons)
    if either is not None:
        swapped = np.random.default_rng(_SEED).random(_IMAGINED) < 0.02
        found.append(_Choice(either.name, (either,), either.agreeing, swapped))
    return found


def _of_different_fields(group: tuple[int, ...], pieces: list[tuple[Part, Comparison]]) -> bool:
    return len({pieces[k][0].field for k in group}) == len(group)


def _imagined(
    comparisons: tuple[Comparison, ...], pieces: list[tuple[Part, Comparison]]
) -> list[NDArray[np.bool_]]:
    """Per part, on which made-up pairs of one person it agrees."""
    chance = np.random.default_rng(_SEED)
    n_records = len(comparisons[0].values.ids)
    left, right = (chance.integers(0, max(n_records, 1), _IMAGINED) for _ in range(2))
    exact: dict[str, NDArray[np.bool_]] = {}
    near: dict[str, NDArray[np.bool_]] = {}
    for one in comparisons:
        known = (np.take(one.values.ids, left) >= 0) & (np.take(one.values.ids, right) >= 0)
        drawn = chance.random(_IMAGINED)
        exact[one.field] = known & (drawn < one.kind.exact)
        near[one.field] = known & ~exact[one.field] & (drawn < 1 - one.kind.differs)
    return [
        exact[part.field] | (near[part.field] & (chance.random(_IMAGINED) < part.survives))
        for part, _ in pieces
    ]
