"""
What a CSV file does not say about itself: its delimiter, its header, and whether rows end with a spare one.

Everything is decided on the first megabyte and reported as text, so that people see what was assumed. One
column where no delimiter was declared is an error, not a guess: that is what a wrong delimiter looks like.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from cdptool.errors import Place, SourceError
from cdptool.sources.csv_records import NeedMoreError, Shape, read_record
from cdptool.sources.encodings import encoding_hint
from cdptool.sources.spec import Dialect

SAMPLE = 1 << 20
_RECORDS = 500
_CANDIDATES: tuple[bytes, ...] = (b",", b";", b"\t", b"|")
BY_POSITION = "columns by position"
_MISTAKEN = 10  # a header that so many times more rows differ from than agree with is none
_WORDS = {b",": "`,`", b";": "`;`", b"\t": "tab", b"|": "`|`"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is laid out, and where its data begin."""

    shape: Shape
    names: tuple[str, ...]  # one per field, unique
    offset: int  # bytes before the first data record
    first_line: int  # the physical line it stands on
    n_blank: int  # blank lines before it
    has_spare_field: bool  # every row ends with a delimiter: the last field must be empty and has no name
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    """The first records as one delimiter cuts them."""

    shape: Shape
    header: tuple[bytes, ...]
    offset: int
    line: int
    n_blank: int
    counts: Counter[int]
    has_spare_field: bool
    first_lines: dict[int, int]  # number of fields → the line of the first record that has so many
    fault: str | None = None  # why the header is not readable
    last_line_of_header_size: int = 0  # of the last record that has as many fields as the header

    @property
    def n_fields(self) -> int:
        return self.counts.most_common(1)[0][0] if self.counts else len(self.header)

    def rank(self) -> tuple[bool, bool, bool, float, int]:
        """Better trials rank higher: columns, a header, rows like the header, rows alike, more columns."""
        alike = self.counts[self.n_fields] / max(1, self.counts.total())
        is_like_header = len(self.header) == self.n_fields - self.has_spare_field
        return self.n_fields > 1, self.fault is None, is_like_header, alike, self.n_fields


def detect_layout(sample: bytes, dialect: Dialect, place: Place, *, is_whole: bool) -> Layout:
    """
    Find the layout of a CSV file.

    Args:
        sample: The first bytes, decoded to UTF-8 with LF line ends.
        dialect: What is declared wins over what is found.
        place: What messages call the file.
        is_whole: Whether the sample is the whole file.

    Raises:
        SourceError: Empty, one column without a declared delimiter, or undeclared lines above the header.
    """
    if is_whole and sample and not sample.endswith(b"\n"):
        sample += b"\n"
    above = _above(sample, dialect, place)
    declared = _declared_delimiter(dialect, place) or above.delimiter
    quote, escape = dialect.quote.encode(), (dialect.escape or "").encode()
    trials = [
        _try(sample[above.size :], Shape(each, quote, 0, escape), dialect, above.n_lines, is_whole=is_whole)
        for each in ((declared,) if declared else _CANDIDATES)
    ]
    best = max(trials, key=_Trial.rank)
    if best.fault and dialect.has_header:
        raise SourceError(
            f"the header is not readable: {best.fault}",
            place=Place(place.file, best.line - 1),
            hint=encoding_hint(sample),
        )
    if not declared and best.n_fields < 2:
        raise SourceError(
            "only one column found",
            place=place,
            hint="declare `delimiter` in the source's dialect (`,` if there is one column)",
        )
    _refuse_title_lines(best, dialect, place)
    how = "declared" if dialect.delimiter else "`sep=` line" if above.delimiter else "detected"
    notes = [f"delimiter {_WORDS.get(best.shape.separator, repr(best.shape.separator.decode()))} ({how})"]
    names = _names(best, dialect, notes)
    notes += _declared_notes(dialect)
    if best.has_spare_field:
        notes.append("every row ends with a delimiter")
    return Layout(
        shape=replace(best.shape, n_fields=len(names) + best.has_spare_field),
        names=names,
        offset=best.offset + above.size,
        first_line=best.line,
        n_blank=best.n_blank,
        has_spare_field=best.has_spare_field,
        notes=tuple(notes),
    )


class _Above(NamedTuple):
    """What stands above the header: bytes, lines, and the delimiter that Excel's `sep=;` tells."""

    size: int
    n_lines: int
    delimiter: bytes


def _above(sample: bytes, dialect: Dialect, place: Place) -> _Above:
    size = 0
    for _ in range(dialect.skip_lines):
        size = sample.find(b"\n", size) + 1
        if not size:
            raise SourceError(
                f"fewer lines than the {dialect.skip_lines} to skip",
                place=place,
                hint="correct `skip_lines` in the source's dialect",
            )
    told, told_size = _told_delimiter(sample[size:])
    if not sample[size + told_size :].strip():
        raise SourceError("the file is empty", place=place, hint="even an export without rows has a header")
    return _Above(size + told_size, dialect.skip_lines + bool(told), told)


def _declared_delimiter(dialect: Dialect, place: Place) -> bytes:
    written = dialect.delimiter or ""
    declared = b"\t" if written in ("tab", "\\t") else written.encode()
    if len(declared) > 1:
        raise SourceError(
            "the delimiter must be one ASCII character",
            place=place,
            hint="correct `delimiter` in the dialect",
        )
    return declared


