"""One shape for what files hold: blocks of columns named by position, the row each came from, what was rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from cdptool.errors import Place
from cdptool.sources.access_log import is_access_log, open_access_log
from cdptool.sources.arrow import ArrowSource, open_arrow
from cdptool.sources.csv_blocks import BLOCK, CsvReader, Rejected, Start, TextBlock
from cdptool.sources.csv_records import Fault
from cdptool.sources.excel import open_excel
from cdptool.sources.footer import without_footer
from cdptool.sources.json_source import JsonForm, JsonText, json_blocks, json_form, json_names
from cdptool.sources.opening import OpenedText, container_of, open_text
from cdptool.sources.parquet import ParquetSource, open_parquet
from cdptool.sources.raw import RawForm
from cdptool.sources.sniff import BY_POSITION, SAMPLE, Layout, by_position, detect_layout
from cdptool.sources.spec import Dialect
from cdptool.sources.window import Chunk


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """
    A file ready to be read: its column names, how it was understood, and its blocks given the columns needed.

    In `blocks`, `lines` are physical lines of a text, row numbers (from 1) of a Parquet file or a JSON document.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]
    is_typed: bool
    blocks: Callable[[tuple[str, ...]], Iterator[TextBlock]]
    raw: RawForm | None = None  # how its records are kept in quarantine; None = by their columns

    has_text_times: bool = False  # times of a typed file may be texts too, as somebody typed them

    @property
    def raw_form(self) -> RawForm:
        return self.raw or RawForm(self.names)


def open_source(
    path: str, dialect: Dialect, place: Place, *, block: int = BLOCK, wanted: tuple[str, ...] = ()
) -> OpenedSource:
    """
    Open a CSV, JSON, Parquet or Arrow file, a workbook or an access log; texts plain or compressed.

    `wanted` are columns that will be needed: a JSON text may have them although its first records do not.

    Raises:
        SourceError: It is not what the dialect says, or nothing that can be read.
    """
    container = container_of(path, dialect, place)
    if container == "parquet":
        return _open_typed(open_parquet(path, place), dialect)
    if container == "arrow":
        return _open_typed(open_arrow(path, place), dialect)
    if container == "excel":
        book = open_excel(path, dialect, place)
        return OpenedSource(book.names, book.notes, True, book.blocks, has_text_times=True)
    text = open_text(path, dialect, place)
    texts = without_footer(text.chunks, dialect.footer_lines, place) if dialect.footer_lines else text.chunks
    sample = b""
    while len(sample) < SAMPLE and (chunk := next(texts, b"")):
        sample += chunk
    is_whole = len(sample) < SAMPLE
    is_declared = dialect.format == "access_log" or (dialect.format is None and dialect.log_format)
    if is_declared or (dialect.format is None and is_access_log(sample)):
        log = open_access_log(sample, dialect.log_format, place, wanted=wanted, byte_offset=text.text_offset)
        notes, raw = ("access_log", log.form.name, *_text_notes(text)), RawForm(log.names, kind="log")
        chunks = _from(sample, texts)
        return OpenedSource(log.names, notes, False, lambda needed: log.blocks(chunks, needed, block), raw)
    form = _json_form(sample, dialect, is_whole=is_whole, wanted=wanted)
    if form is not None:
        found = JsonText(form, sample, is_whole, lambda: _from(sample, texts), dialect, place)
        return _open_json(found, text, wanted, block)
    layout = detect_layout(sample[:SAMPLE], dialect, place, is_whole=is_whole)
    notes = ("csv", *layout.notes, *_text_notes(text))

    def blocks(
        _needed: tuple[str, ...],
    ) -> Iterator[TextBlock]:  # all columns: quarantine keeps whole records
        chunks = _from(sample[layout.offset :], texts)
        offset = None if text.text_offset is None else text.text_offset + layout.offset
        start = Start(layout.first_line, offset)
        reader = CsvReader(chunks, layout.shape, place, start=start, block=block)
        if layout.n_blank:
            yield TextBlock(pl.DataFrame(), np.empty(0, np.int64), (), layout.n_blank)
        for found in reader.blocks():
            yield _without_spare_field(found, layout) if layout.has_spare_field else found

    raw = RawForm(layout.names, layout.shape, layout.has_spare_field, "csv")
    return OpenedSource(layout.names, notes, False, blocks, raw)


def _json_form(
    sample: bytes, dialect: Dialect, *, is_whole: bool, wanted: tuple[str, ...]
) -> JsonForm | None:
    """The form of JSON that is declared, or found; None = CSV."""
    if dialect.format == "csv":
        return None
    if dialect.format in ("ndjson", "json"):
        return dialect.format
    found = json_form(sample, is_whole=is_whole, wanted=wanted)
    return "json" if found and dialect.records else found


def _open_json(text: JsonText, opened: OpenedText, wanted: tuple[str, ...], block: int) -> OpenedSource:
    names = json_names(text, wanted)
    return OpenedSource(
        names,
        (text.form, *_text_notes(opened)),
        False,
        lambda needed: json_blocks(text, names, needed, block),
        RawForm(names, kind="json"),
    )


def _open_typed(source: ParquetSource | ArrowSource, dialect: Dialect) -> OpenedSource:
    names, notes = source.names, source.notes
    if dialect.columns_by == "position":
        names, notes = by_position(len(names)), (*notes, BY_POSITION)

    def blocks(needed: tuple[str, ...]) -> Iterator[TextBlock]:
        row = 1
        for frame in source.batches(needed):
            yield TextBlock(frame, np.arange(row, row + frame.height), (), 0)
            row += frame.height

    return OpenedSource(names, notes, True, blocks)


def _text_notes(text: OpenedText) -> Iterator[str]:
    yield text.encoding + (" with byte-order mark" if text.has_mark else "")
    if text.compression:
        yield text.compression
    if text.has_only_cr:
        yield "lines end with CR"


def _from(first: bytes, rest: Iterator[Chunk]) -> Iterator[Chunk]:
    if first:
        yield first
    yield from rest


def _without_spare_field(block: TextBlock, layout: Layout) -> TextBlock:
    """Reject the rows that have something in the field that every row ends with."""
    n = layout.shape.n_fields
    spare = block.frame[str(n - 1)]
    is_used = (spare.str.len_bytes() > 0).fill_null(False)
    if not is_used.any():
        return block
    at = is_used.arg_true().to_numpy()
    fault = Fault("fields", f"{n} fields, expected {n - 1}")
    raws = RawForm(layout.names, layout.shape, kind="csv").write(block.frame, at)
    rejected = [Rejected(int(block.lines[i]), fault, raw) for i, raw in zip(at, raws, strict=True)]
    kept = ~is_used
    merged = tuple(sorted((*block.rejected, *rejected), key=lambda item: item.line))
    return TextBlock(block.frame.filter(kept), block.lines[kept.to_numpy()], merged, block.n_blank)
