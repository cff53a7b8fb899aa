"""
What a JSON value says as text: numbers as written, nested fields by path, a whole list or object as its JSON.

A number never becomes a float: 19 digits, `1e5` and `0.10` stay the letters they are. An object that says one
key twice has no one meaning and is no row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any  # what `json` makes of a text, numbers as Number

_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class Absent:
    """There is nothing at a path: no such key."""


ABSENT: Final = Absent()


class Number(str):
    """A number as it was written."""

    __slots__ = ()


class RepeatedKeyError(ValueError):
    """An object says the same key twice."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RepeatedKeyError
    return found


STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=Number
)
LENIENT: Final = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A column: its name, and the keys (text) and places in lists (int) that lead to it; none = not a path."""

    name: str
    steps: tuple[str | int, ...]

    def value_in(self, row: dict[str, Json]) -> Json:
        """
        What stands there: a key of exactly this name wins over the way through the object.

        Returns:
            The value; ABSENT without such a key; None where a list on the way is too short, or lacks the key.

        >>> path_of("lines[0].sku").value_in({"lines": [{"sku": "A"}]})
        'A'
        >>> path_of("customer.email").value_in({"customer.email": "x", "customer": {"email": "y"}})
        'x'
        """
        if self.name in row:
            return row[self.name]
        value: Json = row
        nothing: Json = ABSENT
        for step in self.steps:
            if isinstance(step, int):
                if not isinstance(value, list):
                    return nothing
                nothing = None  # there is such a list: what it holds differs from row to row
                if step >= len(value):
                    return None
                value = value[step]
            elif isinstance(value, dict) and step in value:
                value = value[step]
            else:
                return nothing
        return value if self.steps else ABSENT


def path_of(name: str) -> JsonPath:
    """
    The path that a column's name spells.

    >>> path_of("lines[0].sku").steps
    ('lines', 0, 'sku')
    """
    found = list(_STEP.finditer(name))
    is_path = "".join(match.group() for match in found) == name and not name.startswith((".", "["))
    steps = tuple(match[1] if match[1] is not None else int(match[2]) for match in found)
    return JsonPath(name, steps if is_path else ())


def text_of(value: Json) -> str | None:
    """
    A value as the text of a cell.

    >>> [text_of(STRICT.decode(text)) for text in ('"007"', "0.10", "true", "null", '[1.50, {"a": "é"}]')]
    ['007', '0.10', 'true', None, '[1.50,{"a":"é"}]']
    """
    if value is None or value is ABSENT:
        return None
    return value if isinstance(value, str) else _json_text(value)


def _json_text(value: Json) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json_text(key)}:{_json_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json_text(each) for each in value) + "]"
    return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def leaf_paths(rows: Sequence[dict[str, Json]]) -> tuple[str, ...]:
    """
    The columns that rows have: every path to a value or a list, in the order of their first appearance.

    >>> leaf_paths([{"id": "1", "customer": {"email": None}}, {"tags": []}])
    ('id', 'customer.email', 'tags')
    """
    found = dict.fromkeys(name for row in rows for name in _leaves(row, ""))
    # What is null in one row and an object in another is the object.
    inner = {name[:i] for name in found for i, sign in enumerate(name) if sign == "."}
    return tuple(name for name in found if name not in inner)


def _leaves(value: dict[str, Json], prefix: str) -> Iterator[str]:
    for key, each in value.items():
        if isinstance(each, dict) and each:
            yield from _leaves(each, f"{prefix}{key}.")
        else:
            yield prefix + key
