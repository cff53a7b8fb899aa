"""The block reader against a letter-by-letter one, on dirty files by hand and at random."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdptool.errors import Place
from cdptool.sources.blocks import open_source
from cdptool.sources.csv_blocks import CsvReader
from cdptool.sources.csv_records import Shape
from cdptool.sources.spec import Dialect
from tests.shared import shared_data
from tests.sources.oracle import Read, read_text

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))


def read(
    text: bytes, n_fields: int, *, block: int = 8 << 20, chunk: int = 1 << 20, escape: bytes = b""
) -> Read:
    chunks = (text[i : i + chunk] for i in range(0, len(text), chunk))
    found = Read()
    shape = Shape(b",", b'"', n_fields, escape)
    for part in CsvReader(chunks, shape, Place("x.csv"), block=block).blocks():
        found.rows += zip(part.lines.tolist(), part.frame.fill_null("").rows(), strict=True)
        found.bad += [(item.line, item.fault.rule) for item in part.rejected]
        found.blank += part.n_blank
    return found


GOOD = b"a,b,c\n" * 3
CASES = (
    ("leading zeros and long numbers stay text", b"007,0901234567,9999999999999999999\n"),
    ("overflowing numbers stay text", b"99999999999999999999999,1e400,1\n"),
    ("a short row", GOOD + b"1,2\n" + GOOD),
    ("a long row", GOOD + b"1,2,3,4\n" + GOOD),
    ("short and long rows that cancel out", GOOD + b"1,2\n1,2,3,\n" + GOOD),
    ("short and long rows that cancel out, long first", GOOD + b"1,2,3,\n1,2\n" + GOOD),
    ("blank lines", b"\n" + GOOD + b"\n\r\n\n" + GOOD + b"\n"),
    ("NA and null are texts", b"NA,null,None\n"),
    ("a byte that is not UTF-8", GOOD + b"caf\xe9,1,2\n" + GOOD),
    ("a NUL byte", GOOD + b"a\0b,1,2\n" + GOOD),
    ("an open quote to the end", GOOD + b'1,"open,3\n' + GOOD),
    ("an open quote, then a quoted field", GOOD + b'1,"open,3\n4,"x, y",6\n' + GOOD),
    ("text after a closing quote", GOOD + b'"Tr\xe1\xba\xa7n" Anh,1,2\n' + GOOD),
    ("a quote inside an unquoted field", GOOD + b'Tr"\xe1\xba\xa7n,5" disk,2\n' + GOOD),
    ("two quotes inside an unquoted field", GOOD + b'a""b,c"d"e,2\n' + GOOD),
    ("backslash escapes", GOOD + b'"Tr \\"X\\" Y",1,2\n' + GOOD),
    ("mixed line ends", b"a,b,c\r\nd,e,f\ng,h,i\r\n"),
    ("a lone CR inside a value", b"a,b\rc,d\n1,2,3\r\r\n"),
    ("no line end at the end", b"a,b,c\nd,e,f"),
    ("a CR at the end", b"a,b,c\nd,e,f\r"),
    ("a separator on every row end", b"a,b,c,\nd,e,f,\n"),
    ("embedded line breaks", b'a,"b\nc\r\nd",e\n1,2,3\n"\n\n",,\n4,5,6\n'),
    ("doubled quotes", b'"a""b","""",""""""\n"","",""\n'),
    ("quotes with CRLF", b'"a","b","c"\r\n"d","e","f"\r\n'),
    ("a space before a quote", b'a, "b",c\n'),
    ("empty fields", b",,\n,,\n"),
    ("ragged quoted rows with line breaks", GOOD + b'"x\ny",2\n' + GOOD + b'"x\ny",2,3,4\n' + GOOD),
)


@pytest.mark.parametrize("block", [64, 700, 8 << 20])
@pytest.mark.parametrize(("name", "text"), CASES, ids=[name for name, _ in CASES])
def test_a_dirty_text_reads_as_the_slow_reader_reads_it(name: str, text: bytes, block: int) -> None:
    assert read(text, 3, block=block) == read_text(text, b",", 3)


@pytest.mark.parametrize(("name", "text"), CASES, ids=[name for name, _ in CASES])
def test_a_fault_among_many_good_rows_costs_only_its_row(name: str, text: bytes) -> None:
    """The same texts inside a file large enough for the fast path to be taken around them."""
    many = b'1,"a, b",c\n' * 3000
    body = many + text + (b"" if text.endswith(b"\n") else b"\n") + many
    assert read(body, 3) == read_text(body, b",", 3)


def test_an_open_quote_costs_one_row_of_a_long_file() -> None:
    """Readers that trust the next quote lose everything in between."""
    many = b"1,b,c\n" * 40_000
    found = read(many + b'1,"open,3\n' + many, 3)
    assert (len(found.rows), found.bad) == (80_000, [(40_001, "quote")])


def test_an_open_quote_costs_one_row_where_quotes_follow() -> None:
    many = b'1,"b, x",c\n' * 40_000
    found = read(many + b'1,"open,3\n' + many, 3)
    assert (len(found.rows), found.bad) == (80_000, [(40_001, "quote")])


LONG = b"x" * 70_000
MAIL = b"Dear all,\nthis, that, and more, and more\n\n" * 3_000


@pytest.mark.parametrize("block", [64, 1000, 70_000, 8 << 20])
@pytest.mark.parametrize(
    "field", [LONG, LONG * 20, MAIL, MAIL + b'a ""word"", b'], ids=["line", "lines", "mail", "said"]
)
def test_a_long_text_in_quotes_is_one_field(field: bytes, block: int) -> None:
    """The body of a mail: taken for an open quote, its lines would be rows that nobody wrote."""
    found = read(b'0,0,0\n1,2,"' + field + b'"\n4,5,6\n', 3, block=block)
    last = 3 + field.count(b"\n")
    rows = [(1, ("0", "0", "0")), (2, ("1", "2", field.decode().replace('""', '"'))), (last, ("4", "5", "6"))]
    assert (found.rows == rows, found.bad) == (True, [])


@pytest.mark.parametrize("block", [1000, 8 << 20])
def test_rows_between_two_stray_quotes_are_rows(block: int) -> None:
    """They would else be one row, and accepted: the second quote ends a field as a quote does."""
    text = b'1,2,"open\n' + b"4,5,6\n" * 20_000 + b'7,8",9\n'
    found = read(text, 3, block=block)
    assert (len(found.rows), found.bad) == (20_001, [(1, "quote")])


def test_a_quoted_field_longer_than_the_limit_is_given_up_whatever_the_block_size() -> None:
    text = b'1,"' + b"x" * (5 << 20) + b'",3\n4,5,6\n'
    for block in (1000, 8 << 20):
        found = read(text, 3, block=block)
        assert (found.rows, found.bad) == ([(2, ("4", "5", "6"))], [(1, "quote")])


def test_ten_thousand_columns_are_read() -> None:
    text = (b"x" + b",y" * 9_999 + b"\n") * 20
    assert len(read(text, 10_000).rows) == 20
    assert len(read(text, 10_000, block=1000).rows) == 20


def test_one_column_keeps_empty_values_and_counts_blank_lines() -> None:
    text = b'a\n\n""\nb\n'
    for block in (2, 8 << 20):
        found = read(text, 1, block=block)
        assert (found.rows, found.blank) == ([(1, ("a",)), (3, ("",)), (4, ("b",))], 1)


ESCAPED = (
    b'"Tr \\"X\\" Y",1,2\n',
    b'"a \\", b",1,2\n',
    b'"C:\\\\","\\n","\\\\\\""\n',
    b'"a ""b"" \\"c\\"",1,2\n',
    b'a\\"b,\\",\\\n',
    b'"open \\",2,3\n4,5,6\n',
    b'"ends\\\\" x,2,3\n',
    b'"{\\"a\\":1,\\"b\\":2}","x\\\ny",3\n',
)


@pytest.mark.parametrize("block", [16, 700, 8 << 20])
@pytest.mark.parametrize("n_good", [3, 3000])
@pytest.mark.parametrize("number", range(len(ESCAPED)))
def test_declared_escapes_are_read_as_the_slow_reader_reads_them(
    number: int, n_good: int, block: int
) -> None:
    if block == 16 and n_good > 3:
        return
    good = b'1,"a, ""b""",c\n' * n_good
    text = good + ESCAPED[number] * 2 + good
    assert read(text, 3, block=block, escape=b"\\") == read_text(text, b",", 3, escape=b"\\")


