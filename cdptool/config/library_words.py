"""
Parameters of libraries: what kind of thing each is, and the text that stands for it in a project.

A parameter is judged where it is written, so that what is filled in is right as far as it can be told without rules.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cdptool.config.filling import Words, filled, words_in
from cdptool.config.forms import ListOf, Reading, Shape, check_known, is_nothing, refused, wrong
from cdptool.config.names import columns_of
from cdptool.config.project import python_name
from cdptool.config.reader import Scalar, Value
from cdptool.config.scalars import Integer, OneOf, Pattern, boolean, text
from cdptool.rules import parse
from cdptool.rules.windows import parse_length, parse_window

_KINDS: Final = (
    "stream",
    "column",
    "field",
    "name",
    "window",
    "length",
    "number",
    "numbers",
    "text",
    "texts",
    "condition",
)
_NUMBER: Final = re.compile(r"-?[0-9]+(_[0-9]+)*(\.[0-9]+)?\Z")  # as rules have it: 5_000_000
_path: Final = Pattern(
    re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z"),
    "a name, or several joined by dots",
    "such as `category.renewal_days`",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word of a library that means something of the project: what kind of thing, and what it is by default."""

    name: str
    kind: str
    default: Value | None = None
    of: str = ""  # of a column the parameter that is its stream
    types: tuple[str, ...] = ()  # of a column or field the types it may have; none = any
    about: str = ""
    optional: bool = False
    count: int = 0  # how many numbers

    def words(self) -> tuple[str, ...]:
        """The words of the library that it stands for."""
        if self.kind == "numbers":
            return tuple(f"{self.name}_{i}" for i in range(1, self.count + 1))
        return (self.name,)


PARAMETER: Final = Shape(
    "a parameter",
    Parameter,
    {
        "kind": OneOf(_KINDS, "kind"),
        "default": lambda value, _: value,
        "of": text,
        "types": ListOf(text, or_one=True),
        "about": text,
        "optional": boolean,
        "count": Integer(1),
    },
)


def words_of(
    parameter: Parameter, value: Value, words: Words, reading: Reading
) -> dict[str, str | Scalar | None]:
    """
    What stands for a parameter in the expressions of its library.

    Args:
        parameter: The parameter.
        value: What the project writes, or the default.
        words: Those of the parameters before it.
        reading: The names the project declares.

    Returns:
        By word the text that takes its place, None where there is none; of several numbers one word each. A
        condition is told with the place it is written at.

    Raises:
        ConfigError: At the value, where it is of another kind or names nothing.
    """
    name, kind = parameter.name, parameter.kind
    if is_nothing(value) and parameter.optional:
        return {name: None}
    if kind == "numbers":
        return dict(_numbers(parameter, value, reading))
    if kind == "condition":
        return {name: _condition(value, words, reading, is_default=value is parameter.default)}
    if kind == "texts":
        return {name: f"[{', '.join(map(_quoted, ListOf(text, or_one=True, least=1)(value, reading)))}]"}
    return {name: _one_word(parameter, value, words, reading)}


def _one_word(parameter: Parameter, value: Value, words: Words, reading: Reading) -> str:
    match parameter.kind:
        case "number":
            return _number(value, reading)
        case "text":
            return _quoted(text(value, reading))
        case "window" | "length":
            return _window(value, reading, is_length=parameter.kind == "length")
        case "column":
            what = columns_of("stream", str(words.get(parameter.of) or ""))
        case what:
            pass
    if what == "name":
        return _path(value, reading)
    written = python_name(value, reading)
    if what == "stream" and written in reading.types("session"):
        return written
    check_known(what, written, value.place, reading)
    found = reading.types(what).get(written)
    if parameter.types and found and found not in parameter.types:
        expected = " or ".join(f"`{each}`" for each in parameter.types)
        raise refused(
            f"`{written}` has type `{found}`, expected {expected}", value.place, parameter.about or None
        )
    return written


def _condition(value: Value, words: Words, reading: Reading, *, is_default: bool) -> Scalar | None:
    """A condition on the rows of a stream. That of a library falls away with a column it speaks of."""
    written = text(value, reading)
    assert isinstance(value, Scalar)
    if not is_default:
        parse(written, value.text_place)
        return value
    is_void = any(words.get(word, "") is None for word in words_in(written))
    return None if is_void else filled(value, words, {})


def _numbers(parameter: Parameter, value: Value, reading: Reading) -> dict[str, str]:
    """Several numbers, none smaller than the one before; the library speaks of the first as `name_1`."""
    items = ListOf(_number)(value, reading)
    if len(items) != parameter.count:
        raise refused(
            f"expected {parameter.count} numbers, found {len(items)}", value.place, parameter.about or None
        )
    if any(float(left) > float(right) for left, right in pairwise(items)):  # equal ones leave a part empty
        raise refused("the numbers do not rise", value.place, "write the smallest first")
    return {f"{parameter.name}_{i}": item for i, item in enumerate(items, 1)}


def _number(value: Value, _: Reading) -> str:
    if isinstance(value, Scalar) and not value.quoted and _NUMBER.match(value.text):
        return value.text
    raise wrong("a number", value, "write it in digits, such as `20` or `0.25`")


def _quoted(written: str) -> str:
    return json.dumps(written, ensure_ascii=False)


def _window(value: Value, reading: Reading, *, is_length: bool) -> str:
    """`365d`; where it is no length also `month-1`, or a range such as `540d:180d`."""
    first, *rest = text(value, reading).split(":")
    try:
        if is_length:
            parse_length(first)
        else:
            parse_window(first, *rest[:1])
    except ValueError as error:
        raise refused(str(error), value.place) from None
    if len(rest) > (0 if is_length else 1):
        hint = "write one length, such as `30d`" if is_length else "write a range as `540d:180d`"
        raise refused("too many parts", value.place, hint)
    return ":".join(map(_quoted, (first, *rest)))
