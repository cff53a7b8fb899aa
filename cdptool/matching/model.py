"""
The learned weights: Fellegi and Sunter's model, fitted without labels and anchored so that it cannot drift.

Pairs are counted by pattern of levels, and everything is done on the counts. How often *strangers* agree on a value is
not learned: it is counted over all pairs in closed form (sampled only for near levels), less the pairs that are
probably one person. How often the *same person* agrees starts at the kinds' anchors and moves from there with the
data. Classes of their own hold those who only look alike (`classes`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdptool.matching.classes import LIKE_STRANGERS, Share, likenesses, table
from cdptool.matching.comparing import (
    CONTEXTS,
    DIFFERENT,
    NOT_KNOWN,
    PARENT_AGREES,
    PARENT_DIFFERS,
    Comparison,
    Table,
    compared,
    contexts,
)
from cdptool.matching.kinds import LOCATION, MADE_OF_NAMES
from cdptool.matching.levels import Levels
from cdptool.matching.patterns import Codes, Patterns, patterns
from cdptool.matching.scaling import AS_STATED, Scale, learned_scale, scaled
from cdptool.matching.strangers import Strangers, stranger_tables, without_one_person
from cdptool.matching.values import Rows

_ROUNDS: Final = 60
_SETTLED: Final = 1e-4  # of a class, and of many patterns, whose rounds cost something, of the matches
_MANY_PATTERNS: Final = 5_000
_ANCHOR: Final = (
    0.04  # of the expected matches, as pseudo-counts; more, and odd pairs are believed too easily
)
FIRMLY: Final = 1e6
_START: Final = 0.3  # matches per record
_OTHER_STARTS: Final = (0.01, 2.0)
_FIRST_ROUNDS: Final = 8  # after these it is about known who is one person
_FEW_ROUNDS: Final = 12
_SAMPLED: Final = 3_000
_LEAST_ANCHOR: Final = 30.0
_FEWEST: Final = 1e-3
_FIXED: Final = (100.0, 0.1)  # pairs, or part of the pairs, that stand for what is fixed of a look-alike
_MOVES: Final = 0.5  # who lives in another street often lives in another town
_ALL_MOVES: Final = 0.95
_FIRMS_STAY: Final = 0.4  # people move; a firm elsewhere is mostly another branch
_FIRMS_MOVE: Final = 0.5  # how often a firm is elsewhere, beside people, before any data
_CLOSE: Final = 2  # near levels that are close: most of the words, all but a slip
_CONTACTS: Final = ("phone", "email", "website", "identifier", "category")
Shares = dict[str, Share]
_TINY: Final = 1e-12
_CHUNK: Final = 120_000


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """
    Per comparison a table (context × level) of probabilities for each class; `expected` pairs of each class.

    The first class is the same person, the second strangers; then the likenesses.
    """

    comparisons: tuple[Comparison, ...]
    names: tuple[str, ...]
    tables: tuple[tuple[Table, ...], ...]  # class × comparison
    expected: Table
    n_pairs: float
    shares: tuple[Shares, ...] = ()  # of each likeness, as learned so far
    scale: Scale = AS_STATED

    def log_odds(self, left: Rows, right: Rows) -> Table:
        """For and against one person (natural logarithm), per pair of rows."""
        return scaled(self.stated(left, right), self.scale)

    def stated(self, left: Rows, right: Rows) -> Table:
        """The log odds as the fields add up, before they are held to the scale: by these, clusters hold together."""
        parts = [
            _log_odds(self, _codes(self.comparisons, left[i : i + _CHUNK], right[i : i + _CHUNK]))
            for i in range(0, len(left), _CHUNK)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def stated_of(self, levels: list[Levels]) -> Table:
        """The same by the levels of every comparison, pair by pair."""
        return _log_odds(self, _coded(self.comparisons, levels))


class Fitted(NamedTuple):
    """
    The model and the log odds of the pairs that it was fitted on, as the fields add up (`stated`) and on its scale.

    `starts`: how many matches a part of the patterns has when learned from few expected matches, and from many.
    `levels`: of every pattern of levels the levels (comparison × pattern), in `counts` how many pairs have it, and in
    `by_pattern` their log odds.
    """

    model: Model
    stated: Table
    log_odds: Table
    starts: tuple[float, float]
    levels: tuple[Levels, ...]
    counts: Table
    by_pattern: Table


def fit(
    comparisons: tuple[Comparison, ...],
    n_records: int,
    left: Rows,
    right: Rows,
    *,
    anchored: float = _ANCHOR,
) -> Fitted:
    """
    Learn the weights from candidate pairs, without labels.

    Args:
        comparisons: The fields.
        n_records: Records in all.
        left, right: Rows of the candidates, each pair once.
        anchored: How strongly the same person is held to what is plausible; `FIRMLY` learns only how many matches.
    """
    codes = _codes(comparisons, left, right)
    found = patterns(codes, [len(CONTEXTS) * one.n_levels for one in comparisons])
    del codes
    n_pairs = max(n_records * (n_records - 1) / 2, 1.0)
    anchors = tuple(_anchors(one, _is_of_firms(comparisons)) for one in comparisons)
    drawn = stranger_tables(comparisons, n_records)
    strangers = drawn.tables
    names = tuple(one.name for one in likenesses(comparisons))

    def start(share: float) -> Model:
        expected = np.array([share * n_records, n_pairs, *(0.05 * n_records for _ in names)])
        shares = tuple(one.shares for one in likenesses(comparisons))
        tables = _tables(comparisons, anchors, strangers, shares)
        return Model(comparisons, ("same person", "strangers", *names), tables, expected, n_pairs, shares)

    model = start(_START)
    for nth in range(_ROUNDS):
        if nth == _FIRST_ROUNDS:
            strangers = _of_one_name(model, drawn)
        before = model.expected
        model = _step(model, found, anchors, strangers, anchored)
        least = before[0] if len(found.counts) > _MANY_PATTERNS else 1.0
        is_settled = np.abs(model.expected - before) <= _SETTLED * np.maximum(before, max(least, 1.0))
        if nth > _FIRST_ROUNDS and is_settled.all():
            break
    part = found.part(max(len(found.counts) // _SAMPLED, 1))
    few, many = (_from(start(share), part, anchors, strangers) for share in _OTHER_STARTS)
    odds = _log_odds(model, found.codes)  # to the last bit what a kept model says of the same pairs
    stated = np.take(odds, found.of_pair)
    model = replace(model, scale=learned_scale(n_records, left, right, stated))
    odds = scaled(odds, model.scale)
    levels = tuple(
        (found.codes[place] % one.n_levels).astype(np.uint8) for place, one in enumerate(comparisons)
    )
    return Fitted(model, stated, np.take(odds, found.of_pair), (few, many), levels, found.counts, odds)


def _of_one_name(model: Model, drawn: Strangers) -> tuple[Table, ...]:
    """
    Strangers' tables with those of fields made of names weighed by who the pairs of one name probably are.

    Where most pairs of one name are one person, those of them that agree on nothing else mostly are too: an e-mail would
    seem to be shared by everybody of its name.
    """
    tables = list(drawn.tables)
    for place, some in drawn.drawn.items():
        codes = _codes(model.comparisons, some.left, some.right)
        levels = codes[place] % model.comparisons[place].n_levels
        codes[place] = 0
        strange = 1 / (1 + np.exp(_log_odds(model, codes)))
        same, others = model.tables[0][place][PARENT_AGREES], tables[place]
        learned = without_one_person(levels, strange, same, others[PARENT_AGREES], some)
        tables[place] = np.stack([others[NOT_KNOWN], learned, others[PARENT_DIFFERS]])
    return tuple(tables)


def _from(model: Model, part: Patterns, anchors: tuple[Table, ...], strangers: tuple[Table, ...]) -> float:
    """The matches that are found from another start; a part of the patterns says whether it makes a difference."""
    for _ in range(_FEW_ROUNDS):
        model = _step(model, part, anchors, strangers, _ANCHOR)
    return float(model.expected[0])


def _step(
    model: Model,
    found: Patterns,
    anchors: tuple[Table, ...],
    strangers: tuple[Table, ...],
    anchored: float,
) -> Model:
    """One round: who the pairs probably are under the model, and the model of that."""
    by_class = _joint(model, found)
    by_class -= by_class.max(axis=0)
    held = np.exp(by_class, out=by_class)
    held *= found.counts / held.sum(axis=0)
    expected = held.sum(axis=1)
    same, others = [], []
    matched, *alike = (_seen(model.comparisons, found, one) for one in (held[0], *held[2:]))
    is_of_firms = _is_of_firms(model.comparisons)
    for place, (one, anchor, start) in enumerate(zip(model.comparisons, anchors, strangers, strict=True)):
        seen = matched[place]
        if one.kind.name in MADE_OF_NAMES:  # one person's e-mail is as often the same whatever the names
            seen = np.repeat(seen.sum(axis=0, keepdims=True), len(CONTEXTS), axis=0)
        total = seen.sum(axis=1, keepdims=True)
        weight = np.maximum(_LEAST_ANCHOR, anchored * np.minimum(total, expected[0]))
        same.append(_plausible(one, is_of_firms, (seen + weight * anchor) / (total + weight)))
        others.append(_less_matches(one, start, matched[place].sum(axis=0)))
    likely, strange = tuple(same), tuple(others)
    shares = _learned_shares(model, alike, (likely, strange))
    tables = _tables(model.comparisons, likely, strange, shares)
    learned = _learned_levels(model.comparisons, alike, tables[2:])
    return replace(model, tables=(*tables[:2], *learned), expected=expected, shares=shares)


def _seen(comparisons: tuple[Comparison, ...], found: Patterns, weights: Table) -> list[Table]:
    """Per comparison, context × level: how many pairs of a class have it, by the weight of each pattern in the class."""
    counted = [
        each.reshape(len(CONTEXTS), one.n_levels)
        for one, each in zip(comparisons, found.counted(weights), strict=True)
    ]
    for each in counted:
        each[:, 0] = 0
    return counted


def _learned_shares(
    model: Model, pairs: list[list[Table]], tables: tuple[tuple[Table, ...], tuple[Table, ...]]
) -> tuple[Shares, ...]:
    """How much of their contacts those have in common who only look alike; what else tells them apart is fixed."""
    found = []
    for alike, now, counted in zip(likenesses(model.comparisons), model.shares, pairs, strict=True):
        learned = dict(now)
        for kind in _CONTACTS:
            before, start = now.get(kind), alike.shares.get(kind)
            if not isinstance(before, float) or not isinstance(start, float):
                continue
            total, common = 0.0, 0.0  # of all fields of the kind: a number for day and one for night
            for one, seen, mine, theirs in zip(model.comparisons, counted, *tables, strict=True):
                if one.kind.name == kind:
                    of_same = before * mine / np.maximum(before * mine + (1 - before) * theirs, _TINY)
                    total += float(seen.sum())
                    common += float((seen * of_same).sum())
            weight = max(_LEAST_ANCHOR, _ANCHOR * total)
            learned[kind] = (common + weight * start) / (total + weight)
        found.append(learned)
    return tuple(found)


def _learned_levels(
    comparisons: tuple[Comparison, ...], pairs: list[list[Table]], tables: tuple[tuple[Table, ...], ...]
) -> tuple[tuple[Table, ...], ...]:
    """
    The tables of those who only look alike, with the fields that their own pairs teach (`Likeness.learned`).

    Candidates are the pairs that share an address or a name, so who only lives together shares the address more often
    than who is one person and moved: where the given name is not known, that decides.
    """
    least, part = _FIXED
    found = []
    for alike, counted, fixed in zip(likenesses(comparisons), pairs, tables, strict=True):
        levels = list(fixed)
        for place, (one, seen) in enumerate(zip(comparisons, counted, strict=True)):
            if alike.learns(one.kind.name):
                total = seen.sum(axis=1, keepdims=True)
                if one.kind.name in alike.unlike:
                    close = np.arange(one.n_levels) >= one.first_exact - _CLOSE
                    seen = np.where(close, total * fixed[place], seen)
                weight = np.maximum(least, part * total)
                learned = seen + weight * fixed[place]
                levels[place] = learned / learned.sum(axis=1, keepdims=True)
        found.append(tuple(levels))
    return tuple(found)


def _plausible(one: Comparison, is_of_firms: bool, levels: Table) -> Table:
    """The levels of one person or firm, none of which may differ more often than such do: the rest is scaled up."""
    most = one.kind.at_most * (_FIRMS_STAY if is_of_firms and one.kind.name in LOCATION else 1)
    differs = np.minimum(levels[:, DIFFERENT], most)
    if one.kind.name in LOCATION:
        differs[PARENT_DIFFERS] = min(levels[PARENT_DIFFERS, DIFFERENT], _ALL_MOVES)
    others = levels.sum(axis=1) - levels[:, DIFFERENT]
    scaled = levels * ((1 - differs) / np.maximum(others, _TINY))[:, None]
    scaled[:, DIFFERENT] = differs
    return np.asarray(scaled)


def _less_matches(one: Comparison, start: Table, matched: Table) -> Table:
    """Strangers' levels: the agreeing pairs of all records less those that are probably one person."""
    exact = one.first_exact
    found = start.copy()
    left_over = np.maximum(one.agreeing - matched[exact:], 0.02 * one.agreeing + 0.01)
    for context in CONTEXTS:
        if context != PARENT_AGREES or not one.kind.given_agree:
            found[context, exact:] = left_over / one.n_pairs
    return found


