"""
NDJSON and JSON documents as blocks of text columns, in bounded memory.

A line of NDJSON, or an element of a document's array, that is not one clear object is set aside with its
reason and its text; a document that breaks off or is no JSON is refused whole, because nothing says where the
next record would begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Final

import numpy as np
import polars as pl

from cdptool.errors import Place, SourceError
from cdptool.sources.csv_blocks import Rejected, TextBlock
from cdptool.sources.csv_records import Fault, kept_raw
from cdptool.sources.json_values import (
    ABSENT,
    STRICT,
    Json,
    JsonPath,
    RepeatedKeyError,
    text_of,
)
from cdptool.sources.json_vectors import PART, VectorReader
from cdptool.sources.window import Chunk, Window

_LONGEST_LINE: Final = 64 << 20
NOT_JSON: Final = Fault("json", "not valid JSON")
NO_OBJECT: Final = Fault("json", "no JSON object")
REPEATED: Final = Fault("json", "an object repeats a key")
TOO_DEEP: Final = Fault("json", "nested too deeply")
_HALF: Final = Fault("encoding", "half of a surrogate pair")


@dataclass(frozen=True, slots=True)
class JsonItem:
    """One line or element: its number (from 1), its text, and its object, or why it is none."""

    number: int
    text: str  # a byte that is not UTF-8 as a surrogate
    row: dict[str, Json] | None
    fault: Fault | None = None


class ColumnBuilder:
    """Makes blocks of the needed columns, and remembers which columns occurred at all."""

    def __init__(self, paths: dict[str, JsonPath]) -> None:
        self._paths = paths
        self._unseen = set(paths)
        self.n_rows = 0

    def block(self, items: Iterable[JsonItem], n_blank: int) -> TextBlock:
        """The items as one block."""
        rejected, kept, rows = [], [], []
        for item in items:
            if item.row is None:
                rejected.append(_rejected(item, item.fault or NO_OBJECT))
            else:
                kept.append(item)
                rows.append(item.row)
        try:
            frame = self._frame(rows)
        except (UnicodeEncodeError, RecursionError):
            return self.block(self._judged(kept, rejected), n_blank)
        self.n_rows += len(rows)
        lines = np.fromiter((item.number for item in kept), np.int64, len(kept))
        texts = [item.text for item in kept]
        return TextBlock(frame, lines, tuple(sorted(rejected)), n_blank, lambda i: _raw(texts[i]))

    def saw(self, names: Iterable[str]) -> None:
        """These columns have occurred."""
        self._unseen.difference_update(names)

    @property
    def paths(self) -> dict[str, JsonPath]:
        """The columns by their position as text."""
        return self._paths

    def unseen(self) -> list[str]:
        """The names of the needed columns that no row had."""
        return [path.name for position, path in self._paths.items() if position in self._unseen]

    def _frame(self, rows: list[dict[str, Json]]) -> pl.DataFrame:
        columns = {}
        for position, path in self._paths.items():
            values = [path.value_in(row) for row in rows]
            if position in self._unseen and any(value is not ABSENT for value in values):
                self._unseen.discard(position)
            texts = [value if isinstance(value, str) else text_of(value) for value in values]
            columns[position] = pl.Series(position, texts, dtype=pl.String)
        return pl.DataFrame(columns) if columns else pl.DataFrame(height=len(rows))

    def _judged(self, kept: list[JsonItem], rejected: list[Rejected]) -> Iterator[JsonItem]:
        """The items one by one, those that cannot be text set aside."""
        for found in rejected:
            yield JsonItem(found.line, found.raw.decode("utf-8", "surrogateescape"), None, found.fault)
        for item in kept:
            try:
                self._frame([item.row or {}])
                yield item
            except UnicodeEncodeError:
                yield JsonItem(item.number, item.text, None, _HALF)
            except RecursionError:
                yield JsonItem(item.number, item.text, None, TOO_DEEP)


def read_object(number: int, text: str) -> JsonItem:
    """One text that should be an object."""
    try:
        value = STRICT.decode(text)
    except RepeatedKeyError:
        return JsonItem(number, text, None, REPEATED)
    except JSONDecodeError:
        return JsonItem(number, text, None, NOT_JSON)
    except RecursionError:
        return JsonItem(number, text, None, TOO_DEEP)
    return item_of(number, text, value)


def item_of(number: int, text: str, value: Json) -> JsonItem:
    """A value that should be an object."""
    return (
        JsonItem(number, text, value) if isinstance(value, dict) else JsonItem(number, text, None, NO_OBJECT)
    )


def ndjson_blocks(
    chunks: Iterator[Chunk], builder: ColumnBuilder, place: Place, block: int
) -> Iterator[TextBlock]:
    """
    The lines of an NDJSON text.

    Raises:
        SourceError: A line is longer than 64 MiB, or the text breaks off within its last line.
    """
    whole, vectors = _LastByte(chunks), VectorReader(builder.paths)
    window, line, is_last_broken = Window(iter(whole)), 1, False
    while part := _whole_lines(window, block, Place(place.file, line)):
        found = _joined(list(_pieces(part, line, builder, vectors)))
        line += part.count(b"\n")
        last = found.rejected[-1] if found.rejected else None
        is_last_broken = last is not None and last.fault is NOT_JSON and last.line == line - 1
        yield found
    if is_last_broken and whole.is_open:
        raise SourceError(
            "the file is truncated: its last line breaks off",
            place=Place(place.file, line - 1),
            hint="export or copy it again",
        )


def _pieces(part: bytes, line: int, builder: ColumnBuilder, vectors: VectorReader) -> Iterator[TextBlock]:
    """The part cut at line ends into pieces that are tried at once."""
    position = 0
    while position < len(part):
        end = part.rfind(b"\n", position, position + PART) + 1 or part.find(b"\n", position + PART) + 1
        piece = part[position:end]
        yield _piece(piece, line, builder, vectors)
        line += piece.count(b"\n")
        position = end


def _piece(piece: bytes, line: int, builder: ColumnBuilder, vectors: VectorReader) -> TextBlock:
    data = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero(data == 10)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    ends = ends - ((data[ends - 1] == 13) & (ends > starts))
    numbers = np.flatnonzero(ends > starts)
    found = vectors.read(piece, starts[numbers], ends[numbers]) if _is_utf8(piece) else None
    left = numbers if found is None else numbers[found.left]
    n_blank, items = starts.size - numbers.size, []
    for i in left.tolist():
        text = piece[starts[i] : ends[i]].decode("utf-8", "surrogateescape")
        if text.isspace():
            n_blank += 1
        else:
            items.append(_if_utf8(read_object(line + i, text)))
    block = builder.block(items, n_blank)
    if found is None:
        return block
    builder.saw(found.seen)
    builder.n_rows += found.frame.height
    lines = np.concatenate((numbers[found.rows] + line, block.lines))
    order = np.argsort(lines)
    frame = pl.concat([found.frame, block.frame])[order] if block.frame.height else found.frame
    kept = lines[order] - line
    return TextBlock(
        frame,
        lines[order],
        block.rejected,
        n_blank,
        lambda i: kept_raw(piece[starts[kept[i]] : ends[kept[i]]]),
    )


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def _joined(blocks: list[TextBlock]) -> TextBlock:
    """Blocks that follow each other as one."""
    if len(blocks) == 1:
        return blocks[0]
    offsets = np.cumsum([0, *(len(block.lines) for block in blocks)])

    def raw(i: int) -> bytes:
        number = int(np.searchsorted(offsets, i, side="right")) - 1
        read = blocks[number].raw
        assert read is not None
        return read(i - int(offsets[number]))

    return TextBlock(
        pl.concat([block.frame for block in blocks]),
        np.concatenate([block.lines for block in blocks]),
        tuple(rejected for block in blocks for rejected in block.rejected),
        sum(block.n_blank for block in blocks),
        raw,
    )


class _LastByte:
    """Passes chunks on, and knows whether the text ended without a line end."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self.is_open = False

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self._chunks:
            self.is_open = chunk[-1] != 10
            yield chunk


def _whole_lines(window: Window, size: int, place: Place) -> bytes:
    """The next lines, of about this size; leaves them behind."""
    part = window.take_lines(size, _LONGEST_LINE)
    if part is None:
        raise SourceError(
            "a line is longer than 64 MiB", place=place, hint="declare `format: json` if it is one document"
        )
    return part


def _if_utf8(item: JsonItem) -> JsonItem:
    """The item, unless bytes of it are not UTF-8."""
    try:
        item.text.encode()
    except UnicodeEncodeError as error:
        byte = ord(item.text[error.start]) - 0xDC00
        fault = Fault("encoding", f"not UTF-8 (byte 0x{byte:02x})")
        return JsonItem(item.number, item.text, None, fault)
    return item


def _rejected(item: JsonItem, fault: Fault) -> Rejected:
    return Rejected(item.number, fault, _raw(item.text))


def _raw(text: str) -> bytes:
    return kept_raw(text.encode("utf-8", "surrogateescape"))
