"""
From the columns of a file to ours: each mapped column read by its field type, bad rows set aside with reasons.

A value that is empty or wrong where it is required quarantines the row, by its first fault. Elsewhere it
becomes null and an issue row keeps the text. Nothing here knows whether the texts came from CSV or Parquet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.errors import Finding, Place, SourceError
from cdptool.fields import NO_FLAWS, FieldOptions, FieldReader, FieldType, Read, currency_code, field_type
from cdptool.fields.folding import clean, few_texts
from cdptool.sources.csv_records import RAW_LIMIT
from cdptool.sources.spec import Mapped, ReadContext, SourceSpec
from cdptool.sources.texts import as_readable, as_text
from cdptool.tables import Column, StreamSchema, TableSchema

AT = "at"
KEY = "key:"  # key columns of the file, as text
WHO = "who:"  # identifiers of a stream row
Rows = NDArray[np.int64]


class QuarantinedRows(NamedTuple):
    """Rows set aside for one reason each: their provenance rows, column, rule, reason and bytes."""

    rows: list[int]
    columns: list[str | None]
    rules: list[str]
    reasons: list[str]
    raws: list[bytes]


class Typed(NamedTuple):
    """A block after reading: `rows` (canonical columns and `row`), what was set aside, and the issues."""

    rows: pl.DataFrame
    quarantined: QuarantinedRows
    issues: pl.DataFrame


class Filled(NamedTuple):
    """The columns that a source fills: those that vary by row, and the constants as `name=value`."""

    varying: tuple[str, ...]
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _ColumnReader:
    """One of our columns and how it is made: from the file's column, from a constant, or always null."""

    name: str
    label: str | None  # what messages call the file's column
    kind: FieldType
    source: str | None  # name in the block
    reader: FieldReader
    required: bool
    constant: pl.Series | None
    currency: str | None
    currency_source: str | None

    @property
    def has_currency(self) -> bool:
        return self.kind.name == "money"