def test_declared_escapes_give_back_the_letters() -> None:
    found = read(b'"Tr \\"X\\" Y","C:\\\\new","a\\nb"\n', 3, escape=b"\\")
    assert found.rows == [(1, ('Tr "X" Y', "C:\\new", "a\\nb"))]


@settings(max_examples=100 * ROUNDS, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([b"\\", b'"', b",", b"a", b"\n", b'\\"', b'"a', b'b",']), max_size=40),
    n_good=st.sampled_from([0, 1, 400]),
    block=st.sampled_from([1, 7, 300, 8 << 20]),
)
def test_random_escapes_are_read_as_the_slow_reader_reads_them(
    pieces: list[bytes], n_good: int, block: int
) -> None:
    good = b'1,"x\\"y",3\n1,"a, b",3\n1,2,3\n' * (n_good if block > 200 else min(n_good, 1))
    text = good + b"".join(pieces) + b"\n" + good
    assert read(text, 3, block=block, escape=b"\\") == read_text(text, b",", 3, escape=b"\\")


LETTERS = (
    b"a",
    b"1",
    b",",
    b",",
    b"\n",
    b"\n",
    b'"',
    b'""',
    b"\r\n",
    b"\r",
    b" ",
    b"\0",
    b"\xe9",
    b"\xe1\xba\xa7",
)
WORDS = (
    b'"x, y"',
    b'"x\ny"',
    b"a,b,c\n",
    b'"p","q","r"\n',
    b'1,"2""3",4\n',
    b"1,2\n",
    b"1,2,3,\n",
    b'"s" t,2,3\n',
)
PIECE = st.sampled_from((*LETTERS, *WORDS))


