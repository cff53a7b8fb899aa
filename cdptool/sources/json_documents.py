"""
The records of a JSON document as a stream: an array of objects, or an object that holds one such array.

Only as much of the document is in memory as its largest element needs; what stands beside the array is read
over, and the document is followed to its end, so that a cut one is known for what it is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Final

from cdptool.errors import Place, SourceError
from cdptool.sources.json_blocks import REPEATED, JsonItem, item_of
from cdptool.sources.json_values import LENIENT, STRICT, Json, Number, RepeatedKeyError
from cdptool.sources.window import Chunk

_LONGEST_VALUE: Final = 64 << 20
_LONGEST_TOKEN: Final = 64  # a broken value this far before the end of what is held is no cut one
_SPACE: Final = re.compile(r"[ \t\r\n]*")


class JsonDocument:
    """
    A document being read.

    `records` are the keys that lead to the array of records; None = the document's own array, or the only
    array of objects among its top-level values.
    """

    def __init__(self, chunks: Iterator[Chunk], records: str | None, place: Place) -> None:
        self._chunks = chunks
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text, self._at = "", 0
        self._is_last = False
        self._n_lines_left = 0
        self._steps = tuple(records.split(".")) if records else None
        self._array_of: str | None = None
        self._has_empty_array = False
        self._place = place

    def items(self) -> Iterator[JsonItem]:
        """
        The records, numbered from 1.

        Raises:
            SourceError: No JSON, truncated, or without one array of records.
        """
        sign = self._peek()
        if sign == "[" and self._steps is None:
            self._at += 1
            yield from self._elements()
        elif sign == "{":
            yield from self._members(self._steps)
            if self._array_of is None and not (self._steps is None and self._has_empty_array):
                raise self._no_array()
        else:
            raise self._no_array() if sign == "[" else self._broken(self._at)
        if self._peek():
            raise SourceError(
                "there is text after the end of the JSON document",
                place=self._here(self._at),
                hint="declare `format: ndjson` in the source's dialect if every line is an object",
            )

    def _elements(self) -> Iterator[JsonItem]:
        """The elements of an array whose bracket is behind."""
        if self._peek() == "]":
            self._at += 1
            return
        number = 0
        while True:
            number += 1
            self._peek()
            yield self._element(number)
            sign = self._peek()
            self._at += 1
            if sign == "]":
                return
            if sign != ",":
                raise self._broken(self._at - 1)

    def _element(self, number: int) -> JsonItem:
        try:
            value, text = self._value(STRICT)
        except RepeatedKeyError:
            return JsonItem(number, self._value(LENIENT)[1], None, REPEATED)
        return item_of(number, text, value)

    def _members(self, steps: tuple[str, ...] | None) -> Iterator[JsonItem]:
        """The records among the members of an object at whose brace the reader stands."""
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            if self._peek() != '"':
                raise self._broken(self._at)
            key = str(self._value(LENIENT)[0])
            if self._peek() != ":":
                raise self._broken(self._at)
            self._at += 1
            yield from self._member(key, steps)
            sign = self._peek()
            self._at += 1
            if sign == "}":
                return
            if sign != ",":
                raise self._broken(self._at - 1)

    def _member(self, key: str, steps: tuple[str, ...] | None) -> Iterator[JsonItem]:
        sign = self._peek()
        is_on_the_way = steps is not None and key == steps[0]
        if sign == "{" and steps and is_on_the_way and len(steps) > 1:
            yield from self._members(steps[1:])
        elif sign == "[":
            self._at += 1
            inner = self._peek()
            self._has_empty_array |= inner == "]"
            if (steps is None and inner == "{") or (steps and is_on_the_way and len(steps) == 1):
                self._take_for_records(key)
                yield from self._elements()
            else:
                for _ in self._elements():
                    pass
        else:
            self._value(LENIENT)

    def _take_for_records(self, key: str) -> None:
        if self._array_of is not None:
            raise SourceError(
                "the document holds several arrays of records",
                place=self._here(self._at),
                hint=f"declare which in the source's dialect: `records: {self._array_of}` or `records: {key}`",
            )
        self._array_of = key

    def _value(self, decoder: JSONDecoder) -> tuple[Json, str]:
        """The value that begins here, and its text; leaves it behind."""
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self._at)
            except JSONDecodeError as error:
                if self._may_be_cut(error) and self._fill():
                    continue
                raise self._broken(error.pos, is_cut=self._may_be_cut(error)) from None
            except RecursionError:
                raise SourceError(
                    "a value is nested too deeply", place=self._here(self._at), hint="export it flatter"
                ) from None
            if end == len(self._text) and isinstance(value, Number) and self._fill():
                continue  # its next digits may not have been read
            text = self._text[self._at : end]
            self._at = end
            return value, text

    def _may_be_cut(self, error: JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated string") or error.pos + _LONGEST_TOKEN > len(self._text)

    def _peek(self) -> str:
        """The next sign that is no whitespace; empty at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _fill(self) -> bool:
        """Hold more of the text; False at its end."""
        if self._is_last:
            return False
        if len(self._text) - self._at > _LONGEST_VALUE:
            raise SourceError(
                "a value is longer than 64 MiB",
                place=self._here(self._at),
                hint="is it the array of records? declare `records` in the source's dialect",
            )
        self._n_lines_left += self._text.count("\n", 0, self._at)
        parts, size = [self._text[self._at :]], 0
        while size <= len(parts[0]):  # twice as much each time: a long value is not read over and over
            chunk = next(self._chunks, None)
            if chunk is None:
                self._is_last = True
                parts.append(self._decoder.decode(b"", final=True))
                break
            parts.append(self._decoder.decode(bytes(chunk)))
            size += len(parts[-1])
        self._text, self._at = "".join(parts), 0
        return True

    def _here(self, position: int) -> Place:
        return Place(self._place.file, 1 + self._n_lines_left + self._text.count("\n", 0, position))

    def _broken(self, position: int, *, is_cut: bool = False) -> SourceError:
        if position >= len(self._text) or (is_cut and self._is_last):
            return SourceError(
                "the file is truncated: the JSON document breaks off",
                place=self._here(position),
                hint="export or copy it again",
            )
        return SourceError("not valid JSON", place=self._here(position), hint="export it again")

    def _no_array(self) -> SourceError:
        told = f" at `{'.'.join(self._steps)}`" if self._steps else ""
        return SourceError(
            f"the JSON document has no array of records{told}",
            place=self._place,
            hint="declare the keys that lead to it in the source's dialect, such as `records: data.items`",
        )
