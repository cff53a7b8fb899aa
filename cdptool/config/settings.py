"""
Which value counts, and where it came from: flag over environment over file over default, in `settle` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cdptool.config.forms import Default, nearest
from cdptool.config.model import Setting
from cdptool.config.reader import Entry, Scalar, Sequence, Table, Value
from cdptool.errors import ConfigError, Finding, Place

# What a flag or the environment may set; the variable of `tz` is CDPTOOL_TZ.
SETTINGS: Final = ("name", "tz", "week_starts", "currency", "region", "workspace", "out")


def settle(top: Table, overrides: Mapping[str, str], env: Mapping[str, str]) -> Table:
    """
    Put what flags and the environment say in the place of what the files say.

    Args:
        top: The top-level keys of the files.
        overrides: Flags, by the name of the setting.
        env: The environment. An empty variable counts as not set.

    Returns:
        The same keys; a value from elsewhere has `flag` or `environment CDPTOOL_X` as its place.

    Raises:
        ConfigError: For a flag that sets nothing.
    """
    unknown = [name for name in overrides if name not in SETTINGS]
    if unknown:
        raise ConfigError(
            *(
                Finding(f"unknown setting `{name}`", Place("flag"), nearest(name, SETTINGS))
                for name in unknown
            )
        )
    entries = {entry.key.text: entry for entry in top}
    for name in SETTINGS:
        variable = f"CDPTOOL_{name.upper()}"
        for text, origin in ((overrides.get(name), "flag"), (env.get(variable), f"environment {variable}")):
            if text:
                entries[name] = _entry(name, text, Place(origin))
                break
    return Table(tuple(entries.values()), top.place)


def _entry(name: str, text: str, place: Place) -> Entry:
    return Entry(Scalar(name, True, place, place), Scalar(text, True, place, place))


def settings_of(top: Table, defaults: Iterable[Default], order: tuple[str, ...]) -> tuple[Setting, ...]:
    """
    Every setting: what was written, then the defaults that say something, by top-level key in `order`.

    Args:
        top: The settled top-level keys.
        defaults: What was noted while reading.
        order: The top-level keys in the order of the files.
    """
    written = [setting for entry in top for setting in _leaves((entry.key.text,), entry.value)]
    last: dict[str, int] = {}  # where the last written setting inside each mapping stands
    for position, setting in enumerate(written):
        parts = setting.name.split(".")
        last.update({".".join(parts[:depth]): position for depth in range(len(parts))})
    shown = {default.name: default_text(default.value) for default in defaults}
    taken = [Setting(name, text, "default") for name, text in shown.items() if text is not None]
    placed = [(position, setting) for position, setting in enumerate(written)]
    placed += [(last.get(setting.name.rpartition(".")[0], len(written)), setting) for setting in taken]
    ranked = sorted(placed, key=lambda each: (order.index(each[1].name.partition(".")[0]), each[0]))
    return tuple(setting for _, setting in ranked)


def _leaves(path: tuple[str, ...], value: Value) -> Iterator[Setting]:
    name = ".".join(path)
    match value:
        case Scalar(text=text, place=place):
            yield Setting(name, _on_one_line(text), str(place))
        case Sequence(items=items, place=place) if all(isinstance(item, Scalar) for item in items):
            texts = ", ".join(item.text for item in items if isinstance(item, Scalar))
            yield Setting(name, _on_one_line(f"[{texts}]"), str(place))
        case Sequence(items=items):
            for i, item in enumerate(items):
                yield from _leaves((*path, str(i)), item)
        case Table(entries=entries, place=place):
            if not entries:
                yield Setting(name, "{}", str(place))
            for entry in entries:
                yield from _leaves((*path, entry.key.text), entry.value)


def _on_one_line(text: str) -> str:
    """Tabs and line ends as escapes, so that a setting is one line of one table cell."""
    return text.strip("\n").replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")


def default_text(value: object) -> str | None:
    """A default as it would be written; None for those that only say that there is nothing.

    >>> default_text(True), default_text(("sent", "opened")), default_text(None)
    ('true', '[sent, opened]', None)
    """
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(str(item) for item in value)}]"
    return str(value) if isinstance(value, str | int | float) or hasattr(value, "__fspath__") else None
