"""
CSV at Polars' speed with a parser's honesty: a block is believed only when its bytes add up.

Polars reads a block of whole records with every column as text. It is accepted when one identity holds:
bytes = lengths of all values + separators + line ends + quotes that belong to no value. A padded short row,
a dropped field or an ignored letter breaks it. Otherwise the rows at fault are taken out by the structure of
the block and the rest is read again; what still does not add up is read record by record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.errors import Place, SourceError
from cdptool.sources.csv_records import Fault, NeedMoreError, Record, Shape, raw_of, read_record
from cdptool.sources.csv_structure import Mask, Positions, Structure, structure_of

BLOCK = 8 << 20  # about so many bytes are handed on at once
_SMALLEST = 4 << 10  # below this a part that does not add up is read record by record
_LONGEST_LINE = 64 << 20
_UNDECODABLE = 32  # lines that are not UTF-8 looked for in one part; with more of them the part is halved


class Rejected(NamedTuple):
    """A record that is not a row: its physical line (from 1), why, and its bytes."""

    line: int
    fault: Fault
    raw: bytes


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Rows of a file: columns `0`, `1`, … (String, null where the field is empty), their lines, what was rejected."""

    frame: pl.DataFrame
    lines: NDArray[np.int64]
    rejected: tuple[Rejected, ...]
    n_blank: int


