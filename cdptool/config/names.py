"""
The names a project declares, gathered from the trees before anything is read.

So a reference can be judged, and its nearest real name shown, even while the thing it refers to has an
error of its own. Where a file could not be read at all, its kinds of names are left out, and references to
them are not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from cdptool.config.reader import Scalar, Table, Value
from cdptool.identity.spec import HOUSEHOLD_FIELDS
from cdptool.web.spec import COLUMNS as SESSION_COLUMNS

Names = Mapping[str, Mapping[str, str]]  # kind of thing → its names → the type where it has one

OWN_COLUMNS: Final = "own columns"  # the type of a destination whose file has columns of its own
WHO: Final = "segment or list"
BUILT_IN_LISTS: Final = ("unsubscribed", "bounced", "capped")
_PROFILE_COLUMNS: Final = ("profile_id", "is_known", "given_name", "family_name", "birth_year")
_HOUSEHOLD: Final = tuple(column.name for column in HOUSEHOLD_FIELDS)

# Which kinds of names stand under which top-level key.
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("field", "fields"),
    ("stream", "streams"),
    ("session", "sessions"),
    ("table", "tables"),
    ("source", "sources"),
    ("key", "keys"),
    ("trait", "traits"),
    ("segment", "segments"),
    ("split", "splits"),
    ("channel", "channels"),
)


def columns_of(kind: str, name: str) -> str:
    """What the columns of a stream or table are called in messages, and the kind they are gathered under."""
    return f"column of {kind} `{name}`"


def gather_names(top: Table, destinations: Mapping[str, str], unreadable: Collection[str] = ()) -> Names:
    """
    Gather every declared name.

    Args:
        top: All top-level keys of the project.
        destinations: Ids of the destinations that exist, each with `OWN_COLUMNS` or nothing.
        unreadable: Top-level keys whose file could not be read: what they hold is not known.

    Returns:
        For each kind of thing its names. A field and a column carry their type, a table that of its key.
    """
    names: dict[str, dict[str, str]] = {
        kind: {name: _written_type(value) for name, value in _pairs(top.get(key))}
        for kind, key in _KINDS
        if key not in unreadable
    }
    for name, value in _pairs(top.get("tables")):
        names["table"][name] = _key_type(value)
    if "source" in names:
        names["source"] = {name: _feeds(value) for name, value in _pairs(top.get("sources"))}
    for kind, key in (("stream", "streams"), ("table", "tables")):
        for name, value in _pairs(top.get(key)):
            columns = value.get("columns") if isinstance(value, Table) else None
            if isinstance(columns, Table):
                tables = names.get("table", {})
                names[columns_of(kind, name)] = {
                    column: _column_type(written, tables) for column, written in _pairs(columns)
                }
    for name, _ in _pairs(top.get("sessions")):
        names[columns_of("stream", name)] = dict(SESSION_COLUMNS)
    names["destination"] = dict(destinations)
    if not {"fields", "keys", "traits", "segments", "splits"} & set(unreadable):
        names[WHO] = {**names["segment"], **dict.fromkeys(BUILT_IN_LISTS, "")}
        lists = {f"{name}s": "text" for name in (*names["key"], *_listed(top))}
        names["list"] = lists
        fixed = dict.fromkeys((*_PROFILE_COLUMNS, *(_HOUSEHOLD if top.get("households") else ())), "")
        names["column"] = {**fixed, **names["field"], **lists, **names["trait"], **names["segment"]}
        names["column"] |= names["split"]
    return names


def _listed(top: Table) -> list[str]:
    """The fields of which a profile keeps all values (`keep: {city: {all: true}}`)."""
    return [
        name
        for name, rule in _pairs(top.get("keep"))
        if isinstance(rule, Table) and _written_type(rule.get("all")) == "true"
    ]


def _pairs(value: Value | None) -> list[tuple[str, Value]]:
    return [(entry.key.text, entry.value) for entry in value] if isinstance(value, Table) else []


def _written_type(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""


def _feeds(source: Value) -> str:
    """`records`, or `events` for a source of a stream or table; nothing where it is `like` another."""
    written = source.get("feeds") if isinstance(source, Table) else None
    return "events" if isinstance(written, Table) else _written_type(written)


def _key_type(table: Value) -> str:
    """The type of a table's key column; `identifier` where it cannot be told."""
    key, columns = (table.get("key"), table.get("columns")) if isinstance(table, Table) else (None, None)
    column = columns.get(key.text) if isinstance(columns, Table) and isinstance(key, Scalar) else None
    return _written_type(column) or "identifier"


def _column_type(written: Value, tables: Mapping[str, str]) -> str:
    if not isinstance(written, Table):
        return _written_type(written)
    reference = written.get("ref")
    return _written_type(written.get("type")) or tables.get(_written_type(reference), "identifier")
