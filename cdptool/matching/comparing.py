"""
One comparison per field: two records → a level, from "one of them says nothing" to "the same rare value".

Levels are small integers: 0 missing, 1 different, then the near levels of the kind, then agreement by how common the
value is (`N_BINS` bins, common first): that two records share a rare value tells more, and the model learns how much.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.frequencies import Frequencies, counted
from cdptool.matching.kinds import KINDS, MADE_OF_NAMES, SCREENS, Kind
from cdptool.matching.levels import Levels, names_across, once_per_pair
from cdptool.matching.values import Rows, Values, recoded

N_BINS: Final = 6
# How many near levels count as agreement of a parent: a street slightly otherwise, an initial, the same postal town.
_NEAR_ENOUGH: Final = {"address": 1, "given": 3, "family": 1, "organisation": 1, "postcode": 2}
_BITS_PER_BIN: Final = 2.5
MISSING, DIFFERENT, NEAREST_BUT_ONE = 0, 1, 2
# What is known of the field that another follows from.
NOT_KNOWN, PARENT_AGREES, PARENT_DIFFERS = CONTEXTS = (0, 1, 2)
Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """
    A field and what agreement on each of its values is worth.

    `bins`: per value, how common it is. `agreeing`: per bin, how many pairs of records share a value of it; `shared`: how
    many records hold one that another holds too.
    """

    field: str
    kind: Kind
    values: Values
    bins: NDArray[np.uint8]
    agreeing: Table
    shared: Table

    @property
    def first_exact(self) -> int:
        """The level of agreement on the most common values."""
        return 2 + len(self.kind.near)

    @property
    def n_levels(self) -> int:
        """Levels, missing among them."""
        return self.first_exact + N_BINS

    @property
    def n_pairs(self) -> float:
        """Pairs of records that both hold a value."""
        return max(self.values.n_known * (self.values.n_known - 1) / 2, 1.0)

    def levels(self, left: Rows, right: Rows) -> Levels:
        """The level of every pair of rows."""
        mine, other = np.take(self.values.ids, left), np.take(self.values.ids, right)
        known = (mine | other) >= 0
        agree = mine == other
        found = known.astype(np.uint8)
        exact = np.flatnonzero(known & agree)
        found[exact] = self.first_exact + np.take(self.bins, mine[exact])
        if self.kind.judge is not None:
            unlike = np.flatnonzero(known & ~agree)
            these, others = (side[unlike].astype(np.int64) for side in (mine, other))
            if len(self.values.texts) ** 2 > len(unlike):
                near = SCREENS[self.kind.judge](self.values, these, others)
                unlike, these, others = unlike[near], these[near], others[near]
            if len(unlike):
                found[unlike] = DIFFERENT + once_per_pair(self.kind.judge, self.values, these, others)
        return found

    def agree(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Whether both hold the same value, pair by pair of rows."""
        mine = np.take(self.values.ids, left)
        return np.asarray((mine == np.take(self.values.ids, right)) & (mine >= 0))

    def anchor(self) -> Table:
        """How often two records of one person have each level where both hold a value; sums to one."""
        held = self.shared
        table = np.zeros(self.n_levels)
        table[DIFFERENT] = self.kind.differs
        table[DIFFERENT + 1 : self.first_exact] = self.kind.near
        table[self.first_exact :] = self.kind.exact * held / max(held.sum(), 1)
        return np.asarray(table / table.sum())


def comparison(field: str, kind: str, values: Values, learned: Frequencies | None = None) -> Comparison:
    """The comparison of a field of this kind; with `learned`, as common as its values were then."""
    counts = values.counts.astype(np.float64)
    bins = _bins(counts, values.n_known) if learned is None else learned.bins(values.texts)
    agreeing = np.bincount(bins, weights=counts * (counts - 1) / 2, minlength=N_BINS).astype(np.float64)
    shared = np.bincount(bins, np.where(counts > 1, counts, 0), N_BINS).astype(np.float64)
    known = values if learned is None else replace(values, learned=learned)
    return Comparison(field, KINDS[kind], known, bins, agreeing, shared)


def _bins(counts: Table, n_known: int) -> NDArray[np.uint8]:
    bits = -np.log2(np.maximum(counts, 1) / max(n_known, 1))
    return np.asarray(np.clip(bits / _BITS_PER_BIN, 0, N_BINS - 1).astype(np.uint8))


def frequencies(one: Comparison) -> Frequencies:
    """How common the values of a comparison are: what a saved model remembers of them."""
    if one.values.learned is not None:
        return one.values.learned
    alone = int(_bins(np.ones(1), one.values.n_known)[0])
    has_words = one.kind.name in ("organisation", "address")
    return counted(one.values.texts, one.values.counts, one.bins, alone, has_words=has_words)


