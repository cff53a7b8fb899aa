"""Arrow IPC files and streams (Feather): a record batch at a time, checked before anything trusts its offsets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from cdptool.errors import Place
from cdptool.sources.parquet import BATCH_ROWS, nested_columns, reading, refuse_nested
from cdptool.sources.sniff import unique_names

FILE: Final = b"ARROW1\0\0"
STREAM: Final = b"\xff\xff\xff\xff"
_END: Final = b"\xff\xff\xff\xff\0\0\0\0"  # of a stream that was written to its end


def is_arrow(head: bytes) -> bool:
    """Whether a file that begins so is an Arrow file or stream."""
    size = int.from_bytes(head[4:8], "little", signed=True)
    return head.startswith(FILE) or (head.startswith(STREAM) and size > 0 and size % 8 == 0)


@dataclass(frozen=True, slots=True)
class ArrowSource:
    """An Arrow file: its column names, made unique, in order."""

    names: tuple[str, ...]
    notes: tuple[str, ...]
    path: str
    is_stream: bool
    schema: Any  # pyarrow's, which has no types
    place: Place

    def nested(self) -> tuple[int, ...]:
        """Which columns, by position from 0, hold lists or structs."""
        return nested_columns(self.schema)

    def batches(self, needed: tuple[str, ...]) -> Iterator[pl.DataFrame]:
        """
        The rows in order, columns named by their position as text (`0`, `1`, …).

        Raises:
            SourceError: A needed column holds lists or structs, or the file is damaged.
        """
        import pyarrow as pa

        refuse_nested(self.schema, self.names, needed, self.place)
        with reading(self.place, "Arrow"):
            for batch in _record_batches(self.path, self.is_stream):
                batch.validate(full=True)
                # Without the fields' metadata, at whose damage Polars panics.
                chosen = pa.table([batch.column(int(i)) for i in needed], names=list(needed))
                for offset in range(0, chosen.num_rows, BATCH_ROWS):
                    frame = pl.from_arrow(chosen.slice(offset, BATCH_ROWS))
                    assert isinstance(frame, pl.DataFrame)
                    yield frame


def open_arrow(path: str, place: Place) -> ArrowSource:
    """
    Open an Arrow IPC file or stream.

    Raises:
        SourceError: It is truncated or damaged.
    """
    import pyarrow as pa  # 0.2 s of CPU that CSV files need not pay

    with reading(place, "Arrow"), Path(path).open("rb") as file:
        is_stream = file.read(4) == STREAM
        if is_stream:
            file.seek(-len(_END), 2)
            if file.read() != _END:
                raise pa.ArrowInvalid("no end of stream")
        file.seek(0)
        schema = (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(file).schema
        names = list(schema.names)
    notes = ["arrow stream" if is_stream else "arrow"]
    return ArrowSource(unique_names(names, notes), tuple(notes), path, is_stream, schema, place)


def _record_batches(path: str, is_stream: bool) -> Iterator[Any]:
    import pyarrow as pa

    with pa.memory_map(path) as file:
        if is_stream:
            yield from pa.ipc.open_stream(file)
        else:
            reader = pa.ipc.open_file(file)
            for i in range(reader.num_record_batches):
                yield reader.get_batch(i)
