"""
Where each character of a YAML text stands in its file, whatever the style it is written in.

Folding joins lines and block texts lose their indentation, but all of them keep what is not blank, in order. So the
n-th such character of a text is the n-th of its source; only quotes and escapes have to be read again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Final

from cdptool.errors import Place

_BLANKS: Final = " \t\r\n"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_HEX_DIGITS: Final = {"x": 2, "u": 4, "U": 8}
_BLANK_ESCAPES: Final = "tnr \t\n"  # those that stand for a blank, or for no character at all


@dataclass(frozen=True, slots=True)
class Lines:
    """The text of a file, cut into the lines that people see."""

    text: str
    file: str
    starts: tuple[int, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, text: str, file: str) -> Lines:
        return cls(text, file, (0, *(found.end() for found in _LINE_END.finditer(text))))

    def place(self, index: int) -> Place:
        """The place of one character of the file, with its line as it is written."""
        number = bisect_right(self.starts, index) - 1
        start = self.starts[number]
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return Place(self.file, number + 1, index - start + 1, shown=self.text[start:end].rstrip("\r\n"))


@dataclass(slots=True)
class TextPlaces:
    """One text of a file: `style` is that of PyYAML, `first` and `end` are where its source begins and ends."""

    lines: Lines
    value: str
    style: str | None
    first: int
    end: int
    _indexes: list[int] | None = None

    def place(self, offset: int) -> Place:
        """The place of a character of the value; a blank stands as far behind what is before it as in the value."""
        if self._indexes is None:
            self._indexes = self._solid()
        before = sum(sign not in _BLANKS for sign in self.value[:offset])
        indexes = self._indexes
        if offset < len(self.value) and self.value[offset] not in _BLANKS and before < len(indexes):
            return self.lines.place(indexes[before])
        if not before or not indexes:
            return self.lines.place(indexes[0] if indexes else self.first)
        head = self.value[:offset]
        behind = len(head) - len(head.rstrip(_BLANKS))
        last = self.lines.place(indexes[min(before, len(indexes)) - 1])
        column = (last.column or 1) + 1 + behind
        return replace(last, column=min(column, len(last.shown or "") + 1))

    def _solid(self) -> list[int]:
        """Where the characters of the value stand that are no blanks."""
        text, index = self.lines.text, self.first
        if self.style in ("|", ">"):
            while index < self.end and text[index] not in "\r\n":
                index += 1  # the line of the `|`, with its signs and its comment
        elif self.style in ("'", '"'):
            index += 1
        found = []
        while index < self.end:
            sign, length, is_solid = text[index], 1, text[index] not in _BLANKS
            if self.style == '"' and sign == "\\":
                length, is_solid = _escape(text, index)
            elif self.style == "'" and sign == "'":
                length = 2
            if is_solid:
                found.append(index)
            index += length
        return found


def _escape(text: str, index: int) -> tuple[int, bool]:
    """How long an escape is, and whether it stands for something that is no blank."""
    sign = text[index + 1 : index + 2]
    digits = _HEX_DIGITS.get(sign, 0)
    if digits:
        code = int(text[index + 2 : index + 2 + digits], 16)
        return 2 + digits, chr(code) not in _BLANKS
    return 2, sign not in _BLANK_ESCAPES and sign != "\r"
