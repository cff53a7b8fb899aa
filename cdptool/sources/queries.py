"""
A query as an input: its answer becomes a file of texts, known by its content.

The answer is written to disk while it arrives, so memory is bounded, and its digest is known before a row is read.
The digest does not depend on the order of the rows, which a database need not keep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cdptool.errors import Place, SourceError
from cdptool.ids import hashes
from cdptool.sources.addresses import Address, resolve
from cdptool.sources.answers import Answer
from cdptool.sources.mysql import ask_mysql
from cdptool.sources.postgresql import ask_postgresql
from cdptool.sources.sniff import unique_names
from cdptool.sources.spec import Query
from cdptool.sources.sqlite import ask_sqlite
from cdptool.sources.watermarks import Watermark

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS: Final = 50_000  # of the file; the rows held at once


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer on disk: its digest, how many rows it has, and the greatest value of the incremental column."""

    digest: str
    n_rows: int
    newest: str | None


def query_name(source: str, query: Query) -> str:
    """
    What the workspace calls the answers of a query: the same as long as the query is.

    >>> query_name("crm", Query("sqlite:///shop.db", "select 1"))
    'query://crm/822ae07d'
    """
    return f"query://{source}/{hashlib.sha256(query.sql.encode()).hexdigest()[:8]}"


def fetch(
    query: Query, path: str, *, root: str, environment: Mapping[str, str], since: str | None = None
) -> Fetched:
    """
    Ask a database and write its answer to a Parquet file of texts, rows in the order in which they came.

    Args:
        query: What is asked, and of which database.
        path: The file to write.
        root: What the path of an SQLite file is relative to.
        environment: What `${NAME}` in the address stands for.
        since: What `:since` in an incremental query stands for; None = its `start`.

    Raises:
        SourceError: The database cannot be reached or refuses; no message holds a value or a secret.
    """
    place, incremental = query.place, query.incremental
    address = resolve(query.database, environment, place)
    given = None if incremental is None else since or incremental.start
    mark = None if incremental is None or given is None else Watermark(incremental.column, place, given)
    with _asked(address, query.sql, given, place, root) as answer:
        names = unique_names(list(answer.names), [])
        if mark is not None and mark.column not in names:
            near = get_close_matches(mark.column, names, n=1)
            hint = (
                f"did you mean `{near[0]}`?" if near else f"it has {', '.join(f'`{n}`' for n in names[:12])}"
            )
            raise SourceError(
                f"the query has no column `{mark.column}` to go on from", place=place, hint=hint
            )
        return _written(path, names, answer, mark)


def _asked(
    address: Address, sql: str, since: str | None, place: Place | None, root: str
) -> AbstractContextManager[Answer]:
    if address.kind == "sqlite":
        return ask_sqlite(address, sql, since, place, root)
    ask = ask_postgresql if address.kind == "postgresql" else ask_mysql
    return ask(address, sql, since, place)


def _written(path: str, names: tuple[str, ...], answer: Answer, mark: Watermark | None) -> Fetched:
    """Write the answer, and take its digest on the way."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in names])
    sums, n_rows = np.zeros(2, np.uint64), 0
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for table in _tables(answer, schema):
            frame = pl.from_arrow(table)
            assert isinstance(frame, pl.DataFrame)
            writer.write_table(table)
            sums += _sums(frame)
            n_rows += frame.height
            if mark is not None:
                mark.see(frame[mark.column])
    told = hashlib.sha256(repr((names, n_rows, sums.tolist())).encode()).hexdigest()
    return Fetched(told, n_rows, None if mark is None else mark.value)


def _tables(answer: Answer, schema: pa.Schema) -> Iterator[Any]:
    """The answer as tables of texts, each large enough for a group of the file."""
    import pyarrow as pa

    held: list[Any] = []
    for batch in answer.batches:
        columns = [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
        held.append(pa.record_batch(columns, schema=schema))
        if sum(len(one) for one in held) >= _GROUP_ROWS:
            yield pa.Table.from_batches(held).combine_chunks()
            held = []
    if held:
        yield pa.Table.from_batches(held).combine_chunks()


def _sums(frame: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """
    Two sums over the hashes of the rows: the same in any order.

    The hash of a row is a sum over its cells, so it is hashed once more: else cells that changed places between
    rows would go unseen.
    """
    rows = hashes(*frame.get_columns()).cast(pl.String)
    both = [hashes(text).to_numpy().view(np.uint64) for text in (rows, rows.str.reverse())]
    return np.array([words.sum(dtype=np.uint64) for words in both], np.uint64)