def compared(comparisons: tuple[Comparison, ...], left: Rows, right: Rows) -> list[Levels]:
    """The levels of all fields; a given and a family name that changed places agree, and a lone one in the wrong place."""
    found = [one.levels(left, right) for one in comparisons]
    places = {one.kind.name: place for place, one in enumerate(comparisons)}
    if {"given", "family"} <= places.keys():
        given, family = (comparisons[places[kind]] for kind in ("given", "family"))
        of_given, of_family = (found[places[kind]] for kind in ("given", "family"))
        both = _hardly_alike(of_given) & _hardly_alike(of_family)
        _cross(given, family, of_given, of_family, (left, right, np.flatnonzero(both)))
        _lone(given, family, of_given, of_family, (left, right))
    return found


def _hardly_alike(levels: Levels) -> NDArray[np.bool_]:
    """Where both records hold a value and the two are hardly alike."""
    return np.asarray((levels == DIFFERENT) | (levels == DIFFERENT + 1))


def _cross(
    given: Comparison, family: Comparison, of_given: Levels, of_family: Levels, pairs: tuple[Rows, Rows, Rows]
) -> None:
    """
    Where a name of one record stands in the other column of the other record, compare the two across.

    Which of the records has its names in the wrong columns is told by where the shared name stands more often. A family
    name is held against the first of several given names: Nguyyen Thi, Linh is Linh Thi, Nguyen.
    """
    left, right, rows = pairs
    by_first, by_given, by_family = (
        values.worked_out(Values.hashes)
        for values in (given.values.worked_out(_first_words), given.values, family.values)
    )
    a, b = left[rows], right[rows]
    one, other = (
        (np.take(by_given, mine) == np.take(by_family, its))
        | (np.take(by_first, mine) == np.take(by_family, its))
        for mine, its in ((a, b), (b, a))
    )
    some = np.flatnonzero(one | other)
    rows, a, b, one, other = rows[some], a[some], b[some], one[some], other[some]
    given_a, given_b = (np.take(given.values.ids, side) for side in (a, b))
    family_a, family_b = (np.take(family.values.ids, side) for side in (a, b))
    held_a, held_b = (np.take(family.values.counts, side) for side in (family_a, family_b))
    as_given = np.take(given.values.counts, np.where(one, given_a, given_b))
    as_family = np.where(one, held_b, held_a)
    left_is_wrong = np.where(as_family == as_given, held_a < held_b, (as_family > as_given) == one)
    wrong, sound = np.where(left_is_wrong, a, b), np.where(left_is_wrong, b, a)
    firsts = given.values.worked_out(_first_words)
    for which, levels, mine, its in (
        (given, of_given, family.values, given.values),
        (family, of_family, firsts, family.values),
    ):
        texts, others = (values.at(side) for values, side in ((mine, wrong), (its, sound)))
        bins = np.take(which.bins, np.take(which.values.ids, sound))
        levels[rows] = which.first_exact + bins
        unlike = (texts != others).arg_true()
        levels[rows[unlike]] = DIFFERENT + names_across(texts.gather(unlike), others.gather(unlike))


def _lone(
    given: Comparison, family: Comparison, of_given: Levels, of_family: Levels, pairs: tuple[Rows, Rows]
) -> None:
    """Where a record's only name is the other name of the other record, it agrees with that one, and nothing else is known."""
    for mine, its, of_mine, of_its in (
        (given, family, of_given, of_family),
        (family, given, of_family, of_given),
    ):
        rows = np.flatnonzero((of_its == MISSING) & _hardly_alike(of_mine))
        by_mine, by_its = (one.values.worked_out(Values.hashes) for one in (mine, its))
        for a, b in (pairs, pairs[::-1]):
            lone, other = a[rows], b[rows]
            same = np.take(by_mine, lone) == np.take(by_its, other)
            agree = rows[same & (np.take(its.values.ids, lone) < 0)]
            of_its[agree] = its.first_exact + np.take(its.bins, np.take(its.values.ids, b[agree]))
            of_mine[agree] = MISSING


def _first_words(values: Values) -> Values:
    return recoded(values, values.texts.str.replace(" .*$", ""))


def near_enough(one: Comparison, levels: Levels) -> NDArray[np.bool_]:
    """Where a field agrees so far that another follows from it."""
    return np.asarray(levels >= one.first_exact - _NEAR_ENOUGH.get(one.kind.name, 0))


def contexts(comparisons: tuple[Comparison, ...], levels: list[Levels]) -> list[Levels]:
    """Per comparison and pair, whether a field that this one follows from agrees, or differs (`CONTEXTS`)."""
    return [_context(one, comparisons, levels) for one in comparisons]


def _context(one: Comparison, comparisons: tuple[Comparison, ...], levels: list[Levels]) -> Levels:
    parents = [
        (other, found)
        for other, found in zip(comparisons, levels, strict=True)
        if other is not one and other.kind.name in one.kind.given_agree
    ]
    context = np.full(len(levels[0]), NOT_KNOWN, dtype=np.uint8)
    if not parents:
        return context
    agree = [near_enough(other, found) for other, found in parents]
    if one.kind.name in MADE_OF_NAMES:  # of the whole name, and no less telling where the name is another
        context[np.logical_and.reduce(agree)] = PARENT_AGREES
        return context
    context[np.logical_or.reduce([found == DIFFERENT for _, found in parents])] = PARENT_DIFFERS
    context[np.logical_or.reduce(agree)] = PARENT_AGREES
    return context
