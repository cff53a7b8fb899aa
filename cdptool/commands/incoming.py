"""What of a source is there to be read: its files or the answer of its query, without what was read before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cdptool.commands.asking import WATERMARK, ask, last_mark, mark_of
from cdptool.commands.fetching import REMOTE, fetch_files
from cdptool.commands.session import Session
from cdptool.errors import Finding
from cdptool.sources import InputFile, SourceSpec, inputs_of
from cdptool.tables import FILES
from cdptool.workspace import Snapshot


@dataclass(frozen=True, slots=True)
class Folder:
    """Where files are staged, and the one there that holds what was piped in."""

    staging: Path
    spooled: str | None


def read_before(snapshot: Snapshot, spec: SourceSpec, mapping: str) -> set[str]:
    """The digests of the files that were read before under this mapping."""
    files = snapshot.scan("files", FILES)
    read = files.filter((pl.col("source") == spec.name) & (pl.col("mapping") == mapping))
    return set(read.select("digest").collect()["digest"])


@dataclass(frozen=True, slots=True)
class Found:
    """The inputs of a source, and what is to be remembered with their rows: entries of logs, by kind and key."""

    inputs: tuple[InputFile, ...]
    memories: tuple[tuple[str, str, dict[str, Any]], ...] = ()


def found_inputs(
    session: Session, spec: SourceSpec, mapping: str, folder: Folder, *, is_again: bool
) -> Found:
    """
    What a source has to be read: its files, remote ones fetched, or the answer of its query.

    `is_again`: what was read before is asked for once more.
    """
    if spec.query is not None:
        return _answer(session, spec, mapping, folder, is_again=is_again)
    done = set() if is_again else read_before(session.snapshot(), spec, mapping)
    fetched, memories = fetch_files(session, spec, folder.staging, done)
    inputs = inputs_of(spec, str(session.project.root), folder.spooled, named=session.shown)
    return Found((*inputs, *fetched), tuple((REMOTE, one.address, one.payload) for one in memories))


def _answer(session: Session, spec: SourceSpec, mapping: str, folder: Folder, *, is_again: bool) -> Found:
    """The answer of the query, and where it goes on from the next time."""
    assert spec.query is not None
    if is_again and spec.query.incremental is not None:
        return Found(())  # what it answers now is not what it answered then
    file, fetched = ask(session, spec, mapping, folder.staging)
    mark = mark_of(spec.query, mapping, fetched)
    is_empty = spec.query.incremental is not None and not fetched.n_rows
    is_new = mark is not None and mark != last_mark(session, spec.name)
    return Found(() if is_empty else (file,), ((WATERMARK, spec.name, mark),) if mark and is_new else ())


def fresh_inputs(inputs: tuple[InputFile, ...], done: set[str]) -> dict[str, InputFile]:
    """Digest → file to read; of several with the same bytes the first, as if they had come in turn."""
    found: dict[str, InputFile] = {}
    for file in inputs:
        digest = file.digest()
        if digest not in done and file.end != 0:
            found.setdefault(digest, file)
    return found


def outdated_files(
    snapshot: Snapshot, spec: SourceSpec, fresh: dict[str, InputFile], mapping: str | None
) -> tuple[int, ...]:
    """
    The ids of the files that are read again because their mapping changed.

    The answer of a query to a new mapping (the one given) stands for all that it answered under older ones:
    it was asked from its start.
    """
    is_mine = pl.col("source") == spec.name
    is_again = pl.col("digest").is_in(list(fresh))
    if spec.query is not None and fresh and mapping is not None:
        is_again |= pl.col("mapping") != mapping
    again = snapshot.scan("files", FILES).filter(is_mine & is_again)
    return tuple(again.select("file_id").collect()["file_id"])


def fewer_than_before(
    snapshot: Snapshot, spec: SourceSpec, outdated: tuple[int, ...], n_accepted: int
) -> tuple[Finding, ...]:
    """Tell of rows that were taken back with the older answers of a query and are not in its answer of today."""
    if spec.query is None or not outdated:
        return ()
    files = snapshot.scan("files", FILES).filter(pl.col("file_id").is_in(list(outdated)))
    n_before = int(files.select(pl.col("rows_accepted").sum()).collect().item())
    if n_accepted >= n_before:
        return ()
    problem = (
        f"`{spec.name}` was asked from its start for the new mapping: {n_accepted:,} rows in the place of the"
        f" {n_before:,} that it had answered before"
    )
    hint = "rows that the database no longer has, or no longer as they were, are gone from the workspace"
    return (Finding(problem, spec.query.place, hint, "warning"),)
