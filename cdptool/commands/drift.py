"""
Columns that a source's earlier files did not have: told once, with the file that brought them, and kept in its notes.

A declared column that is gone stops the source when the file is opened; a column that nobody declared may come and go.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from cdptool.errors import Finding, Place
from cdptool.sources import FileResult
from cdptool.sources.raw import RawForm
from cdptool.tables import FILES
from cdptool.workspace import Snapshot

_SHOWN = 12
_NAMED_BY_THE_FILE = ("csv", "columns")  # the names of other forms are those that the mapping asks for


@dataclass(slots=True)
class Drift:
    """The columns that the files of a source had so far; None before its first file."""

    known: set[str] | None = None
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def since(cls, snapshot: Snapshot, source: str) -> Drift:
        """What the files in the workspace had."""
        forms = snapshot.scan("files", FILES).filter(pl.col("source") == source).select("raw_form")
        found = [_names(form) for form in forms.unique().collect()["raw_form"].drop_nulls()]
        return cls(set().union(*found) if any(found) else None)

    def noted(self, result: FileResult, shown: str) -> FileResult:
        """The result of reading a file, with its new columns in its notes; from now on they are known."""
        names = _names(str(result.file["raw_form"][0]))
        new = [] if self.known is None else [name for name in names if name not in self.known]
        if names:
            self.known = {*names, *(self.known or ())}
        if not new:
            return result
        told = ", ".join(f"`{name}`" for name in new[:_SHOWN]) + " …" * (len(new) > _SHOWN)
        columns = f"new column{'s' * (len(new) > 1)} {told}"
        hint = "map it under `columns`, or leave it: what is not mapped is not kept"
        self.findings.append(Finding(columns, Place(shown), hint, "warning"))
        file = result.file.with_columns(dialect=pl.concat_str("dialect", pl.lit(f", {columns}")))
        return replace(result, file=file, notes=(*result.notes, columns))


def _names(form: str) -> tuple[str, ...]:
    read = RawForm.from_text(form)
    return read.names if read.kind in _NAMED_BY_THE_FILE else ()
