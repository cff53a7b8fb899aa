"""
The published hash vectors: every row is exported, run through steps, or listed here with its reason.

A row of Meta or Google with a column in our files goes the whole way, from a frame to the bytes read back.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl
import pytest

from cdptool.destinations import DestinationSpec, FileColumn
from cdptool.destinations.hashing import hash_values, sha256_base64, sha256_hex
from cdptool.destinations.normalize import normalize
from tests.destinations.platforms import GOOGLE, META, cell
from tests.shared import shared_data


class Vector(NamedTuple):
    destination: str
    field: str
    input: str
    normalized: str | None
    valid: bool
    sha256_hex: str | None
    sha256_base64: str | None
    where: str


# (destination, field) → the column it is exported in, and the source it is made from
EXPORTED: dict[tuple[str, str], tuple[DestinationSpec, str, str]] = {
    ("meta", "em"): (META, "email", "emails"),
    ("meta", "PHONE"): (META, "phone", "phones"),
    ("meta", "fn"): (META, "fn", "given_name"),
    ("meta", "LN"): (META, "ln", "family_name"),
    ("meta", "CT"): (META, "ct", "city"),
    ("meta", "ZIP"): (META, "zip", "postcode"),
    ("meta", "doby"): (META, "doby", "birth_year"),
    ("google", "email"): (GOOGLE, "Email", "emails"),
    ("google", "phone"): (GOOGLE, "Phone", "phones"),
    ("google", "given_name"): (GOOGLE, "First Name", "given_name"),
    ("google", "family_name"): (GOOGLE, "Last Name", "family_name"),
    ("google", "region_code"): (GOOGLE, "Country", "country"),
    ("google", "postal_code"): (GOOGLE, "Zip", "postcode"),
}

MAILBOX = ("nfc", "trim", "lower", "email_address")
PLACE = ("nfc", "trim", "lower", "rm_punct", "rm_space")
# (destination, field) of platforms without a file of ours → the steps a file would name
STEPS: dict[tuple[str, str], tuple[str, ...]] = {
    ("meta", "sha256"): (),
    ("uid2", "email"): ("nfc", "trim", "lower", "gmail_dots_tags", "email_address"),
    ("uid2", "phone"): ("e164_plus",),
    ("uid2", "phone_is_normalized"): ("e164_plus",),
    ("uid2", "email_hash"): MAILBOX,
    ("tiktok", "email"): MAILBOX,
    ("tiktok", "maid"): ("trim", "lower", "mobile_ad_id"),
    ("microsoft", "email"): MAILBOX,
    ("snap", "PHONE_SHA256"): ("digits_no_plus",),
    ("snap", "EMAIL_SHA256"): MAILBOX,
    ("snap", "hashed_phone"): ("digits_no_plus",),
    ("reddit", "phone"): ("e164_plus",),
    ("amazon", "city"): PLACE,
    ("amazon", "email"): MAILBOX,
    ("linkedin", "SHA256_EMAIL"): MAILBOX,
    ("pinterest", "ph"): ("digits_no_plus",),
    ("pinterest", "st"): PLACE,
    ("pinterest", "country"): ("trim", "iso2_lower"),
}

FIVE = "Conversions API only: no column for five letters or an initial of a name in Meta's customer list"
DAY = "Conversions API only: day and month travel in `dob` as YYYYMMDD, the list has no column for them"
UID2_LENGTH = "UID2 asks for 10 to 15 digits; E.164, Meta and Google allow shorter numbers"
UID2_MADE_UP = (
    "no number of Singapore's plan (none begins with 1), so the field type refuses it, as it should"
)
UID2_FORM = "asks whether the text is E.164 already; our step makes it so"
# fields, and single inputs, that neither a file of ours nor a step covers → why
LISTED_FIELDS = {
    **dict.fromkeys((("meta", "f5first"), ("meta", "f5last"), ("meta", "fi"), ("meta", "FI")), FIVE),
    **dict.fromkeys((("meta", "dobd"), ("meta", "dobm"), ("meta", "DOBM")), DAY),
}
LISTED_INPUTS = {
    ("sha256", ""): 'the digest of empty text: refused on purpose (activation.md §1.3), never sha256("")',
    ("phone", "65 1243 5678"): UID2_MADE_UP,
    ("phone_is_normalized", "+12345678"): UID2_LENGTH,
    ("phone_is_normalized", "+123456789"): UID2_LENGTH,
    ("phone_is_normalized", "+ 12345678"): UID2_LENGTH,
    ("phone_is_normalized", "+ 123456789"): UID2_LENGTH,
    ("phone_is_normalized", "+ 1234 5678"): UID2_LENGTH,
    ("phone_is_normalized", "+ 1234 56789"): UID2_LENGTH,
    ("phone_is_normalized", "+1234567890 "): UID2_FORM,
    ("email", " test.kochar+@gmail.com "): "Amazon's connector deletes the `+` itself; no Amazon file yet",
}
# read by the field type, which knows the region; the step alone refuses a national number or a country's name
FIELD_TYPES = {
    ("phone", "0491 570 006"): ("phone", "AU"),
    ("country", "United States"): ("country", "US"),
}


def vectors() -> list[Vector]:
    rows = []
    with shared_data("vectors/identifier_hash_vectors.jsonl").open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            del row["source"], row["note"]
            rows.append(Vector(**row, where=f"identifier_hash_vectors.jsonl:{number}"))
    with shared_data("vectors/destination_hash_vectors.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kept = {name: row[name] for name in Vector._fields if name in row}
            rows.append(Vector(**kept, valid=True, where=row["id"]))
    return rows


def way(vector: Vector) -> str:
    """Which of the four ways a row goes; an unknown field is a KeyError, so nothing is skipped silently."""
    if (vector.field, vector.input) in FIELD_TYPES:
        return "field type"
    key = (vector.destination, vector.field)
    if key in EXPORTED:
        return "exported"
    if key in LISTED_FIELDS or (vector.field, vector.input) in LISTED_INPUTS:
        return "listed"
    assert key in STEPS, f"nobody has said what becomes of {key}"
    return "steps"


def test_every_row_has_a_way_and_the_counts_are_known() -> None:
    rows = vectors()
    counts = Counter(
        (v.destination if v.destination in ("meta", "google") else "others", way(v)) for v in rows
    )
    for (destination, which), count in sorted(counts.items()):
        print(f"{destination:7} {which:10} {count:3}")
    assert counts.total() == len(rows) == 167 + 51
    assert counts == EXPECTED_COUNTS


EXPECTED_COUNTS = Counter(
    {
        ("meta", "exported"): 24,
        ("meta", "field type"): 1,
        ("meta", "steps"): 9,
        ("meta", "listed"): 31,
        ("google", "exported"): 39,
        ("others", "steps"): 104,
        ("others", "field type"): 1,
        ("others", "listed"): 9,
    }
)


def test_rows_with_a_column_in_our_files_are_exported_as_published() -> None:
    wrong = []
    for vector in _going("exported"):
        spec, header, source = EXPORTED[vector.destination, vector.field]
        is_list = source in ("emails", "phones")
        value = [vector.input] if is_list else vector.input
        written, reason = cell(spec, header, source, value, pl.List(pl.String) if is_list else pl.String)
        column = next(column for column in spec.columns if column.header == header)
        expected = _expected(vector, hashed=column.hash != "none")
        if written != expected or bool(reason) == vector.valid:
            wrong.append(vector.where)
    assert wrong == []


def test_rows_of_other_platforms_come_out_of_the_steps_as_published() -> None:
    wrong = []
    for vector in _going("steps"):
        normal, hex_digest, base64_digest, reason = _by_steps(vector, STEPS[vector.destination, vector.field])
        right = {
            "normalized": normal == vector.normalized,
            "hex": hex_digest == vector.sha256_hex or vector.sha256_hex is None,
            "base64": base64_digest == vector.sha256_base64 or vector.sha256_base64 is None,
            "reason": bool(reason) != vector.valid,
        }
        if not all(right.values()):
            wrong.append((vector.where, [name for name, is_right in right.items() if not is_right]))
    assert wrong == []


def test_rows_that_need_a_region_come_out_of_their_field_type() -> None:
    from cdptool.fields import FieldOptions, field_type

    finish: dict[str, Callable[[str], str]] = {"phone": str, "country": str.lower}
    wrong = []
    for vector in _going("field type"):
        name, region = FIELD_TYPES[vector.field, vector.input]
        value = field_type(name).read(pl.Series([vector.input]), FieldOptions(region=region)).values[0]
        exported = name != "country" or cell(META, name, name, value)[0] == vector.sha256_hex
        if value is None or finish[name](value) != vector.normalized or not exported:
            wrong.append(vector.where)
    assert wrong == []


def test_listed_rows_have_a_reason_and_are_few() -> None:
    for vector in _going("listed"):
        reason = (
            LISTED_FIELDS.get((vector.destination, vector.field)) or LISTED_INPUTS[vector.field, vector.input]
        )
        print(f"{vector.where}: {reason}")
        assert reason


@pytest.mark.parametrize("key", sorted(LISTED_INPUTS))
def test_a_listed_input_is_still_a_disagreement(key: tuple[str, str]) -> None:
    """A row that agrees by now must leave the list."""
    vector = next(v for v in vectors() if (v.field, v.input) == key)
    normal, *_ = _by_steps(vector, STEPS[vector.destination, vector.field])
    assert normal != vector.normalized


def _going(which: str) -> list[Vector]:
    return [vector for vector in vectors() if way(vector) == which]


def _expected(vector: Vector, *, hashed: bool) -> str:
    """The cell: empty for an invalid row, else the normal form or its digest, computed where none is printed."""
    if not vector.valid:
        return ""
    assert vector.normalized is not None
    digest = hashlib.sha256(vector.normalized.encode()).hexdigest()
    assert vector.sha256_hex in (None, digest)
    return digest if hashed else vector.normalized


def _by_steps(vector: Vector, names: tuple[str, ...]) -> tuple[Any, ...]:
    raw = pl.LazyFrame({"raw": [vector.input], "value": [vector.input]})
    normal = normalize(raw, names)
    column = FileColumn("x", "x", hash="sha256_hex", prehashed=vector.field == "email_hash")
    judged = hash_values(normal.with_columns(normal="value"), column).collect()
    digest = judged.select(hex=sha256_hex(pl.col("normal")), base64=sha256_base64(pl.col("normal")))
    assert digest["hex"].to_list() == judged["value"].to_list()
    return judged["normal"][0], *digest.row(0), judged["reason"][0]
