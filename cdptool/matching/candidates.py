"""
Which pairs are compared at all: keys made from the data's own fields, cheapest first, within a budget of pairs.

A key is one telling value (an e-mail) or two weak ones (beginning of the family name and birth year with month). The
pairs of every key are counted before one is made; keys that would bring more than the budget are left out and told.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.blocks import Flags, Keys, block_sizes, hashed, pairs_of_blocks
from cdptool.matching.comparing import Comparison
from cdptool.matching.values import Ids, Rows, Values, encoded, recoded

_LARGEST_BLOCK: Final = 200
_PER_RECORD: Final = 40
_Pieces = list[tuple[str, pl.Series, bool]]
_ALONE: Final = ("email", "phone", "identifier")


class Key(NamedTuple):
    """A blocking key: its name, the pairs that it brings, and how many of them no cheaper key brought."""

    name: str
    n_pairs: int
    n_new: int


class Candidates(NamedTuple):
    """Pairs of rows (left < right, each once, sorted) and the keys, used and left out."""

    left: Rows
    right: Rows
    used: tuple[Key, ...]
    left_out: tuple[Key, ...]


class _Part(NamedTuple):
    """A value or a piece of one, that keys are made of."""

    name: str
    field: str
    ids: Ids
    is_telling: bool


def candidates(comparisons: tuple[Comparison, ...], n_records: int, budget: int | None = None) -> Candidates:
    """
    The pairs worth comparing.

    Args:
        comparisons: The fields.
        n_records: Records in all.
        budget: The most pairs that one key may bring; without it 40 for every record.
    """
    most = budget if budget is not None else _PER_RECORD * n_records
    parts = [part for one in comparisons for part in _parts(one)]
    keys = [(part.name, hashed(part.ids)) for part in parts if part.is_telling]
    keys += [
        (f"{one.name} + {other.name}", hashed(one.ids, other.ids))
        for one, other in combinations(parts, 2)
        if one.field != other.field
    ]
    keys += _swapped(comparisons)
    counted = sorted(((_n_pairs(*key), name, key) for name, key in keys), key=lambda each: each[:2])
    codes = np.zeros(0, dtype=np.int64)
    used, left_out = [], []
    for n_pairs, name, key in counted:
        if not n_pairs:
            continue
        if n_pairs > most:
            left_out.append(Key(name, n_pairs, 0))
            continue
        left, right = pairs_of_blocks(*key, largest=_LARGEST_BLOCK)
        merged = _united(codes, left * n_records + right)
        used.append(Key(name, n_pairs, len(merged) - len(codes)))
        codes = merged
    return Candidates(codes // n_records, codes % n_records, tuple(used), tuple(left_out))


def _n_pairs(keys: Keys, known: Flags) -> int:
    sizes = block_sizes(keys, known)
    sizes = sizes[sizes <= _LARGEST_BLOCK]
    return int((sizes * (sizes - 1) // 2).sum())


def _united(known: NDArray[np.int64], more: NDArray[np.int64]) -> NDArray[np.int64]:
    """Both sorted sets as one."""
    together = np.sort(np.concatenate([known, more]))
    fresh = np.ones(len(together), dtype=bool)
    fresh[1:] = together[1:] != together[:-1]
    return together[fresh]


def _parts(one: Comparison) -> list[_Part]:
    """What keys may be made of, by kind of field."""
    make = _PARTS.get(one.kind.name)
    if make is None:
        return []
    whole = one.kind.name in _ALONE or one.kind.name in ("address", "organisation")
    found = [_Part(one.field, one.field, one.values.ids, whole)]
    for name, texts, is_telling in make(one.values.texts):
        ids = recoded(one.values, texts).ids
        found.append(_Part(f"{one.field} ({name})", one.field, ids, is_telling))
    if one.kind.name == "organisation":
        found += [
            _Part(f"{one.field} ({name})", one.field, ids, True) for name, ids in _rarest_words(one.values)
        ]
    return found


def _name_parts(texts: pl.Series) -> _Pieces:
    return [("sound", sound(texts), False), ("first 3", texts.str.head(3), False)]


def _date_parts(texts: pl.Series) -> _Pieces:
    return [
        ("year and month", texts.str.head(6), False),
        ("month and day", texts.str.slice(4), False),
        ("year and day", texts.str.head(4) + texts.str.slice(6), False),
    ]


def _identifier_parts(texts: pl.Series) -> _Pieces:
    return [("first 4", texts.str.head(4), False), ("last 4", texts.str.tail(4), False)]


def _address_parts(texts: pl.Series) -> _Pieces:
    number = texts.str.extract(r"(\d+)")
    street = texts.str.replace_all(r"\b\w?\d+\w?\b", "").str.extract(r"(\w{3,})")
    return [
        ("number", number, False),
        ("street", street, False),
        ("number and street", number + " " + street, False),
    ]


def _email_parts(texts: pl.Series) -> _Pieces:
    return [("before the @", texts.str.replace("@.*$", ""), False)]


def _phone_parts(texts: pl.Series) -> _Pieces:
    return [("last 7", texts.str.tail(7), False)]


def _postcode_parts(texts: pl.Series) -> _Pieces:
    return [("first 4", texts.str.head(4), False)]


def _whole(_texts: pl.Series) -> _Pieces:
    return []


_PARTS: Final[dict[str, Callable[[pl.Series], _Pieces]]] = {
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


def _rarest_words(values: Values) -> list[tuple[str, Ids]]:
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
        found.append((name, recoded(values, texts).ids))
    return found


def _swapped(comparisons: tuple[Comparison, ...]) -> list[tuple[str, tuple[Keys, Flags]]]:
    """Given and family name in either order."""
    by_kind = {one.kind.name: one.values for one in comparisons}
    if "given" not in by_kind or "family" not in by_kind:
        return []
    names = [by_kind[kind] for kind in ("given", "family")]
    texts = [
        each.texts.extend_constant(None, 1).gather(each.ids.astype(np.int64) % (len(each.texts) + 1))
        for each in names
    ]
    pair = pl.DataFrame({"a": texts[0].alias("a"), "b": texts[1].alias("b")}).select(
        pl.when(pl.all_horizontal(pl.all().is_not_null())).then(
            pl.concat_str(pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b"), separator=" ")
        )
    )
    return [("names in either order", hashed(encoded(pair.to_series()).ids))]
