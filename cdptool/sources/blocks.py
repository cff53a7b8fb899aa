"""One shape for what files hold: blocks of columns named by position, the row each came from, what was rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

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
from cdptool.sources.opening import OpenedText, container_of, open_rest, open_text
from cdptool.sources.parquet import ParquetSource, open_parquet
from cdptool.sources.raw import RawForm
from cdptool.sources.sniff import BY_POSITION, SAMPLE, Layout, by_position, detect_layout
from cdptool.sources.spec import WHOLE, Dialect, Part
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

    is_mixed: bool = False  # its texts may be made of typed values, or be as somebody wrote them
    footer: Sequence[tuple[int, bytes]] = ()  # the lines below its rows, once these were read
    has_lines: bool = False  # a plain text of lines: what is added to it can be read by itself
    nested: tuple[str, ...] = ()  # columns of a typed file that hold lists or structs: no column of ours can

    @property
    def raw_form(self) -> RawForm:
        return self.raw or RawForm(self.names)


def open_source(
    path: str,
    dialect: Dialect,
    place: Place,
    *,
    block: int = BLOCK,
    wanted: tuple[str, ...] = (),
    part: Part = WHOLE,
) -> OpenedSource:
    """
    Open a CSV, JSON, Parquet or Arrow file, a workbook or an access log; texts plain or compressed.

    `wanted` are columns that will be needed: a JSON text may have them although its first records do not.
    Of a text that `has_lines`, only a `part` may be read: header and form are those of the file.

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
        return OpenedSource(book.names, book.notes, True, book.blocks, is_mixed=True)
    text = _open_text(path, dialect, place, part)
    return _moved(_open_lines(text, dialect, place, wanted, block), part)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with its first bytes read, to know it by: `chunks` gives all of it, or the part that is wanted, once."""

    opened: OpenedText
    sample: bytes
    is_whole: bool  # the sample is all of it
    texts: Iterator[Chunk]
    part: Part
    rest: Callable[[], Iterator[Chunk]] | None  # the part; None = all
    footer: Sequence[tuple[int, bytes]]

    @property
    def offset(self) -> int | None:
        """Where `chunks` begins, as bytes of the file after `part.start`."""
        return 0 if self.rest and self.opened.text_offset is not None else self.opened.text_offset

    def chunks(self, skipped: int = 0) -> Iterator[Chunk]:
        return self.rest() if self.rest else _from(self.sample[skipped:], self.texts)


def _open_text(path: str, dialect: Dialect, place: Place, part: Part) -> _Text:
    text = open_text(path, dialect, place, part.end)
    footer: list[tuple[int, bytes]] = []
    texts: Iterator[Chunk] = text.chunks
    if dialect.footer_lines:
        texts = without_footer(text.chunks, dialect.footer_lines, place, footer)
    sample = b""
    while len(sample) < SAMPLE and (chunk := next(texts, b"")):
        sample += chunk
    rest = partial(open_rest, text, path, place, part) if part.start else None
    return _Text(text, sample, len(sample) < SAMPLE, texts, part, rest, footer)


def _open_lines(
    text: _Text, dialect: Dialect, place: Place, wanted: tuple[str, ...], block: int
) -> OpenedSource:
    sample, has_lines = text.sample, text.opened.has_lines and not dialect.footer_lines
    is_declared = dialect.format == "access_log" or (dialect.format is None and dialect.log_format)
    if is_declared or (dialect.format is None and is_access_log(sample)):
        log = open_access_log(sample, dialect.log_format, place, wanted=wanted, byte_offset=text.offset)
        notes = ("access_log", log.form.name, *_text_notes(text.opened))
        raw, chunks = RawForm(log.names, kind="log"), text.chunks()
        return OpenedSource(
            log.names,
            notes,
            False,
            lambda needed: log.blocks(chunks, needed, block),
            raw,
            has_lines=has_lines,
        )
    form = _json_form(sample, dialect, is_whole=text.is_whole, wanted=wanted)
    if form is not None:
        # A part may lack what the records before it had.
        dialect = replace(dialect, sparse=True) if text.rest else dialect
        found = JsonText(form, sample, text.is_whole, text.chunks, dialect, place)
        opened = _open_json(found, text.opened, wanted, block)
        return replace(opened, has_lines=has_lines and form == "ndjson")
    return replace(_open_csv(text, dialect, place, block), has_lines=has_lines, footer=text.footer)


def _open_csv(text: _Text, dialect: Dialect, place: Place, block: int) -> OpenedSource:
    layout = detect_layout(text.sample[:SAMPLE], dialect, place, is_whole=text.is_whole)
    notes = ("csv", *layout.notes, *_text_notes(text.opened))
    header = layout.offset if text.rest is None else 0
    start = Start(
        1 if text.rest else layout.first_line, None if text.offset is None else text.offset + header
    )

    def blocks(
        _needed: tuple[str, ...],
    ) -> Iterator[TextBlock]:  # all columns: quarantine keeps whole records
        reader = CsvReader(text.chunks(header), layout.shape, place, start=start, block=block)
        if layout.n_blank and not text.rest:
            yield TextBlock(pl.DataFrame(), np.empty(0, np.int64), (), layout.n_blank)
        for found in reader.blocks():
            yield _without_spare_field(found, layout) if layout.has_spare_field else found

    raw = RawForm(layout.names, layout.shape, layout.has_spare_field, "csv")
    return OpenedSource(layout.names, notes, False, blocks, raw)


def _moved(source: OpenedSource, part: Part) -> OpenedSource:
    """The source with the lines and bytes of its blocks counted from the start of the file."""
    if not part.start:
        return source

    def blocks(needed: tuple[str, ...]) -> Iterator[TextBlock]:
        for block in source.blocks(needed):
            rejected = tuple(
                one._replace(
                    line=one.line + part.lines,
                    byte_offset=None if one.byte_offset is None else one.byte_offset + part.start,
                )
                for one in block.rejected
            )
            yield replace(block, lines=block.lines + part.lines, rejected=rejected)

    return replace(source, blocks=blocks)


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

    return OpenedSource(names, notes, True, blocks, nested=tuple(names[i] for i in source.nested()))


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
