"""Files as they arrive: packed, in other encodings, with other line ends, or no text at all."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from cdptool.errors import SourceError
from cdptool.sources import Dialect
from tests.sources.project import CRM, mapped, read, read_path

TEXT = "id,email\nA,a@example.com\nTrần,b@example.com\n"
ZSTD = pa.compress(TEXT.encode(), codec="zstd", asbytes=True)


def keys(folder: Path, data: bytes, **dialect: object) -> list[str]:
    spec = replace(CRM, dialect=Dialect(**dialect))
    return read(folder, data, spec).tables["records"]["source_key"].to_list()


@pytest.mark.parametrize(
    ("data", "dialect"),
    [
        (TEXT.encode(), {}),
        (TEXT.encode("utf-8-sig"), {}),
        (TEXT.encode("utf-8-sig"), {"encoding": "utf-8-sig"}),
        (TEXT.encode("utf-16"), {}),
        (TEXT.encode("utf-16"), {"encoding": "utf-16"}),
        (TEXT.encode("utf-16-be"), {"encoding": "utf-16-be"}),
        (TEXT.replace("\n", "\r").encode(), {}),
        (TEXT.replace("\n", "\r\n").encode(), {}),
        (gzip.compress(TEXT.encode(), mtime=0), {}),
        (gzip.compress(TEXT[:20].encode(), mtime=0) + gzip.compress(TEXT[20:].encode(), mtime=0), {}),
        (ZSTD, {}),
        (TEXT.replace(",", ";").encode(), {}),
        (TEXT.replace(",", "\t").encode(), {"delimiter": "tab"}),
        (("sep=;\n" + TEXT.replace(",", ";")).encode(), {}),
        (TEXT.replace("\n", ",\n").encode(), {}),
        (TEXT.replace("\n", ",\n").replace("email,", "email").encode(), {}),
    ],
)
def test_the_content_says_how_a_file_is_read(tmp_path: Path, data: bytes, dialect: dict[str, str]) -> None:
    assert keys(tmp_path, data, **dialect) == ["A", "Trần"]


def test_windows_1258_becomes_composed_unicode(tmp_path: Path) -> None:
    """The code page writes tones as separate letters."""
    data = b"id,email\nTr\xe2\xccn,\nNguy\xea\xden,\n"
    assert keys(tmp_path, data, encoding="cp1258") == ["Trần", "Nguyễn"]


def test_a_byte_that_the_declared_encoding_lacks_quarantines_its_line(tmp_path: Path) -> None:
    found = read(tmp_path, b"id,email\nA,\nB\x81,\nC,\n", replace(CRM, dialect=Dialect(encoding="cp1252")))
    assert found.counts == (3, 2, 0, 1)
    assert found.tables["quarantine"].select("row", "reason", "raw").rows() == [
        (3, "not UTF-8 (byte 0x81)", b"B\x81,")
    ]


def test_a_file_of_another_encoding_is_refused_with_the_hint(tmp_path: Path) -> None:
    spec = replace(CRM, max_quarantined_ratio=0.01)
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "id,email\nTrần,\n".replace("ầ", "â").encode("cp1252"), spec)
    assert "encoding 1" in str(caught.value)
    assert caught.value.findings[0].hint == (
        "probably `encoding: cp1252` (Western European: 1 of 1 letters make sense);"
        " declare it in the source's dialect"
    )


@pytest.mark.parametrize(
    ("text", "encoding"), [("Tr\u00e2\u0300n,\nNguy\u00ea\u0303n,\n", "cp1258"), ("张伟,\n北京,\n", "gbk")]
)
def test_the_proposed_encoding_reads_the_file(tmp_path: Path, text: str, encoding: str) -> None:
    data = b"id,email\n" + text.encode(encoding)
    spec = replace(CRM, max_quarantined_ratio=0.01)
    with pytest.raises(SourceError) as caught:
        read(tmp_path, data, spec)
    assert f"probably `encoding: {encoding}` (" in (caught.value.findings[0].hint or "")
    assert len(keys(tmp_path, data, encoding=encoding)) == 2


@pytest.mark.parametrize(
    ("data", "dialect", "problem"),
    [
        (b"", {}, "the file is empty"),
        (b"PK\x03\x04zip", {}, "the zip archive is damaged or truncated"),
        (b"<!DOCTYPE html><html>", {}, "not an export: a web page or XML"),
        (b"PAR1x", {"format": "csv"}, "declared as csv, but it is a Parquet file"),
        (b"PAR1x", {}, "the Parquet file is damaged or truncated"),
        (TEXT.encode(), {"format": "parquet"}, "not a Parquet file"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], {}, "the file is truncated"),
        (ZSTD[:-5], {}, "the file is truncated"),
        (b"id;email\nA;x\n", {"delimiter": ","}, "column `email` is missing"),
        (b"id:email\nA:x\n", {}, "only one column found"),
        (b"Report of May\n\nid,email\nA,x\nB,y\n", {}, "the first line has 1 field, the rows below it 2"),
        (TEXT.encode(), {"encoding": "klingon"}, "unknown encoding `klingon`"),
        (
            TEXT.encode("utf-16"),
            {"encoding": "cp1252"},
            "declared as `cp1252`, but its byte-order mark says utf-16-le",
        ),
        (TEXT.encode("utf-16-le") * 20, {}, "every other byte is NUL: UTF-16 without a byte-order mark"),
        (TEXT.encode("utf-16-le") + b"\x00\xd8", {"encoding": "utf-16-le"}, "not valid utf-16-le"),
        (b"id,em\xe9ail\nA,x\n", {}, "the header is not readable: not UTF-8 (byte 0xe9)"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_hint(
    tmp_path: Path, data: bytes, dialect: dict[str, str], problem: str
) -> None:
    with pytest.raises(SourceError) as caught:
        keys(tmp_path, data, **dialect)
    assert caught.value.findings[0].problem == problem
    assert all(finding.hint and finding.place for finding in caught.value.findings)
    staging = tmp_path / "staging"
    assert not list(staging.iterdir())


def test_a_header_without_rows_is_an_empty_export(tmp_path: Path) -> None:
    found = read(tmp_path, "id,email\n", CRM)
    assert found.counts == (0, 0, 0, 0)
    assert not found.tables


def test_a_missing_file_is_named(tmp_path: Path) -> None:

    with pytest.raises(SourceError, match=r"data/file\.csv: no such file"):
        read_path(tmp_path, tmp_path / "none.csv", CRM)


def test_a_repeated_header_is_renamed_and_reported(tmp_path: Path) -> None:
    found = read(tmp_path, "id,email,email\n1,an@example.com,binh@example.com\n", CRM)
    assert found.tables["records"]["email"].to_list() == ["an@example.com"]
    assert "header `email` repeated: `email_2`" in found.notes


def test_a_file_without_header_has_numbered_columns(tmp_path: Path) -> None:

    spec = replace(
        CRM,
        dialect=Dialect(has_header=False),
        key=("column_1",),
        columns=(mapped("email", "email", "column_2"),),
    )
    found = read(tmp_path, "A,a@example.com\nB,b@example.com\n", spec)
    assert found.tables["records"]["source_key"].to_list() == ["A", "B"]


def test_something_in_the_spare_field_of_every_row_quarantines_its_row(tmp_path: Path) -> None:
    text = "id,email\n" + "A,,\n" * 600 + "B,,x\nC,\n"
    found = read(tmp_path, text, replace(CRM, key=()))
    assert found.counts == (602, 600, 0, 2)
    assert found.tables["quarantine"]["reason"].to_list() == ["3 fields, expected 2", "2 fields, expected 3"]
