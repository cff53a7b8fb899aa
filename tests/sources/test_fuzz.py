"""
Damaged files: whatever happens to a valid export, it is read with nothing lost, or refused with a reason.

Each case is a seed: a valid file in some encoding and packing, one to three damages, a dialect declared or not.
What is read is compared with the letter-by-letter reader of `oracle.py`: every row with its line, every record
counted. `CDPTOOL_ORACLE_ROUNDS=10 pytest tests/sources/test_fuzz.py -s` runs 3,000 cases and prints what became of them.
"""

from __future__ import annotations

import codecs
import gzip
import io
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cdptool.errors import CheckFailed, Place, SourceError
from cdptool.sources import Dialect
from cdptool.sources.blocks import open_source
from tests.frames import ROUNDS
from tests.sources.oracle import Read, read_text
from tests.sources.project import CRM, Reading, mapped, read_path

PER_GROUP = 30
GROUPS = 10 * ROUNDS
WORDS = (
    "Trần Thị Ánh",
    "Nguyễn",
    "007",
    "0901234567",
    "",
    "NULL",
    "a b",
    "1e5",
    "12,5",
    'the "best"',
    "x\ny",
    "é",
)
Damage = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Case:
    """A damaged file, and how it is read."""

    data: bytes
    packing: str
    dialect: Dialect
    encoding: str
    block: int
    has_key: bool


def valid(chance: random.Random) -> str:
    """A valid CSV text of up to 60 records."""
    separator = chance.choice(",,,;\t|")
    line_end = chance.choice(("\n", "\n", "\r\n", "\r"))
    lines = [separator.join(("id", "note", "total", "city"))]
    for i in range(chance.randrange(60)):
        fields = [str(i), *(chance.choice(WORDS) for _ in range(3))]
        if line_end == "\r":
            fields = [value.replace("\n", " ") for value in fields]
        lines.append(separator.join(written(value, separator, chance) for value in fields))
        if chance.random() < 0.03:
            lines.append("")
    ending = chance.choice(("", separator, "")) if chance.random() < 0.2 else ""
    return "".join(line + ending * bool(line) + line_end for line in lines)


def written(value: str, separator: str, chance: random.Random) -> str:
    if chance.random() < 0.2 or any(letter in value for letter in (separator, '"', "\n")):
        return '"' + value.replace('"', '""') + '"'
    return value


def somewhere(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def put(data: bytes, chance: random.Random, what: bytes) -> bytes:
    at = somewhere(data, chance)
    return data[:at] + what + data[at:]


def flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def drop(data: bytes, chance: random.Random, letters: bytes) -> bytes:
    """Take out one of the places where such a letter stands."""
    at = [i for i, byte in enumerate(data) if byte in letters]
    if not at:
        return data
    place = chance.choice(at)
    return data[:place] + data[place + 1 :]


def cut(data: bytes, chance: random.Random) -> bytes:
    start = somewhere(data, chance)
    return data[:start] + data[start + chance.randrange(1, 40) :]


def truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: somewhere(data, chance)]


DAMAGES: tuple[tuple[str, Damage], ...] = (
    ("bytes flipped", flip),
    ("a quote opened", lambda data, chance: put(data, chance, b'"')),
    ("a quote lost", lambda data, chance: drop(data, chance, b'"')),
    ("a stretch cut", cut),
    ("truncated", truncate),
    ("NUL", lambda data, chance: put(data, chance, b"\0" * chance.randrange(1, 4))),
    (
        "another encoding",
        lambda data, chance: put(data, chance, chance.choice((b"caf\xe9", b"\xc4\xe3", b"\xff"))),
    ),
    ("UTF-16 inside", lambda data, chance: put(data, chance, "1,ô\n".encode("utf-16"))),
    ("a separator lost", lambda data, chance: drop(data, chance, b",;\t|")),
    ("a separator too many", lambda data, chance: put(data, chance, chance.choice((b",", b";", b"\t")))),
    ("a line end lost", lambda data, chance: drop(data, chance, b"\r\n")),
    ("another line end", lambda data, chance: put(data, chance, chance.choice((b"\r", b"\n", b"\r\n")))),
    ("a backslash", lambda data, chance: put(data, chance, b'\\"')),
    ("a title line", lambda data, chance: b"Report of May\n" + data),
    ("a footer", lambda data, chance: data + b"Total,3\n"),
    ("nothing", lambda data, chance: data),
)


def case_of(seed: int) -> tuple[Case, list[str]]:
    chance = random.Random(seed)
    encoding = chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258", "gbk"))
    data = valid(chance).encode(encoding, "ignore")
    chosen = [chance.choice(DAMAGES) for _ in range(chance.randrange(1, 4))]
    packing = chance.choice(("", "", "", "gzip", "zstd"))
    is_packed_damaged = packing and chance.random() < 0.5
    if is_packed_damaged:
        data = packed(data, packing)
    for _, damage in chosen:
        data = damage(data, chance)
    if packing and not is_packed_damaged:
        data = packed(data, packing)
    declared = encoding if encoding not in ("utf-8", "utf-8-sig", "utf-16") else None
    dialect = Dialect(
        format=chance.choice((None, "csv")),
        encoding=declared,
        delimiter=chance.choice((None, None, ",")),
        escape=chance.choice((None, None, "\\")),
    )
    case = Case(data, packing, dialect, encoding, chance.choice((7, 300, 8 << 20)), chance.random() < 0.5)
    return case, [name for name, _ in chosen]


