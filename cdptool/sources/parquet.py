"""Parquet files as blocks of columns: only what is mapped is read, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from cdptool.errors import Place, SourceError
from cdptool.sources.sniff import unique_names
from cdptool.sources.texts import is_supported

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class ParquetSource:
    """An open Parquet file: its column names, made unique, in order."""

    names: tuple[str, ...]
    notes: tuple[str, ...]
    file: pq.ParquetFile
    place: Place

    def nested(self) -> tuple[int, ...]:
        """Which columns, by position from 0, hold lists or structs."""
        return nested_columns(self.file.schema_arrow)

    def batches(self, needed: tuple[str, ...]) -> Iterator[pl.DataFrame]:
        """
        The rows in order, columns named by their position as text (`0`, `1`, …).

        Raises:
            SourceError: A needed column holds lists or structs, or the file is damaged.
        """
        import pyarrow as pa

        refuse_nested(self.file.schema_arrow, self.names, needed, self.place)
        columns = [self.file.schema_arrow.names[int(i)] for i in needed]
        with reading(self.place, "Parquet"):
            for batch in self.file.iter_batches(batch_size=BATCH_ROWS, columns=columns):
                batch.validate(full=True)  # texts that are not UTF-8 would spoil what is staged
                by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
                # Without the fields' metadata, at whose damage Polars panics.
                frame = pl.from_arrow(pa.table([by_name[name] for name in columns], names=list(needed)))
                assert isinstance(frame, pl.DataFrame)
                yield frame


def nested_columns(schema: Any) -> tuple[int, ...]:
    """Which columns of an Arrow schema, by position from 0, hold more than one value per row."""
    import pyarrow as pa

    fields = [(str(i), kind) for i, kind in enumerate(schema.types)]  # without metadata, as above
    empty = pl.from_arrow(pa.schema(fields).empty_table())
    assert isinstance(empty, pl.DataFrame)
    return tuple(i for i, dtype in enumerate(empty.dtypes) if not is_supported(dtype))


def refuse_nested(schema: Any, names: tuple[str, ...], needed: tuple[str, ...], place: Place) -> None:
    """
    Refuse needed columns of an Arrow schema that hold more than one value per row.

    Raises:
        SourceError: With their names.
    """
    nested = [names[i] for i in nested_columns(schema) if str(i) in needed]
    if nested:
        raise SourceError(
            f"column{'s' * (len(nested) > 1)} {', '.join(f'`{n}`' for n in nested)} hold lists or structs",
            place=place,
            hint="map columns with one value per row; flatten the others when exporting",
        )


def open_parquet(path: str, place: Place) -> ParquetSource:
    """
    Open a Parquet file.

    Raises:
        SourceError: It is truncated or not Parquet.
    """
    import pyarrow.parquet as pq  # 0.2 s of CPU that CSV files need not pay

    notes: list[str] = ["parquet"]
    with reading(place, "Parquet"):
        file = pq.ParquetFile(path)
        return ParquetSource(unique_names(list(file.schema_arrow.names), notes), tuple(notes), file, place)


@contextmanager
def reading(place: Place, form: str) -> Iterator[None]:
    """
    What pyarrow refuses inside the block is told in our words: its own may quote cells.

    Raises:
        SourceError: In the place of what it raises.
    """
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        is_missing = isinstance(error, FileNotFoundError)
        problem = "no such file" if is_missing else f"the {form} file is damaged or truncated"
        raise SourceError(problem, place=place, hint="export or copy it again") from None
