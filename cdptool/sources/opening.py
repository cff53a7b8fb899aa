"""
From a file's bytes to a stream of UTF-8 text with `\\n` line ends: content decides, never the file's name.

Gzip and Zstandard are known by their magic, UTF-16 by its byte-order mark; what is no text at all is refused
with the likely cause. Nothing is decoded lossily: bytes that are not valid in a single-byte encoding pass
through as they are, so that the line they stand on is quarantined like any other that is not UTF-8.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cdptool.errors import Place, SourceError
from cdptool.sources.archives import is_workbook, is_zip
from cdptool.sources.arrow import is_arrow
from cdptool.sources.encodings import wide_encoding
from cdptool.sources.spec import Dialect, Part
from cdptool.sources.window import Chunk

CHUNK = 1 << 20
Compression = Literal["gzip", "zstd"]
Container = Literal["text", "parquet", "arrow", "excel"]
_KNOWN: dict[str, str] = {"parquet": "a Parquet file", "arrow": "an Arrow file", "excel": "an Excel workbook"}
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"  # of Excel 97–2003
_NO_FORMAT = "remove `format` from the source's dialect"

_COMPRESSED: tuple[tuple[bytes, Compression], ...] = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
# What arrives under the name of an export and is none: (first bytes, what it is, what to do).
_NOT_TEXT: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive", "unpack it first"),
    (b"\x1f\x8b", "packed twice", "unpack it once"),
    (b"\x28\xb5\x2f\xfd", "packed twice", "unpack it once"),
    (b"PAR1", "a packed Parquet file", "unpack it: Parquet is packed inside"),
    (b"ARROW1", "a packed Arrow file", "unpack it"),
    (b"SQLite format 3\0", "an SQLite database", "export its tables as CSV or Parquet"),
    (b"\x89PNG", "a picture", "ask the system for a CSV export"),
    (b"\xff\xd8\xff", "a picture", "ask the system for a CSV export"),
    (b"FEA1", "a Feather file of version 1", "write it as Feather version 2 or Parquet"),
    (b"%PDF", "a PDF document", "ask the system for a CSV export"),
    (b"BZh", "bzip2 compressed", "pack it with gzip or zstd, or unpack it"),
    (b"\xfd7zXZ", "xz compressed", "pack it with gzip or zstd, or unpack it"),
)
# Encodings in which a line end is more than its byte, or what stands before it matters.
_STATEFUL = ("utf-16", "utf-32", "utf_16", "utf_32", "utf_7", "utf-7", "iso2022", "hz")
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<script")
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class OpenedText:
    """A text being read: its UTF-8 chunks (each not empty), and how it was written."""

    chunks: Iterator[Chunk]
    encoding: str
    has_mark: bool
    compression: Compression | None
    has_only_cr: bool

    @property
    def has_lines(self) -> bool:
        """Whether the text may be read from a line on: the file's own lines, in an encoding that needs none before."""
        is_plain = self.compression is None and not self.has_only_cr
        return is_plain and not self.encoding.startswith(_STATEFUL)

    @property
    def text_offset(self) -> int | None:
        """At which byte of the (unpacked) file the text begins; None where its bytes are not those of the file."""
        if self.encoding != "utf-8":
            return None
        return len(codecs.BOM_UTF8) if self.has_mark else 0


def first_bytes(path: str, place: Place) -> bytes:
    """
    The first bytes of the file, for its magic.

    Raises:
        SourceError: It cannot be read, or not more than once.
    """
    with _reading(place):
        if not Path(path).is_file() and Path(path).exists():
            what = "a folder" if Path(path).is_dir() else "a pipe or a device"
            raise SourceError(
                f"{what}, not a file", place=place, hint="name a file; save what is piped in as one"
            )
        with Path(path).open("rb") as file:
            return file.read(4096)


def container_of(path: str, dialect: Dialect, place: Place) -> Container:
    """
    What kind of file it is: as declared, else by its content.

    Raises:
        SourceError: Where the declared format and the content differ.
    """
    head = first_bytes(path, place)
    found: Container = "text"
    if head.startswith(b"PAR1"):
        found = "parquet"
    elif is_arrow(head):
        found = "arrow"
    elif head.startswith(_OLD_WORKBOOK) or (is_zip(head) and is_workbook(path, place)):
        found = "excel"
    declared = dialect.format
    if declared in ("parquet", "arrow", "excel") and found != declared:
        hint = f"set `format: {found}` in the source's dialect" if found != "text" else _NO_FORMAT
        raise SourceError(f"not {_KNOWN[declared]}", place=place, hint=hint)
    if declared not in (None, found) and found != "text":
        raise SourceError(
            f"declared as {declared}, but it is {_KNOWN[found]}",
            place=place,
            hint="remove `format` from the source's dialect: the content is enough",
        )
    return found


