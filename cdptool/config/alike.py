"""
Sources over the same file: what one says of the file, those that are `like` it need not say again.

What a source makes of the rows is its own: `feeds`, `columns`, `only`, `unpivot`, `deletes` and `expect` are never taken over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cdptool.config.forms import Reading, nearest, refused
from cdptool.config.reader import Entry, Table, Value
from cdptool.config.scalars import text
from cdptool.errors import ConfigError, Finding

_LIKE: Final = "like"
_OWN: Final = ("feeds", "columns", "only", "unpivot", "deletes", "expect")


def alike(value: Value, reading: Reading) -> Value:
    """
    The sources, each `like` another completed with what that one says of their file.

    Raises:
        ConfigError: If there is no such source, or it is itself like another.
    """
    if not isinstance(value, Table):
        return value
    findings: list[Finding] = []
    entries = []
    for entry in value:
        try:
            entries.append(_completed(entry, value, reading))
        except ConfigError as error:
            findings += error.findings
    if findings:
        raise ConfigError(*findings)
    return replace(value, entries=tuple(entries))


def _completed(entry: Entry, sources: Table, reading: Reading) -> Entry:
    own = entry.value
    name = own.get(_LIKE) if isinstance(own, Table) else None
    if name is None or not isinstance(own, Table):
        return entry
    base = sources.get(text(name, reading))
    if not isinstance(base, Table) or base is own:
        others = [each.key.text for each in sources if each is not entry]
        raise refused(
            f"unknown source `{text(name, reading)}`", name.place, nearest(text(name, reading), others)
        )
    if base.get(_LIKE) is not None:
        hint = f"name the source that `{text(name, reading)}` is like"
        raise refused("a source that is like another cannot be the model of a third", name.place, hint)
    taken = [each for each in base if own.get(each.key.text) is None and _is_taken(each.key.text, own)]
    said = [each for each in own if each.key.text != _LIKE]
    return replace(entry, value=replace(own, entries=(*said, *taken)))


def _is_taken(key: str, own: Table) -> bool:
    """Whether a key says something of the file, or of whose rows they are where the source feeds a stream."""
    feeds = own.get("feeds")
    is_stream = isinstance(feeds, Table) and feeds.get("stream") is not None
    return key not in _OWN and (key != "identifiers" or is_stream)
