"""The greatest value seen of a column: where an incremental query begins the next time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from cdptool.errors import Place, SourceError

_WHOLE: Final = r"^-?\d{1,30}$"
_TIME: Final = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00(:00)?)?)?$"
_HINT: Final = "take a column of whole numbers, of dates, or of times in UTC"


@dataclass(slots=True)
class Watermark:
    """The greatest value of the batches that it was shown; null counts for nothing."""

    column: str
    place: Place | None
    value: str | None = None
    _is_whole: bool = False

    def see(self, values: pl.Series) -> None:
        """
        Look at one more batch of texts.

        Raises:
            SourceError: If they are neither all whole numbers nor all dates or times.

        >>> mark = Watermark("id", None)
        >>> mark.see(pl.Series(["9", None, "10"])); mark.value
        '10'
        """
        texts = values.drop_nulls()
        if texts.is_empty():
            return
        is_whole = bool(texts.str.contains(_WHOLE).all())
        if not is_whole and not texts.str.contains(_TIME).all():
            problem = f"column `{self.column}` holds what a query cannot go on from"
            raise SourceError(problem, place=self.place, hint=_HINT)
        if self.value is not None and is_whole != self._is_whole:
            problem = f"column `{self.column}` holds numbers and times"
            raise SourceError(problem, place=self.place, hint=_HINT)
        self._is_whole = is_whole
        held = texts if self.value is None else pl.concat([texts, pl.Series(texts.name, [self.value])])
        order = held.cast(pl.Int128) if is_whole else held.str.replace("T", " ", literal=True)
        self.value = held[order.arg_max() or 0]
