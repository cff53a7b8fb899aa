"""
Made-up pairs of one person, on which blocking keys are tried before they bring a pair.

At first they are drawn from the anchors of the kinds, and from what the records really leave empty. Each key that
brings pairs which can hardly be by chance then teaches how those agree in all the fields that it does not ask for. A
made-up pair is a real one of such a key, but for what that key asks for: this is taken from a pair of another key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.comparing import Comparison
from cdptool.matching.kinds import LOCATION
from cdptool.matching.parts import Part
from cdptool.matching.values import Rows

IMAGINED: Final = 9_984  # in sixty-fours
_SEED: Final = 20_250_102
_SWAPPED: Final = 0.02
_OWN: Final = (
    "given",
    "birth_date",
    "identifier",
    "organisation",
)  # what relatives and neighbours do not share
_TOGETHER: Final = (
    LOCATION,
    ("given", "family"),
)  # who moves changes all of the first; the others are swapped

Agreements = NDArray[np.bool_]  # part by pair


class Sample(NamedTuple):
    """Pairs that a key brought, nearly all of one person: the fields that it asks for, and where the pairs agree."""

    fields: frozenset[str]
    agrees: Agreements


def sample_of(
    key: Sequence[int], comparisons: tuple[Comparison, ...], pieces: Sequence[Part], left: Rows, right: Rows
) -> tuple[Sample, float]:
    """
    What these pairs of a key tell, and which share of them may be relatives.

    Those agree in nothing that is a person's own, and could. Where two fields say so, they are left out.
    """
    agrees = np.array([part.agrees(left, right) for part in pieces])
    own = {one.field: one.values.ids for one in comparisons if one.kind.name in _OWN}
    is_own = [number for number, part in enumerate(pieces) if part.fields & own.keys()]
    is_other = ~np.logical_or.reduce(agrees[is_own], axis=0, initial=False)
    told = np.zeros(len(left), dtype=np.int64)
    for ids in own.values():
        told += (np.take(ids, left) >= 0) & (np.take(ids, right) >= 0)
    kept = np.take(agrees, np.flatnonzero(~is_other | (told < 2)), axis=1)
    fields = frozenset[str]().union(*(pieces[number].fields for number in key))
    return Sample(fields, kept), float((is_other & (told > 0)).sum() / max(len(left), 1))


def imagined(comparisons: tuple[Comparison, ...], pieces: Sequence[Part]) -> Agreements:
    """Per part, on which made-up pairs of one person it agrees, as the anchors of the kinds have it."""
    found = np.zeros((len(pieces), IMAGINED), dtype=bool)
    if not pieces:
        return found
    chance = np.random.default_rng(_SEED)
    n_records = len(comparisons[0].values.ids)
    left, right = (chance.integers(0, n_records, IMAGINED) for _ in range(2))
    exact: dict[str, NDArray[np.bool_]] = {}
    near: dict[str, NDArray[np.bool_]] = {}
    for one in comparisons:
        known = (np.take(one.values.ids, left) >= 0) & (np.take(one.values.ids, right) >= 0)
        drawn = chance.random(IMAGINED)
        exact[one.field] = known & (drawn < one.kind.exact)
        near[one.field] = known & ~exact[one.field] & (drawn < 1 - one.kind.differs)
    for agrees, part in zip(found, pieces, strict=True):
        drawn = chance.random(IMAGINED)
        if len(part.fields) > 1:
            agrees[:] = drawn < _SWAPPED
        for field in part.fields if len(part.fields) == 1 else ():
            agrees[:] = exact[field] | (near[field] & (drawn < part.survives))
    return found


def learned(
    comparisons: tuple[Comparison, ...],
    pieces: Sequence[Part],
    before: Agreements,
    samples: Sequence[Sample],
) -> Agreements:
    """
    Made-up pairs as the pairs of some keys have it; what every key asks for stays as it was.

    Args:
        comparisons: The fields.
        pieces: The parts, in the order of the agreements.
        before: The made-up pairs so far.
        samples: What keys have brought.
    """
    chance = np.random.default_rng(_SEED)
    sizes = np.array([one.agrees.shape[1] for one in samples])
    of_sample = np.arange(IMAGINED) % len(samples)
    drawn = (chance.random((len(samples), IMAGINED)) * sizes[:, np.newaxis]).astype(np.int64)
    drawn += (np.cumsum(sizes) - sizes)[:, np.newaxis]
    together = np.concatenate([one.agrees for one in samples], axis=1)
    found = before.copy()
    for fields in _fields_together(comparisons):
        without = np.array([number for number, one in enumerate(samples) if not one.fields & fields])
        if not len(without):
            continue
        others = np.take(without, chance.integers(0, len(without), IMAGINED))
        giver = np.where(np.isin(of_sample, without), of_sample, others)
        pairs = drawn[giver, np.arange(IMAGINED)]
        for number, part in enumerate(pieces):
            if part.fields <= fields:
                found[number] = np.take(together[number], pairs)
    return found


def _fields_together(comparisons: tuple[Comparison, ...]) -> list[frozenset[str]]:
    """The fields that are taken from one pair, as they change together."""
    groups = [frozenset(one.field for one in comparisons if one.kind.name in kinds) for kinds in _TOGETHER]
    alone = [one.field for one in comparisons if not any(one.field in group for group in groups)]
    return groups + [frozenset({field}) for field in alone]
