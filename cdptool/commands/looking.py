"""A file nobody has described, looked at: its texts, and what had to be declared to read them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cdptool.commands.any_file import stem
from cdptool.commands.dialect_search import Looked, find_dialect
from cdptool.errors import Place, SourceError
from cdptool.inspection.facts import FileFacts
from cdptool.inspection.file_words import subject
from cdptool.sources.archives import is_workbook, is_zip, members, unpack
from cdptool.sources.opening import first_bytes


def look_at(path: Path, folder: Path) -> FileFacts:
    """
    Read a file that nobody has described; of an archive all files, which must be alike.

    Args:
        path: Where the file is.
        folder: Where the project will be: the file is named as seen from there.

    Returns:
        Its texts, and what had to be declared to read them. The columns are not judged yet.

    Raises:
        SourceError: It cannot be read as anything, or an archive holds files of several kinds.
    """
    place = Place(str(path))
    is_archive = is_zip(first_bytes(str(path), place)) and not is_workbook(str(path), place)
    parts = list(_parts(path, place)) if is_archive else [find_dialect(path, place)]
    kinds = {(tuple(looked.texts.columns), said) for looked, said in parts}
    if len(kinds) > 1:
        raise SourceError(
            f"the zip archive holds files of {len(kinds)} kinds, and a source is one kind",
            place=place,
            hint="unpack it, and name its files",
        )
    looked, said = parts[0]
    n_rejected = sum(each.n_rejected for each, _ in parts)
    nested = looked.source.nested
    left_out = f"; left out for their lists or structs: {', '.join(nested)}" if nested else ""
    return FileFacts(
        name="",
        about=subject(stem(path)),
        files=(os.path.relpath(path, folder.absolute()),),
        texts=pl.concat([each.texts for each, _ in parts]),
        columns=(),
        is_whole=all(each.is_whole for each, _ in parts),
        dialect=said,
        notes=", ".join(looked.source.notes) + left_out,
        n_rejected=n_rejected,
        rejected_share=max(each.rejected_share for each, _ in parts),
    )


def _parts(path: Path, place: Place) -> Iterator[tuple[Looked, tuple[tuple[str, str], ...]]]:
    """Each file of an archive."""
    with tempfile.TemporaryDirectory() as folder:
        for member in members(str(path), place):
            inside = Place(f"{place.file}/{member}")
            unpack(str(path), member, str(Path(folder) / "member"), inside)
            yield find_dialect(Path(folder) / "member", inside)
