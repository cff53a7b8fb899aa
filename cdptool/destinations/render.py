"""
An audience to the bytes of one file: cells, who is left out and why, what was sent of whom, findings.

Who may be in the audience (segment, consent, caps) was decided before; here only the form decides. Rows are
sorted by what is written, so their order says nothing about profiles and two files can be compared.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from cdptool.destinations.audience import can_provide, prepare
from cdptool.destinations.cells import column_cells
from cdptool.destinations.checks import check_destination, size_findings
from cdptool.destinations.encode import csv_bytes, parquet_bytes
from cdptool.destinations.rows import (
    LEFT_OUT,
    SAME_HOUSEHOLD,
    SAME_ROW,
    Slot,
    blank_incomplete,
    left_out,
    split_doubles,
    split_households,
    split_reachable,
)
from cdptool.destinations.spec import VALUE, DestinationSpec, ExportSpec, FileColumn
from cdptool.destinations.values import as_text
from cdptool.errors import ConfigError, Finding, SchemaError

LEDGER: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "header": pl.String(),
    "value": pl.String(),  # as sent: hashed where the file holds a digest
}
REFUSED: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "header": pl.String(),
    "reason": pl.String(),
}
__all__ = ["LEDGER", "LEFT_OUT", "REFUSED", "Rendered", "columns_written", "render"]


class Rendered(NamedTuple):
    """One file, not yet written."""

    body: bytes
    rows: int
    fill: tuple[tuple[str, int], ...]  # header and cells that are not empty, in the file's order
    left_out: pl.DataFrame  # LEFT_OUT: profiles of the audience without a row; sorted
    refused: pl.DataFrame  # REFUSED: values that became an empty cell; sorted
    ledger: pl.DataFrame  # LEDGER: what was sent of whom; sorted
    findings: tuple[Finding, ...]


class _Cells(NamedTuple):
    """All cells of the file before rows are judged."""

    frame: pl.DataFrame  # row, profile_id, then one String column per slot
    slots: tuple[Slot, ...]
    refused: pl.DataFrame  # row, profile_id, header, reason
    notes: tuple[Finding, ...]


def render(
    audience: pl.LazyFrame | pl.DataFrame, export: ExportSpec, destination: DestinationSpec
) -> Rendered:
    """
    Render the audience of one export for its destination. Collects.

    Args:
        audience: One row per profile, segment and consent already applied: `profile_id` (Int64; null for a
            bare identifier of a suppression list), profile fields with `<key>s` lists, traits; money is
            Int64 with `<name>_currency` beside it. Any order.
        export: What was asked for.
        destination: How its file looks.

    Returns:
        Bytes, counts, who was left out, what was sent. Shuffled input gives the same result.

    Raises:
        ConfigError: If `check_destination` finds anything.
        SchemaError: If a column that the export names is missing or has no text form, or a Parquet
            destination repeats a header; one row per household is asked for, and profiles have none.
    """
    if problems := check_destination(destination):
        raise ConfigError(*problems)
    frame = audience.lazy().collect()
    if export.one_per == "household" and "household_id" not in frame.columns:
        hint = "add `households:` to merge.yaml and run `cdptool merge`"
        raise SchemaError(
            f"export `{export.name}`: profiles have no household", place=export.place, hint=hint
        )
    cells = _all_cells(frame, export, destination)
    complete = blank_incomplete(cells.frame, cells.slots)
    reachable, unreachable = split_reachable(
        complete, cells.slots, _identifying(cells.slots, export, destination)
    )
    housemates = reachable.clear()
    if export.one_per == "household":
        homes = frame.select("profile_id", pl.col("household_id").cast(pl.String))
        reachable, housemates = split_households(reachable, cells.slots, homes)
    drops_doubles = bool(destination.columns) or export.kind == "suppression"
    written, doubles = split_doubles(reachable, cells.slots, drop=drops_doubles)
    return Rendered(
        body=_body(written, cells.slots, frame, destination),
        rows=written.height,
        fill=tuple((slot.header, written.height - written[slot.name].null_count()) for slot in cells.slots),
        left_out=left_out(
            unreachable, {SAME_ROW: doubles, SAME_HOUSEHOLD: housemates}, written, cells.refused
        ),
        refused=cells.refused.select(list(REFUSED)).sort(list(REFUSED)),
        ledger=_ledger(reachable, cells.slots),
        findings=(*size_findings(export, destination, written.height), *cells.notes),
    )


def columns_written(export: ExportSpec, destination: DestinationSpec) -> tuple[FileColumn, ...]:
    """The file's columns: the destination's, or those the export names; `value` only with a trait for it."""
    if not destination.columns:
        return tuple(FileColumn(header=name, source=name, join=";") for name in export.columns)
    return tuple(c for c in destination.columns if c.source != VALUE or export.value is not None)


def _all_cells(frame: pl.DataFrame, export: ExportSpec, destination: DestinationSpec) -> _Cells:
    columns = columns_written(export, destination)
    if not columns:
        raise SchemaError(
            f"export `{export.name}` names no columns", place=export.place, hint="add `columns:`"
        )
    if not destination.columns:
        _require_columns(frame.schema, export)
    prepared = prepare(frame, export, columns)
    cells = prepared.select("row", "profile_id")
    slots: list[Slot] = []
    refused: list[pl.DataFrame] = []
    notes: list[Finding] = []
    for column in columns:
        made = column_cells(prepared, column)
        for position in range(column.repeat):
            slots.append(Slot(column.header, str(len(slots)), column))
            cells = cells.with_columns(made.cells[str(position)].alias(slots[-1].name))
        refused.append(made.refused)
        if made.n_beyond:
            problem = f"export `{export.name}`: {made.n_beyond} values of `{column.header}` found no column"
            notes.append(Finding(problem, export.place, f"it is written {column.repeat} times", "note"))
    with_ids = pl.concat(refused).join(prepared.select("row", "profile_id"), on="row", how="left")
    return _Cells(cells, tuple(slots), with_ids, tuple(notes))


def _require_columns(schema: pl.Schema, export: ExportSpec) -> None:
    if missing := [name for name in export.columns if not can_provide(name, schema)]:
        problems = (f"export `{export.name}` lacks column `{name}`" for name in missing)
        raise SchemaError(*(Finding(problem, export.place) for problem in problems))


def _identifying(
    slots: tuple[Slot, ...], export: ExportSpec, destination: DestinationSpec
) -> tuple[tuple[str, ...], ...]:
    """The sets of headers of which a row needs one whole; a plain file needs a cell that is not empty."""
    if destination.require_any:
        return destination.require_any
    headers = tuple((slot.header,) for slot in slots)
    others = tuple((slot.header,) for slot in slots if slot.column.source != "profile_id")
    return others if export.kind == "suppression" and others else headers


def _body(
    written: pl.DataFrame, slots: tuple[Slot, ...], frame: pl.DataFrame, destination: DestinationSpec
) -> bytes:
    headers = tuple(slot.header for slot in slots)
    cells = written.select(slot.name for slot in slots)
    if destination.file.format == "csv":
        return csv_bytes(cells, headers, destination.file)
    if len(set(headers)) < len(headers):
        raise SchemaError(f"destination `{destination.id}` repeats a header, which Parquet cannot hold")
    if destination.columns:
        return parquet_bytes(cells.rename({slot.name: slot.header for slot in slots}))
    native = [_native(slot, written, frame) for slot in slots]
    return parquet_bytes(pl.DataFrame(native))


def _native(slot: Slot, written: pl.DataFrame, frame: pl.DataFrame) -> pl.Series:
    """A plain Parquet column keeps its type; money becomes a decimal, ids their printed form."""
    name = slot.column.source
    if name == "profile_id" or name not in frame.columns:
        return written[slot.name].alias(slot.header)
    chosen = frame[name].gather(written["row"])
    if f"{name}_currency" in frame.columns and chosen.dtype == pl.Int64:
        money = frame.select(as_text(name, frame.schema))[name].gather(written["row"])
        return money.cast(pl.Decimal(38, 4)).alias(slot.header)
    return chosen.alias(slot.header)


def _ledger(reachable: pl.DataFrame, slots: tuple[Slot, ...]) -> pl.DataFrame:
    """What was sent of whom, also of a profile whose row another profile's equals. No traits, no own ids."""
    sent = [
        reachable.select("profile_id", header=pl.lit(slot.header), value=pl.col(slot.name))
        for slot in slots
        if slot.column.source not in (VALUE, "profile_id")
    ]
    frame = pl.concat([pl.DataFrame(schema=LEDGER), *sent])
    return frame.filter(pl.col("value").is_not_null()).unique().sort(list(LEDGER))
