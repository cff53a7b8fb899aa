"""
Why two records weigh what they weigh: one line per comparison, in bits, from the prior to the probability.

A bit doubles the odds. Bits are told against strangers, and against whoever else the two records could be: the class
of look-alikes (a household, namesakes) that explains the pair best.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cdptool.matching.comparing import (
    DIFFERENT,
    MISSING,
    NOT_KNOWN,
    PARENT_AGREES,
    Comparison,
    Table,
    compared,
    contexts,
    near_enough,
)
from cdptool.matching.level_words import pair_words
from cdptool.matching.model import Model

_TINY: Final = 1e-12
_FEWEST: Final = 1e-3


class Weighed(NamedTuple):
    """
    What one comparison says of two records.

    `left`, `right`: the compared texts (None = nothing known). `bits` for (above 0) or against one person beside
    strangers, `bits_alike` beside the nearest look-alikes (None where there are no such classes).
    """

    field: str
    kind: str
    left: str | None
    right: str | None
    words: str
    is_alike: bool  # the same or nearly
    bits: float
    bits_alike: float | None


class Waterfall(NamedTuple):
    """
    The whole of it: prior bits, the lines, and what comes out.

    `on_scale`: bits that the scale of the odds adds (`scaling`). `classes`: every class with its probability, same person
    first. `nearest` is the likeliest class of look-alikes.
    """

    prior: float
    prior_alike: float | None
    lines: tuple[Weighed, ...]
    on_scale: float
    nearest: str | None
    probability: float
    classes: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        """Bits beside strangers, all in all."""
        return self.prior + sum(line.bits for line in self.lines) + self.on_scale

    @property
    def total_alike(self) -> float | None:
        """Bits beside the nearest look-alikes, all in all."""
        if self.prior_alike is None:
            return None
        return self.prior_alike + sum(line.bits_alike or 0.0 for line in self.lines) + self.on_scale


def waterfall(model: Model, left: int, right: int) -> Waterfall:
    """
    Explain what the model says of two rows.

    >>> import polars as pl
    >>> from cdptool.matching import match
    >>> texts = pl.DataFrame({"name": ["an", "an", "chi", "dung"], "phone": ["0901", "0901", "0777", "0888"]})
    >>> model = match(texts, [("name", "given"), ("phone", "phone")]).model
    >>> [line.words for line in waterfall(model, 0, 1).lines]
    ['same rare value, in 2 of 4 records', 'same rare value, in 2 of 4 records']
    """
    one, other = np.array([left]), np.array([right])
    found = compared(model.comparisons, one, other)
    above = contexts(model.comparisons, found)
    places = [(int(level[0]), int(context[0])) for level, context in zip(found, above, strict=True)]
    logs = np.array([_log_shares(tables, places) for tables in model.tables])  # class × comparison
    priors = _log_priors(model)
    joint = priors + logs.sum(axis=1)
    nearest = 2 + int(np.argmax(joint[2:])) if len(joint) > 2 else None
    lines = tuple(
        _line(model, place, (left, right), places, logs[:, place], nearest)
        for place in range(len(model.comparisons))
    )
    others = joint[1:] - np.logaddexp.reduce(joint[1:])
    odds = float(model.log_odds(one, other)[0])
    probability = float(1 / (1 + np.exp(-odds)))
    shares = (probability, *((1 - probability) * np.exp(others)).tolist())
    return Waterfall(
        prior=_bits(priors[0] - priors[1]),
        prior_alike=_bits(priors[0] - priors[nearest]) if nearest is not None else None,
        lines=lines,
        on_scale=_bits(odds - (joint[0] - np.logaddexp.reduce(joint[1:])))
        if len(model.scale.stated)
        else 0.0,
        nearest=model.names[nearest] if nearest is not None else None,
        probability=probability,
        classes=tuple(zip(model.names, shares, strict=True)),
    )


def class_weights(model: Model, place: int) -> Table:
    """Bits per class but the same person's × context × level of one comparison: what each level is worth beside it."""
    logs = [np.log2(np.maximum(tables[place], _TINY)) for tables in model.tables]
    bits = np.stack([logs[0] - each for each in logs[1:]])
    bits[:, :, MISSING] = 0.0
    return bits


def _log_priors(model: Model) -> Table:
    """Per class the log of its share of all pairs; strangers are all."""
    priors = np.log(np.maximum(model.expected, _FEWEST) / model.n_pairs)
    priors[1] = 0.0
    return np.asarray(priors)


def _log_shares(tables: tuple[Table, ...], places: list[tuple[int, int]]) -> list[float]:
    """Per comparison the log of how often the class has this level."""
    return [
        0.0 if level == MISSING else float(np.log(max(table[context, level], _TINY)))
        for table, (level, context) in zip(tables, places, strict=True)
    ]


def _line(
    model: Model,
    place: int,
    rows: tuple[int, int],
    places: list[tuple[int, int]],
    logs: Table,
    nearest: int | None,
) -> Weighed:
    one = model.comparisons[place]
    level, context = places[place]
    words = pair_words(one, level, *rows)
    if level != MISSING and context != NOT_KNOWN:
        parents = ", ".join(_parents(model.comparisons, place, places))
        words += f"; follows from {parents}" if context == PARENT_AGREES else f"; {parents} differs, too"
    mine, other = (_text(one, row) for row in rows)
    return Weighed(
        one.field,
        one.kind.name,
        mine,
        other,
        words,
        level > DIFFERENT,
        _bits(logs[0] - logs[1]),
        _bits(logs[0] - logs[nearest]) if nearest is not None else None,
    )


def _parents(
    comparisons: tuple[Comparison, ...], place: int, places: list[tuple[int, int]]
) -> tuple[str, ...]:
    """The fields from which this one follows, and that agree or else differ as its context says."""
    context = places[place][1]
    return tuple(
        other.field
        for other, (level, _) in zip(comparisons, places, strict=True)
        if other is not comparisons[place]
        and other.kind.name in comparisons[place].kind.given_agree
        and (
            near_enough(other, np.array([level], dtype=np.uint8))[0]
            if context == PARENT_AGREES
            else level == DIFFERENT
        )
    )


def _text(one: Comparison, row: int) -> str | None:
    number = int(one.values.ids[row])
    return None if number < 0 else str(one.values.texts[number])


def _bits(logs: float) -> float:
    return float(logs) / float(np.log(2)) + 0.0
