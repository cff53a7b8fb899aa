"""
NDJSON at pyarrow's speed with the texts as written: numbers are put into quotes before the parser sees them.

One pass of a regular expression that knows strings quotes every number, `true` and `false` outside of them; the
parser then reads texts, lists and objects only, refuses repeated keys, and says on which row it stumbled. Such
rows are left to the exact reader, the others hold what it would have read: each line begins with `{` and ends
with `}` and there are as many rows as lines, so no line is two rows and no row two lines.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.sources.json_values import JsonPath

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

PART: Final = 1 << 20  # bytes tried at once
LEAST = 64 << 10  # below this it is not worth loading the parser
_MOST_STUMBLES: Final = 8  # rows left to the exact reader before the whole part is
_MOST_IN_VAIN: Final = 4  # parts given up in a row before nothing is tried any more
_DEEPEST: Final = 200  # brackets on one line: the parser calls itself for each that is open, without a limit
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false"
# What is neither string nor number, then: a number as a key, a number, or a sign that can only be wrong. The first
# and the last get an empty string before them, which no parser accepts there.
_SCALAR: Final = (
    r'((?:[^"\-0-9tf]|"(?:[^"\\\n]|\\[^\n])*")*)'
    rf'(?:((?:{_NUMBER})[ \t\r\n]*:)|({_NUMBER})|([\-tf"])|$)'
)
_ROW: Final = re.compile(r"in row (\d+)$")


@dataclass(frozen=True, slots=True)
class ReadPart:
    """The rows of a part that were read at once: their columns, their lines (from 0), and the lines left over."""

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    left: NDArray[np.int64]
    seen: tuple[str, ...]


@dataclass(slots=True)
class VectorReader:
    """Reads parts of one file: remembers the types of its fields, and whether trying is worth it."""

    paths: dict[str, JsonPath]
    _schema: Any = None
    _n_in_vain: int = field(default=0)

    def read(self, part: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> ReadPart | None:
        """
        Read lines that are not blank; None where they are better read one by one.

        Args:
            part: Whole lines, UTF-8.
            starts: Where each of the lines begins.
            ends: Where each ends, before its line end.
        """
        if self._n_in_vain >= _MOST_IN_VAIN or not starts.size or len(part) < LEAST:
            return None
        found = self._read(part, starts, ends)
        self._n_in_vain = 0 if found is not None else self._n_in_vain + 1
        return found

    def _read(self, part: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> ReadPart | None:
        data = np.frombuffer(part, np.uint8)
        if b"\0" in part or (_depths(data, starts) > _DEEPEST).any():
            return None
        is_whole = (data[starts] == 0x7B) & (data[ends - 1] == 0x7D)
        lines, numbers = _lines(_quoted(part)), np.flatnonzero(is_whole)
        if len(lines) != starts.size:
            return None
        for _ in range(_MOST_STUMBLES):
            if not numbers.size:
                return None
            table, stumble = self._parsed([lines[i] for i in numbers.tolist()])
            if stumble is not None:
                if stumble >= numbers.size:
                    return None
                numbers = np.delete(numbers, stumble)
                continue
            if table is None or table.num_rows != numbers.size:
                return None
            columns = self._columns(table)
            if columns is None:
                return None
            left = np.setdiff1d(np.arange(starts.size), numbers)
            return ReadPart(columns[0], numbers, left, columns[1])
        return None

    def _parsed(self, lines: list[bytes]) -> tuple[Any, int | None]:
        """The table of the lines, or the number of the first that is refused."""
        import pyarrow as pa
        import pyarrow.json as pj

        body = b"\n".join(lines) + b"\n"
        reading = pj.ReadOptions(use_threads=False, block_size=len(body) + 1)
        for _ in range(2):
            parsing = pj.ParseOptions(explicit_schema=self._schema, unexpected_field_behavior="infer")
            try:
                table = pj.read_json(io.BytesIO(body), read_options=reading, parse_options=parsing)
            except pa.ArrowException as error:
                row = _ROW.search(str(error))
                return None, int(row[1]) if row else len(lines)
            if any(_has_bare_value(each.type) for each in table.schema):
                return None, None
            self._schema = pa.schema(_as_texts(table.schema))
            if all(_is_text(each.type) for each in table.schema):
                return table, None
        return None, None

    def _columns(self, table: Any) -> tuple[pl.DataFrame, tuple[str, ...]] | None:
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        if frame.height != table.num_rows:  # rows without any field
            return None
        columns, seen = [], []
        for position, path in self.paths.items():
            found = _expression(path, frame.schema)
            if found is None:
                return None
            expression, is_seen = found
            columns.append(expression.cast(pl.String).alias(position))
            seen += [position] if is_seen else []
        return frame.with_columns(columns).select(*self.paths), tuple(seen)


def _quoted(part: bytes) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.array([part], pa.large_binary())
    found: bytes = pc.replace_substring_regex(text, _SCALAR, r'\1"\3"\2\4')[0].as_py()
    return found


def _lines(quoted: bytes) -> list[bytes]:
    lines = quoted.split(b"\n")
    lines.pop()  # an empty string from the end of the text
    return [line for line in lines if line.strip(b" \t\r")]


def _depths(data: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many brackets each line opens."""
    counts: NDArray[np.int64] = np.add.reduceat(((data | 0x20) == 0x7B).astype(np.int64), starts)
    return counts


