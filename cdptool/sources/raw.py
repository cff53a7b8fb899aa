"""
Records as quarantine keeps them: written so that the same record can be read again, without its file.

A CSV record that could not be cut into fields is kept as it stands in the file (as UTF-8). One that was cut, and
failed at typing, is written again from its fields with the file's own separator and quote: the blocks that the
fast path reads do not keep the text, and keeping it would cost every good row. It may differ from the file in
quotes that were not needed, nowhere else. A JSON record is kept as it stands; a row of a typed file (Parquet)
becomes a JSON object of the columns that were mapped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.sources.csv_records import RAW_LIMIT, Fault, Shape, read_record
from cdptool.sources.texts import as_text

RawRow = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class RawForm:
    """
    How the raw records of one file are written, and the names of its columns.

    `csv`: in this shape. `json`, `log`: as they stand in the file. `columns`: as JSON objects of texts by column.
    """

    names: tuple[str, ...]
    shape: Shape | None = None  # of `csv`, and only there
    has_spare_field: bool = False  # every record ends with a separator: its last field has no name
    kind: Literal["csv", "json", "log", "columns"] = "columns"

    def to_text(self) -> str:
        """As the `files` table keeps it."""
        shape = None if self.shape is None else {k: _text(v) for k, v in asdict(self.shape).items()}
        told = {"kind": self.kind, "names": self.names, "shape": shape, "spare": self.has_spare_field}
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> RawForm:
        """
        What `to_text` wrote.

        >>> form = RawForm(("id", "name"), Shape(b";", b'"', 2), kind="csv")
        >>> RawForm.from_text(form.to_text()) == form
        True
        """
        told = json.loads(text)
        names, plain = tuple(told["names"]), told["shape"]
        if plain is None:
            return cls(names, kind=told["kind"])
        parts: dict[str, Any] = {k: v.encode() if isinstance(v, str) else v for k, v in plain.items()}
        return cls(names, Shape(**parts), told["spare"], "csv")

    @property
    def written_shape(self) -> Shape:
        """The shape in which records are given to people: the file's own, and plain CSV for typed columns."""
        return self.shape or Shape(b",", b'"', len(self.names))

    def written(self, raw: bytes) -> bytes:
        """A raw record as a line for people, in `written_shape`, without the empty field at its end."""
        if self.shape is None:
            found = json.loads(raw)
            return csv_record([found.get(name) for name in self.names], self.written_shape).encode()
        return raw.removesuffix(self.shape.separator) if self.has_spare_field else raw

    def mended(self, fields: Sequence[str | None]) -> bytes:
        """The raw record of fields that people mended, in the order of `names`."""
        if self.shape is None:
            return json.dumps(dict(zip(self.names, fields, strict=True)), ensure_ascii=False).encode()
        return csv_record([*fields, *[None] * self.has_spare_field], self.shape).encode()

    def write(self, block: pl.DataFrame, rows: NDArray[np.int64]) -> Iterator[bytes]:
        """The rows of a block (columns `0`, `1`, … by position in the file), each at most 64 KiB."""
        if not len(rows):
            return
        texts = block[rows].select(as_text(column) for column in block[rows].get_columns())
        record: Callable[[RawRow], str]
        if self.shape is None:
            names = [self.names[int(i)] for i in texts.columns]

            def record(row: RawRow) -> str:
                return json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
        else:
            shape = self.shape

            def record(row: RawRow) -> str:
                return csv_record(row, shape)

        for row in texts.iter_rows():
            yield record(row).encode()[:RAW_LIMIT]

    def read(self, raw: bytes) -> RawRow | Fault:
        """
        The fields of a raw record by position, null where empty; or why it is still no record. Not of `json` and `log`.

        >>> form = RawForm(("id", "name"), Shape(b";", b'"', 2), kind="csv")
        >>> form.read(b'1;"a;b"'), form.read(b"1;2;3")
        (('1', 'a;b'), Fault(rule='fields', reason='3 fields, expected 2'))
        """
        if self.shape is None:
            found = json.loads(raw)
            return tuple(found.get(name) for name in self.names)
        if not raw and self.shape.n_fields == 1:
            return (None,)
        record = read_record(raw + b"\n", 0, self.shape, is_last=True)
        if record.fields is None or record.end <= len(raw):
            return record.fault or Fault(
                "fields", f"more than one line, or none: expected {self.shape.n_fields} fields"
            )
        fields = tuple(value.decode() or None for value in record.fields)
        if self.has_spare_field and fields[-1] is not None:
            n = len(fields)
            return Fault("fields", f"{n} fields, expected {n - 1}")
        return fields


def csv_record(row: Sequence[str | None], shape: Shape) -> str:
    """
    A CSV record without its line end; a field is quoted only where it must be.

    >>> csv_record(("1", None, 'a "b"; c'), Shape(b";", b'"', 3))
    '1;;"a ""b""; c"'
    """
    separator, quote, escape = (part.decode() for part in (shape.separator, shape.quote, shape.escape))
    if not quote:
        return separator.join(value or "" for value in row)
    needs = (separator, "\n", "\r")

    def cell(value: str | None) -> str:
        if not value:
            return ""
        if value.startswith(quote) or any(letter in value for letter in needs):
            escaped = value.replace(escape, escape * 2) if escape else value
            return quote + escaped.replace(quote, quote * 2) + quote
        return value

    text = separator.join(cell(value) for value in row)
    return text or quote * 2  # a single empty field must not look like a blank line


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
