"""
The search for blocking keys: again and again the one that catches the most pairs of one person for what it costs.

What a key catches is tried on made-up pairs (`imagining`), which are learned anew from each key that brings pairs of one
person nearly alone. What it costs is the sorting of all records, and the pairs that it brings in vain (`pricing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from cdptool.matching.blocks import Neighbours
from cdptool.matching.comparing import Comparison, Table
from cdptool.matching.imagining import IMAGINED, Agreements, Sample, imagined, learned, sample_of
from cdptool.matching.parts import Part
from cdptool.matching.pricing import Prices

_LEAST_GAIN: Final = 0.0001
_SORTING: Final = (500, 0.1)  # what a key costs beside its pairs, in pairs; and per record
_PER_PAIR: Final = (50.0, 3e7)  # what one more pair of one person may cost in pairs; or by so many records
_PRICED: Final = 200_000  # records: of fewer, making a key is as cheap as pricing it
_TELLING: Final = 500  # pairs at least, by which the others learn; and at most which shares of them
_BY_CHANCE: Final = 0.1
_RELATIVES: Final = 0.25
_SAMPLE: Final = 4_000
_ENOUGH: Final = 3  # samples, from which the number of matches is known well
_SAMPLES: Final = 12
_UNTOLD: Final = 0.8  # coverage, from which any keys tell the number of matches where none has a sample


class Choice(NamedTuple):
    """A possible key: its name, the numbers of its parts, and the pairs that it brings by chance."""

    name: str
    parts: tuple[int, ...]
    expected: float


def choices(pieces: Sequence[Part], n_records: int) -> list[Choice]:
    """Every key: single telling parts, pairs of parts, and three whole ones of three fields."""
    n_pairs = n_records * (n_records - 1) / 2
    of_one = [number for number, part in enumerate(pieces) if len(part.fields) == 1]
    groups: list[tuple[int, ...]] = [(number,) for number, part in enumerate(pieces) if part.is_alone]
    groups += [group for group in combinations(of_one, 2) if _are_of_different_fields(group, pieces)]
    whole = [number for number in of_one if not pieces[number].survives]
    groups += [group for group in combinations(whole, 3) if _are_of_different_fields(group, pieces)]
    return [
        Choice(
            " + ".join(pieces[number].name for number in group),
            group,
            n_pairs * float(np.prod([pieces[number].agreeing / n_pairs for number in group])),
        )
        for group in groups
    ]


def _are_of_different_fields(group: tuple[int, ...], pieces: Sequence[Part]) -> bool:
    return len(frozenset[str]().union(*(pieces[number].fields for number in group))) == len(group)


class Search:
    """
    The keys taken so far, and what they have taught.

    `n_matches`: how many pairs of one person there seem to be; infinite as long as nothing tells.
    """

    def __init__(
        self,
        comparisons: tuple[Comparison, ...],
        pieces: tuple[Part, ...],
        possible: Sequence[Choice],
        prices: Prices,
    ) -> None:
        self.n_matches = np.inf
        self._comparisons, self._pieces, self._possible, self._prices = comparisons, pieces, possible, prices
        self._columns = [
            np.array([one.parts[place % len(one.parts)] for one in possible], dtype=np.int64)
            for place in range(3)
        ]
        n_records = prices.n_records
        self._sorting = _SORTING[0] + _SORTING[1] * n_records
        self._per_pair = max(_PER_PAIR[0], _PER_PAIR[1] / max(n_records, 1))
        self._brings = np.array([one.expected for one in possible])
        self._is_priced = np.array(
            [len(one.parts) == 1 or n_records < _PRICED for one in possible], dtype=bool
        )
        self._is_open = np.ones(len(possible), dtype=bool)
        self._taken: dict[int, float] = {}  # keys, and how many of their pairs seem to be of one person
        self._samples: dict[int, Sample] = {}  # of some of them
        self._imagine(imagined(comparisons, pieces))

    @property
    def coverage(self) -> float:
        """The share of the made-up pairs that is caught."""
        return 1 - int(np.bitwise_count(self._missed).sum()) / IMAGINED

    def next(self, *, in_order: bool) -> int | None:
        """The number of the first key not yet tried, or of the one worth most; None where none is worth its cost."""
        while self._is_open.any():
            worth = self._is_open if in_order else self._worth()
            best = int(np.argmax(worth))
            if not worth[best]:
                return None
            if in_order or not self._samples or self._is_priced[best]:
                self._is_open[best] = False
                return best
            parts = self._possible[best].parts
            self._brings[best] = self._prices.n_new(parts, [self._possible[key].parts for key in self._taken])
            self._is_priced[best] = True
        return None

    def take(self, number: int, n_pairs: int, blocks: Neighbours) -> None:
        """
        Take a key: what it catches is caught.

        Args:
            number: Of the key.
            n_pairs: How many pairs it has brought.
            blocks: Its blocks, of which the others learn.
        """
        one = self._possible[number]
        self._missed &= ~self._catches[number]
        self._taken[number] = max(n_pairs - one.expected, 0)
        if len(self._samples) < _SAMPLES and self._tells(number):
            left, right = blocks.some(_SAMPLE)
            sample, relatives = sample_of(one.parts, self._comparisons, self._pieces, left, right)
            self._taken[number] *= sample.agrees.shape[1] / max(len(left), 1)
            if relatives <= _RELATIVES and self._tells(number):
                self._samples[number] = sample
                samples = tuple(self._samples.values())
                self._imagine(learned(self._comparisons, self._pieces, self._agreements, samples))
        self.n_matches = self._estimated()

    def _tells(self, number: int) -> bool:
        """Whether nearly all pairs of a key seem to be of one person, and are enough to learn from."""
        n_pairs = self._taken[number]
        return n_pairs >= _TELLING and self._possible[number].expected <= _BY_CHANCE * n_pairs

    def _imagine(self, agreements: Agreements) -> None:
        """Go on with these made-up pairs."""
        self._agreements = agreements
        bits = np.packbits(agreements, axis=1).view(np.uint64)
        self._catches = np.bitwise_and.reduce([np.take(bits, column, axis=0) for column in self._columns])
        self._missed = np.full(IMAGINED // 64, ~np.uint64(0))
        for number in self._taken:
            self._missed &= ~self._catches[number]

    def _estimated(self) -> float:
        """How many pairs of one person there seem to be, by those of the keys, and by what they catch of the made-up ones."""
        keys = list(self._samples) or (list(self._taken) if self.coverage >= _UNTOLD else [])
        caught = int(np.bitwise_count(self._catches[keys]).sum())
        return sum(self._taken[key] for key in keys) * IMAGINED / max(caught, 1) if keys else np.inf

    def _worth(self) -> Table:
        """Per key, which share of the pairs it would catch for its cost; 0 where that is too little."""
        gains = np.bitwise_count(self._catches & self._missed).sum(axis=1, dtype=np.int64) / IMAGINED
        costs = self._brings
        is_worth = self._is_open & (gains >= _LEAST_GAIN)
        if len(self._samples) >= _ENOUGH:
            found = gains * self.n_matches
            costs = np.maximum(costs - found, 0)
            is_worth &= found * self._per_pair >= costs + self._sorting
        return np.where(is_worth, gains / (costs + self._sorting), 0)
