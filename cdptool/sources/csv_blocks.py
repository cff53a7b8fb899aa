"""
CSV at Polars' speed with a parser's honesty: a block is believed only when its bytes add up.

Polars reads a block of whole records with every column as text. It is accepted when one identity holds:
bytes = lengths of all values + separators + line ends + quotes that belong to no value. A padded short row,
a dropped field or an ignored letter breaks it. Otherwise the rows at fault are taken out by the structure of
the block and the rest is read again; what still does not add up is read record by record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.errors import Place, SourceError
from cdptool.sources.csv_records import Fault, NeedMoreError, Record, Shape, kept_raw, read_record
from cdptool.sources.csv_structure import Mask, Structure, structure_of
from cdptool.sources.window import Chunk, Window

BLOCK = 8 << 20  # about so many bytes are handed on at once: what comes after has a fixed cost per block
_WARY = 1 << 20  # and so many tried at once after a fault that cost a second look
_AHEAD = 256 << 10  # text that the exact reader may look ahead before it asks for more
_SMALLEST = 4 << 10  # below this a part that does not add up is read record by record
_ESCAPED = 16 << 10  # text with escapes that is read record by record before the next look
_LONGEST_LINE = 64 << 20
_FINE = 64 << 10  # pieces in which a rare byte is looked for


class Rejected(NamedTuple):
    """
    A record that is not a row: its physical line (from 1), why, and its bytes.

    `byte_offset` is where it begins in the (unpacked) file, from 0; None where the file is not UTF-8, whose
    text has other offsets than its bytes.
    """

    line: int
    fault: Fault
    raw: bytes
    byte_offset: int | None = None


class Start(NamedTuple):
    """Where in its file a text begins: the physical line (from 1) and the byte offset, None where unknown."""

    line: int
    byte_offset: int | None


START = Start(1, 0)


@dataclass(frozen=True, slots=True)
class TextBlock:
    """
    Rows of a file: columns `0`, `1`, … (String, null where the field is empty), their lines, what was rejected.

    `raw` gives the bytes of a row as it stood in the file, cut at 64 KiB; None = its fields say all.
    """

    frame: pl.DataFrame
    lines: NDArray[np.int64]
    rejected: tuple[Rejected, ...]
    n_blank: int
    raw: Callable[[int], bytes] | None = None


@dataclass(slots=True)
class _Gathered:
    """The parts of the block that is being filled."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    lines: list[NDArray[np.int64]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    n_blank: int = 0

    def reject(self, record: Record, line: int, raw: bytes, byte_offset: int | None) -> None:
        """Put a record that is no row where it belongs."""
        if record.fault is None:
            self.n_blank += 1
        else:
            self.rejected.append(Rejected(line, record.fault, kept_raw(raw), byte_offset))

    def block(self, schema: dict[str, pl.DataType]) -> TextBlock:
        frame = pl.concat(self.frames or [pl.DataFrame(schema=schema)], rechunk=len(self.frames) > 1)
        lines = np.concatenate(self.lines or [np.empty(0, np.int64)])
        return TextBlock(frame, lines, tuple(self.rejected), self.n_blank)


