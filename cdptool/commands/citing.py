"""Records and profiles as people cite them, and how what they cite is found: `source:source_key` and `p_…`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import polars as pl

from cdptool.commands.session import Session
from cdptool.errors import UsageError
from cdptool.fields import field_type
from cdptool.ids import id_of
from cdptool.matching.masking import masked
from cdptool.sources import SourceSpec
from cdptool.tables import ALIASES, FILES, IDENTITY, Column
from cdptool.workspace import Snapshot

GONE: Final = "a record that is gone"


class Cited(NamedTuple):
    """A record: its name, the name as a screen may show it, and the file and row of its first version."""

    name: str
    shown: str
    place: str


def cited(
    session: Session, snapshot: Snapshot, records: pl.Series, *, show_values: bool = False
) -> dict[int, Cited]:
    """The names and places of these records, by record id; what left after the last merge is told as gone."""
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
    specs = {spec.name: spec for spec in session.project.sources}
    found = dict.fromkeys(records.to_list(), Cited(GONE, GONE, ""))
    for record, source, key, path, row in frame.iter_rows():
        shown = key if show_values else _shown_of(source, key, columns, specs)
        found[record] = Cited(f"{source}:{key}", f"{source}:{shown}", f"{session.shown(path)}:{row}")
    return found


def _shown_of(source: str, key: str, columns: tuple[Column, ...], specs: Mapping[str, SourceSpec]) -> str:
    """The key as a screen may show it. What a source that is declared no more took it from is not known."""
    spec = specs.get(source)
    return field_type("identifier").mask(key) if spec is None else shown_key(key, columns, spec)


def shown_key(key: str, columns: tuple[Column, ...], spec: SourceSpec | None = None) -> str:
    """
    A key as a screen may show it: what it has of identifiers (`email=…,phone=…`) or of personal columns is masked.

    Args:
        key: What stands behind the name of the source.
        columns: The fields of a profile.
        spec: The source. A number that it gives its customers tells nobody who they are; an address does.

    >>> shown_key("0045", ()), shown_key("email=lan@example.vn", (Column("email", "email"),))
    ('0045', 'email=l•••@e•••.vn')
    """
    types = {column.name: column.type for column in columns}
    parts = [part.partition("=") for part in key.split(",")]
    if all(name in types and sign for name, sign, _ in parts):
        return ",".join(f"{name}={field_type(types[name]).mask(value)}" for name, _, value in parts)
    personal = {
        each.column: kind
        for each in (spec.columns if spec else ())
        if (kind := field_type(each.type)).is_personal and each.type != "identifier"
    }
    if spec is None or personal.keys().isdisjoint(spec.key):
        return key
    cells = key.split("|")
    if len(cells) != len(spec.key):  # a cell holds the sign that parts them
        return field_type("identifier").mask(key)
    named = zip(spec.key, cells, strict=True)
    return "|".join(personal[name].mask(cell) if name in personal else cell for name, cell in named)


def shown_value(kind: str, text: str, *, show_values: bool = False) -> str:
    """
    The value of a profile's field as a screen may show it. Of a date the year: it may be that of a birth.

    >>> shown_value("date", "1990-03-12"), shown_value("email", "lan@example.vn"), shown_value("text", "Huế")
    ('1990••••', 'l•••@e•••.vn', 'Huế')
    """
    if show_values or not text:
        return text
    return masked("birth_date", text) or "" if kind == "date" else field_type(kind).mask(text)


def record_of(snapshot: Snapshot, name: str) -> int:
    """
    The id of a record cited as `source:source_key`.

    Raises:
        UsageError: If it is not in the workspace; the name may be an address, and is not repeated.
    """
    source, _, key = name.partition(":")
    is_it = (pl.col("source") == source) & (pl.col("source_key") == key)
    found = snapshot.scan("records").filter(is_it).select("record_id").head(1).collect()
    if found.is_empty():
        sources = snapshot.scan("files", FILES).select("source").unique().sort("source").collect()["source"]
        hint = f"cite it as source:source_key; the sources are {', '.join(sources)}"
        raise UsageError("no such record in the workspace", hint=hint)
    return int(found["record_id"][0])


def profile_of(snapshot: Snapshot, who: str) -> int:
    """
    The profile of today that an id of any time leads to, or to which a record belongs.

    Raises:
        UsageError: If nothing is merged yet, or there is no such profile or record.
    """
    require_merged(snapshot)
    identity = snapshot.scan("identity", IDENTITY)
    if ":" in who:
        mine = identity.filter(pl.col("record_id") == record_of(snapshot, who)).collect()
        if mine.is_empty():
            problem = "the record came after the last merge, or its source deleted it"
            raise UsageError(problem, hint="run `cdptool merge` first")
        return int(mine["profile_id"][0])
    hint = "write `p_…` as it is printed, or a record as `source:source_key`"
    try:
        old = id_of(who)
    except ValueError:
        raise UsageError("no such profile in the workspace", hint=hint) from None
    now = dict(snapshot.scan("aliases", ALIASES).collect().iter_rows()).get(old, old)
    if identity.filter(pl.col("profile_id") == now).head(1).collect().is_empty():
        raise UsageError("no such profile in the workspace", hint=hint)
    return int(now)


def require_merged(snapshot: Snapshot) -> None:
    """
    Refuse to speak of profiles before there are any.

    Raises:
        UsageError: If nothing is merged yet.
    """
    if not snapshot.has("identity"):
        raise UsageError("nothing is merged yet", hint="run `cdptool merge` first")
