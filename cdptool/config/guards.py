"""The key `guard` of rules.yaml: how far the size of a segment may move before its exports are stopped."""

from __future__ import annotations

from typing import Final

from cdptool.config.forms import Into, MapOf, Reading, Shape, check_known
from cdptool.config.reader import Entry, Scalar, Value
from cdptool.config.scalars import Integer, ratio, text
from cdptool.profiles.guards import EVERY, Guard

_GUARD: Final = Shape(
    "a guard", Guard, {"change": Into(ratio, ("change_ratio",)), "people": Integer()}, name_into="segment"
)


def _guarded(value: Value, reading: Reading) -> str:
    """The name of a segment, or `all`."""
    name = text(value, reading)
    if name != EVERY:
        check_known("segment", name, value.place, reading)
    return name


def _guard(entry: Entry, reading: Reading) -> Guard:
    """`{change: 50%, people: 100}`, or `off`."""
    if isinstance(entry.value, Scalar) and entry.value.text == "off":
        return Guard(entry.key.text, is_off=True, place=entry.key.place)
    return _GUARD.named(entry, reading)


GUARD_KEYS: Final = {"guard": Into(MapOf(_guard, _guarded), ("guards",))}
