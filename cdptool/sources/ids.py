"""
How the rows of a file get their ids: from their key, or from what they say and which copy of it they are.

File and line are never part of an id, so the same export in another order or another file makes the same rows.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.sources.mapping import AT, KEY, WHO, Filled
from cdptool.sources.spec import SourceSpec
from cdptool.tables import hash63

_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)
_CHECK_SEED = 20_260_301


def printed_ids(ids: pl.Series, prefix: str) -> pl.Series:
    """
    `tables.printed_id` of a whole column.

    >>> from cdptool.tables import printed_id
    >>> printed_ids(pl.Series([1, 2**62]), "r").to_list() == [printed_id(1, "r"), printed_id(2**62, "r")]
    True
    """
    bits = ids.to_numpy().astype(np.uint64)
    letters = np.empty((len(bits), 13), np.uint8)
    for i in range(12):
        letters[:, i] = _ALPHABET[(bits >> np.uint64(59 - 5 * i)) & np.uint64(31)]
    letters[:, 12] = _ALPHABET[(bits << np.uint64(1)) & np.uint64(31)]
    texts = pl.Series(letters.view("S13").ravel().tolist(), dtype=pl.Binary).cast(pl.String)
    return pl.select(pl.lit(f"{prefix}_") + texts).to_series().alias("printed")


@lru_cache(maxsize=32)  # building a hash expression costs as much as hashing some ten thousand values
def content(spec: SourceSpec, filled: Filled) -> pl.Expr:
    """The hash of what a row says: its source, and the canonical values of these columns under their names."""
    what = "\x1f".join(("content", spec.name, *filled.varying, *filled.fixed))  # hashed per row: so only once
    return hash63(what, *(pl.col(name) for name in filled.varying)).alias("content")


def record_rows(rows: pl.DataFrame, spec: SourceSpec, filled: Filled) -> pl.DataFrame:
    """
    The rows of a source that feeds records, with `source_key`, `record_id`, `observed_at` and `content`.

    Without a key, `source_key` is the printed content hash; `copy_keys` changes it for further copies.
    """
    rows = rows.with_columns(content(spec, filled), observed_at=pl.col(AT))
    if spec.key:
        parts = (pl.col(f"{KEY}{i}").fill_null("") for i in range(len(spec.key)))
        rows = rows.with_columns(source_key=pl.concat_str(parts, separator="|"))
    else:
        rows = rows.with_columns(printed_ids(rows["content"], "r").alias("source_key"))
    return rows.with_columns(record_id(spec))


@lru_cache(maxsize=32)
def record_id(spec: SourceSpec) -> pl.Expr:
    """The id of a record, from its `source_key`."""
    return hash63("record", spec.name, pl.col("source_key")).alias("record_id")


def stream_rows(rows: pl.DataFrame, spec: SourceSpec, filled: Filled) -> pl.DataFrame:
    """The rows of a source that feeds a stream, with `record_id` (null where nobody is named), `content`, `event_id`."""
    said = filled._replace(varying=("record_id", *(n for n in filled.varying if not n.startswith(WHO))))
    rows = rows.with_columns(_made_record(spec)).with_columns(content(spec, said))
    return rows.with_columns(_event_id(spec))


@lru_cache(maxsize=32)
def _made_record(spec: SourceSpec) -> pl.Expr:
    """The id of the record that a row's identifiers make."""
    names = [identifier.name for identifier in spec.identifiers]
    if not names:
        return pl.lit(None, pl.Int64).alias("record_id")
    who = [pl.col(WHO + name) for name in names]
    is_somebody = pl.any_horizontal(column.is_not_null() for column in who)
    made = hash63("\x1f".join(("ids", spec.name, *names)), *who)
    return pl.when(is_somebody).then(made).alias("record_id")


@lru_cache(maxsize=32)
def _event_id(spec: SourceSpec) -> pl.Expr:
    if not spec.key:
        return pl.col("content").alias("event_id")
    keys = (pl.col(f"{KEY}{i}") for i in range(len(spec.key)))
    return hash63("event", spec.name, *keys).alias("event_id")


def table_rows(rows: pl.DataFrame, spec: SourceSpec, filled: Filled, key: str) -> pl.DataFrame:
    """The rows of a source that feeds a table, with `key_id` and `content` beside them."""
    key_id = hash63("table", spec.name, pl.col(key).cast(pl.String)).alias("key_id")
    return rows.with_columns(content(spec, filled), key_id)


def copy_ids(contents: pl.Series, copies: pl.Series) -> pl.Series:
    """The event ids of further identical copies: copy 0 keeps the content hash."""
    frame = pl.DataFrame({"content": contents, "n": copies})
    further = hash63("copy", pl.col("content"), pl.col("n"))
    return frame.select(pl.when(pl.col("n") == 0).then("content").otherwise(further).alias("id")).to_series()


def copy_keys(contents: pl.Series, copies: pl.Series) -> pl.Series:
    """
    The source keys of identical records without a key: the printed content hash, then `.2`, `.3` for copies.

    >>> copy_keys(pl.Series([1, 1]), pl.Series([0, 1])).to_list()
    ['r_aaaaaaaaaaaac', 'r_aaaaaaaaaaaac.2']
    """
    frame = pl.DataFrame({"printed": printed_ids(contents, "r"), "n": copies})
    numbered = pl.format("{}.{}", "printed", pl.col("n") + 1)
    return frame.select(
        pl.when(pl.col("n") == 0).then("printed").otherwise(numbered).alias("source_key")
    ).to_series()


def key_checks(rows: pl.DataFrame, spec: SourceSpec) -> NDArray[np.uint32] | None:
    """A second hash of each row's key, independent of the id: two keys with one id differ here. None without key."""
    if not spec.key:
        return None
    check = np.zeros(rows.height, np.uint64)
    for i in range(len(spec.key)):
        hashes = rows[f"{KEY}{i}"].hash(_CHECK_SEED + i).to_numpy()
        check = check * np.uint64(0x9E37_79B9_7F4A_7C15) + hashes
    return (check >> np.uint64(32)).astype(np.uint32)


def minimal_records(rows: pl.DataFrame, spec: SourceSpec) -> pl.DataFrame:
    """
    The records that rows of a stream make: their identifiers and nothing else.

    Args:
        rows: Rows of a stream with identifiers, one per `record_id`.
        spec: Their source.

    Returns:
        `record_id`, `source_key`, `content`, the identifier fields, and `row`, in the same order.
    """
    names = [identifier.name for identifier in spec.identifiers]
    cited = [m.name for m in spec.identifiers if m.type == "identifier"]
    fields = (pl.col(WHO + name).alias(name) for name in names)
    records = rows.select("record_id", "row", *fields)
    printed = printed_ids(records["record_id"], "r")
    if cited:
        parts = [pl.concat_str(pl.lit(f"{name}="), pl.col(name)) for name in cited]
        joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
        key = (
            pl.when(pl.any_horizontal(pl.col(name).is_not_null() for name in cited))
            .then(joined)
            .otherwise(printed)
        )
    else:
        key = pl.lit(printed)
    return records.with_columns(key.alias("source_key"), content(spec, Filled(tuple(names))))