@settings(max_examples=250 * ROUNDS, deadline=None)
@given(
    pieces=st.lists(PIECE, max_size=40),
    n_fields=st.integers(1, 4),
    block=st.sampled_from([1, 5, 64, 300, 8 << 20]),
    chunk=st.sampled_from([1, 7, 1 << 20]),
)
def test_random_texts_read_as_the_slow_reader_reads_them(
    pieces: list[bytes], n_fields: int, block: int, chunk: int
) -> None:
    text = b"".join(pieces)
    assert read(text, n_fields, block=block, chunk=chunk) == read_text(text, b",", n_fields)


@settings(max_examples=100 * ROUNDS, deadline=None)
@given(pieces=st.lists(PIECE, max_size=25), block=st.sampled_from([600, 4096, 8 << 20]))
def test_random_faults_between_good_rows(pieces: list[bytes], block: int) -> None:
    """Enough good rows around the faults that parts are proven, repaired and halved."""
    good = b'a,"b, ""c""",d\n1,"x\ny",3\n1,2,3\n' * 40
    text = good + b"".join(pieces) + b"\n" + good
    assert read(text, 3, block=block) == read_text(text, b",", 3)


def test_csv_spectrum_texts_equal_their_json() -> None:
    folder = shared_data("csv_spectrum")
    for path in sorted(Path(folder, "csvs").glob("*.csv")):
        expected = json.loads(Path(folder, "json", path.stem + ".json").read_text())
        expected = expected if isinstance(expected, list) else [expected]
        n_fields = len(expected[0])
        found = read(path.read_bytes(), n_fields)
        header, *rows = [fields for _, fields in found.rows]
        actual = [dict(zip(header, row, strict=True)) for row in rows]
        if path.stem == "location_coordinates":  # the published JSON has another phone number than its CSV
            actual[0]["Contact Phone Number"] = expected[0]["Contact Phone Number"]
        assert actual == expected, path.name
        assert not found.bad


@pytest.mark.parametrize("block", [64, 700, 8 << 20])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_rejected_record_knows_its_byte_offset(tmp_path: Path, block: int, mark: bytes) -> None:
    good = b'1,"a, b",c\n' * 50
    bad = (b'1,"open,3\n', b"1,2\n", b'"s" t,2,3\r\n', b"a\0b,1,2\n", b'"x\ny",2\n')
    data = mark + b"\n" + b"p,q,r\n" + b"".join(good + one + b"\n" for one in bad) + good
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    source = open_source(str(path), Dialect(), Place("x.csv"), block=block)
    rejected = [item for part in source.blocks(source.names) for item in part.rejected]
    assert [item.byte_offset for item in rejected] == [data.index(good + one) + len(good) for one in bad]
    assert all(data[item.byte_offset :].startswith(item.raw) for item in rejected)


def test_a_text_in_another_encoding_has_no_byte_offsets(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\n1,2\n1\n".encode("utf-16"))
    source = open_source(str(path), Dialect(), Place("x.csv"))
    (part,) = source.blocks(source.names)
    assert [item.byte_offset for item in part.rejected] == [None]
