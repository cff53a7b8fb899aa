"""The inputs of a source: files, the files in its archives, and what is piped in; each with its own digest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cdptool.errors import Place, SourceError
from cdptool.sources.archives import is_workbook, is_zip, member_digest, members, unpack
from cdptool.sources.files import expand, file_digest
from cdptool.sources.grown import whole_lines
from cdptool.sources.opening import container_of, first_bytes, open_text
from cdptool.sources.spec import SourceSpec

STDIN: Final = "-"  # in `files`: what is piped in
SHOWN_STDIN: Final = "stdin"


@dataclass(frozen=True, slots=True)
class InputFile:
    """
    One input: the file, the member of the archive that the file is, what the workspace calls it (`shown`, seen
    from the project) and what messages call it; its digest where that is known already.

    `stamp` is the size and time of the file when it was found: what was read of it is one file, or it is refused.
    """

    path: str
    shown: str
    place: Place
    member: str | None = None
    end: int | None = None  # where what is read of it ends; None = it is read as a whole
    known_digest: str | None = None
    stamp: tuple[int, int] | None = None

    def digest(self) -> str:
        """
        The SHA-256 of what will be read.

        Raises:
            SourceError: It is missing, not readable or damaged.
        """
        if self.known_digest is not None:
            return self.known_digest
        if self.member is None:
            return file_digest(self.path, self.end)
        return member_digest(self.path, self.member, self.place)

    @contextmanager
    def unpacked(self, folder: str) -> Iterator[str]:
        """
        Where the input stands as a file: for a member of an archive in the folder, as long as it is needed.

        Raises:
            SourceError: The file changed since it was found, so that its digest is not that of what was read.
        """
        if self.member is None:
            yield self.path
            self._refuse_changed()
            return
        target = Path(folder) / "member"
        unpack(self.path, self.member, str(target), self.place)
        try:
            yield str(target)
        finally:
            target.unlink(missing_ok=True)
        self._refuse_changed()

    def _refuse_changed(self) -> None:
        if self.stamp is None or self.end is not None or self.stamp == _stamp(self.path):
            return
        raise SourceError(
            "the file changed while it was read",
            place=self.place,
            hint="run again when it is written; declare `growing: true` for a file that rows are always added to",
        )


def inputs_of(
    spec: SourceSpec, folder: str, spooled: str | None = None, *, named: Callable[[str], str] = str
) -> tuple[InputFile, ...]:
    """
    The inputs of a source in the project's folder, archives taken apart, in order.

    Args:
        spec: The source.
        folder: What its paths are relative to.
        spooled: The file that holds what was piped in; None = nothing was.
        named: What messages call a path of the project.

    Raises:
        SourceError: A path matches no file, or an archive cannot be read.
    """
    found: list[InputFile] = []
    for path in expand(spec, folder):
        shown = os.path.relpath(path, folder)
        file = InputFile(path, shown, Place(named(shown)), stamp=_stamp(path))
        found += (_without_open_line(one, spec) for one in taken_apart(file))
    if spooled is not None and reads_stdin(spec):
        found += taken_apart(InputFile(spooled, SHOWN_STDIN, Place(SHOWN_STDIN)))
    return tuple(found)


def reads_stdin(spec: SourceSpec) -> bool:
    """Whether what is piped in belongs to the source."""
    return STDIN in spec.files


def _stamp(path: str) -> tuple[int, int] | None:
    """When a file was written last, and how long it is; None where it is gone."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _without_open_line(file: InputFile, spec: SourceSpec) -> InputFile:
    """The file up to its last line end, where the source says that it is still being written."""
    if not spec.growing or file.member or container_of(file.path, spec.dialect, file.place) != "text":
        return file
    if not open_text(file.path, spec.dialect, file.place).has_lines:
        return file
    return replace(file, end=whole_lines(file.path, file.place))


def taken_apart(file: InputFile) -> Iterator[InputFile]:
    """
    The file itself, or the files of the archive that it is.

    Raises:
        SourceError: It is not readable, or a damaged archive.
    """
    if not is_zip(first_bytes(file.path, file.place)) or is_workbook(file.path, file.place):
        yield file
        return
    for member in members(file.path, file.place):
        place = Place(f"{file.place.file}/{member}")
        yield InputFile(file.path, f"{file.shown}/{member}", place, member, stamp=file.stamp)
