"""Slow, obvious versions of what the CSV reader must do, written without its code."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Read:
    """What a text holds: (line, fields) of good rows, (line, rule) of bad ones, and the number of blank lines."""

    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    blank: int = 0


def read_text(text: bytes, separator: bytes, n_fields: int, *, escape: bytes = b"") -> Read:
    """Read letter by letter, as a person with the rules beside them would."""
    if text and not text.endswith(b"\n"):
        text += b"\n"
    found, position, line = Read(), 0, 1
    while position < len(text):
        first_line_end = text.index(b"\n", position) + 1
        if text[position:first_line_end] in (b"\n", b"\r\n"):
            found.blank += 1
            position, line = first_line_end, line + 1
            continue
        fields, end = split(text, position, separator, escape)
        if fields is None:
            found.bad.append((line, "quote"))
            position, line = first_line_end, line + 1
            continue
        raw = text[position:end]
        if b"\0" in raw:
            found.bad.append((line, "nul"))
        elif not is_utf8(raw):
            found.bad.append((line, "encoding"))
        elif len(fields) != n_fields:
            found.bad.append((line, "fields"))
        else:
            found.rows.append((line, tuple(value.decode() for value in fields)))
        line += raw.count(b"\n")
        position = end
    return found


def split(text: bytes, start: int, separator: bytes, escape: bytes = b"") -> tuple[list[bytes] | None, int]:
    """One record as a state machine over letters: its fields (None where quotes go wrong) and its end."""
    fields: list[bytes] = []
    value = b""
    state = "start"
    i = start
    while i < len(text):
        letter = text[i : i + 1]
        if state == "quoted":
            if letter == b'"' and text[i + 1 : i + 2] == b'"':
                value += b'"'
                i += 1
            elif escape and letter == escape and text[i + 1 : i + 2] in (b'"', escape):
                value += text[i + 1 : i + 2]
                i += 1
            elif letter == b'"':
                state = "closed"
            else:
                value += letter
        elif letter == b"\n" or (letter == b"\r" and text[i + 1 : i + 2] == b"\n"):
            fields.append(value)
            return fields, i + (2 if letter == b"\r" else 1)
        elif letter == separator:
            fields.append(value)
            value, state = b"", "start"
        elif state == "closed":
            return None, i
        elif state == "start" and letter == b'"':
            state = "quoted"
        else:
            state = "plain"
            value += letter
        i += 1
    return None, i


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
