"""
A model is judged before it is used: does what it takes for one person look like one person, and are they as many?

Questions that need no labels. Do the fields agree as they plausibly may (`kinds`)? Are the matches about as many
as an estimate says that knows nothing of the model: how many pairs agree on two and on three independent fields? Of a model
that was just learned: does another start lead elsewhere? And of one of an earlier time: are records and matches of the
same order as then?
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np

from cdptool.matching.blocks import hashed
from cdptool.matching.candidates import Candidates
from cdptool.matching.comparing import DIFFERENT, Comparison, Table
from cdptool.matching.levels import Levels
from cdptool.matching.model import Fitted, Model
from cdptool.matching.values import Ids, Rows

_LIKELY: Final = 0.0  # log odds
_FEWEST: Final = 30.0  # pairs: of fewer nothing can be said
_IMPLAUSIBLE: Final = 3.0  # how many times the odds of "differs" may be those that the kind allows at most
_OTHER_ORDER: Final = 4.0
_OF_ESTIMATE: Final = 4.0
_ENOUGH: Final = 300_000  # records, that tell of what order the matches of more are
_SEED: Final = 20_250_103
_OF_START: Final = 2.0
_GROWN: Final = 3.0
# One kind of each group, the most telling first: errors in them have nothing to do with each other.
_INDEPENDENT: Final = (
    ("identifier",),
    ("birth_date",),
    ("phone",),
    ("given",),
    ("address", "house_number", "postcode", "place", "city"),
)


def doubts_of(model: Model, n_records: int, pairs: Candidates, log_odds: Table) -> tuple[str, ...]:
    """What speaks against using a model of an earlier time on these records, in words; empty where nothing does."""
    n_then = float(np.sqrt(2 * model.n_pairs))
    found = []
    if not n_then / _GROWN <= max(n_records, 2) <= n_then * _GROWN:
        found.append(f"it was learned on about {n_then:,.0f} records and there are {n_records:,} now")
    found += [f"its key `{name}` would bring too many pairs now" for name in pairs.too_large]
    now, then = _expected(log_odds), float(model.expected[0])
    scaled = then * max(n_records * (n_records - 1) / 2, 1.0) / model.n_pairs
    if max(now, scaled) > _FEWEST and not scaled / _OTHER_ORDER <= now <= scaled * _OTHER_ORDER:
        found.append(f"{scaled:,.0f} matches would be expected by it, and it finds {now:,.0f}")
    return (*found, *implausible(model, pairs.left, pairs.right, log_odds))


def doubts_of_fit(fitted: Fitted) -> tuple[str, ...]:
    """What speaks against a model that was just learned, in words; empty where nothing does."""
    few, many = fitted.starts
    found: tuple[str, ...] = ()
    if max(few, many) > _FEWEST and max(few, many) > _OF_START * min(few, many):
        found = (f"from another start it would find {many:,.0f} matches instead of {few:,.0f}",)
    likely = np.flatnonzero(fitted.by_pattern > _LIKELY)
    levels = [one[likely] for one in fitted.levels]
    matches = fitted.counts[likely] / (1 + np.exp(-fitted.by_pattern[likely]))
    return (*found, *_implausible(fitted.model.comparisons, levels, matches))


def implausible(model: Model, left: Rows, right: Rows, log_odds: Table) -> tuple[str, ...]:
    """What the pairs that a model takes for one person have that pairs of one person do not have, in words."""
    likely = np.flatnonzero(log_odds > _LIKELY)
    left, right = left[likely], right[likely]
    levels = [one.levels(left, right) for one in model.comparisons]
    return _implausible(model.comparisons, levels, 1 / (1 + np.exp(-log_odds[likely])))


def _implausible(
    comparisons: tuple[Comparison, ...], levels: list[Levels], matches: Table
) -> tuple[str, ...]:
    """The same of pairs or patterns by their levels, and how many pairs of one person each stands for."""
    told = [_differing(one, found, matches) for one, found in zip(comparisons, levels, strict=True)]
    return (*(one for one in told if one), *_of_other_number(comparisons, levels, matches))


def _expected(log_odds: Table) -> float:
    return float((1 / (1 + np.exp(-log_odds))).sum())


def _differing(one: Comparison, levels: Levels, matches: Table) -> str:
    """Whether a field differs in too many of the likely pairs."""
    known, differ = float(matches[levels > 0].sum()), float(matches[levels == DIFFERENT].sum())
    # A category (a trade, a programme) may be another in every record of one firm.
    if known < _FEWEST or one.kind.name == "category":
        return ""
    share = min(differ / known, 1 - 1e-9)
    if share / (1 - share) <= _IMPLAUSIBLE * one.kind.at_most / (1 - one.kind.at_most):
        return ""
    return f"`{one.field}` differs in {share:.0%} of the pairs that it takes for one person"


def _of_other_number(
    comparisons: tuple[Comparison, ...], levels: list[Levels], matches: Table
) -> tuple[str, ...]:
    """Whether the likely pairs are of another order than the independent estimate."""
    three = independent_fields(comparisons)
    estimate = estimated_matches(three)
    if estimate is None:
        return ()
    of_three = [found for one, found in zip(comparisons, levels, strict=True) if one in three]
    found = float(matches[np.logical_and.reduce([one > 0 for one in of_three])].sum())
    if estimate / _OF_ESTIMATE <= found <= estimate * _OF_ESTIMATE:
        return ()
    fields = ", ".join(one.field for one in three)
    told = f"it finds {found:,.0f} matches among records with {fields}, and {estimate:,.0f} are plausible"
    return (told,)


def independent_fields(comparisons: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    """
    Up to three fields of which none follows from another, the most telling first.

    None of firms: the branches of one share its name and its telephone, and are not one.
    """
    if any(one.kind.name == "organisation" for one in comparisons):
        return ()
    found: list[Comparison] = []
    for kinds in _INDEPENDENT:
        of_group = [one for kind in kinds for one in comparisons if one.kind.name == kind]
        found += of_group[:1]
    return tuple(found[:3])


def estimated_matches(three: tuple[Comparison, ...]) -> float | None:
    """
    How many pairs of one person there are among records that hold all three fields; None where too little is known.

    With n pairs of one person that agree on the fields with the chances a, b and c, the pairs that agree on two number
    n·ab, n·ac and n·bc, on all three n·abc; so n = ab·ac·bc / abc². What strangers share by chance is taken off first.
    """
    if len(three) < 3:
        return None
    known = np.flatnonzero(np.logical_and.reduce([one.values.ids >= 0 for one in three]))
    share = min(_ENOUGH / max(len(known), 1), 1.0)
    if share < 1:
        known = known[np.random.default_rng(_SEED).random(len(known)) < share]
    n_known = len(known)
    held = tuple(np.take(one.values.ids, known) for one in three)
    n_pairs = n_known * (n_known - 1) / 2
    single = [_agreeing((ids,)) / max(n_pairs, 1.0) for ids in held]
    of_two = []
    for pair in combinations(range(3), 2):
        by_chance = n_pairs * single[pair[0]] * single[pair[1]]
        of_two.append(_agreeing(tuple(held[k] for k in pair)) - by_chance)
    of_all = _agreeing(held) - n_pairs * float(np.prod(single))
    if of_all < _FEWEST:
        return None
    return float(np.prod(np.maximum(of_two, of_all))) / of_all**2 / share**2  # both of a pair are in the part


def _agreeing(columns: tuple[Ids, ...]) -> float:
    """How many pairs of these records agree on all the fields."""
    if len(columns) == 1:
        counts = np.bincount(columns[0])
    else:
        keys, _ = hashed(*columns)
        keys.sort()
        is_bound = np.ones(len(keys) + 1, dtype=bool)
        np.not_equal(keys[1:], keys[:-1], out=is_bound[1:-1])
        counts = np.diff(np.flatnonzero(is_bound))
    return float((counts * (counts - 1.0) / 2).sum())
