"""
What blocking keys are made of: whole values and pieces of them, numbered like values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.comparing import Comparison
from cdptool.matching.sketches import local_parts
from cdptool.matching.sorting import sorted_with_rows
from cdptool.matching.values import MISSING, Ids, Rows, Values, recoded_values

EITHER_ORDER: Final = "names in either order"
_ENOUGH: Final = 100_000  # records
_Pieces = list[tuple[str, pl.Series, float]]


Numbered = tuple[Ids, Rows]


class Part(NamedTuple):
    """
    A value or a piece of one. `survives`: how likely two records agree on it whose values are only near; `is_alone`:
    telling enough to be a key by itself.

    `agreeing`: how many pairs of records agree on it. `numbered`: works out per record the number of what it holds,
    -1 for nothing, and per number how many records hold it; few parts come to be part of a key. `at`: the numbers of
    these records."""

    name: str
    fields: frozenset[str]
    agreeing: float
    numbered: Callable[[], Numbered]
    at: Callable[[Rows], Ids]
    n_values: int
    survives: float
    is_alone: bool = False

    def agrees(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Which of these pairs of records agree on it."""
        mine = self.at(left)
        return np.asarray((mine == self.at(right)) & (mine >= 0))


def all_parts(comparisons: tuple[Comparison, ...]) -> tuple[Part, ...]:
    """The parts of all fields, and the two names in either order."""
    either = names_in_either_order(comparisons)
    return (*(part for one in comparisons for part in parts(one)), *((either,) if either is not None else ()))


def parts(one: Comparison) -> list[Part]:
    """What keys may be made of, by kind of field."""
    make = _PARTS.get(one.kind.name)
    if make is None:
        return []
    values, is_alone = one.values, one.kind.name in _ALONE
    found = [
        Part(
            one.field,
            frozenset({one.field}),
            _agreeing(values.counts),
            lambda: (values.ids, values.counts),
            lambda rows: np.take(values.ids, rows),
            len(values.counts),
            0.0,
            is_alone,
        )
    ]
    for name, texts, survives in make(values):
        found.append(_piece(one, name, texts, survives))
    if one.kind.name == "organisation":
        found += [
            _piece(one, name, words, 0.6)._replace(is_alone=True) for name, words in _rarest_words(values)
        ]
    return found


def _piece(one: Comparison, name: str, texts: pl.Series, survives: float) -> Part:
    """The part that is a function of the value: `texts` says, value by value, what each becomes."""
    short, counts = recoded_values(one.values, texts)
    ids = one.values.ids
    short = np.append(short, np.int32(MISSING))  # the last of them is for -1, those without a value
    return Part(
        f"{one.field} ({name})",
        frozenset({one.field}),
        _agreeing(counts),
        lambda: (np.take(short, ids), counts),
        lambda rows: np.take(short, np.take(ids, rows)),
        len(counts),
        survives,
    )


def _agreeing(counts: Rows) -> float:
    """How many pairs of records agree, by how many records hold each value."""
    return float((counts * (counts - 1.0)).sum() / 2)


def _name_parts(values: Values) -> _Pieces:
    texts = values.texts
    return [("sound", sound(texts), 0.6), ("first 3", texts.str.head(3), 0.65)]


def _date_parts(values: Values) -> _Pieces:
    texts = values.texts
    return [
        ("year and month", texts.str.head(6), 0.6),
        ("month and day", texts.str.slice(4), 0.5),
        ("year and day", texts.str.head(4) + texts.str.slice(6), 0.5),
    ]


def _identifier_parts(values: Values) -> _Pieces:
    texts = values.texts
    return [("first 4", texts.str.head(4), 0.5), ("last 4", texts.str.tail(4), 0.5)]


def _address_parts(values: Values) -> _Pieces:
    texts = values.texts
    number = texts.str.extract(r"(\d+)")
    street = texts.str.replace_all(r"\b\w?\d+\w?\b", "").str.extract(r"(\w{3,})")
    return [
        ("number", number, 0.8),
        ("street", street, 0.7),
        ("number and street", number + " " + street, 0.6),
    ]


def _email_parts(values: Values) -> _Pieces:
    return [("before the @", values.worked_out(local_parts), 0.4)]


def _phone_parts(values: Values) -> _Pieces:
    texts = values.texts
    return [("last 7", texts.str.tail(7), 0.4)]


def _postcode_parts(values: Values) -> _Pieces:
    texts = values.texts
    return [("first 4", texts.str.head(4), 0.8)]


def _whole(_values: Values) -> _Pieces:
    return []


