"""
The exact reader of one CSV record at a time: slow, and the meaning that the fast path must prove it keeps.

A field that begins with the quote runs to the next single quote, which a separator or a line end must follow;
`""` inside is a quote, and so is the declared escape before a quote; a quote within an unquoted field is a
letter like any other. A record whose quotes do not come out right is quarantined *by its first line only*, and
reading goes on at the next line: one open quote costs one row, never the rest of the file. A text of more than
64 KiB between quotes is a field if it does not look like rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

QUOTE_LIMIT = 1 << 16  # an open quote is given up after so many bytes, unless what it holds is one long text
LONG_LIMIT = 4 << 20  # up to here a long text is looked for
RAW_LIMIT = 1 << 16  # a quarantined record is kept up to here


@dataclass(frozen=True, slots=True)
class Shape:
    """What a record must look like: the bytes that separate and quote, and the number of fields."""

    separator: bytes
    quote: bytes  # empty = quotes mean nothing
    n_fields: int
    escape: bytes = b""  # within quotes, before a quote or itself: both stand for the second letter


class Fault(NamedTuple):
    """Why a record is not a row: the rule (a word for counting) and the reason (for people)."""

    rule: str
    reason: str


class Record(NamedTuple):
    """One record: where the next one begins, and its fields, or its fault; a blank line has neither."""

    end: int
    fields: tuple[bytes, ...] | None
    fault: Fault | None


_AFTER_QUOTE = Fault("quote", "text after a closing quote")
_ESCAPED = Fault("quote", 'text after a closing quote, before which stands `\\`: declare escape: "\\\\"')


class NeedMoreError(Exception):
    """The buffer ends inside the record."""


def read_record(buffer: bytes, start: int, shape: Shape, *, is_last: bool) -> Record:
    r"""
    Read the record that begins at `start`.

    Args:
        buffer: Bytes of the file; every line of the file ends with `\n`, also the last one.
        start: Where a record begins.
        shape: Separator, quote and number of fields; 0 fields = any number.
        is_last: Whether the buffer reaches the end of the file.

    Raises:
        NeedMoreError: The record is not complete in the buffer.

    >>> shape = Shape(b",", b'"', 2)
    >>> read_record(b'1,"a ""b"", c"\r\n2,x\n', 0, shape, is_last=True)
    Record(end=16, fields=(b'1', b'a "b", c'), fault=None)
    >>> read_record(b'1,"a" b\n2,x\n', 0, shape, is_last=True).fault
    Fault(rule='quote', reason='text after a closing quote')
    """
    line_end = _line_end(buffer, start, is_last)
    if buffer[start:line_end] in (b"\n", b"\r\n"):
        return Record(line_end, None, None)
    fields: list[bytes] = []
    position = start
    while True:
        if shape.quote and buffer.startswith(shape.quote, position):
            close = _closing_quote(buffer, position + 1, shape, is_last)
            if close < 0:
                return Record(line_end, None, Fault("quote", "unterminated quote"))
            fields.append(_unquoted(buffer[position + 1 : close], shape))
            position = close + 1
            if not buffer.startswith((shape.separator, b"\n", b"\r\n"), position):
                is_escaped = not shape.escape and buffer.startswith(b"\\", close - 1)
                return Record(line_end, None, _ESCAPED if is_escaped else _AFTER_QUOTE)
        else:
            stop = _line_end(buffer, position, is_last) - 1
            after = buffer.find(shape.separator, position, stop)
            if after < 0:
                after = stop - 1 if stop > position and buffer[stop - 1] == 13 else stop
            fields.append(buffer[position:after])
            position = after
        if not buffer.startswith(shape.separator, position):
            break
        position += 1
    end = _line_end(buffer, position, is_last)
    fault = _fault(buffer[start:end], len(fields), shape.n_fields)
    return Record(end, None if fault else tuple(fields), fault)


def kept_raw(record: bytes) -> bytes:
    """A record as it is kept in quarantine: without its line end, cut at 64 KiB."""
    return record[:RAW_LIMIT].rstrip(b"\r\n")


def _line_end(buffer: bytes, position: int, is_last: bool) -> int:
    found = buffer.find(b"\n", position)
    if found >= 0:
        return found + 1
    if is_last:
        return len(buffer)
    raise NeedMoreError


def _closing_quote(buffer: bytes, position: int, shape: Shape, is_last: bool) -> int:
    quote, escape, start = shape.quote, shape.escape, position
    limit = position + LONG_LIMIT
    while True:
        found = buffer.find(quote, position, limit)
        if escape and (escaped := buffer.find(escape, position, found if found >= 0 else limit)) >= 0:
            if not is_last and escaped + 2 >= len(buffer):
                raise NeedMoreError
            stands_for_letter = buffer.startswith((quote, escape), escaped + 1)
            position = escaped + 1 + stands_for_letter
            continue
        if found < 0:
            is_sample = not shape.n_fields and len(buffer) - start > QUOTE_LIMIT
            if limit > len(buffer) and not is_last and not is_sample:
                raise NeedMoreError
            return -1
        if not is_last and found + 2 >= len(buffer):
            raise NeedMoreError
        if not buffer.startswith(quote, found + 1):
            is_long = found - start > QUOTE_LIMIT
            return -1 if is_long and not _is_one_text(buffer, start, found, shape) else found
        position = found + 2


def _is_one_text(buffer: bytes, start: int, close: int, shape: Shape) -> bool:
    """
    Whether much text between two quotes is one field, such as a mail, and not rows between two stray quotes.

    It ends as a field does, and most of its lines have not as many separators as a row.
    """
    if not buffer.startswith((shape.separator, b"\n", b"\r\n"), close + 1):
        return False
    lines = buffer[start : start + QUOTE_LIMIT].split(b"\n")[1:-1]
    n_alike = sum(line.count(shape.separator) == shape.n_fields - 1 for line in lines)
    return not shape.n_fields or 2 * n_alike <= len(lines)


def _unquoted(inside: bytes, shape: Shape) -> bytes:
    """What the letters between two quotes stand for."""
    quote, escape = shape.quote, shape.escape
    if not escape or escape not in inside:
        return inside.replace(quote * 2, quote)
    q, e = re.escape(quote), re.escape(escape)
    return re.sub(b"(?:%b|%b)(%b)|%b(%b)" % (q, e, q, e, e), rb"\1\2", inside)


def _fault(raw: bytes, n_fields: int, expected: int) -> Fault | None:
    if b"\0" in raw:
        return Fault("nul", "NUL byte")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return Fault("encoding", f"not UTF-8 (byte 0x{raw[error.start]:02x})")
    if expected and n_fields != expected:
        return Fault("fields", f"{n_fields} field{'s' * (n_fields != 1)}, expected {expected}")
    return None
