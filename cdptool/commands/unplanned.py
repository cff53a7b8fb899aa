"""Unplanned data: columns that stand in a file and that no line of its source names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cdptool.errors import Finding, Place
from cdptool.sources import SourceSpec
from cdptool.sources.mapping import needed_columns
from cdptool.sources.raw import RawForm
from cdptool.sources.unpivot import unpivoted_names

_NAMED_BY_THE_FILE: Final = ("csv", "columns")


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


def unplanned_columns(spec: SourceSpec, files: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """
    Column → the first file that has it, of columns that the source does not name.

    Args:
        spec: The source.
        files: Path and raw form (see `sources.raw`) of each file, as the `files` table keeps them.

    A form whose names are not those of the file (logs, documents), or are positions, has nothing to say.
    """
    named = needed_columns(spec)
    found: dict[str, str] = {}
    if not spec.dialect.has_header or spec.dialect.columns_by == "position":
        return found
    for path, written in files:
        form = RawForm.from_text(written) if written else None
        names = form.names if form and form.kind in _NAMED_BY_THE_FILE else ()
        wide = set(unpivoted_names(spec.unpivot, names)) if spec.unpivot else set()
        for name in names:
            if name and name not in named and name not in wide:
                found.setdefault(name, path)
    return found
