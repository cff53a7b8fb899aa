"""
How often strangers agree, field by field: counted where a value is shared, sampled where values are only near.

Pairs of one person are a vanishing part of all pairs, so a sample of all pairs is a sample of strangers. Where a field
follows from another (a city from its postcode, an e-mail from the name) the sample is drawn among pairs that agree on
that one and on nothing else; what of it may be one person after all is taken off once the model knows better.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cdptool.matching.blocks import Keys, blocks, drawn_pairs, hashed
from cdptool.matching.comparing import DIFFERENT, NEAREST_BUT_ONE, Comparison, Table
from cdptool.matching.kinds import LOCATION, MADE_OF_NAMES
from cdptool.matching.levels import Levels
from cdptool.matching.values import Rows

_SAMPLED: Final = 150_000
_SAMPLED_IN_GROUPS: Final = 60_000
_LARGEST_GROUP: Final = 3_000
_ENOUGH: Final = 200_000  # records
_SEED: Final = 20_250_101  # the sample is part of the method: the same records give the same weights
_DOUBT: Final = 20.0
_STAYS: Final = (
    0.3  # a field that differs in so few pairs of one person at most (`Kind.at_most`): a birth date
)
_ENOUGH_APART: Final = 2_000  # pairs
_ALIKE_MADE: Final = 0.05  # …and how many have one that is nearly the same, or the same but for the host
_NAME_MADE: Final = 0.005  # of strangers of one name, how many share an e-mail or a website, before any data
_SETTLES: Final = 10
_WEIGHED: Final = 4_000  # pairs of one name
_TINY: Final = 1e-12


class Drawn(NamedTuple):
    """
    Pairs that agree on the names that a field is made of, and on nothing else.

    `seen`: how many have each level of the field; `prior`: what is believed before them. `left`, `right`: some of them,
    each for `stands_for`.
    """

    seen: Table
    prior: Table
    left: Rows
    right: Rows
    stands_for: int


class Strangers(NamedTuple):
    """Per comparison context × level, each row summing to about one; and by place the pairs that may be one person yet."""

    tables: tuple[Table, ...]
    drawn: dict[int, Drawn]


def without_one_person(levels: Levels, strange: Table, same: Table, others: Table, drawn: Drawn) -> Table:
    """
    The levels of strangers of one name, less the pairs among them that are one person after all.

    Args:
        levels: Of `drawn.left` and `drawn.right`.
        strange: How likely each of these pairs is of strangers, by all other fields.
        same: How often one person has each level.
        others: How often strangers have, as believed so far.
        drawn: The pairs.
    """
    for _ in range(_SETTLES):
        of_one = (1 - strange) * same[levels]
        of_one /= np.maximum(of_one + strange * others[levels], _TINY)
        taken = np.bincount(levels, of_one, len(others)) * drawn.stands_for
        others = _believed(np.maximum(drawn.seen - taken, 0.0), drawn.prior)
    return others


def stranger_tables(comparisons: tuple[Comparison, ...], n_records: int) -> Strangers:
    """How often strangers agree, before it is known who is one person."""
    chance = np.random.default_rng(_SEED)
    n_drawn = _SAMPLED if n_records > 1 else 0
    left, right = (chance.integers(0, max(n_records, 1), n_drawn) for _ in range(2))
    apart = left != right
    alone = [_alone(one, left[apart], right[apart]) for one in comparisons]
    tables, drawn = [], {}
    for place, (one, mine) in enumerate(zip(comparisons, alone, strict=True)):
        together = mine
        if any(other.kind.name in one.kind.given_agree for other in comparisons):
            together, pairs = _together(one, mine, comparisons, chance)
            if pairs is not None:
                drawn[place] = pairs
        tables.append(np.stack([mine, together, mine]))
    return Strangers(tuple(tables), drawn)


def _alone(one: Comparison, left: Rows, right: Rows) -> Table:
    """Near levels from random pairs, agreement from all pairs that share a value."""
    seen = np.bincount(one.levels(left, right), minlength=one.n_levels).astype(np.float64)
    seen[0] = 0
    exact = one.first_exact
    found = np.zeros(one.n_levels)
    found[DIFFERENT:exact] = (seen[DIFFERENT:exact] + 0.5 * one.anchor()[DIFFERENT:exact]) / (
        seen.sum() + 0.5
    )
    found[exact:] = (one.agreeing + 0.01) / one.n_pairs
    return found


def _together(
    one: Comparison, alone: Table, comparisons: tuple[Comparison, ...], chance: np.random.Generator
) -> tuple[Table, Drawn | None]:
    """
    The levels among strangers who agree on the parent: pairs of its groups that agree on nothing else.

    With these pairs, where names are the parent and nothing that stays tells that they are strangers.
    """
    is_made = one.kind.name in MADE_OF_NAMES
    parents = [other for other in comparisons if other.kind.name in one.kind.given_agree]
    prior = 0.8 * alone if is_made else 0.5 * alone + 0.5 * one.anchor()
    if is_made:
        prior[one.first_exact :] += _NAME_MADE * one.anchor()[one.first_exact :]
        prior[NEAREST_BUT_ONE : NEAREST_BUT_ONE + 2] += _ALIKE_MADE
    keys = [other.values.ids for other in (parents if is_made else parents[:1])]
    groups = blocks(*_some(*hashed(*keys)), largest=_LARGEST_GROUP)
    n_drawn = min(_SAMPLED_IN_GROUPS, groups.n_pairs)
    drawn = (
        chance.choice(groups.n_pairs, n_drawn, replace=False, shuffle=False) if n_drawn else np.zeros(0, int)
    )
    left, right = drawn_pairs(groups, np.sort(drawn))
    related = {other.kind.name for other in parents} | {one.kind.name, "category"}
    if not is_made:
        related |= set(LOCATION)
    others = tuple(c for c in comparisons if c.kind.name not in related)
    strange, is_sure = _agree_on_nothing(others, left, right)
    left, right = left[strange], right[strange]
    seen = np.bincount(one.levels(left, right), minlength=one.n_levels).astype(np.float64)
    seen[0] = 0
    found = _believed(seen, prior)
    if is_sure or not is_made:
        return found, None
    step = len(left) // _WEIGHED + 1
    return found, Drawn(seen, prior, left[::step], right[::step], step)


def _believed(seen: Table, prior: Table) -> Table:
    """The shares of the levels that were seen, held to what is believed before."""
    return np.asarray((seen + _DOUBT * prior) / (seen.sum() + _DOUBT))


def _some(keys: Keys, rows: Rows) -> tuple[Keys, Rows]:
    """Of many records those of some groups, whole: enough to draw pairs from."""
    part = len(rows) // _ENOUGH
    if part < 2:
        return keys, rows
    group = keys >> np.uint64(int(rows.max(initial=1)).bit_length())
    group *= np.uint64(0x9E3779B97F4A7C15)
    chosen = group < np.uint64((1 << 64) // part)
    return np.compress(chosen, keys), np.compress(chosen, rows)


def _agree_on_nothing(comparisons: tuple[Comparison, ...], left: Rows, right: Rows) -> tuple[Rows, bool]:
    """
    The pairs that differ in a field and agree or nearly agree in none; where they are enough, in a field that stays.

    And whether they were enough.

    One person who moved, with another number, differs in all that changes: among pairs of one name such are more than
    strangers who happen to have the same e-mail.
    """
    rows = np.arange(len(left))
    for one in comparisons:  # first the cheap question
        rows = rows[~one.agree(left[rows], right[rows])]
    moved, apart = np.zeros(len(left), dtype=bool), np.zeros(len(left), dtype=bool)
    for one in comparisons:
        levels = one.levels(left[rows], right[rows])
        (apart if one.kind.at_most <= _STAYS else moved)[rows[levels == DIFFERENT]] = True
        rows = rows[levels < max(one.first_exact - 1, DIFFERENT + 1)]
    surely = rows[apart[rows]]
    is_sure = len(surely) >= _ENOUGH_APART
    return (surely if is_sure else rows[moved[rows] | apart[rows]]), is_sure
