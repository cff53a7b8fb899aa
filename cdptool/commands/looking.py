"""
A file nobody has described, read with as few declarations as it takes: none, else a delimiter, an encoding, no header.

What had to be declared is kept and written into the proposal: at ingest time nothing of this is guessed again.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.errors import Place, SourceError
from cdptool.inspection.facts import FileFacts
from cdptool.inspection.file_words import subject
from cdptool.sources.blocks import OpenedSource, open_source
from cdptool.sources.spec import Dialect
from cdptool.sources.texts import as_text, is_supported

MOST_ROWS: Final = 200_000
_ENCODINGS: Final = ("cp1258", "cp1252")
_DATA: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)*\Z|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?\Z")


def stem(path: Path) -> str:
    """The name of a file without its endings (`orders.csv.gz` → `orders`)."""
    return re.sub(r"(?:\.[A-Za-z0-9]{1,8})+$", "", path.name)


@dataclass(frozen=True, slots=True)
class _Read:
    source: OpenedSource
    texts: pl.DataFrame
    n_rejected: int
    n_not_utf8: int
    is_whole: bool


def look_at(path: Path, folder: Path) -> FileFacts:
    """
    Read a file that nobody has described.

    Args:
        path: Where the file is.
        folder: Where the project will be: the file is named as seen from there.

    Returns:
        Its texts, and what had to be declared to read them. The columns are not judged yet.

    Raises:
        SourceError: It cannot be read as anything.
    """
    place = Place(str(path))
    dialect, said = Dialect(), []
    try:
        read = _read(path, dialect, place)
    except SourceError as error:
        dialect, option = _mended(path, error)
        said.append(option)
        read = _read(path, dialect, place)
    if read.n_not_utf8 and dialect.encoding is None:
        encoding = _encoding_of(path)
        dialect = replace(dialect, encoding=encoding)
        said.append(("encoding", encoding))
        read = _read(path, dialect, place)
    if not read.source.is_typed and _is_headerless(read.source.names):
        dialect = replace(dialect, has_header=False)
        said.append(("has_header", "false"))
        read = _read(path, dialect, place)
    return FileFacts(
        name="",
        about=subject(stem(path)),
        files=(os.path.relpath(path, folder.absolute()),),
        texts=read.texts,
        columns=(),
        is_whole=read.is_whole,
        dialect=tuple(said),
        notes=", ".join(read.source.notes),
        n_rejected=read.n_rejected,
        rejected_share=read.n_rejected / max(1, read.n_rejected + read.texts.height),
    )


def _read(path: Path, dialect: Dialect, place: Place) -> _Read:
    source = open_source(str(path), dialect, place)
    needed = tuple(str(i) for i in range(len(source.names)))
    frames, n_rejected, n_not_utf8, n_rows, is_whole = [], 0, 0, 0, True
    for block in source.blocks(needed):
        n_rejected += len(block.rejected)
        n_not_utf8 += sum(item.fault.rule == "encoding" for item in block.rejected)
        if not len(block.lines):
            continue
        frames.append(pl.DataFrame(list(_text_columns(block.frame, source.names))))
        n_rows += len(block.lines)
        if n_rows >= MOST_ROWS:
            is_whole = False
            break
    schema = dict.fromkeys(source.names, pl.String())
    texts = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
    return _Read(source, texts, n_rejected, n_not_utf8, is_whole)


def _text_columns(frame: pl.DataFrame, names: tuple[str, ...]) -> Iterator[pl.Series]:
    for i, name in enumerate(names):
        column = frame[str(i)]
        if is_supported(column.dtype):
            yield as_text(column).alias(name)
        else:  # lists and structs: nothing that one field could hold
            yield pl.Series(name, [None], dtype=pl.String).new_from_index(0, frame.height)


def _mended(path: Path, error: SourceError) -> tuple[Dialect, tuple[str, str]]:
    """The declaration that the error asks for, or the error again."""
    problems = " ".join(finding.problem for finding in error.findings)
    if "only one column" in problems:
        return Dialect(delimiter=","), ("delimiter", '","')
    if "header is not readable" in problems:
        encoding = _encoding_of(path)
        return Dialect(encoding=encoding), ("encoding", encoding)
    raise error


def _encoding_of(path: Path) -> str:
    """
    Which single-byte encoding a text is in: Windows-1258 where its marks of tone follow vowels, else Windows-1252.

    Only the two that exports of this region have; both can read any byte, so the letters decide.
    """
    data = path.read_bytes()[: 1 << 20]
    vietnamese = codecs.decode(data, "cp1258", "replace")
    marks = re.findall(r"(.)[\u0300\u0301\u0303\u0309\u0323]", vietnamese)
    good = sum(letter.lower() in "aeiouyăâêôơư" for letter in marks)
    letters = len(re.findall("[đĐơƠưƯăĂ]", vietnamese))
    return _ENCODINGS[0] if good + letters and good >= 0.9 * len(marks) and good else _ENCODINGS[1]


def _is_headerless(names: tuple[str, ...]) -> bool:
    """Whether the first row holds data: an e-mail, or numbers and dates in most places."""
    named = [name for name in names if not name.startswith("column_")]
    if any(re.fullmatch(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}", name) for name in named):
        return True
    return bool(named) and sum(bool(_DATA.match(name)) for name in named) > 0.5 * len(named)
