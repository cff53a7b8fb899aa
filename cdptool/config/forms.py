"""
Typed reading: forms say what a value must be, and turn a tree with positions into frozen objects.

A form takes a value of the tree and gives what it means, or raises `ConfigError` with everything found wrong
in it. Forms are data: `Shape` lists the keys of a mapping and the dataclass they make, and the dataclass
alone holds the defaults. Names that refer to other parts of the project are checked against
`Reading.names`, gathered before anything is read. Which shapes exist is left to the sections.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from cdptool.config.names import Names
from cdptool.config.reader import Entry, Scalar, Sequence, Table, Value
from cdptool.errors import ConfigError, Finding, Place

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# How to write what is expected, for the kinds whose place does not say it better.
_WRITTEN: Final = {
    "a text": "write one word, or a text in quotes",
    "one value": "write a word, a number or a text in quotes",
    "a whole number": "write it in digits, such as `3`",
    "a list": "write `[a, b]`, or one item a line after `- `",
    "a mapping": "write `name: value`, one a line",
}


@dataclass(frozen=True, slots=True)
class Default:
    """A setting nobody wrote: its dotted name, and the value it has."""

    name: str
    value: object


@dataclass(slots=True)
class Reading:
    """
    What forms need beside the value: the names the project declares, and a note of defaults taken.

    Where `refused` is a list, rules that cannot be read are noted there, so that the others are still checked.
    """

    names: Names = field(default_factory=dict)
    defaults: list[Default] = field(default_factory=list)
    path: tuple[str, ...] = ()
    refused: list[Finding] | None = None

    def inside(self, part: str) -> Reading:
        """The same reading, one key deeper."""
        return Reading(self.names, self.defaults, (*self.path, part), self.refused)

    def types(self, what: str) -> Mapping[str, str]:
        """The names of one kind of thing with their types; none where its file could not be read."""
        return self.names.get(what, {})


class Form(Protocol[T_co]):
    """Gives what a value means, or raises `ConfigError`."""

    def __call__(self, value: Value, reading: Reading, /) -> T_co: ...


def refused(problem: str, place: Place, hint: str | None = None) -> ConfigError:
    """One finding, ready to raise."""
    return ConfigError(problem, place=place, hint=hint)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """
    The hint that names the real name nearest to a misspelt one, else all of them where they are few.

    >>> nearest("emial", ["email", "phone"])
    'did you mean `email`?'
    >>> nearest("x", ["email", "phone"])
    'one of `email`, `phone`'
    """
    names = sorted(known)
    best = closest(word, names)
    if best:
        return f"did you mean `{best}`?"
    if not names:
        return "none is declared"
    more = f" … and {len(names) - 12} more" if len(names) > 12 else ""
    return f"one of {', '.join(f'`{name}`' for name in names[:12])}{more}"


def closest(word: str, known: Iterable[str], least: float = 0.55) -> str | None:
    """The real name that a misspelt one most likely means, or None; `least` is how alike (0–1) they must be."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    names = sorted(known)
    best = process.extractOne(word, names, scorer=OSA.normalized_similarity, score_cutoff=least)
    if best:
        return best[0]
    begun = [name for name in names if len(word) >= 3 and name.startswith(word)]
    return begun[0] if len(begun) == 1 else None


def wrong(expected: str, value: Value, hint: str | None = None) -> ConfigError:
    """The value is of another kind than expected. Never shows the value."""
    return refused(f"expected {expected}, found {value.kind}", value.place, hint or _WRITTEN.get(expected))


def check_known(what: str, name: str, place: Place, reading: Reading) -> None:
    """Refuse a name that is not declared, with the nearest one that is."""
    known = reading.names.get(what)  # None: the file that declares them could not be read
    if known is not None and name not in known:
        kind, of, owner = what.partition(" of ")  # column of stream `order`
        raise refused(f"unknown {kind} `{name}`{of}{owner}", place, nearest(name, known))


def gather(parts: Iterable[Callable[[], T]]) -> list[T]:
    """Run every part; when some are refused, refuse with all their findings together."""
    done: list[T] = []
    findings: list[Finding] = []
    for part in parts:
        try:
            done.append(part())
        except ConfigError as error:
            findings.extend(error.findings)
    if findings:
        raise ConfigError(*findings)
    return done


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """A list of something, or a single one where `or_one`."""

    form: Form[T]
    or_one: bool = False
    least: int = 0

    def __call__(self, value: Value, reading: Reading) -> tuple[T, ...]:
        if isinstance(value, Sequence):
            places = enumerate(value.items)
            items = tuple(gather(partial(self.form, item, reading.inside(str(i))) for i, item in places))
            if len(items) < self.least:
                raise refused("the list is empty", value.place, "name at least one")
            return items
        if self.or_one and isinstance(value, Scalar) and value.value is not None:
            return (self.form(value, reading),)
        if is_nothing(value) and not self.least:
            return ()
        raise wrong("a list", value)