class CsvReader:
    """
    Reads the records of a text that begins at a record start, block by block, in order.

    The result does not depend on the size of the blocks or of the parts they are tried in. `start` is where
    the text begins in its file.
    """

    def __init__(
        self,
        chunks: Iterator[Chunk],
        shape: Shape,
        place: Place,
        *,
        start: Start = START,
        block: int = BLOCK,
    ) -> None:
        self._window = Window(chunks)
        self._shape = shape
        self._place = place
        self._line, self._offset = start
        self._block = block
        self._part = block  # how much to try at once: halved where it fails, doubled where it holds
        self._has_foreign_bytes = False
        self._schema: dict[str, pl.DataType] = {str(i): pl.String() for i in range(shape.n_fields)}

    def blocks(self) -> Iterator[TextBlock]:
        """All blocks of the text; none where it holds no record."""
        while True:
            self._window.fill(self._block)
            if not self._window.held:
                return
            gathered, left = _Gathered(), self._block
            while left > self._block // 8 and self._window.held:
                left -= self._read_part(gathered, min(self._part, left))
            yield gathered.block(self._schema)

    def _read_part(self, gathered: _Gathered, size: int) -> int:
        """
        Read about so many bytes; returns how many are behind: 0 = try again with a smaller part.

        Polars knows no escapes: text is proven up to the first one, and what has many is read exactly.
        """
        view = self._window.view(size)
        if self._shape.escape:
            plain = _size_before(self._shape.escape, view)
            if plain < min(_SMALLEST, len(view)):
                return self._read_exactly(gathered, min(len(view), _ESCAPED))
            view = view[:plain]
        structure = structure_of(view, self._shape)
        if structure.size == 0:
            return self._read_exactly(gathered, 1)
        if not self._take(gathered, view[: structure.size], structure):
            if len(view) > _SMALLEST:
                self._part = max(_SMALLEST, len(view) // 2)
                return 0
            return self._read_exactly(gathered, structure.size)
        if structure.is_cut:  # what lies behind was scanned in vain
            self._part = max(self._part // 2, min(self._part, _WARY))
        else:
            self._part = min(self._block, self._part * 2)
        self._advance(structure.size)
        self._line += structure.n_lines
        return structure.size

    def _take(self, gathered: _Gathered, part: memoryview, structure: Structure) -> bool:
        """Accept the rows of a part that add up and reject the others; False where Polars misreads a good one."""
        faulty = structure.blank()
        faulty[list(structure.judged)] = True
        text = _joined(part, structure, faulty)
        if b"\0" in text or self._has_foreign_bytes:
            n_known = np.count_nonzero(faulty)
            _mark_undecodable(part, structure, faulty)
            if np.count_nonzero(faulty) > n_known:
                text = _joined(part, structure, faulty)
        if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
            return False  # Polars drops a CR before a separator: beside a missing field, bytes would add up
        frame = self._parsed(text)
        if frame is None and not self._has_foreign_bytes and not _is_utf8(text):
            self._has_foreign_bytes = True  # from now on looked for before Polars stumbles over them
            return self._take(gathered, part, structure)
        if frame is None or frame.height != faulty.size - np.count_nonzero(faulty):
            return False
        adds_up = self._adds_up(frame, structure, faulty)
        if not adds_up.all():
            frame = frame.filter(pl.Series(adds_up))
            faulty[np.flatnonzero(~faulty)[~adds_up]] = True
        if faulty.any():
            return self._take_some(gathered, part, structure, frame, faulty)
        gathered.frames.append(frame)
        gathered.lines.append(structure.lines + self._line)
        return True

    def _take_some(
        self, gathered: _Gathered, part: memoryview, structure: Structure, frame: pl.DataFrame, faulty: Mask
    ) -> bool:
        """Accept the frame of the rows that are not faulty; the exact reader says what the others are."""
        numbers = np.flatnonzero(faulty).tolist()
        raws = {i: bytes(part[structure.starts[i] : structure.ends[i]]) for i in numbers}
        records = {
            i: structure.judged.get(i) or read_record(raw, 0, self._shape, is_last=True)
            for i, raw in raws.items()
        }
        good = [i for i in numbers if records[i].fields is not None]
        if not structure.judged.keys() >= set(good):
            return False  # Polars misread it
        kept = np.flatnonzero(~faulty)
        if good:
            kept = np.concatenate((kept, np.array(good)))
            order = np.argsort(kept)
            kept = kept[order]
            frame = pl.concat([frame, self._frame_of([records[i].fields or () for i in good])])[order]
        gathered.frames.append(frame)
        gathered.lines.append(structure.lines[kept] + self._line)
        for i in numbers:
            if records[i].fields is None:
                line = self._line + int(structure.lines[i])
                gathered.reject(records[i], line, raws[i], self._offset_of(int(structure.starts[i])))
        return True

    def _frame_of(self, rows: list[tuple[bytes, ...]]) -> pl.DataFrame:
        """Records that were read exactly."""
        columns = zip(*rows, strict=True)
        texts = {str(i): [value.decode() or None for value in column] for i, column in enumerate(columns)}
        return pl.DataFrame(texts, schema=self._schema)

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

    def _adds_up(self, frame: pl.DataFrame, structure: Structure, left_out: Mask) -> Mask:
        """Which rows account for every byte of their record: values, separators, line end, quotes around values."""
        lengths = frame.select(pl.sum_horizontal(pl.all().str.len_bytes())).to_series().to_numpy()
        if structure.has_doubled_quotes:
            quote = self._shape.quote.decode()
            inside = pl.sum_horizontal(pl.all().str.count_matches(quote, literal=True))
            lengths = lengths - frame.select(inside).to_series().to_numpy()
        expected = structure.value_bytes(self._shape.n_fields)
        adds_up: Mask = lengths == (expected[~left_out] if left_out.any() else expected)
        return adds_up

    def _read_exactly(self, gathered: _Gathered, size: int) -> int:
        """Read record by record until `size` bytes are behind; returns how many are."""
        rows: list[tuple[bytes, ...]] = []
        lines: list[int] = []
        ahead = size + _AHEAD
        text, position = bytes(self._window.view(ahead)), 0
        while position < size:
            is_last = self._window.is_last and len(text) == self._window.held
            try:
                record = read_record(text, position, self._shape, is_last=is_last)
            except NeedMoreError:
                ahead = self._more(ahead)
                text = bytes(self._window.view(ahead))
                continue
            if record.fields is not None:
                rows.append(record.fields)
                lines.append(self._line)
            else:
                raw = text[position : record.end]
                gathered.reject(record, self._line, raw, self._offset_of(position))
            self._line += max(1, text.count(b"\n", position, record.end))
            position = record.end
        self._advance(position)
        if rows:
            gathered.frames.append(self._frame_of(rows))
            gathered.lines.append(np.array(lines))
        return position

    def _advance(self, size: int) -> None:
        """Leave so many bytes behind."""
        self._window.advance(size)
        self._offset = self._offset_of(size)

    def _offset_of(self, position: int) -> int | None:
        """Where in the file this position of the window is, if that is known."""
        return None if self._offset is None else self._offset + position

    def _more(self, ahead: int) -> int:
        """Have twice as much text ahead for a record that does not end in it."""
        if ahead > _LONGEST_LINE:
            raise SourceError(
                "a line is longer than 64 MiB",
                place=Place(self._place.file, self._line),
                hint="is this a CSV file?",
            )
        self._window.fill(2 * ahead)
        return 2 * ahead


def _size_before(letter: bytes, view: memoryview) -> int:
    """How many bytes stand before the first such letter."""
    for start in range(0, len(view), _FINE):
        found = bytes(view[start : start + _FINE]).find(letter)
        if found >= 0:
            return start + found
    return len(view)


def _is_utf8(part: bytes) -> bool:
    """Whether the bytes are UTF-8: Polars validates many times faster than `bytes.decode`."""
    try:
        pl.Series([part], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _mark_undecodable(part: memoryview, structure: Structure, faulty: Mask) -> None:
    """Mark the records with NUL bytes or bytes that are not UTF-8, which are looked for piece by piece."""
    ends, data = structure.ends, structure.data
    for start, stop in _pieces(structure):
        text = bytes(part[start:stop])
        if b"\0" in text:
            nuls = start + np.flatnonzero(data[start:stop] == 0)
            faulty[np.searchsorted(ends, nuls, side="right")] = True
        while start < stop and not _is_utf8(text):
            try:
                text.decode()
            except UnicodeDecodeError as error:
                record = int(np.searchsorted(ends, start + error.start, side="right"))
                faulty[record] = True
                start = int(ends[record])
                text = bytes(part[start:stop])


def _pieces(structure: Structure) -> Iterator[tuple[int, int]]:
    """The block cut at record starts into pieces of about the same size."""
    numbers = np.unique(np.searchsorted(structure.starts, np.arange(0, structure.size, _FINE)))
    cuts = structure.starts[numbers[numbers < structure.starts.size]].tolist()
    yield from pairwise([*cuts, structure.size])


def _joined(part: memoryview, structure: Structure, left_out: Mask) -> bytes:
    """The part without the records left out."""
    kept, position = [], 0
    for i in np.flatnonzero(left_out).tolist():
        kept.append(part[position : structure.starts[i]])
        position = int(structure.ends[i])
    return b"".join([*kept, part[position:]])