class Mapper:
    """Maps the blocks of one file, in order. Field readers remember what was dear to read."""

    def __init__(
        self, spec: SourceSpec, context: ReadContext, names: Sequence[str], *, is_typed: bool = False
    ) -> None:
        self._spec = spec
        self._place = Place(context.shown_path)
        self._index = {name: str(i) for i, name in enumerate(names)}
        self._refuse_missing(names)
        self._context = context
        self._is_typed = is_typed
        self._readers = tuple(self._all_readers())
        self._keys = tuple(self._index[name] for name in spec.key)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the block that are read at all."""
        found = (
            [r.source for r in self._readers] + [r.currency_source for r in self._readers] + list(self._keys)
        )
        return tuple(sorted({name for name in found if name is not None}, key=int))

    @property
    def filled(self) -> Filled:
        """The columns that the source fills, in order: what a row's content is made of."""
        varying, fixed = [], []
        for reader in self._readers:
            if reader.constant is not None:
                fixed.append(f"{reader.name}={reader.constant[0]}")
            elif reader.source is not None:
                varying.append(reader.name)
            else:
                continue
            if reader.has_currency and reader.currency is not None:
                fixed.append(f"{reader.name}_currency={reader.currency}")
            elif reader.has_currency:
                varying.append(f"{reader.name}_currency")
        return Filled(tuple(varying), tuple(fixed))

    def schema(self) -> dict[str, pl.DataType]:
        """The columns of `Typed.rows`, in order."""
        schema: dict[str, pl.DataType] = {"row": pl.Int64()}
        for reader in self._readers:
            schema[reader.name] = reader.kind.dtype
            if reader.has_currency:
                schema[f"{reader.name}_currency"] = pl.String()
        return schema | {f"{KEY}{i}": pl.String() for i in range(len(self._keys))}

    def read(self, block: pl.DataFrame, lines: Rows, raw: Callable[[int], bytes] | None = None) -> Typed:
        """
        Read a block: columns `0`, `1`, … as in the file, and the provenance row of each of its rows.

        `raw` gives the bytes of a row by its place in the block; None = those of its fields as CSV.
        """
        block = _without_empty_texts(block, self.needed)
        columns: dict[str, pl.Series] = {"row": pl.Series(lines, dtype=pl.Int64)}
        faults = _Faults(len(lines))
        issues: list[_Issues] = []
        for reader in self._readers:
            texts, read = self._read_column(reader, block)
            columns[reader.name] = read.values
            if reader.has_currency:
                columns[f"{reader.name}_currency"] = _currency(reader, block, texts, len(lines))
            if texts is not None:
                found = _judge(reader, texts, read, faults)
                issues += [found] if found is not None else []
        for i, name in enumerate(self._keys):
            columns[f"{KEY}{i}"] = self._key_column(block, name, columns)
        frame = pl.DataFrame({name: column.alias(name) for name, column in columns.items()})
        if self._keys:
            is_empty = frame.select(
                pl.all_horizontal(pl.col(f"{KEY}{i}").is_null() for i in range(len(self._keys)))
            )
            faults.add(is_empty.to_series().arg_true(), ", ".join(self._spec.key), "key", "the key is empty")
        raws = partial(raw_rows, block) if raw is None else partial(map, raw)
        return self._typed(raws, frame, faults, issues)

    def _key_column(self, block: pl.DataFrame, name: str, columns: dict[str, pl.Series]) -> pl.Series:
        """The key's text: as an identifier of ours has it where all are valid, which is the same text."""
        for reader in self._readers:
            if reader.source == name and reader.kind.name == "identifier":
                values = columns[reader.name]
                if not values.null_count():
                    return values
        return key_text(as_text(block[name]))

    def _typed(
        self,
        raws: Callable[[Rows], Iterator[bytes]],
        frame: pl.DataFrame,
        faults: _Faults,
        issues: list[_Issues],
    ) -> Typed:
        bad = np.flatnonzero(faults.at >= 0)
        quarantined = QuarantinedRows(
            frame["row"].gather(bad).to_list(),
            [faults.causes[i][0] for i in faults.at[bad]],
            [faults.causes[i][1] for i in faults.at[bad]],
            [faults.causes[i][2] for i in faults.at[bad]],
            list(raws(bad)),
        )
        kept = frame.filter(pl.Series(faults.at < 0)) if bad.size else frame
        return Typed(kept, quarantined, _issue_frame(issues, frame["row"], faults.at < 0))

    def _read_column(self, reader: _ColumnReader, block: pl.DataFrame) -> tuple[pl.Series | None, Read]:
        height = block.height
        if reader.constant is not None:
            return None, Read(reader.constant.new_from_index(0, height), NO_FLAWS)
        if reader.source is None:
            return None, Read(_nulls(height, reader.kind.dtype), NO_FLAWS)
        texts = as_readable(block[reader.source], reader.kind)
        return texts, Read(texts, NO_FLAWS) if texts.dtype != pl.String else reader.reader.read(texts)

    def _all_readers(self) -> Iterator[_ColumnReader]:
        spec, context = self._spec, self._context
        if spec.feeds != "table":
            at = spec.at or Mapped(AT, "datetime")
            yield self._column_reader(replace(at, name=AT), "datetime")
        for mapped in spec.identifiers:
            yield self._column_reader(replace(mapped, name=WHO + mapped.name), mapped.type)
        mapped_by_name = {mapped.name: mapped for mapped in spec.columns}
        for column in target_columns(spec, context):
            mapped = mapped_by_name.get(column.name, Mapped(column.name, column.type))
            if (
                spec.feeds == "table"
                and context.target
                and column.name == getattr(context.target, "key", None)
            ):
                mapped = replace(mapped, required=True)
            yield self._column_reader(mapped, column.type)

    def _column_reader(self, mapped: Mapped, type_name: str) -> _ColumnReader:
        kind = field_type(type_name)
        currency = mapped.currency or (None if mapped.currency_from else self._context.currency)
        options = FieldOptions(
            region=mapped.region or self._context.region or "VN",
            tz=mapped.tz or self._context.tz,
            formats=() if self._is_typed_time(mapped) else mapped.format,
            currency=currency,
            decimal="." if self._is_typed else mapped.decimal,
        )
        constant = None
        if mapped.value is not None:
            constant = kind.read(pl.Series([mapped.value]), options).values
            if constant[0] is None:
                raise SourceError(
                    f"the constant of `{mapped.name}` is no valid {kind.name}", place=mapped.place
                )
        return _ColumnReader(
            name=mapped.name,
            label=mapped.column,
            kind=kind,
            source=None if mapped.column is None or constant is not None else self._index[mapped.column],
            reader=FieldReader(kind, options),
            required=mapped.required,
            constant=constant,
            currency=currency,
            currency_source=self._index[mapped.currency_from] if mapped.currency_from else None,
        )

    def _is_typed_time(self, mapped: Mapped) -> bool:
        return self._is_typed and mapped.type in ("date", "datetime")

    def _refuse_missing(self, names: Sequence[str]) -> None:
        """Name every declared column that the file lacks, all at once."""
        findings = []
        needed = needed_columns(self._spec)
        # A first row that knows none of them may be a customer: what stands there is not told.
        told = (
            f"it has {', '.join(f'`{n}`' for n in names[:12])}"
            if needed & set(names)
            else "its first row names no declared column: is that the header, in this dialect?"
        )
        for name in sorted(needed):
            if name not in self._index:
                near = get_close_matches(name, names, n=1, cutoff=0.6)
                hint = f"did you mean `{near[0]}`?" if near else told
                findings.append(Finding(f"column `{name}` is missing", self._place, hint))
        if findings:
            raise SourceError(*findings)


