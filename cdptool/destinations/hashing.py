"""
SHA-256 of a normalised value, as 64 lower-case hex letters or as base64 of the raw 32 bytes.

Three things are refused before hashing, because a digest hides them for ever: empty text (sha256("") is one
"person" shared by everybody), text that is not NFC, and what looks like a digest already.
Source: FIPS 180-4; base64 of the bytes, not of the hex text: UID2 docs, gs-normalization-encoding (2026-08-06).
"""

from __future__ import annotations

from typing import Final

import polars as pl
import polars_hash as plh

from cdptool.destinations.spec import FileColumn

ALREADY_HASHED: Final = "looks hashed already"
NOT_NFC: Final = "not in Unicode NFC"
_DIGEST: Final = "^[0-9A-Fa-f]{64}$"


def sha256_hex(text: pl.Expr) -> pl.Expr:
    """
    The digest of the text's UTF-8 bytes as lower-case hex; null stays null.

    >>> pl.select(sha256_hex(pl.lit("nguyễn")).str.head(8)).item()
    '828b95a5'
    """
    return plh.CryptographicHashingNameSpace(text).sha2_256()


def sha256_base64(text: pl.Expr) -> pl.Expr:
    """The digest as base64 of its 32 bytes: 44 letters; null stays null."""
    return hex_to_base64(sha256_hex(text))


def hex_to_base64(digest: pl.Expr) -> pl.Expr:
    """The same digest written in base64."""
    return digest.str.decode("hex").bin.encode("base64")


def hash_values(frame: pl.LazyFrame, column: FileColumn) -> pl.LazyFrame:
    """
    Replace `value` by its digest where the column asks for one.

    Args:
        frame: `raw` (String, as it came), `value` (String, normalised, never empty), `reason` (String).
        column: Its `hash` and `prehashed` decide.

    Returns:
        The frame with `value` and `reason` replaced. A raw value of 64 hex letters is refused, or passed
        through as the digest it is when the column is `prehashed`. Same rows, same order, lazy.
    """
    if column.hash == "none":
        return frame
    value, is_digest = pl.col("value"), pl.col("raw").str.strip_chars().str.contains(_DIGEST).fill_null(False)
    is_nfc = value == value.str.normalize("NFC")
    digest: pl.Expr = pl.when(is_nfc).then(sha256_hex(value))
    reason: pl.Expr = pl.when(value.is_not_null() & ~is_nfc).then(pl.lit(NOT_NFC)).otherwise(pl.col("reason"))
    if column.prehashed:
        digest = pl.when(is_digest).then(pl.col("raw").str.strip_chars().str.to_lowercase()).otherwise(digest)
        reason = pl.when(~is_digest).then(reason)
    else:
        digest = pl.when(~is_digest).then(digest)
        reason = pl.when(is_digest).then(pl.lit(ALREADY_HASHED)).otherwise(reason)
    written = digest if column.hash == "sha256_hex" else hex_to_base64(digest)
    return frame.with_columns(value=written, reason=reason)
