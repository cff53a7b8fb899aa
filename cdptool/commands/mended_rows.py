"""What a file of mended records gives a retry: the records that are in quarantine, and what was wrong with the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cdptool.commands.session import Session
from cdptool.errors import Finding, Place, SourceError
from cdptool.ids import printed_ids
from cdptool.sources import SourceSpec
from cdptool.sources.mended import Mended, read_mended
from cdptool.sources.raw import RawForm
from cdptool.tables import FILES, QUARANTINE


@dataclass(frozen=True, slots=True)
class Given:
    """What a mended file says: its source, `file_id`, `row` and `raw` of its records, and what was wrong with it."""

    source: str
    rows: pl.DataFrame
    findings: tuple[Finding, ...]


def read_given(session: Session, specs: tuple[SourceSpec, ...], path: Path) -> Given:
    """
    Read a mended file, of the one source that is named or that its records are of.

    Raises:
        SourceError: If it is not readable, or not such a file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            "not readable", place=Place(str(path)), hint=(error.strerror or "").lower() or None
        ) from None
    files = session.snapshot().scan("files", FILES).collect()
    files = files.filter(
        pl.col("source").is_in([spec.name for spec in specs]) & pl.col("raw_form").is_not_null()
    )
    files = files.with_columns(printed_ids(files["file_id"], "f").alias("printed"))
    is_meant = pl.col("printed").map_elements(lambda one: one.encode() in data, return_dtype=pl.Boolean)
    meant = files.filter(is_meant)
    if meant.is_empty() or meant["source"].n_unique() > 1 or meant["raw_form"].n_unique() > 1:
        problem = (
            "no record of it is of a file that was read"
            if meant.is_empty()
            else "its records are of several files"
        )
        hint = "`cdptool quarantine show SOURCE --export PATH` writes a file to mend"
        raise SourceError(problem, place=Place(str(path)), hint=hint)
    if any(spec.unpivot is not None for spec in specs if spec.name == meant["source"][0]):
        hint = "correct the file itself and ingest it"
        raise SourceError("a line of it is several rows of its source", place=Place(str(path)), hint=hint)
    form = RawForm.from_text(meant["raw_form"][0])
    if form.kind in ("json", "log"):
        raise SourceError(
            "its records are no CSV", place=Place(str(path)), hint="correct the file itself and ingest it"
        )
    return _matched(session, meant, form, read_mended(data, form, Place(str(path))), path)


def _matched(session: Session, files: pl.DataFrame, form: RawForm, mended: Mended, path: Path) -> Given:
    """The mended records that are in quarantine; the others are told, by line."""
    found = pl.DataFrame(
        {
            "line": [one.line for one in mended.rows],
            "printed": [one.file_id for one in mended.rows],
            "row": [one.row for one in mended.rows],
            "raw": [form.mended(one.fields) for one in mended.rows],
        },
        schema={"line": pl.Int64, "printed": pl.String, "row": pl.Int64, "raw": pl.Binary},
    ).join(files.select("printed", "file_id"), on="printed", how="left", maintain_order="left")
    held = session.snapshot().scan("quarantine", QUARANTINE).select("file_id", "row").collect()
    rows = found.join(held, on=["file_id", "row"], how="semi", maintain_order="left")
    gone = found.join(held, on=["file_id", "row"], how="anti", maintain_order="left")["line"].to_list()
    told = (
        (list(mended.unreadable), "cannot be read as a record of the file: left in quarantine"),
        (gone, "is of no record in quarantine: mended before, or never there"),
    )
    findings = tuple(
        Finding(
            f"{what} ({len(lines):,} line{'s' * (len(lines) != 1)}, first here)",
            Place(str(path), lines[0]),
            None,
            "warning",
        )
        for lines, what in told
        if lines
    )
    return Given(files["source"][0], rows.select("file_id", "row", "raw"), findings)