@dataclass(frozen=True, slots=True)
class MapOf(Generic[T]):
    """A mapping from names to something; `key` says what a name must look like."""

    form: EntryForm[T]
    key: Form[str]

    def __call__(self, value: Value, reading: Reading) -> tuple[T, ...]:
        if is_nothing(value):
            return ()
        if not isinstance(value, Table):
            raise wrong("a mapping", value)
        return tuple(gather(partial(self._read, entry, reading) for entry in value))

    def _read(self, entry: Entry, reading: Reading) -> T:
        parts: tuple[Callable[[], Any], ...] = (
            partial(self.key, entry.key, reading),
            partial(self.form, entry, reading.inside(entry.key.text)),
        )
        result: T = gather(parts)[1]
        return result


class EntryForm(Protocol[T_co]):
    """Gives what one `name: value` of a mapping means."""

    def __call__(self, entry: Entry, reading: Reading, /) -> T_co: ...


def is_nothing(value: Value) -> bool:
    """Whether no value was written behind the key."""
    return isinstance(value, Scalar) and value.value is None


@dataclass(frozen=True, slots=True)
class Into(Generic[T]):
    """A key whose value goes into an attribute of another name, or (as a tuple) into several."""

    form: Form[T]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """
    A mapping whose keys are known: which form each key has, and the dataclass they make.

    An attribute of the dataclass without a default makes its key required, unless `otherwise` has a value
    for it. `place` is filled in; for an entry of a mapping its name goes into the attribute `name_into`.
    """

    what: str  # in messages: unknown key `x` in a campaign
    build: Callable[..., T]
    keys: Mapping[str, Form[Any] | Into[Any]]
    name_into: str = "name"
    otherwise: Mapping[str, object] = field(default_factory=dict)
    check: Callable[[Table], None] | None = None  # judges keys that belong together

    def __call__(self, value: Value, reading: Reading) -> T:
        return self.read(value, reading, {}, value.place)

    def named(self, entry: Entry, reading: Reading) -> T:
        """Read an entry of a mapping: its key is the name of the object."""
        return self.read(entry.value, reading, {self.name_into: entry.key.text}, entry.key.place)

    def read(self, value: Value, reading: Reading, given: Mapping[str, object], place: Place) -> T:
        """Read the mapping, with some attributes given from outside."""
        if is_nothing(value):
            value = Table((), value.place)
        if not isinstance(value, Table):
            raise wrong("a mapping", value, f"its keys are {_listed(self.keys)}")
        parts = [partial(self._entry, entry, reading) for entry in value]
        missing = [partial(self._missing, key, place) for key in self._missing_keys(value)]
        found: dict[str, object] = {**self.otherwise, **given}
        if "place" in self._defaults():
            found["place"] = place
        for part in gather([*parts, *missing]):
            found.update(part)
        if self.check:
            self.check(value)
        for key, into in self._attributes():
            if value.get(key) is None:
                default = self.otherwise.get(into[0], self._defaults()[into[0]])
                reading.defaults.append(Default(".".join((*reading.path, key)), default))
        return self.build(**found)

    def _defaults(self) -> dict[str, object]:
        """Each attribute of the dataclass and its default, `MISSING` where it has none."""
        each = dataclasses.fields(self.build)  # type: ignore[arg-type]  # every `build` is a dataclass
        return {one.name: one.default for one in each}

    def _attributes(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        return (
            (key, form.attributes if isinstance(form, Into) else (key,)) for key, form in self.keys.items()
        )

    def _entry(self, entry: Entry, reading: Reading) -> dict[str, object]:
        key = entry.key.text
        form = self.keys.get(key)
        if form is None:
            problem = f"unknown key `{key}` in {self.what}"
            raise refused(problem, entry.key.place, nearest(key, self.keys))
        if isinstance(form, Into):
            result = form.form(entry.value, reading.inside(key))
            several = len(form.attributes) > 1
            return dict(zip(form.attributes, result if several else (result,), strict=True))
        return {key: form(entry.value, reading.inside(key))}

    def _missing_keys(self, value: Table) -> list[str]:
        """The keys that must be there and are not, without those that stand there misspelt."""
        defaults = self._defaults()
        unknown = [entry.key.text for entry in value if entry.key.text not in self.keys]
        misspelt = {closest(word, self.keys) for word in unknown}
        return [
            key
            for key, into in self._attributes()
            if value.get(key) is None
            and key not in misspelt
            and into[0] not in self.otherwise
            and defaults[into[0]] is dataclasses.MISSING
        ]

    def _missing(self, key: str, place: Place) -> dict[str, object]:
        raise refused(f"missing key `{key}` in {self.what}", place, f"add `{key}:`")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
