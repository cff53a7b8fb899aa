"""
Files that grew: one whose first bytes were read before is read from there on, where that gives what reading it whole would.

Nothing is remembered for this but what the account of a file holds anyway: how many bytes were read, their digest, and how
they were understood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from cdptool.errors import Place, SourceError
from cdptool.sources.blocks import open_source
from cdptool.sources.mapping import needed_columns
from cdptool.sources.spec import SourceSpec

_CHUNK: Final = 1 << 20


class Prefix(NamedTuple):
    """The first bytes of a file: their digest, how many line ends they hold, and whether they end with one."""

    digest: str
    n_lines: int
    ends_line: bool


class ReadBefore(NamedTuple):
    """How a file was understood when it was read: its notes and the form of its records, as `files` keeps them."""

    dialect: str
    raw_form: str | None


def prefixes(path: str, sizes: Iterable[int], place: Place) -> dict[int, Prefix]:
    """
    What a file's first so many bytes are, in one pass over them.

    Args:
        path: Where the file is.
        sizes: How many bytes; those beyond its end are left out.
        place: What messages call the file.

    Raises:
        SourceError: The file cannot be read.
    """
    found, digest, n_lines, position, last = {}, hashlib.sha256(), 0, 0, b"\n"
    try:
        with Path(path).open("rb") as file:
            for size in sorted(set(sizes)):
                while position < size and (part := file.read(min(_CHUNK, size - position))):
                    digest.update(part)
                    n_lines += part.count(b"\n")
                    position, last = position + len(part), part[-1:]
                if position < size:
                    break
                found[size] = Prefix(digest.copy().hexdigest(), n_lines, last == b"\n")
    except OSError:
        raise SourceError("the file cannot be read", place=place, hint="export or copy it again") from None
    return found


def whole_lines(path: str, place: Place) -> int:
    """
    How many bytes of a file are whole lines: what stands behind the last line end is still being written.

    Raises:
        SourceError: The file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            end = file.seek(0, 2)
            while end > 0:
                start = max(0, end - _CHUNK)
                file.seek(start)
                at = file.read(end - start).rfind(b"\n")
                if at >= 0:
                    return start + at + 1
                end = start
    except OSError:
        raise SourceError("the file cannot be read", place=place, hint="export or copy it again") from None
    return 0


def reads_on(path: str, spec: SourceSpec, before: ReadBefore, place: Place) -> bool:
    """
    Whether the rest of a file may be read by itself: a plain text of lines, understood as it was before.

    Raises:
        SourceError: It cannot be read as its source declares it.
    """
    source = open_source(path, spec.dialect, place, wanted=tuple(sorted(needed_columns(spec))))
    is_same = (", ".join(source.notes), source.raw_form.to_text()) == before
    return source.has_lines and is_same
