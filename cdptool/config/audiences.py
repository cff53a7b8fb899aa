"""
Audiences written where they are used: `to:` of a campaign and `who:` of an export may be conditions.

A condition, or a list of them, becomes a segment of its own (`to_<campaign>`, `who_<export>`) before anything is read. So
it is checked, counted line by line, explained and guarded like every other, under its own lines and columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdptool.config.forms import is_nothing
from cdptool.config.reader import Entry, Scalar, Sequence, Table, Value

# The key of the project, the key of each of its items, and what the name of the segment begins with.
_PLACES: Final = (("campaigns", "to", "to_"), ("exports", "who", "who_"))
_SEGMENTS: Final = "segments"
_NO_WORD: Final = re.compile(r"\W")


def with_audiences(top: Table) -> Table:
    """
    Give conditions that stand in the place of a segment's name a segment of their own.

    Args:
        top: The top-level keys of the project.

    Returns:
        The same keys: `segments` with those made, and their names where the conditions stood.
    """
    made: list[Entry] = []
    entries = {entry.key.text: entry for entry in top}
    for section, key, prefix in _PLACES:
        held = entries.get(section)
        if held is not None and isinstance(held.value, Table):
            items = tuple(_named(item, key, prefix, made) for item in held.value)
            entries[section] = Entry(held.key, Table(items, held.value.place))
    if made:
        entries[_SEGMENTS] = _joined(entries.get(_SEGMENTS), tuple(made))
    return Table(tuple(entries.values()), top.place)


def _named(item: Entry, key: str, prefix: str, made: list[Entry]) -> Entry:
    """A campaign or an export that names its audience; the segment of its conditions is added to `made`."""
    if not isinstance(item.value, Table):
        return item
    name = prefix + _NO_WORD.sub("_", item.key.text)  # names of rules have letters, digits and _ only
    parts = tuple(_parts(item, key, name, made))
    return Entry(item.key, Table(parts, item.value.place))


def _parts(item: Entry, key: str, name: str, made: list[Entry]) -> Iterator[Entry]:
    for part in item.value if isinstance(item.value, Table) else ():
        if part.key.text != key or not _is_condition(part.value):
            yield part
            continue
        place = part.value.text_place if isinstance(part.value, Scalar) else part.value.place
        called = Scalar(name, False, part.value.place, place)
        made.append(Entry(called, part.value))
        yield Entry(part.key, called)


def _is_condition(value: Value) -> bool:
    """Whether it is more than a name: a name that is not known is told as such, with the nearest."""
    if isinstance(value, Scalar):
        return bool(value.text.strip()) and not value.text.strip().isidentifier()
    return isinstance(value, Sequence)


def _joined(own: Entry | None, added: tuple[Entry, ...]) -> Entry:
    if own is None or is_nothing(own.value):
        place = added[0].key.place
        return Entry(Scalar(_SEGMENTS, False, place, place), Table(added, place))
    if not isinstance(own.value, Table):
        return own  # told when it is read
    return Entry(own.key, Table((*own.value.entries, *added), own.value.place))
