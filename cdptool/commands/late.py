"""Rows that come late or again: up to where a source was taken as complete, and what people are told of what came after."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from cdptool.errors import Finding, Place
from cdptool.rules.windows import length_text
from cdptool.sources import FileResult, SourceSpec
from cdptool.tables import FILES
from cdptool.workspace import Snapshot


def watermark(snapshot: Snapshot, spec: SourceSpec) -> datetime | None:
    """
    Up to where the source was taken as complete before this run: its newest time, less the overlap it declares.

    None where it declares none, or brought nothing yet. The files of one run are not held against each other:
    which of them is read first says nothing.
    """
    if spec.overlap_seconds is None:
        return None
    files = snapshot.scan("files", FILES).filter(pl.col("source") == spec.name)
    newest: datetime | None = files.select(pl.col("newest_at").max()).collect().item()
    return None if newest is None else newest - timedelta(seconds=spec.overlap_seconds)


def late_findings(
    spec: SourceSpec, result: FileResult, before: datetime | None, place: Place
) -> list[Finding]:
    """Tell of the rows of a file that are later than their source declares."""
    n_late = int(result.file["rows_late"][0])
    if not n_late or before is None:
        return []
    rows, are = ("row", "is") if n_late == 1 else ("rows", "are")
    length = length_text(spec.overlap_seconds or 0)
    problem = (
        f"{n_late:,} {rows} of `{spec.name}` {are} later than declared (`overlap: {length}`):"
        f" from before {before:%Y-%m-%d %H:%M} UTC, where it was taken as complete"
    )
    hint = "answers given since may change; if this is usual, declare a longer `overlap`"
    return [Finding(problem, Place(place.file, result.first_late), hint, "warning")]


def correction_findings(spec: SourceSpec, n_corrected: int) -> list[Finding]:
    """Tell of rows that correct earlier ones where nothing says which of them counts."""
    if not n_corrected or spec.corrections is not None or (spec.feeds == "records" and spec.at is not None):
        return []
    rows, have = ("row", "has") if n_corrected == 1 else ("rows", "have")
    newer = "the later `at` counts, of one `at` either" if spec.at is not None else "either may count"
    problem = (
        f"{n_corrected:,} {rows} of `{spec.name}` {have} the key of an earlier row and other content: {newer}"
    )
    hint = "declare `corrections: {by: COLUMN}` (or `earliest`, `all`, `refuse`) in the source"
    return [Finding(problem, spec.place, hint, "warning")]