def _declared_notes(dialect: Dialect) -> Iterator[str]:
    if dialect.escape:
        yield f"escape `{dialect.escape}` (declared)"
    for n, where in ((dialect.skip_lines, "above the header"), (dialect.footer_lines, "below the rows")):
        if n:
            yield f"{n} line{'s' * (n > 1)} {where} left out (declared)"


def _told_delimiter(sample: bytes) -> tuple[bytes, int]:
    """Excel's `sep=;` in the first line, and how long that line is."""
    first = sample[: sample.find(b"\n") + 1]
    bare = first.rstrip(b"\r\n").strip(b'"')
    if bare[:4].lower() == b"sep=" and len(bare) == 5:
        return bare[4:], len(first)
    return b"", 0


def _try(sample: bytes, shape: Shape, dialect: Dialect, n_above: int, *, is_whole: bool) -> _Trial:
    records = _records(sample, shape, is_whole)
    header: tuple[bytes, ...] = ()
    offset, line, n_blank, fault = 0, 1 + n_above, 0, None
    for start, end, fields in records:
        offset, lines = end, max(1, sample.count(b"\n", start, end))
        if fields is None and not sample[start:end].strip(b"\r\n"):
            n_blank, line = n_blank + 1, line + lines
            continue
        fault = read_record(sample, start, shape, is_last=is_whole).fault
        header = fields or ()
        line += lines
        break
    rows, first_lines, last_line, at = [], {len(header): line - 1}, line - 1, line
    for start, end, fields in records:
        if fields is not None:
            rows.append(fields)
            first_lines.setdefault(len(fields), at)
            last_line = at if len(fields) == len(header) else last_line
        at += max(1, sample.count(b"\n", start, end))
    if not dialect.has_header:
        rows, offset, line, n_blank = [header, *rows], 0, 1 + n_above, 0
    counts = Counter(len(row) for row in rows)
    why = fault.reason if fault else None
    trial = _Trial(shape, header, offset, line, n_blank, counts, False, first_lines, why, last_line)
    n_fields = trial.n_fields
    has_spare = n_fields == len(header) + 1 and all(not row[-1] for row in rows if len(row) == n_fields)
    return replace(trial, has_spare_field=has_spare and dialect.has_header)


def _records(
    sample: bytes, shape: Shape, is_whole: bool
) -> Iterator[tuple[int, int, tuple[bytes, ...] | None]]:
    position = 0
    for _ in range(_RECORDS):
        if position >= len(sample):
            return
        try:
            record = read_record(sample, position, shape, is_last=is_whole)
        except NeedMoreError:
            return
        yield position, record.end, record.fields
        position = record.end


def _refuse_title_lines(trial: _Trial, dialect: Dialect, place: Place) -> None:
    expected, found = len(trial.header), trial.n_fields
    if not dialect.has_header or trial.has_spare_field or not trial.counts:
        return
    is_above = expected < found and trial.last_line_of_header_size < trial.first_lines[found]
    if trial.counts[expected] * _MISTAKEN >= trial.counts[found] and not is_above:
        return
    if found == expected - 1 and not trial.header[-1].strip():
        return  # only the header ends with a delimiter
    hint = "remove title lines above the header, or declare the `delimiter`"
    if found > expected:
        n = trial.first_lines[found] - 1
        hint = (
            f"if the header is line {n + 1}, declare `skip_lines: {n}` in the source's dialect; "
            "else check the `delimiter`"
        )
    raise SourceError(
        f"the first line has {expected} field{'s' * (expected != 1)}, the rows below it {found}",
        place=Place(place.file, trial.line - 1),
        hint=hint,
    )


def _names(trial: _Trial, dialect: Dialect, notes: list[str]) -> tuple[str, ...]:
    if not dialect.has_header:
        notes.append("no header")
        if dialect.columns_by == "position":
            notes.append(BY_POSITION)
            return by_position(trial.n_fields)
        return tuple(f"column_{i + 1}" for i in range(trial.n_fields))
    cells = list(trial.header)
    if (
        trial.counts
        and trial.n_fields == len(cells) - 1
        and not trial.counts[len(cells)]
        and not cells[-1].strip()
    ):
        cells.pop()
        notes.append("the header ends with a delimiter")
    if dialect.columns_by == "position":
        notes.append(BY_POSITION)
        return by_position(len(cells))
    return unique_names([cell.decode() for cell in cells], notes)


def by_position(n: int) -> tuple[str, ...]:
    """
    Names of columns that are called by their position.

    >>> by_position(3)
    ('1', '2', '3')
    """
    return tuple(str(i + 1) for i in range(n))


def unique_names(headers: list[str], notes: list[str]) -> tuple[str, ...]:
    """
    Column names from headers: trimmed, NFC, `column_3` for an empty one, `total_2` for the second `total`.

    >>> notes = []
    >>> unique_names([" id", "total", "", "total"], notes), notes
    (('id', 'total', 'column_3', 'total_2'), ['header `total` repeated: `total_2`'])
    """
    names: dict[str, None] = {}
    for i, header in enumerate(headers):
        name = unicodedata.normalize("NFC", header.strip()) or f"column_{i + 1}"
        unique, n = name, 1
        while unique in names:
            n += 1
            unique = f"{name}_{n}"
        if unique != name:
            notes.append(f"header `{name}` repeated: `{unique}`")
        names[unique] = None
    return tuple(names)
