"""Digests against hashlib, and what is refused before hashing."""

import base64
import hashlib
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdptool.destinations.hashing import ALREADY_HASHED, NOT_NFC, hash_values, sha256_base64, sha256_hex
from cdptool.destinations.spec import FileColumn

DIGEST = hashlib.sha256(b"foo@bar.com").hexdigest()
HEX = FileColumn("Email", "emails", hash="sha256_hex")


@given(st.text())
def test_both_encodings_agree_with_hashlib(text: str) -> None:
    expected = hashlib.sha256(text.encode()).digest()
    actual = pl.select(sha256_hex(pl.lit(text)), b64=sha256_base64(pl.lit(text))).row(0)
    assert actual == (expected.hex(), base64.b64encode(expected).decode())


def test_null_has_no_digest() -> None:
    frame = pl.DataFrame({"value": [None]}, schema={"value": pl.String})
    assert frame.select(sha256_hex(pl.col("value")), b=sha256_base64(pl.col("value"))).row(0) == (None, None)


@pytest.mark.parametrize("raw", [DIGEST, DIGEST.upper(), f" {DIGEST} "])
def test_what_looks_hashed_is_refused_unless_the_column_is_prehashed(raw: str) -> None:
    """A digest passed through hides that its text was never normalised for this platform."""
    assert hashed(raw, HEX) == (None, ALREADY_HASHED)
    given_digests = FileColumn("Email", "emails", hash="sha256_hex", prehashed=True)
    assert hashed(raw, given_digests) == (DIGEST, None)
    in_base64 = FileColumn("Email", "emails", hash="sha256_base64", prehashed=True)
    assert hashed(raw, in_base64) == ("DH5qQFhi5ALrdqcPiib8cy0Hwykx6frpqxWCkR0uijs=", None)


def test_a_prehashed_column_still_hashes_plain_values() -> None:
    column = FileColumn("Email", "emails", hash="sha256_hex", prehashed=True)
    assert hashed("foo@bar.com", column) == (DIGEST, None)


def test_text_that_is_not_nfc_is_not_hashed() -> None:
    assert hashed(unicodedata.normalize("NFD", "nguyễn"), HEX) == (None, NOT_NFC)


def test_a_plain_column_is_left_alone() -> None:
    assert hashed(DIGEST, FileColumn("Zip", "postcode")) == (DIGEST, None)


def hashed(raw: str, column: FileColumn) -> tuple[str | None, str | None]:
    frame = pl.LazyFrame(
        {"raw": [raw], "value": [raw], "reason": [None]}, schema_overrides={"reason": pl.String}
    )
    return hash_values(frame, column).select("value", "reason").collect().row(0)