def _is_of_firms(comparisons: tuple[Comparison, ...]) -> bool:
    return any(one.kind.name == "organisation" for one in comparisons)


def _anchors(one: Comparison, is_of_firms: bool) -> Table:
    """The anchor by context: with the field that this one follows from, it agrees and differs more often."""
    alone = one.anchor()
    if is_of_firms and one.kind.name == "address":
        alone[DIFFERENT] *= _FIRMS_MOVE
        alone /= alone.sum()
    if not one.kind.given_agree or one.kind.name in MADE_OF_NAMES:
        return np.stack([alone] * len(CONTEXTS))
    together, moved = alone.copy(), alone.copy()
    together[DIFFERENT] *= 0.3
    together[one.first_exact :] *= 1.3
    moved[DIFFERENT] = _MOVES * (1 - alone[DIFFERENT]) / (1 - _MOVES)
    return np.stack([alone, together / together.sum(), moved / moved.sum()])


def _tables(
    comparisons: tuple[Comparison, ...],
    same: tuple[Table, ...],
    strangers: tuple[Table, ...],
    shares: tuple[Shares, ...],
) -> tuple[tuple[Table, ...], ...]:
    """The tables of all classes."""
    alike = (
        tuple(
            table(one, shared.get(one.kind.name, LIKE_STRANGERS), mine, other)
            for one, mine, other in zip(comparisons, same, strangers, strict=True)
        )
        for shared in shares
    )
    return (same, strangers, *alike)


