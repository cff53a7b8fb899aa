"""
How ids are made and printed: 63-bit hashes that are the same in every version and on every machine.

Each value becomes a 64-bit word (texts by xxh3, whole numbers by a mixing multiplication), and the words of a
row are the digits of one number modulo 2^64. No row is put together as bytes, so hashing costs a few passes
over columns.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
import polars_hash as plh
from numpy.typing import NDArray

Words = NDArray[np.uint64]
_POSITIVE: Final = 0x7FFF_FFFF_FFFF_FFFF
_BASE: Final = np.uint64(0x9E37_79B9_7F4A_7C15)  # odd, so that a change of one word always changes the sum
_MIX: Final = (np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB))  # of splitmix64
_NULL: Final = np.uint64(0x6E75_6C6C_5F5F_5F5F)
_ALPHABET: Final = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)


def hash63(*parts: str | pl.Expr) -> pl.Expr:
    """
    A 63-bit id (Int64, >= 0) of the parts, the same in every version and on every machine.

    Parts are texts (constants) or expressions of any simple dtype; which place a part has counts. Null is told
    apart from the empty text. The result is named `id`.

    >>> pl.DataFrame({"k": ["a", None, ""]}).select(hash63("record", pl.col("k")))["id"].n_unique()
    3
    """
    seed = _seed(parts)
    columns = [part.alias(f"{i}") for i, part in enumerate(parts) if not isinstance(part, str)]
    if not columns:
        return pl.lit(seed & _POSITIVE, pl.Int64).alias("id")

    def hashed(rows: pl.Series) -> pl.Series:
        return _hashed(seed, rows.struct.unnest().get_columns())

    return pl.struct(columns).map_batches(hashed, return_dtype=pl.Int64, is_elementwise=True).alias("id")


def hashes(*parts: str | pl.Series) -> pl.Series:
    """
    `hash63` of columns at hand: what the same parts give as expressions, without the cost of a query.

    >>> k = pl.Series("k", ["a", None, ""])
    >>> hashes("record", k).to_list() == k.to_frame().select(hash63("record", pl.col("k")))["id"].to_list()
    True
    """
    return _hashed(_seed(parts), [part for part in parts if not isinstance(part, str)])


def _seed(parts: Sequence[str | pl.Expr | pl.Series]) -> int:
    """One word for the constants and their places."""
    constants = "\x1f".join(f"{i}={part}" for i, part in enumerate(parts) if isinstance(part, str))
    return int.from_bytes(hashlib.blake2b(constants.encode(), digest_size=8).digest(), "little")


def _hashed(seed: int, columns: Sequence[pl.Series]) -> pl.Series:
    texts = _words_of_texts(columns)
    total: Words = np.full(len(columns[0]), np.uint64(seed))
    for i, column in enumerate(columns):
        words = texts.get(f"{i}")
        words = _words_of_numbers(column) if words is None else words
        if column.null_count():
            words = np.where(column.is_null().to_numpy(), _NULL, words)
        total *= _BASE
        total += words
    total &= np.uint64(_POSITIVE)
    return pl.Series("id", total.view(np.int64))


def _words_of_texts(columns: Sequence[pl.Series]) -> dict[str, Words]:
    """A word per text, by the column's number; columns of numbers are left out."""
    texts = pl.DataFrame(
        [c.cast(pl.String).alias(f"{i}") for i, c in enumerate(columns) if not _is_number(c.dtype)]
    )
    if not texts.width:
        return {}
    words = texts.select(plh.col(name).nchash.xxh3_64() for name in texts.columns)
    return {column.name: _without_nulls(column).to_numpy() for column in words}


def _is_number(kind: pl.DataType) -> bool:
    return (kind.is_numeric() and not kind.is_decimal()) or kind.is_temporal() or kind == pl.Boolean


def _words_of_numbers(column: pl.Series) -> Words:
    kind = pl.Float64() if column.dtype.is_float() else pl.Int64()
    if column.dtype != kind:
        column = column.to_physical().cast(kind)
    numbers = _without_nulls(column).to_numpy()
    if kind == pl.Float64:
        numbers = numbers + 0.0  # so that -0.0 is 0.0
    return _mixed(numbers.view(np.uint64))


def _without_nulls(column: pl.Series) -> pl.Series:
    """The column with 0 for null, which has its own word; each query costs, so only where there are any."""
    return column.fill_null(0) if column.null_count() else column


def _mixed(numbers: Words) -> Words:
    words: Words = numbers * _MIX[0]
    words ^= words >> np.uint64(32)
    words *= _MIX[1]
    words ^= words >> np.uint64(29)
    return words


def printed_id(value: int, prefix: str = "p") -> str:
    """
    The one printed form of an id: prefix, underscore, 13 letters of base32.

    >>> printed_id(1)
    'p_aaaaaaaaaaaac'
    """
    return f"{prefix}_{base64.b32encode(value.to_bytes(8, 'big')).decode().rstrip('=').lower()}"


def id_of(printed: str) -> int:
    """
    The id of its printed form.

    Raises:
        ValueError: If the text is no printed id.

    >>> id_of(printed_id(7))
    7
    """
    letters = printed.rpartition("_")[2].upper()
    if len(letters) != 13:
        raise ValueError("a printed id has 13 letters")
    return int.from_bytes(base64.b32decode(letters + "==="), "big") & _POSITIVE


def printed_ids(ids: pl.Series, prefix: str) -> pl.Series:
    """
    `printed_id` of a whole column (Int64 without nulls -> String).

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
