"""
What can be asked of days that are kept as counts: whole days, and the columns that were kept.

A window that lies wholly in rows that are still there may ask anything. One that reaches into counted days must
take each of them whole; its condition and its column may speak of the columns kept, of days and longer periods,
and of the profile. All else is refused where it stands: the answer would be another than that of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from cdptool.rules.book import find_column
from cdptool.rules.nodes import Aggregate, At, Attribute, Name, Node, children, walk
from cdptool.rules.windows import CALENDAR_UNITS, ONE_MICROSECOND, Bounds, day_start
from cdptool.tables import Signals, StreamSchema

_ORDERED = ("first", "last", "mode")


def takes_whole_days(seen: Bounds, until: datetime, zone: ZoneInfo) -> bool:
    """Whether a window holds each counted day (those before `until`) as a whole or not at all.

    >>> from datetime import UTC
    >>> day, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    >>> takes_whole_days(Bounds(day, until), until, ZoneInfo("UTC"))
    True
    >>> takes_whole_days(Bounds(day + ONE_MICROSECOND, until), until, ZoneInfo("UTC"))
    False
    """
    ends = [] if seen.first is None else [seen.first]
    ends.append(seen.last + ONE_MICROSECOND)
    return all(end >= until or day_start(end.astimezone(zone).date(), zone) == end for end in ends)


def unanswerable(node: Aggregate, stream: StreamSchema) -> str | None:
    """What of an aggregate over counted days cannot be told from them, in words; None where all can."""
    kept = stream.keep or Signals(0)
    where = node.selection.where
    for inner in walk(where) if where else ():
        if isinstance(inner, Aggregate | At):
            return "a look around each row"
    for path in _paths(where) if where else ():
        told = _told(path, stream)
        if told == "sum":
            return f"a condition on `{path[0]}`, of which only sums are kept"
        if told is None:
            return f"a condition on `{path[0]}`"
    if not node.selection.column:
        return None
    name, has_condition = node.selection.column[0], where is not None
    told = _told(node.selection.column, stream)
    function = node.function
    if function in ("exists", "none", "count") and (told is not None or name == "at"):
        return None
    if told is None:
        return f"`{function}` of `{name}`"
    if function == "mode" or (function in _ORDERED and (told != "calendar" or has_condition)):
        return f"`{function}`, which asks for the order within a day"
    if told != "sum" or function == "sum" or (function == "avg" and not has_condition):
        return None
    return f"`{function}` of `{name}`, of which only sums are kept" if name in kept.sums else None


def _told(path: tuple[str, ...], stream: StreamSchema) -> str | None:
    """How much is still known of a name inside a row: `all`, `sum`, `calendar`; None where it is gone."""
    kept = stream.keep or Signals(0)
    name = path[0]
    if find_column(stream.columns, name) is not None:
        if name in kept.by:
            return "all"
        return "sum" if name in kept.sums and len(path) == 1 else None
    if name in CALENDAR_UNITS:
        return "calendar"
    return None if name in ("at", "outer") else "all"  # a field of the profile, or `now`


def _paths(node: Node) -> Iterator[tuple[str, ...]]:
    match node:
        case Name(name=name):
            yield (name,)
        case Attribute(base=base, name=name):
            for path in _paths(base):
                yield (*path, name)
        case _:
            for inner in children(node):
                yield from _paths(inner)