def _codes(comparisons: tuple[Comparison, ...], left: Rows, right: Rows) -> NDArray[np.uint8]:
    return _coded(comparisons, compared(comparisons, left, right))


def _coded(comparisons: tuple[Comparison, ...], levels: list[Levels]) -> NDArray[np.uint8]:
    """Comparison × pair: the level, plus the number of levels where a parent agrees."""
    codes = np.empty((len(comparisons), len(levels[0])), dtype=np.uint8)
    for place, (one, found, above) in enumerate(
        zip(comparisons, levels, contexts(comparisons, levels), strict=True)
    ):
        np.multiply(above, one.n_levels, out=codes[place])
        codes[place] += found
    return codes


def _priors(model: Model) -> Table:
    """Per class the log of its expected share."""
    shares = np.log(np.maximum(model.expected, _FEWEST) / model.n_pairs)
    shares[1] = 0.0
    return np.asarray(shares)


def _logs(model: Model) -> list[Table]:
    """Per comparison, class × code: the log of its probability; what is not known says nothing."""
    found = []
    for place in range(len(model.comparisons)):
        logs = np.log(np.maximum(np.stack([tables[place] for tables in model.tables]), _TINY))
        logs[:, :, 0] = 0.0
        found.append(logs.reshape(len(model.tables), -1))
    return found


def _joint(model: Model, found: Patterns) -> Table:
    """Class × pattern: log of (expected share of the class × probability of the pattern in it)."""
    joint = found.summed(_logs(model))
    joint += _priors(model)[:, None]
    return joint


def _log_odds(model: Model, codes: Codes) -> Table:
    """The log odds of pairs by their codes (comparison × pair)."""
    joint = np.repeat(_priors(model)[:, None], codes.shape[1], axis=1)
    for logs, of_pair in zip(_logs(model), codes, strict=True):
        joint += np.take(logs, of_pair.astype(np.intp, copy=False), axis=1)
    others = joint[1:]
    most = others.max(axis=0)
    others -= most
    return np.asarray(joint[0] - most - np.log(np.exp(others, out=others).sum(axis=0)))
