"""
How one of our columns is read from a block: from a column of the file, several, an expression, a constant.

What a source declares beyond a plain column costs a plain column nothing: its texts go to the field type as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from cdptool.fields import FieldReader, FieldType, currency_code
from cdptool.fields.text_parts import part_of
from cdptool.sources.expressions import Derived
from cdptool.sources.judging import Faults, Flawed
from cdptool.sources.texts import as_readable, as_text, key_text

NOT_LISTED = "not among the declared values"


class Cells(NamedTuple):
    """A column of a block after reading: the values, the texts they came from (None: constant), what was wrong."""

    values: pl.Series
    texts: pl.Series | None
    flawed: list[Flawed]


@dataclass(frozen=True, slots=True)
class ColumnReader:
    """One of our columns and how it is made. `source` and `fallbacks` are names in the block."""

    name: str
    label: str | None  # what messages call the file's column
    kind: FieldType
    reader: FieldReader  # of texts, as the source declares them
    typed_reader: FieldReader  # of the texts that typed values are made into: ISO 8601 and a decimal point
    source: str | None = None
    fallbacks: tuple[tuple[str, str], ...] = ()  # (label, name in the block)
    derived: Derived | None = None
    listed: tuple[tuple[str, str], ...] = ()  # (text, what it stands for)
    otherwise: str = "keep"
    required: bool = False
    constant: pl.Series | None = None
    currency: str | None = None
    currency_source: str | None = None
    part: str | None = None  # of the texts, which alone is read

    @property
    def has_currency(self) -> bool:
        return self.kind.name == "money"

    @property
    def is_filled(self) -> bool:
        """Whether the file fills it, row by row."""
        return self.source is not None or self.derived is not None

    @property
    def is_plain(self) -> bool:
        """Whether its values are what the type makes of one column's texts."""
        return self.source is not None and not (self.fallbacks or self.listed or self.part)

    @property
    def needed(self) -> set[str]:
        """The columns of the block that it reads."""
        derived = self.derived.sources.values() if self.derived else ()
        named = {self.source, self.currency_source, *(name for _, name in self.fallbacks), *derived}
        return {name for name in named if name is not None}

    def read(self, block: pl.DataFrame, faults: Faults) -> Cells:
        """Its values for a block, and what was wrong with the texts; unlisted texts may set rows aside."""
        height = block.height
        if self.constant is not None:
            return Cells(self.constant.new_from_index(0, height), None, [])
        if self.derived is not None:
            flawed: list[Flawed] = []
            cells = self._cells(self.derived.read(block, flawed), self.label, faults)
            return cells._replace(flawed=flawed + cells.flawed)
        if self.source is None:
            return Cells(nulls(height, self.kind.dtype), None, [])
        cells = self._cells(block[self.source], self.label, faults)
        for label, name in self.fallbacks:
            cells = self._or_else(cells, block, label, name, faults)
        return cells

    def currency_of(self, block: pl.DataFrame, texts: pl.Series | None) -> pl.Series:
        """The currency beside each value: of a column, of the texts themselves, or the declared one."""
        if not self.is_filled and self.constant is None:
            return nulls(block.height)
        if self.currency_source is not None:
            return currency_code(as_text(block[self.currency_source]))
        if self.currency is None and texts is not None and texts.dtype == pl.String:
            return currency_code(texts)
        return pl.Series([self.currency], dtype=pl.String()).new_from_index(0, block.height)

    def _cells(self, column: pl.Series, label: str | None, faults: Faults) -> Cells:
        if self.part is not None:
            column = part_of(self.part, key_text(as_text(column)))
        texts = as_readable(column, self.kind)
        if self.listed:
            return self._translated(as_text(texts), label, faults, self._reader_of(column.dtype))
        if texts.dtype != pl.String:
            return Cells(texts, texts, [])
        read = self._reader_of(column.dtype).read(texts)
        if not read.flaws.height:
            return Cells(read.values, texts, [])
        return Cells(read.values, texts, [Flawed(label, read.flaws, texts.gather(read.flaws["row"]))])

    def _reader_of(self, dtype: pl.DataType) -> FieldReader:
        """Which reader the texts of such a column need; a day may be written as the number 20240131."""
        is_written_number = dtype.is_numeric() and self.kind.name in ("date", "datetime")
        is_made = dtype.is_temporal() or (dtype.is_numeric() and not is_written_number)
        return self.typed_reader if is_made else self.reader

    def _or_else(self, cells: Cells, block: pl.DataFrame, label: str, name: str, faults: Faults) -> Cells:
        """The cells, and those of a further column where they have no value."""
        other = self._cells(block[name], label, faults)
        is_there = cells.values.is_not_null()
        assert cells.texts is not None
        assert other.texts is not None
        texts = as_text(cells.texts).zip_with(is_there, as_text(other.texts))
        values = cells.values.zip_with(is_there, other.values)
        return Cells(values, texts, cells.flawed + other.flawed)

    def _translated(self, raw: pl.Series, label: str | None, faults: Faults, reader: FieldReader) -> Cells:
        """What the texts stand for; where one is not listed, as declared."""
        texts = key_text(raw)
        old, new = (list(side) for side in zip(*self.listed, strict=True))
        if self.otherwise == "keep":
            meant = texts.replace(old, new)
            flaws = None
        else:
            meant = texts.replace_strict(old, new, default=None, return_dtype=pl.String())
            unlisted = (texts.is_not_null() & meant.is_null()).arg_true()
            if self.otherwise == "quarantine":
                faults.add(unlisted, label, "values", NOT_LISTED)
            flaws = unlisted.cast(pl.UInt32).alias("row").to_frame()
            flaws = flaws.with_columns(verdict=pl.lit("invalid"), reason=pl.lit(NOT_LISTED))
        read = reader.read(meant)
        found = [Flawed(label, read.flaws, meant.gather(read.flaws["row"]))]
        if flaws is not None and flaws.height:
            found.append(Flawed(label, flaws, raw.gather(flaws["row"])))
        return Cells(read.values, meant, found)


def nulls(length: int, dtype: pl.DataType | None = None) -> pl.Series:
    """A column of nulls."""
    return pl.Series([None], dtype=dtype or pl.String()).new_from_index(0, length)