def packed(data: bytes, packing: str) -> bytes:
    if packing == "gzip":
        return gzip.compress(data, mtime=0)
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def text_of(case: Case) -> bytes:
    """The file as UTF-8 with LF line ends, by the shortest way. Raises where it cannot be unpacked or decoded."""
    data = case.data
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    elif data.startswith(b"\x28\xb5\x2f\xfd"):
        with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as file:
            data = file.read()
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            data = data[2:].decode(encoding).encode()
            break
    else:
        if data.startswith(codecs.BOM_UTF8):
            data = data[3:]
        elif case.dialect.encoding == "utf-16-le":
            data = data.decode("utf-16-le").encode()
        elif case.dialect.encoding:
            data = data.decode(case.dialect.encoding, "surrogateescape").encode("utf-8", "surrogateescape")
    if b"\n" not in data and b"\r" in data.rstrip(b"\r"):
        data = data.replace(b"\r", b"\n")
    return data


def expected_of(text: bytes, n_fields: int, notes: tuple[str, ...], escape: bytes) -> Read:
    """All records below the header."""
    told = next(note for note in notes if note.startswith("delimiter "))
    separator = b"\t" if " tab " in told else told.split("`")[1].encode()
    has_spare = "every row ends with a delimiter" in notes
    found = read_text(text, separator, n_fields + has_spare, escape=escape)
    header = min([line for line, _ in found.rows] + [line for line, _ in found.bad])
    found.rows = [row for row in found.rows if row[0] != header]
    found.bad = [bad for bad in found.bad if bad[0] != header]
    if has_spare:
        found.bad = sorted([*found.bad, *((line, "fields") for line, row in found.rows if row[-1])])
        found.rows = [(line, row[:-1]) for line, row in found.rows if not row[-1]]
    return found


def check(folder: Path, case: Case) -> str:
    """Read a case and judge what came of it; returns a word for counting."""
    path = folder / "x.csv"
    path.write_bytes(case.data)
    columns = (mapped("customer_id", "identifier", "1"),)
    dialect = replace(case.dialect, columns_by="position")
    spec = replace(CRM, dialect=dialect, key=("1",) if case.has_key else (), columns=columns)
    try:
        found = read_path(folder, path, spec, block=case.block)
    except (SourceError, CheckFailed) as error:
        assert error.findings[0].problem
        return "refused"
    read, accepted, duplicate, quarantined = found.counts
    assert read == accepted + duplicate + quarantined
    assert accepted == sum(len(table) for name, table in found.tables.items() if name == "records")
    if found.notes[0] != "csv":
        return "read as another format"
    compare(path, case, found)
    return "read whole" if not quarantined else "read, some quarantined"


def compare(path: Path, case: Case, found: Reading) -> None:
    source = open_source(str(path), case.dialect, Place("x.csv"), block=case.block)
    escape = (case.dialect.escape or "").encode()
    expected = expected_of(text_of(case), len(source.names), source.notes, escape)
    blocks = list(source.blocks(source.names))
    rows = [row for b in blocks for row in zip(b.lines.tolist(), b.frame.fill_null("").rows(), strict=False)]
    rows = [(line, fields[: len(source.names)]) for line, fields in rows]
    bad = sorted((item.line, item.fault.rule) for b in blocks for item in b.rejected)
    assert rows == expected.rows
    assert bad == expected.bad
    blank = found.result.file["blank_lines"].item()
    assert found.counts[0] + blank == len(expected.rows) + len(expected.bad) + expected.blank


OUTCOMES: Counter[str] = Counter()


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_damaged_file_is_read_with_nothing_lost_or_refused(tmp_path: Path, group: int) -> None:
    for seed in range(group * PER_GROUP, (group + 1) * PER_GROUP):
        case, damages = case_of(seed)
        try:
            OUTCOMES[check(tmp_path, case)] += 1
        except BaseException:
            print(f"seed {seed}: {', '.join(damages)}; {case.encoding} {case.packing} {case.dialect}")
            raise
    print(
        f"\n{OUTCOMES.total():,} damaged files: " + ", ".join(f"{n:,} {what}" for what, n in OUTCOMES.items())
    )


@pytest.mark.parametrize("seed", range(40 * ROUNDS))
def test_a_damaged_parquet_file_is_read_as_arrow_reads_it_or_refused(tmp_path: Path, seed: int) -> None:
    """Truncated at any byte it is refused; bytes flipped in its data may go unseen, but no row may."""
    chance = random.Random(seed)
    n_rows = chance.randrange(1, 200)
    table = pa.table({"id": [str(i) for i in range(n_rows)], "email": ["x"] * n_rows})
    whole = io.BytesIO()
    pq.write_table(table, whole, compression=chance.choice(("none", "snappy", "zstd")))
    data = whole.getvalue()
    is_cut = seed % 2 == 0
    data = data[: chance.randrange(4, len(data))] if is_cut else flip(data, chance)
    path = tmp_path / "x.parquet"
    path.write_bytes(data)
    try:
        found = read_path(tmp_path, path, CRM)
    except (SourceError, CheckFailed):
        return
    assert not is_cut
    read, accepted, duplicate, quarantined = found.counts
    assert read == n_rows == accepted + duplicate + quarantined