def open_text(path: str, dialect: Dialect, place: Place, end: int | None = None) -> OpenedText:
    """
    Open a text file for streaming.

    Args:
        path: Where the file is.
        dialect: `encoding` is used where declared; else a byte-order mark, else UTF-8.
        place: What messages call the file.
        end: Where a text that is not compressed is cut; None = not at all.

    Returns:
        Its chunks as UTF-8 with `\\n` line ends (`\\r\\n` stays: both are read), memory bounded.

    Raises:
        SourceError: Not text, truncated, or not decodable. Also later, while the chunks are read.
    """
    compression = next(
        (name for magic, name in _COMPRESSED if first_bytes(path, place).startswith(magic)), None
    )
    raw = _bytes_of(path, compression, place, Part(end=end))
    head = bytes(next(raw, b""))
    _refuse_what_is_no_text(head, place)
    mark, encoding = next((pair for pair in _MARKS if head.startswith(pair[0])), (b"", ""))
    declared = _codec(dialect.encoding, place)
    if mark and declared not in (None, encoding) and not (declared or "").startswith(encoding[:6]):
        raise SourceError(
            f"declared as `{dialect.encoding}`, but its byte-order mark says {encoding}",
            place=place,
            hint="remove `encoding` from the source's dialect: the mark is enough",
        )
    encoding = encoding or declared or "utf-8"
    if encoding == "utf-8" and (wide := wide_encoding(head[:4096])):
        raise SourceError(
            "every other byte is NUL: UTF-16 without a byte-order mark",
            place=place,
            hint=f"declare `encoding: {wide}` in the source's dialect",
        )
    chunks = _prepend(head[len(mark) :], raw)
    if encoding != "utf-8":
        chunks = _decoded(chunks, encoding, place)
    sample = bytes(next(chunks, b""))
    has_only_cr = b"\r" in sample and b"\n" not in sample and sample.rstrip(b"\r\n").count(b"\r") != 0
    chunks = _prepend(sample, chunks)
    if has_only_cr:
        chunks = _cr_to_lf(chunks, place)
    return OpenedText(chunks, encoding, bool(mark), compression, has_only_cr)


def open_rest(text: OpenedText, path: str, place: Place, part: Part) -> Iterator[Chunk]:
    """
    A part of a text that was opened, as the same kind of chunks; only of one that `has_lines`.

    Raises:
        SourceError: It cannot be read.
    """
    chunks = _bytes_of(path, None, place, part)
    return chunks if text.encoding == "utf-8" else _decoded(chunks, text.encoding, place)


@contextmanager
def _reading(place: Place) -> Iterator[None]:
    """Turn what the file system and the decompressors say into a SourceError."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError("no such file", place=place) from None
    except PermissionError:
        hint = "it must be readable for the user who runs cdptool"
        raise SourceError("not readable: permission denied", place=place, hint=hint) from None
    except (OSError, EOFError) as error:
        what = "is truncated" if "runcated" in str(error) else "cannot be read"
        raise SourceError(f"the file {what}", place=place, hint="export or copy it again") from None


def _bytes_of(path: str, compression: Compression | None, place: Place, part: Part) -> Iterator[Chunk]:
    with _reading(place):
        if compression is None:
            with Path(path).open("rb", buffering=0) as file:
                memory, position = memoryview(bytearray(CHUNK)), file.seek(part.start)
                while size := file.readinto(memory):
                    if part.end is not None:
                        size = min(size, part.end - position)
                    if size <= 0:
                        return
                    position += size
                    yield memory[:size]
            return
        import pyarrow as pa  # 0.2 s of CPU that plain files need not pay

        with pa.OSFile(path) as packed, pa.CompressedInputStream(packed, compression) as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _prepend(first: bytes, rest: Iterator[Chunk]) -> Iterator[Chunk]:
    if first:
        yield first
    yield from rest


def _refuse_what_is_no_text(head: bytes, place: Place) -> None:
    for magic, what, hint in _NOT_TEXT:
        if head.startswith(magic):
            raise SourceError(f"not a text file: {what}", place=place, hint=hint)
    if head[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(_MARKUP):
        raise SourceError(
            "not an export: a web page or XML",
            place=place,
            hint="the download probably needs a log-in; fetch the export itself",
        )


def _codec(encoding: str | None, place: Place) -> str | None:
    if encoding is None:
        return None
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise SourceError(
            f"unknown encoding `{encoding}`",
            place=place,
            hint="use a Python codec name such as utf-8, utf-16, cp1252 or cp1258",
        ) from None
    return "utf-8" if name in ("utf-8-sig", "ascii") else name


def _decoded(chunks: Iterator[Chunk], encoding: str, place: Place) -> Iterator[bytes]:
    """Re-encode as UTF-8. `surrogateescape` keeps an undecodable byte as that byte, which is no UTF-8."""
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)("strict" if is_wide else "surrogateescape")
    line = 1
    try:
        for chunk in chunks:
            text = decoder.decode(chunk)
            line += text.count("\n")
            if text:
                yield text.encode("utf-8", "surrogateescape")
        if rest := decoder.decode(b"", final=True):
            yield rest.encode("utf-8", "surrogateescape")
    except UnicodeError:
        raise SourceError(
            f"not valid {encoding}",
            place=Place(place.file, line),
            hint="declare the right `encoding` in the source's dialect",
        ) from None


def _cr_to_lf(chunks: Iterator[Chunk], place: Place) -> Iterator[bytes]:
    for chunk in map(bytes, chunks):
        if b"\n" in chunk:
            raise SourceError(
                "lines end with CR in one part of the file and with LF in another",
                place=place,
                hint="export it again with one kind of line end",
            )
        yield chunk.replace(b"\r", b"\n")
