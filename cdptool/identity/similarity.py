"""
How alike two values are, from 0 to 1: what `near(field, 0.88)` asks, answered as the field's type sees its values.

Names, addresses and texts are compared word by word in any order (`word_similarity`), numbers that identify by the digits
one would have to change. The answer does not depend on which value comes first.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from cdptool.identity import word_similarity
from cdptool.identity.word_similarity import Alike
from cdptool.matching.values import Ids, Values

WORDED: Final = ("person_name", "text", "address")
SPELT: Final = ("identifier", "phone", "postcode", "date", "email")
_NATIONAL: Final = 9  # digits of a number without its country
_ONE_SLIP_OF_A_PHONE: Final = 0.92
_ONE_SLIP_OF_A_DATE: Final = 0.9
_AT_ONCE: Final = 100_000


def similarity(kind: str, values: Values, left: Ids, right: Ids) -> Alike:
    """
    How alike the values of each pair are; every different pair is looked at once.

    Args:
        kind: A field type of WORDED or SPELT.
        values: The column of match keys.
        left, right: Value numbers, none of them missing.

    >>> from cdptool.matching.values import encoded
    >>> def near(kind, one, other):
    ...     values = encoded(pl.Series([one, other]))
    ...     return round(float(similarity(kind, values, values.ids[:1], values.ids[1:])[0]), 2)
    >>> near("person_name", "hoa nguyen thu", "nguyen thu hoa"), near("person_name", "hoa thu", "nam tran")
    (1.0, 0.0)
    >>> near("person_name", "j smith", "john smith"), near("phone", "+84912345678", "+84912345687")
    (0.93, 0.92)
    """
    if not len(left):
        return np.zeros(0)
    codes = np.minimum(left, right).astype(np.int64) * len(values.texts) + np.maximum(left, right)
    distinct, back = np.unique(codes, return_inverse=True)
    found = np.ones(len(distinct))
    rows = np.flatnonzero(distinct // len(values.texts) != distinct % len(values.texts))
    judge = _JUDGES[kind]
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        pair = pl.DataFrame(
            {
                "one": values.of(distinct[part] // len(values.texts)),
                "other": values.of(distinct[part] % len(values.texts)),
            }
        )
        # By the texts themselves: value numbers are not the same from bucket to bucket.
        found[part] = judge(
            pair.select(a=pl.min_horizontal("one", "other"), b=pl.max_horizontal("one", "other"))
        )
    return found[back]


def _spelling(pair: pl.DataFrame) -> Alike:
    """One less the share of characters that differ; two neighbours swapped are one slip."""
    a, b = pair["a"].to_list(), pair["b"].to_list()
    return np.asarray(process.cpdist(a, b, scorer=OSA.normalized_similarity, dtype=np.float64))


def _days(pair: pl.DataFrame) -> Alike:
    """Dates as they are spelt; day and month in the other order are one slip, and what differs then is further ones."""
    b = pl.col("b")
    other_way = pl.concat_str(b.str.head(5), b.str.slice(8, 2), pl.lit("-"), b.str.slice(5, 2))
    turned = _spelling(pair.select("a", b=other_way))
    return np.maximum(_spelling(pair), turned - (1 - _ONE_SLIP_OF_A_DATE))


def _numbers(pair: pl.DataFrame) -> Alike:
    """Phones as they are spelt; those that differ in nothing but the country before the number are one slip apart."""
    end = pl.col("a").str.tail(_NATIONAL) == pl.col("b").str.tail(_NATIONAL)
    is_long = pl.min_horizontal(pl.col("a", "b").str.len_bytes()) >= _NATIONAL
    ends_alike = pair.select(end & is_long).to_series().to_numpy()
    return np.where(ends_alike, np.maximum(_ONE_SLIP_OF_A_PHONE, _spelling(pair)), _spelling(pair))


_JUDGES: Final = {
    "person_name": word_similarity.names,
    "text": word_similarity.texts,
    "address": word_similarity.addresses,
    "date": _days,
    "phone": _numbers,
    **dict.fromkeys(("identifier", "postcode", "email"), _spelling),
}
