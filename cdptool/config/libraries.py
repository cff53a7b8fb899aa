"""
`include` of rules.yaml: ready-made traits and segments, put beside the project's own before anything is read.

A library is a YAML file in the language of rules, with parameters for what has another name in another project: a
stream, its columns, windows, numbers, texts. Including is done on the tree, so what is included is checked, shown and
evaluated as if it stood in rules.yaml, under the library's own lines and columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from cdptool.config.filling import Words, filled, words_in
from cdptool.config.forms import (
    ListOf,
    MapOf,
    Reading,
    Shape,
    gather,
    is_nothing,
    nearest,
    refused,
    wrong,
)
from cdptool.config.library_words import PARAMETER, Parameter, words_of
from cdptool.config.project import python_name
from cdptool.config.reader import Entry, Scalar, Sequence, Table, Value, read_yaml
from cdptool.config.scalars import OneOf, text
from cdptool.errors import ConfigError, Place

FOLDER: Final = PurePosixPath("cdptool/library")
SECTIONS: Final = ("traits", "segments")
_OWN_KEYS: Final = ("library", "prefix", "without")


@dataclass(frozen=True, slots=True)
class Library:
    """A library as it is written."""

    name: str
    about: str
    parameters: tuple[Parameter, ...] = ()
    traits: Table | None = None
    segments: Table | None = None

    def rules(self) -> tuple[str, ...]:
        """The names of its rules, traits first."""
        return tuple(entry.key.text for part in self.sections() for entry in part)

    def sections(self) -> tuple[tuple[Entry, ...], ...]:
        """The entries of its traits, and of its segments."""
        return tuple(part.entries if part else () for part in (self.traits, self.segments))


class _Included(NamedTuple):
    """What one item of `include` adds, by section."""

    place: Place
    sections: Mapping[str, tuple[Entry, ...]]


def _table(value: Value, _: Reading) -> Table:
    if not isinstance(value, Table):
        raise wrong("a mapping", value)
    return value


_LIBRARY: Final = Shape(
    "a library",
    Library,
    {
        "about": text,
        "parameters": MapOf(PARAMETER.named, python_name),
        "traits": _table,
        "segments": _table,
    },
)


@cache
def libraries() -> Mapping[str, Library]:
    """Every library that comes with cdptool, by name."""
    folder = resources.files("cdptool") / "library"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
    return {name.removesuffix(".yaml"): _read(name, (folder / name).read_bytes()) for name in names}


def _read(file: str, data: bytes) -> Library:
    document = read_yaml(data, str(FOLDER / file))
    if document.top is None or document.findings:
        raise ConfigError(*document.findings)
    entries = tuple(entry for entry in document.top if entry.key.text != "version")
    name = file.removesuffix(".yaml")
    return _LIBRARY.read(Table(entries, document.top.place), Reading(), {"name": name}, document.top.place)


def with_included(top: Table, reading: Reading) -> Table:
    """
    Put the rules of included libraries beside those of the project.

    Args:
        top: The top-level keys of the project.
        reading: The names the project declares.

    Returns:
        The same keys, `traits` and `segments` with what is included behind the project's own.

    Raises:
        ConfigError: For libraries and parameters that do not exist or do not fit, and for names that are taken.
    """
    items = top.get("include")
    if items is None:
        return top
    included = ListOf(_include, least=1)(items, reading)
    entries = {entry.key.text: entry for entry in top}
    taken = _names(top)
    parts: list[Callable[[], None]] = []
    for one in included:
        parts += [
            partial(_require_free, entry, one.place, taken)
            for each in SECTIONS
            for entry in one.sections[each]
        ]
    gather(parts)
    for section in SECTIONS:
        added = tuple(entry for one in included for entry in one.sections[section])
        if added:
            entries[section] = _joined(section, entries.get(section), added)
    return Table(tuple(entries.values()), top.place)


def _names(top: Table) -> dict[str, Place]:
    sections = (top.get(section) for section in SECTIONS)
    return {entry.key.text: entry.key.place for each in sections if isinstance(each, Table) for entry in each}


def _require_free(entry: Entry, place: Place, taken: dict[str, Place]) -> None:
    """A rule of the project is never replaced in silence, nor is one of another library."""
    name = entry.key.text
    if name in taken:
        hint = (
            f"the other is at {taken[name]}; write `without: [{name}]` to keep that one, or give a `prefix`"
        )
        raise refused(f"the library brings a rule `{name}`, which is there already", place, hint)
    taken[name] = place


def _joined(section: str, own: Entry | None, added: tuple[Entry, ...]) -> Entry:
    if own is None or is_nothing(own.value):
        place = added[0].key.place
        return Entry(Scalar(section, False, place, place), Table(added, place))
    if not isinstance(own.value, Table):
        return own  # told when it is read
    return Entry(own.key, Table((*own.value.entries, *added), own.value.place))


def _include(value: Value, reading: Reading) -> _Included:
    """One item: the name of a library, or a mapping with its parameters."""
    if isinstance(value, Scalar) and value.value is not None:
        place = value.place
        value = Table((Entry(Scalar("library", False, place, place), value),), place)
    if not isinstance(value, Table):
        raise wrong("the name of a library", value, "write `- rfm`, or `- {library: rfm, stream: order}`")
    named = value.get("library")
    if named is None:
        raise refused("missing key `library`", value.place, "write `library: rfm`")
    library = libraries()[OneOf(tuple(libraries()), "library")(named, reading)]
    given = {entry.key.text: entry for entry in value if entry.key.text not in _OWN_KEYS}
    known = [parameter.name for parameter in library.parameters]
    for name, entry in given.items():
        if name not in known:
            hint = nearest(name, (*known, *_OWN_KEYS))
            raise refused(f"library `{library.name}` has no parameter `{name}`", entry.key.place, hint)
    prefix, without = _prefix(value, reading), _without(value, library, reading)
    words = _words(library, given, named.place, reading, _spoken_of(library, without))
    names = {name: prefix + name for name in library.rules() if name not in without}
    return _Included(
        named.place,
        {
            section: tuple(
                _entry(entry, words, names) for entry in part or () if entry.key.text not in without
            )
            for section, part in (("traits", library.traits), ("segments", library.segments))
        },
    )


def _prefix(value: Table, reading: Reading) -> str:
    written = value.get("prefix")
    return python_name(written, reading) if written is not None else ""


def _without(value: Table, library: Library, reading: Reading) -> tuple[str, ...]:
    written = value.get("without")
    rule = OneOf(library.rules(), "rule of the library")
    return ListOf(rule, or_one=True)(written, reading) if written is not None else ()


def _entry(entry: Entry, words: Words, names: Mapping[str, str]) -> Entry:
    key = entry.key
    renamed = Scalar(names[key.text], key.quoted, key.place, key.text_place)
    return Entry(renamed, _filled(entry.value, words, names))


def _filled(value: Value, words: Words, names: Mapping[str, str]) -> Value:
    """Every expression of a rule filled in: one, a list of them, or `first:` with labels."""
    if isinstance(value, Scalar):
        return filled(value, words, names)
    if isinstance(value, Sequence):
        return Sequence(tuple(_filled(item, words, names) for item in value.items), value.place)
    entries = (Entry(entry.key, _filled(entry.value, words, names)) for entry in value)
    return Table(tuple(entries), value.place)


def _spoken_of(library: Library, without: Collection[str]) -> frozenset[str]:
    """The words of the rules that are not left out, and of the defaults of parameters among them."""
    kept = [entry.value for part in library.sections() for entry in part if entry.key.text not in without]
    spoken = {word for value in kept for text in _expressions(value) for word in words_in(text)}
    for parameter in reversed(library.parameters):  # none speaks of one behind it
        if spoken.isdisjoint(parameter.words()):
            continue
        spoken.add(parameter.of)
        if parameter.kind == "condition" and isinstance(parameter.default, Scalar):
            spoken |= words_in(parameter.default.text)
    return frozenset(spoken)


def _expressions(value: Value) -> Iterator[str]:
    match value:
        case Scalar(text=written):
            yield written
        case Sequence(items=items):
            for item in items:
                yield from _expressions(item)
        case Table(entries=entries):
            for entry in entries:
                yield from _expressions(entry.value)


def _words(
    library: Library, given: Mapping[str, Entry], place: Place, reading: Reading, spoken: frozenset[str]
) -> dict[str, str | Scalar | None]:
    """What stands for each parameter; what nobody wrote is judged at the name of the library, if it is spoken of."""
    words: dict[str, str | Scalar | None] = {}

    def word(parameter: Parameter) -> None:
        entry = given.get(parameter.name)
        if entry is None and spoken.isdisjoint(parameter.words()):
            return
        value = entry.value if entry else parameter.default
        if value is None:
            hint = parameter.about or None
            raise refused(f"library `{library.name}` needs `{parameter.name}`", place, hint)
        try:
            words.update(words_of(parameter, value, words, reading))
        except ConfigError as error:
            if entry is not None:
                raise
            problem = (
                f"library `{library.name}` has `{parameter.name}` by default: {error.findings[0].problem}"
            )
            hint = f"name yours with `{parameter.name}: …`"
            if parameter.optional:
                hint += f", or write `{parameter.name}: null` where there is none"
            raise refused(problem, place, hint) from None

    gather(partial(word, parameter) for parameter in library.parameters)
    return words
