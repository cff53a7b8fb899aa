"""
The files of a project put together: every top-level key once, with what is wrong with the files as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from cdptool.config.forms import closest, nearest
from cdptool.config.reader import Entry, Scalar, Table, read_yaml
from cdptool.errors import ConfigError, Finding, Place

T = TypeVar("T")
Keys: TypeAlias = Mapping[str, str]  # top-level key → the file it stands in

_FIRST: Final = "project.yaml"  # may hold the keys of all
_VERSION: Final = "1"


@dataclass(slots=True)
class Found:
    """What the files hold: all top-level keys together, the findings, the keys whose file cannot be read."""

    entries: dict[str, Entry] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def attempt(self, part: Callable[[], T]) -> T | None:
        """The result of a part, or None where it was refused; its findings are kept."""
        try:
            return part()
        except ConfigError as error:
            self.findings.extend(error.findings)
            return None


def read_files(root: Path, file_of: Keys) -> Found:
    """
    Read every file of a project that is there.

    Args:
        root: The folder that holds project.yaml.
        file_of: Every top-level key, and the file it stands in unless project.yaml holds it.

    Returns:
        Found.
    """
    found = Found()
    for file in dict.fromkeys(file_of.values()):
        path = root / file
        if not path.exists():
            continue
        top = _read_file(path, found)
        if top is None:
            found.unreadable |= set(_allowed(file, file_of))
            continue
        found.findings.extend(check_version(top, str(path)))
        allowed = _allowed(file, file_of)
        for entry in sorted(
            top, key=lambda each: each.key.text not in allowed
        ):  # what is misspelt comes last
            _take(entry, file, file_of, found)
    _misspelt_files(root, file_of, found)
    return found


def _read_file(path: Path, found: Found) -> Table | None:
    try:
        data = path.read_bytes()
    except OSError:
        hint = "check that it is a file and that you may read it"
        found.findings.append(Finding("cannot read the file", Place(str(path)), hint))
        return None
    document = read_yaml(data, str(path))
    found.findings.extend(document.findings)
    return document.top


def _allowed(file: str, file_of: Keys) -> tuple[str, ...]:
    return tuple(key for key, home in file_of.items() if file in (_FIRST, home))


def check_version(top: Table, file: str) -> list[Finding]:
    """What is wrong with the key `version` of a file: it stands first, and says which format this is."""
    version, hint = top.get("version"), f"write `version: {_VERSION}` as its first line"
    if version is None:
        return [Finding("missing key `version`", Place(file, 1, 1), hint)]
    if not isinstance(version, Scalar) or version.text != _VERSION:
        problem = f"expected version {_VERSION} of the file format"
        return [Finding(problem, version.place, f"this cdptool reads version {_VERSION} only")]
    if top.entries[0].key.text != "version":
        place = next(entry.key.place for entry in top if entry.key.text == "version")
        return [Finding("`version` is not the first key", place, hint)]
    return []


def _take(entry: Entry, file: str, file_of: Keys, found: Found) -> None:
    """Put one top-level key beside those of the other files."""
    key, place = entry.key.text, entry.key.place
    if key == "version":
        return
    allowed = _allowed(file, file_of)
    if key not in allowed:
        elsewhere = file_of.get(key)
        hint = f"it stands in {elsewhere} or project.yaml" if elsewhere else nearest(key, allowed)
        found.findings.append(Finding(f"unknown key `{key}` in {file}", place, hint))
        # What is meant is read as well: its own errors are told, and nothing is missed elsewhere.
        meant = key if elsewhere else closest(key, allowed)
        if meant and meant not in found.entries:
            found.entries[meant] = Entry(Scalar(meant, False, place, place), entry.value)
    elif key in found.entries:
        first = found.entries[key].key.place
        problem = f"key `{key}` stands in two files"
        found.findings.append(Finding(problem, place, f"the other is at {first}; keep one of them"))
    else:
        found.entries[key] = entry


def _misspelt_files(root: Path, file_of: Keys, found: Found) -> None:
    """A file whose name is nearly one of ours would be left out in silence."""
    names = set(file_of.values())
    for path in sorted(each for each in root.iterdir() if each.suffix in (".yaml", ".yml")):
        meant = closest(path.stem, [name.removesuffix(".yaml") for name in names], least=0.8)
        if meant and path.name not in names:
            hint = f"did you mean `{meant}.yaml`?"
            found.findings.append(Finding("this file is not read", Place(str(path)), hint))
