"""
Rows around rows that share a text with them: a profile and a text are one lane, and lanes have a timeline.

Pairing each cart with the orders of the same article makes millions of pairs of who buys much; counting them takes two
look-ups a cart. What has no text may share any: such rows have a lane of their own, and count as possible.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.rules.timelines import Mask, Numbers, Timeline

_NO_TEXT: Final = 0


class Asking(NamedTuple):
    """Rows that ask: the number of their profile, the stretch of time they look at (microseconds), their text."""

    who: Numbers
    first: Numbers | None
    last: Numbers
    text: pl.Series


class Counting(NamedTuple):
    """Rows that are counted: the number of their profile, their time, their text, and whether they count."""

    who: Numbers
    at: Numbers
    text: pl.Series
    certain: Mask
    possible: Mask


def counted_in_lanes(asking: Asking, counting: Counting, n_profiles: int) -> tuple[Numbers, Numbers]:
    """
    How many rows of the same text lie around each row that asks, for certain and possibly.

    >>> who, none = np.array([0, 0]), np.array([True, True])
    >>> asking = Asking(who, None, np.array([9, 9]), pl.Series(["a", None]))
    >>> counting = Counting(who, np.array([1, 2]), pl.Series(["a", "b"]), none, none)
    >>> [each.tolist() for each in counted_in_lanes(asking, counting, 1)]
    [[1, 0], [1, 2]]
    """
    known = pl.DataFrame({"text": counting.text.drop_nulls().unique()}).with_row_index("code", offset=1)
    own, mine = (_codes(text, known) for text in (counting.text, asking.text))
    n_codes = known.height + 1
    line = Timeline(counting.who * n_codes + own, counting.at, n_profiles * n_codes)
    certain = np.take(counting.certain, line.order)
    is_sure = np.array_equal(counting.certain, counting.possible)
    possible = certain if is_sure else np.take(counting.possible, line.order)

    def found(codes: Numbers, mask: Mask) -> Numbers:
        return line.between(asking.who * n_codes + codes, asking.first, asking.last, mask)

    sure = np.where(mine == _NO_TEXT, 0, found(mine, certain))
    perhaps = sure if certain is possible else np.where(mine == _NO_TEXT, 0, found(mine, possible))
    if counting.text.null_count():
        perhaps = perhaps + found(np.full_like(mine, _NO_TEXT), possible)
    has_none = asking.text.is_null().to_numpy()
    if has_none.any():
        everyone = Timeline(counting.who, counting.at, n_profiles)
        some = asking.first[has_none] if asking.first is not None else None
        mask = np.take(counting.possible, everyone.order)
        perhaps = perhaps.copy()
        perhaps[has_none] = everyone.between(asking.who[has_none], some, asking.last[has_none], mask)
    return sure, perhaps


def _codes(text: pl.Series, known: pl.DataFrame) -> Numbers:
    """The number of each text; that of no text where there is none, and for a text that no row has."""
    found = text.alias("text").to_frame().join(known, on="text", how="left", maintain_order="left")["code"]
    return found.fill_null(_NO_TEXT).cast(pl.Int64).to_numpy()
