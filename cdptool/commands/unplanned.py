"""Unplanned data: columns that stand in a file and that no line of its source names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cdptool.errors import CdptoolError, Finding, Place
from cdptool.sources import SourceSpec
from cdptool.sources.blocks import open_source


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
    Column → the first of the files (paths from the project) that has it, of columns that the source does not name. Reads only the heads of files.

    A file that is gone or cannot be opened any more has nothing to say; a file without a header neither.
    """
    named = _named(spec)
    found: dict[str, str] = {}
    if not spec.dialect.has_header:
        return found
    for path in paths:
        file = root / path
        try:
            names = open_source(str(file), spec.dialect, Place(path)).names if file.is_file() else ()
        except CdptoolError:
            continue
        for name in names:
            if name and name not in named:
                found.setdefault(name, path)
    return found


def _named(spec: SourceSpec) -> set[str | None]:
    mapped = (*spec.columns, *spec.identifiers, *((spec.at,) if spec.at else ()))
    return {*spec.key, *(each.column for each in mapped), *(each.currency_from for each in mapped)}
