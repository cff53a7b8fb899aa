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


@dataclass(frozen=True, slots=True)
class Structure:
    """
    The certain part of a block that begins at a record start.

    `ends` are the positions after each record's line end; `lines` the physical lines each record begins on,
    counted from 0; `n_lines` all lines up to the last end. `size` is the last end, 0 = nothing is certain.
    """

    data: NDArray[np.uint8]
    ends: Positions
    lines: Positions
    quotes: Positions
    n_lines: int
    has_doubled_quotes: bool

    @property
    def size(self) -> int:
        return int(self.ends[-1]) if self.ends.size else 0

    @property
    def starts(self) -> Positions:
        return np.concatenate((np.zeros(1, np.int64), self.ends[:-1]))

    def blank(self) -> Mask:
        """Which records are blank lines."""
        sizes = self.ends - self.starts
        is_blank: Mask = (sizes == 1) | ((sizes == 2) & (self.data[self.starts] == _CR))
        return is_blank

    def value_bytes(self, n_fields: int) -> Positions:
        """How many bytes of each record are values or quotes inside values, if it has so many fields."""
        n_cr = self.data[np.maximum(self.ends - 2, 0)] == _CR
        counted: Positions = self.ends - self.starts - n_fields - n_cr  # its separators and its line end
        if self.quotes.size:
            record = np.searchsorted(self.ends, self.quotes, side="right")
            counted -= np.bincount(record, minlength=self.ends.size)
        return counted


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
    line_ends = np.flatnonzero(data == _LF)
    quotes = np.flatnonzero(data == shape.quote[0]) if shape.quote else np.empty(0, np.int64)
    if not quotes.size:
        lines = np.arange(line_ends.size)
        return Structure(data, line_ends + 1, lines, quotes, line_ends.size, False)
    certain, has_doubled = _certain_quotes(data, quotes, shape)
    line_ends = line_ends[: np.searchsorted(line_ends, certain)]
    is_end = np.searchsorted(quotes, line_ends) % 2 == 0
    ends = line_ends[is_end] + 1
    too_long = np.flatnonzero(np.diff(ends, prepend=0) > QUOTE_LIMIT)
    if too_long.size:
        ends = ends[: too_long[0]]
    last_lines = np.flatnonzero(is_end)[: ends.size]  # the line each record ends on
    lines = np.concatenate((np.zeros(1, np.int64), last_lines[:-1] + 1))[: ends.size]
    n_lines = int(last_lines[-1]) + 1 if ends.size else 0
    size = int(ends[-1]) if ends.size else 0
    return Structure(data, ends, lines, quotes[: np.searchsorted(quotes, size)], n_lines, has_doubled)


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
    doubled = closing[: opening.size - 1] + 1 == opening[1:] if opening.size > 1 else np.empty(0, np.bool_)
    opens[1:] |= doubled
    closes[: doubled.size] |= doubled
    first = min(
        (
            int(positions[np.argmin(good)])
            for positions, good in ((opening, opens), (closing, closes))
            if not good.all()
        ),
        default=data.size,
    )
    return first, bool(doubled.any())
