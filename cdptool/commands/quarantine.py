"""`cdptool quarantine list` and `show`: which rows were set aside, where, why, and what stands in them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.commands.ingest import chosen_sources
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.commands.writing import told_of, write_whole
from cdptool.errors import Place, StoreError, UsageError
from cdptool.ids import printed_id
from cdptool.sources.csv_records import RAW_LIMIT
from cdptool.sources.mended import FILE_ID, ROW
from cdptool.sources.raw import RawForm, csv_record
from cdptool.tables import FILES, ISSUES, QUARANTINE
from cdptool.workspace import Snapshot

GROUPS: Final = ("source", "file", "rule", "column", "reason", "rows", "first")
NULLED: Final = ("source", "file", "column", "verdict", "reason", "values", "first")
ROWS: Final = ("at", "byte", "column", "rule", "reason", "raw")
_SHOWN = 160  # letters of a record on a screen


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which quarantined rows are meant: of these sources (none = all), this file, this rule."""

    sources: tuple[str, ...] = ()
    file: str | None = None
    rule: str | None = None


def list_quarantine(settings: Settings, chosen: Chosen, *, with_issues: bool = False) -> Report:
    """
    Count what is in quarantine by source, file, rule, column and reason, and name the first line of each.

    Args:
        settings: Where the project is.
        chosen: Which rows.
        with_issues: Also count the values that became null in rows that were accepted.

    Raises:
        UsageError: If a name is not a source of the project.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        rows = _with_files(session, snapshot, quarantined_rows(session, snapshot, chosen))
        groups = _grouped(rows, GROUPS[:5], "row")
        issues = _with_files(session, snapshot, _issues(snapshot, chosen)) if with_issues else None
        nulled = () if issues is None else _grouped(issues, NULLED[:5], "row")
    n_rows, n_sources = sum(int(group[5]) for group in groups), len({group[0] for group in groups})
    grids = [Grid("Quarantine", GROUPS, groups)] if groups else []
    grids += [Grid("Values set to null", NULLED, nulled)] if nulled else []
    in_sources = f" in {n_sources} source{'s' * (n_sources != 1)}" if n_rows else ""
    also = f"; {sum(int(group[5]) for group in nulled):,} values set to null" if with_issues else ""
    data: dict[str, object] = {
        "rows": n_rows,
        "groups": [dict(zip(GROUPS, group, strict=True)) for group in groups],
    }
    if with_issues:
        data["issues"] = [dict(zip(NULLED, group, strict=True)) for group in nulled]
    summary = f"{n_rows:,} row{'s' * (n_rows != 1)} in quarantine{in_sources}{also}"
    return Report("quarantine list", summary, data, tuple(grids), is_answer=True)


def show_quarantine(
    settings: Settings, chosen: Chosen, *, limit: int = 20, show_values: bool = False
) -> Report:
    """
    Show quarantined rows one by one, in the order of their files.

    Args:
        settings: Where the project is.
        chosen: Which rows.
        limit: How many at most.
        show_values: Print the records as they are. Otherwise letters are `x`, digits `9`, and the rest stays.

    Raises:
        UsageError: If a name is not a source of the project.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        found = _with_files(session, snapshot, quarantined_rows(session, snapshot, chosen))
    n_all = found.height
    rows = tuple(
        (f"{file}:{row}", offset, column, rule, reason, _printed(raw, show_values=show_values))
        for file, row, offset, column, rule, reason, raw in found.head(limit)
        .select("file", "row", "byte_offset", "column", "rule", "reason", "raw")
        .iter_rows()
    )
    left = f"{n_all - len(rows):,} more: raise --limit" if n_all > len(rows) else ""
    summary = "; ".join(filter(None, (f"{n_all:,} row{'s' * (n_all != 1)} in quarantine", left)))
    return Report(
        verb="quarantine show",
        summary=summary,
        data={"rows": [dict(zip(ROWS, row, strict=True)) for row in rows], "of": n_all},
        grids=(Grid("Quarantined rows", ROWS, rows),) if rows else (),
        is_answer=True,
    )


def export_quarantine(settings: Settings, chosen: Chosen, path: Path) -> Report:
    """
    Write quarantined records of one source as a CSV file to be mended in an editor and given to `retry --from`.

    The header is the file's own behind `_file_id,_row`, which say which record a line is. UTF-8, mode 0600.

    Raises:
        UsageError: If the rows are of several sources, or of files with different columns or no CSV.
        StoreError: If the path exists or cannot be written.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        rows = quarantined_rows(session, snapshot, chosen)
        form = _one_form(snapshot, rows)
    n_all = rows.height
    rows = rows.filter(pl.col("raw").bin.size() < RAW_LIMIT)  # what was cut is no record any more
    if rows.is_empty():
        raise UsageError(
            "each of these records is longer than the 64 KiB that quarantine keeps",
            hint="correct the file itself and ingest it",
        )
    _write_new(path, exported(rows, form))
    left = n_all - rows.height
    return Report(
        verb="quarantine show",
        summary=f"{rows.height:,} row{'s' * (rows.height != 1)} written to {path}: mend them, then"
        f" `cdptool quarantine retry {rows['source'][0]} --from {path}`"
        + (f"; {left:,} left out: longer than the 64 KiB that quarantine keeps" if left else ""),
        data={"rows": rows.height, "path": str(path)},
        is_answer=True,
    )


def exported(rows: pl.DataFrame, form: RawForm) -> bytes:
    """The rows' records, each behind the printed id of its file and its line, in the form of their file."""
    shape = form.written_shape
    separator = shape.separator
    lines = [csv_record((FILE_ID, ROW, *form.names), shape).encode()]
    for file_id, row, raw in rows.select("file_id", "row", "raw").iter_rows():
        place = f"{printed_id(file_id, 'f')}{separator.decode()}{row}".encode()
        lines.append(place + separator + form.written(raw))
    return b"\n".join(lines) + b"\n"


