"""
YAML with positions: a file becomes a tree in which every key and value knows its line and column.

Scalars keep the text that was written and follow YAML 1.2: only `true` and `false` are Boolean, only plain
decimal numbers are numbers, so `22:00`, `no`, `on`, `1e5` and `007` stay text. What YAML offers beyond
mappings, lists and scalars (anchors, aliases, tags, several documents) is refused. What the keys mean is
left to `forms` and the sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

import yaml

from cdptool.config.text_places import Lines, TextPlaces
from cdptool.errors import ConfigError, Finding, Place

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+\Z")
_NOTHING: Final = ("", "~", "null")
# Control characters, and the three line separators that YAML 1.1 counts as line ends and editors do not.
_UNREADABLE: Final = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_TAB_INDENT: Final = re.compile(r"^ *\t", re.MULTILINE)
_TAB_HINT: Final = "indent with spaces"

# (part of PyYAML's message, what is wrong, what to do, does it point at where the construct began)
_SYNTAX: Final[tuple[tuple[str, str, str, bool], ...]] = (
    ("'\\t' that cannot start", "a tab stands where only spaces are read", "write a space instead", False),
    ("cannot start any token", "a text cannot begin with this character", "put quotes around the text", False),
    ("mapping values are not allowed", "a `:` where no key can stand", "put quotes around a text that holds `: `, and check the indentation", False),
    ("could not find expected ':'", "a key without `:`", "write `key: value`, or quotes around a text of several lines", True),
    ("found unexpected end of stream", "a quote is opened here and never closed", "close the quote", True),
    ("unexpected document separator", "a quote is opened here and never closed", "close the quote", True),
    ("expected ',' or ']'", "a list in brackets is not closed, or a comma is missing", "close it with `]`", False),
    ("expected ',' or '}'", "a mapping in braces is not closed, or a comma is missing", "close it with `}`", False),
    ("unknown escape character", "an unknown escape in a text in double quotes", "write `\\\\` for a backslash, or use single quotes", False),
    ("escape sequence", "an unknown escape in a text in double quotes", "write `\\\\` for a backslash, or use single quotes", False),
    ("expected <block end>", "this line does not fit the lines before it", "check the indentation and the quotes", False),
    ("sequence entries are not allowed", "a list item cannot begin here", "put each `- ` on a line of its own", False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value or key: the text as written (without its quotes), and how YAML 1.2 reads it."""

    text: str
    quoted: bool
    place: Place
    text_place: Place = field(compare=False)  # where the text itself begins: behind the quote or the `|`

    @property
    def value(self) -> str | int | Decimal | bool | None:
        """
        >>> here = Place("a.yaml", 1, 1)
        >>> [Scalar(text, False, here, here).value for text in ("22:00", "1.10", "true", "on", "")]
        ['22:00', Decimal('1.10'), True, 'on', None]
        """
        if self.quoted:
            return self.text
        if self.text in _NOTHING:
            return None
        if self.text in ("true", "false"):
            return self.text == "true"
        if _INTEGER.match(self.text):
            return int(self.text)
        return Decimal(self.text) if _DECIMAL.match(self.text) else self.text

    @property
    def kind(self) -> str:
        """What it is, in words for people."""
        value = self.value
        if value is None:
            return "nothing"
        if isinstance(value, bool):
            return "true or false"
        return "text" if isinstance(value, str) else "a number"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, in the order written."""

    items: tuple[Value, ...]
    place: Place
    kind = "a list"


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Value


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, in the order written; every key once."""

    entries: tuple[Entry, ...]
    place: Place
    kind = "a mapping"

    def get(self, key: str) -> Value | None:
        """The value of the key, or None where the key is absent."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Value: TypeAlias = Scalar | Sequence | Table


class Document(NamedTuple):
    """What a file holds, and what was found wrong in it. No top where nothing can be read from it."""

    top: Table | None
    findings: tuple[Finding, ...]


def read_yaml(data: bytes, file: str) -> Document:
    """
    Read the bytes of one YAML file.

    Args:
        data: The file, UTF-8, with or without a byte order mark.
        file: Its name, for places.

    Returns:
        The mapping at its top, with everything that is refused left out, and the findings. A syntax error
        stands alone and leaves no top, since nothing behind it can be trusted.

    >>> read_yaml(b"name: shop", "a.yaml").top.entries[0].value.place
    Place(file='a.yaml', line=1, column=7)
    """
    try:
        text = _decode(data, file)
        builder = _Builder(text, file)
        top = builder.build()
    except ConfigError as error:
        return Document(None, error.findings)
    except yaml.MarkedYAMLError as error:
        return Document(None, _with_lines(tuple(_tabs(text, file)) or (_syntax_finding(error, file),), text))
    except RecursionError:
        return Document(None, (Finding("nested too deeply", Place(file), "a project needs few levels"),))
    tabs = _tabs(text, file, allowed=frozenset(builder.free_lines))
    findings = (*builder.findings, *_with_lines(tuple(tabs), text))
    if top is None or (isinstance(top, Scalar) and top.value is None):
        empty = Finding("the file is empty", Place(file, 1, 1), "write `version: 1` as its first line")
        return Document(None, (*findings, empty))
    if not isinstance(top, Table):
        expected = Finding(f"expected a mapping, found {top.kind}", top.place, "write `key: value` lines")
        return Document(None, (*findings, expected))
    return Document(top, findings)


def _shows_lines(file: str) -> bool:
    """Whether lines of the file may be shown: rules speak of names, other files may hold what belongs to people."""
    return file.rpartition("/")[2] == "rules.yaml"


def _with_lines(findings: tuple[Finding, ...], text: str) -> tuple[Finding, ...]:
    """The findings, where lines may be shown with theirs."""
    lines = text.splitlines()

    def shown(place: Place | None) -> Place | None:
        if place is None or place.line is None or not _shows_lines(place.file):
            return place
        return replace(place, shown=lines[place.line - 1] if place.line <= len(lines) else "")

    return tuple(replace(each, place=shown(each.place)) for each in findings)


def _decode(data: bytes, file: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8", "replace")) + 1
        place = Place(file, data.count(b"\n", 0, error.start) + 1, column)
        raise ConfigError("the file is not UTF-8", place=place, hint="save it as UTF-8") from None
    findings = [
        Finding(f"an invisible control character (U+{ord(found[0]):04X})", place_at(text, found.start(), file),
                "delete it, or write it as an escape in double quotes")
        for found in _UNREADABLE.finditer(text)
    ]  # fmt: skip
    if findings:
        raise ConfigError(*findings)
    return text


def place_at(text: str, index: int, file: str) -> Place:
    """The place of one character of a text, lines and columns from 1."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _tabs(text: str, file: str, allowed: frozenset[int] = frozenset()) -> list[Finding]:
    places = (place_at(text, found.end() - 1, file) for found in _TAB_INDENT.finditer(text))
    return [Finding("a tab in the indentation", p, _TAB_HINT) for p in places if p.line not in allowed]