_ALONE: Final = ("email", "phone", "identifier", "address", "organisation")
_PARTS: Final[dict[str, Callable[[Values], _Pieces]]] = {
    "given": _name_parts,
    "family": _name_parts,
    **dict.fromkeys(("birth_date", "founded"), _date_parts),
    "identifier": _identifier_parts,
    "email": _email_parts,
    "phone": _phone_parts,
    "postcode": _postcode_parts,
    "address": _address_parts,
    **dict.fromkeys(("organisation", "workplace", "city", "place", "house_number", "state", "age"), _whole),
}


def sound(texts: pl.Series) -> pl.Series:
    """
    A coarse sound: letters that are heard or typed alike become one, vowels after the first letter go.

    >>> sound(pl.Series(["smith", "smyth", "phillip", "filip"])).to_list()
    ['snt', 'snt', 'flf', 'flf']
    """
    letters = texts.str.replace_all(r"[^\p{L}]", "").str.replace_all("ph", "f", literal=True)
    for group, one in (("cqx", "k"), ("z", "s"), ("d", "t"), ("bpvw", "f"), ("g", "j"), ("m", "n")):
        letters = letters.str.replace_all(f"[{group}]", one)
    tail = letters.str.slice(1).str.replace_all("[aeiouyh]", "")
    for letter in "kstfjnlr":
        tail = tail.str.replace_all(f"{letter}+", letter)
    return (letters.str.head(1) + tail.str.head(4)).replace("", None)


def _rarest_words(values: Values) -> list[tuple[str, pl.Series]]:
    """The rarest and the second rarest word of every value."""
    listed = pl.DataFrame(
        {"value": np.arange(len(values.texts)), "word": values.texts, "held": values.counts}
    )
    words = (
        listed.with_columns(pl.col("word").str.split(" "))
        .explode("word")
        .filter(pl.col("word").str.len_chars() > 1)
    )
    ranked = words.with_columns(df=pl.col("held").sum().over("word")).sort("value", "df", "word")
    found = []
    for place, name in enumerate(("rarest word", "second rarest word")):
        chosen = ranked.group_by("value", maintain_order=True).agg(pl.col("word").slice(place, 1).first())
        texts = listed.select("value").join(chosen, on="value", how="left", maintain_order="left")["word"]
        found.append((name, texts))
    return found


def names_in_either_order(comparisons: tuple[Comparison, ...]) -> Part | None:
    """Given and family name as one value, in either order; None where there are not both."""
    by_kind = {one.kind.name: one for one in comparisons}
    if "given" not in by_kind or "family" not in by_kind:
        return None
    fields = frozenset(by_kind[kind].field for kind in ("given", "family"))
    given, family = by_kind["given"].values, by_kind["family"].values
    known = (given.ids | family.ids) >= 0  # negative where one of them is

    def numbered() -> Numbered:
        rows = np.flatnonzero(known)
        order, is_other = _ordered_names(given, family, rows)
        ids = np.full(len(known), MISSING, dtype=np.int32)
        ids[rows[order]] = np.cumsum(is_other, dtype=np.int32) - np.int32(1)
        return ids, np.bincount(ids + 1)[1:]

    def at(rows: Rows) -> Ids:
        is_known = np.take(known, rows)
        both = _both_names(given, family, rows) >> 32  # one in two thousand million others looks alike
        return np.where(is_known, both, MISSING).astype(np.int32)

    part = max(len(known) // _ENOUGH, 1)
    rows = np.flatnonzero(known & _some_names(given, family, part))
    _, is_other = _ordered_names(given, family, rows)
    counts = np.diff(np.append(np.flatnonzero(is_other), len(rows)))
    pairs = part * _agreeing(counts)
    return Part(EITHER_ORDER, fields, pairs, numbered, at, 0, 0.0, True)


def _some_names(given: Values, family: Values, part: int) -> NDArray[np.bool_]:
    """One record in so many, all with the same two names or none: enough to tell how many agree."""
    of_given, of_family = (
        np.take(np.append(values.texts.hash().to_numpy() >> np.uint64(48), 0).astype(np.uint16), values.ids)
        for values in (given, family)
    )
    return np.asarray(of_given + of_family <= np.uint16((1 << 16) // part - 1))


def _ordered_names(given: Values, family: Values, rows: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """These records in the order of their two names, and where other names begin."""
    ordered, order = sorted_with_rows(_both_names(given, family, rows), 1 << 63)
    return order, np.append(True, ordered[1:] != ordered[:-1])[: len(order)]


def _both_names(given: Values, family: Values, rows: Rows) -> Rows:
    """Per record a number of 63 bits for its two names, whichever comes first."""
    by_given, by_family = (
        np.take(values.worked_out(_hashes), np.take(values.ids, rows)) for values in (given, family)
    )
    return np.asarray(((by_given + by_family) >> np.uint64(1)).view(np.int64))


def _hashes(values: Values) -> NDArray[np.uint64]:
    return values.texts.hash().to_numpy()
