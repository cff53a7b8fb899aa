"""
Where the records of a CSV block begin and end, found with array scans instead of a parser.

The scan trusts only quotes whose role is certain: an opening quote after a separator or line end, a closing
one before a separator or line end, or a doubled one inside. Where all quotes up to some byte are such, a line
end with an even number of quotes before it ends a record, with certainty. At the first other quote the
structure stops, and the exact reader takes over for one record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdptool.sources.csv_records import QUOTE_LIMIT, Shape

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]
_LF, _CR = 10, 13
_ZERO = np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True)
class Structure:
    """
    The certain part of a block that begins at a record start.

    `starts` and `ends` are where each record begins, and the position after its line end; `lines` the physical
    line it begins on, counted from 0; `n_quotes` how many quotes it holds. `n_lines` are all lines up to the
    last end. `size` is that end, 0 = nothing is certain.
    """

    data: NDArray[np.uint8]
    starts: Positions
    ends: Positions
    lines: Positions
    n_quotes: Positions
    n_lines: int
    has_doubled_quotes: bool

    @property
    def size(self) -> int:
        return int(self.ends[-1]) if self.ends.size else 0

    def blank(self) -> Mask:
        """Which records are blank lines."""
        sizes = self.ends - self.starts
        is_blank: Mask = sizes <= 2
        if is_blank.any():
            is_blank &= (sizes == 1) | (self.data[self.starts] == _CR)
        return is_blank

    def value_bytes(self, n_fields: int) -> Positions:
        """How many bytes of each record are values or quotes inside values, if it has so many fields."""
        n_cr = self.data[np.maximum(self.ends - 2, 0)] == _CR
        counted: Positions = self.ends - self.starts - n_fields - n_cr - self.n_quotes
        return counted  # without separators, line end and all quotes


def structure_of(block: bytes | memoryview, shape: Shape) -> Structure:
    """
    Find the records of a block.

    Args:
        block: Bytes that begin where a record begins. The last record may be cut off.
        shape: The separator and the quote.

    Returns:
        The records up to the first quote whose role is not certain, and up to the first record with quotes
        that is longer than the limit of an open quote (the exact reader must judge both).
    """
    data = np.frombuffer(block, np.uint8)
    is_mark = data == _LF
    if shape.quote:
        is_mark |= data == shape.quote[0]
    marks = np.flatnonzero(is_mark)
    is_quote = data[marks] != _LF
    quotes = marks[is_quote]
    certain, has_doubled = _certain_quotes(data, quotes, shape) if quotes.size else (data.size, False)
    if certain < data.size:
        marks = marks[: np.searchsorted(marks, certain)]
        is_quote = is_quote[: marks.size]
    n_quotes = np.cumsum(is_quote)
    is_end = ~is_quote & (n_quotes % 2 == 0)
    at = np.flatnonzero(is_end)
    ends, quotes_before = marks[at] + 1, n_quotes[at]
    too_long = np.flatnonzero(np.diff(ends, prepend=0) > QUOTE_LIMIT) if quotes.size else at[:0]
    if too_long.size:
        at, ends, quotes_before = (found[: too_long[0]] for found in (at, ends, quotes_before))
    lines_before = at + 1 - quotes_before  # marks that are no quotes, up to the record's end
    return Structure(
        data,
        np.concatenate((_ZERO, ends[:-1])) if ends.size else ends,
        ends,
        np.concatenate((_ZERO, lines_before[:-1])) if ends.size else ends,
        np.diff(quotes_before, prepend=0),
        int(lines_before[-1]) if ends.size else 0,
        has_doubled,
    )


def _certain_quotes(data: NDArray[np.uint8], quotes: Positions, shape: Shape) -> tuple[int, bool]:
    """Up to which byte every quote's role is certain, and whether doubled quotes are among them."""
    separator = shape.separator[0]
    opening, closing = quotes[0::2], quotes[1::2]
    before = data[np.maximum(opening - 1, 0)]
    opens = (before == separator) | (before == _LF) | (opening == 0)
    after = data[np.minimum(closing + 1, data.size - 1)]
    closes = (after == separator) | (after == _LF)
    if not closes.all():
        after_that = data[np.minimum(closing + 2, data.size - 1)]
        closes |= (after == _CR) & (after_that == _LF) & (closing + 2 < data.size)
    closes &= closing + 1 < data.size
    has_doubled = False
    if not (opens.all() and closes.all()):
        doubled = closing[: opening.size - 1] + 1 == opening[1:]
        opens[1:] |= doubled
        closes[: doubled.size] |= doubled
        has_doubled = bool(doubled.any())
    pairs = ((opening, opens), (closing, closes))
    first = min((int(at[np.argmin(good)]) for at, good in pairs if not good.all()), default=data.size)
    return first, has_doubled