def _syntax_finding(error: yaml.MarkedYAMLError, file: str) -> Finding:
    said = error.problem or ""
    known = next((row for row in _SYNTAX if row[0] in said), None)
    _, problem, hint, at_start = known or (
        "",
        "this is not YAML",
        "check indentation, quotes and brackets",
        False,
    )
    mark = error.context_mark if at_start and error.context_mark else error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    return Finding(problem, place, hint)


class _Builder:
    """Turns PyYAML's events into the tree, and collects what is refused on the way."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.free_lines: set[int] = set()  # lines inside quoted and block texts, where a tab may stand
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)
        self._lines = Lines.of(text, file)

    def build(self) -> Value | None:
        top: Value | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "a second document", "one file is one document: take out the `---`")
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event)
                top = value if documents == 1 else top
        return top

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None  # PyYAML marks every event of a stream it reads itself
        place = self._lines.place(mark.index)
        return place if _shows_lines(self.file) else replace(place, shown=None)

    def _refuse(self, event: yaml.Event, problem: str, hint: str) -> None:
        self.findings.append(Finding(problem, self._place(event), hint))

    def _value(self, event: yaml.Event) -> Value:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                event,
                "an alias (`*name`)",
                "write the value out; for a text that begins with `*`, use quotes",
            )
            return Scalar("", False, place, place)
        if getattr(event, "anchor", None) is not None:
            self._refuse(
                event, "an anchor (`&name`)", "take it out; for a text that begins with `&`, use quotes"
            )
        if getattr(event, "tag", None) is not None:
            self._refuse(event, "a tag (`!name`)", "take it out; for a text that begins with `!`, use quotes")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                items.append(self._value(inner))
            return Sequence(tuple(items), place)
        return self._table(place)

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Scalar:
        style, start, end = event.style or None, event.start_mark, event.end_mark
        assert start is not None and end is not None
        if style:
            self.free_lines.update(range(start.line + 2, end.line + 2))
        text = TextPlaces(self._lines, event.value, style, start.index, end.index)
        first = text.place(0) if style else self._lines.place(start.index)
        return Scalar(event.value, style is not None, place, replace(first, text=text))

    def _table(self, place: Place) -> Table:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, value = self._value(event), self._value(next(self._events))
            if not isinstance(key, Scalar) or key.value is None:
                found = "nothing" if isinstance(key, Scalar) else key.kind
                self.findings.append(
                    Finding(f"expected a key, found {found}", key.place, "a key is one text")
                )
            elif key.text in entries:
                first = entries[key.text].key.place
                hint = f"the first stands in line {first.line}; keep one of them"
                self.findings.append(Finding(f"repeated key `{key.text}`", key.place, hint))
            else:
                entries[key.text] = Entry(key, value)
        return Table(tuple(entries.values()), place)