def _is_text(kind: Any) -> bool:
    """Whether a type holds texts, nulls, and lists and objects of them."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return all(_is_text(each.type) for each in kind)
    if pa.types.is_list(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_null(kind))


def _as_texts(fields: Any) -> list[Any]:
    """The fields with texts where the parser took a text for a time, without what is null so far."""
    import pyarrow as pa

    kinds = [(each.name, _text_type(each.type)) for each in fields]
    return [pa.field(name, kind) for name, kind in kinds if kind is not None]


def _text_type(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        fields = _as_texts(kind)
        return pa.struct(fields) if fields else None
    if pa.types.is_list(kind):
        inner = _text_type(kind.value_type)
        return None if inner is None else pa.list_(inner)
    return None if pa.types.is_null(kind) else pa.string()


def _has_bare_value(kind: Any) -> bool:
    """Whether there is a number or truth value that was not in quotes, such as NaN."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return any(_has_bare_value(each.type) for each in kind)
    if pa.types.is_list(kind):
        return _has_bare_value(kind.value_type)
    return not (pa.types.is_string(kind) or pa.types.is_null(kind) or pa.types.is_timestamp(kind))


def _expression(path: JsonPath, schema: pl.Schema) -> tuple[pl.Expr, bool] | None:
    """What leads to a column and whether it occurs; None where the exact reader must see the rows."""
    nothing = pl.lit(None, pl.String)
    if path.name in schema:
        is_path_too = len(path.steps) > 1 and path.steps[0] in schema
        is_plain = schema[path.name] in (pl.String, pl.Null) and not is_path_too
        return (pl.col(path.name), True) if is_plain else None
    if not path.steps or path.steps[0] not in schema:
        return nothing, False
    kind: PolarsDataType = schema[str(path.steps[0])]
    expression, is_in_list = pl.col(str(path.steps[0])), False
    for step in path.steps[1:]:
        if isinstance(step, int):
            if not isinstance(kind, pl.List):
                return nothing, is_in_list
            expression, kind, is_in_list = expression.list.get(step, null_on_oob=True), kind.inner, True
        elif isinstance(kind, pl.Struct) and any(each.name == step for each in kind.fields):
            expression = expression.struct.field(step)
            kind = next(each.dtype for each in kind.fields if each.name == step)
        else:
            return nothing, is_in_list
    return (expression, True) if kind in (pl.String, pl.Null) else None
