"""
What blocking keys are made of: whole values and pieces of them, numbered like values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.matching.comparing import Comparison
from cdptool.matching.sketches import local_parts
from cdptool.matching.sorting import sorted_with_rows
from cdptool.matching.values import MISSING, Ids, Rows, Values, recoded, recoded_numbers

_Pieces = list[tuple[str, pl.Series, float]]


class Part(NamedTuple):
    """
    A value or a piece of one, and how many records hold each. `survives`: how likely two records agree on it whose
    values are only near; `is_alone`: telling enough to be a key by itself.
    """

    name: str
    field: str
    ids: Ids
    counts: Rows
    survives: float
    is_alone: bool = False


def parts(one: Comparison) -> list[Part]:
    """What keys may be made of, by kind of field."""
    make = _PARTS.get(one.kind.name)
    if make is None:
        return []
    is_alone = one.kind.name in _ALONE
    found = [Part(one.field, one.field, one.values.ids, one.values.counts, 0.0, is_alone)]
    for name, texts, survives in make(one.values):
        ids, counts = recoded_numbers(one.values, texts)
        found.append(Part(f"{one.field} ({name})", one.field, ids, counts, survives))
    if one.kind.name == "organisation":
        words = _rarest_words(one.values)
        found += [
            Part(f"{one.field} ({name})", one.field, word.ids, word.counts, 0.6, True) for name, word in words
        ]
    return found


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
    "birth_date": _date_parts,
    "identifier": _identifier_parts,
    "email": _email_parts,
    "phone": _phone_parts,
    "postcode": _postcode_parts,
    "address": _address_parts,
    **dict.fromkeys(("organisation", "city", "place", "house_number", "state"), _whole),
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


def _rarest_words(values: Values) -> list[tuple[str, Values]]:
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
        found.append((name, recoded(values, texts)))
    return found


def names_in_either_order(comparisons: tuple[Comparison, ...]) -> Ids | None:
    """Given and family name as one value, in either order; None where there are not both."""
    by_kind = {one.kind.name: one.values for one in comparisons}
    if "given" not in by_kind or "family" not in by_kind:
        return None
    given, family = (by_kind[kind].hashes() for kind in ("given", "family"))
    known = (by_kind["given"].ids >= 0) & (by_kind["family"].ids >= 0)
    rows = np.flatnonzero(known)
    ordered, order = sorted_with_rows(((given + family)[rows] >> np.uint64(1)).view(np.int64), 1 << 63)
    ids = np.full(len(known), MISSING, dtype=np.int32)
    is_other = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
    ids[rows[order]] = np.cumsum(is_other, dtype=np.int32) - np.int32(1)
    return ids
