"""
Where the records of a CSV block begin and end, found with array scans instead of a parser.

The scan trusts only quotes whose role is certain: an opening quote after a separator or line end, a closing
one before a separator or line end, or a doubled one inside. Where all quotes up to some byte are such, a line
end with an even number of quotes before it ends a record, with certainty. A record with any other quote is
read by the exact reader, and the scan goes on behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdptool.sources.csv_records import QUOTE_LIMIT, NeedMoreError, Record, Shape, read_record

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]
_LF, _CR = 10, 13
_ZERO = np.zeros(1, np.int64)
_DOUBTFUL = 32  # records read exactly within one block; where there are more, the block ends there
_PIECE = 256 << 10  # bytes looked at in one go: what is known of them stays in the processor's cache
_AHEAD = 8 << 10  # what is looked at for one of them; a longer one ends the block


@dataclass(frozen=True, slots=True)
class Structure:
    """
    The records of a block, one after the other.

    `starts` and `ends` are where each begins, and the position after its line end; `lines` the physical line
    it begins on, counted from 0; `n_quotes` how many quotes it holds. `n_lines` are all lines up to the last
    end. `judged` are the records that were read exactly, by their number. `is_cut` = a doubtful record ended
    the block before its time.
    """

    data: NDArray[np.uint8]
    starts: Positions
    ends: Positions
    lines: Positions
    n_quotes: Positions
    n_lines: int
    has_doubled_quotes: bool
    judged: dict[int, Record]
    is_cut: bool

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


@dataclass(frozen=True, slots=True)
class _Run:
    """Records without a doubtful quote, and where the doubtful one begins; -1 = there is none."""

    starts: Positions
    ends: Positions
    lines: Positions
    n_quotes: Positions
    n_lines: int
    end: int
    is_stopped: bool
    has_doubled_quotes: bool


@dataclass(frozen=True, slots=True)
class _Marks:
    """The line ends and quotes of a block, in order."""

    data: NDArray[np.uint8]
    at: Positions
    is_quote: Mask


def structure_of(block: memoryview, shape: Shape) -> Structure:
    """
    Find the records of a block.

    Args:
        block: Bytes that begin where a record begins. The last record may be cut off.
        shape: The separator, the quote and the number of fields.

    Returns:
        All records that are whole, unless too many or too long ones are doubtful.
    """
    marks = _marks_of(block, shape)
    runs: list[_Run] = []
    judged: dict[int, Record] = {}
    start, line, n_records, is_cut = 0, 0, 0, False
    while True:
        run = _run_from(marks, start, line, shape)
        runs.append(run)
        n_records += run.ends.size
        start, line = run.end, line + run.n_lines
        if not run.is_stopped:
            break
        record = _read_one(block, start, shape) if len(judged) < _DOUBTFUL else None
        if record is None:
            is_cut = True
            break
        judged[n_records] = record
        n_lines = max(1, bytes(block[start : record.end]).count(b"\n"))
        runs.append(_one(start, record.end, line, n_lines))
        n_records += 1
        start, line = record.end, line + n_lines
    return Structure(
        marks.data,
        np.concatenate([run.starts for run in runs]),
        np.concatenate([run.ends for run in runs]),
        np.concatenate([run.lines for run in runs]),
        np.concatenate([run.n_quotes for run in runs]),
        line,
        any(run.has_doubled_quotes for run in runs),
        judged,
        is_cut,
    )


def _marks_of(block: memoryview, shape: Shape) -> _Marks:
    data = np.frombuffer(block, np.uint8)
    found = [_marks_in(data[at : at + _PIECE], shape) + at for at in range(0, data.size, _PIECE)]
    at = np.concatenate(found) if found else np.empty(0, np.int64)
    return _Marks(data, at, data[at] != _LF)


def _marks_in(data: NDArray[np.uint8], shape: Shape) -> Positions:
    is_mark = data == _LF
    if shape.quote:
        is_mark |= data == shape.quote[0]
    return np.flatnonzero(is_mark)


def _read_one(block: memoryview, start: int, shape: Shape) -> Record | None:
    """One record read exactly; None where it does not end soon."""
    text = bytes(block[start : start + _AHEAD])
    try:
        record = read_record(text, 0, shape, is_last=False)
    except NeedMoreError:
        return None
    return record._replace(end=start + record.end)


def _one(start: int, end: int, line: int, n_lines: int) -> _Run:
    starts, ends, lines = (np.array([number], np.int64) for number in (start, end, line))
    return _Run(starts, ends, lines, _ZERO, n_lines, end, False, False)


def _run_from(marks: _Marks, start: int, line: int, shape: Shape) -> _Run:
    """The records from a record start on, up to the first doubtful one or the end of the block."""
    first = int(np.searchsorted(marks.at, start)) if start else 0
    at, is_quote = marks.at[first:], marks.is_quote[first:]
    quotes = at[is_quote]
    certain, has_doubled = _certain_quotes(marks.data, quotes, start, shape)
    if certain < marks.data.size:
        at = at[: np.searchsorted(at, certain)]
        is_quote = is_quote[: at.size]
    n_quotes = np.cumsum(is_quote)
    numbers = np.flatnonzero(~is_quote & (n_quotes % 2 == 0))
    ends, quotes_before = at[numbers] + 1, n_quotes[numbers]
    is_stopped = certain < marks.data.size
    too_long = np.flatnonzero(np.diff(ends, prepend=start) > QUOTE_LIMIT) if quotes.size else ends[:0]
    if too_long.size:
        is_stopped = True
        last = int(too_long[0])
        numbers, ends, quotes_before = numbers[:last], ends[:last], quotes_before[:last]
    lines_before = numbers + 1 - quotes_before  # marks that are no quotes, up to the record's end
    return _Run(
        starts=np.concatenate((_ZERO + start, ends[:-1])) if ends.size else ends,
        ends=ends,
        lines=np.concatenate((_ZERO, lines_before[:-1])) + line if ends.size else ends,
        n_quotes=np.diff(quotes_before, prepend=0),
        n_lines=int(lines_before[-1]) if ends.size else 0,
        end=int(ends[-1]) if ends.size else start,
        is_stopped=is_stopped,
        has_doubled_quotes=has_doubled,
    )


def _certain_quotes(data: NDArray[np.uint8], quotes: Positions, start: int, shape: Shape) -> tuple[int, bool]:
    """Up to which byte every quote's role is certain, and whether doubled quotes are among them."""
    if not quotes.size:
        return data.size, False
    separator = shape.separator[0]
    opening, closing = quotes[0::2], quotes[1::2]
    before = data[np.maximum(opening - 1, 0)]
    opens = (before == separator) | (before == _LF) | (opening == start)
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