@dataclass(slots=True)
class _Gathered:
    """The parts of the block that is being filled."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    lines: list[NDArray[np.int64]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    n_blank: int = 0

    def block(self, schema: dict[str, pl.DataType]) -> TextBlock:
        frame = pl.concat(self.frames) if self.frames else pl.DataFrame(schema=schema)
        lines = np.concatenate(self.lines) if self.lines else np.empty(0, np.int64)
        return TextBlock(frame, lines, tuple(self.rejected), self.n_blank)


class CsvReader:
    """
    Reads the records of a text that begins at a record start, block by block, in order.

    The result does not depend on the size of the blocks or of the parts they are tried in.
    """

    def __init__(
        self, chunks: Iterator[bytes], shape: Shape, place: Place, *, first_line: int = 1, block: int = BLOCK
    ) -> None:
        self._chunks = chunks
        self._shape = shape
        self._place = place
        self._line = first_line
        self._block = block
        self._part = block  # how much to try at once: halved where it fails, doubled where it holds
        self._buffer = b""
        self._position = 0
        self._is_last = False
        self._has_foreign_bytes = False
        self._schema: dict[str, pl.DataType] = {str(i): pl.String() for i in range(shape.n_fields)}

    def blocks(self) -> Iterator[TextBlock]:
        """All blocks of the text; none where it holds no record."""
        self._fill(self._block)
        while self._position < len(self._buffer):
            gathered, begin = _Gathered(), self._position
            while self._position < len(self._buffer) and self._position - begin < self._block:
                self._read_part(gathered, min(self._part, self._block - (self._position - begin)))
            yield gathered.block(self._schema)
            self._fill(self._block)

    def _fill(self, size: int) -> None:
        """Have `size` bytes from the position on in the buffer, or all that there is."""
        if self._is_last or len(self._buffer) - self._position >= size:
            return
        parts = [self._buffer[self._position :]]
        held = len(parts[0])
        while held < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._is_last = True
                if held and not parts[-1].endswith(b"\n"):
                    parts.append(b"\n")
                break
            parts.append(chunk)
            held += len(chunk)
        self._buffer, self._position = b"".join(parts), 0

    def _read_part(self, gathered: _Gathered, size: int) -> None:
        view = memoryview(self._buffer)[self._position : self._position + size]
        structure = structure_of(view, self._shape)
        if structure.size == 0:
            self._read_exactly(gathered, 1)
            return
        part = bytes(view[: structure.size])
        if not self._take(gathered, part, structure):
            if size > _SMALLEST:
                self._part = max(_SMALLEST, size // 2)
            else:
                self._read_exactly(gathered, structure.size)
            return
        self._part = min(self._block, self._part * 2)
        self._position += structure.size
        self._line += structure.n_lines

    def _take(self, gathered: _Gathered, part: bytes, structure: Structure) -> bool:
        """Accept the rows of a part that add up and reject the others; False where Polars misreads a good one."""
        if b"\r" in part and part.count(b"\r") != part.count(b"\r\n"):
            return (
                False  # Polars drops a lone CR before a separator: beside a short row, the bytes would add up
            )
        faulty = structure.blank()
        if b"\0" in part or (self._has_foreign_bytes and not _is_utf8(part)):
            _mark_undecodable(part, structure, faulty)
        frame = self._parsed(_joined(part, faulty, structure) if faulty.any() else part)
        if frame is None and not self._has_foreign_bytes and not _is_utf8(part):
            self._has_foreign_bytes = True  # from now on looked for before Polars stumbles over them
            return self._take(gathered, part, structure)
        kept = np.flatnonzero(~faulty)
        if frame is None or frame.height != kept.size:
            return False
        adds_up = self._adds_up(frame, structure, kept)
        faulty[kept[~adds_up]] = True
        records = []
        for i in np.flatnonzero(faulty).tolist():
            start = int(structure.starts[i])
            record = read_record(part, start, self._shape, is_last=True)
            if record.fields is not None:
                return False
            records.append((start, self._line + int(structure.lines[i]), record))
        for start, line, record in records:
            self._reject(gathered, part, start, line, record)
        gathered.frames.append(frame if adds_up.all() else frame.filter(pl.Series(adds_up)))
        gathered.lines.append(structure.lines[~faulty] + self._line)
        return True

    def _parsed(self, part: bytes) -> pl.DataFrame | None:
        """What Polars makes of whole records: short ones padded, long ones cut. None where it refuses."""
        if not part:
            return pl.DataFrame(schema=self._schema)
        try:
            return pl.read_csv(
                part,
                has_header=False,
                schema=self._schema,
                separator=self._shape.separator.decode(),
                quote_char=self._shape.quote.decode() or None,
                extra_columns="ignore",
                missing_columns="insert",
            )
        except pl.exceptions.PolarsError:
            return None

    def _adds_up(self, frame: pl.DataFrame, structure: Structure, kept: Positions) -> Mask:
        """Which rows account for every byte of their record: values, separators, line end, quotes around values."""
        lengths = frame.select(pl.sum_horizontal(pl.all().str.len_bytes())).to_series().to_numpy()
        if structure.has_doubled_quotes:
            quote = self._shape.quote.decode()
            inside = pl.sum_horizontal(pl.all().str.count_matches(quote, literal=True))
            lengths = lengths - frame.select(inside).to_series().to_numpy()
        expected = structure.value_bytes(self._shape.n_fields)
        adds_up: Mask = lengths == (expected if kept.size == expected.size else expected[kept])
        return adds_up

    def _read_exactly(self, gathered: _Gathered, size: int) -> None:
        """Read record by record until `size` bytes are behind."""
        stop = self._position + size
        rows: list[tuple[bytes, ...]] = []
        lines: list[int] = []
        while self._position < stop:
            try:
                record = read_record(self._buffer, self._position, self._shape, is_last=self._is_last)
            except NeedMoreError:
                stop -= self._position
                self._fill_more()
                stop += self._position
                continue
            if record.fields is not None:
                rows.append(record.fields)
                lines.append(self._line)
            else:
                self._reject(gathered, self._buffer, self._position, self._line, record)
            self._line += max(1, self._buffer.count(b"\n", self._position, record.end))
            self._position = record.end
        if rows:
            columns = zip(*rows, strict=True)
            texts = {str(i): [value.decode() or None for value in column] for i, column in enumerate(columns)}
            gathered.frames.append(pl.DataFrame(texts, schema=self._schema))
            gathered.lines.append(np.array(lines))

    def _reject(self, gathered: _Gathered, buffer: bytes, start: int, line: int, record: Record) -> None:
        if record.fault is None:
            gathered.n_blank += 1
        else:
            gathered.rejected.append(Rejected(line, record.fault, raw_of(buffer, start, record.end)))

    def _fill_more(self) -> None:
        held = len(self._buffer) - self._position
        if held > _LONGEST_LINE:
            raise SourceError(
                "a line is longer than 64 MiB",
                place=Place(self._place.file, self._line),
                hint="is this a CSV file?",
            )
        self._fill(held * 2 + (64 << 10))


def _is_utf8(part: bytes) -> bool:
    """Whether the bytes are UTF-8: Polars validates many times faster than `bytes.decode`."""
    try:
        pl.Series([part], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _mark_undecodable(part: bytes, structure: Structure, faulty: Mask) -> None:
    """Mark the records with NUL bytes, and of those that are not UTF-8 the first so many."""
    nul = np.flatnonzero(structure.data[: structure.size] == 0)
    faulty[np.searchsorted(structure.ends, nul, side="right")] = True
    view, start = memoryview(part), 0
    for _ in range(_UNDECODABLE):
        try:
            str(view[start:], "utf-8")
        except UnicodeDecodeError as error:
            record = int(np.searchsorted(structure.ends, start + error.start, side="right"))
            faulty[record] = True
            start = int(structure.ends[record])
        else:
            return


def _joined(part: bytes, faulty: Mask, structure: Structure) -> bytes:
    """The part without its faulty records."""
    kept, position = [], 0
    starts = structure.starts
    for i in np.flatnonzero(faulty).tolist():
        kept.append(part[position : starts[i]])
        position = int(structure.ends[i])
    return b"".join([*kept, part[position:]])