def quarantined_rows(session: Session, snapshot: Snapshot, chosen: Chosen) -> pl.DataFrame:
    """
    The quarantined rows that are meant, by source (in the project's order), file and row.

    Raises:
        UsageError: If a name is not a source of the project, or no file of theirs is called so.
    """
    names = [spec.name for spec in chosen_sources(session.project, chosen.sources)]
    rows = snapshot.scan("quarantine", QUARANTINE)
    if chosen.sources:
        rows = rows.filter(pl.col("source").is_in(names))
    if chosen.rule is not None:
        rows = rows.filter(pl.col("rule") == chosen.rule)
    if chosen.file is not None:
        rows = rows.filter(pl.col("file_id").is_in(_file_ids(session, snapshot, chosen.file)))
    place = pl.col("source").replace_strict(
        {name: i for i, name in enumerate(names)}, default=len(names), return_dtype=pl.Int64
    )
    paths = snapshot.scan("files", FILES).select("file_id", "path")
    ordered = rows.join(paths, on="file_id", how="left").collect()
    return ordered.sort(place, "source", "path", "file_id", "row").drop("path")


def _file_ids(session: Session, snapshot: Snapshot, name: str) -> list[int]:
    """The files of this name or path, as people see it or as the project does."""
    files = snapshot.scan("files", FILES).select("file_id", "path").collect()
    found = [
        file_id for file_id, path in files.iter_rows() if name in (path, session.shown(path), Path(path).name)
    ]
    if not found:
        raise UsageError(f"no file `{name}` was read", hint="`cdptool quarantine list` names the files")
    return found


def _issues(snapshot: Snapshot, chosen: Chosen) -> pl.DataFrame:
    issues = snapshot.scan("issues", ISSUES)
    if chosen.sources:
        issues = issues.filter(pl.col("source").is_in(list(chosen.sources)))
    return issues.select("file_id", "row", "source", "column", "verdict", "reason").collect()


def _with_files(session: Session, snapshot: Snapshot, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `file`: the path as people see it from where they stand."""
    files = snapshot.scan("files", FILES).select("file_id", "path").collect()
    shown = files.select(
        "file_id", file=pl.Series([session.shown(path) for path in files["path"]], dtype=pl.String)
    )
    return rows.join(shown, on="file_id", how="left", maintain_order="left")


def _grouped(rows: pl.DataFrame, by: Sequence[str], row: str) -> tuple[tuple[str | int, ...], ...]:
    """The groups in the order of their first rows within source and file, largest counts first."""
    groups = rows.group_by(*by, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col(row).min()
    )
    places = rows.select("source", "file").unique(maintain_order=True).with_row_index("place")
    ordered = groups.join(places, on=["source", "file"], how="left")
    return tuple(ordered.sort("place", "n", "row", descending=[False, True, False]).drop("place").rows())


def masked(text: str) -> str:
    """
    The shape of a text: letters (and the signs on them) are x, digits 9, and everything else stays.

    >>> masked("Lan Phạm;0912-345 678;lan@example.vn")
    'xxx xxxx;9999-999 999;xxx@xxxxxxx.xx'
    """
    return "".join(_shape(letter) for letter in text)


def _shape(letter: str) -> str:
    kind = unicodedata.category(letter)[0]
    return "x" if kind in "LM" else "9" if kind == "N" else letter


def _printed(raw: bytes, *, show_values: bool) -> str:
    text = raw.decode(errors="replace")
    text = text if show_values else masked(text)
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _one_form(snapshot: Snapshot, rows: pl.DataFrame) -> RawForm:
    """The one form in which all these records are written."""
    if rows.is_empty():
        raise UsageError("no row of these is in quarantine", hint="`cdptool quarantine list` shows what is")
    if rows["source"].n_unique() > 1:
        raise UsageError("the rows are of several sources", hint="name one source")
    files = snapshot.scan("files", FILES).filter(pl.col("file_id").is_in(rows["file_id"].unique().implode()))
    forms = files.select("raw_form").unique().collect()["raw_form"].to_list()
    if None in forms:
        raise UsageError(
            "the rows were read by an older cdptool, which did not keep their columns",
            hint="correct the file itself and ingest it",
        )
    if len(forms) > 1:
        raise UsageError("the files of the rows have different columns", hint="name one file with --file")
    form = RawForm.from_text(forms[0])
    if form.kind in ("json", "log"):
        what = "records of JSON" if form.kind == "json" else "lines of logs"
        raise UsageError(f"{what} are not written as CSV", hint="correct the file itself and ingest it")
    return form


def _write_new(path: Path, body: bytes) -> None:
    """Write a file that is not there yet: its name is taken first, so that no other is ever overwritten."""
    with told_of(path, "cannot be written", hint="choose another place"):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            hint = "choose another name, or remove it"
            raise StoreError("the file exists already", place=Place(str(path)), hint=hint) from None
        try:
            write_whole(path, body, mode=0o600)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
