"""
The answer of a query as an input of `ingest`: asked for, kept in a file, and where the next one begins.

The watermark of an incremental query is an entry of the log `watermark`, written in the transaction of its rows. It
counts for the same query under the same mapping only: else the query is asked from its start again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cdptool.commands.session import Session
from cdptool.errors import Place
from cdptool.sources import Fetched, InputFile, SourceSpec, fetch, query_name
from cdptool.sources.spec import Query

WATERMARK: Final = "watermark"


def ask(session: Session, spec: SourceSpec, mapping: str, folder: Path) -> tuple[InputFile, Fetched]:
    """
    Ask for the answer of a source's query and keep it in the folder.

    Raises:
        SourceError: The database cannot be reached or refuses.
    """
    assert spec.query is not None
    mark = last_mark(session, spec.name)
    is_same = mark.get("asked") == _asked(spec.query, mapping)
    path = str(folder / f"{spec.name}-answer.parquet")
    fetched = fetch(
        spec.query,
        path,
        root=str(session.project.root),
        environment=os.environ,
        since=str(mark["value"]) if is_same else None,
    )
    name = query_name(spec.name, spec.query)
    return InputFile(path, name, Place(name), known_digest=fetched.digest), fetched


def last_mark(session: Session, source: str) -> Mapping[str, Any]:
    """What the newest watermark of a source says; empty where there is none."""
    entries = [entry for entry in session.workspace.logs(WATERMARK) if entry.key == source]
    return entries[-1].payload if entries else {}


def mark_of(query: Query, mapping: str, fetched: Fetched) -> dict[str, str] | None:
    """What is remembered of an answer; None where the query does not go on from anywhere."""
    if query.incremental is None or fetched.newest is None:
        return None
    return {
        "asked": _asked(query, mapping),
        "column": query.incremental.column,
        "value": fetched.newest,
    }


def _asked(query: Query, mapping: str) -> str:
    """The digest of everything that a watermark depends on."""
    parts = (query.database, query.sql, query.incremental, mapping)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
