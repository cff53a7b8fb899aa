"""Unplanned data: columns that stand in a file and that no line of its source names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cdptool.errors import CdptoolError, Finding, Place
from cdptool.sources import SourceSpec
from cdptool.sources.blocks import open_source
from cdptool.sources.mapping import needed_columns
from cdptool.sources.unpivot import unpivoted_names


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Columns that nothing maps: new since the last check, or seen at the first one."""

    source: str
    columns: tuple[str, ...]
    place: Place
    is_new: bool

    def finding(self) -> Finding:
        """What to tell, once."""
        names = ", ".join(f"`{name}`" for name in self.columns)
        noun = "column" if len(self.columns) == 1 else "columns"
        new = "new " if self.is_new else ""
        return Finding(
            f"{new}{noun} {names} in source `{self.source}`, which nothing maps",
            self.place,
            "map what you need under `columns:`; this is said once",
            "warning" if self.is_new else "note",
        )


def unplanned_columns(spec: SourceSpec, root: Path, paths: Iterable[str]) -> dict[str, str]:
    """
    Column → the first of the files (paths from the project) that has it, of columns that the source does not name.

    Reads only the heads of files. A file that is gone or cannot be opened any more has nothing to say; nor has one
    whose columns are known by their position.
    """
    named = needed_columns(spec)
    found: dict[str, str] = {}
    if not spec.dialect.has_header or spec.dialect.columns_by == "position":
        return found
    for path in paths:
        for name in _head(spec, root / path):
            if name and name not in named:
                found.setdefault(name, path)
    return found


def _head(spec: SourceSpec, file: Path) -> tuple[str, ...]:
    """The columns of a file, without those that are made rows of their own."""
    if not file.is_file():
        return ()
    try:
        names = open_source(str(file), spec.dialect, Place(str(file))).names
    except CdptoolError:
        return ()
    wide = set(unpivoted_names(spec.unpivot, names)) if spec.unpivot else set()
    return tuple(name for name in names if name not in wide)
