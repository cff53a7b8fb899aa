"""
From the columns of a file to ours: each mapped column read by its field type, bad rows set aside with reasons.

A value that is empty or wrong where it is required quarantines the row, by its first fault. Elsewhere it
becomes null and an issue row keeps the text. Nothing here knows whether the texts came from CSV or Parquet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl

from cdptool.errors import Finding, Place, SourceError
from cdptool.fields import FieldOptions, FieldReader, field_type
from cdptool.sources.column_readers import ColumnReader
from cdptool.sources.expressions import (
    Derived,
    compiled_column,
    compiled_filter,
    derived,
    expression_columns,
    mapped_of,
    refuse_unknown,
)
from cdptool.sources.judging import Faults, Flawed, QuarantinedRows, Rows, issue_frame, judge
from cdptool.sources.raw import RawForm
from cdptool.sources.spec import Expression, Mapped, ReadContext, SourceSpec
from cdptool.sources.texts import as_text, key_text, without_empty_texts
from cdptool.sources.unpivot import RawOf, is_pattern, unpivot_findings, unpivoting
from cdptool.tables import Column, StreamSchema, TableSchema

AT = "at"
_ISO_CELLS = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S%.fZ",
)
KEY = "key:"  # key columns of the file, as text
WHO = "who:"  # identifiers of a stream row
DELETED = "is_deleted"
VERSION = "version:"  # what says which of two rows of a key is newer
FILE_NAME = "file.name"  # what a source may name like a column: the name of the file, without its folders


class Chosen(NamedTuple):
    """
    The rows of a block that are of a source, as a block again.

    `n_rows` is how many rows the source counts as read, of which `n_excluded` are not its own.
    """

    frame: pl.DataFrame
    lines: Rows
    raw: RawOf | None
    n_rows: int
    n_excluded: int


class Typed(NamedTuple):
    """A block after reading: `rows` (canonical columns and `row`), what was set aside, and the issues."""

    rows: pl.DataFrame
    quarantined: QuarantinedRows
    issues: pl.DataFrame


class Filled(NamedTuple):
    """The columns that a source fills: those that vary by row, and the constants as `name=value`."""

    varying: tuple[str, ...]
    fixed: tuple[str, ...] = ()


class Mapper:
    """Maps the blocks of one file, in order. Field readers remember what was dear to read."""

    def __init__(
        self,
        spec: SourceSpec,
        context: ReadContext,
        raw: RawForm,
        *,
        is_mixed: bool = False,
    ) -> None:
        self._spec, self._raw, names = spec, raw, raw.names
        self._place = Place(context.shown_path)
        self._n_columns = len(names)
        self._refuse_missing(names)
        self._names = (*names, *_made(spec, names))
        self._index = {name: str(i) for i, name in enumerate(self._names)}
        self._unpivot = unpivoting(spec.unpivot, self._index) if spec.unpivot else None
        self._context = context
        self._is_mixed = is_mixed
        self._readers = tuple(self._all_readers())
        self._keys = tuple(self._index[name] for name in spec.key)
        self._only = self._condition(spec.only)
        self._deletes = self._condition(spec.deletes)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file's blocks that are read at all."""
        sources = self._unpivot.sources if self._unpivot else ()
        return tuple(sorted({*self._kept, *sources}, key=int))

    @property
    def _kept(self) -> tuple[str, ...]:
        """The columns of the file's blocks that the rows still have when wide ones were made long."""
        return tuple(name for name in self._used if int(name) < self._n_columns)

    @property
    def _used(self) -> tuple[str, ...]:
        found = set(self._keys).union(*(reader.needed for reader in self._readers))
        for condition in (self._only, self._deletes):
            found |= set(condition.sources.values()) if condition else set()
        return tuple(sorted(found, key=int))

    @property
    def filled(self) -> Filled:
        """The columns that the source fills, in order: what a row's content is made of."""
        varying, fixed = [], []
        for reader in self._readers:
            if reader.constant is not None:
                fixed.append(f"{reader.name}={reader.constant[0]}")
            elif reader.is_filled:
                varying.append(reader.name)
            else:
                continue
            if reader.has_currency and reader.currency is not None:
                fixed.append(f"{reader.name}_currency={reader.currency}")
            elif reader.has_currency:
                varying.append(f"{reader.name}_currency")
        if self._deletes is not None:
            varying.append(DELETED)
        return Filled(tuple(varying), tuple(fixed))

    def schema(self) -> dict[str, pl.DataType]:
        """The columns of `Typed.rows`, in order."""
        schema: dict[str, pl.DataType] = {"row": pl.Int64()}
        for reader in self._readers:
            schema[reader.name] = reader.kind.dtype
            if reader.has_currency:
                schema[f"{reader.name}_currency"] = pl.String()
        if self._deletes is not None:
            schema[DELETED] = pl.Boolean()
        return schema | {f"{KEY}{i}": pl.String() for i in range(len(self._keys))}

    def chosen(self, block: pl.DataFrame, lines: Rows, raw: RawOf | None = None) -> Chosen:
        """The rows of a block that are of this source, with the lines and the bytes they came from."""
        n_rows = len(lines)
        if self._unpivot is not None:
            n_rows *= len(self._unpivot.sources)
            raw = partial(_written, self._raw, block) if raw is None else raw
            block, lines, raw = self._unpivot.apply(block, lines, raw, self._kept)
        if FILE_NAME in self._names[self._n_columns :]:
            name = pl.lit(self._context.shown_path.replace("\\", "/").rpartition("/")[2])
            block = block.with_columns(name.alias(self._index[FILE_NAME]))
        if self._only is not None:
            is_mine = self._only.read(block, []).fill_null(False)
            at = is_mine.arg_true().to_numpy()
            block, lines, raw = block.filter(is_mine), lines[at], _raw_at(raw, at)
        return Chosen(block, lines, raw, n_rows, n_rows - len(lines))

    def read(self, block: pl.DataFrame, lines: Rows, raw: RawOf | None = None) -> Typed:
        """
        Read a block: columns `0`, `1`, … as in the file, and the provenance row of each of its rows.

        `raw` gives the bytes of a row by its place in the block; None = those of its fields.
        """
        block = without_empty_texts(block, self._used)
        columns: dict[str, pl.Series] = {"row": pl.Series(lines, dtype=pl.Int64)}
        faults = Faults(len(lines))
        issues: list[Flawed] = []
        for reader in self._readers:
            cells = reader.read(block, faults)
            columns[reader.name] = cells.values
            if reader.has_currency:
                columns[f"{reader.name}_currency"] = reader.currency_of(block, cells.texts)
            if cells.flawed or reader.required:
                issues += judge(reader.label, cells.values, cells.flawed, faults, required=reader.required)
        if self._deletes is not None:
            columns[DELETED] = self._deletes.read(block, []).fill_null(False)
            faults.forgive(columns[DELETED].arg_true(), self._label_of_time)  # key and time say it all
        for i, name in enumerate(self._keys):
            columns[f"{KEY}{i}"] = self._key_column(block, name, columns)
        frame = pl.DataFrame({name: column.alias(name) for name, column in columns.items()})
        if self._keys:
            is_empty = frame.select(
                pl.all_horizontal(pl.col(f"{KEY}{i}").is_null() for i in range(len(self._keys)))
            )
            faults.add(is_empty.to_series().arg_true(), ", ".join(self._spec.key), "key", "the key is empty")
        written = block.select(name for name in block.columns if int(name) < self._n_columns)
        raws = partial(self._raw.write, written) if raw is None else partial(map, raw)
        return self._typed(raws, frame, faults, issues)

    def _key_column(self, block: pl.DataFrame, name: str, columns: dict[str, pl.Series]) -> pl.Series:
        """The key's text: as an identifier of ours has it where all are valid, which is the same text."""
        for reader in self._readers:
            if reader.source == name and reader.is_plain and reader.kind.name == "identifier":
                values = columns[reader.name]
                if not values.null_count():
                    return values
        return key_text(as_text(block[name]))

    def _typed(
        self,
        raws: Callable[[Rows], Iterator[bytes]],
        frame: pl.DataFrame,
        faults: Faults,
        issues: list[Flawed],
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
        return Typed(kept, quarantined, issue_frame(issues, frame["row"], faults.at < 0))

    def _condition(self, line: Expression | None) -> Derived | None:
        if line is None:
            return None
        return derived(compiled_filter(line, self._names), self._index)

    def _all_readers(self) -> Iterator[ColumnReader]:
        spec, context = self._spec, self._context
        if spec.feeds != "table":
            at = spec.at or Mapped(AT, "datetime")
            yield self._column_reader(replace(at, name=AT), "datetime")
        if spec.corrections and spec.corrections.by:
            yield self._column_reader(replace(spec.corrections.by, name=VERSION), spec.corrections.by.type)
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

    def _column_reader(self, mapped: Mapped, type_name: str) -> ColumnReader:
        kind = field_type(type_name)
        currency = mapped.currency or (None if mapped.currency_from else self._context.currency)
        options = FieldOptions(
            region=mapped.region or self._context.region or "VN",
            tz=mapped.tz or self._context.tz,
            formats=(*mapped.format, *_ISO_CELLS) if mapped.format and self._is_mixed else mapped.format,
            currency=currency,
            decimal="." if self._is_mixed or mapped.expr else mapped.decimal,
        )
        constant = None
        if mapped.value is not None:
            constant = kind.read(pl.Series([mapped.value]), options).values
            if constant[0] is None:
                raise SourceError(
                    f"the constant of `{mapped.name}` is no valid {kind.name}", place=mapped.place
                )
        compiled = compiled_column(mapped, self._names)
        return ColumnReader(
            name=mapped.name,
            label=mapped.name if compiled else mapped.column,
            kind=kind,
            reader=FieldReader(kind, options),
            typed_reader=FieldReader(kind, replace(options, formats=(), decimal=".")),
            source=None if mapped.column is None or constant is not None else self._index[mapped.column],
            fallbacks=tuple((name, self._index[name]) for name in mapped.fallbacks),
            derived=None if compiled is None else derived(compiled, self._index, mapped.decimal),
            listed=mapped.values,
            otherwise=mapped.otherwise,
            required=mapped.required,
            constant=constant,
            currency=currency,
            currency_source=self._index[mapped.currency_from] if mapped.currency_from else None,
            part=mapped.part,
        )

    @property
    def _label_of_time(self) -> str | None:
        return next((reader.label for reader in self._readers if reader.name == AT), None)

    def _refuse_missing(self, names: Sequence[str]) -> None:
        """Name every declared column that the file lacks, all at once."""
        unpivot = self._spec.unpivot
        unknown = refuse_unknown(self._spec, (*names, *_made(self._spec, names)))
        findings = [] if unknown is None else list(unknown.findings)
        if unpivot:
            findings += unpivot_findings(unpivot, names, self._place)
        needed = _mapped_columns(self._spec)
        # A first row that knows none of them may be a customer: what stands there is not told.
        told = (
            f"it has {', '.join(f'`{n}`' for n in names[:12])}"
            if self._spec.query is not None or needed_columns(self._spec) & set(names)
            else "its first row names no declared column: is that the header, in this dialect?"
        )
        for name in sorted(needed):
            if name not in names:
                near = get_close_matches(name, names, n=1, cutoff=0.6)
                hint = f"did you mean `{near[0]}`?" if near else told
                findings.append(Finding(f"column `{name}` is missing", self._place, hint))
        if findings:
            raise SourceError(*findings)


def _raw_at(raw: RawOf | None, at: Rows) -> RawOf | None:
    """The bytes of rows that stand at these places of a block."""
    return None if raw is None else lambda row: raw(int(at[row]))


def _written(form: RawForm, block: pl.DataFrame, row: int) -> bytes:
    return next(form.write(block, np.array([row])))


def _made(spec: SourceSpec, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The columns that a source names beside those of the file, whose columns are `names`."""
    made = (spec.unpivot.name_to, spec.unpivot.value_to) if spec.unpivot else ()
    names_file = FILE_NAME in _named_columns(spec) | expression_columns(spec) and FILE_NAME not in names
    return (*made, FILE_NAME) if names_file else made


def needed_columns(spec: SourceSpec) -> set[str]:
    """The columns of the file that the source names, in expressions too."""
    return _mapped_columns(spec) | (expression_columns(spec) - set(_made(spec)))


def _mapped_columns(spec: SourceSpec) -> set[str]:
    """The columns of the file that the source names outside of expressions."""
    wide = {name for name in spec.unpivot.columns if not is_pattern(name)} if spec.unpivot else set()
    return (_named_columns(spec) | wide) - set(_made(spec))


def _named_columns(spec: SourceSpec) -> set[str]:
    mapped = tuple(mapped_of(spec))
    named = {m.column for m in mapped if m.value is None} | {m.currency_from for m in mapped}
    named |= {name for m in mapped for name in m.fallbacks}
    return {name for name in named if name is not None} | set(spec.key)


def target_columns(spec: SourceSpec, context: ReadContext) -> tuple[Column, ...]:
    """The declared columns of the table that the source feeds."""
    if spec.feeds == "records":
        return context.profile_fields
    assert isinstance(context.target, StreamSchema | TableSchema)
    return context.target.columns
