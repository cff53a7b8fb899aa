"""Records as people cite them: `source:source_key`, and the file and row they were read from."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cdptool.commands.session import Session
from cdptool.fields import field_type
from cdptool.tables import FILES, Column
from cdptool.workspace import Snapshot


class Cited(NamedTuple):
    """A record: its name, the name as a screen may show it, and the file and row of its first version."""

    name: str
    shown: str
    place: str


def cited(
    session: Session, snapshot: Snapshot, records: pl.Series, *, show_values: bool = False
) -> dict[int, Cited]:
    """The names and places of these records, by record id."""
    files = snapshot.scan("files", FILES).select("file_id", "path")
    frame = (
        snapshot.scan("records")
        .filter(pl.col("record_id").is_in(records.implode()))
        .join(files, on="file_id", how="left")
        .sort("record_id", "path", "row")
        .unique("record_id", keep="first", maintain_order=True)
        .select("record_id", "source", "source_key", "path", "row")
        .collect()
    )
    columns = session.project.fields
    return {
        record: Cited(
            f"{source}:{key}",
            f"{source}:{key if show_values else shown_key(key, columns)}",
            f"{session.shown(path)}:{row}",
        )
        for record, source, key, path, row in frame.iter_rows()
    }


def shown_key(key: str, columns: tuple[Column, ...]) -> str:
    """
    A key as a screen may show it: one made of identifiers (`email=…,phone=…`) holds values, which are masked.

    >>> shown_key("0045", ()), shown_key("email=lan@example.vn", (Column("email", "email"),))
    ('0045', 'email=l•••@e•••.vn')
    """
    types = {column.name: column.type for column in columns}
    parts = [part.partition("=") for part in key.split(",")]
    if not all(name in types and sign for name, sign, _ in parts):
        return key
    return ",".join(f"{name}={field_type(types[name]).mask(value)}" for name, _, value in parts)
