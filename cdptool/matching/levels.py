"""
How alike two different values are, as a few ordered levels: the judges that the kinds of fields own.

A judge gets two arrays of value numbers (never equal, none missing) and gives one level per pair: 0 = different,
1… = closer and closer. Equal values never reach it. Each pair of values is judged once (`once_per_pair`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from cdptool.matching.nicknames import GROUPS_OF, NO_GROUP
from cdptool.matching.sketches import (
    date_digits,
    hashed_stems,
    in_common,
    local_parts,
    may_be_spelt_alike,
    share_a_word,
    short_forms,
    without_spaces,
)
from cdptool.matching.sorting import sorted_with_rows
from cdptool.matching.values import Rows, Values, encoded
from cdptool.matching.word_sets import Words
from cdptool.matching.words_of_names import NameWords

Levels = NDArray[np.uint8]
Judge = Callable[[Values, Rows, Rows], Levels]
_NAME_CLOSE: Final = 0.90
_NAME_LOOSE: Final = 0.80
_TABLE: Final = 1 << 26  # entries of a table of value × value
_TABLE_PER_PAIR: Final = 64


def once_per_pair(judge: Judge, values: Values, left: Rows, right: Rows) -> Levels:
    """The levels of pairs of different values, each unordered pair judged once."""
    n_texts = len(values.texts)
    codes = np.minimum(left, right) * n_texts
    codes += np.maximum(left, right)
    if n_texts * n_texts <= _TABLE and n_texts * n_texts <= _TABLE_PER_PAIR * len(codes):
        held = np.zeros(n_texts * n_texts, dtype=bool)
        held[codes] = True
        fresh = np.flatnonzero(held)
        table = held.view(np.uint8)
        table[fresh] = judge(values, *np.divmod(fresh, n_texts))
        return np.take(table, codes)
    ordered, order = sorted_with_rows(codes, n_texts * n_texts)
    is_fresh = np.append(True, ordered[1:] != ordered[:-1])[: len(codes)]
    judged = judge(values, *np.divmod(np.compress(is_fresh, ordered), n_texts))
    levels = np.empty(len(codes), dtype=np.uint8)
    levels[order] = np.take(judged, np.cumsum(is_fresh) - 1)
    return levels


def names(values: Values, left: Rows, right: Rows) -> Levels:
    """1 = alike, 2 = the other's initial or beginning, 3 = a telling word or a short form, 4 = one slip away."""
    mine, other = (values.of(side) for side in (left, right))
    a, b = mine.to_list(), other.to_list()
    alike = process.cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32)
    slips = process.cpdist(a, b, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
    shorter = np.minimum(mine.str.len_chars().to_numpy(), other.str.len_chars().to_numpy())
    levels = np.zeros(len(a), dtype=np.uint8)
    levels[alike >= _NAME_LOOSE] = 1
    levels[_begin_alike(a, b, np.flatnonzero(shorter <= 3))] = 2
    levels[_share_a_word(values, left, right)] = 3
    levels[(alike >= _NAME_CLOSE) | ((slips <= 1) & (shorter >= 4))] = 4
    short = np.flatnonzero(in_common(values.worked_out(short_forms), left, right) & (levels < 3))
    levels[_are_short_for(a, b, short)] = 3
    return levels


def names_across(a: pl.Series, b: pl.Series) -> Levels:
    """`names` of texts side by side (String, without nulls) that stand in different columns; no word is everyone's."""
    values = encoded(pl.concat([a, b]))
    left, right = np.split(values.ids.astype(np.int64), [len(a)])
    return names(replace(values, counts=np.zeros_like(values.counts)), left, right)


def _begin_alike(mine: list[str], other: list[str], rows: Rows) -> list[int]:
    """Of these rows those where one text begins with the other."""
    return [i for i in rows.tolist() if mine[i].startswith(other[i]) or other[i].startswith(mine[i])]


def _share_a_word(values: Values, left: Rows, right: Rows) -> Rows:
    """The rows whose names have a telling word in common and do not begin with two different names."""
    rows = np.flatnonzero(share_a_word(values, left, right))
    if not len(rows):
        return rows
    words = values.worked_out(NameWords)
    share, begins = words.shared(left[rows], right[rows])
    doubtful = np.flatnonzero(share & ~begins)
    first, beside = (words.first(side[rows[doubtful]]).to_list() for side in (left, right))
    share[doubtful] = ~_are_other_names(first, beside)
    return rows[share]


def _are_other_names(mine: list[str], other: list[str]) -> NDArray[np.bool_]:
    """Whether two words are neither alike, nor an initial, nor forms of one name."""
    alike = process.cpdist(mine, other, scorer=JaroWinkler.similarity, dtype=np.float32) >= _NAME_LOOSE
    short = [i for i, pair in enumerate(zip(mine, other, strict=True)) if min(map(len, pair)) <= 3]
    alike[_begin_alike(mine, other, np.array(short, dtype=np.int64))] = True
    alike[_are_short_for(mine, other, np.flatnonzero(~alike))] = True
    return ~alike


def _are_short_for(mine: list[str], other: list[str], rows: Rows) -> list[int]:
    """Of these rows those where one name stands for the other."""
    return [
        i
        for i in rows.tolist()
        if not GROUPS_OF.get(mine[i], NO_GROUP).isdisjoint(GROUPS_OF.get(other[i], NO_GROUP))
    ]


def dates(values: Values, left: Rows, right: Rows) -> Levels:
    """1 = same year or same day of the year, 2 = same year and month or day, 3 = one slip or day and month swapped."""
    digits = values.worked_out(date_digits)
    a, b = np.take(digits, left, axis=0), np.take(digits, right, axis=0)
    same = a == b
    year, month, day = same[:, :4].all(1), same[:, 4:6].all(1), same[:, 6:].all(1)
    wrong = 8 - same.sum(1)
    turned = (wrong == 2) & _neighbours_swapped(a, b, same)
    crossed = year & (a[:, 4:6] == b[:, 6:]).all(1) & (a[:, 6:] == b[:, 4:6]).all(1)
    levels = np.zeros(len(left), dtype=np.uint8)
    has_day = (a[:, 4:] != ord("0")).any(axis=1)  # of years alone there is none to agree on
    levels[year | (month & day & has_day)] = 1
    levels[year & (month | day)] = 2
    levels[(wrong <= 1) | turned | crossed] = 3
    return levels


def _neighbours_swapped(
    a: NDArray[np.uint8], b: NDArray[np.uint8], same: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether two wrong digits stand side by side and are each other's."""
    first = np.argmin(same, axis=1)
    rows = np.arange(len(a))
    second = np.minimum(first + 1, a.shape[1] - 1)
    crossed = (a[rows, first] == b[rows, second]) & (a[rows, second] == b[rows, first])
    return np.asarray(crossed & (second > first))


def digits(values: Values, left: Rows, right: Rows) -> Levels:
    """Numbers that identify: 1 = two slips, 2 = one slip, or the same last seven."""
    a, b = values.of(left), values.of(right)
    slips = process.cpdist(a.to_list(), b.to_list(), scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    shorter = np.minimum(a.str.len_bytes().to_numpy(), b.str.len_bytes().to_numpy())
    tails = (a.str.tail(7) == b.str.tail(7)).to_numpy() & (shorter >= 7)
    levels = np.zeros(len(left), dtype=np.uint8)
    levels[(slips <= 2) & (shorter >= 6)] = 1
    levels[((slips <= 1) & (shorter >= 5)) | tails] = 2
    return levels


def postcodes(values: Values, left: Rows, right: Rows) -> Levels:
    """1 = the same beginning, 2 = one slip."""
    a, b = values.of(left), values.of(right)
    slips = process.cpdist(a.to_list(), b.to_list(), scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
    levels = (a.str.head(3) == b.str.head(3)).to_numpy().astype(np.uint8)
    levels[slips <= 1] = 2
    return levels


def emails(values: Values, left: Rows, right: Rows) -> Levels:
    """1 = nearly the same name before the @, 2 = the same there, 3 = the whole address but for two slips."""
    a, b = values.of(left), values.of(right)
    before = values.worked_out(local_parts)
    mine, other = (before.gather(pl.Series(side, dtype=pl.UInt32)) for side in (left, right))
    slips = process.cpdist(a.to_list(), b.to_list(), scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    local = process.cpdist(
        mine.to_list(), other.to_list(), scorer=OSA.distance, score_cutoff=2, dtype=np.uint8
    )
    shorter = np.minimum(mine.str.len_bytes().to_numpy(), other.str.len_bytes().to_numpy())
    levels = np.zeros(len(left), dtype=np.uint8)
    levels[(local <= 2) & (shorter >= 6)] = 1
    levels[local == 0] = 2
    levels[(slips <= 2) & (shorter >= 5) & (local > 0)] = 3
    return levels


def websites(values: Values, left: Rows, right: Rows) -> Levels:
    """1 = two slips apart, 2 = one slip, or the same but for its ending."""
    a, b = values.of(left), values.of(right)
    stems = values.worked_out(hashed_stems)
    slips = process.cpdist(a.to_list(), b.to_list(), scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    is_long = np.minimum(a.str.len_bytes().to_numpy(), b.str.len_bytes().to_numpy()) >= 8
    levels = np.zeros(len(left), dtype=np.uint8)
    levels[(slips <= 2) & is_long] = 1
    levels[((slips <= 1) & is_long) | (np.take(stems, left) == np.take(stems, right))] = 2
    return levels


def words(values: Values, left: Rows, right: Rows) -> Levels:
    """Texts of several words: 1…4 = the share of what their words tell that they have in common."""
    told = values.worked_out(Words)
    shared = told.shared(left, right)
    mine, other = np.take(told.total, left), np.take(told.total, right)
    of_both = shared / np.maximum(mine + other - shared, 1e-9)
    of_shorter = shared / np.maximum(np.minimum(mine, other), 1e-9)
    score = np.maximum(of_both, 0.75 * of_shorter)
    doubtful = np.flatnonzero(score < 0.8)  # the last threshold: more makes no difference
    doubtful = doubtful[may_be_spelt_alike(values, left[doubtful], right[doubtful])]
    plain = values.worked_out(without_spaces)
    a, b = (plain.gather(pl.Series(side[doubtful], dtype=pl.UInt32)) for side in (left, right))
    spelt = process.cpdist(a.to_list(), b.to_list(), scorer=fuzz.ratio, score_cutoff=75, dtype=np.float32)
    score[doubtful] = np.maximum(score[doubtful], np.where(spelt > 0, spelt / 100 - 0.05, 0))
    return np.digitize(score, (0.25, 0.45, 0.65, 0.8)).astype(np.uint8)


__all__ = [
    "Judge",
    "Levels",
    "Rows",
    "dates",
    "digits",
    "emails",
    "names",
    "once_per_pair",
    "postcodes",
    "websites",
    "words",
]
