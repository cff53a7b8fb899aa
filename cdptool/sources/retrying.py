"""The quarantined rows of one file as a source: read once more from their raw records, under the same provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from cdptool.errors import Place
from cdptool.sources.access_log import AccessLog, format_of
from cdptool.sources.blocks import OpenedSource
from cdptool.sources.csv_blocks import Rejected, TextBlock
from cdptool.sources.csv_records import RAW_LIMIT, Fault
from cdptool.sources.json_blocks import ColumnBuilder, read_object
from cdptool.sources.json_values import path_of
from cdptool.sources.mapping import needed_columns
from cdptool.sources.raw import RawForm, RawRow
from cdptool.sources.spec import SourceSpec

CUT = Fault("size", "longer than the 64 KiB that quarantine keeps")
UNKEPT = Fault("columns", "kept without a column that is mapped today: only its file has it")


def quarantined_source(rows: pl.DataFrame, form: RawForm, spec: SourceSpec) -> OpenedSource:
    """
    Quarantined rows, ready to be read again.

    Args:
        rows: `row` (Int64) and `raw` (Binary), of one file.
        form: How the raw records are written.
        spec: Their source as it is declared today.

    Returns:
        A source of one block, in the order of the rows. What is still no record is rejected as in a file, and so
        is a record that was too long to be kept whole.
    """
    raws: list[tuple[int, bytes]] = list(rows.select("row", "raw").sort("row").iter_rows())
    cut = tuple(Rejected(row, CUT, raw) for row, raw in raws if len(raw) >= RAW_LIMIT)
    whole = [(row, raw) for row, raw in raws if len(raw) < RAW_LIMIT]
    if form.kind == "json":
        return _json_source(form, whole, cut, spec)
    if form.kind == "log":
        return _log_source(form, whole, cut, spec)
    records = [(row, _fields(form, raw, spec), raw) for row, raw in whole]
    rejected = tuple(Rejected(row, found, raw) for row, found, raw in records if isinstance(found, Fault))
    good = [(row, found) for row, found, _ in records if not isinstance(found, Fault)]
    return _field_source(form, good, (*cut, *rejected))


def _fields(form: RawForm, raw: bytes, spec: SourceSpec) -> RawRow | Fault:
    """The fields of a record; of a typed row only those that were mapped then were kept."""
    if form.kind == "columns" and not needed_columns(spec) <= json.loads(raw).keys():
        return UNKEPT
    return form.read(raw)


def _field_source(
    form: RawForm, good: list[tuple[int, RawRow]], rejected: tuple[Rejected, ...]
) -> OpenedSource:
    n_fields = len(form.names) if form.shape is None else form.shape.n_fields
    columns = zip(*(fields for _, fields in good), strict=True) if good else ((),) * n_fields
    texts = [pl.Series(str(i), list(values), pl.String) for i, values in enumerate(columns)]
    lines = np.array([row for row, _ in good], np.int64)

    def blocks(_needed: tuple[str, ...]) -> Iterator[TextBlock]:
        yield TextBlock(pl.DataFrame(texts), lines, rejected, 0)

    is_typed = form.kind == "columns"
    return OpenedSource(form.names, (), is_typed, blocks, form, is_mixed=is_typed)


def _json_source(
    form: RawForm, raws: list[tuple[int, bytes]], cut: tuple[Rejected, ...], spec: SourceSpec
) -> OpenedSource:
    # A record may have what no record of the file's beginning had, and the mapping may ask for it today.
    names = tuple(dict.fromkeys((*form.names, *sorted(needed_columns(spec)))))

    def blocks(needed: tuple[str, ...]) -> Iterator[TextBlock]:
        builder = ColumnBuilder({position: path_of(names[int(position)]) for position in needed})
        items = (read_object(row, raw.decode("utf-8", "surrogateescape")) for row, raw in raws)
        found = builder.block(items, 0)
        yield replace(found, rejected=(*cut, *found.rejected))

    return OpenedSource(names, (), False, blocks, replace(form, names=names))


def _log_source(
    form: RawForm, raws: list[tuple[int, bytes]], cut: tuple[Rejected, ...], spec: SourceSpec
) -> OpenedSource:
    # A parameter may occur in no other line, and the mapping may ask for it today.
    names = tuple(dict.fromkeys((*form.names, *sorted(needed_columns(spec)))))
    place = Place(spec.name)
    log = AccessLog(format_of(names, spec.dialect.log_format, place), names, place, None)
    rows = np.array([row for row, _ in raws], np.int64)

    def blocks(needed: tuple[str, ...]) -> Iterator[TextBlock]:
        found = log.block([raw for _, raw in raws], rows, needed)
        yield replace(found, rejected=(*cut, *found.rejected))

    return OpenedSource(names, (), False, blocks, replace(form, names=names))
