"""The greatest value seen of a column: where an incremental query begins the next time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from cdptool.errors import Place, SourceError

_WHOLE: Final = r"^-?\d{1,30}$"
_TIME: Final = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00(:00)?)?)?$"
_NUMBERS: Final = "whole numbers"
_HINT: Final = "take a column of whole numbers, of dates, or of times in UTC"


@dataclass(slots=True)
class Watermark:
    """The greatest of a first value and of those of the batches it was shown; null counts for nothing."""

    column: str
    place: Place | None
    value: str

    def see(self, values: pl.Series) -> None:
        """
        Look at one more batch of texts.

        Raises:
            SourceError: If they are neither all whole numbers nor all dates or times.

        >>> mark = Watermark("id", None, "0")
        >>> mark.see(pl.Series(["9", None, "10"])); mark.value
        '10'
        """
        texts = values.drop_nulls()
        if texts.is_empty():
            return
        kind = _kind(texts)
        if kind is None or kind != _kind(pl.Series([self.value])):
            problem = f"column `{self.column}` holds what a query cannot go on from"
            if kind is not None:
                problem = f"column `{self.column}` holds {kind}, and `:since` was none"
            raise SourceError(problem, place=self.place, hint=_HINT)
        held = pl.concat([texts, pl.Series(texts.name, [self.value])])
        order = held.cast(pl.Int128) if kind == _NUMBERS else held.str.replace("T", " ", literal=True)
        self.value = held[order.arg_max() or 0]


def can_begin(value: str) -> bool:
    """
    Whether a query can go on from a value.

    >>> [can_begin(value) for value in ("0", "2026-01-02", "2026-01-02 03:04:05.5+00", "x", "2026-01-02 03:04+07")]
    [True, True, True, False, False]
    """
    return _kind(pl.Series([value])) is not None


def _kind(texts: pl.Series) -> str | None:
    for pattern, kind in ((_WHOLE, _NUMBERS), (_TIME, "times")):
        if texts.str.contains(pattern).all():
            return kind
    return None
