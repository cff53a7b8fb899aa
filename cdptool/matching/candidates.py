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

from cdptool.matching.blocks import hashed, pairs_of_blocks
from cdptool.matching.comparing import Comparison
from cdptool.matching.parts import Part, names_in_either_order, parts
from cdptool.matching.values import Ids, Rows

_LARGEST_BLOCK: Final = 200
_IMAGINED: Final = 10_000
_SEED: Final = 20_250_102
_LEAST_GAIN: Final = 0.0001
_FREE: Final = 0.02  # pairs per record that cost nothing: the sorting of a key is dearer
_PER_RECORD: Final = 40
_LEAST_BUDGET: Final = 1_500_000
_PER_RECORD_OF_MANY: Final = 3


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
    columns: tuple[Ids, ...]
    expected: float
    catches: NDArray[np.bool_]


def pair_budget(n_records: int) -> int:
    """The most pairs that are compared where nobody said otherwise."""
    return max(min(_PER_RECORD * n_records, _LEAST_BUDGET), _PER_RECORD_OF_MANY * n_records)


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
    left_over = budget if budget is not None else pair_budget(n_records)
    choices = _choices(comparisons, n_records) if n_records > 1 else []
    if keys is not None:
        return _by_keys([one for name in keys for one in choices if one.name == name], n_records, left_over)
    costs = np.array([one.expected for one in choices]) + _FREE * n_records
    missed = np.array([one.catches for one in choices]).reshape(
        len(choices), _IMAGINED
    )  # choice × pair not yet caught
    codes = np.zeros(0, dtype=np.int64)
    taken: list[Key] = []
    too_large: list[str] = []
    while missed.size:
        gains = missed.sum(axis=1) / _IMAGINED
        best = int(np.argmax(np.where(gains >= _LEAST_GAIN, gains / costs, 0)))
        if gains[best] < _LEAST_GAIN:
            break
        one = choices[best]
        brought = _brought(one, n_records) if one.expected <= left_over else None
        merged = _united(codes, brought) if brought is not None else codes
        n_new = len(merged) - len(codes)
        if brought is None or n_new > left_over:
            too_large.append(one.name)
            missed[best] = False
            continue
        left_over -= n_new
        missed = missed[:, ~missed[best]]
        taken.append(Key(one.name, one.expected, len(brought), n_new, 1 - missed.shape[1] / _IMAGINED))
        codes = merged
    return Candidates(codes // n_records, codes % n_records, tuple(taken), tuple(too_large))


def _by_keys(choices: list[_Choice], n_records: int, left_over: int) -> Candidates:
    """The pairs of these keys, as long as the budget lasts."""
    codes = np.zeros(0, dtype=np.int64)
    missed = np.ones(_IMAGINED, dtype=bool)
    taken: list[Key] = []
    too_large: list[str] = []
    for one in choices:
        brought = _brought(one, n_records) if one.expected <= left_over else None
        merged = _united(codes, brought) if brought is not None else codes
        n_new = len(merged) - len(codes)
        if brought is None or n_new > left_over:
            too_large.append(one.name)
            continue
        left_over -= n_new
        missed &= ~one.catches
        taken.append(Key(one.name, one.expected, len(brought), n_new, 1 - float(missed.mean())))
        codes = merged
    return Candidates(codes // n_records, codes % n_records, tuple(taken), tuple(too_large))


def _brought(one: _Choice, n_records: int) -> NDArray[np.int64]:
    """The pairs of a key, each as one number."""
    left, right = pairs_of_blocks(*hashed(*one.columns), largest=_LARGEST_BLOCK)
    return left * n_records + right


def _united(known: NDArray[np.int64], more: NDArray[np.int64]) -> NDArray[np.int64]:
    """Both sets as one, sorted."""
    together = np.sort(np.concatenate([known, more]))
    fresh = np.ones(len(together), dtype=bool)
    fresh[1:] = together[1:] != together[:-1]
    return together[fresh]


def _choices(comparisons: tuple[Comparison, ...], n_records: int) -> list[_Choice]:
    """Every key: single telling parts, pairs of parts, and three whole or coarse ones of three fields."""
    pieces = [(part, one) for one in comparisons for part in parts(one)]
    agrees = _imagined(comparisons, pieces)
    shares = [_share(part.ids, n_records) for part, _ in pieces]
    n_pairs = n_records * (n_records - 1) / 2
    numbers = range(len(pieces))
    groups: list[tuple[int, ...]] = [(k,) for k in numbers if pieces[k][0].is_alone]
    groups += [g for g in combinations(numbers, 2) if _of_different_fields(g, pieces)]
    whole = [k for k in numbers if not pieces[k][0].survives]
    groups += [g for g in combinations(whole, 3) if _of_different_fields(g, pieces)]
    found = [
        _Choice(
            " + ".join(pieces[k][0].name for k in group),
            tuple(pieces[k][0].ids for k in group),
            n_pairs * float(np.prod([shares[k] for k in group])),
            np.logical_and.reduce([agrees[k] for k in group]),
        )
        for group in groups
    ]
    either = names_in_either_order(comparisons)
    if either is not None:
        swapped = np.random.default_rng(_SEED).random(_IMAGINED) < 0.02
        found.append(
            _Choice("names in either order", (either,), n_pairs * _share(either, n_records), swapped)
        )
    return [one for one in found if one.catches.any()]


def _of_different_fields(group: tuple[int, ...], pieces: list[tuple[Part, Comparison]]) -> bool:
    return len({pieces[k][0].field for k in group}) == len(group)


def _share(ids: Ids, n_records: int) -> float:
    """The share of all pairs of records that agree on this part."""
    counts = np.bincount(ids[ids >= 0]).astype(np.float64)
    return float((counts * (counts - 1)).sum() / max(n_records * (n_records - 1.0), 1.0))


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
