"""
Columns that a file does not have and a source makes from those it has: expressions and choices over its texts.

An expression sees the texts as people read them: trimmed, null where empty. Where it asks for a number, the
text is read as the field type `number` reads it, and a text that is none is an issue of its column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from cdptool.errors import ConfigError, Finding
from cdptool.fields import FieldOptions, FieldReader, field_type
from cdptool.rules import (
    ColumnExpression,
    Node,
    column_choice,
    column_condition,
    column_expression,
    columns_named,
    parse,
)
from cdptool.rules.columns import NUMBER, TEXT
from cdptool.sources.judging import Flawed
from cdptool.sources.spec import Expression, Mapped, SourceSpec
from cdptool.sources.texts import as_readable, as_text, key_text

_HEIGHT = "#"


@dataclass(frozen=True, slots=True)
class Derived:
    """One column made from the file's: what it reads of a block, and how."""

    compiled: ColumnExpression
    sources: Mapping[str, str]  # the file's column → its name in the block
    readers: Mapping[str, FieldReader]  # of the columns that are read as numbers

    def read(self, block: pl.DataFrame, flawed: list[Flawed]) -> pl.Series:
        """The column for a block; texts that were to be numbers and are none are added to `flawed`."""
        columns = {_HEIGHT: pl.Series([None]).new_from_index(0, block.height)}
        for name in self.compiled.texts:
            columns[TEXT + name] = key_text(as_text(block[self.sources[name]]))
        for name, reader in self.readers.items():
            texts = as_readable(block[self.sources[name]], reader.type)
            columns[NUMBER + name] = texts
            if texts.dtype == pl.String:
                read = reader.read(texts)
                columns[NUMBER + name] = read.values
                if read.flaws.height:
                    flawed.append(Flawed(name, read.flaws, texts.gather(read.flaws["row"])))
        frame = pl.DataFrame({name: column.alias(name) for name, column in columns.items()})
        made = frame.select(self.compiled.value.alias("made"))["made"]
        # What depends on no column, or is found not to (`default(10, qty)`), comes as one value.
        return made if len(made) == block.height else made.new_from_index(0, block.height)


def derived(
    compiled: ColumnExpression, index: Mapping[str, str], decimal: Literal[".", ","] = "."
) -> Derived:
    """A compiled expression bound to the columns of blocks; `index` says what the file's columns are called there."""
    kind, options = field_type("number"), FieldOptions(decimal=decimal)
    readers = {name: FieldReader(kind, options) for name in compiled.numbers}
    return Derived(compiled, {name: index[name] for name in (*compiled.texts, *compiled.numbers)}, readers)


def compiled_column(mapped: Mapped, names: Sequence[str] | None = None) -> ColumnExpression | None:
    """
    The expression or choice that a column is made by; None where it is neither.

    Raises:
        ConfigError: It does not pass its checks, or names what the file does not have.
    """
    if mapped.expr is not None:
        return column_expression(_node(mapped.expr), names)
    if mapped.first:
        return column_choice([(label, _node(line)) for label, line in mapped.first], names)
    return None


def compiled_filter(line: Expression, names: Sequence[str] | None = None) -> ColumnExpression:
    """
    A condition over the rows of a file.

    Raises:
        ConfigError: It does not pass its checks, or names what the file does not have.
    """
    return column_condition(_node(line), names)


def mapped_of(spec: SourceSpec) -> Iterator[Mapped]:
    """Everything that a source maps: its time, its version, whose the row is, and its columns."""
    by = spec.corrections.by if spec.corrections else None
    yield from (mapped for mapped in (spec.at, by) if mapped is not None)
    yield from (*spec.identifiers, *spec.columns)


def expressions_of(spec: SourceSpec) -> Iterator[Expression]:
    """Every expression of a source."""
    yield from (line for line in (spec.only, spec.deletes) if line is not None)
    for mapped in mapped_of(spec):
        if mapped.expr is not None:
            yield mapped.expr
        yield from (line for _, line in mapped.first)


def expression_columns(spec: SourceSpec) -> set[str]:
    """The columns of the file that expressions of the source name."""
    return {name for line in expressions_of(spec) for name in columns_named(_node(line))}


def refuse_unknown(spec: SourceSpec, names: Sequence[str]) -> ConfigError | None:
    """What the expressions of a source name and the file does not have: everything at once, or None."""
    findings: list[Finding] = []
    for line in expressions_of(spec):
        try:
            column_expression(_node(line), names)
        except ConfigError as error:
            findings += error.findings
    return ConfigError(*findings) if findings else None


def _node(line: Expression) -> Node:
    return parse(line.text, line.place, names_columns=True)