def needed_columns(spec: SourceSpec) -> set[str]:
    """The columns of the file that the source names."""
    mapped = (*spec.columns, *spec.identifiers, *([spec.at] if spec.at else []))
    named = {m.column for m in mapped if m.value is None} | {m.currency_from for m in mapped}
    return {name for name in named if name is not None} | set(spec.key)


def target_columns(spec: SourceSpec, context: ReadContext) -> tuple[Column, ...]:
    """The declared columns of the table that the source feeds."""
    if spec.feeds == "records":
        return context.profile_fields
    assert isinstance(context.target, StreamSchema | TableSchema)
    return context.target.columns


def key_text(texts: pl.Series) -> pl.Series:
    """
    The text of a key: trimmed and composed (NFC), null where empty.

    >>> key_text(pl.Series([" A1 ", ""])).to_list()
    ['A1', None]
    """
    distinct = few_texts(texts)
    if distinct is not None and _cleaned(distinct).equals(distinct):
        return texts
    return _cleaned(texts)


def _cleaned(texts: pl.Series) -> pl.Series:
    return _without_empty_texts(clean(texts).alias("key").to_frame(), ("key",))["key"]


def _without_empty_texts(block: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The block with null for the empty texts of these columns: `""` in a CSV file says no more than `,,`."""
    texts = [name for name in names if block.schema[name] == pl.String]
    if not texts:
        return block
    shortest = block.select(pl.col(texts).str.len_bytes().min()).row(0)
    has_empty = [name for name, length in zip(texts, shortest, strict=True) if length == 0]
    return block.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in has_empty)


def raw_rows(block: pl.DataFrame, rows: Rows) -> Iterator[bytes]:
    """The rows as CSV records, each at most 64 KiB."""
    for row in block[rows].iter_rows() if len(rows) else ():
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        yield line.getvalue().encode()[:RAW_LIMIT]


class _Faults:
    """The first fault of each row of a block: `at` is an index into `causes`, -1 = none."""

    def __init__(self, height: int) -> None:
        self.at: Rows = np.full(height, -1, np.int64)
        self.causes: list[tuple[str | None, str, str]] = []

    def add(self, rows: pl.Series, column: str | None, rule: str, reason: str) -> None:
        """These rows have this fault, unless they have one already."""
        fresh = rows.to_numpy()
        fresh = fresh[self.at[fresh] < 0]
        if fresh.size:
            self.at[fresh] = len(self.causes)
            self.causes.append((column, rule, reason))


class _Issues(NamedTuple):
    """Values of one column that became null: the flaws, and the texts."""

    column: str | None
    flaws: pl.DataFrame
    texts: pl.Series


def _judge(reader: _ColumnReader, texts: pl.Series, read: Read, faults: _Faults) -> _Issues | None:
    """Quarantine what is required and not there; return what is wrong and may be missing."""
    flaws = read.flaws
    if reader.required and read.values.null_count():
        for verdict, reason in flaws.select("verdict", "reason").unique().sort("verdict", "reason").rows():
            found = flaws.filter((pl.col("verdict") == verdict) & (pl.col("reason") == reason))
            faults.add(found["row"], reader.label, "invalid" if verdict == "invalid" else "required", reason)
        faults.add(read.values.is_null().arg_true(), reader.label, "required", "required, and empty")
        return None
    return _Issues(reader.label, flaws, texts.gather(flaws["row"])) if flaws.height else None


def _issue_frame(issues: list[_Issues], rows: pl.Series, kept: NDArray[np.bool_]) -> pl.DataFrame:
    """All issues of the block's kept rows: row, column, verdict, reason, raw. Sorted by row, then column order."""
    is_kept = pl.Series(kept)
    parts = [
        pl.DataFrame(
            {
                "row": rows.gather(found.flaws["row"]),
                "column": pl.Series([found.column], dtype=pl.String).new_from_index(0, found.flaws.height),
                "verdict": found.flaws["verdict"],
                "reason": found.flaws["reason"],
                "raw": found.texts.cast(pl.String),
            }
        ).filter(is_kept.gather(found.flaws["row"]))
        for found in issues
    ]
    schema = {"row": pl.Int64(), **dict.fromkeys(("column", "verdict", "reason", "raw"), pl.String())}
    return pl.concat(parts).sort("row", maintain_order=True) if parts else pl.DataFrame(schema=schema)


def _nulls(length: int, dtype: pl.DataType | None = None) -> pl.Series:
    return pl.Series([None], dtype=dtype or pl.String()).new_from_index(0, length)


def _currency(reader: _ColumnReader, block: pl.DataFrame, texts: pl.Series | None, height: int) -> pl.Series:
    if reader.source is None and reader.constant is None:
        return _nulls(height)
    if reader.currency_source is not None:
        return currency_code(as_text(block[reader.currency_source]))
    if reader.currency is None and texts is not None and texts.dtype == pl.String:
        return currency_code(texts)
    return pl.Series([reader.currency], dtype=pl.String()).new_from_index(0, height)
