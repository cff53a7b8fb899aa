"""Zip archives: each file in one is a file of its own, with its own digest; what cannot be unpacked is refused."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from cdptool.errors import Place, SourceError

_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive without files
_CHUNK: Final = 1 << 20
# Workbooks are archives too: a member that only they have.
_WORKBOOK: Final = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a zip archive, or a workbook, which is one inside."""
    return head.startswith(_MAGIC)


def is_workbook(path: str, place: Place) -> bool:
    """
    Whether a zip archive is a workbook of Excel or LibreOffice.

    Raises:
        SourceError: The archive is damaged.
    """
    with _opened(path, place) as archive:
        names = set(archive.namelist())
    return any(name in names for name in _WORKBOOK)


def members(path: str, place: Place) -> tuple[str, ...]:
    """
    The files in an archive, sorted, without hidden ones and what macOS adds.

    Raises:
        SourceError: It is damaged, encrypted or empty.
    """
    with _opened(path, place) as archive:
        found = [info for info in archive.infolist() if not info.is_dir() and not _is_hidden(info.filename)]
    if not found:
        raise SourceError("the zip archive holds no file", place=place, hint="export it again")
    if any(info.flag_bits & 1 for info in found):
        raise SourceError(
            "the zip archive is encrypted", place=place, hint="unpack it with its password, and read the file"
        )
    return tuple(sorted(info.filename for info in found))


def member_digest(path: str, member: str, place: Place) -> str:
    """
    The SHA-256 of one file in an archive.

    Raises:
        SourceError: The archive is damaged.
    """
    digest = hashlib.sha256()
    for chunk in _chunks(path, member, place):
        digest.update(chunk)
    return digest.hexdigest()


def unpack(path: str, member: str, target: str, place: Place) -> None:
    """
    Write one file of an archive to a path of ours; its own name is never used as one.

    Raises:
        SourceError: The archive is damaged.
    """
    with Path(target).open("wb") as file:
        for chunk in _chunks(path, member, place):
            file.write(chunk)


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[:1] == ("__MACOSX",) or any(part.startswith(".") for part in parts)


def _chunks(path: str, member: str, place: Place) -> Iterator[bytes]:
    with _opened(path, place) as archive, archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


@contextmanager
def _opened(path: str, place: Place) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except NotImplementedError:  # what zipfile says of a way of packing that it does not know
        raise SourceError(
            "the zip archive is packed in a way that is not read here",
            place=place,
            hint="pack it with deflate, or unpack it",
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        is_missing = isinstance(error, FileNotFoundError)
        problem = "no such file" if is_missing else "the zip archive is damaged or truncated"
        raise SourceError(problem, place=place, hint="export or copy it again") from None
