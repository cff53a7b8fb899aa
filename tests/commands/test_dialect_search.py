"""What `init` finds out about a file that is not plain CSV: every row arrives with the proposal untouched."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cdptool.commands.ingest import ingest_files
from cdptool.commands.init import Wishes, init_project
from cdptool.commands.session import Settings, open_session
from cdptool.errors import SourceError

COMMA = "no,name,city\n" + "".join(f"1{i:03d},Trần Ánh {i},Hà Nội\n" for i in range(30))
WEST = "no;name;city\n" + "".join(f"1{i:03d};François Müller;Besançon {i}\n" for i in range(30))


def _latin(city: str, encoding: str) -> bytes:
    return ("no,name,city\n" + "".join(f"1{i:03d},n{i},{city}\n" for i in range(30))).encode(encoding)


# What stands in the file, and what the proposal must declare to read its thirty rows (None: nothing).
FILES: tuple[tuple[str, bytes, str | None], ...] = (
    ("utf-16 without a mark", COMMA.encode("utf-16-le"), "encoding: utf-16-le"),
    ("utf-16 big-endian without a mark", COMMA.encode("utf-16-be"), "encoding: utf-16-be"),
    ("windows-1252", WEST.encode("cp1252"), "encoding: cp1252"),
    ("chinese", _latin("北京市", "gbk"), "encoding: gbk"),
    ("japanese", _latin("東京とうきょう", "cp932"), "encoding: cp932"),
    ("russian", _latin("Москва", "cp1251"), "encoding: cp1251"),
    ("polish", _latin("Łódź Żółć", "cp1250"), "encoding: cp1250"),
    ("title", b"Customers\nof May\n\n" + COMMA.encode(), "skip_lines: 3"),
    ("title of a few rows", b"# ---\n# x\n# y\n\nno,name\n" + b"7,x\n8,y\n" * 15, "skip_lines: 4"),
    ("title filled up", b"Customers,,\nMay,,\n,,\n" + COMMA.encode(), "skip_lines: 3"),
    ("title over years", b"Report,,,\nno,name,2024,2025\n" + b"7,x,1,2\n8,y,3,4\n" * 15, "skip_lines: 1"),
    ("totals", COMMA.encode() + b"Total,30,\n", "footer_lines: 1"),
    ("vietnamese totals", COMMA.encode() + "Tổng cộng: 30\n\nXuất lúc 9:00\n".encode(), "footer_lines: 2"),
    (
        "title and totals",
        b"Report\n" + COMMA.encode() + b"Grand total,,3\n",
        "skip_lines: 1, footer_lines: 1",
    ),
    ("escapes", b"no,note,city\n" + b'1,"said \\"hi\\", ok",x\n' * 30, 'escape: "\\\\"'),
    ("single quotes", b"no,name,city\n" + b"'1','A, b','x'\n" * 30, 'quote: "\'"'),
    ("carets", COMMA.replace(",", "^").encode(), 'delimiter: "^"'),
    ("control characters", COMMA.replace(",", "\x01").encode(), 'delimiter: "\\x01"'),
    ("colons", COMMA.replace(",", ":").encode(), 'delimiter: ":"'),
    (
        "one column",
        "".join(f"{line.split(',')[0]}\n" for line in COMMA.splitlines()).encode(),
        'delimiter: ","',
    ),
    ("no header", COMMA.split("\n", 1)[1].encode(), "has_header: false"),
    ("no header but e-mails", b"".join(b"A,u%d@x.vn\n" % i for i in range(30)), "has_header: false"),
)


def _proposed(folder: Path, name: str, data: bytes) -> str:
    """The proposal for a file."""
    (folder / name).write_bytes(data)
    init_project((folder / name,), Wishes(folder / "p", tz="UTC", force=True), lambda _: None)
    return (folder / "p" / "sources.yaml").read_text(encoding="utf-8")


def _counts(folder: Path) -> tuple[int, int, int]:
    """Rows read, quarantined, and not accounted for."""
    data = ingest_files(Settings(folder / "p"), (), lambda _: None).data
    read, accepted, duplicate, quarantined = (
        data[f"rows_{each}"] for each in ("read", "accepted", "duplicate", "quarantined")
    )
    return read, quarantined, read - accepted - duplicate - quarantined


@pytest.mark.parametrize(("what", "data", "dialect"), FILES, ids=[each[0] for each in FILES])
def test_the_rows_of_an_odd_file_arrive_as_proposed(
    what: str, data: bytes, dialect: str | None, tmp_path: Path
) -> None:
    proposal = _proposed(tmp_path, "people.csv", data)
    if dialect is not None:
        assert f"dialect: {{{dialect}}}" in proposal
    assert _counts(tmp_path) == (30, 0, 0)


def test_an_object_that_holds_records_is_read_as_proposed(tmp_path: Path) -> None:
    """It has a `type` like its records have, and would else be taken for one record of the source."""
    records = ",".join(f'{{"type": "Feature", "properties": {{"id": {i}}}}}' for i in range(1, 6))
    data = f'{{"type": "FeatureCollection", "features": [{records}]}}'.encode()
    assert "dialect: {format: json}" in _proposed(tmp_path, "places.json", data)
    assert _counts(tmp_path) == (5, 0, 0)


def test_a_file_called_null_gets_a_name(tmp_path: Path) -> None:
    _proposed(tmp_path, "null.csv", COMMA.encode())
    assert _counts(tmp_path) == (30, 0, 0)


def test_one_damaged_row_does_not_change_the_encoding_of_all(tmp_path: Path) -> None:
    """One byte of Windows-1252 in a UTF-8 file would else make mojibake of every other letter."""
    proposal = _proposed(tmp_path, "people.csv", COMMA.encode() + b"2000,Caf\xe9,x\n")
    assert "encoding" not in proposal
    assert _counts(tmp_path) == (31, 1, 0)


def test_a_broken_last_row_is_no_footer(tmp_path: Path) -> None:
    """Left out as a footer it would be lost, and with it the last row of every later file."""
    proposal = _proposed(tmp_path, "people.csv", COMMA.encode() + b"2000,Tot")
    assert "footer_lines" not in proposal
    assert _counts(tmp_path) == (31, 1, 0)


def test_customers_called_total_are_no_footer(tmp_path: Path) -> None:
    rows = "".join(f"{name},{i}\n" for i, name in enumerate(("Total Fitness", "Ann", "Bo") * 8))
    assert "footer_lines" not in _proposed(tmp_path, "shops.csv", f"name,no\n{rows}Total Wines,99\n".encode())


def test_a_file_of_which_most_rows_cannot_be_read_gets_no_proposal(tmp_path: Path) -> None:
    """To propose `max_quarantined: 90%` would be to say that all is well."""
    data = b"no,name\n" + b"1,a\n" + b'2,"b" c\n' * 9
    with pytest.raises(SourceError, match="9 of 10 rows cannot be read, most for rule `quote`"):
        _proposed(tmp_path, "people.csv", data)


def test_the_files_of_an_archive_are_one_source_or_none(tmp_path: Path) -> None:
    def archive(**members: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            for name, text in members.items():
                file.writestr(f"{name}.csv", text)
        return out.getvalue()

    assert "files: ../all.zip" in _proposed(
        tmp_path, "all.zip", archive(a=COMMA, b="no,name,city\n9,x,y\n")
    ).replace('"', "")
    assert _counts(tmp_path) == (31, 0, 0)
    with pytest.raises(SourceError, match="files of 2 kinds"):
        _proposed(tmp_path, "two.zip", archive(a=COMMA, b="sku,price\n1,2\n"))


def test_columns_of_lists_are_left_out_and_the_others_ingest(tmp_path: Path) -> None:
    table = pa.table(
        {
            "no": [f"{i:04d}" for i in range(1, 9)],
            "tags": [["a", "b"]] * 8,
            "address": [{"city": "Huế"}] * 8,
            "nothing": pa.nulls(8),
            "spent": [timedelta(hours=i) for i in range(8)],
            "day": [date(2026, 1, 1)] * 8,
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    proposal = _proposed(tmp_path, "people.parquet", out.getvalue())
    assert "left out for their lists or structs: tags, address" in proposal
    assert _counts(tmp_path) == (8, 0, 0)
    with open_session(Settings(tmp_path / "p"), writes=False) as session:
        spent = session.snapshot().scan("records").select("spent").collect().to_series()
    assert spent.to_list() == ["PT0S", *(f"PT{i}H" for i in range(1, 8))]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (gzip.compress(gzip.compress(COMMA.encode())), "packed twice"),
        (gzip.compress(b"PAR1" + bytes(40)), "a packed Parquet file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a picture"),
        (b"SQLite format 3\0" + bytes(100), "an SQLite database"),
    ],
    ids=("twice", "packed", "picture", "database"),
)
def test_what_is_no_export_is_called_by_its_name(data: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=problem):
        _proposed(tmp_path, "people.csv", data)


def test_a_column_of_phones_that_are_not_valid_keeps_its_plus(tmp_path: Path) -> None:
    rows = "".join(f"{i},+8490123{i:04d}99\n" for i in range(30))
    proposal = _proposed(tmp_path, "t.csv", f"no,x\n{rows}".encode())
    assert "whole numbers" not in next(line for line in proposal.splitlines() if " x: " in line)
