"""
The forms of single values: texts, numbers, lengths of time, shares, names of things declared elsewhere.

Each takes a scalar of the tree and gives what it means, or refuses it with place, expected and found kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cdptool.config.forms import Reading, check_known, nearest, refused, wrong
from cdptool.config.reader import Scalar, Value

_DURATION: Final = re.compile(r"([1-9][0-9]*)([smhdw])\Z")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PERCENT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%\Z")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")
_DATE: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")
_SAFE: Final = re.compile(r"\w[\w.-]*\Z")


def text(value: Value, _: Reading) -> str:
    """A text; a plain number counts as the text that was written."""
    if isinstance(value, Scalar) and value.kind in ("text", "a number") and value.text.strip():
        return value.text
    raise wrong("a text", value, "put quotes around it" if value.kind == "true or false" else None)


def constant(value: Value, _: Reading) -> str:
    """Any one value, as written."""
    if isinstance(value, Scalar) and value.value is not None:
        return value.text
    raise wrong("one value", value)


def one_sign(value: Value, _: Reading) -> str:
    """One character, such as a delimiter."""
    if not isinstance(value, Scalar) or len(value.text) != 1:
        raise refused(
            "expected one character", value.place, 'write it in double quotes, such as ";" or "\\t"'
        )
    return value.text


def boolean(value: Value, _: Reading) -> bool:
    """Only `true` and `false`."""
    if isinstance(value, Scalar) and isinstance(value.value, bool):
        return value.value
    raise wrong("true or false", value, "write `true` or `false`")


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number within bounds."""

    least: int = 0
    most: int | None = None

    def __call__(self, value: Value, _: Reading) -> int:
        number = value.value if isinstance(value, Scalar) else None
        if isinstance(number, bool) or not isinstance(number, int):
            raise wrong("a whole number", value)
        if number < self.least or (self.most is not None and number > self.most):
            upper = "" if self.most is None else f" and <= {self.most}"
            raise refused(
                f"expected a whole number >= {self.least}{upper}", value.place, "write one of these"
            )
        return number


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text that looks in a certain way."""

    pattern: re.Pattern[str]
    expected: str
    hint: str | None = None

    def __call__(self, value: Value, reading: Reading) -> str:
        written = text(value, reading)
        if not self.pattern.match(written):
            raise refused(f"expected {self.expected}", value.place, self.hint)
        return written


time_of_day: Final = Pattern(_TIME, "a time of day", 'write it as `"22:00"`')
date_text: Final = Pattern(_DATE, "a date", "write it as `2026-11-20`")
safe_name: Final = Pattern(
    _SAFE, "a name of letters, digits, `_`, `-` and `.`", "it becomes part of file names"
)


def duration(value: Value, _: Reading) -> int:
    """A length of time such as `6h`, in seconds.

    >>> from cdptool.errors import Place
    >>> here = Place("a.yaml", 1, 1)
    >>> duration(Scalar("7d", False, here, here), Reading())
    604800
    """
    found = _DURATION.match(value.text) if isinstance(value, Scalar) else None
    if not found:
        raise wrong("a length of time", value, "write it as `30m`, `6h`, `7d` or `2w`")
    return int(found[1]) * _SECONDS[found[2]]


def line_count(value: Value, _: Reading) -> int:
    """How many lines: a whole number, 0 or more."""
    number = value.value if isinstance(value, Scalar) else None
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    raise wrong("a number of lines", value, "write a whole number such as `3`")


def ratio(value: Value, _: Reading) -> float:
    """A share: `2%`, or the number `0.02`."""
    if isinstance(value, Scalar):
        if found := _PERCENT.match(value.text):
            return float(Decimal(found[1]) / 100)
        if isinstance(value.value, int | Decimal) and not isinstance(value.value, bool):
            if value.value < 0:
                raise refused("expected a share of at least 0", value.place, "write it as `2%` or `0.02`")
            return float(value.value)
    raise wrong("a share", value, "write it as `2%` or `0.02`")


def share(value: Value, reading: Reading) -> float:
    """A share of a whole: between 0 and 100 %."""
    found = ratio(value, reading)
    if found > 1:
        raise refused("expected a share of at most 100%", value.place, "write it as `2%` or `0.02`")
    return found


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]
    what: str = "value"

    def __call__(self, value: Value, reading: Reading) -> str:
        written = text(value, reading)
        if written not in self.words:
            raise refused(f"unknown {self.what} `{written}`", value.place, nearest(written, self.words))
        return written


@dataclass(frozen=True, slots=True)
class Known:
    """The name of something that the project declares elsewhere: a `field`, a `segment`, …"""

    what: str

    def __call__(self, value: Value, reading: Reading) -> str:
        written = text(value, reading)
        check_known(self.what, written, value.place, reading)
        return written
